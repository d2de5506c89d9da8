"""`hitl prompt`: the line prompt of spec 002 (rows 118 to 120), for pipes and plain terminals."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hitl_tui.cli.dialogue import Answer, answer, call_lines
from hitl_tui.errors import InvalidData
from hitl_tui.inbox.views import PendingView
from hitl_tui.model.tool_call import ToolCall
from tests.cli.conftest import Hitl, Result
from tests.cli.spec_requests import THREAD

ARGS = {"to": "ann@example.org", "copies": 2}
SCHEMA = {"type": "object", "properties": {"to": {"type": "string"}, "copies": {"type": "integer"}}}
CONTEXT = {"tool": "send_email", "args": ARGS, "args_schema": SCHEMA}
REQUEST = PendingView(
    request_id="r1",
    node="act",
    type="approval",
    prompt="Send it?",
    context=CONTEXT,
    options=[],
    allowed=["approve", "edit", "reject"],
    schema=None,
    risk=None,
    require_reason=False,
    digest="d",
    due_at=None,
    status="pending",
    created_at=datetime(2026, 1, 1, tzinfo=UTC),
)


class Dialogue:
    """What is shown, what is typed, and what comes of it; each of `refusals` refuses one answer."""

    def __init__(self, *lines: str, refusals: int = 0) -> None:
        self.lines = list(lines)
        self.shown: list[str] = []
        self.given: list[Answer] = []
        self.refusals = refusals

    def ask(self, question: str) -> str:
        self.shown.append(question)
        if not self.lines:
            raise EOFError
        return self.lines.pop(0)

    def give(self, action: str, data: dict[str, Any]) -> None:
        if self.refusals:
            self.refusals -= 1
            raise InvalidData("args.copies: 'x' is not of type 'integer'")
        self.given.append((action, data))

    def run(self, request: PendingView = REQUEST) -> list[Answer]:
        try:
            answer(request, self.ask, self.shown.append, self.give)
        except EOFError:
            assert not self.given
        return self.given


def test_row_118_the_tool_its_arguments_and_the_question() -> None:
    """row 118"""
    assert call_lines(ToolCall("send_email", ARGS, {})) == [
        "Tool: send_email",
        'Args: {"to": "ann@example.org", "copies": 2}',
    ]
    dialogue = Dialogue()
    dialogue.run()
    assert dialogue.shown == ["[a]pprove / [e]dit / [r]eject: "]


@pytest.mark.parametrize(
    ("lines", "decision"),
    [
        (["a"], ("approve", {})),
        (["e", '{"to": "bob", "copies": 3}'], ("edit", {"args": {"to": "bob", "copies": 3}})),
        (["r", "wrong person"], ("reject", {"reason": "wrong person"})),
        (["q", "wrong person"], ("reject", {"reason": "wrong person"})),
        (["", ""], ("reject", {"reason": ""})),
        (["yes", "so"], ("reject", {"reason": "so"})),
        (["A", "so"], ("reject", {"reason": "so"})),
        (["m", "so"], ("reject", {"reason": "so"})),
    ],
)
def test_row_119_what_the_lines_mean(lines: list[str], decision: Answer) -> None:
    """row 119: anything else rejects."""
    assert Dialogue(*lines).run() == [decision]


def test_row_120_arguments_that_are_no_json_are_asked_for_again() -> None:
    """row 120"""
    dialogue = Dialogue("e", '{"to": ', "", "7", '{"to": "bob"}')
    assert dialogue.run() == [("edit", {"args": {"to": "bob"}})]
    assert dialogue.shown.count("Enter new args (JSON): ") == 4
    assert sum("Invalid JSON" in words for words in dialogue.shown) == 3


def test_row_120_arguments_that_do_not_fit_are_asked_for_again() -> None:
    """row 120"""
    dialogue = Dialogue("e", '{"copies": "x"}', '{"copies": 1}', refusals=1)
    assert dialogue.run() == [("edit", {"args": {"copies": 1}})]
    assert "args.copies: 'x' is not of type 'integer'" in dialogue.shown


def test_row_112_what_is_not_allowed_is_not_offered_and_not_taken_for_a_no() -> None:
    """row 112"""
    request = replace(REQUEST, allowed=["approve", "reject"])
    dialogue = Dialogue("e", "a")
    assert dialogue.run(request) == [("approve", {})]
    assert dialogue.shown == [
        "[a]pprove / [r]eject: ",
        "This request does not allow to edit.",
        "[a]pprove / [r]eject: ",
    ]
    request = replace(REQUEST, allowed=["approve", "respond"])
    assert Dialogue("x", "m", "done by hand").run(request) == [("respond", {"message": "done by hand"})]


@pytest.mark.parametrize("lines", [[], ["e"], ["e", "{"], ["r"], ["x"]])
def test_the_end_of_the_input_decides_nothing(lines: list[str]) -> None:
    assert Dialogue(*lines).run() == []


CHOICE = replace(REQUEST, type="choice", context={}, options=["one", "two", "3 of them"], allowed=["choose"])
FORM = {"type": "object", "required": ["n"], "properties": {"n": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("request_", "lines", "decision"),
    [
        (CHOICE, ["2"], ("choose", {"choice": 2})),
        (CHOICE, ["3 of them"], ("choose", {"choice": "3 of them"})),
        (replace(CHOICE, schema={"multiple": True}), ["1, 3"], ("choose", {"choices": [1, 3]})),
        (replace(REQUEST, type="text_input"), ["hello"], ("respond", {"text": "hello"})),
        (replace(REQUEST, type="text_input", schema=FORM), ['{"n": 1}'], ("respond", {"n": 1})),
        (replace(REQUEST, type="conversation"), ["hello"], ("respond", {"message": "hello"})),
        (replace(REQUEST, type="edit"), ["a", "", "b", "."], ("edit", {"edited": "a\n\nb"})),
        (
            replace(REQUEST, type="edit", context={"original_content": "as it was"}),
            ["."],
            ("edit", {"edited": "as it was"}),
        ),
        (replace(REQUEST, context={}, schema=FORM), ["a", '{"n": 1}'], ("approve", {"n": 1})),
    ],
)
def test_the_other_types_in_the_plainest_way(request_: PendingView, lines: list[str], decision: Answer) -> None:
    assert Dialogue(*lines).run(request_) == [decision]


@pytest.fixture
def typed(hitl: Hitl, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """`hitl prompt` with this on its standard input."""

    def run(text: str, *words: str) -> Result:
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        return hitl.quick("prompt", *words)

    return run


TOOLS = """
from hitl_tui.agents import interrupt_on, tool

