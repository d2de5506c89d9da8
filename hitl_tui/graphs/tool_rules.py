"""Which tool calls a person decides: the settings of `interrupt_on`, in YAML as in Python (rows 111 to 113)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal

from hitl_tui.graphs import conditions
from hitl_tui.graphs.names import remedy
from hitl_tui.graphs.settings import settle
from hitl_tui.model import policy
from hitl_tui.model.kinds import InteractionType
from hitl_tui.model.tool_call import DECISIONS, USUAL_DECISIONS

_OWN = ("allowed_decisions", "description", "when")
_SHARED = ("risk", "timeout", "timeout_seconds", "on_timeout", "remind", "require_reason")
_HELP = "write true, false, or a mapping such as {allowed_decisions: [approve, reject]}"
_NO_MAPPING = f"interrupt_on must say for each tool whether it asks, such as {{send_email: true}}; for a tool {_HELP}"


@dataclass(frozen=True, slots=True)
class ToolRule:
    """How the calls of one tool are decided.

    `asks` is False for a tool that never asks; `when` is a condition over `tool_name`, `args` and `state`; `settings`
    are those of a request, in their one form.
    """

    asks: bool = True
    decisions: tuple[str, ...] = USUAL_DECISIONS
    description: str = ""
    when: str | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)


def rules_of(given: Mapping[str, Any]) -> dict[str, ToolRule]:
    """The rules by tool; raises `ValueError` naming the tool and the setting."""
    if not isinstance(given, Mapping):
        raise ValueError(_NO_MAPPING)
    found: dict[str, ToolRule] = {}
    for tool, value in given.items():
        remarks = [text for _, text, severity in _remarks(tool, value, found) if severity == "error"]
        if remarks:
            raise ValueError(remarks[0])
    return found


def check(given: Any, complain: Callable[[str, Literal["error", "warning"]], None]) -> None:
    """Say what is wrong with an `interrupt_on` that stands in a workflow file."""
    if not isinstance(given, Mapping):
        complain(_NO_MAPPING, "error")
        return
    for tool, value in given.items():
        for _, text, severity in _remarks(str(tool), value, {}):
            complain(text, severity)


_Remark = tuple[str, str, Literal["error", "warning"]]


def _remarks(tool: str, value: Any, into: dict[str, ToolRule]) -> list[_Remark]:
    """Read one tool's settings `into` the rules; what is wrong with them."""
    remarks: list[_Remark] = []

    def complain(setting: str, message: str, severity: Literal["error", "warning"] = "error") -> None:
        remarks.append((setting, f"interrupt_on: {tool}: {message}", severity))

    if isinstance(value, bool):
        into[tool] = _rule({}, complain) if value else ToolRule(asks=False)
    elif isinstance(value, Mapping):
        into[tool] = _rule(dict(value), complain)
    else:
        complain("", _HELP)
    return remarks


def _rule(given: dict[str, Any], complain: Any) -> ToolRule:
    for name in given:
        if name not in (*_OWN, *_SHARED):
            complain(str(name), f"unknown setting '{name!s:.60}'; {remedy(str(name), (*_OWN, *_SHARED), 'setting')}")
    decisions = _decisions(given.get("allowed_decisions", list(USUAL_DECISIONS)), complain)
    settings = settle({name: given[name] for name in _SHARED if name in given}, complain)
    settings.setdefault("timeout_seconds", policy.DEFAULT_TIMEOUTS[InteractionType.APPROVAL])
    if problem := policy.reminder_problem(settings.get("remind", ()), settings["timeout_seconds"]):
        complain("remind", f"remind: {problem}")
    if "on_timeout" in settings:
        problem = policy.problem_of(policy.parse(settings["on_timeout"]), decisions, (), settings.get("risk"))
        if problem:
            complain("on_timeout", f"on_timeout: {problem}")
    words = partial(_text, given, complain)
    when = words("when") or None
    if when is not None and (problem := conditions.check(when)):
        complain("when", f"when: condition '{when:.100}': {problem}")
    return ToolRule(True, decisions, words("description"), when, settings)


def _decisions(given: Any, complain: Any) -> tuple[str, ...]:
    names = list(given) if isinstance(given, (list, tuple, set, frozenset)) else [given]
    strangers = [name for name in names if name not in DECISIONS]
    if strangers or not names:
        which = f"'{strangers[0]!s:.60}' is no decision; " if strangers else ""
        complain("allowed_decisions", f"{which}allowed_decisions lists some of {', '.join(DECISIONS)}")
        return USUAL_DECISIONS
    return tuple(name for name in DECISIONS if name in names)


def _text(given: Mapping[str, Any], complain: Any, name: str) -> str:
    value = given.get(name, "")
    if isinstance(value, str):
        return value.strip()
    complain(name, f"{name} must be a text")
    return ""
