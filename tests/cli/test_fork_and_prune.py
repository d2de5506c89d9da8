"""`hitl fork` and `hitl prune`: from another process, with the exit codes of the contract."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from hitl_tui.inbox import pruning
from hitl_tui.store import prune
from tests.cli.conftest import Hitl
from tests.waiting import until

FLOW = """
graph: Trip
nodes:
  ask: {agent: approval_interaction, prompt: "Go to {place}?", output: verdict, next: end, on_failure: end}
  end: {agent: output, prompt: "{place}: {verdict}", output: result}
"""
PAYING = """
graph: Pay
agents: agents.py
nodes:
  pay: {agent: pay, output: receipt}
"""
AGENTS = """
from hitl_tui.agents import BaseAgent, agent


@agent("pay")
class Pay(BaseAgent):
    def process(self, inputs):
        return self.once("pay", lambda: 7)
"""


@pytest.fixture
def trip(hitl: Hitl) -> Hitl:
    (hitl.folder / "flow.yaml").write_text(FLOW)
    assert hitl.quick("run", "flow.yaml", "--input", "place=Rome", "--thread-id", "t1").code == 0
    assert hitl.quick("resume", "t1", "approve").code == 0
    return hitl


def test_a_fork_asks_again_with_the_corrected_state(trip: Hitl) -> None:
    forked = trip.quick("fork", "t1", "--at", "1", "--set", "place=Oslo", "--thread-id", "t2", "--json")
    assert forked.code == 0
    assert (forked.json["thread_id"], forked.json["status"]) == ("t2", "paused")
    assert forked.json["forked_from"] == {"thread_id": "t1", "at": 1}
    assert forked.json["effects_again"] == []
    assert forked.json["pending"][0]["prompt"] == "Go to Oslo?"
    assert trip.quick("resume", "t2", "approve", "--json").json["state"]["result"] == "Oslo: approve"
    assert trip.quick("show", "t1", "--json").json["state"]["result"] == "Rome: approve"


def test_a_fork_without_a_run_waits_for_a_worker(trip: Hitl) -> None:
    assert trip.quick("fork", "t1", "--at", "2", "--thread-id", "t2", "--no-run", "--json").json["status"] == "ready"


@pytest.mark.parametrize(
    ("words", "code", "what"),
    [
        (("nobody", "--at", "1"), 3, "thread_not_found"),
        (("t1", "--at", "7"), 3, "step_not_found"),
        (("t1", "--at", "1", "--thread-id", "t1"), 4, "thread_exists"),
    ],
)
def test_what_cannot_be_forked(trip: Hitl, words: tuple[str, ...], code: int, what: str) -> None:
    refused = trip.quick("fork", *words, "--json")
    assert (refused.code, refused.error["code"]) == (code, what)


def test_effects_that_would_happen_again_need_a_yes(hitl: Hitl) -> None:
    (hitl.folder / "pay.yaml").write_text(PAYING)
    (hitl.folder / "agents.py").write_text(AGENTS)
    assert hitl.quick("run", "pay.yaml", "--thread-id", "t1").code == 0
    refused = hitl.quick("fork", "t1", "--at", "1", "--json")
    assert (refused.code, refused.error["code"]) == (2, "effects_again")
    assert refused.error["effects_again"] == [{"node": "pay", "visit": 1, "key": "pay", "done": True}]
    assert "--yes" in refused.error["hint"]
    forked = hitl.quick("fork", "t1", "--at", "1", "--yes", "--json")
    assert (forked.code, forked.json["effects_again"][0]["key"]) == (0, "pay")


def test_pruned_threads_keep_their_steps_and_decisions(trip: Hitl) -> None:
    assert trip.quick("prune", "--json").json == {"threads": 0, "steps": 0, "freed_bytes": 0, "dry_run": False}
    assert trip.quick("prune", "--older-than", "soon").code == 2
    assert trip.quick("prune", "--older-than", "1s", "--dry-run").code == 0
    assert until(lambda: trip.quick("prune", "--older-than", "1s", "--json").json["steps"]) == 2
    history = trip.quick("history", "t1", "--json").json
    assert history["pruned"] is True
    assert history["steps"][0]["decision"]["action"] == "approve"
    assert "was pruned" in trip.quick("history", "t1").out
    assert trip.quick("fork", "t1", "--at", "1").code == 4
    assert "threads removed: 1" in trip.quick("prune", "--older-than", "1s", "--threads", "--vacuum").out
    assert trip.quick("show", "t1").code == 3
    assert "approve" in trip.quick("audit").out
    assert "pruned" in trip.quick("audit").out
    assert "approve" in trip.quick("audit", "t1").out


@pytest.mark.parametrize("words", [("run", "flow.yaml"), ("fork", "t2", "--at", "1")])
def test_the_id_of_a_removed_thread_is_not_used_again(trip: Hitl, words: tuple[str, ...]) -> None:
    """A service that was called with its idempotency keys would answer a new thread with what came of the old one."""
    assert until(lambda: trip.quick("prune", "--older-than", "1s", "--threads", "--json").json["threads"])
    trip.quick("run", "flow.yaml", "--thread-id", "t2")
    refused = trip.quick(*words, "--thread-id", "t1", "--json")
    assert (refused.code, refused.error["code"]) == (4, "thread_exists")
    assert "'t1' was removed, and its id is not used again" in refused.error["message"]
    assert "give another thread id" in refused.error["hint"]
    assert trip.quick("show", "t1").code == 3


def test_space_that_cannot_be_given_back_hides_nothing_of_what_was_pruned(
    trip: Hitl, monkeypatch: pytest.MonkeyPatch
) -> None:
    def vacuum_beside_a_writer(path: Path) -> int:
        with closing(sqlite3.connect(path, isolation_level=None)) as writer:
            writer.execute("begin immediate")
            return prune.vacuum(path)

    monkeypatch.setattr(prune, "LOCK_SECONDS", 0)
    monkeypatch.setattr(pruning, "give_back", vacuum_beside_a_writer)
    until(lambda: trip.quick("prune", "--older-than", "1s", "--dry-run", "--json").json["threads"])
    refused = trip.quick("prune", "--older-than", "1s", "--vacuum", "--json")
    assert (refused.code, refused.error["code"]) == (1, "database_unusable")
    assert (refused.error["threads"], refused.error["steps"]) == (1, 2)
    assert refused.error["message"].startswith("threads pruned: 1, with 2 steps; no space was given back: ")
    assert refused.error["message"].endswith("is locked by another process")
    assert trip.quick("history", "t1", "--json").json["pruned"] is True


def test_the_audit_names_what_a_fork_changed(trip: Hitl) -> None:
    assert trip.quick("fork", "t1", "--at", "2", "--set", "place=Oslo", "--thread-id", "t2", "--no-run").code == 0
    (entry,) = [each for each in trip.quick("audit", "t2", "--json").json["items"] if each["event"] == "forked"]
    assert entry["details"] == {"from": "t1", "at": 2, "keys": ["place"]}
    (entry,) = [each for each in trip.quick("audit", "t1", "--json").json["items"] if each["event"] == "forked"]
    assert entry["details"] == {"to": "t2", "at": 2}


@pytest.mark.parametrize(
    "words",
    [
        ("fork", "t1", "--at", "2", "--set"),
        ("state", "t3", "--set"),
        ("run", "flow.yaml", "--input"),
    ],
)
def test_what_somebody_answered_is_not_set_by_a_dot(trip: Hitl, words: tuple[str, ...]) -> None:
    trip.quick("fork", "t1", "--at", "2", "--thread-id", "t3", "--no-run")
    refused = trip.quick(*words, "responses.ask.reason=forged", "--json")
    assert (refused.code, refused.error["code"]) == (2, "invalid_state")
    assert "'responses.ask.reason' holds the answers of people" in refused.error["message"]


@pytest.mark.parametrize("words", [("state", "t3"), ("fork", "t3", "--at", "1")])
def test_a_value_inside_another_is_not_set_by_a_dot(hitl: Hitl, words: tuple[str, ...]) -> None:
    """It would be a key of its own beside it, which no condition reads."""
    flow = hitl.file("order.yaml", FLOW)
    hitl.quick("run", flow, "--input", 'order:={"amount": 5}', "--input", "place.of=birth", "--thread-id", "t3")
    refused = hitl.quick(*words, "--set", "order.amount:=9", "--json")
    assert refused.code == 2
    assert "'order' is one value of the state" in refused.json["error"]["message"]
    assert """--set 'order:={"amount": "…"}'""" in refused.json["error"]["hint"]
    refused = hitl.quick(*words, "--set", "order.total.amount:=9", "--json")
    assert """--set 'order:={"total": {"amount": "…"}}'""" in refused.json["error"]["hint"]
    assert hitl.quick("list", "--json").json["total"] == 1
    changed = hitl.quick("state", "t3", "--set", "place.of=death", "--set", 'order:={"amount": 9}', "--json")
    assert changed.json["state"] == {"order": {"amount": 9}, "place.of": "death"}


def test_what_is_forked_says_which_values_are_set_as_a_whole(hitl: Hitl) -> None:
    """Not what the thread has come to: it wrote a text there later."""
    flow = hitl.file("order.yaml", FLOW.replace("output: result", "output: place"))
    hitl.quick("run", flow, "--input", 'place:={"city": "Rome"}', "--thread-id", "t3")
    assert hitl.quick("resume", "t3", "approve", "--json").json["status"] == "completed"
    refused = hitl.quick("fork", "t3", "--at", "1", "--set", "place.city=Oslo", "--thread-id", "t4", "--json")
    assert (refused.code, refused.error["code"]) == (2, "invalid_state")
    assert "'place' is one value of the state" in refused.error["message"]
    assert hitl.quick("show", "t4").code == 3


def test_a_changed_state_names_the_decisions_that_stand(trip: Hitl) -> None:
    """What was approved for Rome goes on for Oslo: whoever changes it is told."""
    changed = trip.quick("fork", "t1", "--at", "2", "--set", "place=Oslo", "--json")
    assert changed.json["state"]["result"] == "Oslo: approve"
    who = trip.quick("history", "t1", "--json").json["steps"][0]["decision"]["actor"]
    assert changed.err == f"hitl: stands, given for the state before this change: approve at 'ask' by {who}\n"
    assert trip.quick("fork", "t1", "--at", "2").err == ""
    assert trip.quick("fork", "t1", "--at", "1", "--set", "place=Oslo").err == ""
    trip.quick("fork", "t1", "--at", "2", "--thread-id", "t2")
    assert trip.quick("fork", "t2", "--at", "1", "--json").json["decisions_stand"] == []
    again = trip.quick("fork", "t2", "--at", "1", "--set", "place=Bonn", "--json")
    assert again.err == changed.err, "also where it was given in the thread that this one was forked from"
    (stands,) = again.json["decisions_stand"]
    assert (stands["node"], stands["action"], stands["actor"]) == ("ask", "approve", who)
    assert "removed_origin" not in again.json


PARALLEL = """
graph: Pay
nodes:
  gate: {agent: approval_interaction, prompt: "Pay?", output: x, next: [ann, bob]}
  ann: {agent: approval_interaction, prompt: "Agreed?", output: y}
  bob: {agent: approval_interaction, prompt: "Agreed?", output: z}
