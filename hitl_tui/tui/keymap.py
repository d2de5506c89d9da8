"""Other keys for what has a key: which ids there are, and what is wrong with what `[keys]` gives them.

What has a key is found in the classes of the screen themselves, so that there is no second list to keep.
"""

from __future__ import annotations

import difflib
import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from textual.app import App
from textual.binding import Binding, BindingsMap
from textual.dom import DOMNode
from textual.screen import Screen

from hitl_tui.config.key_names import is_typed, key_list

_REQUEST = "request"
_INBOX = frozenset({"list", "search", _REQUEST})
"""The parts of the inbox's screen, of which one has the focus."""
_WITH_EDITORS = frozenset({"search", _REQUEST, "prompt", "start"})
_BESIDE = ("list", "search", "dashboard")
"""First words of the ids of widgets that are in no request."""
_SAYS = "dead."
"""Bindings of this group only say what to press instead; they follow the keys that they speak for."""
_DEEDS = ("list.approve", "list.reject", *(f"list.choose_{digit}" for digit in range(1, 10)))
_SPOKEN_FOR = (*_DEEDS, "list.open", "form.open", "form.message")

_DECIDING = tuple(name.partition(".")[2] for name in _DEEDS)
"""Deeds of the list that are the same in an opened request (`list.approve`, `detail.approve`, `batch.approve`): one key
for all, unless one has a key of its own.
"""


@dataclass(frozen=True, slots=True)
class Known:
    """Something that has a key: its id, its keys by their names, what it does, the class that has it.

    `places` are the parts of the screen, or the dialogs, where it works: things that share one must not share a key.
    """

    id: str
    keys: tuple[str, ...]
    words: str
    owner: type[DOMNode]
    places: frozenset[str]
    priority: bool

    @property
    def must_work_in_editors(self) -> bool:
        """Whether it is for editors: none of its keys is one that an editor takes for text."""
        about_editors = self.places <= _WITH_EDITORS or self.priority
        return about_editors and not any(is_typed(key) for key in self.keys)


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with the keys of one id, and what to do about it."""

    id: str
    message: str
    remedy: str


def classes_with_keys() -> list[type[DOMNode]]:
    """All classes of ours that the screen is made of."""
    import hitl_tui.tui

    for module in pkgutil.walk_packages(hitl_tui.tui.__path__, "hitl_tui.tui."):
        importlib.import_module(module.name)
    return sorted(set(_ours(DOMNode)), key=lambda kind: (kind.__module__, kind.__qualname__))


def known_keys() -> list[Known]:
    """Everything of ours that has a key and an id."""
    found = []
    for kind in classes_with_keys():
        by_id: dict[str, list[Binding]] = {}
        for _, binding in BindingsMap(kind.__dict__.get("BINDINGS", ())):
            if binding.id is not None:
                by_id.setdefault(binding.id, []).append(binding)
        for name, bindings in by_id.items():
            first = bindings[0]
            keys = tuple(binding.key for binding in bindings)
            words = first.tooltip or first.description
            found.append(Known(name, keys, words, kind, _places(kind, name), first.priority))
    return found


def keymap(wanted: Mapping[str, str], known: list[Known]) -> tuple[dict[str, str], list[Wrong]]:
    """Textual's keymap for what is right in `wanted` (keys by id), and what is wrong with the rest."""
    named = {each.id: each for each in known if not each.id.startswith(_SAYS)}
    given: dict[str, tuple[str, ...]] = {}
    wrong: list[Wrong] = []
    for name, text in wanted.items():
        keys = tuple(key_list(text))
        if name not in named:
            near = difflib.get_close_matches(name, named, n=1)
            remedy = f"did you mean {near[0]}?" if near else "`hitl config --keys` lists the ids"
            wrong.append(Wrong(name, "nothing has this id", remedy))
        elif named[name].must_work_in_editors and all(is_typed(key) for key in keys):
            message = f"an editor would take {' and '.join(keys)} for text"
            wrong.append(Wrong(name, message, "give it a key with ctrl or alt, or a function key, as well"))
        else:
            given[name] = keys
    same = {name: f"list.{deed}" for name in named if (deed := name.partition(".")[2]) in _DECIDING}
    for name, first in same.items():
        if first in given:
            given.setdefault(name, given[first])
    while clash := _clash(known, given):
        mine, other, key = clash
        message = f"{key} is already the key of {other.id} ({other.words})"
        blamed = mine.id if mine.id in wanted else same[mine.id]
        given = {
            name: keys for name, keys in given.items() if name != blamed and (name in wanted or same[name] != blamed)
        }
        wrong.append(Wrong(blamed, message, f"take another key, or give {other.id} another one"))
    for each in known:
        if each.id.startswith(_SAYS) and (given.keys() & set(_SPOKEN_FOR)):
            spoken = (given.get(name, named[name].keys) for name in _SPOKEN_FOR if name in named)
            given[each.id] = tuple(dict.fromkeys(key for keys in spoken for key in keys))
    return {name: ",".join(keys) for name, keys in given.items()}, wrong


def _clash(known: list[Known], given: Mapping[str, tuple[str, ...]]) -> tuple[Known, Known, str] | None:
    """Something with a new key that something else has in the same place, what that is, and the key."""
    for mine in known:
        if mine.id not in given:
            continue
        for other in known:
            shared = [key for key in given[mine.id] if key in given.get(other.id, other.keys)]
            if not shared or other.id == mine.id or other.id.startswith(_SAYS) or not mine.places & other.places:
                continue
            # Where they share a key by default, one is meant to come before the other.
            if not _side_by_side(mine, other) and not set(mine.keys) & set(other.keys):
                return mine, other, shared[0]
    return None


def _side_by_side(one: Known, other: Known) -> bool:
    """Whether these are widgets of which only one has the focus: two kinds of answer, say."""
    from hitl_tui.tui.widgets.detail import DetailPane

    owners = (one.owner, other.owner)
    if one.places != {_REQUEST} or other.places != {_REQUEST} or DetailPane in owners:
        return False
    return not issubclass(*owners) and not issubclass(*reversed(owners))


def _places(kind: type[DOMNode], name: str) -> frozenset[str]:
    """By the first word of the id, so that it does not matter which class of a widget has the key."""
    from hitl_tui.tui.screens.inbox import InboxScreen

    if issubclass(kind, App):
        return _INBOX | {"dashboard"}
    if issubclass(InboxScreen, kind):
        return _INBOX
    first = name.partition(".")[0]
    return frozenset({first if issubclass(kind, Screen) or first in _BESIDE else _REQUEST})


def _ours(kind: type[Any]) -> Iterator[type[Any]]:
    for below in kind.__subclasses__():
        if below.__module__.startswith("hitl_tui.tui."):
            yield below
        yield from _ours(below)
