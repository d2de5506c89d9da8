"""Programs that visit their inbox: how they end, fork, are interrupted, and call in the midst of a call."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

BEGIN = """
import asyncio, logging, os, signal, sqlite3, sys, threading, time, warnings
from pathlib import Path
from hitl_tui import StateModel, StorageService, Workflow, WorkflowPaused

storage = StorageService()
config = {"configurable": {"thread_id": "t"}}

class Count(StateModel):
    n: int = 0

class Quick(Workflow):
    state_model = Count
    checkpointer = "sqlite"

    def build_graph(self):
        return self.start().then(self.one).end()

    def one(self, state):
        state.n += 1

def note(name, storage=storage):
    storage.write("notes", {"text": name}, name)

def note_in_a_fork(storage=storage):
    warnings.simplefilter("ignore")  # newer Pythons warn of it, too
    child = os.fork()
    if child == 0:
        try:
            note("child", storage)
        except Exception as error:
            print(type(error).__name__, error.hint, flush=True)
        os._exit(0)
    os.waitpid(child, 0)
"""
ENDS = """
note("kept")
assert Path(os.environ["HITL_DB"] + "-wal").exists(), "it is still open"
raise SystemExit(3)
"""
FORKS = """
from hitl_tui.inbox import visits
visits.LINGER_SECONDS = 0.2
note("before")
child = os.fork()
if child == 0:
    # Our parent closes the database as soon as nobody there visits it, and it must not take ours away.
    for number in range(10):
        note(f"child {number}")
        time.sleep(0.1)
    os._exit(0)
note("parent")
assert os.waitpid(child, 0)[1] == 0
print(len(storage.list("notes")))
"""
FORKS_WITHIN = """
class Forks(Quick):
    def one(self, state):
        note_in_a_fork()
        state.n = 5

print(asyncio.run(Forks().invoke({}, config)))
"""
FORKS_BY_ANOTHER_NAME = """
link, folder = storage.path.with_name("link.db"), storage.path.with_name("folder")
link.symlink_to(storage.path)
folder.mkdir()

class Forks(Quick):
    def one(self, state):
        for path in (link, folder / ".." / storage.path.name):
            note_in_a_fork(StorageService(path))

asyncio.run(Forks().invoke({}, config))
"""
FORKS_AFTER_A_FAILURE = """
from hitl_tui.store import patience
patience.BUSY_SECONDS = 0.05

class Forks(Quick):
    def one(self, state):
        holder = sqlite3.connect(storage.path, isolation_level=None)
        holder.execute("begin immediate")
        try:
            note("locked")
        except Exception as error:
            print(type(error).__name__)
        holder.close()
        note("in the database that was opened anew, while this step keeps the old one open")
        note_in_a_fork()

asyncio.run(Forks().invoke({}, config))
print(len(storage.list("notes")))
"""
FORKS_WHILE_BUILT = """
warnings.simplefilter("ignore")
begun, go_on = threading.Event(), threading.Event()

class Slow(Quick):
    def build_graph(self):
        begun.set()
        go_on.wait()
        return super().build_graph()

workflow = Slow()
building = threading.Thread(target=workflow.compile)
building.start()
begun.wait()
child = os.fork()
if child == 0:
    signal.alarm(5)
    go_on.set()
    print(list(workflow.graph.nodes), flush=True)
    os._exit(0)
ended = os.waitpid(child, 0)[1]
go_on.set()
building.join()
print(ended)
"""
INTERRUPTED = """
from hitl_tui.inbox.visits import visit_at_once

