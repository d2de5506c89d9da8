"""The undo windows of the screen: held decisions, and the line that says how long the newest can be taken back."""

from __future__ import annotations

from textual.timer import Timer

from hitl_tui.errors import NotPossible
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.views import Decided
from hitl_tui.tui.undo_windows import UndoWindows, Window
from hitl_tui.tui.widgets.footer_line import FooterLine
from hitl_tui.tui.wording import decided_words, error_words


class UndoLine:
    """Counts down on the last line, once a second, and only while a window is open."""

    def __init__(self, inbox: Inbox, footer: FooterLine) -> None:
        self._inbox = inbox
        self._footer = footer
        self._windows = UndoWindows()
        self._timer: Timer | None = None

    @property
    def is_open(self) -> bool:
        """Whether some decision can still be taken back."""
        return self._windows.newest is not None

    def hold(self, decided: Decided, seconds: float) -> None:
        """Say what was decided, and for how long it can be taken back."""
        self._windows.open(decided, decided_words(decided), seconds)
        self._footer.say(self._windows.line)
        if self._timer is None:
            self._timer = self._footer.set_interval(1.0, self._count_down)
        self._timer.reset()
        self._timer.resume()

    async def take_back(self, held_thread_id: str | None = None) -> Decided | None:
        """Undo the newest decision of this screen, else that of `held_thread_id`, whoever decided it.

        Says what came of it, and returns the decision if its request waits again.
        """
        window = self._windows.newest
        thread_id, request_id = held_thread_id, None
        if window is not None:
            thread_id, request_id = window.decided.thread_id, window.decided.request_id
        if thread_id is None:
            self._footer.say("nothing to undo here; f shows what is still held")
            return None
        try:
            undone = await self._inbox.undo(thread_id, request_id)
        except NotPossible as error:
            self._close(window)
            self._footer.say(error_words(error), error=True)
            return None
        self._close(window)
        self._footer.say(f"undone: {decided_words(undone)}; it waits again")
        return undone

    def _close(self, window: Window | None) -> None:
        if window is not None:
            self._windows.close(window)

    def _count_down(self) -> None:
        line = self._windows.line
        if not line and self._timer is not None:
            self._timer.pause()
        elif not self._footer.notice or "u undoes (" in self._footer.notice:
            self._footer.say(line)
