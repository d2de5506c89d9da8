"""A signal, or a failure, while a command stores something, or runs what it stored: it says what became of it."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hitl_tui.cli.interrupted import Said, stored
from hitl_tui.engine import clockwork
from hitl_tui.errors import DatabaseUnusable
from hitl_tui.inbox import Inbox
from hitl_tui.store.leases import HandBack
from tests.cli.conftest import Hitl
from tests.waiting import DEADLINE_SECONDS, eventually, until

FLOW = "graph: G\nnodes: {gate: {agent: approval_interaction, next: say}, say: {agent: echo}}\n"
GOES_ON = "`hitl wait t1` goes on, and so does any worker"
SIGNALS = pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])


def interrupted(hitl: Hitl, words: str, point: str, number: signal.Signals) -> tuple[int, str]:
    """How `hitl WORDS` ends that gets a signal just before it stores that: exit code and stderr."""
    process = subprocess.Popen(
        ["sh", "-c", f"exec hitl {words}"],
        cwd=hitl.folder,
        env={**hitl.environment, "HITL_FAILPOINT": f"before:{point}:stop"},
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        start_new_session=True,
    )
    until(lambda: os.WIFSTOPPED(os.waitpid(process.pid, os.WUNTRACED | os.WNOHANG)[1]))
    process.send_signal(number)
    process.send_signal(signal.SIGCONT)
    _, err = process.communicate(timeout=DEADLINE_SECONDS)
    return process.returncode, err.strip()


@pytest.fixture
def own_signals() -> Iterator[None]:
    """What handles signals is as before after the test."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@SIGNALS
@pytest.mark.parametrize(
    ("words", "point", "says", "status"),
    [
        ("resume t1 approve", "decision", f"the answer is stored, {GOES_ON}", "ready"),
        ("prompt t1 <yes", "decision", f"the answer is stored, {GOES_ON}", "ready"),
        ("cancel t1", "cancel", "thread 't1' is cancelled", "cancelled"),
        ("note t1 look", "triage", "it is stored", "paused"),
    ],
)
def test_what_is_stored_all_the_same_is_told(
    hitl: Hitl, words: str, point: str, says: str, status: str, number: signal.Signals, code: int
) -> None:
    """And what was claimed with it is handed back."""
    hitl.file("yes", "a\n")
    assert hitl.quick("run", hitl.file("flow.yaml", FLOW), "--thread-id", "t1").code == 0
    assert interrupted(hitl, words, point, number) == (code, f"hitl: interrupted; {says}")
    assert hitl.quick("show", "t1", "--json").json["status"] == status


@SIGNALS
@pytest.mark.parametrize(
    ("words", "point"), [("run flow.yaml", "start"), ("fork t1 --at 1", "fork"), ("fork t1 --at 1 --no-run", "fork")]
)
def test_a_thread_that_is_stored_all_the_same_is_named(
    hitl: Hitl, words: str, point: str, number: signal.Signals, code: int
) -> None:
    """Its id was made just then."""
    assert hitl.quick("run", hitl.file("flow.yaml", FLOW), "--thread-id", "t1").code == 0
    ended, err = interrupted(hitl, words, point, number)
    assert ended == code
    found = re.fullmatch(
        r"hitl: interrupted; thread '(g-\w+)' is stored, `hitl wait \1` goes on, and so does any worker; "
        r"`hitl cancel \1` ends it",
        err,
    )
    assert found, err
    assert hitl.quick("show", found[1], "--json").json["status"] == "ready"


@pytest.mark.parametrize("is_stored", [True, False])
async def test_behind_a_lock_it_is_waited_for(
    tmp_path: Path,
    is_stored: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    own_signals: None,
) -> None:
    """A second signal would end the process at once, unless it comes with the first."""
    (tmp_path / "flow.yaml").write_text(FLOW)
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="cli") as inbox:
        await inbox.start(tmp_path / "flow.yaml", thread_id="t1")
        await inbox.settled("t1")

        async def answer() -> None:
            async with inbox.running():
                await stored(
                    inbox, inbox.decide("t1", "approve"), lambda _: inbox.settled("t1"), lambda _: Said("it is")
                )

        with closing(sqlite3.connect(inbox.path, isolation_level=None)) as other:
            other.execute("begin immediate")
            answering = asyncio.create_task(answer())
            await eventually(lambda: inbox.is_storing)
            assert signal.getsignal(signal.SIGINT) is not signal.SIG_DFL
            answering.cancel()
            await eventually(lambda: signal.getsignal(signal.SIGINT) is signal.SIG_IGN)
            await eventually(lambda: signal.getsignal(signal.SIGINT) is signal.SIG_DFL)
            assert not answering.done()
            if not is_stored:
                monkeypatch.setattr("hitl_tui.store.patience.Patience.is_over", lambda self: True)
                with pytest.raises(asyncio.CancelledError):
                    await answering
            other.execute("commit")
        with pytest.raises(asyncio.CancelledError):
            await answering
        expected = "it is" if is_stored else "nothing is stored: the database"
        assert capsys.readouterr().err.startswith(f"hitl: interrupted; {expected}")
        assert (await inbox.thread("t1")).status == ("ready" if is_stored else "paused")


async def test_what_was_not_handed_in_yet_is_left(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    begun = asyncio.Event()

    async def loads() -> None:
        begun.set()
        await asyncio.Event().wait()

    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="cli") as inbox:
        starting = asyncio.create_task(stored(inbox, loads(), lambda _: inbox.thread("t1"), Said))
        await begun.wait()
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
    assert capsys.readouterr().err == "hitl: interrupted; nothing is stored\n"


@pytest.mark.parametrize(
    ("words", "says", "details"),
    [
        ("run flow.yaml --thread-id t2", "thread 't2' is stored, {}; `hitl cancel t2` ends it", {"thread_id": "t2"}),
        ("fork t1 --at 1 --thread-id t2", "thread 't2' is stored, {}; `hitl cancel t2` ends it", {"thread_id": "t2"}),
        ("resume t1 approve", "the answer is stored, {}", {"thread_id": "t1", "decided": True}),
    ],
)
def test_what_is_stored_when_the_database_fails_after_it_is_told(
    hitl: Hitl, words: str, says: str, details: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the thread cannot be handed back, either: who takes it for undone would do it once more."""

    def fails(*_: object) -> None:
        raise DatabaseUnusable("the disk is full")

    assert hitl.quick("run", hitl.file("flow.yaml", FLOW), "--thread-id", "t1").code == 0
    with monkeypatch.context() as patch:
        patch.setattr(clockwork, "tick", fails)
        patch.setattr(HandBack, "__call__", fails)
        failed = hitl.quick(*words.split(), "--json")
    goes_on = GOES_ON.replace("t1", details["thread_id"])
    assert failed.code == 1
    assert failed.err.startswith(f"hitl: {says.format(goes_on)}\n")
    expected = {"code": "database_unusable", "message": "the disk is full", "hint": ""}
    assert failed.error == expected | details
    assert hitl.quick("show", details["thread_id"], "--json").json["status"] == "running", "until its lease runs out"
