"""Batch requests: what one is, and the decisions on its items (rows 88, 89, 92, 93)."""

from __future__ import annotations

from typing import Any

import pytest

from hitl_tui.errors import InvalidData
from hitl_tui.model import batch, policy
from hitl_tui.model.answer import check_answer, output_of
from hitl_tui.model.interaction import HumanInteractionRequest
from hitl_tui.model.kinds import InteractionType

ITEMS = [{"invoice": n} for n in range(3)]


def approval(**changes: Any) -> HumanInteractionRequest:
    given: dict[str, Any] = {"context": {"items": ITEMS}, "response_schema": {"batch": True}, **changes}
    return HumanInteractionRequest(
        thread_id="t", node_name="n", interaction_type=InteractionType.APPROVAL, prompt="Pay?", **given
    )


def choice(**context: Any) -> HumanInteractionRequest:
    return HumanInteractionRequest(
        thread_id="t 1",
        node_name="n",
        interaction_type=InteractionType.CHOICE,
        prompt="Please review batch 1 of 2:",
        options=list(batch.OPTIONS),
        context=context or {"batch_number": 1, "total_batches": 2, "batch_items": ITEMS, "items_count": 3},
    )


def words(data: dict[str, Any]) -> list[str]:
    assert [each["item"] for each in data["decisions"]] == [1, 2, 3]
    return [each["decision"] for each in data["decisions"]]


def test_what_a_batch_is() -> None:
    """row 89: an approval whose author says so, or a choice of exactly the four options; nothing else with items."""
    assert approval().items == ITEMS
    assert choice().items == choice(items=ITEMS).items == ITEMS
    assert approval(response_schema=None).items is None
    assert choice(batch_items=[]).items is None
    other = choice().model_copy(update={"options": list(reversed(batch.OPTIONS))})
    assert other.items is None
    with pytest.raises(ValueError, match="batch: the context needs `items`"):
        approval(context={"items": []})


@pytest.mark.parametrize(
    ("action", "data", "expected"),
    [
        ("approve", None, ["approve"] * 3),
        ("approve", {"except": [2]}, ["approve", "reject", "approve"]),
        ("approve", {"decisions": ["approve", "reject", "reject"]}, ["approve", "reject", "reject"]),
        ("approve", {"decisions": [{"decision": "reject", "reason": "x"}, "approve", "approve"]}, None),
        ("reject", {"reason": "no"}, ["reject"] * 3),
        ("reject", {"decisions": ["reject"] * 3}, ["reject"] * 3),
    ],
)
def test_every_item_gets_a_decision(action: str, data: dict[str, Any] | None, expected: list[str] | None) -> None:
    """row 93"""
    stored = check_answer(approval(), action, data)
    assert words(stored) == expected or stored["decisions"][0] == {"item": 1, "decision": "reject", "reason": "x"}
    assert "except" not in stored
    assert output_of(approval(), action, stored) == action
    # What is stored is taken again: nothing of it is lost.
    again = {key: value for key, value in stored.items() if key != "except"}
    assert check_answer(approval(), action, again) == stored


@pytest.mark.parametrize(
    ("number", "more", "expected"),
    [
        (batch.APPROVE_ALL, {}, ["approve"] * 3),
        (batch.APPROVE_ALL, {"except": [1, 3]}, ["reject", "approve", "reject"]),
        (batch.ONE_BY_ONE, {"decisions": ["reject", "reject", "reject"]}, ["reject"] * 3),
        (batch.REJECT_ALL, {}, ["reject"] * 3),
    ],
)
def test_the_options_of_a_batch(number: int, more: dict[str, Any], expected: list[str]) -> None:
    """row 92; the option's exact text does as well"""
    for chosen in (number, batch.OPTIONS[number - 1]):
        stored = check_answer(choice(), "choose", {"choice": chosen, **more})
        assert words(stored) == expected
        assert output_of(choice(), "choose", stored) == batch.OPTIONS[number - 1]


def test_pausing_decides_nothing() -> None:
    """row 92: the batch stays pending"""
    with pytest.raises(InvalidData, match="decides nothing: the batch stays pending") as refused:
        check_answer(choice(), "choose", {"choice": 4})
    assert "hitl snooze 't 1'" in refused.value.hint


@pytest.mark.parametrize(
    ("action", "data", "message"),
    [
        ("approve", {"except": [4]}, "from 1 to 3"),
        ("approve", {"except": [True]}, "from 1 to 3"),
        ("approve", {"except": 2}, "must be a list"),
        ("approve", {"except": [1, 2, 3]}, "nothing is left to approve"),
        ("approve", {"except": [1], "decisions": ["approve"] * 3}, "either except or decisions"),
        ("approve", {"decisions": ["approve"]}, "there are 3 items, and each needs a decision; 1 given"),
        ("approve", {"decisions": ["approve", "maybe", "approve"]}, r"decisions\.2: it must be approve or reject"),
        ("approve", {"decisions": [{"item": 2, "decision": "approve"}] * 3}, r"decisions\.1: it says that it is about"),
        ("approve", {"decisions": ["reject"] * 3}, "nothing is left to approve"),
        ("approve", {"decisions": [{"decision": "reject", "reason": 1}, "approve", "approve"]}, "must be a text"),
        ("reject", {"except": [1]}, "a rejection is of them all"),
        ("reject", {"decisions": ["approve", "reject", "reject"]}, "1 of the items are approved"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words(action: str, data: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidData, match=message):
        check_answer(approval(), action, data)


def test_one_by_one_needs_all_of_them() -> None:
    with pytest.raises(InvalidData, match="3 items to decide one by one"):
        check_answer(choice(), "choose", {"choice": 2})


def test_a_reason_for_each_rejected_item() -> None:
    """row 14 for a batch: its own reason, or that of the whole"""
    strict = approval(risk="high")
    check_answer(strict, "approve", None)
    check_answer(strict, "approve", {"except": [2], "reason": "too dear"})
    check_answer(strict, "approve", {"decisions": [{"decision": "reject", "reason": "x"}, "approve", "approve"]})
    for data in ({"except": [2]}, {"decisions": ["approve", "reject", "approve"]}, {"except": [2], "reason": " "}):
        with pytest.raises(InvalidData, match="and item 2 has none"):
            check_answer(strict, "approve", data)
    with pytest.raises(InvalidData, match="and item 1 has none"):
        check_answer(strict, "reject", None)


def test_policies() -> None:
    """Silence decides every item alike, or nothing."""
    assert [each["decision"] for each in batch.settled("choose", {"choice": 3}, 2)] == ["reject", "reject"]
    assert [each["decision"] for each in batch.settled("approve", {}, 1)] == ["approve"]
    for number in (batch.ONE_BY_ONE, batch.LATER):
        chosen = policy.parse(f"default:choose:{number}")
        assert "decides nothing by itself" in str(policy.problem_of(chosen, ("choose",), batch.OPTIONS, None))


def test_silence_approves_no_batch_of_a_high_risk() -> None:
    """Whether the batch is an approval or a choice."""
    approves, rejects = (policy.parse(f"default:choose:{number}") for number in (batch.APPROVE_ALL, batch.REJECT_ALL))
    assert "silence is never consent" in str(policy.problem_of(approves, ("choose",), batch.OPTIONS, "high"))
    assert policy.problem_of(approves, ("choose",), batch.OPTIONS, "low") is None
    assert policy.problem_of(rejects, ("choose",), batch.OPTIONS, "high") is None
    assert policy.consent_problem(rejects, ("choose",), batch.OPTIONS, "high") is None
