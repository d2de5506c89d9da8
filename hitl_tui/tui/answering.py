"""How an answer becomes a decision: what is said while it is stored, when it is, and when it cannot be."""

from __future__ import annotations

from enum import Enum

from hitl_tui.errors import AlreadyDecided, HitlError, RequestNotFound, Stale, ThreadNotFound
from hitl_tui.inbox import Inbox
from hitl_tui.tui.messages import AnswerGiven
from hitl_tui.tui.undo_line import UndoLine
from hitl_tui.tui.widgets.detail import DetailPane
from hitl_tui.tui.widgets.footer_line import FooterLine
from hitl_tui.tui.wording import decided_words, error_words

TAKEN_BUT_HELD = "it is decided, and can still be taken back"
"""What became of a request that may be open again; all else is for good."""


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

    async def decide(self, answer: AnswerGiven) -> Outcome:
        """Store the answer, unless the decision path refuses it."""
        # A conversation would stand still for every turn of it.
        hold = 0.0 if answer.kind == "conversation" else self._undo_seconds
        try:
            decided = await self._inbox.decide(
                answer.thread_id,
                answer.action,
                answer.data,
                request_id=answer.request_id,
                expect=answer.digest,
                hold=hold,
            )
        except HitlError as error:
            if not self._detail.show_error(answer.request_id, error_words(error)):
                self._footer.say(f"{answer.thread_id} is not answered: {error_words(error)}", error=True)
            if not isinstance(error, (AlreadyDecided, Stale, ThreadNotFound, RequestNotFound)):
                return Outcome.REFUSED
            self._footer.say(error_words(error), error=True)
            return Outcome.TOO_LATE
        if hold:
            self._undo_line.hold(decided)
        else:
            self._footer.say(decided_words(decided))
        return Outcome.STORED


async def taken_words(inbox: Inbox, thread_id: str, request_id: str) -> str:
    """What became of a request that is no longer open: `approve by bob`; nothing if it waits again."""
    for step in await inbox.history(thread_id):
        for decision in step.decisions:
            if decision.request_id == request_id:
                return f"{decision.action} by {decision.actor}"
    view = await inbox.thread(thread_id)
    for request in view.pending:
        if request.request_id == request_id:
            return TAKEN_BUT_HELD if request.status == "held" else ""
    return "it was withdrawn"
