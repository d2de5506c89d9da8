"""What changes in the database comes to the screen: the list is read again, and the header counts."""

from __future__ import annotations

import asyncio

from hitl_tui.errors import HitlError
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.views import Counts
from hitl_tui.tui.following import follow
from hitl_tui.tui.showing import Showing
from hitl_tui.tui.widgets.banner import Banner
from hitl_tui.tui.widgets.header_line import HeaderLine
from hitl_tui.tui.widgets.inbox_list import InboxList
from hitl_tui.tui.wording import error_words

_COUNTS_SECONDS = 2.0


class News:
    """Follows the commits of this and all other processes; while the database cannot be read, the banner says so."""

    def __init__(
        self, inbox: Inbox, inbox_list: InboxList, showing: Showing, header: HeaderLine, banner: Banner
    ) -> None:
        self._inbox = inbox
        self._list = inbox_list
        self._showing = showing
        self._header = header
        self._banner = banner

    @property
    def counts(self) -> Counts | None:
        """The header's figures as last read."""
        return self._header.counts

    async def follow(self) -> None:
        """Take in every change, until cancelled or the database is closed."""
        await follow(self._inbox, self._banner, self._take_in)

    async def keep_counting(self) -> None:
        """Count again until cancelled: what is due soon, and whether a worker lives, changes without a commit."""
        while True:
            await asyncio.sleep(_COUNTS_SECONDS)
            await self._read_counts()

    async def _read_counts(self) -> None:
        try:
            self._header.counts = await self._inbox.counts()
        except HitlError as error:
            self._banner.say("database", error_words(error))

    async def _take_in(self) -> None:
        await self._list.reload()
        self._banner.say("database", "")
        await self._read_counts()
        self._showing.look_again()