async def deed(inbox):
    try:
        threading.Timer(0, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
        await asyncio.Event().wait()
    finally:
        await asyncio.sleep(0.1)
        print("cleaned up", flush=True)

try:
    visit_at_once(storage.path, "ann", deed)
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""
INTERRUPTED_STEP = """
class Slow(Quick):
    def one(self, state):
        for _ in range(2):  # the first one cancels, the second one cannot wait
            os.kill(os.getpid(), signal.SIGINT)
        time.sleep(60)

try:
    asyncio.run(Slow().invoke({}, config))
except KeyboardInterrupt:
    print("interrupted")
print(storage.read("threads", "t")["status"], Slow().get_state(config))
"""
HANDLES_A_SIGNAL = """
asyncio.run(Quick().invoke({}, config))
seen = []

def look(*_):
    seen.append(Quick().get_state(config))
    if len(seen) < 30:
        signal.setitimer(signal.ITIMER_REAL, 0.003)

signal.signal(signal.SIGALRM, look)
signal.setitimer(signal.ITIMER_REAL, 0.003)
while len(seen) < 30:
    assert Quick().get_state(config) == {"n": 1}
print(seen == [{"n": 1}] * 30)
"""
LOGS = """
class Stores(logging.Handler):
    def emit(self, record):
        note(record.getMessage().split()[0])

class Asks(Quick):
    def build_graph(self):
        return self.start().interrupt("go?", timeout="1s").then(self.one).end()

logging.getLogger("hitl_tui").addHandler(Stores())
try:
    asyncio.run(Asks().invoke({}, config))
except WorkflowPaused:
    pass
other = {"configurable": {"thread_id": "other"}}
time.sleep(1.01)  # the deadline
print(asyncio.run(Quick().invoke({}, other)), [note["text"] for note in storage.list("notes")])
"""
WITHIN_ONCE = """
class Inner(Quick):
    def one(self, state):
        state.n = self.once("pay", lambda: 7)

class Outer(Quick):
    async def one(self, state):
        state.n = (await self.aonce("pay", lambda: Inner().invoke({}, {"configurable": {"thread_id": "i"}})))["n"]

print(asyncio.run(Outer().invoke({}, config)))
"""
FORKS_WITH_MEMORY = """
from hitl_tui.workflow import checkpointers

class Kept(Quick):
    checkpointer = "memory"

asyncio.run(Kept().invoke({}, config))
child = os.fork()
if child == 0:
    raise SystemExit
os.waitpid(child, 0)
print(Kept().get_state(config))
print(checkpointers.database_of("memory").parent)
"""
SPAWN = "fork before the first call, or let no call run meanwhile, or start processes by 'spawn'"


def ended(path: Path, script: str) -> subprocess.CompletedProcess[str]:
    """The program after its end, with the database at `path`."""
    return subprocess.run(
        # Unbuffered: what stands in a buffer at a fork is printed twice.
        [sys.executable, "-u", "-c", BEGIN + script],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "HITL_DB": str(path)},
    )


@pytest.mark.parametrize(
    ("script", "code", "said"),
    [
        pytest.param(ENDS, 3, "", id="a program that ends leaves no log behind"),
        pytest.param(FORKS, 0, "12", id="a fork has visits of its own, and loses nothing"),
        pytest.param(FORKS_WITHIN, 0, f"DatabaseUnusable {SPAWN}\n{{'n': 5}}", id="but not in the midst of one"),
        pytest.param(
            FORKS_BY_ANOTHER_NAME,
            0,
            f"DatabaseUnusable {SPAWN}\nDatabaseUnusable {SPAWN}",
            id="nor by another name of the file",
        ),
        pytest.param(
            FORKS_AFTER_A_FAILURE,
            0,
            f"DatabaseUnusable\nDatabaseUnusable {SPAWN}\n1",
            id="nor where only an older opening of it is in use",
        ),
        pytest.param(FORKS_WHILE_BUILT, 0, "['one']\n0", id="a fork builds what a thread of its parent is building"),
        pytest.param(INTERRUPTED, 0, "cleaned up\ninterrupted", id="ctrl+c waits for what cleans up"),
        pytest.param(INTERRUPTED_STEP, 0, "interrupted\nready {'n': 0}", id="ctrl+c in a step hands the thread back"),
        pytest.param(HANDLES_A_SIGNAL, 0, "True", id="a signal's handler may visit in the midst of a visit"),
        pytest.param(LOGS, 0, "{'n': 1} ['Interaction']", id="so may the handler of a log"),
        pytest.param(WITHIN_ONCE, 0, "{'n': 7}", id="an effect may be a workflow with effects of its own"),
    ],
)
def test_programs(tmp_path: Path, script: str, code: int, said: str) -> None:
    path = tmp_path / "hitl.db"
    done = ended(path, script)
    assert (done.returncode, done.stdout.strip(), done.stderr) == (code, said, "")
    assert not path.with_name("hitl.db-wal").exists()
    assert sqlite3.connect(path).execute("pragma integrity_check").fetchone() == ("ok",)


def test_what_is_kept_in_memory_is_gone_with_its_program_and_not_with_a_fork(tmp_path: Path) -> None:
    done = ended(tmp_path / "hitl.db", FORKS_WITH_MEMORY)
    state, folder = done.stdout.splitlines()
    assert (done.returncode, state, done.stderr) == (0, "{'n': 1}", "")
    assert not Path(folder).exists()
