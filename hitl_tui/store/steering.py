"""Steer a thread by hand: cancel it, retry it, change its state."""

from __future__ import annotations

import shlex
import sqlite3
from dataclasses import dataclass
from typing import Any

from hitl_tui.errors import NotPossible
from hitl_tui.model.answers_kept import with_answers
from hitl_tui.model.jsontext import to_json
from hitl_tui.model.kinds import ENDED, UNUSABLE, ThreadStatus
from hitl_tui.store import queries, steps
from hitl_tui.store.checkpoints import Effect, begun
from hitl_tui.store.requests import open_of_thread
from hitl_tui.store.threads import audit, definition, give, locked

SQL = queries.load("steering")
COMMITS = queries.load("commits")


@dataclass(frozen=True, slots=True)
class Cancel:
    """End a thread for good; its open requests close without an answer.

    The outcome are the effects that were begun, and the held decisions that are withdrawn: names for a `HeldView`.
    """

    thread_id: str
    actor: str
    via: str
    now: str

    def __call__(self, connection: sqlite3.Connection) -> tuple[list[Effect], list[dict[str, Any]]]:
        """Raises `ThreadNotFound`, or `NotPossible` when it has ended already.

        A failed thread can be given up as long as it has open requests, held ones too: else they would ask for ever.
        """
        thread = locked(connection, self.thread_id)
        asks = thread.status is ThreadStatus.FAILED and open_of_thread(connection, self.thread_id)
        if thread.status in ENDED and not asks:
            raise NotPossible(
                f"Thread '{self.thread_id}' is {thread.status.value}; there is nothing to cancel",
                status=thread.status.value,
            )
        withdrawn = [dict(row) for row in connection.execute(SQL["held"], {"thread": self.thread_id})]
        connection.execute(SQL["cancel"], {"id": self.thread_id, "now": self.now})
        connection.execute(COMMITS["close_requests_of_thread"], {"thread": self.thread_id, "now": self.now})
        connection.execute(COMMITS["count_open"], {"id": self.thread_id})
        # Nobody will be asked whether these happened.
        effects = begun(connection, self.thread_id)
        cut_off = {"begun": [{"node": effect.node, "key": effect.key} for effect in effects], "withdrawn": withdrawn}
        details = {name: found for name, found in cut_off.items() if found}
        audit(connection, self.now, self.thread_id, None, "cancelled", self.actor, self.via, details)
        return effects, withdrawn


@dataclass(frozen=True, slots=True)
class Retry:
    """Run a failed thread again from the node that failed, or one that sleeps until its next attempt at once."""

    thread_id: str
    actor: str
    via: str
    now: str

    def __call__(self, connection: sqlite3.Connection) -> None:
        """Raises `ThreadNotFound`, or `NotPossible` when it has not failed and does not sleep."""
        thread = locked(connection, self.thread_id)
        if thread.status is not ThreadStatus.FAILED and thread.wake_at is None:
            raise NotPossible(
                f"Thread '{self.thread_id}' is {thread.status.value}; only a failed thread can be retried",
                hint=f"`hitl show {shlex.quote(self.thread_id)}` says where it stands",
                status=thread.status.value,
            )
        connection.execute(SQL["retry"], {"id": self.thread_id, "now": self.now})
        connection.execute(SQL["retry_steps"], {"id": self.thread_id, "now": self.now})
        if thread.error is not None and thread.error["type"] in UNUSABLE and not self._is_mended(connection):
            connection.execute(SQL["retry_culprit"], {"id": self.thread_id, "node": thread.error["node"]})
        audit(connection, self.now, self.thread_id, None, "retried", self.actor, self.via, {})

    def _is_mended(self, connection: sqlite3.Connection) -> bool:
        """Whether somebody corrected the state since it failed: then that is tried first, and nothing runs twice."""
        row = connection.execute(SQL["last_mend"], {"id": self.thread_id}).fetchone()
        return row is not None and row["event"] == "state_changed"


@dataclass(frozen=True, slots=True)
class SetState:
    """Merge values into the state of a thread that nobody is running."""

    thread_id: str
    values: dict[str, Any]
    actor: str
    via: str
    now: str

    def __call__(self, connection: sqlite3.Connection) -> None:
        """Raises `ThreadNotFound`, `InvalidState`, and `NotPossible` while it runs and after any end but a failure."""
        thread = locked(connection, self.thread_id)
        if thread.status is ThreadStatus.RUNNING or thread.status in ENDED - {ThreadStatus.FAILED}:
            raise NotPossible(
                f"Thread '{self.thread_id}' is {thread.status.value}; its state cannot be changed now",
                hint="the state can be changed while a thread is paused, ready or failed",
                status=thread.status.value,
            )
        graph = definition(connection, thread.graph)
        values = with_answers(self.values, thread.state, graph)
        state = to_json({**thread.state, **values})
        connection.execute(SQL["set_state"], {"id": self.thread_id, "state": state, "now": self.now})
        give(connection, self.thread_id, values)
        steps.give_way(connection, thread, graph, self.values)
        details = {"keys": list(values)}
        audit(connection, self.now, self.thread_id, None, "state_changed", self.actor, self.via, details)
