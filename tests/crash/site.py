"""A database in a folder of its own, and the real processes that work on it."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tests.crash import workload

REPOSITORY = Path(__file__).parents[2]
LEASE_SECONDS = 1.0
LONG_LEASE_SECONDS = 600.0
"""Nobody renews it, or looks after it, while a test lasts."""
DEADLINE_SECONDS = 90.0
_POLL_SECONDS = 0.02
_UNFINISHED = "select count(*) from thread where status not in ('completed', 'cancelled')"


@dataclass(eq=False)
class Process:
    """One process of the site; its log holds what it wrote to stderr."""

    kind: str
    name: str
    popen: subprocess.Popen[str]
    log: Path

    @property
    def ready(self) -> bool:
        """Whether it has begun its work."""
        return self.log.stat().st_size > 0

    @property
    def running(self) -> bool:
        return self.popen.poll() is None

    @property
    def stopped(self) -> bool:
        """Whether SIGSTOP has taken effect."""
        found = os.waitid(os.P_PID, self.popen.pid, os.WSTOPPED | os.WEXITED | os.WNOHANG | os.WNOWAIT)
        return found is not None and found.si_code == os.CLD_STOPPED

    def kill(self) -> None:
        """SIGKILL, and wait until it is gone."""
        self.popen.kill()
        self.popen.wait()


class Site:
    """A folder with database, workflows and agents. Every process is a real one; all are ended with the site."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.random = random.Random(seed)
        self.processes: list[Process] = []
        self._made = 0
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in (
            ("agents.py", workload.AGENTS),
            ("graphs.yaml", workload.GRAPHS),
            ("special.yaml", workload.SPECIAL),
            ("race.yaml", workload.RACE),
        ):
            (folder / name).write_text(text, encoding="utf-8")
        self.environment = {
            **os.environ,
            "PYTHONPATH": str(REPOSITORY),
            "HITL_CONFIG_DIR": str(folder / "config"),
            "HITL_STATE_DIR": str(folder / "state"),
        }
        self.environment.pop("HITL_FAILPOINT", None)

    @property
    def db(self) -> Path:
        return self.folder / "hitl.db"

    def worker(self, failpoint: str | None = None, concurrency: int = 3, lease: float = LEASE_SECONDS) -> Process:
        """Start `hitl worker`."""
        words = ["hitl_tui", "--db", str(self.db), "worker", "--concurrency", str(concurrency)]
        return self._start("worker", self._name("worker"), words, failpoint, lease)

    def actor(self, *roles: str, failpoint: str | None = None) -> Process:
        """Start a process that acts on the inbox in these roles."""
        name = self._name("-".join(roles))
        seed = str(self.random.getrandbits(32))
        return self._start(
            " ".join(roles), name, ["tests.crash.actor", str(self.folder), name, seed, *roles], failpoint
        )

    def racer(self, deciders: int) -> Process:
        """Start a process with some deciders, told by its stdin what to decide and when."""
        name = self._name("racer")
        words = ["tests.crash.actor", str(self.folder), name, "0", "race", str(deciders)]
        return self._start("racer", name, words, None, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def fill(self, file: str, *graphs: str) -> None:
        """Start one thread for each graph named."""
        name = self._name("fill")
        words = ["tests.crash.actor", str(self.folder), name, "0", "fill", file, *graphs]
        process = self._start("fill", name, words, None)
        assert process.popen.wait(DEADLINE_SECONDS) == 0, process.log.read_text()

    def _name(self, kind: str) -> str:
        self._made += 1
        return f"{kind}{self._made}"

    def _start(
        self,
        kind: str,
        name: str,
        words: list[str],
        failpoint: str | None,
        lease: float = LEASE_SECONDS,
        **pipes: int | IO[Any],
    ) -> Process:
        log = self.folder / f"{name}.log"
        environment: Mapping[str, str] = {**self.environment, "HITL_LEASE_SECONDS": str(lease)}
        if failpoint is not None:
            environment = {**environment, "HITL_FAILPOINT": failpoint}
        with log.open("wb") as stderr:
            popen = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=self.folder,
                env=environment,
                stderr=stderr,
                text=True,
                **{"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, **pipes},  # type: ignore[call-overload]
            )
        process = Process(kind, name, popen, log)
        self.processes.append(process)
        return process

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """What a query finds in the database."""
        with contextlib.closing(sqlite3.connect(self.db, timeout=10)) as connection:
            return connection.execute(sql).fetchall()

    def number(self, sql: str) -> int:
        """One number from the database."""
        return int(self.rows(sql)[0][0])

    @contextlib.contextmanager
    def nobody_writes(self) -> Iterator[None]:
        """Meanwhile no process is in the middle of a write."""
        with contextlib.closing(sqlite3.connect(self.db, timeout=DEADLINE_SECONDS)) as connection:
            connection.execute("begin immediate")
            yield
            connection.rollback()

    def expire(self) -> None:
        """Let all leases be over, as if their workers had slept for long."""
        with contextlib.closing(sqlite3.connect(self.db, timeout=DEADLINE_SECONDS)) as connection, connection:
            connection.execute("update thread set lease_until = '2000-01-01T00:00:00.000000Z' where status = 'running'")

    def wait(self, condition: Callable[[], Any], what: str) -> None:
        """Wait for a condition; raises `TimeoutError` after the deadline."""
        end = time.monotonic() + DEADLINE_SECONDS
        while not condition():
            if time.monotonic() > end:
                raise TimeoutError(f"{self.folder.name}: {what}: not within {DEADLINE_SECONDS:.0f} s")
            time.sleep(_POLL_SECONDS)

    def finish(self) -> str | None:
        """Let clean processes bring everything to its end, then stop them; returns what is stuck, if anything."""
        for process in [process for process in self.processes if process.running and process.kind != "racer"]:
            process.kill()
        (self.folder / "permitted").touch()
        worker, person = self.worker(concurrency=4), self.actor("decide", "operate")
        stuck = None
        try:
            self.wait(lambda: worker.ready and person.ready, "clean processes begin")
            self.wait(lambda: self.number(_UNFINISHED) == 0, "threads end")
        except TimeoutError as error:
            sql = "select id, status, error from thread where status not in ('completed', 'cancelled') limit 5"
            stuck = f"{error}: {self.rows(sql)}"
        person.kill()
        worker.popen.send_signal(signal.SIGTERM)
        worker.popen.wait(DEADLINE_SECONDS)
        return stuck

    def close(self) -> None:
        """End what still runs."""
        for process in self.processes:
            if process.running:
                process.kill()
            for pipe in (process.popen.stdin, process.popen.stdout):
                if pipe is not None:
                    with contextlib.suppress(BrokenPipeError):
                        pipe.close()


@contextlib.contextmanager
def site(folder: Path, seed: int) -> Iterator[Site]:
    """A site whose processes end with the block."""
    made = Site(folder, seed)
    try:
        yield made
    finally:
        made.close()
