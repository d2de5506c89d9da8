"""The worker that the screen starts, watches and restarts. Agents run there, never in the screen's process."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import site
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import hitl_tui
from hitl_tui import locations
from hitl_tui.errors import HitlError

_LOOK_SECONDS = 1.0
"""How often to look whether another program's worker is still alive."""
_HEALTHY_SECONDS = 5.0
"""A worker that lived this long has started well."""
_LONGEST_DELAY = 30.0
_DRAIN_SECONDS = 4.0
_TERMINATE_SECONDS = 2.0
_LARGEST_LOG = 5_000_000


class WorkerChild:
    """Keeps one worker alive on a database, unless another program's worker serves it.

    The child holds the read end of a pipe of ours: when this process ends, however it ends, the child reads the end
    of the file, hands its threads back and stops. It has a session of its own, so that an agent cannot read this
    terminal's keys, write to its screen, or be hit by its ctrl+c. `alive` tells whether any worker is alive.
    """

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        *,
        alive: Callable[[], Awaitable[bool]],
        clock: Callable[[], float] = time.monotonic,
        first_delay: float = 1.0,
    ) -> None:
        self._command = list(command)
        self._log = log
        self._alive = alive
        self._clock = clock
        self._first_delay = first_delay
        self._process: asyncio.subprocess.Process | None = None
        self._lifeline: int | None = None
        self._stop = asyncio.Event()

    @property
    def pid(self) -> int | None:
        """The child's process id while it runs."""
        process = self._process
        return process.pid if process is not None and process.returncode is None else None

    async def watch(self, tell: Callable[[str], None]) -> None:
        """Start the worker when it is needed, and again when it dies, each time later; returns after `stop`.

        `tell` gets what to show while something is wrong, and an empty text when it is well again.
        """
        failures = 0
        while not self._stop.is_set():
            if await self._served_by_another():
                tell("")
                await self._rest(_LOOK_SECONDS)
                continue
            started = self._clock()
            try:
                process = await self._start()
            except OSError as error:
                ended = f"The worker cannot be started: {error.strerror or error}"
            else:
                ended = await self._until_it_ends(process, tell)
            if self._stop.is_set():
                return
            failures = failures + 1 if self._clock() - started < _HEALTHY_SECONDS else 1
            delay = min(self._first_delay * 2 ** (failures - 1), _LONGEST_DELAY)
            again = "started again" if delay < 2 else f"started again in {delay:.0f} s"
            tell(f"{ended}; it is {again}. Threads wait meanwhile. Its log: {self._log}")
            await self._rest(delay)

    async def stop(self) -> None:
        """End the child: let it hand back what runs, then with force. Returns when it is gone."""
        self._stop.set()
        self._cut_lifeline()
        process = self._process
        if process is None:
            return
        for seconds, number in ((_DRAIN_SECONDS, signal.SIGTERM), (_TERMINATE_SECONDS, signal.SIGKILL)):
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), seconds)
                return
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(number)
        await process.wait()

    async def _rest(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), seconds)

    async def _served_by_another(self) -> bool:
        try:
            return await self._alive()
        except HitlError:
            # The screen says what is wrong with the database; a worker would only fail on it too.
            return True

    async def _start(self) -> asyncio.subprocess.Process:
        self._cut_lifeline()
        child_end, self._lifeline = os.pipe()
        log = _open_log(self._log)
        try:
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                "--until-eof",
                str(child_end),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=(child_end,),
                start_new_session=True,
                env=_environment(),
            )
        finally:
            os.close(child_end)
            os.close(log)
        return self._process

    async def _until_it_ends(self, process: asyncio.subprocess.Process, tell: Callable[[str], None]) -> str:
        ended = asyncio.ensure_future(process.wait())
        await asyncio.wait({ended}, timeout=_HEALTHY_SECONDS)
        if not ended.done():
            tell("")
        code = await ended
        return f"The worker was ended by signal {-code}" if code < 0 else f"The worker ended with exit code {code}"

    def _cut_lifeline(self) -> None:
        if self._lifeline is not None:
            os.close(self._lifeline)
            self._lifeline = None


def worker_command(database: Path, agents: str | None = None) -> list[str]:
    """The worker's command line; `-P` keeps the files of the current folder from being imported as modules."""
    trusting = ["--agents", agents] if agents else []
    return [sys.executable, "-P", "-m", "hitl_tui", "worker", "--db", str(database.absolute()), *trusting]


def worker_log() -> Path:
    """Where the child's stdout and stderr go."""
    return locations.log_file("worker")


def _open_log(path: Path) -> int:
    """The log, private to this user, to append to; a large one is put aside first. Raises `OSError`."""
    locations.private_dir(path.parent)
    with contextlib.suppress(FileNotFoundError):
        if path.stat().st_size > _LARGEST_LOG:
            path.replace(path.with_suffix(".old.log"))
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)


def _environment() -> dict[str, str]:
    """Ours, and the way to this package where it is run from a folder that is not installed."""
    home = str(Path(hitl_tui.__file__).parent.parent)
    if home in (*site.getsitepackages(), site.getusersitepackages()):
        return dict(os.environ)
    known = os.environ.get("PYTHONPATH")
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (home, known)))}
