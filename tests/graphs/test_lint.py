"""Remarks of `hitl check` about what reviewers will see: vague prompts, risk classes, several choices, batches."""

from __future__ import annotations

from pathlib import Path

import pytest

from hitl_tui.graphs.clear_prompts import vagueness_of
from hitl_tui.model import risk
from tests.graphs.files import HEADER, load

GOOD = (
    "Please review the deployment plan for the payment service v2.1.0 to production. "
    "Check the rollback strategy and database migration scripts."
)
BAD = "Please review this."


def one_node(text: str) -> str:
    return f"graph: g\nnodes:\n  a:\n    agent: approval_interaction\n    {text}\n"


def test_row_95_vague_prompts_are_flagged_and_clear_ones_pass(tmp_path: Path) -> None:
    """row 95: the document's own examples; a warning, so that the graph runs all the same"""
    assert load(tmp_path, "good.yaml", one_node(f'prompt: "{GOOD}"')).findings == []
    bad = load(tmp_path, "bad.yaml", one_node(f'prompt: "{BAD}"'))
    (finding,) = bad.findings
    assert (finding.severity, finding.line, finding.node) == ("warning", 5, "a")
    assert BAD in finding.message
    assert "name both" in finding.message
    assert "g" in bad.graphs
    csv = load(tmp_path, "bad.csv", f"{HEADER}g,a,approval_interaction,,,{BAD},,,\n")
    assert [finding.severity for finding in csv.findings] == ["warning"]


@pytest.mark.parametrize(
    "prompt",
    ["Please review this.", "Approve?", "PLEASE CONFIRM!", "Check the following item and approve it.", "Your input?"],
)
def test_vague(prompt: str) -> None:
    """row 95"""
    assert vagueness_of(prompt)


@pytest.mark.parametrize(
    "prompt",
    [
        "",
        "Please review {plan}.",
        "Approve the refund of 120 EUR?",
        "Go ahead?",
        "Bitte prüfen.",
        "Choose implementation approach",
        "Review v2",
        "?",
    ],
)
def test_clear(prompt: str) -> None:
    """row 95: whatever names a thing, or is filled with one, passes"""
    assert vagueness_of(prompt) is None


def test_a_node_that_asks_nobody_may_say_what_it_likes(tmp_path: Path) -> None:
    text = f"graph: g\nnodes:\n  a: {{agent: output, prompt: {BAD}}}\n"
    assert load(tmp_path, "f.yaml", text).findings == []


@pytest.mark.parametrize("written", [*risk.CLASSES, "External_Communication", "PRODUCTION-DEPLOYMENT", "high"])
def test_row_101_risk_classes(tmp_path: Path, written: str) -> None:
    """row 101: attached in graph files, in one spelling"""
    loaded = load(tmp_path, "f.yaml", one_node(f"risk: {written}"))
    assert loaded.findings == []
    assert loaded.graphs["g"].nodes["a"].context["risk"] in (*risk.CLASSES, "high")


def test_risk_slips(tmp_path: Path) -> None:
    """A class that is misspelt would quietly lower the gate."""
    (finding,) = load(tmp_path, "f.yaml", one_node("risk: finnancial")).findings
    assert finding.severity == "warning"
    assert "did you mean 'financial'" in finding.message


@pytest.mark.parametrize("where", ["multiple: yes", "context: {multiple: true}", "schema: {multiple: true}"])
def test_several_choices(tmp_path: Path, where: str) -> None:
    """row 20: the output is a list, so a route for a value is never taken"""
    text = f"graph: g\nnodes:\n  a:\n    agent: choice_interaction\n    options: [x, y]\n    {where}\n"
    loaded = load(tmp_path, "f.yaml", text)
    assert loaded.findings == []
    routed = load(tmp_path, "r.yaml", text + "    routes: [{value: x, to: end}]\n")
    assert [finding.severity for finding in routed.findings if "when: 'x' in output" in finding.message] == ["error"]
    conditional = load(tmp_path, "c.yaml", text + "    routes: [{when: \"'x' in output\", to: end}]\n")
    assert conditional.errors == []


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("multiple: true", "multiple is for a choice"),
        ("multiple: maybe", "multiple must be true or false"),
        ("schema: {batch: true}", "a batch needs its items"),
    ],
)
def test_settings_that_do_not_fit(tmp_path: Path, text: str, part: str) -> None:
    (error,) = load(tmp_path, "f.yaml", one_node(text)).errors
    assert part in error.message


def test_a_batch(tmp_path: Path) -> None:
    """row 93"""
    for items in ("inputs: items", "inputs: {items: invoices}", "context: {items: [{a: 1}]}"):
        text = one_node(f"schema: {{batch: true}}\n    {items}")
        assert load(tmp_path, "f.yaml", text).findings == [], items
