"""Named points around every COMMIT at which a test makes this process die or stop (row 174).

`HITL_FAILPOINT=before:claim:3` kills the process (SIGKILL) just before the COMMIT that holds its third claim;
`after:pause:stop` stops it (SIGSTOP) when its first pause is on disk but nobody was told yet. A point is named by what
is committed: a transaction's `point`, else its class in snake_case. Without the variable nothing here runs.
"""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from hitl_tui.store.together import Together

VARIABLE = "HITL_FAILPOINT"
TELLING_SECONDS = 0.05
"""A death before the COMMIT waits so long: a caller in another thread who was told too soon would have gone on."""

_FORM = re.compile(r"(?P<when>before|after):(?P<name>[a-z_]+)(:(?P<count>[1-9][0-9]*))?(:(?P<action>kill|stop))?")
_SIGNALS = {"kill": signal.SIGKILL, "stop": signal.SIGSTOP}


class Unit(Protocol):
    """One transaction of a batch, and what made it fail."""

    @property
    def transaction(self) -> Callable[[sqlite3.Connection], Any]: ...

    @property
    def error(self) -> BaseException | None: ...


Commit = Callable[[sqlite3.Connection, Sequence[Unit]], None]


@dataclass(frozen=True, slots=True)
class Failpoint:
    """Where and how this process fails: at the `count`-th commit of `name`, before or after it."""

    when: str
    name: str
    count: int
    signal: signal.Signals


def parse(text: str) -> Failpoint:
    """The failpoint that the variable names; raises `ValueError`."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"{VARIABLE}={text!r} is not of the form before|after:NAME[:COUNT][:kill|stop]")
    action = _SIGNALS[found["action"] or "kill"]
    return Failpoint(found["when"], found["name"], int(found["count"] or 1), action)


def name_of(transaction: object) -> str:
    """What the failpoints around this transaction's commit are called."""
    kind = type(transaction)
    own = getattr(transaction, "point", None)
    return own if isinstance(own, str) else re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind.__name__).lower()


def _reached(transaction: object, name: str) -> int:
    if isinstance(transaction, Together):
        return sum(_reached(part, name) for part in transaction.parts)
    return int(name_of(transaction) == name)


def around(commit: Commit) -> Commit:
    """`commit` as it is, unless the variable is set: then one that fails at the point which it names."""
    text = os.environ.get(VARIABLE)
    return _armed(commit, parse(text)) if text else commit


def _armed(commit: Commit, failpoint: Failpoint) -> Commit:
    reached = 0

    def failing(connection: sqlite3.Connection, units: Sequence[Unit]) -> None:
        nonlocal reached
        earlier = reached
        reached += sum(_reached(unit.transaction, failpoint.name) for unit in units if unit.error is None)
        due = earlier < failpoint.count <= reached
        if due and failpoint.when == "before":
            time.sleep(TELLING_SECONDS)
            os.kill(os.getpid(), failpoint.signal)
        commit(connection, units)
        if due and failpoint.when == "after":
            os.kill(os.getpid(), failpoint.signal)

    return failing
