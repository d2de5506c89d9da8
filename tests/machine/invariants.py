"""What the database must show after every single step, whatever died or slept meanwhile."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from hitl_tui.agents.effects import DONE, REDO
from hitl_tui.model.graph import Graph
from hitl_tui.model.jsontext import from_json
from tests.machine.flows import HUMAN, OPTIONS
from tests.machine.replay import Contradiction, Edit, Replay, Row
from tests.machine.world import World

FINAL = ("completed", "cancelled", "timed_out")
STATUS_OF_ACTION = {"reject": "rejected", "timeout": "timed_out"}


@dataclass(frozen=True)
class Given:
    """An answer as a person gave it."""

    action: str
    actor: str
    data: dict[str, Any]


@dataclass
class Model:
    """What people did, as they were told."""

    graphs: dict[str, Graph] = field(default_factory=dict)
    starts: dict[str, dict[str, Any]] = field(default_factory=dict)
    edits: dict[str, list[Edit]] = field(default_factory=lambda: defaultdict(list))
    given: dict[str, Given] = field(default_factory=dict)
    by_system: dict[str, Row] = field(default_factory=dict)
    final: dict[str, list[Row]] = field(default_factory=dict)
    audit: list[Row] = field(default_factory=list)
    decided: Counter[str] = field(default_factory=Counter)
    undone: Counter[str] = field(default_factory=Counter)


class Rows:
    """All tables as they are on disk now."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        connection.execute("begin")
        try:
            self.threads = self._all(connection, "select * from thread order by id")
            self.steps = self._all(connection, "select * from step order by thread, seq")
            self.requests = self._all(connection, "select * from request order by rowid")
            self.responses = {row["request"]: row for row in self._all(connection, "select * from response")}
            self.effects = self._all(connection, "select * from effect")
            self.audit = self._all(connection, "select * from audit order by id")
        finally:
            connection.execute("rollback")

    @staticmethod
    def _all(connection: sqlite3.Connection, sql: str) -> list[Row]:
        return [dict(row) for row in connection.execute(sql)]

    def of(self, rows: list[Row], thread: str) -> list[Row]:
        """Those of one thread."""
        return [row for row in rows if row["thread"] == thread]


def violations(rows: Rows, model: Model, world: World) -> Iterator[str]:
    """Everything that does not hold, in words."""
    yield from world.violations
    yield from _of_audit(rows, model)
    for thread in rows.threads:
        name = thread["id"]
        for words in (
            *_of_thread(rows, thread, model),
            *_of_steps(rows, thread, model),
            *_of_requests(rows, thread, model),
            *_of_effects(rows, thread, model, world),
        ):
            yield f"{name}: {words}"


def _of_audit(rows: Rows, model: Model) -> Iterator[str]:
    """What was written stays as it was."""
    if rows.audit[: len(model.audit)] != model.audit:
        yield "the audit was changed"
    model.audit = rows.audit
    lost = set(model.given) - set(rows.responses)
    if lost:
        yield f"answers that were taken are lost: {lost}"


def _of_thread(rows: Rows, thread: Row, model: Model) -> Iterator[str]:
    """It can go on by itself, or somebody is asked, or it has ended."""
    status = thread["status"]
    still = [row for row in rows.of(rows.requests, thread["id"]) if row["status"] in ("pending", "held")]
    if (status == "running") != (thread["lease_owner"] is not None and thread["lease_until"] is not None):
        yield f"{status}, leased by {thread['lease_owner']} until {thread['lease_until']}"
    paused = {row["seq"] for row in rows.of(rows.steps, thread["id"]) if row["status"] == "paused"}
    if status == "paused" and not any(row["step"] in paused and not row["superseded"] for row in still):
        yield "paused, and nobody is asked: stuck"
    if status in FINAL and still:
        yield f"{status} with open requests {[row['id'] for row in still]}"
    pending = [row for row in rows.of(rows.requests, thread["id"]) if row["status"] == "pending"]
    if thread["open_requests"] != len(pending):
        yield f"counts {thread['open_requests']} open requests, has {len(pending)}"
    events = Counter(row["event"] for row in rows.of(rows.audit, thread["id"]))
    if events["started"] != 1:
        yield f"started {events['started']} times"
    for final in FINAL:
        ends = sum(row["event"] == final and row["request"] is None for row in rows.of(rows.audit, thread["id"]))
        if ends != (status == final):
            yield f"{status}, and {final} {ends} times in the audit"
    failures = sum(row["event"] == "failed" for row in rows.of(rows.audit, thread["id"]))
    if failures - events["retried"] != (status == "failed"):
        yield f"{status} after {failures} failures and {events['retried']} retries"
    if status in FINAL:
        end = [thread, *rows.of(rows.steps, thread["id"]), *rows.of(rows.requests, thread["id"])]
        if model.final.setdefault(thread["id"], end) != end:
            yield f"changed after its end: {model.final[thread['id']]} → {end}"


