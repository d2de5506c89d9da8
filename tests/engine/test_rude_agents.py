"""Whatever a node does to its process, the next one finds it in order, or finds another process."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from hitl_tui.engine.hosts import Hosts
from tests.engine.hosting import NONE, agents_file, run
from tests.waiting import eventually, until

ROOT = Path(__file__).parents[2]
AGENTS = """
HOME = os.getcwd()

@agent("looks")
def looks(inputs):
    '''What should be as it was at the beginning.'''
    print("heard"); os.write(2, b"raw\\n")
    os.system("echo child")
    return {
        "folder": os.getcwd() == HOME,
        "signals": [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM)]
        == [signal.default_int_handler, signal.SIG_DFL, signal.SIG_DFL],
        "mask": not signal.pthread_sigmask(signal.SIG_BLOCK, ()),
        "stdin": sys.stdin.read(),
    }

@agent("pid")
def pid(inputs): return os.getpid()

@agent("moves")
def moves(inputs): os.chdir("/")

@agent("signals")
def signals(inputs):
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGALRM): signal.signal(number, lambda *_: None)
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})

@agent("alarms")
def alarms(inputs): signal.setitimer(signal.ITIMER_REAL, 0.05)

@agent("closes")
def closes(inputs): os.close(0); os.close(1); os.close(2); sys.stdin.close(); return open(os.devnull).fileno()

@agent("replaces")
def replaces(inputs): sys.stdout = open(os.devnull, "w"); sys.stderr.close(); sys.stdout.close()

@agent("recurses")
def recurses(inputs): return recurses(inputs)

@agent("nests")
def nests(inputs):
    value = []
    for _ in range(5000): value = [value]
    return value

@agent("connects")
def connects(inputs): return {"bank": {"database_connection": threading.Lock()}}

@agent("is_huge")
def is_huge(inputs): return "x" * (100 << 20)

@agent("forks")
def forks(inputs):
    if os.fork() == 0: until(inputs["mark"]); sys.exit(0)
    return "parent"

@agent("raises_a_base_exception")
def raises_a_base_exception(inputs): raise KeyboardInterrupt("mine")

@agent("cancels")
def cancels(inputs): raise asyncio.CancelledError("mine")

@agent("closes_everything")
def closes_everything(inputs): os.closerange(3, 256)

@agent("hangs_up")
def hangs_up(inputs): os.closerange(3, 256); time.sleep(600)

@agent("looped")
def looped(inputs):
    async def value(): await asyncio.sleep(0); return "from a loop of its own"
    return asyncio.run(value())

@agent("awaits")
async def awaits(inputs):
    first = asyncio.get_running_loop().time(); await asyncio.sleep(0.001)
    async def later(): await asyncio.sleep(0); return "awaited"
    return await asyncio.create_task(later())

@agent("returns_a_coroutine")
def returns_a_coroutine(inputs): return awaits(inputs)

@agent("leaves_a_thread")
def leaves_a_thread(inputs):
    def late(): until(inputs["mark"]); Path(inputs["mark"] + ".done").touch()
    threading.Thread(target=late).start()
    return os.getpid()

@agent("leaves_a_task")
async def leaves_a_task(inputs):
    asyncio.create_task(asyncio.to_thread(until, inputs["mark"])); await asyncio.sleep(0.01)
    return os.getpid()

@agent("waits_for_a_child")
def waits_for_a_child(inputs):
    child = subprocess.Popen(["sleep", "600"]); Path(inputs["mark"]).write_text(str(child.pid)); child.wait()

