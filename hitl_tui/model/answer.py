"""Does this answer fit this request? Pure checks, steps 4 and 5 of the decision path, and the node's output from it."""

from __future__ import annotations

import shlex
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from hitl_tui.errors import ActionNotAllowed, InvalidData
from hitl_tui.model import batch, data_schema
from hitl_tui.model.choices import composed
from hitl_tui.model.interaction import HumanInteractionRequest
from hitl_tui.model.jsontext import to_json
from hitl_tui.model.kinds import InteractionType
from hitl_tui.model.tool_call import DECISIONS, tool_call_of

_REQUIRED = {
    InteractionType.EDIT: "Edit interaction requires 'edited' content in response data",
    InteractionType.CHOICE: "Choice interaction requires 'choice' in response data",
    InteractionType.TEXT_INPUT: "Text input interaction requires 'text' or 'response' in data",
    InteractionType.CONVERSATION: "Conversation interaction requires 'message' in response data",
}
_KEYS = {
    InteractionType.EDIT: ("edited",),
    InteractionType.CHOICE: ("choice",),
    InteractionType.TEXT_INPUT: ("text", "response"),
    InteractionType.CONVERSATION: ("message",),
}
_SPOKEN = (InteractionType.TEXT_INPUT, InteractionType.CONVERSATION)
"""The types whose answer says something; an edit may well leave nothing."""
LARGEST = 10_000_000
"""Bytes of an answer's data as JSON. It goes into the database, the state and each later node's process."""
_HINTS = {
    InteractionType.EDIT: """--data '{"edited": "the new text"}'""",
    InteractionType.CHOICE: """--data '{"choice": 1}' (options are numbered from 1)""",
    InteractionType.TEXT_INPUT: """--data '{"text": "your answer"}'""",
    InteractionType.CONVERSATION: """--data '{"message": "your words"}', or '{"end": true}' to end the conversation""",
}
_OTHER_ARGUMENTS = ("args", "edited_action")
"""How an answer names the arguments of an edited call, here and in LangChain."""
_SEVERAL_HINT = """--data '{"choices": [1, 3]}' (options are numbered from 1)"""


class _Data(BaseModel):
    model_config = ConfigDict(extra="allow", strict=True)


class _ApprovalData(_Data):
    reason: str = ""


class _EditData(_Data):
    edited: str
    changes: list[str] | None = None


class _ChoiceData(_Data):
    justification: str | None = None


class _TextData(_Data):
    text: str | None = None
    response: str | None = None


class _ConversationData(_Data):
    message: str | None = None
    end: bool = False


_MODELS: dict[InteractionType, type[_Data]] = {
    InteractionType.APPROVAL: _ApprovalData,
    InteractionType.EDIT: _EditData,
    InteractionType.CHOICE: _ChoiceData,
    InteractionType.TEXT_INPUT: _TextData,
    InteractionType.CONVERSATION: _ConversationData,
}


def check_answer(request: HumanInteractionRequest, action: str, data: dict[str, Any] | None) -> dict[str, Any]:
    """The data to store for this answer; keys of the caller's own are kept, in their order (rows 16, 27, 30).

    Raises `ActionNotAllowed` listing what is allowed (row 58), or `InvalidData` naming the field (rows 17, 23, 24, 28).
    """
    if action not in request.actions:
        allowed = ", ".join(request.actions)
        raise ActionNotAllowed(
            f"'{action}' does not fit this {request.interaction_type.value} request; allowed: {allowed}",
            hint=f"hitl resume {_named(request, request.actions[0])}" if request.actions else "",
            allowed=list(request.actions),
        )
    if data is not None and not isinstance(data, dict):
        raise InvalidData("The response data must be a JSON object", hint=_HINTS.get(request.interaction_type, ""))
    given = dict(data or {})
    _check_required(request, given)
    if not _is_form(request):
        _check_fields(request.interaction_type, given)
    if request.response_schema is not None and action != "reject":
        data_schema.check(request.response_schema, given)
    if request.interaction_type is InteractionType.CHOICE:
        _chosen(request, given)
    if request.interaction_type is InteractionType.APPROVAL:
        _check_call(request, action, given)
    if request.items is not None:
        whole = _about_the_batch(request, action, given)
        return batch.check(len(request.items), whole, given, reason_required=request.reason_required)
    if request.interaction_type is InteractionType.APPROVAL and action == "reject":
        given.setdefault("reason", "")
        if request.reason_required and not given["reason"].strip():
            raise InvalidData(
                "This request requires a reason for a rejection",
                hint="""--data '{"reason": "why not"}'""",
                field="reason",
            )
    return given


