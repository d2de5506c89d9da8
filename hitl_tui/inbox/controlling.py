"""Steer a thread by hand: cancel, retry, change its state."""

from __future__ import annotations

from functools import partial
from typing import Any, cast

from hitl_tui.inbox import lasting
from hitl_tui.inbox.session import Session
from hitl_tui.inbox.views import CutOff, EffectView, HeldView, Lasting
from hitl_tui.model.jsontext import iso, to_json
from hitl_tui.store.steering import Cancel, Retry, SetState
from hitl_tui.store.together import Together


async def cancel(session: Session, thread_id: str) -> CutOff:
    """End a thread for good; returns what that cut off."""
    begun, withdrawn = await session.database.write(Cancel(thread_id, session.actor, session.via, iso(session.clock())))
    effects = [EffectView(effect.node, effect.visit, effect.key, effect.done) for effect in begun]
    return CutOff(effects, [HeldView(**held) for held in withdrawn])


async def retry(session: Session, thread_id: str) -> None:
    """Run a failed thread again from the node that failed."""
    await session.database.write(Retry(thread_id, session.actor, session.via, iso(session.clock())))


async def set_state(session: Session, thread_id: str, values: dict[str, Any]) -> Lasting:
    """Merge values into the state; returns the decisions that stand all the same."""
    to_json(values)
    change = SetState(thread_id, values, session.actor, session.via, iso(session.clock()))
    _, stand = await session.database.write(Together((change, partial(lasting.now, thread_id=thread_id))))
    return cast(Lasting, stand)
