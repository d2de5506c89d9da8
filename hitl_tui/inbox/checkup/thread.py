"""Why a thread does not pause, or cannot be resumed (row 168)."""

from __future__ import annotations

import difflib
import json
import shlex
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

from hitl_tui.agents import builtins
from hitl_tui.engine import presence
from hitl_tui.graphs.names import LLM_AGENT, TOOLS_AGENT, forms
from hitl_tui.graphs.settings import asks
from hitl_tui.inbox import reading
from hitl_tui.inbox.checkup.findings import Finding, ok, problem, warning
from hitl_tui.inbox.checkup.program import trusted_anyway, unblocking
from hitl_tui.inbox.decision_words import begun_words, withdrawn_words
from hitl_tui.inbox.views import Cancelled, EffectView
from hitl_tui.model.graph import Graph
from hitl_tui.model.jsontext import from_iso, from_json
from hitl_tui.model.kinds import ENDED, ThreadStatus
from hitl_tui.model.session_code import why_blocked
from hitl_tui.store import queries
from hitl_tui.store.unusable import RESTORE

SQL = queries.load("examine")
_CALLS = "a tools or llm node asks about the calls that interrupt_on names: see docs/tool-approvals.md"
_INPUT = "an input node asks only for what it was not given; for a decision take approval_interaction, human or suspend"
_MAY_ASK = {TOOLS_AGENT: _CALLS, LLM_AGENT: _CALLS, "input": _INPUT}
_MOST_IDS = 20_000
_SHOWN = 5


def thread(connection: sqlite3.Connection, path: Path, thread_id: str, now: datetime) -> Iterator[Finding]:
    """How one thread stands and what it would take to go on."""
    row = connection.execute(SQL["thread"], {"id": thread_id}).fetchone()
    if row is None:
        yield _missing(connection, path, thread_id)
        return
    broken = _unreadable(row)
    if broken is not None:
        yield broken
        return
    requests = connection.execute(SQL["requests"], {"id": thread_id}).fetchall()
    by = reading.cancelled(connection, thread_id) if row["status"] == ThreadStatus.CANCELLED else None
    yield _standing(row, requests, path, now, by)
    if row["status"] in ENDED:
        yield from (_uncertain(effect, thread_id) for effect in reading.begun(connection, thread_id))
    yield _pauses(row, requests, connection.execute(SQL["steps"], {"id": thread_id}).fetchall())


def _missing(connection: sqlite3.Connection, path: Path, thread_id: str) -> Finding:
    ids = [row["id"] for row in connection.execute(SQL["thread_ids"], {"limit": _MOST_IDS})]
    if not ids:
        return problem(
            "thread",
            f"there is no thread '{thread_id}': {path} has no threads at all",
            "check --db and HITL_DB, and start one: `hitl run FILE --thread-id NAME`",
        )
    near = [row["id"] for row in connection.execute(SQL["ids_with"], {"part": thread_id, "limit": _SHOWN})]
    near = near or difflib.get_close_matches(thread_id, ids, n=_SHOWN, cutoff=0.6)
    like = f"the nearest: {', '.join(near)}" if near else "nothing is called like that"
    return problem(
        "thread",
        f"there is no thread '{thread_id}' in {path}; {like}",
        "`hitl list` shows the ids; with another database, name it with --db",
    )


def _unreadable(row: sqlite3.Row) -> Finding | None:
    remedy = f"{RESTORE}, or start the workflow anew: `hitl run FILE`"
    try:
        from_json(row["state"])
        from_json(row["frontier"])
    except (TypeError, ValueError, KeyError) as error:
        return problem("thread", f"its state cannot be read ({error}): it cannot be resumed", remedy)
    if row["definition"] is None:
        return problem("thread", "the definition of its workflow is missing: it cannot be resumed", remedy)
    try:
        Graph.model_validate_json(row["definition"])
    except ValueError as error:
        words = str(error).partition("\n")[0]
        return problem(
            "thread", f"the definition of its workflow cannot be read ({words}): it cannot be resumed", remedy
        )
    return None


def _standing(
    row: sqlite3.Row, requests: Sequence[sqlite3.Row], path: Path, now: datetime, cancelled: Cancelled | None
) -> Finding:
    """Where it stands, and whether and how it goes on."""
    name = shlex.quote(row["id"])
    match row["status"]:
        case "ready" if row["agents"] is not None and row["agents"] not in trusted_anyway():
            words = f"ready, but it cannot run here: {why_blocked(row['agents'])}"
            return warning("thread", words, unblocking(row["agents"], name))
        case "ready" if row["wake_at"] is not None and from_iso(row["wake_at"]) > now:
            return ok("thread", f"sleeps until {row['wake_at'][:19]}Z, when a node that failed is run again")
        case "ready" if not presence.anyone(path):
            return warning(
                "thread",
                "ready to run, and no worker is alive",
                f"`hitl wait {name}` runs it, and so does `hitl worker`",
            )
        case "ready":
            return ok("thread", "ready; a worker is alive and takes it soon")
        case "running" if from_iso(row["lease_until"]) < now:
            return warning("thread", "its worker is gone; the next worker goes on with it", f"`hitl wait {name}`")
        case "running":
            return ok("thread", f"runs {_nodes(row)}, by {row['lease_owner']}; it can be resumed when it pauses")
        case "paused":
            return _paused(requests, name, now)
        case "failed":
            error = json.loads(row["error"] or "{}")
            return problem(
                "thread",
                f"failed at {error.get('node')}: {error.get('type')}: {error.get('message')}",
                f"correct the cause, then `hitl retry {name}`; `hitl history {name}` shows where it broke",
            )
        case status:
            ended = f"{status.replace('_', ' ')}" + (f" ({row['outcome']})" if row["outcome"] else "")
            by = f", by {cancelled.actor} via {cancelled.via}" if cancelled else ""
            withdrawn = [f"; withdrawn: {withdrawn_words(held)}" for held in cancelled.withdrawn] if cancelled else []
            return ok(
                "thread",
                f"{ended} since {row['updated_at'][:19]}Z{by}: it is over, and there is nothing to resume or decide"
                + "".join(withdrawn),
            )


