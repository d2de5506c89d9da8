"""Timeout policies as text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_tui.model.policy import parse, problem_of


def test_forms() -> None:
    assert parse(None).action == "timeout"
    assert parse("reject").data == {"reason": "Approval timeout"}
    assert parse("default:choose:2").data == {"choice": 2}
    assert parse("escalate: the lead").who == "the lead"
    assert parse("extend:1h30m").seconds == 5400


@pytest.mark.parametrize(
    "text",
    ["", "timeout:x", "default", "default:edit", "default:choose", "default:choose:x", "escalate:", "extend:soon"],
)
def test_refused_in_words(text: str) -> None:
    if not text:
        assert parse(text).kind == "timeout"
        return
    with pytest.raises(ValueError, match=r"policy|default|length of time"):
        parse(text)


def test_must_fit_the_request() -> None:
    actions = ["approve", "reject"]
    assert problem_of(parse("default:approve"), actions, [], "medium") is None
    assert "silence is never consent" in (problem_of(parse("default:approve"), actions, [], "high") or "")
    assert "not allowed here" in (problem_of(parse("reject"), ["choose"], [], None) or "")
    assert "no option 3" in (problem_of(parse("default:choose:3"), ["choose"], ["a", "b"], None) or "")


@given(st.text())
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        parse(text)
    except ValueError as error:
        assert "write" in str(error)  # noqa: PT017 - that it is raised is not the point
