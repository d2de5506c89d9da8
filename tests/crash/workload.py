"""The workflows that the harness runs, and what each must have come to when all is over.

Their agents write a line to `effects.log` each time they run, so that runs can be held against what was recorded.
"""

from __future__ import annotations

from collections.abc import Mapping

AGENTS = '''
import os
import time
from datetime import UTC, datetime
from pathlib import Path

from hitl_tui.agents import BaseAgent, NotDone, agent
from hitl_tui.model.jsontext import iso

HERE = Path(__file__).parent


@agent("logged")
class Logged(BaseAgent):
    """Notes that it ran, takes its time, and says which visit it was."""

    def process(self, inputs):
        self.note("effects.log")
        time.sleep(self.context.get("seconds", 0))
        return self.execution_context.visit

    def note(self, file):
        """Add a line about this run; returns how many the file has of it."""
        which = self.execution_context
        run = f"\\t{which.thread_id}\\t{which.node_name}\\t{which.visit}\\n"
        log = os.open(HERE / file, os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        os.write(log, (iso(datetime.now(UTC)) + run).encode())
        os.close(log)
        return (HERE / file).read_text(encoding="utf-8").count(run)


@agent("payer")
class Payer(Logged):
    """Pays once; with `fails` the first payment is made and its answer gets lost, with `closed` it is not made."""

    def process(self, inputs):
        visit = super().process(inputs)
        self.once("pay", self.pay)
        return visit

    def pay(self):
        if self.context.get("closed") and self.note("tried.log") == 1:
            raise NotDone("the bank is closed")
        time.sleep(0.01)
        paid = self.note("paid.log")
        time.sleep(0.01)
        if self.context.get("fails") and paid == 1:
            raise TimeoutError("no answer from the bank")
        return paid


@agent("patient")
class Patient(Logged):
    """Does not end before the test permits it."""

    def process(self, inputs):
        visit = super().process(inputs)
        while not (HERE / "permitted").exists():
            time.sleep(0.02)
        return visit


@agent("passed_on")
class PassedOn(Logged):
    """Does not end before the test permits this very run; says which run of its visit it was."""

    def process(self, inputs):
        super().process(inputs)
        thread = self.execution_context.thread_id
        run = self.note("passed_on.log")
        while not (HERE / f"permitted-{thread}-{run}").exists():
            time.sleep(0.02)
        return run


@agent("broken")
class Broken(Logged):
    """Fails until its thread was mended."""

    def process(self, inputs):
        visit = super().process(inputs)
        if "mended" not in self.state:
            raise RuntimeError("not mended yet")
        return visit


@agent("hesitant")
class Hesitant(Logged):
    """Fails the first time."""

    def process(self, inputs):
        visit = super().process(inputs)
        if self.note("tried.log") == 1:
            raise OSError("the line is busy")
        return visit


@agent("asks_twice")
class AsksTwice(Logged):
    """Asks two questions, one after the other, then acts."""

    def process(self, inputs):
        first = self.ask(self.request("text_input", "first?"))
        self.ask(self.request("text_input", f"second, after {first.data['text']}?"))
        return super().process(inputs)
'''

GRAPHS = """
agents: agents.py
graphs:
  Pay:
    nodes:
      prepare: {agent: logged, output: prepared, next: gate}
      gate: {agent: approval_interaction, prompt: "Pay?", output: verdict, next: paid, on_failure: refused}
      paid: {agent: logged, output: result}
      refused: {agent: logged, output: result}
  Fan:
    nodes:
      split: {agent: logged, output: split, next: [left, right, name, permit]}
      left: {agent: logged, output: left, next: join}
      right: {agent: logged, output: right, next: join}
      name: {agent: text_input_interaction, prompt: "Name?", output: name, next: join}
      permit: {agent: approval_interaction, prompt: "Permit?", output: permit, next: join, on_failure: join}
      join: {agent: logged, output: result}
  Loop:
    nodes:
      turn:
        agent: logged
        output: turn
        routes: [{when: turn < 4, to: turn}]
        next: gate
      gate: {agent: approval_interaction, prompt: "Enough?", output: verdict}
  Twice:
    nodes:
      ask: {agent: asks_twice, output: asked, next: after}
      after: {agent: logged, output: result}
  Broken:
    nodes:
      before: {agent: logged, output: before, next: tried}
      tried: {agent: broken, output: tried, next: after}
      after: {agent: logged, output: result}
  Again:
    nodes:
      try: {agent: hesitant, retry: {attempts: 3, backoff: 1s}, output: tried, next: after}
      after: {agent: logged, output: result}
  Slow:
    nodes:
      wait: {agent: logged, context: {seconds: 0.6}, output: waited, next: after}
      after: {agent: logged, output: result}
  Due:
    nodes:
      gate: {agent: approval_interaction, prompt: "Nobody?", timeout: 3, remind: 2s, next: paid, on_failure: late}
      paid: {agent: logged, output: result}
      late: {agent: logged, output: result}
  Effect:
    nodes:
      gate: {agent: approval_interaction, prompt: "Pay?", output: verdict, next: pay, on_failure: refused}
      pay: {agent: payer, output: paid, next: after}
      after: {agent: logged, output: result}
      refused: {agent: logged, output: result}
  Doubtful:
    nodes:
      pay: {agent: payer, context: {fails: true}, output: paid, next: after}
      after: {agent: logged, output: result}
  Closed:
    nodes:
      pay: {agent: payer, context: {closed: true}, output: paid, next: after}
      after: {agent: logged, output: result}
  Nested:
    nodes:
      split: {agent: logged, output: split, next: [one, two, side]}
      one: {agent: graph, context: {graph: Inner}, output: inner_one=paid, next: join}
      two: {agent: graph, context: {graph: Inner}, output: inner_two=paid, next: join}
      side: {agent: logged, output: side, next: join}
      join: {agent: logged, output: result}
  Inner:
    nodes:
      gate: {agent: approval_interaction, prompt: "Pay inside?", output: verdict, next: pay, on_failure: refused}
      pay: {agent: payer, output: paid}
      refused: {agent: logged, output: paid}
  Void:
    nodes:
      gate: {agent: approval_interaction, prompt: "This is called off", next: paid}
      paid: {agent: logged, output: result}
"""