def _of_steps(rows: Rows, thread: Row, model: Model) -> Iterator[str]:
    """They are numbered without a gap, and lead to just where the thread stands."""
    graph, steps = model.graphs[thread["id"]], rows.of(rows.steps, thread["id"])
    numbers = [step["seq"] for step in steps]
    if numbers != list(range(1, thread["steps"] + 1)):
        yield f"steps {numbers} of {thread['steps']}"
    replay = Replay(graph, model.starts[thread["id"]], model.edits[thread["id"]], steps)
    try:
        replay.to(thread["superstep"])
        current = replay.of_superstep(thread["superstep"])
    except Contradiction as contradiction:
        yield str(contradiction)
        return
    frontier = [(entry["node"], entry["visit"]) for entry in json.loads(thread["frontier"])]
    found = from_json(thread["state"]), frontier, json.loads(thread["visits"])
    if found != (replay.state, replay.frontier, replay.visits):
        yield f"stands at {found}; its steps lead to {(replay.state, replay.frontier, replay.visits)}"
    if not set(current) <= set(frontier):
        yield f"has run {sorted(current)} in the frontier {frontier}"
    if any(step["superstep"] > thread["superstep"] for step in steps):
        yield "has steps that are ahead of it"
    if thread["status"] == "completed" and frontier:
        yield f"completed with the frontier {frontier}"
    for step in steps:
        yield from _of_step(rows, thread, step, graph)


def _of_step(rows: Rows, thread: Row, step: Row, graph: Graph) -> Iterator[str]:
    """A node that asks has ended only with its answers; what a person said no to did not succeed."""
    own = [
        row
        for row in rows.of(rows.requests, thread["id"])
        if row["step"] == step["seq"] and not row["superseded"] and row["position"] >= 0
    ]
    name = f"step {step['seq']} ({step['node']}:{step['visit']})"
    if step["status"] == "ok" and any(row["status"] not in ("answered", "timed_out", "cancelled") for row in own):
        yield f"{name} has ended with open questions"
    agent = graph.nodes[step["node"]].agent
    if agent not in HUMAN or step["status"] in ("paused", "failed"):
        return
    answers = [rows.responses[row["id"]] for row in own if row["status"] in ("answered", "timed_out")]
    if len(answers) != 1:
        yield f"{name} has ended as {step['status']} with {len(answers)} answers"
        return
    due = STATUS_OF_ACTION.get(answers[0]["action"], "ok")
    due = "ended" if json.loads(answers[0]["data"]).get("end") else due
    if step["status"] != due:
        yield f"{name} is {step['status']} after {answers[0]['action']}"


