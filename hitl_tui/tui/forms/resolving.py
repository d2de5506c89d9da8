"""A schema with its simple references and wrappers taken off, or `NotPlain` where it means alternatives. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

_MOST_STEPS = 20
_NOTHING = {"type": "null"}
LABELS = "\0labels"
"""Under this key stand the titles of an enumeration of constants; no author writes it by chance."""


class NotPlain(ValueError):
    """The schema means one of several, or refers to what is not there."""


@dataclass(frozen=True, slots=True)
class Plain:
    """A schema without `$ref`; `nullable` when null fits too, which is no part of `schema` then."""

    schema: dict[str, Any]
    nullable: bool = False


def plain(root: dict[str, Any], raw: Any) -> Plain:
    """`raw`, a part of `root`, as a plain schema; raises `NotPlain`."""
    nullable = False
    for _ in range(_MOST_STEPS):
        if not isinstance(raw, dict):
            raise NotPlain
        if "$ref" in raw:
            raw = {**_target(root, raw["$ref"]), **_without(raw, "$ref")}
        elif _is_wrapper(raw, "allOf"):
            raw = {**raw["allOf"][0], **_without(raw, "allOf")}
        elif isinstance(raw.get("type"), list):
            kinds = [kind for kind in raw["type"] if kind != "null"]
            if len(kinds) != 1:
                raise NotPlain
            nullable = nullable or len(kinds) < len(raw["type"])
            raw = {**raw, "type": kinds[0]}
        elif (word := next((word for word in ("anyOf", "oneOf") if word in raw), None)) is not None:
            raw, may_be_null = _one_alternative(raw, word)
            nullable = nullable or may_be_null
        else:
            if nullable and isinstance(raw.get("enum"), list) and None in raw["enum"]:
                raw = {**raw, "enum": [value for value in raw["enum"] if value is not None]}
            return Plain(raw, nullable)
    raise NotPlain


def _one_alternative(raw: dict[str, Any], word: str) -> tuple[dict[str, Any], bool]:
    """The only alternative beside null; or, where all are constants, an enumeration with their titles."""
    branches = raw[word]
    if not isinstance(branches, list):
        raise NotPlain
    others = [branch for branch in branches if branch != _NOTHING]
    rest = _without(raw, word)
    if len(others) == 1 and isinstance(others[0], dict):
        return {**others[0], **rest}, len(others) < len(branches)
    if others and all(isinstance(each, dict) and "const" in each for each in others):
        labels = [str(each.get("title") or each["const"]) for each in others]
        return {**rest, "enum": [each["const"] for each in others], LABELS: labels}, len(others) < len(branches)
    raise NotPlain


def _target(root: dict[str, Any], reference: Any) -> dict[str, Any]:
    if not isinstance(reference, str) or not reference.startswith("#/"):
        raise NotPlain
    found: Any = root
    for part in reference[2:].split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, dict) or name not in found:
            raise NotPlain
        found = found[name]
    if not isinstance(found, dict):
        raise NotPlain
    return found


def _is_wrapper(raw: dict[str, Any], word: str) -> bool:
    inner = raw.get(word)
    return isinstance(inner, list) and len(inner) == 1 and isinstance(inner[0], dict)


def _without(raw: dict[str, Any], word: str) -> dict[str, Any]:
    return {key: value for key, value in raw.items() if key != word}
