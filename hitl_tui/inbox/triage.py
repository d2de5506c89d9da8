"""Triage: snooze, assign, priority, notes, drafts."""

from __future__ import annotations

import shlex
from datetime import datetime, timedelta
from typing import Any

from hitl_tui.errors import ThreadNotFound, UsageError
from hitl_tui.inbox import addresses
from hitl_tui.inbox.session import Session
from hitl_tui.inbox.views import NoteView, SnoozeView
from hitl_tui.model import people
from hitl_tui.model.durations import LONGEST_SECONDS
from hitl_tui.model.jsontext import from_iso, from_json, iso, to_json
from hitl_tui.store import drafts
from hitl_tui.store import triage as store
from hitl_tui.store.triage import AddNote, Assign, By, Prioritise, Snooze

MAX_NOTE = 20_000
PRIORITIES = range(-9, 10)


def _by(session: Session) -> By:
    return By(session.actor, session.via, iso(session.clock()))


async def snooze(session: Session, thread_id: str, until: datetime | None, request_id: str | None) -> SnoozeView:
    """Put a request aside until a moment, or take it back."""
    now = session.clock()
    if until is not None and not now < until <= now + timedelta(seconds=LONGEST_SECONDS):
        raise UsageError(
            f"{iso(until)} is not a time to put something aside until",
            hint="name a time after now and within ten years, or a length of time such as 2h",
        )
    try:
        done = await session.database.write(Snooze(thread_id, request_id, iso(until) if until else None, _by(session)))
    except ThreadNotFound as missing:
        found = await addresses.named(session, thread_id, missing, request_id)
        return await snooze(session, found.thread_id, until, found.request_id)
    return SnoozeView(thread_id, done.request_id, done.node, from_iso(done.until) if done.until else None)


async def assign(session: Session, thread_id: str, who: str | None, *, escalate: bool) -> str | None:
    """Give a thread to somebody; returns who had it."""
    if who is not None:
        who = who.strip()
        if not people.can_own(who):
            raise UsageError(f"{who[:40]!r} cannot be given a thread", hint=_instead(session, thread_id, who))
    done = await session.database.write(Assign(thread_id, who, _by(session), escalate))
    return done.before


def _instead(session: Session, thread_id: str, who: str) -> str:
    if who == session.actor:
        return "that is your own name here: act under another one by --actor or HITL_ACTOR"
    taking = f"hitl assign {shlex.quote(thread_id)}"
    match who.lower():
        case people.ME:
            return f"`{taking}` gives it to you"
        case people.NOBODY:
            return f"`{taking} --nobody` takes it from whoever has it"
    return f"name a person or a role: {people.HOW_OF_OWNERS}"


async def prioritise(session: Session, thread_id: str, priority: int) -> None:
    """Say how urgent a thread is."""
    if priority not in PRIORITIES:
        raise UsageError(
            f"{priority} is not a priority", hint=f"give a number from {PRIORITIES[0]} to {PRIORITIES[-1]}; 0 is normal"
        )
    await session.database.write(Prioritise(thread_id, priority, _by(session)))


async def note(session: Session, thread_id: str, text: str) -> None:
    """Leave a note."""
    text = text.strip().encode("utf-8", "replace").decode()
    if not text or len(text) > MAX_NOTE:
        raise UsageError(
            f"a note has 1 to {MAX_NOTE} characters; this one has {len(text)}",
            hint="write it shorter" if text else "write what is to be known",
        )
    await session.database.write(AddNote(thread_id, text, _by(session)))


async def notes(session: Session, thread_id: str) -> list[NoteView]:
    """The notes on a thread, oldest first."""
    found = await session.database.read(lambda connection: store.notes(connection, thread_id))
    return [NoteView(from_iso(one.at), one.actor, one.text) for one in found]


async def draft(session: Session, request_id: str) -> Any:
    """What this actor wrote for a request, None for nothing."""
    text = await drafts.find(session.database, request_id, session.actor)
    return None if text is None else from_json(text)


async def save_draft(session: Session, request_id: str, data: Any) -> None:
    """Keep what this actor wrote for a request; None forgets it."""
    text = None if data is None else to_json(data, "draft")
    await session.database.write(drafts.SaveDraft(request_id, session.actor, text, iso(session.clock())))
