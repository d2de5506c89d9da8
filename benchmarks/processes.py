"""Other processes: the real `hitl worker`, the real app in a terminal, and what a process costs."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pexpect

ROWS_PAINTED = "Release billing number "
_TICKS, _PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


@contextmanager
def worker(database: Path, *options: str) -> Iterator[int]:
    """The pid of a `hitl worker` that serves the database; its log is a file beside it."""
    command = [sys.executable, "-m", "hitl_tui", "worker", "--db", str(database), "--actor", "ann", *options]
    log = database.with_suffix(".log")
    with log.open("w") as stderr, subprocess.Popen(command, stderr=stderr) as process:
        try:
            while " serves " not in log.read_text():
                assert process.poll() is None, log.read_text()
                time.sleep(0.01)
            yield process.pid
            assert process.poll() is None, log.read_text()
        finally:
            process.terminate()


def app(database: Path, painted: str = ROWS_PAINTED) -> AbstractContextManager[pexpect.spawn]:
    """The app on a database that `many_threads` built, from the moment this is painted; by default its rows."""
    return _on_terminal(["-m", "hitl_tui", "--db", str(database), "--actor", "ann"], painted)


def bare_list() -> AbstractContextManager[pexpect.spawn]:
    """The least that Textual does, from its first frame on."""
    return _on_terminal([str(Path(__file__).with_name("bare_list.py"))], ROWS_PAINTED)


@contextmanager
def _on_terminal(words: list[str], painted: str) -> Iterator[pexpect.spawn]:
    environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
    child = pexpect.spawn(sys.executable, words, dimensions=(45, 160), env=environment, timeout=30)
    # pexpect waits 50 ms before each key unless told not to.
    child.delaybeforesend = None
    try:
        child.expect(painted)
        yield child
        child.send("q")
        child.expect(pexpect.EOF)
    finally:
        child.close(force=True)


def drain(child: pexpect.spawn, quiet: float) -> None:
    """Read until the app has been silent for `quiet` seconds."""
    while True:
        try:
            child.read_nonblocking(65536, timeout=quiet)
        except pexpect.TIMEOUT:
            return


@dataclass(frozen=True, slots=True)
class Cost:
    """What a process took so far, and holds now (resident)."""

    cpu_seconds: float
    memory_mb: float


def cost(pid: int) -> Cost:
    """As the kernel says."""
    stat = Path(f"/proc/{pid}/stat")
    if stat.exists():
        fields = stat.read_text().rpartition(")")[2].split()
        return Cost((int(fields[11]) + int(fields[12])) / _TICKS, int(fields[21]) * _PAGE / 1e6)
    # macOS; its ps tells hundredths of a second.
    call = ["ps", "-o", "cputime=,rss=", "-p", str(pid)]
    clock, kilobytes = subprocess.run(call, capture_output=True, text=True, check=True).stdout.split()
    minutes, _, seconds = clock.partition(":")
    return Cost(int(minutes) * 60 + float(seconds), int(kilobytes) * 1024 / 1e6)