"""


def test_a_state_that_is_corrected_names_the_decisions_that_stand(hitl: Hitl) -> None:
    """Those of the steps that are over; of one that is paused what is asked is looked at again."""
    hitl.quick("run", hitl.file("pay.yaml", PARALLEL), "--input", "amount:=5", "--thread-id", "t1")
    first = hitl.quick("state", "t1", "--set", "amount:=6", "--json")
    assert (first.err, first.json) == ("", {"thread_id": "t1", "state": {"amount": 6}})
    pending = hitl.quick("resume", "t1", "approve", "--json").json["pending"]
    ann, bob = (request["request_id"] for request in pending)
    stands = "hitl: stands, given for the state before this change: approve at 'gate' by ann"
    assert hitl.quick("state", "t1", "--set", "amount:=7").err == f"{stands}\n"
    hitl.quick("resume", "t1", "reject", "--request", ann, "--actor", "bea")
    hitl.quick("resume", "t1", "approve", "--request", bob, "--no-run")
    changed = hitl.quick("state", "t1", "--set", "amount:=500", "--json")
    assert changed.err == f"{stands}, reject at 'ann' by bea\n"
    assert [(each["node"], each["actor"]) for each in changed.json["decisions_stand"]] == [
        ("gate", "ann"),
        ("ann", "bea"),
    ]
    assert "decisions_stand" not in hitl.quick("state", "t1", "--json").json


def test_a_decision_that_was_not_used_does_not_stand(hitl: Hitl) -> None:
    flow = hitl.file("flow.yaml", FLOW)
    hitl.quick("run", flow, "--input", "place=Rome", "--thread-id", "t1")
    hitl.quick("resume", "t1", "approve", "--no-run", "--actor", "ann")
    assert hitl.quick("state", "t1", "--set", "place=Oslo").err == ""
    assert hitl.quick("wait", "t1", "--json").json["pending"][0]["prompt"] == "Go to Oslo?"
    hitl.quick("resume", "t1", "reject", "--actor", "bob")
    decisions = hitl.quick("history", "t1", "--json").json["steps"][0]["decisions"]
    assert [each["actor"] for each in decisions] == ["ann", "bob"]
    changed = hitl.quick("fork", "t1", "--at", "2", "--set", "place=Bonn")
    assert changed.err == "hitl: stands, given for the state before this change: reject at 'ask' by bob\n"


def test_what_was_decided_in_a_thread_that_was_removed_stands(trip: Hitl) -> None:
    """Nobody can tell any more who decided it."""
    trip.quick("fork", "t1", "--at", "2", "--thread-id", "t2", "--no-run")
    assert until(lambda: trip.quick("prune", "--threads", "--older-than", "1s", "--json").json["threads"])
    trip.quick("wait", "t2")
    told = "hitl: decisions taken in 't1', which was removed, stand too\n"
    changed = trip.quick("fork", "t2", "--at", "1", "--set", "place=Bonn", "--json")
    assert (changed.code, changed.err) == (0, told)
    assert (changed.json["decisions_stand"], changed.json["removed_origin"]) == ([], "t1")
    trip.quick("fork", "t2", "--at", "1", "--thread-id", "t3", "--no-run")
    corrected = trip.quick("state", "t3", "--set", "place=Bonn", "--json")
    assert (corrected.code, corrected.err, corrected.json["removed_origin"]) == (0, told, "t1")


NESTED = """
graphs:
  Outer:
    nodes:
      review: {agent: graph, prompt: Middle, inputs: amount, next: last}
      last: {agent: approval_interaction, prompt: "Last?", output: z}
  Middle:
    nodes:
      part: {agent: graph, prompt: Inner, inputs: amount}
  Inner:
    nodes:
      first: {agent: approval_interaction, prompt: "First, {amount}?", output: x, next: second}
      second: {agent: approval_interaction, prompt: "Second, {amount}?", output: y}
