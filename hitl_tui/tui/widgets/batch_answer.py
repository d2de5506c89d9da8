"""The answer to a batch: a table of its items, exceptions by a key, and each item by itself for who wants (row 92)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Static

from hitl_tui.inbox.views import PendingView
from hitl_tui.model import batch
from hitl_tui.tui.batch_columns import common_words, fields_of
from hitl_tui.tui.batch_decisions import Decisions
from hitl_tui.tui.messages import LaterAsked
from hitl_tui.tui.widgets.answer import Answer, room
from hitl_tui.tui.widgets.batch_table import BatchTable
from hitl_tui.tui.widgets.context_view import context_lines
from hitl_tui.tui.widgets.line_input import LineInput
from hitl_tui.tui.widgets.lines import LinesView


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the reviewer is about to do: to the batch, or (`row`) to one item; a reason may go with it."""

    word: str
    row: int | None = None


class ItemView(LinesView):
    """One item whole, every value of it."""


class Confirm(Horizontal, can_focus=True):
    """The line that asks before a whole batch is decided."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "yes", "Confirm", show=False, id="batch.confirm", tooltip="Decide the batch as the line says"),
    ]

    @dataclass
    class Yes(Message):
        """Enter was pressed on it."""

    def action_yes(self) -> None:
        self.post_message(self.Yes())


class BatchAnswer(Answer):
    """Nothing is decided before a line has said how many items get which decision, and Enter was pressed on it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "say('approve')", "Approve", show=False, id="batch.approve", tooltip="Approve all not left out"),
        Binding("r", "say('reject')", "Reject", show=False, id="batch.reject", tooltip="Reject the batch, or the item"),
        Binding("n,right", "step(1)", "Next item", show=False, id="batch.next_item", tooltip="The next item, opened"),
        Binding("p,left", "step(-1)", "Previous item", show=False, id="batch.previous_item"),
        *(
            Binding(str(number), f"option({number})", option, show=False, id=f"batch.option_{number}")
            for number, option in enumerate(batch.OPTIONS, 1)
        ),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._items: list[Any] = []
        self._decisions = Decisions(0)
        self._common = Static(classes="batch--common", markup=False)
        self._heading = Static(classes="batch--heading", markup=False)
        self._table = BatchTable()
        self._item = ItemView(classes="batch--item")
        self._bar = Static(classes="batch--bar", markup=False)
        self._label = Static(classes="batch--label", markup=False)
        self._reason = LineInput(compact=True, select_on_focus=False, classes="approval--reason")
        self._confirm = Confirm(classes="batch--confirm")
        self._open: int | None = None
        self._asked: _Asked | None = None

    def fields(self) -> ComposeResult:
        yield self._common
        yield self._heading
        yield self._table
        yield self._item
        yield self._bar
        yield self._label
        with self._confirm:
            yield self._reason

    @property
    def field(self) -> Widget:
        if self._asked is not None:
            return self._reason if self._reason.display else self._confirm
        return self._item if self._open is not None else self._table

    @property
    def table(self) -> BatchTable:
        """The items."""
        return self._table

    @property
    def opened(self) -> int | None:
        """The item that is open, from 0; None while the table is shown."""
        return self._open

    @property
    def decided(self) -> dict[int, str]:
        """What is said about the items so far, from 0."""
        return dict(self._decisions.words)

    def load(self, request: PendingView, draft: Any = None) -> None:
        super().load(request, draft)
        kept = draft if isinstance(draft, dict) else {}
        self._items = batch.items_of(request.type, request.context, request.options, request.schema) or []
        self._decisions = Decisions.from_draft(len(self._items), kept)
        self._open = self._asked = None
        self._table.show_items(self._items, kept.get("cursor", 0))
        self._common.update(Content(common_words(self._table.table, len(self._items))))
        self._common.display = bool(self._table.table.common)
        self._arrange()

    def fit(self, height: int) -> None:
        self._table.styles.max_height = room(height, rest=9)
        self._item.styles.height = room(height, rest=6)

    def draft(self) -> Any:
        kept = self._decisions.draft()
        return None if kept is None else {**kept, "cursor": self._table.cursor}

    def decide_key(self, action: str) -> None:
        """A decision key from the list: asks, and decides nothing yet."""
        if action.isdecimal():
            self.action_option(int(action))
        elif action in ("approve", "reject"):
            self.action_say(action)

    def close_reason(self) -> bool:
        """Go one step back: from the line that asks, or from the open item; False where the table is shown."""
        if self._asked is None and self._open is None:
            return False
        if self._asked is not None:
            self._asked = None
        else:
            self._close_item()
        self._arrange(focus=True)
        return True

    def submit(self) -> None:
        """Submit the decisions once every item has one; on the line that asks, what it says."""
        if self._asked is not None:
            self._carry_out()
            return
        said = self._decisions
        if said.left:
            opens, approve = self.key("batch.open", "enter"), self._key("approve")
            ways = f"{opens} opens them one by one, {approve} approves all not left out."
            self.say(f"{said.left} of {said.count} items have no decision yet: {ways}")
        elif self._reason_required and said.without_reason("approve"):
            self._ask(_Asked("approve" if "approve" in said.words.values() else "reject"))
        else:
            self.give(*said.one_by_one(self.request.type))

    def action_say(self, word: str) -> None:
        """Say a word about the open item, else ask whether to say it about the batch."""
        if self._asked is not None:
            return
        if self._open is None:
            self._ask(_Asked(word))
        elif word == "reject":
            self._ask(_Asked(word, self._open))
        else:
            self._decide_item(self._open, word, "")

    def action_option(self, number: int) -> None:
        """One of the four options of a batch that is a choice (row 89)."""
        if not self._is_choice or self._asked is not None:
            return
        if number == batch.LATER:
            self.post_message(LaterAsked(self.request.request_id))
        elif number == batch.ONE_BY_ONE:
            self._open_item(self._decisions.next_open(self._table.cursor))
        else:
            self._close_item()
            self._ask(_Asked("approve" if number == batch.APPROVE_ALL else "reject"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys of the open item go to the screen while the table is shown, and all while a line is written."""
        if action == "step":
            return self._open is not None and self._asked is None
        if action == "option":
            return self._is_choice
        return True

    def action_step(self, by: int) -> None:
        if self._open is not None and self._asked is None:
            self._open_item(min(max(self._open + by, 0), len(self._items) - 1))

    @on(BatchTable.Excepted)
    def _excepted(self, event: BatchTable.Excepted) -> None:
        event.stop()
        self._decisions.toggle(event.number)
        self._arrange()

    @on(BatchTable.Opened)
    def _opened(self, event: BatchTable.Opened) -> None:
        event.stop()
        if self._asked is None:
            self._open_item(event.number)

    @on(BatchTable.Arranged)
    def _arranged(self, event: BatchTable.Arranged) -> None:
        event.stop()
        self._heading.update(Content(event.heading))

    @on(Confirm.Yes)
    @on(Input.Submitted)
    def _confirmed(self, event: Message) -> None:
        event.stop()
        self._carry_out()

    @property
    def _is_choice(self) -> bool:
        return self._request is not None and self._request.type == "choice"

    @property
    def _reason_required(self) -> bool:
        return self.request.require_reason

    def _open_item(self, row: int) -> None:
        self.say("")
        self._open = row
        self._table.move_to(row)
        self._item.show_lines(context_lines(fields_of(self._items[row]), whole=True))
        self._item.scroll_to(y=0, animate=False)
        self._arrange(focus=True)

    def _close_item(self) -> None:
        self._open = None

    def _decide_item(self, row: int, word: str, reason: str) -> None:
        """Keep a decision on one item, and open the next one that has none."""
        self._decisions.decide(row, word, reason)
        if self._decisions.left:
            self._open_item(self._decisions.next_open(row))
            return
        self._close_item()
        self._arrange(focus=True)
        submit, change = self.key("detail.submit", "ctrl+s"), self.key("batch.except", "space")
        self.say(f"Every item is decided: {self._decisions.counted}. {submit} submits, {change} changes one.")

    def _ask(self, asked: _Asked) -> None:
        allowed = self.request.allowed
        if not self._is_choice and asked.row is None and asked.word not in allowed:
            self.say(f"This request does not allow to {asked.word}.", error=True)
            return
        if asked.row is None and asked.word == "approve" and len(self._decisions.rejected) == len(self._items):
            self.say(f"Every item is left out: {self._key('reject')} rejects the batch.", error=True)
            return
        self.say("")
        self._asked = asked
        self._reason.write(self._decisions.reasons.get(asked.row, "") if asked.row is not None else "")
        self._arrange(focus=True)

    def _carry_out(self) -> None:
        """Do what the line says, unless a reason is missing."""
        asked = self._asked
        if asked is None:
            return
        reason = self._reason.value.strip() if self._reason.display else ""
        needed = asked.row is not None or self._decisions.without_reason(asked.word)
        if self._reason_required and not reason and needed:
            leave = self.key("detail.leave", "esc")
            self.say(f"This rejection needs a reason. Type one, or press {leave} to decide nothing.", error=True)
            return
        self._asked = None
        if asked.row is not None:
            self._decide_item(asked.row, "reject", reason)
            return
        self._arrange(focus=True)
        self.give(*self._decisions.answer(self.request.type, asked.word, reason))

    def _arrange(self, *, focus: bool = False) -> None:
        """Show the parts that belong to the moment."""
        opened, asked = self._open is not None, self._asked
        self._heading.display = self._table.display = not opened
        self._common.display = not opened and bool(self._table.table.common)
        self._item.display = opened
        self._table.show_decisions(self._decisions.words)
        self._confirm.display = self._label.display = asked is not None
        self._bar.display = asked is None
        if asked is None:
            self._bar.update(self._offer())
        else:
            question = self._decisions.question(
                asked.word,
                asked.row,
                reason_required=self._reason_required,
                confirm=self.key("batch.confirm", "enter"),
                leave=self.key("detail.leave", "esc"),
            )
            self._label.update(Content(question))
            self._reason.display = asked.word == "reject" or bool(self._decisions.rejected)
        self._show_keys()
        if focus:
            # At once: a key that comes before the next refresh may leave the request, and the focus must not come back.
            self.screen.set_focus(self.field)

    def _offer(self) -> Content:
        """What can be decided here, in words; the open item's place stands before it."""
        if self._open is not None:
            word = {None: "no decision yet", "approve": "✓ approved", "reject": "✗ rejected"}[
                self._decisions.words.get(self._open)
            ]
            place = f"item {self._open + 1} of {len(self._items)}: {word}   "
            return Content.assemble(
                (place, "$foreground 60%"),
                *_keys([(self._key(word), f"{word.capitalize()} item") for word in ("approve", "reject")]),
            )
        if self._is_choice:
            return Content.assemble(*_keys([(str(n), option) for n, option in enumerate(batch.OPTIONS, 1)]))
        words = {"approve": "Approve all…", "reject": "Reject all…"}
        if left_out := len(self._decisions.rejected):
            words["approve"] = f"Approve all but {left_out}…"
        return Content.assemble(
            *_keys([(self._key(word), words[word]) for word in self.request.allowed if word in words])
        )

    def _key(self, word: str) -> str:
        return self.key(f"batch.{word}", word[0])

    def _show_keys(self) -> None:
        leave = self.key("detail.leave", "esc")
        if self._asked is not None:
            self.show_keys((self.key("batch.confirm", "enter"), "confirm"), (leave, "decide nothing"))
        elif self._open is not None:
            steps = f"{self.key('batch.next_item', 'n')}/{self.key('batch.previous_item', 'p')}"
            rolls = f"{self.key('detail.scroll_down', 'j')}/{self.key('detail.scroll_up', 'k')}"
            self.show_keys((steps, "next, previous"), (rolls, "scroll"), (leave, "table"))
        else:
            said = "submit when all decided" if self._decisions.left else f"submit ({self._decisions.counted})"
            self.show_keys(
                (self.key("batch.except", "space"), "leave out"),
                (self.key("batch.open", "enter"), "one by one"),
                (self.key("detail.submit", "ctrl+s"), said),
                (leave, "list"),
            )


def _keys(pairs: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """Keys and their words, two in a row where there are many: 80 columns hold no more."""
    parts: list[tuple[str, str]] = []
    for number, (key, word) in enumerate(pairs):
        before = "" if not number else "\n" if number == 2 and len(pairs) > 3 else "   "
        parts += [(before, ""), (f"[{key}]", "bold"), (f" {word}", "")]
    return parts
