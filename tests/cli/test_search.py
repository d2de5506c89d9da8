"""`hitl list --search`: the same output for fewer items, also together with the other options; no text is an error."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Hitl

GATE = """
graph: Gate
nodes:
  ask: {agent: approval_interaction, prompt: "Pay {payee}?", inputs: [payee], next: done, on_failure: done}
  done: {agent: output, prompt: "done"}
"""


@pytest.fixture
def asked(hitl: Hitl) -> Hitl:
    hitl.file("gate.yaml", GATE)
    for name, payee in (("order-12/a", "Müller"), ("-x", "Bob"), ("t3", "Bobby Tables")):
        assert hitl.quick("run", "gate.yaml", "--thread-id", name, "--input", f"payee={payee}").code == 0
    return hitl


def found(hitl: Hitl, *words: str) -> list[str]:
    answer = hitl.quick("--json", "list", *words)
    assert answer.code == 0, answer
    assert set(answer.json) == {"items", "total", "next"}
    assert answer.json["total"] >= len(answer.json["items"])
    return [item["thread_id"] for item in answer.json["items"]]


def test_it_finds_what_was_paused_a_moment_ago(asked: Hitl) -> None:
    assert found(asked, "--search", "bob") == ["-x", "t3"]
    assert found(asked, "--search", "MULLER pay") == ["order-12/a"]
    assert found(asked, "--search", "order-12/a") == ["order-12/a"]
    assert found(asked, "--search", '"bob"') == ["-x"]
    assert found(asked, "--search", "bob", "--graph", "Gate", "--type", "approval", "--limit", "1") == ["-x"]
    assert found(asked, "--search", "bob", "--type", "edit") == []
    assert found(asked, "--search", "") == found(asked)
    assert asked.quick("resume", "t3", "approve").code == 0
    assert found(asked, "--search", "bob", "--status", "completed") == ["t3"]


@pytest.mark.parametrize("text", ["bob OR muller", 'NEAR("bob', "bob*)", "words:bob", "\u202e", "-bob -", "' -- ;"])
def test_operators_are_text(asked: Hitl, text: str) -> None:
    answer = asked.quick("--json", "list", "--search", text)
    assert answer.code in (0, 2)
    assert answer.code == 0 or "nothing to search for" in answer.error["message"]


def test_what_is_left_out_is_said_on_stderr(asked: Hitl) -> None:
    answer = asked.quick("list", "--search", "bob x")
    assert "t3" in answer.out
    assert "“x”: give two letters or more" in answer.err
    refused = asked.quick("list", "--search", "x")
    assert refused.code == 2
    assert "there is nothing to search for in 'x'" in refused.err


def test_the_next_page_searches_too(asked: Hitl, tmp_path: Path) -> None:
    shown = asked.quick("list", "--search", "bob", "--limit", "1").out
    (hint,) = [line for line in shown.splitlines() if line.startswith("go on")]
    assert asked.typed(hint.removeprefix("go on").strip()).out.splitlines()[1].startswith("t3 ")
    assert "nothing" in asked.quick("list", "--search", "nobody").out
