"""Which answers fit (rows 14, 16, 17, 21 to 24, 26 to 28, 30, 32, 58)."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_tui.errors import ActionNotAllowed, InvalidData, NotSerialisable
from hitl_tui.model.answer import LARGEST, check_answer, check_size, ends_conversation, output_of
from hitl_tui.model.interaction import HumanInteractionRequest
from hitl_tui.model.kinds import ACTIONS, InteractionType

OPTIONS = ["Production (us-east-1)", "Staging (us-west-2)", "Development (local)", "Cancel deployment"]
GOOD: dict[str, dict[str, Any]] = {
    "approve": {},
    "reject": {},
    "edit": {"edited": "new"},
    "choose": {"choice": 1},
    "respond": {"text": "words", "message": "words"},
}


def request(kind: str, **changes: Any) -> HumanInteractionRequest:
    options = OPTIONS if kind == "choice" else []
    return HumanInteractionRequest(
        thread_id="t", node_name="n", interaction_type=InteractionType(kind), prompt="?", options=options, **changes
    )


def answer(kind: str, action: str, data: dict[str, Any] | None = None, **changes: Any) -> Any:
    asked = request(kind, **changes)
    return output_of(asked, action, check_answer(asked, action, data))


@pytest.mark.parametrize("kind", list(InteractionType))
@pytest.mark.parametrize("action", ["approve", "reject", "edit", "choose", "respond"])
def test_action_must_fit_the_type(kind: InteractionType, action: str) -> None:
    """row 58: the 5 by 5 matrix (D-4)"""
    asked = request(kind.value)
    if action in ACTIONS[kind]:
        check_answer(asked, action, GOOD[action])
    else:
        with pytest.raises(ActionNotAllowed) as caught:
            check_answer(asked, action, GOOD[action])
        assert caught.value.details["allowed"] == list(ACTIONS[kind])
        assert ", ".join(ACTIONS[kind]) in str(caught.value)


def test_allowed_decisions_narrow_the_actions() -> None:
    with pytest.raises(ActionNotAllowed, match="allowed: approve"):
        check_answer(request("approval", allowed=["approve"]), "reject", None)


def test_reject_reason() -> None:
    """row 14: optional by default, demanded by `require_reason` and by high risk (D-1)"""
    assert check_answer(request("approval"), "reject", None) == {"reason": ""}
    for change in ({"require_reason": True}, {"risk": "high"}):
        with pytest.raises(InvalidData, match="requires a reason"):
            check_answer(request("approval", **change), "reject", {"reason": "  "})
        assert check_answer(request("approval", **change), "approve", None) == {}
        assert check_answer(request("approval", **change), "reject", {"reason": "no"}) == {"reason": "no"}


def test_edit() -> None:
    """row 16, row 17"""
    data = {"edited": "new", "changes": ["Added urgency indicator", "Clarified technical details"]}
    assert check_answer(request("edit"), "edit", data) == data
    assert answer("edit", "edit", data) == "new"
    for bad in (None, {}, {"changes": []}, {"edited_content": "x"}):
        with pytest.raises(ValueError, match=r"(?m)^Edit interaction requires 'edited' content in response data$"):
            check_answer(request("edit"), "edit", bad)


@pytest.mark.parametrize(
    ("choice", "text"), [(1, OPTIONS[0]), (2, OPTIONS[1]), (4, OPTIONS[3]), (OPTIONS[2], OPTIONS[2])]
)
def test_choice_is_one_based(choice: object, text: str) -> None:
    """rows 21 and 22; an option's exact text is taken too (D-16)"""
    assert answer("choice", "choose", {"choice": choice, "justification": "why"}) == text


def test_an_accent_may_be_a_character_of_its_own() -> None:
    """What is typed on one machine and stored by another looks the same, and is."""
    for stored, typed in (("caf\u00e9", "cafe\u0301"), ("cafe\u0301", "caf\u00e9")):
        asked = request("choice").model_copy(update={"options": ["tea", stored]})
        assert output_of(asked, "choose", check_answer(asked, "choose", {"choice": typed})) == stored


@pytest.mark.parametrize("choice", [0, 5, -1, True, 1.5, "x", "1", [1], {}])
def test_choice_out_of_range(choice: object) -> None:
    """row 24"""
    with pytest.raises(InvalidData, match="choice"):
        check_answer(request("choice"), "choose", {"choice": choice})


@pytest.mark.parametrize("data", [None, {}, {"selection": 2}, {"choice": None}])
def test_choice_missing(data: dict[str, Any] | None) -> None:
    """row 23"""
    with pytest.raises(ValueError, match=r"(?m)^Choice interaction requires 'choice' in response data$"):
        check_answer(request("choice"), "choose", data)


