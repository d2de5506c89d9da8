"""Rows 10 to 30: every resume command of spec 000, typed as it is printed there, with `hitl` for `agentmap`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.cli import spec_requests
from tests.cli.conftest import Hitl
from tests.cli.spec_requests import NODES, REQUESTS, THREAD


def answer(hitl: Hitl, database: Path, command: str) -> dict[str, Any]:
    hitl.use(database)
    result = hitl.typed(f"{command} --json")
    assert result.code == 0, result.out + result.err
    view = result.json
    assert isinstance(view, dict)
    assert view["status"] == "completed"
    return view


@pytest.mark.parametrize("graph", REQUESTS)
def test_the_sample_request_is_shown_whole(hitl: Hitl, asking: Mapping[str, Path], graph: str) -> None:
    """Rows 9, 10, 15, 20, 29: thread, node, type, prompt and every context key with its value."""
    hitl.use(asking[graph])
    wanted = REQUESTS[graph]
    context = {key: value for key, value in wanted["context"].items() if key != "options"}

    shown = hitl.quick("show", THREAD)
    assert shown.code == 0
    assert THREAD in shown.out and wanted["node"] in shown.out and wanted["prompt"] in shown.out
    for key, value in context.items():
        assert key in shown.out
        for part in value if isinstance(value, list) else [value]:
            assert str(part) in shown.out

    (pending,) = hitl.quick("show", THREAD, "--json").json["pending"]
    assert pending["node"] == wanted["node"]
    assert pending["type"] == wanted["agent"].removesuffix("_interaction")
    assert pending["prompt"] == wanted["prompt"]
    assert {key: pending["context"][key] for key in context} == context
    assert pending["options"] == wanted["context"].get("options", [])


def test_approve_needs_no_data(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    """Row 11: accepted without --data, the success path is taken."""
    view = answer(hitl, asking["Budget"], spec_requests.APPROVE)
    assert view["outcome"] == "ok"
    assert view["state"]["answer"] == "approve"
    assert view["state"]["accepted"] == "Accepted: approve"
    assert "refused" not in view["state"]


def test_reject_stores_the_reason_and_the_graph_reads_it(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    """Row 12: failure path, and `data.reason` equals the text."""
    view = answer(hitl, asking["Budget"], spec_requests.REJECT)
    assert view["state"]["responses"]["approval_gate"]["reason"] == "Budget exceeds allocated amount"
    assert view["state"]["refused"] == "Refused because: Budget exceeds allocated amount"
    assert "accepted" not in view["state"]


def test_reject_alone_gives_an_empty_reason(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    """Row 14."""
    view = answer(hitl, asking["Budget"], f"hitl resume {THREAD} reject")
    assert view["state"]["responses"]["approval_gate"]["reason"] == ""


def test_edit_over_several_lines(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    """row 16, row 19: typed as printed, with its line breaks.

    Both keys are stored, the order of `changes` is kept, the output is the edited text.
    """
    view = answer(hitl, asking["Alert"], spec_requests.EDIT)
    data = json.loads(spec_requests.EDIT.split("'")[1])
    assert view["state"]["answer"] == data["edited"]
    assert view["state"]["responses"]["content_editor"] == data
    assert data["changes"] == ["Added urgency indicator", "Clarified technical details"]


def test_choice_counts_from_one(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    """Row 21."""
    view = answer(hitl, asking["Deployment"], spec_requests.CHOOSE)
    assert view["state"]["answer"] == "Production (us-east-1)"


def test_choice_with_justification(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    """Row 22: the sample that proves the counting from one."""
    view = answer(hitl, asking["Deployment"], spec_requests.CHOOSE_AND_SAY_WHY)
    assert view["state"]["answer"] == "Staging (us-west-2)"
    justification = view["state"]["responses"]["deployment_selector"]["justification"]
    assert justification == "Staging first for additional testing due to payment system criticality"


def test_text_reaches_the_graph(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    """Row 26."""
    view = answer(hitl, asking["Requirements"], spec_requests.RESPOND)
    text = json.loads(spec_requests.RESPOND.split("'")[1])["text"]
    assert view["state"]["answer"] == text
    assert view["state"]["accepted"] == f"Accepted: {text}"


def test_structured_text_reaches_the_graph_whole(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    """Row 27: output and data contain all three keys."""
    view = answer(hitl, asking["Requirements"], spec_requests.RESPOND_STRUCTURED)
    data = json.loads(spec_requests.RESPOND_STRUCTURED.split("'")[1])
    assert set(data) == {"response", "requirements", "priority"}
    assert view["state"]["answer"] == data
    assert view["state"]["responses"]["requirements_gatherer"] == data


def test_conversation_stores_both_keys(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    """Row 30: data equality; the output is the message."""
    view = answer(hitl, asking["Architecture"], spec_requests.CONVERSE)
    data = json.loads(spec_requests.CONVERSE.split("'")[1])
    assert view["state"]["responses"]["technical_consultant"] == data
    assert view["state"]["answer"] == data["message"]


def test_the_samples_cover_the_five_types() -> None:
    """Row 1, on the command line."""
    assert len(NODES) == len({request["agent"] for request in REQUESTS.values()}) == 5
