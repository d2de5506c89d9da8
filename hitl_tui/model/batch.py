"""Batch requests: one request about many items, each of which gets a decision of its own (rows 88 to 93). Pure.

A request is a batch where its author says so, for whoever ignores the decisions on the items must not be shown as one:

- an approval with `{"batch": true}` in its schema, and the items in `context["items"]`
- a choice of exactly `OPTIONS`, with the items in `context["batch_items"]` (or `items`)

The answer's data may say `"except": [3, 7]`, the items (counted from 1) that the approval leaves out, or `"decisions"`,
one for each item in their order: `"approve"`, `"reject"` or `{"decision": "reject", "reason": "…"}`. What is stored
always has `decisions`: `{"item": 3, "decision": "reject", "reason": "…"}`, one for each item.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hitl_tui.errors import InvalidData
from hitl_tui.model.kinds import InteractionType

OPTIONS = (
    "Approve all items in batch",
    "Review items individually",
    "Reject entire batch",
    "Pause for later review",
)
"""The options of a batch that is a choice, in their order (row 89)."""
APPROVE_ALL, ONE_BY_ONE, REJECT_ALL, LATER = range(1, 5)
_WORDS = ("approve", "reject")
_HINT = """--data '{"except": [2]}' leaves out the second item; '{"decisions": ["approve", "reject"]}' names them all"""


def items_of(
    kind: str, context: Mapping[str, Any], options: Sequence[str], schema: Mapping[str, Any] | None
) -> list[Any] | None:
    """The items of a batch request; None for any other request."""
    if _says_so(kind, schema):
        items = context.get("items")
    elif kind == InteractionType.CHOICE and tuple(options) == OPTIONS and not (schema or {}).get("multiple"):
        items = context.get("batch_items", context.get("items"))
    else:
        return None
    return items if isinstance(items, list) and items else None


def problem_of(kind: str, context: Mapping[str, Any], schema: Mapping[str, Any] | None) -> str | None:
    """Why a request is no batch whose author says that it is one; None for any other."""
    items = context.get("items")
    if not _says_so(kind, schema) or (isinstance(items, list) and items):
        return None
    return f"batch: the context needs `items`, a list with at least one item, and they are {items!r:.60}"


def check(count: int, whole: str | None, given: dict[str, Any], *, reason_required: bool) -> dict[str, Any]:
    """The data to store: `given` with the decisions on all `count` items.

    `whole` is what the answer says about the batch, `approve` or `reject`; None when it leaves that to the items.
    Raises `InvalidData` naming the field.
    """
    if "decisions" in given:
        if "except" in given:
            raise InvalidData("except: give either except or decisions", hint=_HINT, field="except")
        decisions = _each(count, given["decisions"])
    elif whole is None:
        raise InvalidData(
            f"decisions: there are {count} items to decide one by one; give one decision for each",
            hint="""--data '{"choice": 2, "decisions": ["approve", "reject", …]}'""",
            field="decisions",
        )
    else:
        left_out = _left_out(count, whole, given.get("except", []))
        words = ["reject" if number in left_out else whole for number in range(1, count + 1)]
        decisions = [{"item": number, "decision": word} for number, word in enumerate(words, 1)]
    approved = sum(each["decision"] == "approve" for each in decisions)
    if whole == "reject" and approved:
        raise InvalidData(
            f"decisions: {approved} of the items are approved, but the batch is rejected", hint=_HINT, field="decisions"
        )
    if whole == "approve" and not approved:
        raise InvalidData(
            "nothing is left to approve: every item is rejected", hint="reject the batch instead", field="decisions"
        )
    _check_reasons(decisions, given.get("reason"), required=reason_required)
    return {**{key: value for key, value in given.items() if key != "except"}, "decisions": decisions}


def of_option(number: int) -> str | None:
    """What an option says about the batch as a whole; None when it says nothing."""
    return {APPROVE_ALL: "approve", REJECT_ALL: "reject"}.get(number)


def settled(action: str, data: Mapping[str, Any], count: int) -> list[dict[str, Any]]:
    """The decisions of a policy's answer to a batch: the same on every item."""
    word = of_option(data["choice"]) if action == "choose" else action
    return [{"item": number, "decision": word} for number in range(1, count + 1)]


def _says_so(kind: str, schema: Mapping[str, Any] | None) -> bool:
    return kind == InteractionType.APPROVAL and schema is not None and schema.get("batch") is True


def _left_out(count: int, whole: str, given: Any) -> set[int]:
    if not isinstance(given, list) or not all(type(number) is int and 1 <= number <= count for number in given):
        raise InvalidData(f"except: it must be a list of items' numbers, from 1 to {count}", hint=_HINT, field="except")
    if given and whole == "reject":
        raise InvalidData(
            "except: a batch is approved except for some items; a rejection is of them all", hint=_HINT, field="except"
        )
    return set(given)


def _each(count: int, given: Any) -> list[dict[str, Any]]:
    if not isinstance(given, list) or len(given) != count:
        said = f"{len(given)} given" if isinstance(given, list) else "it must be a list"
        raise InvalidData(
            f"decisions: there are {count} items, and each needs a decision; {said}", hint=_HINT, field="decisions"
        )
    return [_one(number, each) for number, each in enumerate(given, 1)]


def _one(number: int, given: Any) -> dict[str, Any]:
    field = f"decisions.{number}"
    decision = {"decision": given} if isinstance(given, str) else given
    if not isinstance(decision, dict) or decision.get("decision") not in _WORDS:
        raise InvalidData(f"{field}: it must be approve or reject, not {_shown(given)}", hint=_HINT, field=field)
    if decision.get("item", number) != number or type(decision.get("item", number)) is not int:
        raise InvalidData(
            f"{field}: it says that it is about item {_shown(decision['item'])}; decisions come in the items' order",
            hint=_HINT,
            field=field,
        )
    if not isinstance(decision.get("reason", ""), str):
        raise InvalidData(f"{field}: its reason must be a text", hint=_HINT, field=field)
    return {"item": number, **{key: value for key, value in decision.items() if key != "item"}}


def _check_reasons(decisions: list[dict[str, Any]], reason: Any, *, required: bool) -> None:
    if reason is not None and not isinstance(reason, str):
        raise InvalidData("reason: it must be a text", field="reason")
    if not required or (reason or "").strip():
        return
    for each in decisions:
        if each["decision"] == "reject" and not each.get("reason", "").strip():
            raise InvalidData(
                f"This request requires a reason for a rejection, and item {each['item']} has none",
                hint="""--data '{"except": [2], "reason": "why not"}'""",
                field="reason",
            )


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:40] + "…"
