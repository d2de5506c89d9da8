"""Carries messages of the outbox out of the database: a command of the user's runs for each."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from collections.abc import Callable
from datetime import datetime, timedelta

from hitl_tui.errors import DatabaseUnusable
from hitl_tui.model.jsontext import iso, to_json
from hitl_tui.model.redaction import redacted
from hitl_tui.store import outbox
from hitl_tui.store.database import Database
from hitl_tui.store.outbox import Message, NotSent, Sent, Take

LOG = logging.getLogger(__name__)

LOOK_SECONDS = 1.0
PATIENCE_SECONDS = 30.0
"""A command that takes longer is killed, and counts as failed."""
TAKEN = timedelta(seconds=2 * PATIENCE_SECONDS)
"""So long nobody else takes a message: a process that died with it is forgotten then."""
FIRST_WAIT, LONGEST_WAIT = timedelta(seconds=5), timedelta(hours=1)
ATTEMPTS = 20
"""With waits that double up to the longest, about half a day; then the message is given up."""
WORDS_BYTES = 2_000
LAST_WORDS_SECONDS = 0.2


class Delivery:
    """Runs `command` in a shell for each message, one after the other, with the message as JSON on its stdin.

    At least once: only after exit code 0 the message counts as sent. `attempt` in it says which try this is, and `id`
    is the same for all of them.
    """

    def __init__(self, database: Database, command: str, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._command = command
        self._clock = clock

    async def serve(self) -> None:
        """Deliver until cancelled; a command that runs then is killed, and its message is due again at once."""
        while True:
            try:
                while await self.deliver_one():
                    pass
            except DatabaseUnusable as error:
                if not error.busy:
                    raise
                LOG.warning("%s; trying again", error)
            await asyncio.sleep(LOOK_SECONDS)

    async def deliver_one(self) -> bool:
        """Try the message that waits longest; whether there was one."""
        now = self._clock()
        if not await outbox.any_due(self._database, iso(now)):
            return False
        message = await self._database.write(Take(iso(now), iso(now + TAKEN)))
        if message is None:
            return False
        try:
            problem = await _run(self._command, _text(message))
        except asyncio.CancelledError:
            # A clean stop: the next worker need not wait until the message is forgotten.
            with contextlib.suppress(DatabaseUnusable):
                await self._database.write(NotSent(message, iso(self._clock())))
            raise
        if problem is None:
            await self._database.write(Sent(message, iso(self._clock())))
            return True
        wait = _wait(message.attempt)
        retry_at = None if wait is None else iso(self._clock() + wait)
        await self._database.write(NotSent(message, retry_at))
        what = "given up" if wait is None else f"next try in {wait}"
        LOG.warning("--notify, message %d, attempt %d: %s; %s", message.id, message.attempt, problem, what)
        return True


def _text(message: Message) -> bytes:
    head = {
        "id": message.id,
        "topic": message.topic,
        "attempt": message.attempt,
        "created_at": message.created_at,
    }
    return to_json(head | message.payload, "message").encode() + b"\n"


def _wait(attempt: int) -> timedelta | None:
    """How long to wait after this attempt failed; None when it was the last."""
    return None if attempt >= ATTEMPTS else min(FIRST_WAIT * 2 ** (attempt - 1), LONGEST_WAIT)


async def _run(command: str, text: bytes) -> str | None:
    """Run the command; why it failed, in words, else None."""
    # A pipe of our own: asyncio waits for the end of its pipes, which a child left behind keeps open.
    reading, writing = os.pipe()
    try:
        process = await _started(command, writing)
    except OSError as error:
        os.close(reading)
        return f"it could not be started: {error.strerror}"
    finally:
        os.close(writing)
    said = bytearray()
    draining = asyncio.create_task(_drain(reading, said))
    try:
        async with asyncio.timeout(PATIENCE_SECONDS):
            await _feed(process, text)
            code = await process.wait()
    except TimeoutError:
        return f"it took longer than {PATIENCE_SECONDS:.0f} s"
    finally:
        _end(process)
        await asyncio.wait({draining}, timeout=LAST_WORDS_SECONDS)
        draining.cancel()
    if code == 0:
        return None
    words = redacted(said.decode("utf-8", "replace")).strip().partition("\n")[0]
    return f"it ended with exit code {code}" + (f": {words}" if words else "")


async def _started(command: str, stderr: int) -> asyncio.subprocess.Process:
    starting = asyncio.ensure_future(
        asyncio.create_subprocess_shell(
            command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=stderr,
            # A group of its own: killed as a whole, and ctrl+c in the terminal is the worker's.
            start_new_session=True,
        )
    )
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:
        # It may run already, though it is not ours yet.
        _end(await starting)
        raise


def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)


async def _feed(process: asyncio.subprocess.Process, text: bytes) -> None:
    """Write the text to its stdin; a command need not read it."""
    assert process.stdin is not None
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(text)
        await process.stdin.drain()
        process.stdin.close()
        await process.stdin.wait_closed()


async def _drain(pipe: int, said: bytearray) -> None:
    """Read the pipe to its end, so that writing it never blocks; `said` gets what comes first."""
    stream = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(stream), os.fdopen(pipe, "rb", buffering=0)
    )
    with contextlib.closing(transport):
        while words := await stream.read(WORDS_BYTES):
            said += words[: WORDS_BYTES - len(said)]
