"""How an answer becomes a decision: what is said while it is stored, when it is, and when it cannot be."""

from __future__ import annotations

import asyncio
from enum import Enum

from hitl_tui.errors import AlreadyDecided, HitlError, RequestNotFound, Stale, ThreadNotFound
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.views import Decided
from hitl_tui.tui.messages import AnswerGiven
from hitl_tui.tui.undo_line import UndoLine
from hitl_tui.tui.widgets.detail import DetailPane
from hitl_tui.tui.widgets.footer_line import FooterLine
from hitl_tui.tui.wording import decided_words, error_words

_SAVING_SECONDS = 0.3
"""After so long a decision that is not stored yet is said to be on its way."""


class Outcome(Enum):
    """What came of an answer."""

    STORED = "stored"
    REFUSED = "refused"
    """It does not fit; the request waits on, and says why."""
    TOO_LATE = "too late"
    """Somebody else was faster, or the request is another one by now, or gone."""


class Answering:
    """Carries out what the reviewer answered, held for `undo_seconds`."""

    def __init__(
        self, inbox: Inbox, detail: DetailPane, footer: FooterLine, undo_line: UndoLine, undo_seconds: float
    ) -> None:
        self._inbox = inbox
        self._detail = detail
        self._footer = footer
        self._undo_line = undo_line
        self._undo_seconds = undo_seconds
        self._on_their_way: set[asyncio.Task[Decided]] = set()

    async def arrived(self) -> bool:
        """Wait for the answers that are being stored; false if one of them could not be."""
        ends = await asyncio.gather(*self._on_their_way, return_exceptions=True)
        return not any(isinstance(end, BaseException) for end in ends)

    async def decide(self, answer: AnswerGiven) -> Outcome:
        """Store the answer, unless the decision path refuses it."""
        # A conversation would stand still for every turn of it.
        hold = 0.0 if answer.kind == "conversation" else self._undo_seconds
        try:
            decided = await self._save(answer, hold)
        except HitlError as error:
            self._detail.show_error(answer.request_id, error_words(error))
            if not isinstance(error, (AlreadyDecided, Stale, ThreadNotFound, RequestNotFound)):
                return Outcome.REFUSED
            self._footer.say(error_words(error), error=True)
            return Outcome.TOO_LATE
        if hold:
            self._undo_line.hold(decided, hold)
        else:
            self._footer.say(decided_words(decided))
        return Outcome.STORED

    async def _save(self, answer: AnswerGiven, hold: float) -> Decided:
        """Decide; says so at the answer when somebody else keeps the database busy."""
        slow = self._detail.set_timer(_SAVING_SECONDS, lambda: self._detail.say(answer.request_id, "saving…"))
        saving = asyncio.create_task(
            self._inbox.decide(
                answer.thread_id,
                answer.action,
                answer.data,
                request_id=answer.request_id,
                expect=answer.digest,
                hold=hold,
            )
        )
        self._on_their_way.add(saving)
        try:
            return await saving
        finally:
            self._on_their_way.discard(saving)
            slow.stop()
            self._detail.say(answer.request_id, "")


async def taken_words(inbox: Inbox, thread_id: str, request_id: str) -> str:
    """What became of a request that is no longer open: `approve by bob`."""
    for step in await inbox.history(thread_id):
        if step.decision is not None and step.decision.request_id == request_id:
            return f"{step.decision.action} by {step.decision.actor}"
    view = await inbox.thread(thread_id)
    if any(request.request_id == request_id for request in view.pending):
        return "it is decided, and can still be taken back"
    return "it was withdrawn"
