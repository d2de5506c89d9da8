"""What can be done to one item or many without reading each: decide, put aside, give away, order, note."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from hitl_tui.errors import DatabaseUnusable, HitlError, Stale
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.filters import Filter
from hitl_tui.inbox.views import Decided, Item
from hitl_tui.tui.marks import names_of
from hitl_tui.tui.moments import moment_words
from hitl_tui.tui.widgets.list_query import ListQuery
from hitl_tui.tui.wording import error_words

Refused = Sequence[tuple[Item, HitlError]]
"""Items to which it was not done, and why."""


class Triage:
    """Carries it out, item by item: each has its own decision and its own audit row (row 93)."""

    def __init__(self, inbox: Inbox, say: Callable[..., None]) -> None:
        self._inbox = inbox
        self._say = say

    async def decide(
        self, items: Sequence[Item], action: str, data: dict[str, Any] | None, hold: float
    ) -> tuple[list[Decided], Refused]:
        """Decide the requests as they were marked; one that has changed since is refused.

        Returns what was stored and what was refused; all others here return the items with which it can be tried again.
        """
        stored: list[Decided] = []

        async def one(item: Item) -> None:
            decided = await self._inbox.decide(
                item.thread_id, action, data, request_id=item.request_id, expect=item.digest, hold=hold
            )
            stored.append(decided)

        refused = await self._try(items, one, {"approve": "approved", "reject": "rejected"}[action])
        return stored, refused

    async def snooze(self, items: Sequence[Item], until: datetime | None, now: datetime) -> list[Item]:
        """Put requests aside until then, or take them back with None; says which come back before, and why."""
        sooner: list[datetime] = []

        async def one(item: Item) -> None:
            done = await self._inbox.snooze(item.thread_id, until, item.request_id)
            if until is not None and done.until is not None and done.until < until:
                sooner.append(done.until)

        def words() -> str:
            if until is None:
                return ""
            if sooner and len(items) == 1:
                return f"until {moment_words(sooner[0], now)}: its deadline is before {moment_words(until, now)}"
            more = f"; {len(sooner)} of them sooner, for their deadlines" if sooner else ""
            return f"until {moment_words(until, now)}{more}"

        return await self._each(items, one, "back in the inbox" if until is None else "put aside", words)

    async def assign(self, items: Sequence[Item], who: str | None, *, escalate: bool = False) -> list[Item]:
        """Give threads to somebody, or to nobody."""
        verb = "given back" if who is None else "escalated" if escalate else "assigned"
        give = self._unless_gone(items, lambda item: self._inbox.assign(item.thread_id, who, escalate=escalate))
        return await self._each(items, give, verb, lambda: "" if who is None else f"to {who}")

    async def prioritise(self, items: Sequence[Item], priority: int) -> list[Item]:
        """Say how urgent threads are."""
        order = self._unless_gone(items, lambda item: self._inbox.prioritise(item.thread_id, priority))
        return await self._each(items, order, f"priority {priority} for")

    async def note(self, items: Sequence[Item], text: str) -> list[Item]:
        """Leave a note on threads."""
        return await self._each(items, lambda item: self._inbox.note(item.thread_id, text), "noted on")

    def _unless_gone(
        self, items: Sequence[Item], act: Callable[[Item], Awaitable[object]]
    ) -> Callable[[Item], Awaitable[None]]:
        """As `act`, which is for a thread, where that stands as it was listed: it may ask something else by now."""
        everything = ListQuery(self._inbox, Filter(), "due")
        reading = asyncio.create_task(everything.listed(item.key for item in items))

        async def one(item: Item) -> None:
            if item.key not in await reading:
                raise Stale(f"Thread '{item.thread_id}' has gone on since it was listed", hint="look at it again")
            await act(item)

        return one

    async def _each(
        self, items: Sequence[Item], act: Callable[[Item], Awaitable[object]], done: str, more: Callable[[], str] = str
    ) -> list[Item]:
        return to_try_again(await self._try(items, act, done, more))

    async def _try(
        self, items: Sequence[Item], act: Callable[[Item], Awaitable[object]], done: str, more: Callable[[], str] = str
    ) -> Refused:
        """Do it to each and say what came of it; `more` gives the last words, once all is done."""
        outcomes = await asyncio.gather(*map(act, items), return_exceptions=True)
        refused = [(item, error) for item, error in zip(items, outcomes, strict=True) if isinstance(error, HitlError)]
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(outcome, HitlError):
                raise outcome
        self._say(_outcome(items, refused, done, more()), error=bool(refused))
        return refused


def to_try_again(refused: Refused) -> list[Item]:
    """The items which only the database did not take."""
    return [item for item, error in refused if isinstance(error, DatabaseUnusable)]


def refusal_words(refused: Refused) -> str:
    """`not 2: t7: …`; nothing when nothing was refused."""
    if not refused:
        return ""
    item, error = refused[0]
    return f"not {len(refused)}: {item.thread_id}: {error_words(error)}"


def _outcome(items: Sequence[Item], refused: Refused, done: str, more: str) -> str:
    """`put aside 12 until 14:00; not 2: t7: …`."""
    if len(items) == 1 and refused:
        return error_words(refused[0][1])
    count = len(items) - len(refused)
    what = items[0].thread_id if len(items) == 1 else f"{count} of {len(items)}" if refused else str(count)
    words = " ".join(part for part in (done, what, more) if part)
    return "; ".join(part for part in (words, refusal_words(refused)) if part)


def batch_question(action: str, items: Sequence[Item], left_out: int) -> tuple[str, str]:
    """The question before a batch, with count and ids, and what to know about it."""
    risky = sum(1 for item in items if item.risk)
    notes = [names_of(items)]
    if risky:
        notes.append(f"▲ {risky} of them {'carries' if risky == 1 else 'carry'} a risk.")
    if left_out:
        one = left_out == 1
        those = "item is no plain approval and is" if one else "items are no plain approvals and are"
        notes.append(f"{left_out} marked {those} left as {'it is' if one else 'they are'}: to be read one by one.")
    return f"{action.capitalize()} {len(items)} {'request' if len(items) == 1 else 'requests'}?", "\n".join(notes)
