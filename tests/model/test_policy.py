"""Timeout policies as text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_tui.model.jsontext import iso
from hitl_tui.model.policy import consent_problem, next_reminder, parse, problem_of, refusal_of, reminder_problem


def test_forms() -> None:
    assert parse(None).action == "timeout"
    assert parse("reject").data == {"reason": "Approval timeout"}
    assert parse("default:choose:2").data == {"choice": 2}
    assert parse("escalate: the lead").who == "the lead"
    assert parse("extend:1h30m").seconds == 5400
    assert (parse(" extend ").kind, parse("extend").seconds) == ("extend", 0)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "timeout:x",
        "default",
        "default:edit",
        "default:choose",
        "default:choose:x",
        "escalate:",
        "extend:",
        "extend:soon",
    ],
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
    assert "write timeout, reject, escalate" in (problem_of(parse("default:approve"), actions, [], "high") or "")
    chooses = parse("default:choose:1"), ["choose"], ["approve", "no"]
    words = consent_problem(*chooses, "high") or ""
    assert "silence is never consent" in words and "write timeout, escalate:<who>, extend or extend:<time>" in words
    assert consent_problem(*chooses, "low") is None
    # A request that an older version let choose so is read again.
    assert problem_of(*chooses, "high") is None
    assert problem_of(parse("default:reject"), actions, [], "high") is None
    assert "not allowed here" in (problem_of(parse("reject"), ["choose"], [], None) or "")
    assert "no option 3" in (problem_of(parse("default:choose:3"), ["choose"], ["a", "b"], None) or "")


@given(st.text())
def test_any_text_is_parsed_or_refused(text: str) -> None:
    try:
        parse(text)
    except ValueError as error:
        assert "write" in str(error)  # noqa: PT017 - that it is raised is not the point


def test_reminders_lie_between_the_question_and_its_end() -> None:
    assert reminder_problem([], None) is None
    assert reminder_problem([600, 60], 3600) is None
    assert "set a timeout" in (reminder_problem([600], None) or "")
    assert "1h before the end" in (reminder_problem([3600, 60], 3600) or "")


@given(st.lists(st.integers(1, 1000)), st.integers(-1100, 100))
def test_the_next_reminder_is_the_first_to_come(remind: list[int], offset: int) -> None:
    due = datetime(2026, 1, 1, tzinfo=UTC)
    now = due + timedelta(seconds=offset)
    to_come = [due - timedelta(seconds=seconds) for seconds in remind if due - timedelta(seconds=seconds) > now]
    expected = iso(min(to_come)) if to_come else None
    assert next_reminder(remind, iso(due), iso(now)) == expected
    assert next_reminder(remind, None, iso(now)) is None


def test_silence_answers_nothing_that_a_person_could_not() -> None:
    """row 70: where the schema demands data, a default without any is refused; a rejection never has to fit it"""
    demands = {"type": "object", "required": ["amount"]}
    problem = refusal_of(parse("default:approve"), demands) or ""
    assert "default:approve gives the answer {}" in problem and "amount" in problem
    assert refusal_of(parse("reject"), demands) is None and refusal_of(parse("extend:1h"), demands) is None
    assert refusal_of(parse("default:choose:1"), {"multiple": True}) is None
    assert "no JSON Schema" in (refusal_of(parse("default:approve"), {"type": 5}) or "")
    assert "cannot be given a thread" in (refusal_of(parse("escalate:system"), None) or "")
    assert "cannot be given a thread" in (refusal_of(parse("escalate:me"), None) or "")
    assert "cannot be given a thread" in (refusal_of(parse("escalate:" + 101 * "a"), None) or "")
    assert refusal_of(parse("escalate:lead"), None) is None
