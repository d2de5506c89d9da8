"""The undo windows of the screen: held decisions, and the line that says how long the newest can be taken back."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime

from textual.timer import Timer

from hitl_tui.errors import DatabaseUnusable, NotPossible
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.views import Decided
from hitl_tui.tui.own_keys import key_of
from hitl_tui.tui.undo_windows import UndoWindows
from hitl_tui.tui.widgets.footer_line import FooterLine
from hitl_tui.tui.wording import batch_words, error_words


class UndoLine:
    """Counts down on the last line, once a second, and only while a window is open."""

    def __init__(self, inbox: Inbox, footer: FooterLine, now: Callable[[], datetime]) -> None:
        self._inbox = inbox
        self._footer = footer
        self._windows = UndoWindows(now)
        self._timer: Timer | None = None
        self._refused = ""
        """What of the newest batch was not decided, and why."""

    @property
    def is_open(self) -> bool:
        """Whether some decision can still be taken back."""
        return self._windows.newest is not None

    def hold(self, decided: Decided) -> None:
        """Say what was decided, and for how long it can be taken back."""
        self.hold_all([decided])

    def hold_all(self, decided: Sequence[Decided], refused: str = "") -> None:
        """The same for a batch, which is taken back together; `refused` says what of it was not decided, and why."""
        self._windows.open(decided, batch_words(decided))
        self._refused = refused
        self._say(self._line)
        if self._timer is None:
            self._timer = self._footer.set_interval(1.0, self._count_down)
        self._timer.reset()
        self._timer.resume()

    async def take_back(self, held_thread_id: str | None = None) -> Decided | None:
        """Undo the newest decision of this screen, or batch, else that of `held_thread_id`, whoever decided it.

        Says what came of it, and returns the decision, of a batch the first, if its request waits again.
        """
        window = self._windows.newest
        which: list[tuple[str, str | None]] = []
        if window is not None:
            which = [(decided.thread_id, decided.request_id) for decided in window.decided]
        elif held_thread_id is not None:
            which = [(held_thread_id, None)]
        else:
            shelf = key_of(self._footer.app, "inbox.shelf", "f")
            self._footer.say(f"nothing to undo here; {shelf} shows what is still held")
            return None
        # Now and not when it is done: pressed again meanwhile, the key is about the one before.
        if window is not None:
            self._windows.close(window)
            self._refused = ""
        # At once: one after the other, the last of a large batch would be released before its turn comes.
        outcomes = await asyncio.gather(*(self._inbox.undo(*one) for one in which), return_exceptions=True)
        if window is not None:
            self._can_be_tried_again(window.decided, outcomes)
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(outcome, NotPossible):
                raise outcome
        undone = [outcome for outcome in outcomes if isinstance(outcome, Decided)]
        refused = [outcome for outcome in outcomes if isinstance(outcome, NotPossible)]
        if refused:
            said = f"undone {len(undone)} of {len(which)}; " if undone else ""
            self._footer.say(said + error_words(refused[0]), error=True)
        else:
            waits = "it waits again" if len(undone) == 1 else "they wait again"
            self._footer.say(f"undone: {batch_words(undone)}; {waits}")
        return undone[0] if undone else None

    def _can_be_tried_again(self, decided: Sequence[Decided], outcomes: Sequence[object]) -> None:
        again = [one for one, outcome in zip(decided, outcomes, strict=True) if isinstance(outcome, DatabaseUnusable)]
        if again:
            self._windows.open(again, batch_words(again))

    @property
    def _line(self) -> str:
        return self._windows.line(key_of(self._footer.app, "inbox.undo", "u"))

    def _count_down(self) -> None:
        line = self._line
        if not line and self._timer is not None:
            self._timer.pause()
        if self._footer.notice and " undoes (" not in self._footer.notice:
            return
        if line or self._refused:
            self._say(line)
        else:
            self._footer.clear()

    def _say(self, line: str) -> None:
        """With what was refused, which stays as long as any error when the time of the line is over."""
        self._footer.say("; ".join(part for part in (line, self._refused) if part), error=bool(self._refused))
