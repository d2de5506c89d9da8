"""`hitl history` in plain text: what the result of a step says, and who decided what."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from hitl_tui.agents import BaseAgent
from tests.cli.conftest import Hitl
from tests.engine.workshop import graph, node, workshop


class Payer(BaseAgent):
    """Fails after the answer, at a place where nothing tells the thread's error."""

    def process(self, inputs: dict[str, Any]) -> Any:
        self.ask(self.request("approval", "pay?"))
        raise OSError("insufficient funds\n\x1b[31mtry again")


class Unsure(BaseAgent):
    """Begins an effect whose end is not known."""

    def process(self, inputs: dict[str, Any]) -> Any:
        return self.once("pay", self.fail)

    def fail(self) -> None:
        raise OSError("no answer from the bank")


def test_a_step_that_failed_after_its_answer_says_why(hitl: Hitl, tmp_path: Path) -> None:
    async def prepare() -> None:
        async with workshop(tmp_path, payer=Payer) as shop:
            await shop.start(graph(node("pay", "payer", on_failure="over"), node("over")))
            await shop.run()
            await shop.answer("approve", {"reason": "we owe it"})
            await shop.run()

    asyncio.run(prepare())
    plain = hitl.quick("history", "t1").out.splitlines()
    row = next(number for number, line in enumerate(plain) if line.startswith("1  pay"))
    assert plain[row].endswith("insufficient funds")
    assert plain[row + 1] == "  approve by ann via test: we owe it"


def test_it_says_which_way_a_doubt_was_settled(hitl: Hitl, tmp_path: Path) -> None:
    async def prepare() -> None:
        async with workshop(tmp_path, payer=Unsure) as shop:
            await shop.start(graph(node("pay", "payer")))
            await shop.run()
            await shop.inbox.retry("t1")
            await shop.run()
            await shop.answer("choose", {"choice": 2, "reason": "seen at the bank"})
            await shop.run()

    asyncio.run(prepare())
    plain = hitl.quick("history", "t1").out
    assert "choose by ann via test: mark it as done: seen at the bank\n" in plain


def test_options_are_shown_on_one_line_without_orders_to_the_terminal(hitl: Hitl, tmp_path: Path) -> None:
    options = ["plain", "\x1b[2Jred\nsecond line", "x" * 200]

    async def prepare() -> None:
        async with workshop(tmp_path) as shop:
            context = {"options": options, "multiple": True}
            await shop.start(graph(node("pick", "choice_interaction", context=context)))
            await shop.run()
            await shop.answer("choose", {"choices": [options[0], 2, 3], "justification": "all of it"})
            await shop.run()

    asyncio.run(prepare())
    plain = hitl.quick("history", "t1").out
    assert f"choose by ann via test: plain, ␛[2Jred, {'x' * 79}…: all of it\n" in plain


def test_a_text_of_several_lines_says_that_there_are_more(hitl: Hitl, tmp_path: Path) -> None:
    async def prepare() -> None:
        async with workshop(tmp_path) as shop:
            text = "paid 5 to ACME\nFAILED: 500 to BOB was refused"
            copied = graph(node("a", "echo", inputs="said", output="report"))
            await shop.start(copied, said=text, long="x" * 199 + "\n y")
            await shop.run()

    asyncio.run(prepare())
    shown = hitl.quick("show", "t1").out.splitlines()
    assert any(line.split() == ["report", "paid", "5", "to", "ACME", "…"] for line in shown)
    assert any(line.endswith(f" {'x' * 199}…") for line in shown)
    assert "report = paid 5 to ACME …\n" in hitl.quick("history", "t1").out


PASSING = """
from pathlib import Path

from hitl_tui import BaseAgent, agent

DONE = Path(__file__).with_name("done")


@agent("passing")
class Passing(BaseAgent):
    def process(self, inputs):
        return None if DONE.exists() else self.ask(self.request("approval", "Pay 5 to ACME?")).action
"""


def test_an_answer_that_is_not_used_is_named(hitl: Hitl) -> None:
    """The node asks something else when it runs again: whoever answered is told, and so is whoever looks later."""
    ask = "graph: Ask\nnodes:\n  ask: {agent: approval_interaction, inputs: file, prompt: 'Delete {file}?'}\n"
    hitl.quick("run", hitl.file("ask.yaml", ask), "--input", "file=a", "--thread-id", "t1")
    first = hitl.quick("show", "t1", "--json").json["pending"][0]
    assert "instead_of" not in first
    hitl.quick("state", "t1", "--set", "file=b")

    plain = hitl.quick("resume", "t1", "approve").out.splitlines()
    assert plain[:2] == ["approved Ask · ask as ann", "that answer is not used: ask asks something else now"]
    (asked,) = hitl.quick("show", "t1", "--json").json["pending"]
    assert (asked["prompt"], asked["instead_of"]) == ("Delete b?", first["request_id"])
    entries = hitl.quick("audit", "t1", "--json").json["items"]
    replaced = next(entry for entry in entries if entry["event"] == "superseded")
    assert replaced["request_id"] == first["request_id"]
    assert replaced["details"] == {"node": "ask", "by": asked["request_id"]}
    (step,) = hitl.quick("history", "t1", "--json").json["steps"]
    assert step["decision"] is None
    assert [(each["action"], each["superseded"]) for each in step["decisions"]] == [("approve", True)]
    plain = hitl.quick("history", "t1").out
    assert "\n  approve by ann via cli, not used\n" in plain
    assert "1 decisions" not in plain, "no result of the step"

    assert hitl.quick("resume", "t1", "approve").out.splitlines()[1] == ""
    (step,) = hitl.quick("history", "t1", "--json").json["steps"]
    assert step["decision"]["request_id"] == asked["request_id"]
    assert len(step["decisions"]) == 2


def test_only_whose_answer_is_not_used_is_told(hitl: Hitl) -> None:
    """Of parallel branches one asks something else now; the answer to the other one counts."""
    text = "graph: Ask\nnodes:\n  go: {agent: echo, inputs: file, output: copied, next: [one, two]}\n"
    for name, what in (("one", "file"), ("two", "copied")):
        text += f"  {name}: {{agent: approval_interaction, inputs: {what}, prompt: 'Delete {{{what}}}?'}}\n"
    hitl.quick("run", hitl.file("ask.yaml", text), "--input", "file=a", "--thread-id", "t1")
    open_ = {each["node"]: each["request_id"] for each in hitl.quick("show", "t1", "--json").json["pending"]}
    hitl.quick("state", "t1", "--set", "file=b")
    assert "not used: one asks" in hitl.quick("resume", "t1", "approve", "--request", open_["one"]).out
    ended = hitl.quick("resume", "t1", "approve", "--request", open_["two"])
    assert ended.out.splitlines()[:2] == ["approved Ask · two as ann", ""]


def test_an_answer_that_is_not_asked_for_any_more_is_named(hitl: Hitl) -> None:
    """row 166: who rejected is told that the thread went on all the same."""
    hitl.file("own.py", PASSING)
    flow = hitl.file("flow.yaml", "graph: G\nagents: own.py\nnodes:\n  n: {agent: passing}\n")
    hitl.quick("run", flow, "--thread-id", "t")
    hitl.file("done", "")
    plain = hitl.quick("resume", "t", "reject").out.splitlines()
    assert plain[1] == "that answer is not used: n ran again and did not ask that any more"
    assert "status  completed (ok)" in plain
