"""Commands that store something and may be told to stop, or fail, after that: they say what is stored all the same."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from hitl_tui.cli import output
from hitl_tui.cli.hints import command
from hitl_tui.cli.settings import Settings
from hitl_tui.cli.signals import REPEAT_SECONDS
from hitl_tui.errors import HitlError
from hitl_tui.inbox import Inbox

_Result = TypeVar("_Result")
_Next = TypeVar("_Next")


@dataclass(frozen=True, slots=True)
class Said:
    """What is stored, in words, and what the JSON of an error that came after it says of that."""

    words: str
    details: dict[str, Any] = field(default_factory=dict)


async def stored(
    inbox: Inbox,
    storing: Coroutine[Any, Any, _Result],
    then: Callable[[_Result], Awaitable[_Next]],
    said: Callable[[_Result], Said],
) -> tuple[_Result, _Next]:
    """What comes of `storing`, and `then` of that; interrupted, or where `then` fails, what was stored is `said`."""
    task = asyncio.create_task(storing)
    try:
        result = await asyncio.shield(task)
        try:
            return result, await then(result)
        except HitlError as error:
            # Who takes it for undone would answer, or start, once more.
            output.note(f"hitl: {said(result).words}")
            error.details |= said(result).details
            raise
    except asyncio.CancelledError:
        output.note(f"hitl: interrupted; {await _outcome(inbox, task, said)}")
        raise


async def stored_alone(inbox: Inbox, storing: Coroutine[Any, Any, _Result]) -> _Result:
    """As `stored`, where nothing follows."""
    result, _ = await stored(inbox, storing, _nothing, lambda _: Said("it is stored"))
    return result


def answered(settings: Settings, thread_id: str) -> Said:
    """That an answer is stored, and how its thread goes on."""
    return Said(f"the answer is stored, {goes_on(settings, thread_id)}", {"thread_id": thread_id, "decided": True})


def goes_on(settings: Settings, thread_id: str) -> str:
    """Who runs a thread that is stored."""
    return f"`{command(settings.chosen_db, 'wait', thread_id)}` goes on, and so does any worker"


def begun(settings: Settings, thread_id: str) -> Said:
    """That a new thread is stored, and how it goes on or is ended."""
    end = command(settings.chosen_db, "cancel", thread_id)
    words = f"thread '{thread_id}' is stored, {goes_on(settings, thread_id)}; `{end}` ends it"
    return Said(words, {"thread_id": thread_id})


async def _nothing(_: object) -> None:
    return None


async def _outcome(inbox: Inbox, task: asyncio.Task[_Result], said: Callable[[_Result], Said]) -> str:
    if not task.done() and not inbox.is_storing:
        task.cancel()
        await asyncio.wait({task})
        return "nothing is stored"
    if not task.done():
        # Whoever cannot wait for it stops the process as a crash would, and nothing more is stored.
        _answer_signals(signal.SIG_IGN)
        asyncio.get_running_loop().call_later(REPEAT_SECONDS, _answer_signals, signal.SIG_DFL)
        await asyncio.wait({task})
    error = task.exception()
    return said(task.result()).words if error is None else f"nothing is stored: {error}"


def _answer_signals(how: signal.Handlers) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, how)