LINKS = 45
"""So many results of pure nodes do not go into one transaction."""
SPECIAL = (
    """
agents: agents.py
graphs:
  Patient:
    nodes:
      wait: {agent: patient, output: waited, next: after}
      after: {agent: logged, output: result}
  Goes:
    nodes:
      wait: {agent: passed_on, output: run, next: after}
      after: {agent: logged, output: result}
  Ends:
    nodes:
      wait: {agent: passed_on, output: run}
  Bare:
    nodes:
      pay: {agent: payer, output: paid, next: after}
      after: {agent: logged, output: result}
  Chain:
    nodes:
"""
    + "".join(
        f"      link{number}: {{agent: echo, next: {f'link{number + 1}' if number < LINKS - 1 else 'after'}}}\n"
        for number in range(LINKS)
    )
    + """\
      after: {agent: logged, output: result}
"""
)

RACE = """
graph: Race
nodes:
  gate: {agent: approval_interaction, prompt: "Who is first?", output: verdict, next: done, on_failure: done}
  done: {agent: echo, inputs: verdict, output: result}
"""

EFFECTS = ("Effect", "Doubtful", "Closed", "Nested")
COMMON = ("Pay", "Fan", "Loop", "Twice", "Broken", "Again", "Slow", "Due", *EFFECTS, "Void")
NOT_ANSWERED = ("Due", "Void")
CALLED_OFF = "-off"
"""How the names of threads end that may be cancelled at any time."""

_STEPS = {
    "Fan": ("split:1", "left:1", "right:1", "name:1", "permit:1", "join:1"),
    "Loop": ("turn:1", "turn:2", "turn:3", "turn:4", "gate:1"),
    "Twice": ("ask:1", "after:1"),
    "Broken": ("before:1", "tried:1", "after:1"),
    "Again": ("try:1", "after:1"),
    "Slow": ("wait:1", "after:1"),
    "Due": ("gate:1", "late:1"),
    "Doubtful": ("pay:1", "after:1"),
    "Closed": ("pay:1", "after:1"),
    "Patient": ("wait:1", "after:1"),
    "Goes": ("wait:1", "after:1"),
    "Ends": ("wait:1",),
    "Bare": ("pay:1", "after:1"),
    "Chain": (*(f"link{number}:1" for number in range(LINKS)), "after:1"),
    "Race": ("gate:1", "done:1"),
}
_ASK = frozenset({"gate", "name", "permit"})
_SILENT = _ASK | {"done", "one", "two", "exit"}
_BRANCHES = ("one", "two")


def expected_ends(thread: str, graph: str) -> tuple[str, ...]:
    """The statuses in which a thread may end."""
    if thread.endswith(CALLED_OFF):
        return ("completed", "cancelled")
    return ("cancelled",) if graph == "Void" else ("completed",)


def expected_steps(graph: str, actions: Mapping[str, str]) -> set[str]:
    """The node runs (`node:visit`) of a completed thread; `actions` are its answers by node."""
    match graph:
        case "Pay":
            return {"prepare:1", "gate:1", _after("", actions, "paid")}
        case "Effect":
            paid = _after("", actions, "pay")
            return {"gate:1", paid, *(["after:1"] if paid == "pay:1" else [])}
        case "Nested":
            inner = {f"{name}{part}:1" for name in _BRANCHES for part in ("", "/gate", "/exit")}
            paid = {_after(f"{name}/", actions, "pay") for name in _BRANCHES}
            return {"split:1", "side:1", "join:1", "join:2", *inner, *paid}
    return set(_STEPS[graph])


def _after(place: str, actions: Mapping[str, str], approved: str) -> str:
    """The node run that follows the gate at this place."""
    return f"{place}{approved if actions[place + 'gate'] == 'approve' else 'refused'}:1"


def logs(node: str) -> bool:
    """Whether the node's agent writes to the effects log."""
    return _last(node) not in _SILENT and not node.startswith("link")


def asks(node: str) -> bool:
    """Whether the node always asks a person."""
    return _last(node) in _ASK


def gate_of(graph: str, node: str) -> str | None:
    """The node without whose approval this node must not act."""
    return f"{node.removesuffix('pay')}gate" if graph in ("Effect", "Nested") else None


def _last(node: str) -> str:
    return node.rpartition("/")[2]
