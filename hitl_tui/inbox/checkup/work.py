"""What the database says about work that does not go on."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from hitl_tui.engine import presence
from hitl_tui.inbox.checkup.findings import Finding, ok, problem, warning
from hitl_tui.inbox.checkup.program import trusted_anyway, unblocking
from hitl_tui.model.figures import brief
from hitl_tui.model.jsontext import from_iso, iso
from hitl_tui.model.session_code import why_blocked
from hitl_tui.store import queries

SQL = queries.load("examine")
_SHOWN = 3
_SKEW = timedelta(minutes=1)


def work(connection: sqlite3.Connection, path: Path, now: datetime) -> Iterator[Finding]:
    """Everything about the threads of a database of ours."""
    alive = presence.anyone(path)
    hindrance = presence.hindrance(path)
    yield problem("worker", hindrance.message, hindrance.hint) if hindrance else _worker(connection, now, alive=alive)
    yield _failed(connection)
    yield from _blocked(connection)
    yield _leases(connection, now, alive=alive)
    yield _messages(connection)
    yield _clock(connection, now)


def _worker(connection: sqlite3.Connection, now: datetime, *, alive: bool) -> Finding:
    if alive:
        names = {"since": iso(now - presence.STUCK_AFTER)}
        undone = connection.execute(SQL["overdue_holds"], names).fetchone()["threads"]
        if not undone:
            return ok("worker", "one is alive on this database")
        return problem(
            "worker",
            f"one is alive but does nothing: {_threads(undone)} should go on by now, as decided",
            "stop it and start it again: `hitl worker`; the inbox ends its own when it is closed",
        )
    waits = " and ".join(_for_a_worker(connection, now))
    if waits:
        return warning(
            "worker",
            f"none is alive, and {waits} wait for one",
            "run `hitl worker`; the inbox starts one too, by itself",
        )
    return ok("worker", "none is alive; nothing waits for one")


def _for_a_worker(connection: sqlite3.Connection, now: datetime) -> Iterator[str]:
    """What only a worker does, in words: nodes to run, deadlines that are over, answers that nobody took back."""
    if ready := connection.execute(SQL["ready"], _trusted() | {"now": iso(now)}).fetchone()["threads"]:
        yield f"{_threads(ready)} ready to run"
    if overdue := connection.execute(SQL["overdue"], {"now": iso(now)}).fetchone()["requests"]:
        yield "1 overdue request" if overdue == 1 else f"{overdue:,} overdue requests"
    if held := connection.execute(SQL["overdue_holds"], {"since": iso(now)}).fetchone()["threads"]:
        yield f"{_threads(held)} with an answer that is due to take effect"


def _failed(connection: sqlite3.Connection) -> Finding:
    counts = {row["status"]: row["threads"] for row in connection.execute(SQL["statuses"])}
    words = ", ".join(f"{number:,} {status.replace('_', ' ')}" for status, number in sorted(counts.items()))
    failed = counts.get("failed", 0)
    if failed:
        return warning(
            "threads", words, "`hitl list --status failed` shows what failed; `hitl retry THREAD` runs it again"
        )
    return ok("threads", words or "none yet")


def _blocked(connection: sqlite3.Connection) -> Iterator[Finding]:
    rows = connection.execute(SQL["blocked"], _trusted()).fetchall()
    for row in rows[:_SHOWN]:
        words = f"{_threads(row['threads'])} cannot run: {why_blocked(row['agents'])}"
        yield warning("agents", words, unblocking(row["agents"], "THREAD"))
    if len(rows) > _SHOWN:
        yield warning("agents", f"{len(rows) - _SHOWN} more references are not trusted", "trust them in the same way")
    if not rows:
        yield ok("agents", "no thread is kept from running by untrusted code")


def _leases(connection: sqlite3.Connection, now: datetime, *, alive: bool) -> Finding:
    names = {"since": iso(now - presence.STUCK_AFTER), "limit": _SHOWN}
    rows = connection.execute(SQL["expired_leases"], names).fetchall()
    if rows:
        shown = ", ".join(f"{row['id']} (since {brief(_seconds(now, row['lease_until']))})" for row in rows)
        words = f"the worker that had these threads is gone, and nobody took them over: {shown}"
        if alive:
            return problem("leases", words, "stop the worker that is alive and start it again: `hitl worker`")
        return warning("leases", words, "they go on as soon as a worker is alive: `hitl worker`")
    rows = connection.execute(SQL["taken_over"], {"limit": _SHOWN}).fetchall()
    if rows:
        shown = ", ".join(f"{row['id']} ({row['takeovers']} times)" for row in rows)
        return warning(
            "leases",
            f"workers died while they ran these threads: {shown}",
            "look at the log of the worker (`hitl paths`) for what the node does; `hitl cancel THREAD` ends a thread",
        )
    return ok("leases", "none is stuck")


def _messages(connection: sqlite3.Connection) -> Finding:
    row = connection.execute(SQL["messages"]).fetchone()
    if row["given_up"]:
        return warning(
            "messages",
            f"{row['given_up']:,} could not be delivered and were given up",
            "see why in the log of the worker (`hitl paths`), and correct the command of `hitl worker --notify`",
        )
    if row["waiting"]:
        return ok("messages", f"{row['waiting']:,} not delivered; `hitl worker --notify COMMAND` delivers the new ones")
    return ok("messages", "none waits")


def _clock(connection: sqlite3.Connection, now: datetime) -> Finding:
    newest = connection.execute(SQL["newest_time"]).fetchone()["at"]
    if newest is not None and from_iso(newest) - now > _SKEW:
        ahead = brief((from_iso(newest) - now).total_seconds())
        return warning(
            "clock",
            f"the database has times that are {ahead} ahead of this machine's clock: deadlines and leases end too late",
            "set this machine's clock (it may have been wrong when those were stored)",
        )
    return ok("clock", f"{iso(now)[:19]}Z, not before what is stored")


def _trusted() -> dict[str, str]:
    return {"trusted": json.dumps(list(trusted_anyway()))}


def _threads(number: int) -> str:
    return "1 thread" if number == 1 else f"{number:,} threads"


def _seconds(now: datetime, then: str) -> float:
    return (now - from_iso(then)).total_seconds()
