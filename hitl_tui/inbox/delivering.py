"""Tell the world outside: messages such as reminders leave the database through a command of the user's."""

from __future__ import annotations

from hitl_tui.engine.delivery import Delivery
from hitl_tui.inbox.session import Session


async def deliver(session: Session, command: str) -> None:
    """Run `command` for each message until cancelled."""
    await Delivery(session.database, command, session.clock).serve()
