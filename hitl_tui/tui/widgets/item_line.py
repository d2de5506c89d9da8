"""One row of the inbox as pieces of text: cursor, mark, type, what is asked, how urgent, whose, risk, time. Pure."""

from __future__ import annotations

from datetime import datetime

from rich.cells import cell_len, set_cell_size

from hitl_tui.inbox.views import Item
from hitl_tui.model.session_code import session_class
from hitl_tui.safe_text import one_line, visible
from hitl_tui.tui.time_left import age, is_overdue, time_left
from hitl_tui.tui.wrapping import cut

TYPE_LETTERS = {"approval": "A", "edit": "E", "choice": "C", "text_input": "T", "conversation": "…"}
STATUS_GLYPHS = {
    "ready": "○",
    "running": "◐",
    "paused": "‖",
    "completed": "✓",
    "failed": "×",
    "cancelled": "–",
    "timed_out": "◷",
}
_TIME_CELLS = 7
_WHERE_CELLS = 7
"""The column of graph and thread id, so that two rows with one prompt can be told apart."""
_WHERE_CELLS_WIDE = 28
_WIDE_ROOM = 56
_WHOSE_CELLS = 10
_LEAST_TITLE = 24
"""Cells that a title keeps when priority and name stand beside it."""

Piece = tuple[str, str]
"""A text and the name of its style: empty, `muted`, `letter`, `risk`, `overdue`, `failed`."""


def item_line(item: Item, width: int, now: datetime, *, cursor: bool, marked: bool = False) -> list[Piece]:
    """The pieces of a row, exactly `width` cells together."""
    sign = TYPE_LETTERS.get(item.type, "?") if item.type else STATUS_GLYPHS.get(item.status, "?")
    failed = item.status in ("failed", "timed_out")
    head: list[Piece] = [
        ("▌" if cursor else " ", "cursor"),
        ("✓" if marked else " ", "cursor"),
        (sign, "failed" if failed else "letter"),
        ("  ", ""),
    ]
    risk: Piece = (" ▲", "risk") if item.risk else ("  ", "")
    words, time_style = _time(item, now)
    tail: list[Piece] = [risk, (words.rjust(_TIME_CELLS), time_style), (" ", "")]
    room = max(width - _cells(head) - _cells(tail), 0)
    return [*head, *_title(item, room), *tail]


def placeholder_line(width: int, *, cursor: bool) -> list[Piece]:
    """A row that is not loaded yet."""
    return [("▌" if cursor else " ", "cursor"), (set_cell_size("    ⋯", width - 1), "muted")]


def _title(item: Item, room: int) -> list[Piece]:
    title, where = _words(item)
    column = min(_WHERE_CELLS_WIDE, room // 3) if room >= _WIDE_ROOM else _WHERE_CELLS
    if room < 4 * _WHERE_CELLS:
        return [(set_cell_size(cut(title, room), room), "")]
    rest = room - column - 2
    tags = [f"{item.priority:+d}"] if item.priority else []
    tags += [cut(f"@{one_line(item.assignee)}", _WHOSE_CELLS)] if item.assignee else []
    while tags and rest - sum(cell_len(tag) + 1 for tag in tags) < _LEAST_TITLE:
        tags.pop()
    rest -= sum(cell_len(tag) + 1 for tag in tags)
    return [
        (set_cell_size(cut(title, rest), rest), ""),
        *((f" {tag}", "muted") for tag in tags),
        ("  ", ""),
        (set_cell_size(_cut_front(where, column), column), "muted"),
    ]


def _words(item: Item) -> tuple[str, str]:
    """What stands out, and what tells the row from another one like it."""
    graph, node, thread = visible(item.graph), visible(item.node or ""), visible(item.thread_id)
    if item.request_id is not None:
        # An id that was made up begins with the graph's name.
        named = thread.replace("-", "").startswith(graph.replace(" ", "").lower())
        return one_line(item.prompt or "") or f"{graph} · {node}", thread if named else f"{graph} · {thread}"
    title = " · ".join(part for part in (graph, node) if part)
    if item.blocked:
        why = "code not trusted" if session_class(item.blocked) is None else "waits for its Python session"
        return f"{title}  blocked: {why}", thread
    if item.error:
        return f"{title}  {one_line(item.error)}", thread
    return f"{title}  {item.status.replace('_', ' ')}", thread


def _time(item: Item, now: datetime) -> Piece:
    if item.snoozed_until is not None and item.snoozed_until > now:
        return f"z {time_left(item.snoozed_until, now)}", "muted"
    if is_overdue(item.due_at, now):
        return time_left(item.due_at, now), "overdue"
    if item.due_at is not None and item.reminded_at is not None:
        return f"! {time_left(item.due_at, now)}", "risk"
    if item.due_at is not None:
        return time_left(item.due_at, now), ""
    return age(item.updated_at if item.request_id is None else item.created_at, now), "muted"


def _cut_front(text: str, room: int) -> str:
    """The end of `text`: ids of one graph differ there."""
    if cell_len(text) <= room:
        return text
    kept = text[-(room - 1) :]
    while cell_len(kept) > room - 1:
        kept = kept[1:]
    return "…" + kept


def _cells(pieces: list[Piece]) -> int:
    return sum(cell_len(text) for text, _ in pieces)