def _of_requests(rows: Rows, thread: Row, model: Model) -> Iterator[str]:
    """One answer each, which never changes; the audit tells of all that happened to it."""
    events: dict[str, Counter[str]] = defaultdict(Counter)
    for row in rows.of(rows.audit, thread["id"]):
        if row["request"]:
            events[row["request"]][row["event"]] += 1
    for row in rows.of(rows.requests, thread["id"]):
        name, heard = f"request {row['id']} ({row['node']}, {row['status']})", events.pop(row["id"], Counter())
        response, given = rows.responses.get(row["id"]), model.given.get(row["id"])
        if (row["closed_at"] is None) != (row["status"] == "pending"):
            yield f"{name} was closed at {row['closed_at']}"
        if response is None and row["status"] not in ("pending", "cancelled"):
            yield f"{name} has no answer"
        if response is not None and row["status"] == "pending":
            yield f"{name} has an answer"
        if response is not None and response["actor"] == "system":
            if model.by_system.setdefault(row["id"], response) != response:
                yield f"{name}: the system's answer was changed to {response}"
        elif response is not None:
            found = Given(response["action"], response["actor"], json.loads(response["data"]))
            if given is None or (found.action, found.actor) != (given.action, given.actor):
                yield f"{name}: {found} was never given, but {given}"
            elif found.data | given.data != found.data:
                yield f"{name}: {given.data} became {found.data}"
        if heard["asked"] != 1:
            yield f"{name} was asked {heard['asked']} times"
        if heard["decided"] != model.decided[row["id"]] or heard["undone"] != model.undone[row["id"]]:
            yield f"{name}: {dict(heard)} in the audit, decided {model.decided[row['id']]} times"
        if heard["timed_out"] != (response is not None and response["actor"] == "system"):
            yield f"{name}: {dict(heard)} in the audit, answered by {response}"
        if heard["superseded"] != row["superseded"]:
            yield f"{name}: superseded {row['superseded']}, {dict(heard)} in the audit"
        if row["status"] == "held" and heard["released"]:
            yield f"{name} is held and was released"
        if heard["released"] > 1 or heard["released"] > heard["decided"] - heard["undone"]:
            yield f"{name}: {dict(heard)}"
    if events:
        yield f"the audit knows requests that are lost: {dict(events)}"


def _of_effects(rows: Rows, thread: Row, model: Model, world: World) -> Iterator[str]:
    """Once, and once more for each time that a person said so."""
    said: Counter[tuple[Any, ...]] = Counter()
    approved: set[tuple[Any, ...]] = set()
    for row in rows.of(rows.requests, thread["id"]):
        response = rows.responses.get(row["id"])
        if response is None:
            continue
        effect = json.loads(row["context"]).get("uncertain_effect")
        if effect is not None:
            choice = json.loads(response["data"])["choice"]
            said[row["node"], row["visit"], effect, (REDO, DONE)[choice - 1]] += 1
        elif response["action"] == "approve":
            approved.add((row["node"], row["visit"]))
    for (name, node, visit, key), count in world.effects.items():
        if name != thread["id"]:
            continue
        redone = said[node, visit, key, REDO]
        if count > 1 + redone:
            yield f"{node}:{visit} had the effect '{key}' {count} times, and was told {redone} times to redo it"
        if model.graphs[name].nodes[node].agent == "asks_and_pays" and (node, visit) not in approved:
            yield f"{node}:{visit} had the effect '{key}' without an approval"
    for row in rows.of(rows.effects, thread["id"]):
        place = thread["id"], row["node"], row["visit"], row["key"]
        if row["result"] is not None and not world.effects[place] and not said[(*place[1:], DONE)]:
            yield f"{place}: recorded as done, and it never happened"


def right_answer(row: Row, number: int) -> tuple[str, dict[str, Any]]:
    """An action and data that fit a request; `number` picks which."""
    match row["type"]:
        case "approval":
            return ("approve", {}) if number % 3 else ("reject", {"reason": "no"})
        case "choice":
            count = len(OPTIONS) if not json.loads(row["context"]).get("uncertain_effect") else 2
            return "choose", {"choice": 1 + number % count}
        case "text_input":
            return "respond", {"text": f"text {number}"}
        case "edit":
            return "edit", {"edited": f"edited {number}"}
    return "respond", {"end": True} if number % 3 == 0 else {"message": f"words {number}"}


def wrong_answer(row: Row, number: int) -> tuple[str, dict[str, Any]]:
    """An action, or data, that do not fit a request."""
    if row["type"] == "approval":
        return ("edit", {"edited": "no"}) if number % 2 else ("approve", {"reason": 7})
    if number % 2:
        return "approve", {}
    return right_answer(row, 1)[0], {"choice": 99, "text": 7, "edited": None, "message": ["no"]}
