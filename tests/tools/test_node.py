"""The agent type `tools`: the functions of an agents file from a workflow file, without a class."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hitl_tui.agents.base import Failure
from hitl_tui.agents.loading import load_reference
from hitl_tui.agents.tool_node import tools_agent
from hitl_tui.agents.tools import interrupt_on
from hitl_tui.errors import AgentsNotLoaded, InvalidGraph
from hitl_tui.graphs.loading import load_file
from tests.agents.node import Node
from tests.engine.workshop import graph, node, workshop
from tests.tools.office import Office, call

FILE = """
from hitl_tui.agents import ToolPolicy, interrupt_on, tool

@tool
def pay(to: str, amount: float) -> str:
    return f"paid {amount} to {to}"

@tool("look_up")
async def look(name: str) -> str:
    return name

again = pay
policy = interrupt_on({"pay": True})
"""


class Recorded:
    """In place of the runner: every effect begins anew, and is recorded nowhere."""

    def numbered(self, key: str) -> str:
        return key

    def once(self, key: str, fn: Any, **_: Any) -> Any:
        return fn()

    async def aonce(self, key: str, fn: Any, **_: Any) -> Any:
        return await fn()


def tools_node(office: Office, inputs: dict[str, Any] | None = None, **context: Any) -> Node:
    agent = tools_agent(office.tools, [interrupt_on({"send_email": True})], "agents.py")()
    agent.effects = Recorded()  # type: ignore[assignment]
    return Node(agent, inputs, context=context, state={"customer": {"mail": "c@example.org"}, "hours": 1.5})


def test_one_call_with_arguments_from_the_state_keeps_types() -> None:
    office = Office()
    who = {"name": "{customer.mail}"}
    node = tools_node(office, tool="plan", args={"who": who, "urgency": "low", "hours": "{hours}", "count": 2})
    assert node.run() == {"name": "c@example.org", "mail": None}
    assert office.calls[0][3] == 1.5


def test_the_inputs_are_the_arguments_where_no_others_are_given() -> None:
    office = Office()
    node = tools_node(office, {"to": "a@b", "subject": "{customer}"}, tool="send_email")
    assert node.question().context["args"] == {"to": "a@b", "subject": "{customer}", "body": ""}
    assert node.run(("approve", None)) == "sent to a@b"


def test_a_rejection_takes_the_failure_edge_with_its_reason() -> None:
    node = tools_node(Office(), {"to": "a@b", "subject": "x"}, tool="send_email")
    assert node.run(("reject", {"reason": "no"})) == Failure("no", None, "rejected")


def test_a_placeholder_is_never_done_anything_with() -> None:
    office = Office()
    with pytest.raises(InvalidGraph, match="'nobody.mail' in 'to {nobody.mail}' has no value"):
        tools_node(office, tool="read_file", args={"path": "to {nobody.mail}"}).run()
    assert office.calls == []


@pytest.mark.parametrize("name", ["tool_calls", "calls"])
def test_the_calls_of_a_turn_come_from_the_state(name: str) -> None:
    """Their texts are what a model said, and nobody's template."""
    calls = [{"id": "c1", **call("read_file", path="{hours}")}, call("delete_file", path="b")]
    output = tools_node(Office(), {name: calls}).run()
    assert [(each["id"], each["status"], each["content"]) for each in output] == [
        ("c1", "done", "content of {hours}"),
        (None, "done", "File deleted"),
    ]
    assert tools_node(Office(), {name: []}).run() == []


def test_what_came_to_no_result_takes_the_failure_edge_with_all_results() -> None:
    """The others ran all the same."""
    calls = [call("send_email", to="a@b", subject="x"), call("read_file", path="y")]
    output = tools_node(Office(), {"calls": calls}).run(("reject", None))
    assert (output.kind, [each["status"] for each in output.output]) == ("rejected", ["rejected", "done"])
    output = tools_node(Office(), {"calls": [call("nope"), *calls[1:]]}).run()
    assert (output.kind, [each["status"] for each in output.output]) == ("failed", ["failed", "done"])
    output = tools_node(Office(), {"calls": [calls[0], call("nope")]}).run(("reject", {"reason": "no"}))
    assert (output.kind, [each["status"] for each in output.output]) == ("failed", ["rejected", "failed"])
    assert output.message.startswith("nope did not run: there is no such tool")


def test_the_node_may_have_a_policy_of_its_own() -> None:
    node = tools_node(Office(), {"to": "a@b", "subject": "x"}, tool="send_email", interrupt_on={"send_email": False})
    assert node.run() == "sent to a@b"
    node.agent.context["interrupt_on"] = {"send_email": {"when": "args.to == 'a@b'", "description": "Sure?"}}
    assert node.question().prompt == "Sure?"


