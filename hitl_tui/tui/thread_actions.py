"""What can be done to a whole thread from the list: run it again after a failure, or end it."""

from __future__ import annotations

from hitl_tui.inbox import Inbox
from hitl_tui.inbox.views import Item
from hitl_tui.tui.screens.confirm import ConfirmScreen
from hitl_tui.tui.widgets.footer_line import FooterLine

_FITS = {"retry": ("failed", "timed_out"), "cancel": ("ready", "running", "paused")}


def offers(action: str, item: Item | None) -> bool:
    """Whether the action fits the item's thread: a retry one that failed, a cancel one that has not ended."""
    return item is not None and item.status in _FITS[action]


def confirm_cancel(item: Item) -> ConfirmScreen:
    """Asks before a thread is ended."""
    return ConfirmScreen(
        f"End {item.thread_id} for good?",
        f"{item.graph} stops at {item.node or 'its next node'}; what it waits for is no longer asked.",
        yes="End it",
    )


class ThreadActions:
    """Carries them out, and says so on the last line."""

    def __init__(self, inbox: Inbox, footer: FooterLine) -> None:
        self._inbox = inbox
        self._footer = footer

    async def retry(self, item: Item) -> None:
        """Run a failed thread again."""
        await self._inbox.retry(item.thread_id)
        self._footer.say(f"running {item.thread_id} again")

    async def cancel(self, item: Item) -> None:
        """End a thread."""
        await self._inbox.cancel(item.thread_id)
        self._footer.say(f"cancelled {item.thread_id}")
