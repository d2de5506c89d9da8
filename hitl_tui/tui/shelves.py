"""Which part of the inbox is listed, in which order, and how a thread that is not listed there comes into sight."""

from __future__ import annotations

from typing import Final

from hitl_tui.inbox import Inbox
from hitl_tui.inbox.views import Filter, Shelf, Sort
from hitl_tui.tui.showing import Showing
from hitl_tui.tui.widgets.chips import Chips
from hitl_tui.tui.widgets.inbox_list import InboxList

SHELVES: Final[tuple[Shelf, ...]] = ("waiting", "active", "failed", "done", "all")
SORTS: Final[tuple[Sort, ...]] = ("due", "age", "priority")
_FIRST_PAUSE_SECONDS = 3.0
"""How long a new thread is followed to its first pause before it is shown among those that run."""


class Shelves:
    """Changes what the list shows, and the line above it with it."""

    def __init__(self, inbox: Inbox, chips: Chips, inbox_list: InboxList, showing: Showing) -> None:
        self._inbox = inbox
        self._chips = chips
        self._list = inbox_list
        self._showing = showing

    @property
    def shelf(self) -> Shelf:
        """The shelf that is listed."""
        return self._chips.shelf

    async def show(self, shelf: Shelf, sort: Sort) -> None:
        """List another shelf, or in another order, from its beginning."""
        self._chips.shelf, self._chips.sort = shelf, sort
        await self._list.show(Filter(shelf=shelf), sort)
        self._showing.look_again()

    async def next_shelf(self) -> None:
        """The shelf after this one."""
        await self.show(SHELVES[(SHELVES.index(self._chips.shelf) + 1) % len(SHELVES)], self._chips.sort)

    async def next_sort(self) -> None:
        """The order after this one."""
        await self.show(self._chips.shelf, SORTS[(SORTS.index(self._chips.sort) + 1) % len(SORTS)])

    async def show_request(self, request_id: str) -> bool:
        """Put the cursor on an open request, on the shelf where it is; False if it is not open."""
        if self.shelf not in ("waiting", "all"):
            await self.show("waiting", self._chips.sort)
        found = await self._list.select(request_id)
        self._showing.look_again()
        return found

    async def show_new_thread(self, thread_id: str) -> None:
        """Make a new thread visible: its request when it waits already, else the thread among those that run."""
        view = await self._inbox.settled(thread_id, timeout=_FIRST_PAUSE_SECONDS, run=False)
        if view.pending and await self.show_request(view.pending[0].request_id):
            return
        if self.shelf not in ("active", "all"):
            await self.show("active", self._chips.sort)
        if not await self._list.select(thread_id):
            # It went on while we looked.
            await self.show("all", self._chips.sort)
            view = await self._inbox.thread(thread_id)
            await self._list.select(view.pending[0].request_id if view.pending else thread_id)