def test_text_input() -> None:
    """rows 26 to 28"""
    assert answer("text_input", "respond", {"text": "words"}) == "words"
    assert answer("text_input", "respond", {"response": "words"}) == "words"
    structured = {"response": "more", "requirements": ["a", "b", "c", "d"], "priority": "high"}
    assert answer("text_input", "respond", structured) == structured
    for bad in (None, {}, {"priority": "high"}, {"text": None}):
        with pytest.raises(ValueError, match=r"(?m)^Text input interaction requires 'text' or 'response' in data$"):
            check_answer(request("text_input"), "respond", bad)
    with pytest.raises(InvalidData, match="text"):
        check_answer(request("text_input"), "respond", {"text": 5})


def test_conversation() -> None:
    """rows 30 and 32 (D-2)"""
    data = {"message": "I think so.", "follow_up_questions": ["What database?", "How?"]}
    assert check_answer(request("conversation"), "respond", data) == data
    assert answer("conversation", "respond", data) == "I think so."
    assert not ends_conversation(request("conversation"), data)
    assert ends_conversation(request("conversation"), {"end": True})
    assert answer("conversation", "respond", {"end": True}) == ""
    with pytest.raises(InvalidData, match="'message'"):
        check_answer(request("conversation"), "respond", {"end": False})


@pytest.mark.parametrize("text", ["", " ", "\n\t\u00a0"])
def test_an_answer_that_says_nothing_is_none(text: str) -> None:
    """As the inbox on the screen refuses it. An edit may well leave nothing."""
    for data in ({"text": text}, {"response": text}, {"text": text, "response": text}, {"text": text, "why": "x"}):
        with pytest.raises(InvalidData, match="the answer is empty"):
            check_answer(request("text_input"), "respond", data)
    with pytest.raises(InvalidData, match="the answer is empty"):
        check_answer(request("conversation"), "respond", {"message": text})
    assert answer("text_input", "respond", {"text": text, "response": "x"})
    assert answer("conversation", "respond", {"message": text, "end": True}) == text
    assert answer("edit", "edit", {"edited": text}) == text


def test_an_answer_has_a_largest_size() -> None:
    fixed = len('{"text":""}')
    check_size({"text": "x" * (LARGEST - fixed)})
    for data in ({"text": "x" * (LARGEST - fixed + 1)}, {"text": "é" * (LARGEST // 2)}, ["x" * LARGEST]):
        with pytest.raises(InvalidData, match=r"too large: 10,000,0\d\d bytes as JSON") as refused:
            check_size(data)
        assert refused.value.exit_code == 2
    check_size(None)
    with pytest.raises(NotSerialisable, match=r"data\.handle"):
        check_size({"handle": object()})


JSON = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text(max_size=5)
    | st.lists(st.text(max_size=2))
)


@given(
    st.sampled_from(list(InteractionType)),
    st.sampled_from(["approve", "reject", "edit", "choose", "respond", "", "x"]),
    st.none()
    | st.dictionaries(st.sampled_from(["edited", "choice", "text", "response", "message", "end", "reason"]), JSON),
)
def test_any_payload_is_taken_or_refused_in_words(
    kind: InteractionType, action: str, data: dict[str, Any] | None
) -> None:
    """row 6: never another exception, and a taken answer has an output"""
    asked = request(kind.value)
    with contextlib.suppress(ActionNotAllowed, InvalidData):
        output_of(asked, action, check_answer(asked, action, data))


FORM = {
    "type": "object",
    "properties": {"seats": {"type": "integer", "minimum": 1}, "room": {"enum": ["red", "blue"]}},
    "required": ["seats"],
    "additionalProperties": False,
}


def test_the_requests_own_schema() -> None:
    """Step 5 of the decision path: a form of its own instead of `text`; the field is named."""
    assert answer("text_input", "respond", {"seats": 2, "room": "red"}, response_schema=FORM) == {
        "seats": 2,
        "room": "red",
    }
    for data, words in (
        ({"seats": "2"}, "seats: '2' is not of type 'integer'"),
        ({"seats": 0}, "seats: 0 is less than"),
        ({}, "seats: required, and missing"),
        ({"seats": 1, "room": "green"}, "room: 'green' is not one of"),
        ({"seats": 1, "text": "x"}, "Additional properties"),
    ):
        with pytest.raises(InvalidData, match=words):
            answer("text_input", "respond", data, response_schema=FORM)
    assert answer("approval", "reject", None, response_schema=FORM) == "reject"


def test_a_schema_never_fetches() -> None:
    with pytest.raises(InvalidData, match="which is not part of it"):
        answer("text_input", "respond", {"seats": 1}, response_schema={"$ref": "http://127.0.0.1:9/schema.json"})


def test_a_form_with_one_answer_stays_a_form() -> None:
    """Types are kept, and the next answer may have more fields; a text with limits stays a text."""
    assert answer("text_input", "respond", {"seats": 42}, response_schema=FORM) == {"seats": 42}
    assert type(answer("text_input", "respond", {"seats": 42}, response_schema=FORM)["seats"]) is int
    limited = {"properties": {"text": {"maxLength": 5}}}
    assert answer("text_input", "respond", {"text": "short"}, response_schema=limited) == "short"
    typed = {"properties": {"text": {"type": "integer"}, "n": {"type": "null"}}}
    assert answer("text_input", "respond", {"text": 5, "n": None}, response_schema=typed) == {"text": 5, "n": None}


@pytest.mark.parametrize(
    ("data", "texts"),
    [
        ({"choices": [1, 3]}, [OPTIONS[0], OPTIONS[2]]),
        ({"choices": [OPTIONS[3], 1], "justification": "why"}, [OPTIONS[3], OPTIONS[0]]),
        ({"choice": 2}, [OPTIONS[1]]),
    ],
)
def test_several_choices(data: dict[str, Any], texts: list[str]) -> None:
    """row 20: a choice that takes several gives the list of their texts"""
    assert answer("choice", "choose", data, response_schema={"multiple": True}) == texts


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (None, "requires 'choices'"),
        ({}, "requires 'choices'"),
        ({"choices": []}, "at least one option"),
        ({"choices": 1}, "at least one option"),
        ({"choices": [1, 5]}, "5 is not one of the 4 options"),
        ({"choices": [1, OPTIONS[0]]}, "is chosen twice"),
        ({"choice": 1, "choices": [2]}, "either choice or choices"),
    ],
)
def test_several_choices_that_make_no_sense(data: dict[str, Any] | None, message: str) -> None:
    with pytest.raises(InvalidData, match=message):
        answer("choice", "choose", data, response_schema={"multiple": True})


