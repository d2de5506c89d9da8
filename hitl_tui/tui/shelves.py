"""Which part of the inbox is listed, in which order, and how a thread that is not listed there comes into sight."""

from __future__ import annotations

from typing import Final

from hitl_tui.inbox import Inbox
from hitl_tui.inbox.filters import SORTS, Filter, Shelf, Sort
from hitl_tui.tui.showing import Showing
from hitl_tui.tui.widgets.inbox_list import InboxList

SHELVES: Final[tuple[Shelf, ...]] = ("waiting", "active", "snoozed", "failed", "done", "all")
_FIRST_PAUSE_SECONDS = 3.0
"""How long a new thread is followed to its first pause before it is shown among those that run."""


class Shelves:
    """Changes what the list shows."""

    def __init__(self, inbox: Inbox, inbox_list: InboxList, showing: Showing) -> None:
        self._inbox = inbox
        self._list = inbox_list
        self._showing = showing

    @property
    def shelf(self) -> Shelf:
        """The shelf that is listed."""
        return self._list.which.shelf

    async def show(self, shelf: Shelf, sort: Sort) -> None:
        """List all of another shelf, or in another order, from its beginning."""
        await self.show_only(Filter(shelf=shelf), sort)

    async def show_only(self, which: Filter, sort: Sort) -> None:
        """List only these items, from the beginning."""
        await self._list.show(which, sort)
        self._showing.look_again()

    async def read_again(self) -> None:
        """Show how things stand after something was done."""
        await self._list.reload()
        self._showing.look_again()

    async def next_shelf(self) -> None:
        """The shelf after this one; a search goes on there."""
        shelf = SHELVES[(SHELVES.index(self.shelf) + 1) % len(SHELVES)]
        await self.show_only(Filter(shelf=shelf, text=self._list.which.text), self._list.sort)

    async def next_sort(self) -> None:
        """The order after this one."""
        await self.show_only(self._list.which, SORTS[(SORTS.index(self._list.sort) + 1) % len(SORTS)])

    async def show_request(self, request_id: str) -> bool:
        """Put the cursor on an open request, on the shelf where it is; False if it is not open."""
        if self.shelf not in ("waiting", "all"):
            await self.show("waiting", self._list.sort)
        found = await self._list.select(request_id)
        self._showing.look_again()
        return found

    async def show_new_thread(self, thread_id: str) -> None:
        """Make a new thread visible: its request when it waits already, else the thread among those that run."""
        view = await self._inbox.settled(thread_id, timeout=_FIRST_PAUSE_SECONDS, run=False)
        if view.pending and await self.show_request(view.pending[0].request_id):
            return
        if self.shelf not in ("active", "all"):
            await self.show("active", self._list.sort)
        if not await self._list.select(thread_id):
            # It went on while we looked.
            await self.show("all", self._list.sort)
            view = await self._inbox.thread(thread_id)
            await self._list.select(view.pending[0].request_id if view.pending else thread_id)
