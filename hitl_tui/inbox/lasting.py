"""Which decisions go on to count where the state is changed that they were given for."""

from __future__ import annotations

import sqlite3

from hitl_tui.inbox import reading
from hitl_tui.inbox.views import Lasting
from hitl_tui.store import checkpoints, threads


def now(connection: sqlite3.Connection, thread_id: str) -> Lasting:
    """Those of the steps that are over; what a paused one asks is asked again if it is something else by then."""
    return before(connection, thread_id, threads.locked(connection, thread_id).superstep, ended=True)


def before(connection: sqlite3.Connection, thread_id: str, superstep: int, *, ended: bool = False) -> Lasting:
    """Those taken before a superstep, also in the threads from which this one was forked.

    With `ended`, those too of the steps of that superstep that are over.
    """
    names = {"thread": thread_id, "superstep": superstep, "ended": ended}
    own = [reading.decision(row) for row in connection.execute(reading.HISTORY["decisions_before"], names)]
    origin = checkpoints.origin_of(connection, thread_id)
    if origin is None:
        return Lasting(own)
    began = checkpoints.superstep_at(connection, origin)
    if began is None:
        return Lasting(own, origin.thread_id)
    earlier = before(connection, origin.thread_id, began)
    return Lasting([*earlier.decisions, *own], earlier.removed_origin)