@agent("blocks")
def blocks(inputs): Path(inputs["mark"]).write_text(str(os.getpid())); time.sleep(600)
"""
AS_BEFORE = {"folder": True, "signals": True, "mask": True, "stdin": ""}


@pytest.fixture
def reference(tmp_path: Path) -> str:
    return agents_file(tmp_path, AGENTS)


def gone(pid: int) -> bool:
    with suppress(ProcessLookupError):
        os.kill(pid, 0)
        return False
    return True


async def test_the_next_node_is_unharmed(hosts: Hosts, reference: str, tmp_path: Path) -> None:
    """Each in its turn, then one that looks around: in the same process, unless that one ended.

    Row 165: a result that is no JSON names its field.
    """
    mark = tmp_path / "mark"
    ends = {
        "moves": None,
        "signals": None,
        "alarms": None,
        "closes": None,
        "replaces": None,
        "forks": None,
        "recurses": "RecursionError: maximum recursion depth",
        "nests": "NotSerialisable: state is nested too deeply",
        "connects": "NotSerialisable: state.x.bank.database_connection is a lock",
        "raises_a_base_exception": "KeyboardInterrupt: mine",
        "cancels": "CancelledError: mine",
        "is_huge": "ResultTooLarge: the result of 'is_huge' and its writes take 200 MB, and at most 64 MB are",
        "closes_everything": "AgentProcessEnded: the agent's process ended by itself with exit code",
        "hangs_up": "AgentProcessEnded: the agent's process hung up on the runner while running 'hangs_up'",
    }
    for agent, words in ends.items():
        before = (await hosts.run(reference, run("pid"), NONE)).output
        result = await hosts.run(reference, run(agent, mark=str(mark)), NONE)
        if words is None:
            assert result.error is None, agent
        else:
            assert result.error is not None, agent
            assert f"{result.error['type']}: {result.error['message']}".startswith(words), agent
        looked = await hosts.run(reference, run("looks"), NONE)
        assert looked.output == AS_BEFORE, agent
        assert (looked.logs or "").split() == ["heard", "raw", "child"], agent
        after = (await hosts.run(reference, run("pid"), NONE)).output
        assert (before == after) is not (words or "").startswith("AgentProcessEnded"), agent
    mark.touch()


async def test_an_agent_may_run_a_loop_of_its_own(hosts: Hosts, reference: str) -> None:
    """`process` that is not async runs in no loop, so that `asyncio.run` works in it; async ones have one."""
    for agent, output in (
        ("looped", "from a loop of its own"), ("awaits", "awaited"), ("returns_a_coroutine", "awaited"),
    ):  # fmt: skip
        result = await hosts.run(reference, run(agent), NONE)
        assert result.output == output, result.error


async def test_what_an_agent_leaves_behind_delays_nobody(hosts: Hosts, reference: str, tmp_path: Path) -> None:
    """The result comes at once, the next node has another process, and the thread may finish what it does."""
    for agent in ("leaves_a_thread", "leaves_a_task"):
        mark = tmp_path / agent
        async with asyncio.timeout(10):
            pid = (await hosts.run(reference, run(agent, mark=str(mark)), NONE)).output
            assert (await hosts.run(reference, run("pid"), NONE)).output != pid
        assert not gone(pid)
        mark.touch()
        await eventually(partial(gone, pid))
    assert (tmp_path / "leaves_a_thread.done").exists()


async def test_no_more_than_a_few_processes_linger(
    hosts: Hosts, reference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hitl_tui.engine.hosts.RETIRED", 1)
    pids = []
    for number in range(3):
        result = await hosts.run(reference, run("leaves_a_thread", mark=str(tmp_path / str(number))), NONE)
        pids.append(result.output)
    await eventually(lambda: gone(pids[0]))
    assert not gone(pids[1])
    await hosts.close()
    assert all(map(gone, pids))


async def test_a_node_that_is_cut_off_takes_its_programs_along(hosts: Hosts, reference: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    waiting = asyncio.create_task(hosts.run(reference, run("waits_for_a_child", mark=str(mark)), NONE))
    await eventually(lambda: mark.exists() and mark.read_text())
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    await eventually(lambda: gone(int(mark.read_text())))


RUNNER = """
import asyncio, sys
from hitl_tui.engine.hosts import Hosts
from tests.engine.hosting import NONE, run
asyncio.run(Hosts(keep=1).run(sys.argv[1], run("blocks", mark=sys.argv[2]), NONE))
"""


def test_a_process_dies_with_its_runner(reference: str, tmp_path: Path) -> None:
    """kill -9 of the runner while an agent blocks: its lease is void, so the agent must not go on."""
    mark = tmp_path / "mark"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    runner = subprocess.Popen([sys.executable, "-c", RUNNER, reference, str(mark)], env=environment)
    try:
        until(lambda: mark.exists() and mark.read_text())
    finally:
        runner.kill()
        runner.wait()
    until(lambda: gone(int(mark.read_text())), 5)


async def test_a_reference_runs_from_any_folder(
    hosts: Hosts, reference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file in the current folder hides nothing that is installed, not even from the process itself."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    for name in ("json", "click", "hitl_tui"):
        (folder / f"{name}.py").write_text("raise RuntimeError('hijacked')\n")
    monkeypatch.chdir(folder)
    assert isinstance((await hosts.run(reference, run("pid"), NONE)).output, int)
    await hosts.close()


async def test_a_node_waits_while_no_process_can_be_started(
    hosts: Hosts, reference: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A full process table is no failure of the node: that would send what was approved down another edge."""
    asked = []
    allow = asyncio.create_subprocess_exec

    async def refuse_at_first(*args: Any, **options: Any) -> asyncio.subprocess.Process:
        asked.append(os.dup(0))
        os.close(asked[-1])
        if len(asked) < 3:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        return await allow(*args, **options)

    monkeypatch.setattr(asyncio, "create_subprocess_exec", refuse_at_first)
    monkeypatch.setattr("hitl_tui.engine.hosts.LACKING_SECONDS", 0)
    result = await hosts.run(reference, run("pid"), NONE)
    assert result.error is None
    assert isinstance(result.output, int)
    assert asked == [asked[0]] * 3, "nothing was left open"
    assert len(caplog.records) == 2
    assert "no process can be started for it: Resource temporarily unavailable" in caplog.text
    assert "raise the limits" in caplog.text


async def test_a_python_that_is_gone_is_a_failure_of_the_node(
    hosts: Hosts, reference: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """That does not pass by waiting."""
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    result = await hosts.run(reference, run("pid"), NONE)
    assert result.error is not None
    assert "no process can be started for it: No such file or directory" in result.error["message"]
