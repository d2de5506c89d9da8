"""YAML as a tree of nodes that know their lines: safe, bounded, and without YAML 1.1's surprises.

Only `true` and `false` are booleans (YAML 1.2's core schema), so that `no`, `on`, `yes`, `12:30` and dates are the
texts that they look like. Nothing is ever constructed from a tag, a key that occurs twice is an error, and what
aliases may unfold to is limited.
"""

from __future__ import annotations

import math
import re
from typing import Any

import yaml

from hitl_tui.graphs.findings import Notes
from hitl_tui.graphs.names import closest
from hitl_tui.graphs.reading import joined
from hitl_tui.safe_text import is_text

_MOST_VALUES = 50_000
_DEEPEST = 60
_PREFIX = "tag:yaml.org,2002:"
_SCALARS = {
    "null": re.compile(r"~|null|Null|NULL|"),
    "bool": re.compile(r"true|True|TRUE|false|False|FALSE"),
    "int": re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+"),
    "float": re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)"),
}
_INDICATORS = {"null": "~nN", "bool": "tTfF", "int": "-+0123456789", "float": "-+.0123456789"}


class _CoreLoader(yaml.SafeLoader):
    """Composes nodes with the scalar types of YAML 1.2's core schema; its constructor is never used."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 - PyYAML's own class attribute


for _kind, _pattern in _SCALARS.items():
    _CoreLoader.add_implicit_resolver(
        _PREFIX + _kind, re.compile(rf"(?:{_pattern.pattern})$"), [*_INDICATORS[_kind], *([""] * (_kind == "null"))]
    )


class Unreadable(ValueError):
    """A value of the tree cannot be used; `line` counts from 1."""

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


def compose(text: str, notes: Notes) -> yaml.Node | None:
    """The document's root node, or None after an error in `notes`."""
    try:
        root = yaml.compose(text, Loader=_CoreLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        notes.error(mark.line + 1 if mark else 0, f"not valid YAML: {_explained(error)}")
        return None
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, int(error.position)) + 1
        notes.error(line, f"the character U+{ord(text[error.position]):04X} is not allowed in YAML; remove it")
        return None
    except (RecursionError, ValueError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        notes.error(0, f"not valid YAML: {reason}")
        return None
    if root is None:
        notes.error(0, "the file holds only comments; `hitl schema` and docs/graphs.md describe the format")
    return root


def line_of(node: yaml.Node) -> int:
    """The line on which the node begins, from 1."""
    return int(node.start_mark.line) + 1


def is_null(node: yaml.Node) -> bool:
    """Whether nothing was written there, or `~` or `null`."""
    return isinstance(node, yaml.ScalarNode) and node.tag == _PREFIX + "null"


def text_of(node: yaml.Node, what: str) -> str:
    """A scalar exactly as it is written, so that `1.10`, `no` and `007` keep their form; `what` names it in errors."""
    _check_tag(node)
    if not isinstance(node, yaml.ScalarNode):
        kind = "a list" if isinstance(node, yaml.SequenceNode) else "a mapping"
        flow = getattr(node, "flow_style", False)
        brace = "; a text that begins with a brace or bracket needs quotes" if flow else ""
        raise Unreadable(line_of(node), f"{what} must be a text, not {kind}{brace}")
    text = joined(str(node.value))
    if not is_text(text):
        raise Unreadable(line_of(node), f"{what} holds half of a surrogate pair, which no terminal can show")
    return text


def texts_of(node: yaml.Node, what: str) -> list[str]:
    """A text, or a list of texts."""
    if is_null(node):
        return []
    if isinstance(node, yaml.SequenceNode):
        return [text_of(item, f"each item of {what}") for item in node.value]
    return [text_of(node, what)]


def entries_of(node: yaml.Node, what: str, notes: Notes, *, graph: str = "") -> dict[str, tuple[yaml.Node, yaml.Node]]:
    """A mapping's key and value nodes by key text; a key that occurs twice is an error, and the first one counts."""
    if not isinstance(node, yaml.MappingNode):
        kind = "a list" if isinstance(node, yaml.SequenceNode) else "a text"
        raise Unreadable(line_of(node), f"{what} must be a mapping (name: value), not {kind}")
    _check_tag(node)
    entries: dict[str, tuple[yaml.Node, yaml.Node]] = {}
    for key_node, value_node in node.value:
        key = text_of(key_node, f"a key of {what}").strip()
        if key == "<<" and key_node.style is None:
            raise Unreadable(line_of(key_node), "merge keys (<<) are not supported; write the keys out")
        if key in entries:
            first = line_of(entries[key][0])
            notes.error(line_of(key_node), f"'{key}' is there twice in {what}; first on line {first}", graph=graph)
            continue
        entries[key] = (key_node, value_node)
    return entries


def unknown_key(key: str, known: tuple[str, ...], what: str) -> str:
    """The error for a key that the format does not have."""
    near = closest(key, known)
    return f"{what} has no key '{key}'; {near or 'known: ' + ', '.join(known)}"


def plain(node: yaml.Node, what: str) -> Any:
    """The node as dicts, lists, texts, numbers, booleans and None; raises `Unreadable` when it is too much."""
    return _Plain(what).value(node, 0)


class _Plain:
    """Turns nodes into values, counting them: ten aliases of ten aliases … are ten billion values."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._left = _MOST_VALUES

    def value(self, node: yaml.Node, depth: int) -> Any:
        self._left -= 1
        if self._left < 0:
            raise Unreadable(line_of(node), f"{self._what} unfolds to more than {_MOST_VALUES} values")
        if depth > _DEEPEST:
            raise Unreadable(line_of(node), f"{self._what} is nested more than {_DEEPEST} levels deep")
        _check_tag(node)
        if isinstance(node, yaml.SequenceNode):
            return [self.value(item, depth + 1) for item in node.value]
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, depth)
        return _scalar(node, self._what)

    def _mapping(self, node: yaml.MappingNode, depth: int) -> dict[str, Any]:
        mapping: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = text_of(key_node, f"a key of {self._what}")
            if key in mapping:
                raise Unreadable(line_of(key_node), f"'{key}' is there twice in {self._what}")
            mapping[key] = self.value(value_node, depth + 1)
        return mapping


def _scalar(node: yaml.Node, what: str) -> Any:
    text = text_of(node, what)
    kind = node.tag.removeprefix(_PREFIX)
    if kind == "str":
        return text
    if not _SCALARS[kind].fullmatch(text):
        raise Unreadable(line_of(node), f"'{text[:40]}' is no YAML {kind}")
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    return _number(node, text, kind)


def _number(node: yaml.Node, text: str, kind: str) -> int | float:
    try:
        if kind == "float":
            number = float(text.replace(".inf", "inf").replace(".nan", "nan"))
        else:
            return int(text, 0) if text[:2] in ("0x", "0o") else int(text)
    except ValueError:
        raise Unreadable(line_of(node), f"'{text[:40]}' is no usable number; put it in quotes") from None
    if not math.isfinite(number):
        raise Unreadable(line_of(node), f"'{text[:40]}' is no number that can be stored; put it in quotes")
    return number


def _check_tag(node: yaml.Node) -> None:
    kinds = {*_SCALARS, "str"} if isinstance(node, yaml.ScalarNode) else {"map", "seq"}
    if node.tag.removeprefix(_PREFIX) not in kinds or not node.tag.startswith(_PREFIX):
        raise Unreadable(line_of(node), f"the tag {node.tag[:60]} is not allowed; workflow files hold plain data only")


def _explained(error: yaml.MarkedYAMLError) -> str:
    problem = str(error.problem or error.context or "it cannot be read")
    if "cannot start any token" in problem:
        problem = problem.replace("'\\t'", "a tab")
        problem += "; indent with spaces, and quote a text that begins with a special character"
    if "mapping values are not allowed" in problem:
        problem += "; a text with a colon and a space in it needs quotes"
    if "expected a single document" in str(error.context or problem):
        problem = "a second document begins here; use one file for each, or `graphs:` for several graphs"
    return problem