def check_size(data: Any) -> None:
    """Refuse an answer that is too large, whatever it answers; raises `InvalidData`, or `NotSerialisable`."""
    size = len(to_json(data, "data").encode())
    if size > LARGEST:
        raise InvalidData(
            f"the answer is too large: {size:,} bytes as JSON, and {LARGEST:,} are the most; nothing was stored",
            hint="keep what is large in a file, and answer with its path",
            size=size,
        )


def option_of(request: HumanInteractionRequest, choice: Any) -> str:
    """The text of the chosen option: a number from 1, or an option's exact text (rows 21, 24, D-16).

    An accented letter may be one character or two, as keyboards and files have it: nobody can tell them apart.
    """
    if isinstance(choice, str):
        if choice in request.options:
            return choice
        alike = [option for option in request.options if composed(option) == composed(choice)]
        if len(alike) == 1:
            return alike[0]
    if isinstance(choice, int) and not isinstance(choice, bool) and 1 <= choice <= len(request.options):
        return request.options[choice - 1]
    raise InvalidData(
        f"choice: {choice!r} is not one of the {len(request.options)} options",
        hint=f"give a whole number from 1 to {len(request.options)}, or an option's exact text",
        field="choice",
        options=request.options,
    )


def options_of(request: HumanInteractionRequest, choices: Any) -> list[str]:
    """The texts of several chosen options, each once, in the order in which they were given."""
    if not isinstance(choices, list) or not choices:
        raise InvalidData("choices: it must be a list with at least one option", hint=_SEVERAL_HINT, field="choices")
    chosen = [option_of(request, choice) for choice in choices]
    doubled = next((choice for choice, text in zip(choices, chosen, strict=True) if chosen.count(text) > 1), None)
    if doubled is not None:
        raise InvalidData(f"choices: {doubled!r:.60} is chosen twice", hint=_SEVERAL_HINT, field="choices")
    return chosen


def output_of(request: HumanInteractionRequest, action: str, data: dict[str, Any] | None) -> Any:
    """The output of an interaction node for a checked answer (architecture, "Values")."""
    given = data or {}
    match request.interaction_type:
        case InteractionType.APPROVAL:
            # A call that was edited is approved; its arguments are in the data.
            return "approve" if action == "edit" else given["message"] if action == "respond" else action
        case InteractionType.EDIT:
            return given["edited"]
        case InteractionType.CHOICE:
            return _chosen(request, given)
        case InteractionType.TEXT_INPUT:
            return _words_of(request, given)
        case InteractionType.CONVERSATION:
            return given.get("message", "")


def ends_conversation(request: HumanInteractionRequest, data: dict[str, Any] | None) -> bool:
    """Whether this answer ends a conversation, and so takes the failure edge (row 32, D-2)."""
    return request.interaction_type is InteractionType.CONVERSATION and bool((data or {}).get("end"))


def _is_form(request: HumanInteractionRequest) -> bool:
    """Whether the answer is a form of its own: the schema says which fields it has, not the type."""
    return request.interaction_type is InteractionType.TEXT_INPUT and request.response_schema is not None


def _words_of(request: HumanInteractionRequest, given: dict[str, Any]) -> Any:
    if len(given) != 1:
        return given
    # A form with one answer stays a form: the next one may have more.
    key, value = next(iter(given.items()))
    return value if key in _KEYS[InteractionType.TEXT_INPUT] or not _is_form(request) else given


def _chosen(request: HumanInteractionRequest, given: dict[str, Any]) -> str | list[str]:
    if not request.takes_several:
        return option_of(request, given["choice"])
    if given.get("choices") is None:
        return [option_of(request, given["choice"])]
    if given.get("choice") is not None:
        raise InvalidData("choices: give either choice or choices", hint=_SEVERAL_HINT, field="choices")
    return options_of(request, given["choices"])


