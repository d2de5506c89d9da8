"""Interaction settings of a node's context: what agents that ask a person understand, checked at load.

After `settle`, a context holds `interaction_type` (a valid one), `options` (list of texts), `timeout_seconds` (whole
seconds, or None for no timeout at all), `on_timeout` (a policy), `remind` (list of whole seconds before the end, the
longest first), `risk` (lower case), `allowed` (list of actions), `require_reason` (bool), `multiple` (bool) and
`schema` (dict), each only where it was given. Everything else in the context is for the reviewer and stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Literal, Protocol

from hitl_tui.graphs.clear_prompts import vagueness_of
from hitl_tui.graphs.names import ASKING_AGENTS, INTERACTION_AGENTS, SUSPEND_AGENT, closest
from hitl_tui.model import policy
from hitl_tui.model import risk as risks
from hitl_tui.model.choices import composed
from hitl_tui.model.data_schema import form_problem
from hitl_tui.model.durations import parse_duration, parse_durations
from hitl_tui.model.graph import Node
from hitl_tui.model.kinds import ACTIONS, InteractionType

SETTINGS = (
    "interaction_type",
    "options",
    "timeout",
    "timeout_seconds",
    "on_timeout",
    "remind",
    "risk",
    "allowed",
    "require_reason",
    "multiple",
    "schema",
)
RISKS = (*risks.LEVELS, *risks.CLASSES)
_NEVER = ("never", "none", "off")
_YES_NO = {"true": True, "yes": True, "false": False, "no": False}


class Complain(Protocol):
    """Takes one remark about a setting."""

    def __call__(self, setting: str, message: str, severity: Literal["error", "warning"] = "error") -> None: ...


def asks(node: Node) -> bool:
    """Whether the node's agent is one of the built-ins that ask a person."""
    return node.agent in ASKING_AGENTS


def interaction_of(node: Node) -> InteractionType | None:
    """The interaction type of an asking node, None for other nodes and where the type is left to the agent."""
    if not asks(node):
        return None
    fixed = INTERACTION_AGENTS.get(node.agent)
    name = fixed or node.context.get("interaction_type")
    return InteractionType(name) if name in list(InteractionType) else None


def settle_node(node: Node, complain: Complain) -> Node:
    """The node with its settings checked and in one form; nodes that do not ask stay as they are."""
    if not asks(node):
        return node
    context = settle_new(node.context, complain)
    given = context.get("interaction_type")
    fixed = INTERACTION_AGENTS.get(node.agent)
    if fixed and given is not None and given != fixed:
        complain("interaction_type", f"agent '{node.agent}' asks for {fixed}, but interaction_type is '{given}'")
    settled = node.model_copy(update={"context": context})
    kind = interaction_of(settled)
    # Where no type is named, agents ask for a text; what fits one that was misspelt nobody can say.
    asked = kind or InteractionType.TEXT_INPUT
    if kind is not None or "interaction_type" not in node.context:
        _check_allowed(context, asked, complain)
        _check_policy(context, asked, complain)
        # What a schema asks for that was refused nobody can say either.
        if "schema" in context or "schema" not in node.context:
            _check_outputs(settled, asked, complain)
    _check_reminders(settled, asked, complain)
    _check_several(settled, kind, complain)
    vague = vagueness_of(node.prompt)
    if vague is not None:
        complain("prompt", f"{_shown(node.prompt.strip())}: {vague}", "warning")
    refused = "options" in node.context and "options" not in context
    if kind is InteractionType.CHOICE and not context.get("options") and not refused:
        _check_choice(settled, complain)
    return settled


def settle(context: dict[str, Any], complain: Complain) -> dict[str, Any]:
    """The context with each setting in its one form; a setting that makes no sense is complained about and left out."""
    settled = dict(context)
    for name, read in _READERS:
        if name in context:
            value = read(context[name], complain)
            if value is None:
                del settled[name]
            else:
                settled[name] = value
    _settle_timeout(settled, complain)
    return settled


def settle_new(context: dict[str, Any], complain: Complain) -> dict[str, Any]:
    """As `settle`, for a graph that is being loaded: by what is looked at where a request is first asked, too."""
    settled = settle(context, complain)
    problem = form_problem(settled["schema"]) if "schema" in settled else None
    if problem is not None:
        complain("schema", problem)
        del settled["schema"]
    return settled


def _settle_timeout(context: dict[str, Any], complain: Complain) -> None:
    given = {name: context.pop(name) for name in ("timeout", "timeout_seconds") if name in context}
    if not given:
        return
    name, value = next(iter(given.items()))
    if len(given) > 1:
        complain("timeout_seconds", "timeout and timeout_seconds are both set; timeout counts", "warning")
    if value is None or (isinstance(value, str) and value.strip().lower() in _NEVER):
        context["timeout_seconds"] = None
        return
    try:
        context["timeout_seconds"] = parse_duration(value)
    except ValueError as error:
        complain(name, f"{name}: {error}")


def _interaction_type(value: Any, complain: Complain) -> str | None:
    known = [kind.value for kind in InteractionType]
    if isinstance(value, str) and value.strip().lower() in known:
        return value.strip().lower()
    near = closest(str(value)[:100], known) or f"it is one of {', '.join(known)}"
    complain("interaction_type", f"unknown interaction_type {_shown(value)}; {near}")
    return None


def _options(value: Any, complain: Complain) -> list[str] | None:
    if isinstance(value, str):
        value = [part for raw in value.split("|") if (part := raw.strip())]
    if not isinstance(value, list):
        complain("options", "options must be a list of texts")
        return None
    for option in value:
        if not isinstance(option, str) or not option.strip():
            complain("options", f"options must be texts, and {_shown(option)} is none; put it in quotes")
            return None
    read = [composed(option) for option in value]
    if len(set(read)) < len(read):
        doubled = next(option for option in read if read.count(option) > 1)
        complain("options", f"option {_shown(doubled)} is there twice", "warning")
    return value


