"""The shipped workflows load without a single finding (rows 34-36, 41, 44)."""

from __future__ import annotations

from pathlib import Path

import pytest

from hitl_tui.graphs.loading import load_file, load_graph
from hitl_tui.graphs.templates import fill
from hitl_tui.model.kinds import InteractionType
from tests.graphs.files import BUILTINS, SAMPLES

CSV_AGENTS = (
    "validation_agent",
    "processing_agent",
    "content_generator",
    "analysis_agent",
    "implementation_agent",
    "refinement_agent",
    "conversation_agent",
    "summary_agent",
)
YAML_AGENTS = (
    *("plan_deployment", "deploy", "draft_alert", "broadcast_alert", "collect_changes", "publish_notes"),
    *("risk_check", "review_in_batches"),
)
KNOWN = (*BUILTINS, *CSV_AGENTS, *YAML_AGENTS)
FLOWS = {
    "approval_flow.csv": ("ApprovalFlow", ["start", "validate", "approve_gate", "process", "reject", "end"], 9),
    "content_flow.csv": ("ContentFlow", ["start", "generate", "review", "finalize"], 8),
    "decision_flow.csv": ("DecisionFlow", ["start", "analyze", "choose_approach", "implement", "end"], 8),
    "requirements_flow.csv": (
        "RequirementsFlow",
        ["start", "initial_analysis", "gather_requirements", "refine", "end"],
        8,
    ),
    "consultation_flow.csv": (
        "ConsultationFlow",
        ["start", "initial_consultation", "continue_conversation", "next_question", "summary", "end"],
        9,
    ),
}


@pytest.mark.parametrize("file", FLOWS)
def test_the_five_patterns_load_as_they_are_row_34(file: str) -> None:
    """row 34"""
    name, nodes, columns = FLOWS[file]
    loaded = load_file(SAMPLES / file, known=KNOWN)
    assert loaded.findings == []
    graph = loaded.graphs[name]
    assert list(graph.nodes) == nodes
    assert graph.start == "start"
    assert graph.nodes["start"].agent == "input"
    assert (SAMPLES / file).read_text().split("\n")[0].count(",") == columns - 1
    asking = [node for node in graph.nodes.values() if node.agent.endswith("_interaction")]
    assert asking
    for node in asking:
        assert node.context["interaction_type"] == node.agent.removesuffix("_interaction")
        assert InteractionType(node.context["interaction_type"])


def test_edges_and_options_of_the_patterns_row_37_row_38_row_41_row_43() -> None:
    """row 37, row 38, row 41, row 43"""
    approval = load_graph(SAMPLES / "approval_flow.csv", None, KNOWN)
    assert approval.nodes["validate"].on_failure == ("reject",)
    assert approval.nodes["approve_gate"].on_success == ("process",)
    assert approval.nodes["approve_gate"].on_failure == ("end",)
    assert approval.nodes["approve_gate"].line == 4
    assert approval.input_keys == ("user_request",)
    decision = load_graph(SAMPLES / "decision_flow.csv", None, KNOWN)
    assert decision.nodes["choose_approach"].context["options"] == [
        "Approach A: Fast implementation",
        "Approach B: Robust solution",
        "Approach C: Hybrid approach",
    ]
    consultation = load_graph(SAMPLES / "consultation_flow.csv", None, KNOWN)
    assert consultation.nodes["continue_conversation"].on_success == ("next_question",)
    assert consultation.nodes["next_question"].on_success == ("continue_conversation",)
    assert consultation.nodes["next_question"].on_failure == ("summary",)


def test_prompts_are_filled_from_the_whole_state_row_36() -> None:
    """row 36"""
    graph = load_graph(SAMPLES / "decision_flow.csv", None, KNOWN)
    state = {"problem_description": "slow start", "problem_data": "slow start"}
    assert fill(graph.nodes["analyze"].prompt, {"problem_data": "slow start"}, state) == "Analyze problem: slow start"


@pytest.mark.parametrize(
    ("file", "name", "people"),
    [
        ("deployment.yaml", "Deployment", ["choose_environment", "approve_production"]),
        ("incident_message.yaml", "IncidentMessage", ["edit_alert"]),
        ("release_notes.yaml", "ReleaseNotes", ["edit_notes", "approve_notes", "revise_notes"]),
        ("risk_check.yaml", "RiskCheck", []),
        ("batch_review.yaml", "BatchReview", []),
    ],
)
def test_the_yaml_samples_load(file: str, name: str, people: list[str]) -> None:
    loaded = load_file(SAMPLES / file, known=KNOWN)
    assert loaded.errors == []
    assert loaded.agents == str((SAMPLES / "agents.py").resolve())
    graph = loaded.graphs[name]
    assert graph.description and graph.input_keys
    assert [node.name for node in graph.nodes.values() if node.agent.endswith("_interaction")] == people


def test_deployment_gates_production_only() -> None:
    graph = load_graph(SAMPLES / "deployment.yaml", None, KNOWN)
    choose = graph.nodes["choose_environment"]
    assert [(route.value, route.to) for route in choose.routes] == [
        ("Production (us-east-1)", ("approve_production",)),
        ("Cancel deployment", ("cancelled",)),
    ]
    assert choose.on_success == ("deploy",)
    assert choose.context["timeout_seconds"] == 1800
    assert graph.nodes["approve_production"].context["risk"] == "high"


def test_an_unknown_agent_type_is_named_at_load_row_35(tmp_path: Path) -> None:
    """row 35"""
    known = [name for name in KNOWN if name != "validation_agent"]
    findings = load_file(SAMPLES / "approval_flow.csv", known=[*known, "validate_agent"]).findings
    place = f"{SAMPLES / 'approval_flow.csv'}:3: error: ApprovalFlow: validate"
    message = "unknown agent type 'validation_agent'; did you mean 'validate_agent'?"
    assert [str(finding) for finding in findings] == [f"{place}: {message}"]
