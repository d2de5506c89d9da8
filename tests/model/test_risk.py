"""The five risk classes (row 101)."""

from __future__ import annotations

import pytest

from hitl_tui.errors import InvalidData
from hitl_tui.model import policy, risk
from hitl_tui.model.answer import check_answer
from hitl_tui.model.interaction import HumanInteractionRequest
from hitl_tui.model.kinds import InteractionType


def request(word: str | None) -> HumanInteractionRequest:
    return HumanInteractionRequest(
        thread_id="t", node_name="n", interaction_type=InteractionType.APPROVAL, prompt="?", risk=word
    )


def test_the_five_classes_of_the_document() -> None:
    """row 101"""
    assert risk.CLASSES == (
        "destructive",
        "external communication",
        "financial",
        "sensitive data",
        "production deployment",
    )


@pytest.mark.parametrize("written", ["external communication", "External_Communication", " EXTERNAL-communication "])
def test_one_spelling(written: str) -> None:
    """row 101: attached to a request, so that a filter by class finds it"""
    assert request(written).risk == "external communication"
    assert risk.in_words("external communication") == "external communication"


def test_other_words_stay() -> None:
    for word in ("high", "Low", "very high", None):
        assert request(word).risk == word
    assert risk.in_words("high") == "high risk"


@pytest.mark.parametrize("word", ["high", "High", " HIGH ", *risk.CLASSES])
def test_each_counts_as_high(word: str) -> None:
    """D-1: a rejection needs a reason; and silence is never consent"""
    with pytest.raises(InvalidData, match="requires a reason"):
        check_answer(request(word), "reject", None)
    chosen = policy.parse("default:approve")
    assert policy.problem_of(chosen, ("approve", "reject"), (), word) is not None
    assert policy.problem_of(chosen, ("approve", "reject"), (), "medium") is None