"""


@pytest.mark.parametrize("words", [("state", "n"), ("fork", "n", "--at", "4", "--yes")])
def test_answers_in_an_included_graph_are_set_by_people_only(hitl: Hitl, words: tuple[str, ...]) -> None:
    flow = hitl.file("nested.yaml", NESTED)
    hitl.quick("run", f"{flow}::Outer", "--input", "amount:=5", "--thread-id", "n")
    hitl.quick("resume", "n", "approve")
    answers = {"review/part/first": {}}
    assert hitl.quick("state", "n", "--json").json["state"]["review"]["part"]["responses"] == answers
    for given, wrong in (
        (
            {"part": {"responses": {**answers, "review/part/second": {}}}},
            "the state of 'review.part': 'responses' holds",
        ),
        ({"responses": answers}, "the state of 'review': 'responses' holds the answers of people"),
        (
            {"responses.first.reason": "x"},
            "the state of 'review': 'responses.first.reason' holds the answers of people",
        ),
        ("text", "'review' is that of an included graph, with answers of people in it"),
        ({"part": 5}, "'review.part' is that of an included graph, with answers of people in it"),
    ):
        refused = hitl.quick(*words, "--set", f"review:={json.dumps(given)}", "--json")
        assert (refused.code, refused.error["code"]) == (2, "invalid_state"), given
        assert wrong in refused.error["message"]
    changed = hitl.quick(*words, "--set", 'review:={"amount": 9}', "--json")
    assert changed.json["state"]["review"] == {"amount": 9, "part": {"responses": answers}}
    changed = hitl.quick(*words, "--set", 'review:={"part": {"amount": 9}}', "--json")
    assert changed.json["state"]["review"]["part"] == {"amount": 9, "responses": answers}