def test_one_choice_stays_one() -> None:
    """row 23: only the request says that several are taken"""
    with pytest.raises(InvalidData, match=r"(?m)^Choice interaction requires 'choice' in response data$"):
        answer("choice", "choose", {"choices": [1]})
    limits = {"multiple": True, "properties": {"choices": {"maxItems": 2}}}
    with pytest.raises(InvalidData, match="choices: "):
        answer("choice", "choose", {"choices": [1, 2, 3]}, response_schema=limits)


CALL = {
    "tool": "send_email",
    "args": {"to": "ann", "copies": 2},
    "args_schema": {"type": "object", "required": ["to"], "properties": {"copies": {"type": "integer"}}},
}


def test_the_arguments_of_a_tool_call_can_be_edited() -> None:
    """rows 98 and 115: they fit the tool's schema, and keep their types"""
    asked = request("approval", context=CALL)
    assert asked.actions == ("approve", "edit", "reject")
    assert check_answer(asked, "edit", {"args": {"to": "bob", "copies": 3}}) == {"args": {"to": "bob", "copies": 3}}
    assert output_of(asked, "edit", {"args": {}}) == "approve"
    for data, message in (
        (None, "requires 'args'"),
        ({"args": [1]}, "requires 'args'"),
        ({"args": {"copies": 3}}, "args.to: required, and missing"),
        ({"args": {"to": "bob", "copies": "3"}}, "args.copies: '3' is not of type 'integer'"),
    ):
        with pytest.raises(InvalidData, match=message):
            check_answer(asked, "edit", data)
    narrow = request("approval", context=CALL, allowed=["approve", "reject"])
    with pytest.raises(ActionNotAllowed, match="allowed: approve, reject"):
        check_answer(narrow, "edit", {"args": {"to": "bob"}})


@pytest.mark.parametrize("action", ["approve", "reject", "respond"])
@pytest.mark.parametrize("name", ["args", "edited_action"])
def test_only_an_edit_has_arguments(action: str, name: str) -> None:
    """D-16: who approves a call with other arguments does not mean the call that was proposed"""
    asked = request("approval", context=CALL, allowed=["approve", "edit", "reject", "respond"])
    data = {name: {"to": "bob"}, "message": "words", "reason": "no"}
    with pytest.raises(InvalidData, match=f"{name}: '{action}' takes no arguments") as caught:
        check_answer(asked, action, data)
    assert "`edit` with" in caught.value.hint
    del data[name]
    check_answer(asked, action, data)
    check_answer(request("approval"), "approve", {name: "a name of the caller's own"})


@pytest.mark.parametrize("left_out", ["tool", "args", "args_schema"])
def test_only_whole_tool_calls_can_be_edited(left_out: str) -> None:
    """row 58: any other approval is approved or rejected"""
    context = {key: value for key, value in CALL.items() if key != left_out}
    assert request("approval", context=context).actions == ("approve", "reject")
    with pytest.raises(ValueError, match="edit does not fit"):
        request("approval", context=context, allowed=["edit"])
