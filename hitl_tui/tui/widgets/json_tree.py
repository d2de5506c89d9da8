"""JSON as a tree: every key can be reached, what is folded or cut says so, and which key opens it.

Nothing in it recurses, and only what is unfolded costs anything: a state may be deep, long and large.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from textual.binding import Binding, BindingType

from hitl_tui.safe_text import visible
from hitl_tui.tui.own_keys import key_of
from hitl_tui.tui.widgets.lines import Line, LinesView, safe_lines

_FEW = 400
"""A tree of at most so many values begins unfolded."""
_AT_ONCE = 1_000
"""Children of one value that are shown before more are asked for."""
_CUT = 300
_CUT_LINES = 8
_STEP = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """One value in its place; `key` identifies the place while the tree changes, `more` counts what is left out."""

    key: int
    depth: int
    label: str
    value: Any
    more: int = 0

    @property
    def is_folder(self) -> bool:
        """Whether there is something below it."""
        return isinstance(self.value, (dict, list)) and bool(self.value)


class JsonTree(LinesView):
    """Enter or space fold and unfold, and show a cut text whole; `*` unfolds all, `-` folds all."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "move(1)", "Next", show=False, id="tree.down", tooltip="Next line of the tree"),
        Binding("up,k", "move(-1)", "Previous", show=False, id="tree.up", tooltip="Previous line of the tree"),
        Binding("pagedown", "page(1)", "Page down", show=False, id="tree.page_down", tooltip="A page on in the tree"),
        Binding("pageup", "page(-1)", "Page up", show=False, id="tree.page_up", tooltip="A page back in the tree"),
        Binding("home", "edge(0)", "Top", show=False, id="tree.home", tooltip="First line of the tree"),
        Binding("end", "edge(-1)", "Bottom", show=False, id="tree.end", tooltip="Last line of the tree"),
        Binding("enter,space", "fold", "Unfold", show=False, id="tree.toggle", tooltip="Fold or unfold a value"),
        Binding("right", "open", "Unfold", show=False, id="tree.open", tooltip="Unfold a value"),
        Binding("left", "close", "Fold", show=False, id="tree.close", tooltip="Fold a value, or go to what holds it"),
        Binding("asterisk", "all(True)", "All", show=False, id="tree.all", tooltip="Unfold everything"),
        Binding("minus", "all(False)", "None", show=False, id="tree.none", tooltip="Fold everything"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._value: Any = {}
        self._keys: dict[tuple[int, str | int], int] = {}
        self._open: dict[int, bool] = {}
        self._shown: dict[int, int] = {}
        self._whole: set[int] = set()
        self._all = False
        self._uncut = False
        self._entries: list[Entry] = []
        self._entry_of_line: list[int] = []
        self._cursor = 0

    @property
    def entries(self) -> list[Entry]:
        """What is shown, in its order."""
        return self._entries

    @property
    def cursor(self) -> Entry | None:
        """The value under the cursor."""
        return self._entries[self._cursor] if self._entries else None

    def show(self, value: Any, *, another: bool) -> None:
        """Show a value. Unless it is `another` thing, what is unfolded, the cursor and the scroll offset stay."""
        if another:
            self._keys, self._open, self._shown, self._whole = {}, {}, {}, set()
            self._all = _count(value, _FEW) <= _FEW
            self._cursor = 0
            self.scroll_to(y=0, animate=False)
        elif value == self._value:
            return
        self._value = value
        self._arrange()

    def toggle_whole(self) -> None:
        """Show all long texts whole, or cut them again."""
        self._uncut = not self._uncut
        self._arrange()

    def is_cursor(self, index: int) -> bool:
        return self.has_focus and bool(self._entries) and self._entry_of_line[index] == self._cursor

    def on_focus(self) -> None:
        """The cursor shows where it is."""
        self.redraw()

    def on_blur(self) -> None:
        """It is drawn only where it can be moved."""
        self.redraw()

    def action_move(self, by: int) -> None:
        self._go(self._cursor + by)

    def action_page(self, by: int) -> None:
        self._go(self._cursor + by * max(self.scrollable_content_region.height - 1, 1))

    def action_edge(self, at: int) -> None:
        self._go(at % max(len(self._entries), 1))

    def action_fold(self) -> None:
        here = self.cursor
        if here is None:
            return
        if here.more:
            self._shown[here.key] = self._shown.get(here.key, _AT_ONCE) + _AT_ONCE
        elif here.is_folder:
            self._open[here.key] = not self._is_open(here)
        elif here.key in self._whole:
            self._whole.discard(here.key)
        else:
            self._whole.add(here.key)
        self._arrange()

    def action_open(self) -> None:
        here = self.cursor
        if here is not None and here.is_folder and not here.more and not self._is_open(here):
            self.action_fold()

    def action_close(self) -> None:
        here = self.cursor
        if here is None:
            return
        if here.is_folder and not here.more and self._is_open(here):
            self.action_fold()
            return
        above = range(self._cursor - 1, -1, -1)
        self._go(next((at for at in above if self._entries[at].depth < here.depth), self._cursor))

    def action_all(self, unfolded: bool) -> None:
        """Unfold or fold everything, long texts included."""
        here = self.cursor
        self._open, self._whole, self._all = {}, set(), unfolded
        self._arrange()
        self._go(next((at for at, entry in enumerate(self._entries) if here and entry.key == here.key), 0))

    def on_click(self, event: Any) -> None:
        """A click folds and unfolds."""
        index = self.line_at(event.y)
        if index is not None:
            self._go(self._entry_of_line[index])
            self.action_fold()

    def _go(self, at: int) -> None:
        self._cursor = max(0, min(at, len(self._entries) - 1))
        self.redraw()
        if self._entries:
            self.scroll_to_line(self._entry_of_line.index(self._cursor))

    def _is_open(self, entry: Entry) -> bool:
        return self._open.get(entry.key, self._all)

    def _arrange(self) -> None:
        key = self._entries[self._cursor].key if self._entries else None
        self._entries = list(self._flat())
        lines: list[Line] = []
        owners: list[int] = []
        for at, entry in enumerate(self._entries):
            if entry.key == key and not entry.more:
                self._cursor = at
            own = list(self._lines_of(entry))
            lines += own
            owners += [at] * len(own)
        self._cursor = max(0, min(self._cursor, len(self._entries) - 1))
        self._entry_of_line = owners
        self.show_lines(lines or [Line("Nothing is set.", style="muted")])
        self.redraw()

    def _flat(self) -> Iterator[Entry]:
        """The entries that are unfolded, without recursion."""
        stack = [(0, self._children(self._value), 0, -1)]
        while stack:
            parent, children, place, depth = stack.pop()
            limit = self._shown.get(parent, _AT_ONCE)
            descended = False
            while place < min(len(children), limit):
                label, value = children[place]
                place += 1
                key = self._keys.setdefault((parent, label), len(self._keys) + 1)
                shown = visible(label) if isinstance(label, str) else f"[{label}]"
                entry = Entry(key, depth + 1, shown, value)
                yield entry
                if entry.is_folder and self._is_open(entry):
                    stack += [(parent, children, place, depth), (key, self._children(value), 0, depth + 1)]
                    descended = True
                    break
            if not descended and place < len(children):
                yield Entry(parent, depth + 1, "", None, more=len(children) - place)

    def _children(self, value: Any) -> list[tuple[str | int, Any]]:
        if isinstance(value, dict):
            return list(value.items())
        if isinstance(value, list):
            return list(enumerate(value))
        return [("", value)]

    def _lines_of(self, entry: Entry) -> Iterator[Line]:
        inset = entry.depth * _STEP
        pad = " " * min(inset, 40)
        if entry.more:
            key = key_of(self.app, "tree.toggle", "enter")
            yield Line(f"… {entry.more:,} more — {key} shows the next", "accent", lead=pad, indent=len(pad) + 2)
            return
        if entry.is_folder:
            sign = "-" if self._is_open(entry) else "+"
            kind = "key" if isinstance(entry.value, dict) else "item"
            count = len(entry.value)
            words = f"{entry.label}  ({count:,} {kind}{'' if count == 1 else 's'})"
            yield Line(words, "label", lead=f"{pad}{sign} ", indent=len(pad) + 2)
            return
        label = f"{pad}  {entry.label}"
        texts, cut = self._texts(entry)
        name = Line(f"{entry.label}: {texts[0]}", lead=pad, indent=len(pad) + 2)
        yield Line(name.text, "", name.lead, "label", name.indent, marks=((0, len(entry.label) + 1, "label"),))
        for text in texts[1:]:
            yield Line(text, indent=len(pad) + 4)
        if cut:
            words = f"… {cut:,} more characters — {key_of(self.app, 'tree.toggle', 'enter')} shows all"
            yield Line(words, "accent", indent=len(label) - len(entry.label) + 2)

    def _texts(self, entry: Entry) -> tuple[list[str], int]:
        """The value's text in lines, and how many characters of it are left out."""
        value = entry.value
        if not isinstance(value, str):
            return [json.dumps(value, ensure_ascii=False, default=str)], 0
        if not value:
            return ['""'], 0
        shown = value
        if entry.key not in self._whole and not self._uncut:
            shown = "\n".join(value[:_CUT].split("\n")[:_CUT_LINES])
        return safe_lines(shown), len(value) - len(shown)


def _count(value: Any, most: int) -> int:
    """How many values there are below this one, counted up to `most` and a little."""
    count, stack = 0, [value]
    while stack and count <= most:
        item = stack.pop()
        inner = item.values() if isinstance(item, dict) else item if isinstance(item, list) else ()
        count += len(inner)
        if count <= most:
            stack.extend(inner)
    return count
