"""The main screen: the inbox at the left, the request at the right; in a narrow terminal one of them at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextlib import aclosing
from datetime import datetime
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical

from hitl_tui.errors import HitlError, ThreadNotFound
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.views import Counts, Filter, Item, Shelf, Sort
from hitl_tui.tui.answering import Answering, Outcome, taken_words
from hitl_tui.tui.crash_log import log_defect
from hitl_tui.tui.messages import AnswerGiven, LeaveAnswer
from hitl_tui.tui.reminders import Reminders
from hitl_tui.tui.safe_keys import SafeKeys
from hitl_tui.tui.screens.picker import PickerScreen
from hitl_tui.tui.screens.thread_keys import ThreadKeys
from hitl_tui.tui.screens.triage_keys import TriageKeys
from hitl_tui.tui.triage import Triage
from hitl_tui.tui.undo_line import UndoLine
from hitl_tui.tui.undo_windows import UNDO_SECONDS
from hitl_tui.tui.widgets.banner import Banner
from hitl_tui.tui.widgets.chips import Chips
from hitl_tui.tui.widgets.detail import DetailPane
from hitl_tui.tui.widgets.empty_inbox import EmptyInbox
from hitl_tui.tui.widgets.footer_line import FooterLine
from hitl_tui.tui.widgets.header_line import HeaderLine
from hitl_tui.tui.widgets.inbox_list import InboxList
from hitl_tui.tui.widgets.key_words import instead
from hitl_tui.tui.wording import error_words

SHELVES: tuple[Shelf, ...] = ("waiting", "active", "snoozed", "failed", "done", "all")
SORTS: tuple[Sort, ...] = ("due", "age", "priority")
WIDE = 120
_STILL_SECONDS = 0.03
"""How long the cursor must rest before a request is read: a held key does not read them all."""
_COUNTS_SECONDS = 2.0
_RETRY_SECONDS = 2.0
_FIRST_PAUSE_SECONDS = 3.0
"""How long a new thread is followed to its first pause before it is shown among those that run."""


class InboxScreen(TriageKeys, ThreadKeys):
    """Lists, shows, decides. Everything it knows comes from the inbox, everything it does goes through it."""

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012 - Textual's own type
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "start", "start", id="inbox.start", tooltip="Start a workflow"),
        Binding(
            "f", "shelf", "shelf", id="inbox.shelf", tooltip="Next shelf: waiting, active, snoozed, failed, done, all"
        ),
        Binding("s", "sort", "sort", id="inbox.sort", tooltip="Next order: due, age, priority"),
        Binding("u", "undo", "undo", show=False, id="inbox.undo", tooltip="Take back the newest decision"),
        # They come here where the list or the request has no use for them: no key is dead without a word.
        Binding(
            "a,r,enter,1,2,3,4,5,6,7,8,9",
            "say_what_fits",
            "",
            show=False,
            id="dead.what_fits",
            tooltip="Say which keys fit the request",
        ),
    ]

    def __init__(
        self,
        inbox: Inbox,
        *,
        actor: str,
        now: Callable[[], datetime],
        agents: str | None = None,
        undo_seconds: float = UNDO_SECONDS,
    ) -> None:
        super().__init__()
        self._inbox = inbox
        self._actor = actor
        self._undo_seconds = undo_seconds
        self._now = now
        self._agents = agents
        self._safe = SafeKeys()
        self._moved_by_itself = False
        self._counts: Counts | None = None
        self._turn_to_detail = asyncio.Event()
        self._header = HeaderLine(actor)
        self._banner = Banner()
        self._chips = Chips()
        self._list = InboxList(inbox, now=now)
        self._empty = EmptyInbox()
        self._detail = DetailPane(now=now)
        self._footer = FooterLine()
        self._undo_line = UndoLine(inbox, self._footer)
        self._answering = Answering(inbox, self._detail, self._footer, self._undo_line, undo_seconds)
        self._reminders = Reminders(self._footer, now())
        self._triage = Triage(inbox, self._footer.say)

    @property
    def inbox_list(self) -> InboxList:
        """The list."""
        return self._list

    @property
    def detail(self) -> DetailPane:
        """The request side."""
        return self._detail

    @property
    def footer(self) -> FooterLine:
        """The last line."""
        return self._footer

    @property
    def undo_line(self) -> UndoLine:
        """What can still be taken back."""
        return self._undo_line

    @property
    def banner(self) -> Banner:
        """What goes on being wrong."""
        return self._banner

    @property
    def counts(self) -> Counts | None:
        """The header's figures as last read."""
        return self._counts

    def compose(self) -> ComposeResult:
        # The breakpoints speak only after the first layout; the first frame must be right already.
        self.add_class("-wide" if self.app.size.width >= WIDE else "-narrow")
        yield self._header
        yield self._banner
        with Horizontal(id="body"):
            with Vertical(id="side"):
                yield self._chips
                yield self._list
                yield self._empty
            yield self._detail
        yield self._footer

    def on_mount(self) -> None:
        self._list.focus()
        # The frame is painted before anything is read.
        self.call_after_refresh(self._go_live)

    def _go_live(self) -> None:
        self.guarded(self._follow_changes())
        self.guarded(self._follow_cursor())
        self.set_interval(_COUNTS_SECONDS, lambda: self.guarded(self._read_counts()))

    def guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` beside the screen; what goes wrong is said at the bottom, a defect is logged as well."""

        async def run() -> None:
            try:
                await work
            except HitlError as error:
                self._footer.say(error_words(error), error=True)
            except Exception as error:
                self._footer.say(log_defect(error), error=True)

        self.run_worker(run(), exit_on_error=False)

    async def _follow_changes(self) -> None:
        while True:
            try:
                async with aclosing(self._inbox.changes()) as changes:
                    async for _ in changes:
                        await self._list.reload()
                        self._banner.say("database", "")
                        await self._read_counts()
                        self._turn_to_detail.set()
            except HitlError as error:
                self._banner.say("database", error_words(error))
                await asyncio.sleep(_RETRY_SECONDS)

    async def _read_counts(self) -> None:
        try:
            self._counts = await self._inbox.counts()
        except HitlError as error:
            self._banner.say("database", error_words(error))
            return
        self._header.counts = self._counts

    async def _follow_cursor(self) -> None:
        """Show what is under the cursor, once it rests there."""
        while True:
            await self._turn_to_detail.wait()
            await asyncio.sleep(_STILL_SECONDS)
            self._turn_to_detail.clear()
            try:
                await self._show_selected()
            except HitlError as error:
                self._banner.say("database", error_words(error))

    async def _show_selected(self) -> None:
        item = self._list.selected
        if self._is_read_by_somebody(item):
            await self._tell_it_is_taken()
            return
        if item is None:
            if self._list.total == 0:
                self._safe.paint(None)
                self._detail.clear()
            return
        try:
            view = await self._inbox.thread(item.thread_id)
            history = await self._inbox.history(item.thread_id)
        except ThreadNotFound:
            return
        now_selected = self._list.selected
        if now_selected is None or now_selected.key != item.key:
            self._turn_to_detail.set()
            return
        self._detail.show(view, item.request_id, history)
        self.call_after_refresh(self._painted, item.key)

    def _is_read_by_somebody(self, item: Item | None) -> bool:
        """Whether the reviewer is in a request that left the list without them: it stays before their eyes."""
        request = self._detail.request
        return (
            request is not None
            and self._moved_by_itself
            and self._detail.has_focus_within
            and not self._detail.given
            and (item is None or item.key != request.request_id)
        )

    async def _tell_it_is_taken(self) -> None:
        request, thread_id = self._detail.request, self._detail.thread_id
        if request is None or thread_id is None:
            return
        words = await taken_words(self._inbox, thread_id, request.request_id)
        self._detail.show_error(request.request_id, f"No longer open: {words}. Esc goes back; what you wrote is kept.")

    def _painted(self, key: str) -> None:
        request = self._detail.request
        # A request that was answered meanwhile is not on the screen: its thread is.
        if request is None or request.request_id == key:
            self._safe.paint(key)
        else:
            self._safe.paint(None)

    @on(InboxList.Highlighted)
    def _highlighted(self, event: InboxList.Highlighted) -> None:
        self._safe.select(event.item.key if event.item else None, by_itself=event.by_itself)
        self._moved_by_itself = event.by_itself
        self._turn_to_detail.set()
        self.refresh_bindings()

    @on(InboxList.Loaded)
    def _loaded(self, event: InboxList.Loaded) -> None:
        self._reminders.tell(self._list.loaded, self._now())
        empty = event.total == 0
        if empty:
            self._empty.show(self._list.which, self._counts)
        self.set_class(empty, "-empty")

    @on(InboxList.Marked)
    def _marked(self, event: InboxList.Marked) -> None:
        self._chips.marked = event.count

    @on(InboxList.Opened)
    def _opened(self, event: InboxList.Opened) -> None:
        self._read_request()

    def _read_request(self) -> None:
        """Go to the request side; in a narrow terminal it takes the place of the list."""
        self.add_class("-reading")
        self._turn_to_detail.set()
        self._detail.focus_answer()

    def _back_to_list(self) -> None:
        # At once: whatever is shown at the right from now on must not find the focus there and keep it.
        self.set_focus(self._list)
        self.remove_class("-reading")

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        # When the terminal becomes narrow, the side that has the focus is the one that stays.
        self.set_class(self._detail.has_focus_within, "-reading")

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        self.call_after_refresh(self._keep_a_focus)

    def _keep_a_focus(self) -> None:
        # What had the focus may be gone with its request; keys must not go nowhere.
        if self.focused is None and self.is_current and self.app.app_focus:
            self._back_to_list()

    @on(LeaveAnswer)
    def _leave(self, event: LeaveAnswer) -> None:
        self._moved_by_itself = False
        self._back_to_list()
        self._turn_to_detail.set()

    def on_paste(self, event: events.Paste) -> None:
        # An editor with the focus has stopped it before.
        self._footer.say("pasted text goes into an editor: open one first; nothing was decided")

    def refuses(self, key: str) -> str:
        """Why a decision key on this item would be ignored now; empty when it would act."""
        return self._safe.refusal(key)

    @on(InboxList.DecisionKey)
    def _decision_key(self, event: InboxList.DecisionKey) -> None:
        if self._list.marks and event.action in ("approve", "reject"):
            self.decide_marked(event.action)
            return
        refusal = self.refuses(event.item.key)
        if refusal:
            self._safe.ignored()
            self._footer.say(f"{refusal}: look, then press the key again")
        elif not self._detail.display or not self._detail.region:
            self._read_request()
            self._footer.say("read it first, then press the key again")
        else:
            self._detail.decide_key(event.action)

    def action_say_what_fits(self) -> None:
        opened = self._detail.has_focus_within
        shown, item = self._detail.request, self._list.selected
        kind = (shown.type if shown else None) if opened else (item.type if item else None)
        status = self._detail.status if opened else item.status if item else None
        self._footer.say(instead(kind, status, opened=opened))

    @on(AnswerGiven)
    def _answer_given(self, event: AnswerGiven) -> None:
        self.guarded(self._decide(event))

    async def _decide(self, answer: AnswerGiven) -> None:
        outcome = await self._answering.decide(answer)
        if outcome is Outcome.STORED:
            self._back_to_list()
        elif outcome is Outcome.TOO_LATE:
            await self._list.reload()
            self._turn_to_detail.set()

    def action_undo(self) -> None:
        self.guarded(self._undo())

    async def _undo(self) -> None:
        undone = await self._undo_line.take_back(self._detail.held_thread_id)
        if undone is None:
            return
        if self._list.which.shelf not in ("waiting", "all"):
            await self._show_shelf("waiting")
        await self._list.reload()
        await self._list.select(undone.request_id)
        self._turn_to_detail.set()

    async def read_again(self) -> None:
        await self._list.reload()
        await self._read_counts()
        self._turn_to_detail.set()

    def action_shelf(self) -> None:
        shelf = SHELVES[(SHELVES.index(self._list.which.shelf) + 1) % len(SHELVES)]
        self.guarded(self._show_shelf(shelf))

    def action_sort(self) -> None:
        sort = SORTS[(SORTS.index(self._list.sort) + 1) % len(SORTS)]
        self.guarded(self.show_list(self._list.which, sort))

    async def _show_shelf(self, shelf: Shelf) -> None:
        await self.show_list(Filter(shelf=shelf), self._list.sort)

    async def show_list(self, which: Filter, sort: Sort) -> None:
        self._chips.which, self._chips.sort = which, sort
        self._back_to_list()
        await self._list.show(which, sort)
        self._turn_to_detail.set()

    def action_start(self) -> None:
        self.app.push_screen(PickerScreen(self._inbox, self._agents), self.thread_started)

    def thread_started(self, thread_id: str | None) -> None:
        if thread_id is not None:
            self._footer.say(f"started {thread_id}")
            self.guarded(self._go_to_thread(thread_id))

    async def _go_to_thread(self, thread_id: str) -> None:
        """Make a new thread visible: its request when it waits already, else the thread among those that run."""
        view = await self._inbox.settled(thread_id, timeout=_FIRST_PAUSE_SECONDS, run=False)
        shelf = self._list.which.shelf
        if view.pending and shelf not in ("waiting", "all"):
            await self._show_shelf("waiting")
        if view.pending and await self._list.select(view.pending[0].request_id):
            return
        if self._list.which.shelf not in ("active", "all"):
            await self._show_shelf("active")
        if not await self._list.select(thread_id):
            # It went on while we looked.
            await self._show_shelf("all")
            view = await self._inbox.thread(thread_id)
            await self._list.select(view.pending[0].request_id if view.pending else thread_id)