def test_a_node_without_a_call_says_so() -> None:
    with pytest.raises(InvalidGraph, match="names no tool to call"):
        tools_node(Office()).run()


@pytest.mark.parametrize("calls", [[{"args": {}}], "read_file", '[{"name": "read_file"}]'])
def test_calls_that_are_none_are_shown_with_the_remedy(calls: object) -> None:
    with pytest.raises(InvalidGraph, match="has tool_calls that are no calls: (list|str)") as caught:
        tools_node(Office(), calls=calls).run()
    assert "tool_calls:=JSON" in caught.value.hint


async def test_the_remedy_stands_in_the_error_of_the_thread(tmp_path: Path) -> None:
    async with workshop(tmp_path, tools=tools_agent([], [], "agents.py")) as shop:
        await shop.start(graph(node("send", "tools")))
        error = (await shop.run()).error
    assert error is not None and "names no tool to call; give it context.tool" in error.message


def test_an_agents_file_with_tools_defines_the_type(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(FILE)
    registry = load_reference(str(tmp_path / "own.py"))
    assert registry.names == ("tools", "llm")
    node = Node(registry.create("tools"), {"to": "x", "amount": 2}, context={"tool": "pay"})
    assert node.question().context["args"] == {"to": "x", "amount": 2}


def test_a_policy_that_was_forgotten_lets_nothing_run(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(FILE.replace('interrupt_on({"pay": True})', "None") + "class Mine(ToolPolicy): ...\n")
    create = load_reference(str(file)).create
    node = Node(create("tools"), {"to": "x", "amount": 2}, context={"tool": "pay"})
    with pytest.raises(InvalidGraph, match="the class Mine, and no policy of it"):
        node.run()
    node.agent.context["interrupt_on"] = {"pay": True}
    assert node.question().context["tool"] == "pay"


def test_a_misspelled_name_in_a_policy_lets_nothing_run(tmp_path: Path) -> None:
    file = tmp_path / "own.py"
    file.write_text(FILE.replace('interrupt_on({"pay": True})', 'interrupt_on({"paay": True})'))
    with pytest.raises(AgentsNotLoaded, match=r"own\.py: interrupt_on: there is no tool 'paay'; did you mean 'pay'\?"):
        load_reference(str(file))
    # A policy may be for a function that an agent of the file calls, too.
    file.write_text(file.read_text() + "def paay(): ...\n")
    assert load_reference(str(file)).names
    inputs = {"to": "a@b", "subject": "x"}
    with pytest.raises(InvalidGraph, match="no tool 'no_such'"):
        tools_node(Office(), inputs, tool="send_email", interrupt_on={"no_such": True}).run()
    office = Office()
    agent = tools_node(office).agent
    with pytest.raises(ValueError, match="did you mean 'send_email'"):
        agent.call_tools(office.tools, [call("send_email", **inputs)], {"send_mail": True})
    assert office.calls == []


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ("other = interrupt_on({})", "has 2 policies for its tools"),
        ("@tool('pay')\ndef other(): ...", "two tools are called 'pay'"),
        ("@tool\ndef wide(*args): ...", "tool 'wide': 'args' cannot be given by name"),
        ("class C: ...\n@tool\ndef odd(c: C): ...", "JSON has no form for the type of 'c'"),
        ("bad = interrupt_on({'pay': {'allowed_decisions': ['yes']}})", "interrupt_on: pay: 'yes' is no decision"),
    ],
)
def test_what_is_wrong_with_tools_is_said_when_they_are_loaded(tmp_path: Path, more: str, words: str) -> None:
    (tmp_path / "own.py").write_text(FILE + more)
    with pytest.raises(AgentsNotLoaded, match="own.py") as caught:
        load_reference(str(tmp_path / "own.py"))
    assert words in caught.value.message


def test_a_policy_in_a_workflow_file_is_checked_when_it_is_loaded(tmp_path: Path) -> None:
    """row 111."""
    file = tmp_path / "w.yaml"
    file.write_text(
        "graph: W\nnodes:\n  act:\n    agent: tools\n    context:\n      tool: pay\n      interrupt_on:\n"
        "        pay: {allowed_decisions: [approve, edt], when: 'x = 1'}\n"
    )
    findings = [str(finding) for finding in load_file(file, known=("tools",)).findings]
    assert any("interrupt_on: pay: 'edt' is no decision" in each for each in findings), findings
    assert any("'=' does not compare" in each for each in findings)
    findings = [str(finding) for finding in load_file(file, known=("output",)).findings]
    assert any("it is there for an agents file with @tool functions" in each for each in findings)