def _uncertain(effect: EffectView, thread_id: str) -> Finding:
    return warning(
        "effect",
        begun_words(effect),
        f"find out by hand whether it happened; `hitl history {shlex.quote(thread_id)}` shows what ran",
    )


def _paused(requests: Sequence[sqlite3.Row], name: str, now: datetime) -> Finding:
    waiting = [one for one in requests if one["closed_at"] is None]
    held = [one for one in requests if one["status"] == "held"]
    overdue = [one["node"] for one in waiting if one["due_at"] is not None and from_iso(one["due_at"]) < now]
    if overdue:
        words = f"paused, and the time to answer at {_some(overdue)} is over; the next worker does what on_timeout says"
        return warning("thread", words, f"`hitl wait {name}`")
    if waiting:
        where = ", ".join(f"{one['node']} ({one['type']})" for one in waiting)
        return ok("thread", f"paused, waits for an answer at {where}; `hitl show {name}` tells how to give it")
    if held:
        until = held[0]["held_until"]
        if from_iso(until) > now:
            return ok("thread", f"paused; its answer can be taken back until {until[:19]}Z, then it goes on")
        words = f"decided, and not taken back until {until[:19]}Z; the next worker goes on with it"
        return warning("thread", words, f"`hitl wait {name}`")
    return problem(
        "thread",
        "paused, but no question is open: no answer can wake it",
        f"`hitl history {name}` shows what it did; `hitl fork {name} --at STEP` begins anew from a step",
    )


def _pauses(row: sqlite3.Row, requests: Sequence[sqlite3.Row], steps: Sequence[sqlite3.Row]) -> Finding:
    """Whether anything in its workflow asks a person."""
    graph = Graph.model_validate_json(row["definition"])
    askers = [node.name for node in graph.nodes.values() if asks(node)]
    if requests:
        asked = dict.fromkeys(one["node"] for one in requests)
        often = "once" if len(requests) == 1 else f"{len(requests)} times"
        return ok("pauses", f"it asked {often} so far, at {_some(list(asked))}")
    ran = {step["node"] for step in steps}
    if askers:
        over = row["status"] in ENDED
        words = f"the nodes that ask a person are {_some(askers)}; "
        if over and not ran & set(askers):
            return warning(
                "pauses",
                f"{words}it never came there: it ran {_some([step['node'] for step in steps])}",
                "look at the edges and conditions before them: `hitl check FILE`",
            )
        return ok("pauses", f"{words}it has not asked yet")
    return _without_asker(graph)


def _without_asker(graph: Graph) -> Finding:
    """What could pause a workflow in which no node asks a person by itself."""
    if any(node.agent == f"{graph.name}.{node.name}" for node in graph.nodes.values()):
        return warning(
            "pauses",
            f"workflow {graph.name} has no .interrupt(): it runs to its end without a pause",
            "put .interrupt() after the step that a person should look at: see docs/workflows.md",
        )
    may = {node.name: when for node in graph.nodes.values() if (when := _when_it_asks(node.agent))}
    if may:
        return warning(
            "pauses",
            f"no node of graph {graph.name} asks a person in any case; these may: {_some(list(may))}",
            "; ".join(dict.fromkeys(may.values())),
        )
    return warning(
        "pauses",
        f"graph {graph.name} has no node that asks a person: it runs to its end without a pause",
        "give a node an agent such as approval_interaction, human or suspend; `hitl check FILE` checks the file",
    )


def _when_it_asks(agent: str) -> str:
    """In words, for a node that may ask; empty for one that never does."""
    # The other two are spelt in one way since the file was loaded.
    known = TOOLS_AGENT if TOOLS_AGENT in forms(agent) else agent
    if known in _MAY_ASK or known in builtins.registry():
        return _MAY_ASK.get(known, "")
    return "an agent pauses where it calls self.ask(request): see docs/agents.md"


def _nodes(row: sqlite3.Row) -> str:
    return _some([entry["node"] for entry in json.loads(row["frontier"])])


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_SHOWN]) or "nothing"
    return shown + (f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else "")