def _risk(value: Any, complain: Complain) -> str | None:
    if not isinstance(value, str) or not value.strip():
        complain("risk", f"risk must be a word such as {', '.join(RISKS)}")
        return None
    risk = risks.named(value.strip().lower())
    if risk not in RISKS:
        # Only `high` and the classes demand a reason, so a slip such as `hihg` would quietly lower a gate.
        near = closest(risk, RISKS) or f"usual are {', '.join(RISKS)}"
        complain("risk", f"risk {_shown(value)} has no effect of its own; {near}", "warning")
    return risk


def _allowed(value: Any, complain: Complain) -> list[str] | None:
    actions = [value] if isinstance(value, str) else value
    if not isinstance(actions, list) or not actions or not all(isinstance(action, str) for action in actions):
        complain("allowed", "allowed must be a list of actions, such as [approve, reject]; leave it out to allow all")
        return None
    return [action.strip() for action in actions]


def _yes_or_no(setting: str, value: Any, complain: Complain) -> bool | None:
    flag = _YES_NO.get(value.strip().lower()) if isinstance(value, str) else value
    if isinstance(flag, bool):
        return flag
    complain(setting, f"{setting} must be true or false, not {_shown(value)}")
    return None


def _schema(value: Any, complain: Complain) -> dict[str, Any] | None:
    if isinstance(value, dict):
        return dict(value)
    complain("schema", "schema must be a JSON Schema: it must be written as a mapping")
    return None


def _on_timeout(value: Any, complain: Complain) -> str | None:
    try:
        policy.parse(value if isinstance(value, str) else str(value))
    except ValueError as error:
        complain("on_timeout", f"on_timeout: {error}")
        return None
    return str(value).strip()


def _remind(value: Any, complain: Complain) -> list[int] | None:
    try:
        return parse_durations(value)
    except ValueError as error:
        complain("remind", f"remind: {error}")
        return None


_READERS: tuple[tuple[str, Callable[[Any, Complain], Any]], ...] = (
    ("interaction_type", _interaction_type),
    ("options", _options),
    ("risk", _risk),
    ("allowed", _allowed),
    ("require_reason", partial(_yes_or_no, "require_reason")),
    ("multiple", partial(_yes_or_no, "multiple")),
    ("schema", _schema),
    ("on_timeout", _on_timeout),
    ("remind", _remind),
)


def _check_reminders(node: Node, kind: InteractionType, complain: Complain) -> None:
    otherwise = None if node.agent == SUSPEND_AGENT else policy.DEFAULT_TIMEOUTS[kind]
    problem = policy.reminder_problem(node.context.get("remind", ()), node.context.get("timeout_seconds", otherwise))
    if problem:
        complain("remind", f"remind: {problem}")


def _check_policy(context: dict[str, Any], kind: InteractionType, complain: Complain) -> None:
    if "on_timeout" not in context:
        return
    given = context.get("allowed") or ACTIONS[kind]
    actions = [action for action in ACTIONS[kind] if action in given]
    chosen = policy.parse(context["on_timeout"])
    fits = chosen, actions, context.get("options", ()), context.get("risk")
    problem = policy.problem_of(*fits) or policy.consent_problem(*fits)
    problem = problem or policy.refusal_of(chosen, context.get("schema"))
    if problem:
        complain("on_timeout", f"on_timeout: {problem}")


def _check_allowed(context: dict[str, Any], kind: InteractionType, complain: Complain) -> None:
    fitting = ACTIONS[kind]
    strangers = [action for action in context.get("allowed", ()) if action not in fitting]
    if strangers:
        complain("allowed", f"'{strangers[0]}' does not fit a {kind.value} request; fitting: {', '.join(fitting)}")


def _check_outputs(node: Node, kind: InteractionType, complain: Complain) -> None:
    """Several outputs take a mapping that has them all, and an answer is taken before it is looked for them."""
    if len(node.outputs) < 2:
        return
    if kind is not InteractionType.TEXT_INPUT:
        message = f"an answer of the type {kind.value} puts out one value, so name one output field"
        complain("outputs", f"{message}; all of the answer stands under responses.{node.name}")
        return
    required = node.context.get("schema", {}).get("required", ())
    optional = [name for name in node.outputs if name not in required]
    if optional:
        message = f"an answer may come without {_shown(optional[0])}, which the output needs"
        complain("outputs", f"{message}; write it under `required` in the node's schema, or name one output field")


def _check_several(node: Node, kind: InteractionType | None, complain: Complain) -> None:
    """`multiple` is for choices; `batch` in the schema for approvals, which need the items (rows 88 to 93)."""
    if node.context.get("multiple") and kind not in (None, InteractionType.CHOICE):
        complain("multiple", f"multiple is for a choice, and this node asks for {kind}")
    if node.context.get("schema", {}).get("batch") is not True:
        return
    if kind is not InteractionType.APPROVAL:
        complain("schema", "schema: batch is for an approval, and has no effect here", "warning")
    elif "items" not in node.context and all(item.param != "items" for item in node.inputs):
        complain("schema", "schema: a batch needs its items; give the node an input named 'items'")


def _check_choice(node: Node, complain: Complain) -> None:
    if any(item.param == "options" for item in node.inputs):
        return
    complain("options", "a choice needs options: list them, or give the node an input named 'options'")


def _shown(value: Any) -> str:
    text = str(value) if not isinstance(value, str) else f"'{value}'"
    return text if len(text) <= 60 else text[:60] + "…"