@tool
def send_email(to: str, amount: float) -> str:
    "Send an email."
    return f"sent {amount!r} to {to}"

policy = interrupt_on({"send_email": True})
"""
FLOW = """
graph: Mail
agents: tools.py
nodes:
  send: {agent: tools, inputs: [to, amount], context: {tool: send_email}, output: receipt, on_failure: why}
  why: {agent: text_input_interaction, prompt: "Why not?", output: why}
"""


def test_rows_115_and_118_a_tool_call_is_edited_through_a_pipe(hitl: Hitl, typed: Callable[..., Result]) -> None:
    """row 115, row 118: from file to tool, whose arguments keep their types; then nothing more is asked."""
    hitl.file("tools.py", TOOLS)
    file = hitl.file("flow.yaml", FLOW)
    start = ("run", file, "--input", "to=ann", "--input", "amount:=2.5")
    assert hitl.quick(*start, "--thread-id", "m 1").code == 0
    wrong = json.dumps({"to": "bob", "amount": "\x1b[31m"})
    ended = typed(f"e\n{{'to'}}\n{wrong}\n" + '{"to": "bob", "amount": 7}\n', "m 1")
    assert (ended.code, ended.err) == (0, "")
    shown = ended.out.splitlines()
    at = shown.index("Tool: send_email")
    assert shown[at + 1] == 'Args: {"to": "ann", "amount": 2.5}'
    assert shown[at + 2].startswith("[a]pprove / [e]dit / [r]eject: ")
    assert "is not of type 'number'" in ended.out and "\x1b" not in ended.out
    assert "sent 7.0 to bob" in ended.out
    gone = typed("a\n", "m 1")
    assert (gone.code, gone.out) == (4, "") and "waits for no answer" in gone.err


def test_it_goes_on_until_nothing_is_asked_and_json_stays_json(hitl: Hitl, typed: Callable[..., Result]) -> None:
    """A rejection, then the question behind the failure edge; the end of the input leaves the rest open."""
    hitl.file("tools.py", TOOLS)
    file = hitl.file("flow.yaml", FLOW)
    for name in "ab":
        assert hitl.quick("run", file, "--input", "to=ann", "--input", "amount:=2.5", "--thread-id", name).code == 0
    ended = typed("no\nnot her\nbecause", "a", "--json")
    assert (ended.code, ended.json["status"], ended.json["state"]["why"]) == (0, "completed", "because")
    assert "Reason: " in ended.err
    ended = typed("no\nnot her\n", "b")
    assert ended.code == 0 and "the input ended" in ended.err
    assert ended.out.count("rejected") == 1
    assert [item["type"] for item in hitl.quick("show", "b", "--json").json["pending"]] == ["text_input"]


def test_a_thread_that_failed_after_an_answer_says_so_at_the_end_of_the_input(
    hitl: Hitl, typed: Callable[..., Result]
) -> None:
    hitl.file("tools.py", TOOLS.replace("return", "assert False,"))
    flow = FLOW.replace("nodes:", "nodes:\n  s: {next: [send, why]}").replace(", on_failure: why", "")
    file = hitl.file("flow.yaml", flow)
    assert hitl.quick("run", file, "--input", "to=ann", "--input", "amount:=2.5", "--thread-id", "t1").code == 0
    ended = typed("a\n", "t1", "--json")
    assert (ended.code, ended.json["status"], ended.json["decided"]) == (1, "failed", True)
    assert [request["node"] for request in ended.json["pending"]] == ["why"]
    assert "decided" not in typed("", "t1", "--json").json


ASK = "graph: Ask\nnodes:\n  ask: {agent: approval_interaction, inputs: file, prompt: 'Delete {file}?'}\n"


@pytest.mark.parametrize("named", [False, True])
def test_an_answer_that_is_not_used_is_named_before_it_is_asked_again(
    hitl: Hitl, typed: Callable[..., Result], named: bool
) -> None:
    """In the words of `hitl resume`, also where only the one request was to be answered."""
    assert hitl.quick("run", hitl.file("ask.yaml", ASK), "--input", "file=a", "--thread-id", "t1").code == 0
    (first,) = hitl.quick("show", "t1", "--json").json["pending"]
    hitl.quick("state", "t1", "--set", "file=b")
    only = ("--request", first["request_id"]) if named else ()
    lines = typed("a\n" if named else "a\nr\nno\n", "t1", *only).out.splitlines()
    at = lines.index("that answer is not used: ask asks something else now")
    assert lines[at - 1].endswith("approved Ask · ask as ann")
    assert "  Delete b?" in lines[at + 1 :]
    assert not any("not used" in line for line in lines[at + 1 :])
    assert ("rejected Ask · ask as ann" in "\n".join(lines)) is not named


FORM_FLOW = """
graph: Form
nodes:
  gate:
    agent: approval_interaction
    prompt: Which?
    schema: {required: [decision], properties: {decision: {enum: [approve, reject]}}}
