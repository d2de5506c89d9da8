"""What is under the cursor comes to the request side once the cursor rests; whoever reads there is left alone."""

from __future__ import annotations

import asyncio

from hitl_tui.errors import HitlError, ThreadNotFound
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.views import Item, ThreadView
from hitl_tui.tui.answering import TAKEN_BUT_HELD, taken_words
from hitl_tui.tui.crash_log import log_defect
from hitl_tui.tui.own_keys import key_of
from hitl_tui.tui.safe_keys import SafeKeys
from hitl_tui.tui.widgets.banner import Banner
from hitl_tui.tui.widgets.detail import DetailPane
from hitl_tui.tui.widgets.inbox_list import InboxList
from hitl_tui.tui.wording import error_words

_STILL_SECONDS = 0.03
"""How long the cursor must rest before a request is read: a held key does not read them all."""

_COPY_IT = "copy now what you need of it (shift and the arrows select, ctrl+c copies)."


class Showing:
    """Follows the cursor of the list with the request side, and knows whether a decision key may act."""

    def __init__(self, inbox: Inbox, inbox_list: InboxList, detail: DetailPane, banner: Banner) -> None:
        self._inbox = inbox
        self._list = inbox_list
        self._detail = detail
        self._banner = banner
        self._safe = SafeKeys()
        self._turn = asyncio.Event()
        self._told: str | None = None
        """The request at which it is said that it is no longer open."""

    def look_again(self) -> None:
        """What is under the cursor, or what became of it, may be something else by now."""
        self._turn.set()

    def highlighted(self, item: Item | None, *, by_itself: bool) -> None:
        """Another item is under the cursor."""
        self._safe.select(item.key if item else None, by_itself=by_itself)
        self.look_again()

    def left(self) -> None:
        """The reviewer is done reading: what is under the cursor may take its place."""
        self._list.moved_by_itself = False
        self.look_again()

    def refusal(self, item: Item) -> str:
        """Why a decision key on this item would be ignored now; empty when it would act."""
        return self._safe.refusal(item.key)

    def ignored(self) -> None:
        """A decision key was ignored."""
        self._safe.ignored()

    async def follow(self) -> None:
        """Show what is under the cursor, once it rests there, until cancelled."""
        while True:
            await self._turn.wait()
            await asyncio.sleep(_STILL_SECONDS)
            self._turn.clear()
            try:
                await self._show_selected()
            except HitlError as error:
                self._banner.say("database", error_words(error))
            except Exception as error:
                # One thread that cannot be shown must not keep all others from being shown.
                self._banner.say("request", f"this thread cannot be shown: {log_defect(error)}")
            else:
                self._banner.say("request", "")

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
            draft = await self._inbox.draft(item.request_id) if item.request_id is not None else None
        except ThreadNotFound:
            return
        now_selected = self._list.selected
        if now_selected is None or now_selected.key != item.key:
            self.look_again()
            return
        if self._is_in_hand() and self._is_gone(item, view):
            # Before the list could say so.
            await self._tell_it_is_taken()
            return
        self._detail.show(view, item.request_id, history, draft)
        self._tell_nothing()
        self._detail.call_after_refresh(self._painted, item.key)

    def _is_read_by_somebody(self, item: Item | None) -> bool:
        """Whether the reviewer is in a request that left the list without them: it stays before their eyes."""
        request = self._detail.request
        return (
            request is not None
            and self._list.moved_by_itself
            and self._is_in_hand()
            and (item is None or item.key != request.request_id)
        )

    def _is_in_hand(self) -> bool:
        return self._detail.has_focus_within and not self._detail.given

    def _is_gone(self, item: Item, view: ThreadView) -> bool:
        """Whether the request that is shown is this item's, and not open any more."""
        request = self._detail.request
        if request is None or request.request_id != item.request_id:
            return False
        return all(pending.request_id != request.request_id for pending in view.pending)

    async def _tell_it_is_taken(self) -> None:
        request, thread_id = self._detail.request, self._detail.thread_id
        if request is None or thread_id is None:
            return
        words = await taken_words(self._inbox, thread_id, request.request_id)
        if not words:
            self._tell_nothing()
            return
        leave = key_of(self._detail.app, "detail.leave", "esc")
        answer = self._detail.answer
        written = ""
        if answer is not None and answer.draft() is not None:
            again = "is shown again only if that is undone" if words == TAKEN_BUT_HELD else "is not shown again"
            written = f" What you wrote {again}: {_COPY_IT}"
        self._detail.show_taken(request.request_id, f"No longer open: {words}. {leave} goes back.{written}")
        self._told = request.request_id

    def _tell_nothing(self) -> None:
        """Somebody took the decision back, or another request is shown."""
        if self._told is not None:
            self._detail.clear_error(self._told)
            self._told = None

    def _painted(self, key: str) -> None:
        request = self._detail.request
        # A request that was answered meanwhile is not on the screen: its thread is.
        self._safe.paint(key if request is None or request.request_id == key else None)
