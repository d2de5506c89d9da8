"""The keys of triage: what they ask before they act, and on which items."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from typing import Any, ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.screen import Screen

from hitl_tui.inbox import Inbox
from hitl_tui.inbox.filters import Filter, Sort
from hitl_tui.inbox.views import Item
from hitl_tui.tui.marks import names_of
from hitl_tui.tui.messages import LaterAsked, LeaveAnswer
from hitl_tui.tui.moments import moment_of, wrong_moment
from hitl_tui.tui.screens.confirm import ConfirmScreen
from hitl_tui.tui.screens.filters import FilterScreen
from hitl_tui.tui.screens.line_prompt import LinePrompt
from hitl_tui.tui.shelves import Shelves
from hitl_tui.tui.sizes import TOO_SMALL, is_readable
from hitl_tui.tui.triage import Triage, batch_question, refusal_words, to_try_again
from hitl_tui.tui.undo_line import UndoLine
from hitl_tui.tui.widgets.footer_line import FooterLine
from hitl_tui.tui.widgets.inbox_list import InboxList

_PRIORITIES = range(-9, 10)


class TriageKeys(Screen[None]):
    """A screen with a list whose items can be put in order, one or all that are marked."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("z", "snooze", "snooze", id="inbox.snooze", tooltip="Put aside for a while, or bring back"),
        Binding("c", "claim", "claim", show=False, id="inbox.claim", tooltip="Take it yourself, or give it back"),
        Binding("A", "assign", "assign", show=False, id="inbox.assign", tooltip="Give it to somebody"),
        Binding("E", "escalate", "escalate", show=False, id="inbox.escalate", tooltip="Escalate it to somebody"),
        Binding("p", "prioritise", "priority", show=False, id="inbox.priority", tooltip="Say how urgent it is"),
        Binding("N", "note", "note", show=False, id="inbox.note", tooltip="Leave a note on the thread"),
        Binding("l", "filter", "filter", id="inbox.filter", tooltip="Show only some: type, risk, whose, age, graph"),
        Binding("L", "unfilter", "all", show=False, id="inbox.unfilter", tooltip="Show all of this shelf again"),
        Binding("y", "copy_id", "copy", show=False, id="inbox.copy", tooltip="Copy the thread's id"),
        Binding("Y", "copy_payload", "copy", show=False, id="inbox.copy_all", tooltip="Copy the request as JSON"),
        Binding("O", "oldest", "oldest", show=False, id="inbox.oldest", tooltip="Go to the oldest item"),
        Binding("D", "next_due", "due", show=False, id="inbox.next_due", tooltip="Go to the next due"),
    ]

    _inbox: Inbox
    _list: InboxList
    _footer: FooterLine
    _shelves: Shelves
    _undo_line: UndoLine
    _triage: Triage
    _actor: str
    _now: Callable[[], datetime]
    _undo_seconds: float

    @abstractmethod
    def guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` beside the screen, and say what goes wrong."""

    @abstractmethod
    def acting(self, act: Coroutine[Any, Any, bool | None]) -> None:
        """As `guarded`, for what changes something: leaving waits for it."""

    @abstractmethod
    def refuses(self, item: Item) -> bool:
        """Whether a key that acts at once comes before the reviewer can have seen the item; says so."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Nothing is put aside where nothing is listed."""
        if action == "snooze" and not self._list.total:
            return False
        return super().check_action(action, parameters)

    @on(InboxList.MarksTold)
    def _marks_told(self, event: InboxList.MarksTold) -> None:
        self._footer.say(event.words)

    def chosen(self) -> list[Item]:
        """The marked items, else the one under the cursor, if the reviewer can have seen it."""
        if self._list.marks:
            return self._list.marks.items
        item = self._list.selected
        if item is None:
            self._footer.say("nothing is selected")
        return [item] if item is not None and not self.refuses(item) else []

    def decide_marked(self, action: str) -> None:
        """Ask once, with count and ids, then decide all marked approvals in this way."""
        marked = self._list.marks.items
        fit = [item for item in marked if item.type == "approval" and item.is_plain]
        if not fit:
            self._footer.say("nothing decided: none of the marked items is a plain approval; read them one by one")
            return
        question, explanation = batch_question(action, fit, len(marked) - len(fit))
        confirm = ConfirmScreen(question, explanation, yes=f"{action} all {len(fit)}")
        if action == "approve":
            self.app.push_screen(confirm, lambda sure: self._decide_all(fit, action, None) if sure else None)
            return

        def with_reason(why: str | None) -> None:
            if why is not None and not is_readable(self.app.size):
                self._footer.say(TOO_SMALL, error=True)
            elif why is not None:
                self._decide_all(fit, action, {"reason": why} if why else None)

        prompt = LinePrompt(question, explanation, lambda _: "", done="reject them with this reason")
        self.app.push_screen(prompt, with_reason)

    def _decide_all(self, items: Sequence[Item], action: str, data: dict[str, Any] | None) -> None:
        self.acting(self._decide_each(items, action, data))

    async def _decide_each(self, items: Sequence[Item], action: str, data: dict[str, Any] | None) -> bool:
        hold = self._undo_seconds
        marked = self._take_marks(items)
        stored, refused = await self._triage.decide(items, action, data, hold)
        again = to_try_again(refused)
        self._list.mark([item for item in marked if item in again])
        if hold and stored:
            self._undo_line.hold_all(stored, refusal_words(refused))
        await self._shelves.read_again()
        return not again

    def action_snooze(self) -> None:
        chosen = self.chosen()
        items = [item for item in chosen if item.request_id is not None]
        if not chosen:
            return
        if not items:
            self._footer.say("nothing to put aside: the thread asks nothing")
        elif all(item.snoozed_until is not None for item in items):
            self._act(items, self._triage.snooze(items, None, self._now()))
        else:
            self._ask_until(items)

    @on(LaterAsked)
    def _later_asked(self, event: LaterAsked) -> None:
        """The reviewer paused the batch that is shown: it leaves their hands, and stays pending (row 92)."""
        item = self._list.selected
        if item is None or item.request_id != event.request_id:
            # It stays before their eyes when it has left the list: another item is under the cursor.
            self._footer.say("not put aside: the request is no longer on the list")
            return
        self.post_message(LeaveAnswer())
        self._ask_until([item])

    def _ask_until(self, items: Sequence[Item]) -> None:
        prompt = LinePrompt(
            f"Put {_named(items)} aside until",
            _hint(items, "30m, 4h, 2d, or a time such as 14:30, tomorrow, monday; its deadline goes on"),
            lambda line: wrong_moment(line, self._now()),
            value="1h",
            done="put aside",
        )
        self.app.push_screen(prompt, lambda line: self._snoozed(items, line))

    def _snoozed(self, items: Sequence[Item], line: str | None) -> None:
        if line is not None:
            now = self._now()
            self._act(items, self._triage.snooze(items, moment_of(line, now), now))

    def action_claim(self) -> None:
        items = self.chosen()
        who = None if all(item.assignee == self._actor for item in items) else self._actor
        self._act(items, self._triage.assign(items, who))

    def action_assign(self) -> None:
        self._give(escalate=False)

    def action_escalate(self) -> None:
        self._give(escalate=True)

    def _give(self, *, escalate: bool) -> None:
        items = self.chosen()
        if not items:
            return
        verb = "Escalate" if escalate else "Give"
        prompt = LinePrompt(
            f"{verb} {_named(items)} to",
            _hint(items, "a person or a role; anybody can still answer"),
            lambda line: "" if line.strip() else "name somebody",
            value="" if escalate else items[0].assignee or "",
            done=verb.lower(),
        )

        def given(line: str | None) -> None:
            if line is not None:
                self._act(items, self._triage.assign(items, line.strip(), escalate=escalate))

        self.app.push_screen(prompt, given)

    def action_prioritise(self) -> None:
        items = self.chosen()
        if not items:
            return
        prompt = LinePrompt(
            f"Priority of {_named(items)}",
            _hint(items, f"{_PRIORITIES[0]} to {_PRIORITIES[-1]}: 0 is normal, a higher one comes first"),
            lambda line: (
                "" if _number(line) in _PRIORITIES else f"a whole number, {_PRIORITIES[0]} to {_PRIORITIES[-1]}"
            ),
            value=str(items[0].priority),
            done="set it",
        )

        def given(line: str | None) -> None:
            if line is not None and (number := _number(line)) is not None:
                self._act(items, self._triage.prioritise(items, number))

        self.app.push_screen(prompt, given)

    def action_note(self) -> None:
        items = self.chosen()
        if not items:
            return
        prompt = LinePrompt(
            f"Note on {_named(items)}",
            _hint(items, "for whoever looks at it next"),
            lambda line: "" if line.strip() else "write something",
            done="leave it",
        )
        self.app.push_screen(
            prompt, lambda line: self._act(items, self._triage.note(items, line)) if line is not None else None
        )

    def action_filter(self) -> None:
        self.guarded(self._ask_filter())

    async def _ask_filter(self) -> None:
        screen = FilterScreen(self._list.which, self._actor, await self._inbox.graph_names())
        self.app.push_screen(screen, lambda which: self._filtered(which) if which is not None else None)

    def _filtered(self, which: Filter) -> None:
        self.guarded(self._shelves.show_only(which, self._list.sort))

    def action_unfilter(self) -> None:
        which = self._list.which
        if which == Filter(shelf=which.shelf):
            self._footer.say(f"all of '{which.shelf}' is shown already")
        else:
            self._filtered(Filter(shelf=which.shelf))

    def action_copy_id(self) -> None:
        if (item := self._list.selected) is not None:
            self.app.copy_to_clipboard(item.thread_id)
            self._footer.say(f"copied {item.thread_id}")

    def action_copy_payload(self) -> None:
        if (item := self._list.selected) is not None:
            self.guarded(self._copy_payload(item))

    async def _copy_payload(self, item: Item) -> None:
        view = await self._inbox.thread(item.thread_id)
        request = next((one for one in view.pending if one.request_id == item.request_id), None)
        if request is None:
            self._footer.say("the thread asks nothing: there is no request to copy")
            return
        self.app.copy_to_clipboard(request.as_json())
        self._footer.say(f"copied the request of {item.thread_id} as JSON")

    def action_oldest(self) -> None:
        self.guarded(self._go_to_first("age", "the oldest"))

    def action_next_due(self) -> None:
        self.guarded(self._go_to_first("due", "the next due"))

    async def _go_to_first(self, sort: Sort, words: str) -> None:
        page = await self._inbox.list(self._list.which, sort=sort, limit=1)
        if page.items and await self._list.select(page.items[0].key):
            self._footer.say(f"{words}: {page.items[0].thread_id}")
        else:
            self._footer.say("nothing is listed")

    def _act(self, items: Sequence[Item], work: Coroutine[Any, Any, list[Item]]) -> None:
        async def act() -> bool:
            marked = self._take_marks(items)
            again = await work
            self._list.mark([item for item in marked if item in again])
            await self._shelves.read_again()
            return not again

        if items:
            self.acting(act())
        else:
            work.close()

    def _take_marks(self, items: Sequence[Item]) -> list[Item]:
        """Take the marks off what is acted on, and say which had one: what is to be tried again gets it back."""
        marked = [item for item in items if item.key in self._list.marks]
        self._list.unmark(marked)
        return marked


def _named(items: Sequence[Item]) -> str:
    return items[0].thread_id if len(items) == 1 else f"{len(items)} items"


def _hint(items: Sequence[Item], words: str) -> str:
    """What can be answered, under the ids where the title only counts them."""
    return words if len(items) == 1 else f"{names_of(items)}\n{words}"


def _number(line: str) -> int | None:
    try:
        return int(line)
    except ValueError:
        return None
