"""The main screen: the inbox at the left, the request at the right; in a narrow terminal one of them at a time."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from datetime import datetime
from pathlib import PurePath
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from hitl_tui.errors import DatabaseUnusable, HitlError
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.filters import Filter, Sort
from hitl_tui.inbox.views import Counts, Item
from hitl_tui.tui.acts import Acts
from hitl_tui.tui.answering import Answering, Outcome
from hitl_tui.tui.control_filter import NoForeignText
from hitl_tui.tui.crash_log import log_defect
from hitl_tui.tui.draft_saver import DraftSaver
from hitl_tui.tui.messages import AnswerGiven, DraftKept, LeaveAnswer
from hitl_tui.tui.near_compositor import NearCompositor
from hitl_tui.tui.news import News
from hitl_tui.tui.own_keys import key_of
from hitl_tui.tui.reminders import Reminders
from hitl_tui.tui.screens.search_keys import SearchKeys
from hitl_tui.tui.screens.tab_keys import TabKeys
from hitl_tui.tui.screens.thread_keys import ThreadKeys
from hitl_tui.tui.screens.triage_keys import TriageKeys
from hitl_tui.tui.shelves import Shelves
from hitl_tui.tui.showing import Showing
from hitl_tui.tui.sizes import TOO_SMALL, WIDE, is_readable
from hitl_tui.tui.styles import INBOX_STYLES, style_files
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
from hitl_tui.tui.widgets.key_words import Keys, instead
from hitl_tui.tui.wording import error_words


class InboxScreen(NoForeignText, SearchKeys, TriageKeys, ThreadKeys, TabKeys):
    """Lists, shows, decides. Everything it knows comes from the inbox, everything it does goes through it."""

    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = style_files(*INBOX_STYLES)
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (WIDE, "-wide")]  # noqa: RUF012 - Textual's own type
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "start", "start", id="inbox.start", tooltip="Start a workflow"),
        Binding(
            "f", "shelf", "shelf", id="inbox.shelf", tooltip="Next shelf: waiting, active, snoozed, failed, done, all"
        ),
        Binding("s", "sort", "sort", id="inbox.sort", tooltip="Next order: due, age, priority, type"),
        Binding("u", "undo", "undo", show=False, id="inbox.undo", tooltip="Take back the newest decision"),
        # They come here where the list or the request has no use for them: no key is dead without a word.
        Binding(
            "a,r,e,m,enter,1,2,3,4,5,6,7,8,9",
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
        self._compositor = NearCompositor()
        self._inbox = inbox
        self._actor = actor
        self._undo_seconds = undo_seconds
        self._now = now
        self._agents = agents
        self._header = HeaderLine(actor)
        self._banner = Banner()
        self._chips = Chips()
        self._list = InboxList(inbox, now=now)
        self._empty = EmptyInbox()
        self._detail = DetailPane(now=now)
        self._footer = FooterLine()
        self._undo_line = UndoLine(inbox, self._footer, now)
        self._answering = Answering(inbox, self._detail, self._footer, self._undo_line, undo_seconds)
        self._showing = Showing(inbox, self._list, self._detail, self._banner)
        self._shelves = Shelves(inbox, self._list, self._showing)
        self._news = News(inbox, self._list, self._showing, self._header, self._banner)
        self._reminders = Reminders(self._footer, now())
        self._triage = Triage(inbox, self._footer.say)
        self._drafts = DraftSaver(inbox)
        self._acts = Acts(self._footer)
        self._reading = False
        self._answered: str | None = None
        """The request that was answered last, until the reviewer opens another one."""

    @property
    def inbox(self) -> Inbox:
        """What is listed and decided."""
        return self._inbox

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
    def drafts(self) -> DraftSaver:
        """What stores half-written answers."""
        return self._drafts

    @property
    def banner(self) -> Banner:
        """What goes on being wrong."""
        return self._banner

    @property
    def showing(self) -> Showing:
        """What brings the item under the cursor to the request side."""
        return self._showing

    @property
    def shelves(self) -> Shelves:
        """What the list lists."""
        return self._shelves

    @property
    def counts(self) -> Counts | None:
        """The header's figures as last read."""
        return self._news.counts

    def begin_with(self, which: Filter, sort: Sort) -> None:
        """What to list first; called before the screen is shown."""
        self._chips.which, self._chips.sort = which, sort
        self._list.begin_with(which, sort)

    def compose(self) -> ComposeResult:
        # The breakpoints speak only after the first layout; the first frame must be right already.
        self.add_class("-wide" if self.app.size.width >= WIDE else "-narrow")
        yield self._header
        yield self._banner
        yield self._footer
        # No containers around them: a key would go through these, and each repaint as well.
        yield self._chips
        yield self._search_field
        yield self._list
        yield self._empty
        yield self._detail
        self._arrange_sides()

    def on_mount(self) -> None:
        self._list.focus()
        # The frame is painted before anything is read.
        self.call_after_refresh(self._go_live)

    def _go_live(self) -> None:
        self.guarded(self._news.follow())
        self.guarded(self._showing.follow())
        self.guarded(self._news.keep_counting())

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

    def acting(self, act: Coroutine[Any, Any, bool | None]) -> None:
        """As `guarded`, for what changes something: leaving waits for it."""
        self.guarded(self._acts.see_through(act))

    @on(InboxList.Highlighted)
    def _highlighted(self, event: InboxList.Highlighted) -> None:
        self._showing.highlighted(event.item, by_itself=event.by_itself)
        # The cursor is painted first: with the keys at the bottom the whole screen would be gone through.
        self.call_after_refresh(self.refresh_bindings)

    @on(InboxList.Loaded)
    def _loaded(self, event: InboxList.Loaded) -> None:
        self._chips.which, self._chips.sort = event.which, event.sort
        self._reminders.tell(self._list.loaded, self._now())
        empty = event.total == 0
        if empty:
            self._empty.show(event.which, self.counts)
        self.set_class(empty, "-empty")
        self._arrange_sides()

    @on(InboxList.Marked)
    def _marked(self, event: InboxList.Marked) -> None:
        self._chips.marked = event.count

    @on(InboxList.Opened)
    def _opened(self, event: InboxList.Opened) -> None:
        self._read_request(event.item)

    def _read_request(self, item: Item) -> None:
        """Go to the request side; in a narrow terminal it takes the place of the list."""
        self._answered = None
        self._read_side(reading=True)
        self._showing.look_again()
        self._detail.open(item.thread_id, item.request_id)

    def _back_to_list(self) -> None:
        # At once: whatever is shown at the right from now on must not find the focus there and keep it.
        self.set_focus(self._list)
        self._read_side(reading=False)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        # When the terminal becomes narrow, the side that has the focus is the one that stays.
        self._read_side(reading=self._detail.has_focus_within)

    def on_resize(self, event: events.Resize) -> None:
        self._arrange_sides()

    def _read_side(self, *, reading: bool) -> None:
        """The reviewer is in the request, or in the list."""
        if reading != self._reading:
            self._reading = reading
            self._arrange_sides()

    def _arrange_sides(self) -> None:
        """Show both sides, or in a narrow terminal the one where the reviewer is.

        Not by a class of the screen: Textual would go through the styles of everything on it, for longer than a frame.
        """
        narrow = self.app.size.width < WIDE
        in_sight = not (narrow and self._reading)
        self._chips.display = self._list.display = in_sight
        self._empty.display = in_sight and self.has_class("-empty")
        self._detail.display = not narrow or self._reading

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        self.call_after_refresh(self._keep_a_focus)

    def _keep_a_focus(self) -> None:
        # What had the focus may be gone with its request; keys must not go nowhere.
        if self.focused is None and self.is_current and self.app.app_focus:
            self._back_to_list()

    @on(LeaveAnswer)
    def _leave(self, event: LeaveAnswer) -> None:
        self._back_to_list()
        self._showing.left()

    def on_paste(self, event: events.Paste) -> None:
        # An editor with the focus has stopped it before.
        self._footer.say("not pasted: open an editor first; nothing was decided")

    @on(InboxList.DecisionKey)
    def _decision_key(self, event: InboxList.DecisionKey) -> None:
        if self._list.marks and event.action in ("approve", "reject"):
            self.decide_marked(event.action)
            return
        if self.refuses(event.item):
            return
        if not self._detail.display or not self._detail.region:
            self._read_request(event.item)
            self._footer.say("read it first, then press the key again")
        else:
            self._detail.decide_key(event.action)

    def refuses(self, item: Item) -> bool:
        """Whether a key that acts at once comes before the reviewer can have seen the item; says so."""
        refusal = self.search_pending or self._showing.refusal(item)
        if refusal:
            self._showing.ignored()
            self._footer.say(f"{refusal}: look, then press the key again")
        return bool(refusal)

    def action_say_what_fits(self) -> None:
        opened = self._detail.has_focus_within
        shown, item = self._detail.request, self._list.selected
        kind = (shown.type if shown else None) if opened else (item.type if item else None)
        status = self._detail.status if opened else item.status if item else None
        where = "detail" if opened else "list"
        approve, reject = (key_of(self.app, f"{where}.{name}", name[0]) for name in ("approve", "reject"))
        opens, submit = key_of(self.app, "list.open", "enter"), key_of(self.app, "detail.submit", "ctrl+s")
        keys = Keys(approve, reject, opens=opens, submit=submit, choose=key_of(self.app, "choice.submit", "enter"))
        self._footer.say(instead(kind, status, keys, opened=opened))

    @on(DraftKept)
    def _draft_kept(self, event: DraftKept) -> None:
        self.guarded(self._save_draft(event))

    async def _save_draft(self, event: DraftKept) -> None:
        try:
            await self._drafts.save(event.request_id, event.draft)
        except DatabaseUnusable as error:
            # It is tried again, and may fail again: nothing that was said meanwhile is to make room for that.
            if not self._footer.notice:
                self._footer.say(error_words(error), error=True)

    async def keep_all(self) -> bool:
        """Wait for what is under way, and store what is half written; false if something failed and has said so.

        Raises `DatabaseUnusable`.
        """
        ended = await self._acts.ended()
        request, draft = self._detail.request, self._detail.keep_draft()
        if request is not None and draft is not None:
            await self._drafts.save(request.request_id, draft)
        await self._drafts.save_all()
        return ended

    @on(AnswerGiven)
    def _answer_given(self, event: AnswerGiven) -> None:
        if not is_readable(self.app.size):
            self._detail.show_error(event.request_id, TOO_SMALL)
            self._footer.say(TOO_SMALL, error=True)
            return
        self._answered = event.request_id
        self.acting(self._decide(event))

    async def _decide(self, answer: AnswerGiven) -> bool:
        outcome = await self._answering.decide(answer)
        if outcome is Outcome.STORED and self._answered == answer.request_id:
            self._back_to_list()
        elif outcome is Outcome.TOO_LATE:
            await self._list.reload()
            self._showing.look_again()
        return outcome is Outcome.STORED

    def action_undo(self) -> None:
        held = self._detail.held_thread_id
        if self._undo_line.is_open or held is not None:
            # Now and not when it is done: by then the reviewer may be writing somewhere.
            self._back_to_list()
        self.acting(self._undo(held))

    async def _undo(self, held_thread_id: str | None) -> bool:
        undone = await self._undo_line.take_back(held_thread_id)
        if undone is not None:
            await self._shelves.show_request(undone.request_id)
        return undone is not None

    def action_shelf(self) -> None:
        self._back_to_list()
        self.guarded(self._shelves.next_shelf())

    def action_sort(self) -> None:
        self._back_to_list()
        self.guarded(self._shelves.next_sort())

    def list_only(self, which: Filter, sort: Sort) -> None:
        """Go to the list, and list only these items there."""
        self._back_to_list()
        self.guarded(self._shelves.show_only(which, sort))

    def action_start(self) -> None:
        # With it come graphs and agents.
        from hitl_tui.tui.screens.picker import PickerScreen

        self.app.push_screen(PickerScreen(self._inbox, self.acting, self._agents), self.thread_started)

    def thread_started(self, thread_id: str | None) -> None:
        if thread_id is not None:
            self._footer.say(f"started {thread_id}")
            self._back_to_list()
            self.guarded(self._shelves.show_new_thread(thread_id))
