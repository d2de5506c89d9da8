"""Answering one request line by line, in the plainest way: what is asked, and what the lines mean (rows 118 to 120).

What does not fit is asked again; the end of the input decides nothing, for it raises `EOFError` in `ask`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

from hitl_tui.cli.values import InvalidJson, parse_json, parse_object
from hitl_tui.errors import InvalidData
from hitl_tui.inbox.views import PendingView
from hitl_tui.model import batch
from hitl_tui.model.choices import takes_several
from hitl_tui.model.data_schema import OUR_WORDS
from hitl_tui.model.jsontext import for_display
from hitl_tui.model.tool_call import ToolCall, tool_call_of
from hitl_tui.safe_text import visible

Ask = Callable[[str], str]
"""Shows a question and gives the line that answers it, without its end."""
Say = Callable[[str], None]
Answer = tuple[str, dict[str, Any]]
"""The action and its data, apart: a form may have a field `decision` of its own."""
Give = Callable[[str, dict[str, Any]], None]
"""Takes an answer; raises `InvalidData` for one that does not fit."""

_KEYS = {"approve": "a", "edit": "e", "respond": "m", "reject": "r"}
_WORDS = {"approve": "[a]pprove", "edit": "[e]dit", "respond": "[m]essage", "reject": "[r]eject"}
_END = "."


def call_lines(call: ToolCall) -> list[str]:
    """A tool call as spec 002 prints it; its arguments are JSON in one line."""
    args = json.dumps(for_display(call.args), ensure_ascii=False, default=str)
    return [f"Tool: {visible(call.tool)}", f"Args: {visible(args)}"]


def answer(request: PendingView, ask: Ask, say: Say, give: Give) -> None:
    """Ask until an answer is taken."""
    match request.type:
        case "approval":
            _approval(request, ask, say, give)
        case "edit":
            say(f"Write the new text and then a line with nothing but {_END}; that line alone keeps the text.")
            _taken(lambda: ("edit", {"edited": _text(request, ask)}), say, give)
        case "choice":
            _taken(lambda: _choice(request, ask), say, give)
        case "text_input" if request.schema:
            _taken(lambda: ("respond", _object(ask, say, "Answer (JSON): ")), say, give)
        case "text_input":
            _taken(lambda: ("respond", {"text": ask("Answer: ")}), say, give)
        case _:
            _taken(lambda: ("respond", {"message": ask("Message: ")}), say, give)


def _approval(request: PendingView, ask: Ask, say: Say, give: Give) -> None:
    """`a` approves, `e` edits, and anything else rejects: what was not meant is never a yes."""
    allowed = [name for name in _WORDS if name in request.allowed]
    whole = batch.items_of(request.type, request.context, request.options, request.schema) is not None
    question = " / ".join(_WORDS[name] + (" all" if whole else "") for name in allowed) + ": "
    while True:
        key = ask(question).strip()
        chosen = next((name for name in _KEYS if _KEYS[name] == key), "reject")
        if chosen == "respond" and chosen not in allowed:
            chosen = "reject"
        if chosen in allowed:
            break
        say(f"This request does not allow to {chosen}.")
    match chosen:
        case "approve" if _wants_data(request):
            _taken(lambda: ("approve", _object(ask, say, "Data (JSON): ")), say, give)
        case "approve":
            _taken(lambda: ("approve", {}), say, give)
        case "edit":
            _taken(lambda: ("edit", {"args": _object(ask, say, "Enter new args (JSON): ")}), say, give)
        case "respond":
            _taken(lambda: ("respond", {"message": ask("Message: ").strip()}), say, give)
        case _:
            _taken(lambda: ("reject", {"reason": ask("Reason: ").strip()}), say, give)


def _taken(make: Callable[[], Answer], say: Say, give: Give) -> None:
    while True:
        try:
            return give(*make())
        except (InvalidData, InvalidJson) as error:
            say(error.message)


def _object(ask: Ask, say: Say, question: str) -> dict[str, Any]:
    while True:
        try:
            return parse_object(ask(question), "what you wrote")
        except InvalidJson as error:
            say(error.message)


def _wants_data(request: PendingView) -> bool:
    schema = request.schema or {}
    is_form = not schema.keys() <= OUR_WORDS
    return is_form and tool_call_of(request.type, request.context) is None and bool(schema.get("required"))


def _text(request: PendingView, ask: Ask) -> str:
    lines = list(_until_end(ask))
    return "\n".join(lines) if lines else str(request.context.get("original_content", ""))


def _until_end(ask: Ask) -> Iterable[str]:
    while (line := ask("")) != _END:
        yield line


def _choice(request: PendingView, ask: Ask) -> Answer:
    if takes_several(request.type, request.schema):
        words = ask(f"Choose some of 1 to {len(request.options)}, such as 1 3: ")
        return "choose", {"choices": [_number(word) for word in words.replace(",", " ").split()]}
    return "choose", {"choice": _number(ask(f"Choose 1 to {len(request.options)}: ").strip())}


def _number(word: str) -> Any:
    """A whole number, else the word itself: an option's exact text."""
    return parse_json(word, "what you wrote") if word.isascii() and word.isdecimal() and word[0] != "0" else word