def _check_call(request: HumanInteractionRequest, action: str, given: dict[str, Any]) -> None:
    """The answer to a tool call, as far as it differs from that to any approval."""
    if action == "edit":
        _check_arguments(request, given)
    elif action == "respond" and not (isinstance(given.get("message"), str) and given["message"].strip()):
        raise InvalidData(
            "Responding to a tool call requires 'message' in response data: it stands for the tool's result",
            hint="""--data '{"message": "your words"}'""",
            field="message",
        )
    else:
        _check_unedited(request, action, given)
    said = given.get("decision")
    if request.response_schema is None and said in DECISIONS and said != action:
        raise InvalidData(
            f"decision: the action is {action}, and the data says {said}; nothing was stored",
            hint="give the decision once",
            field="decision",
        )


def _check_unedited(request: HumanInteractionRequest, action: str, given: dict[str, Any]) -> None:
    """Who gives other arguments for a tool call wants them used: only an edit does that (D-16)."""
    found = next((name for name in _OTHER_ARGUMENTS if name in given), None)
    is_call = tool_call_of(request.interaction_type, request.context) is not None
    if found and is_call and request.response_schema is None:
        editable = "edit" in request.actions
        raise InvalidData(
            f"{found}: '{action}' takes no arguments for the tool; nothing was stored",
            hint="""`edit` with {"args": {…}} runs it with other ones""" if editable else "leave them out",
            field=found,
        )


def _check_arguments(request: HumanInteractionRequest, given: dict[str, Any]) -> None:
    """The edited arguments of a tool call (rows 98 and 115)."""
    call = tool_call_of(request.interaction_type, request.context)
    assert call is not None, "only a tool call can be edited"
    args = given.get("args")
    if not isinstance(args, dict):
        raise InvalidData(
            "Editing a tool call requires 'args' in response data, all arguments by name",
            hint="""--data '{"args": {"name": "value"}}'""",
            field="args",
        )
    found = data_schema.misfits(call.schema, args)
    if found:
        field = ".".join(part for part in ("args", found[0].field) if part)
        raise InvalidData(f"{field}: {found[0].message}", hint=f"the arguments of {call.tool} do not fit", field=field)


def _named(request: HumanInteractionRequest, word: str) -> str:
    """The words of a command for this request, also where its thread has several."""
    return f"{shlex.quote(request.thread_id)} {word} --request {request.id}"


def _about_the_batch(request: HumanInteractionRequest, action: str, given: dict[str, Any]) -> str | None:
    """What an answer says about a batch as a whole: approve, reject, or None for each item by itself."""
    if request.interaction_type is InteractionType.APPROVAL:
        return action
    chosen = batch.OPTIONS.index(option_of(request, given["choice"])) + 1
    if chosen == batch.LATER:
        raise InvalidData(
            f"'{batch.OPTIONS[batch.LATER - 1]}' decides nothing: the batch stays pending",
            hint=f"`hitl snooze {_named(request, '1h')}` puts it aside",
            field="choice",
        )
    return batch.of_option(chosen)


def _check_required(request: HumanInteractionRequest, given: dict[str, Any]) -> None:
    kind = request.interaction_type
    if _is_form(request):
        return
    if request.takes_several and given.get("choice") is None:
        if given.get("choices") is None:
            raise InvalidData(
                "Choice interaction requires 'choices' in response data", hint=_SEVERAL_HINT, field="choices"
            )
        return
    if kind not in _KEYS or ends_conversation(request, given):
        return
    there = [given[key] for key in _KEYS[kind] if given.get(key) is not None]
    if not there:
        raise InvalidData(_REQUIRED[kind], hint=_HINTS[kind], field=_KEYS[kind][0])
    if kind in _SPOKEN and all(isinstance(value, str) and not value.strip() for value in there):
        raise InvalidData(f"{_KEYS[kind][0]}: the answer is empty", hint=_HINTS[kind], field=_KEYS[kind][0])


def _check_fields(kind: InteractionType, given: dict[str, Any]) -> None:
    try:
        _MODELS[kind].model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InvalidData(f"{field}: {first['msg']}", hint=_HINTS.get(kind, ""), field=field) from None
