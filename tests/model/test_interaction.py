"""Requests and responses (rows 1 to 3)."""

from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid4

import pytest
from pydantic import ValidationError

from hitl_tui.model.durations import LONGEST_SECONDS
from hitl_tui.model.interaction import HumanInteractionRequest, HumanInteractionResponse
from hitl_tui.model.jsontext import from_json, to_json
from hitl_tui.model.kinds import InteractionType


def request(**changes: object) -> HumanInteractionRequest:
    fields: dict[str, object] = {
        "thread_id": "thread_12345",
        "node_name": "approval_gate",
        "interaction_type": InteractionType.APPROVAL,
        "prompt": "Please review and approve this budget proposal.",
    }
    return HumanInteractionRequest(**{**fields, **changes})  # type: ignore[arg-type]


def test_exactly_five_interaction_types() -> None:
    """row 1"""
    assert {kind.value for kind in InteractionType} == {"approval", "edit", "choice", "text_input", "conversation"}


@pytest.mark.parametrize("kind", ["approve", "", "textinput", None, 3])
def test_unknown_type_is_refused(kind: object) -> None:
    """row 1: never silently turned into a text input"""
    with pytest.raises(ValidationError):
        request(interaction_type=kind)


def test_defaults_with_the_documents_arguments() -> None:
    """row 2"""
    made = request(context={"proposal_amount": 50000, "department": "Engineering", "quarter": "Q1 2024"})
    assert made.options == []
    assert made.timeout_seconds is None
    assert isinstance(made.id, UUID)
    assert made.created_at.tzinfo is not None


def test_ids_are_unique() -> None:
    """row 2"""
    assert len({request().id for _ in range(10_000)}) == 10_000


FORKING = r"""
import os
from hitl_tui.model.interaction import new_id
new_id()
child = os.fork()
os.write(1, f"{new_id()}\n".encode())
if child:
    os.waitpid(child, 0)
"""


def test_ids_of_forked_processes_differ() -> None:
    """row 2: also where a program forks after it has made one"""
    made = subprocess.run([sys.executable, "-c", FORKING], check=True, capture_output=True, text=True).stdout.split()
    assert len(set(made)) == 2


@pytest.mark.parametrize(
    "changes",
    [
        {"surprise": 1},
        {"context": "text"},
        {"options": ["one", 2]},
        {"timeout_seconds": "60"},
        {"timeout_seconds": 0},
        {"timeout_seconds": 1.5},
        {"timeout_seconds": LONGEST_SECONDS + 1},
        {"timeout_seconds": 10**30},
        {"prompt": None},
        {"allowed": ["choose"]},
    ],
)
def test_strict(changes: dict[str, object]) -> None:
    """row 2"""
    with pytest.raises(ValidationError):
        request(**changes)


def test_response_round_trip() -> None:
    """row 3"""
    response = HumanInteractionResponse(
        request_id=uuid4(), action="reject", data={"reason": "no"}, timestamp=datetime(2026, 1, 2, tzinfo=UTC)
    )
    assert HumanInteractionResponse.model_validate_json(response.model_dump_json()) == response


@pytest.mark.parametrize("hour", ["2026-01-02T03:00:00", "2026-01-02T16:00:00+13:00"])
def test_a_time_without_a_zone_is_in_utc(hour: str) -> None:
    """row 67: as documents have it"""
    assert request(created_at=hour).created_at == datetime(2026, 1, 2, 3, tzinfo=UTC)
    response = HumanInteractionResponse(request_id=uuid4(), action="approve", timestamp=hour)  # type: ignore[arg-type]
    assert response.timestamp == datetime(2026, 1, 2, 3, tzinfo=UTC)


def test_digest_covers_what_is_shown_and_nothing_else() -> None:
    base = request(id=UUID(int=1))
    assert request(id=UUID(int=2), timeout_seconds=5).digest() == base.digest()
    for change in (
        {"prompt": "x"},
        {"context": {"a": 1}},
        {"risk": "high"},
        {"allowed": ["approve"]},
        {"node_name": "b"},
    ):
        assert request(**change).digest() != base.digest()


ALIKE = [
    "a",
    1,
    True,
    1.0,
    0.0,
    -0.0,
    None,
    [],
    [1],
    [True],
    {},
    {"a": 1, "b": 2},
    {"b": 2, "a": 1},
    {"a": 1, "b": 2.0},
    datetime(2026, 1, 2, 3, tzinfo=UTC),
    datetime(2026, 1, 2, 5, tzinfo=timezone(timedelta(hours=2))),
]


@pytest.mark.parametrize("one", ALIKE)
def test_what_is_taken_for_the_same_without_its_digest_has_the_same_digest(one: object) -> None:
    asked = request(context={"shown": one})
    again = request(context=from_json(to_json(asked.context)))
    assert again.is_like(asked)
    for other in ALIKE:
        question = request(context={"shown": other})
        assert not question.is_like(asked) or question.digest() == asked.digest()


def test_what_is_nested_as_deeply_as_can_be_stored_is_compared() -> None:
    deep: dict[str, object] = {}
    for _ in range(450):
        deep = {"a": deep}
    again = request(context=from_json(to_json(deep)))
    assert again.is_like(request(context=deep))


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"remind": "10m"}, "no timeout"),
        ({"remind": "10m", "timeout_seconds": 600}, "10m before the end"),
        ({"remind": "soon", "timeout_seconds": 600}, "not a length of time"),
        ({"remind": [60, 0], "timeout_seconds": 600}, "shorter than a second"),
    ],
)
def test_reminders_that_make_no_sense(changes: dict[str, object], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        request(**changes)
