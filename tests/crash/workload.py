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

from hitl_tui.agents import BaseAgent, agent
from hitl_tui.model.jsontext import iso

HERE = Path(__file__).parent


@agent("logged")
class Logged(BaseAgent):
    """Notes that it ran, takes its time, and says which visit it was."""

    def process(self, inputs):
        which = self.execution_context
        line = f"{iso(datetime.now(UTC))}\\t{which.thread_id}\\t{which.node_name}\\t{which.visit}\\n"
        log = os.open(HERE / "effects.log", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
        os.write(log, line.encode())
        os.close(log)
        time.sleep(self.context.get("seconds", 0))
        return which.visit


@agent("patient")
class Patient(Logged):
    """Does not end before the test permits it."""

    def process(self, inputs):
        visit = super().process(inputs)
        while not (HERE / "permitted").exists():
            time.sleep(0.02)
        return visit


@agent("broken")
class Broken(Logged):
    """Fails until its thread was mended."""

    def process(self, inputs):
        visit = super().process(inputs)
        if "mended" not in self.state:
            raise RuntimeError("not mended yet")
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
  Slow:
    nodes:
      wait: {agent: logged, context: {seconds: 0.6}, output: waited, next: after}
      after: {agent: logged, output: result}
  Due:
    nodes:
      gate: {agent: approval_interaction, prompt: "Nobody answers this", timeout: 1, next: paid, on_failure: late}
      paid: {agent: logged, output: result}
      late: {agent: logged, output: result}
  Void:
    nodes:
      gate: {agent: approval_interaction, prompt: "This is called off", next: paid}
      paid: {agent: logged, output: result}
"""

SPECIAL = """
agents: agents.py
graphs:
  Patient:
    nodes:
      wait: {agent: patient, output: waited, next: after}
      after: {agent: logged, output: result}
"""

RACE = """
graph: Race
nodes:
  gate: {agent: approval_interaction, prompt: "Who is first?", output: verdict, next: done, on_failure: done}
  done: {agent: echo, inputs: verdict, output: result}
"""

COMMON = ("Pay", "Fan", "Loop", "Twice", "Broken", "Slow", "Due", "Void")
NOT_ANSWERED = ("Due", "Void")

_STEPS = {
    "Fan": ("split:1", "left:1", "right:1", "name:1", "permit:1", "join:1"),
    "Loop": ("turn:1", "turn:2", "turn:3", "turn:4", "gate:1"),
    "Twice": ("ask:1", "after:1"),
    "Broken": ("before:1", "tried:1", "after:1"),
    "Slow": ("wait:1", "after:1"),
    "Due": ("gate:1", "late:1"),
    "Patient": ("wait:1", "after:1"),
    "Race": ("gate:1", "done:1"),
}
_SILENT = frozenset({"gate", "name", "permit", "done"})


def expected_steps(graph: str, actions: Mapping[str, str]) -> set[str]:
    """The node runs (`node:visit`) of a completed thread; `actions` are its answers by node."""
    if graph == "Pay":
        return {"prepare:1", "gate:1", "paid:1" if actions["gate"] == "approve" else "refused:1"}
    return set(_STEPS[graph])


def logs(node: str) -> bool:
    """Whether the node's agent writes to the effects log."""
    return node not in _SILENT