"""


def test_a_form_may_have_a_field_called_decision(hitl: Hitl, typed: Callable[..., Result]) -> None:
    """It is data; what was typed before it is the action."""
    assert hitl.quick("run", hitl.file("form.yaml", FORM_FLOW), "--thread-id", "f").code == 0
    ended = typed('a\n{"decision": "reject"}\n', "f", "--json")
    assert (ended.json["outcome"], ended.json["state"]["responses"]["gate"]) == ("ok", {"decision": "reject"})


def test_the_end_of_the_input_leaves_the_request_open(
    hitl: Hitl, asking: Mapping[str, Path], typed: Callable[..., Result]
) -> None:
    hitl.use(asking["Budget"])
    ended = typed("", THREAD)
    assert ended.code == 0 and "nothing more was decided" in ended.err
    assert "Please review and approve this budget proposal." in ended.out
    assert typed("a\n", THREAD, "--request", "no-such").code == 3
    assert typed("a\n", "nobody").code == 3
    assert "approved" in typed("a\n", THREAD).out


def test_where_no_question_can_be_shown_nothing_is_decided(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    hitl.use(asking["Budget"])
    ended = hitl.bash(f"hitl prompt {THREAD} >/dev/full", "a\n")
    assert (ended.code, "cannot write the output" in ended.err, "unexpected" in ended.err) == (1, True, False)
    assert hitl.quick("show", THREAD, "--json").json["status"] == "paused"


def test_d_15_resume_takes_the_decision_from_the_data(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    hitl.use(asking["Budget"])
    assert hitl.quick("resume", THREAD).code == 2
    assert hitl.quick("resume", THREAD, "--data", '{"decision": "edit"}').code == 2
    ended = hitl.quick("resume", THREAD, "--data", '{"decision": "reject", "reason": "too dear"}', "--json")
    assert ended.code == 0 and ended.json["state"]["responses"]["approval_gate"] == {"reason": "too dear"}
