"""`/`: search in the list, live with each key; the newest text wins, and no key waits for a search."""

from __future__ import annotations

import asyncio
from abc import abstractmethod
from collections.abc import Coroutine
from dataclasses import replace
from typing import Any, ClassVar

from textual import events, on
from textual.binding import Binding, BindingType
from textual.screen import Screen
from textual.widgets import Input, TextArea

from hitl_tui.inbox import Inbox
from hitl_tui.tui.settling import Settling
from hitl_tui.tui.widgets.chips import Chips
from hitl_tui.tui.widgets.inbox_list import InboxList
from hitl_tui.tui.widgets.search_field import SearchField

_STILL_SECONDS = 0.025
"""How long nobody must have typed: who types fast waits for one search only."""


class SearchKeys(Screen[None]):
    """A screen with a list that can be searched; the search is a part of the list's filter."""

    # Before the keys that follow at once go to the list: typed ahead, a word would be a row of commands.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "slash",
            "search",
            "search",
            key_display="/",
            priority=True,
            id="inbox.search",
            tooltip="Search in prompt, context, graph, node and thread",
        ),
        Binding(
            "escape",
            "end_search",
            "all again",
            key_display="esc",
            show=False,
            id="inbox.end_search",
            tooltip="Show all items again, not only what was found",
        ),
    ]

    _inbox: Inbox
    _list: InboxList
    _chips: Chips

    def __init__(self) -> None:
        super().__init__()
        self._search_field = SearchField()
        self._wanted = ""
        self._narrowing = False
        self._open = False
        """Whether what is typed is to be searched for."""
        self._kept = Settling()

    @abstractmethod
    def guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` beside the screen, and say what goes wrong."""

    @abstractmethod
    def _back_to_list(self) -> None:
        """Give the focus to the list."""

    @property
    def search_field(self) -> SearchField:
        """Where the text is typed."""
        return self._search_field

    @property
    def search_pending(self) -> str:
        """Why a decision key is ignored now: nobody has seen yet what is found; empty when it would act."""
        return "ignored: the search is not done yet" if self._narrowing or self._kept.goes_on else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """In an editor the key is a letter; in the list Esc ends a search, if there is one."""
        if action == "search":
            return not isinstance(self.focused, (Input, TextArea))
        if action == "end_search":
            return self._search_field.has_focus_within or (self._list.has_focus and bool(self._list.which.text))
        return super().check_action(action, parameters)

    def action_search(self) -> None:
        self._back_to_list()
        self._chips.add_class("-searching")
        self._wanted = self._list.which.text
        self._open = True
        self._search_field.open(self._wanted)
        self.guarded(self._say(self._list.total))

    def action_keep_search(self) -> None:
        self._kept.begin()
        self._close()

    def action_end_search(self) -> None:
        # Keys that the field has still to take in are of no use any more.
        self._open = False
        self._close()
        self._search("")

    @on(SearchField.Typed)
    def _typed(self, event: SearchField.Typed) -> None:
        if self._open:
            self._search(event.text)

    def _close(self) -> None:
        self._hide_field()
        self._back_to_list()

    def _hide_field(self) -> None:
        self._chips.remove_class("-searching")
        self._search_field.display = False

    def _search(self, text: str) -> None:
        self._wanted = text
        if not self._narrowing:
            self._narrowing = True
            self.guarded(self._narrow())

    async def _narrow(self) -> None:
        try:
            wanted = None
            while wanted != self._wanted:
                wanted = self._wanted
                await asyncio.sleep(_STILL_SECONDS if wanted else 0)
                if wanted == self._wanted and wanted != self._list.which.text:
                    await self._list.narrow(replace(self._list.which, text=wanted))
        finally:
            self._narrowing = False

    @on(events.DescendantFocus)
    def _elsewhere(self) -> None:
        if not self._search_field.has_focus_within:
            self._hide_field()

    @on(InboxList.Loaded)
    def _say_how_many(self, event: InboxList.Loaded) -> None:
        if self._chips.has_class("-searching"):
            self.guarded(self._say(event.total))

    async def _say(self, found: int) -> None:
        unknown = await self._inbox.catch_up_search(0) if self._list.which.text else 0
        self._search_field.say(found, complete=not unknown)
