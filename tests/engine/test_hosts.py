"""Agents of the user's run in processes of their own and cannot harm the runner or each other (row 171)."""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

import pytest

from hitl_tui.agents.base import words_of
from hitl_tui.engine.hosts import Hosts
from hitl_tui.engine.node_run import NodeResult
from hitl_tui.errors import AgentsNotLoaded
from hitl_tui.model.kinds import StepStatus
from tests.engine.hosting import NONE, agents_file, run
from tests.waiting import eventually

AGENTS = """
import asyncio, os, sys, time
from datetime import datetime
from hitl_tui.agents import BaseAgent, agent

@agent("polite")
def polite(inputs): return {"pid": os.getpid(), "at": datetime(2026, 1, 2)}

@agent("prints")
def prints(inputs):
    print("soil " * 1000); os.write(1, b"raw soil"); return sys.stdin.read()

@agent("exits")
def exits(inputs): os._exit(7)

@agent("sys_exits")
def sys_exits(inputs): sys.exit("enough")

@agent("blocks")
async def blocks(inputs):
    open(inputs["mark"], "w").write(str(os.getpid())); time.sleep(600)

@agent("forks")
def forks(inputs):
    if os.fork() == 0: sys.exit(0)
    return "parent"

@agent("leaves_a_child")
def leaves_a_child(inputs):
    if os.fork() == 0: time.sleep(60); os._exit(0)
    os._exit(3)

@agent("sleeps")
async def sleeps(inputs): await asyncio.sleep(0.01); return "rested"

@agent("asks")
class Asks(BaseAgent):
    def process(self, inputs):
        try:
            return self.ask(self.request("approval", "ok?", context={"at": datetime(2026, 1, 2)})).action
        except Exception:
            return "ran unapproved"
"""


@pytest.fixture
def reference(tmp_path: Path) -> str:
    return agents_file(tmp_path, AGENTS)


async def test_values_cross_whole_and_the_process_stays_warm(hosts: Hosts, reference: str) -> None:
    first, second = [await hosts.run(reference, run("polite"), NONE) for _ in range(2)]
    assert first.writes == second.writes
    assert first.output["at"].year == 2026
    assert first.output["pid"] != os.getpid()
    assert first.code_sha is not None


async def test_printing_and_reading_stdin(hosts: Hosts, reference: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert (await hosts.run(reference, run("prints"), NONE)).output == ""
    assert capfd.readouterr() == ("", "")


async def test_a_process_that_ends_is_a_failed_node(hosts: Hosts, reference: str) -> None:
    result = await hosts.run(reference, run("exits"), NONE)
    assert result.error is not None
    assert result.error["type"] == "AgentProcessEnded"
    assert "exit code 7" in result.error["message"]
    result = await hosts.run(reference, run("sys_exits"), NONE)
    assert result.error is not None
    assert "sys.exit('enough')" in result.error["message"]
    assert (await hosts.run(reference, run("sleeps"), NONE)).output == "rested"


async def test_a_forked_child_answers_for_nobody(hosts: Hosts, reference: str) -> None:
    assert (await hosts.run(reference, run("forks"), NONE)).output == "parent"
    assert (await hosts.run(reference, run("sleeps"), NONE)).output == "rested"


async def test_a_dead_process_is_noticed_though_its_child_lives(hosts: Hosts, reference: str) -> None:
    async with asyncio.timeout(10):
        result = await hosts.run(reference, run("leaves_a_child"), NONE)
    assert result.error is not None
    assert "exit code 3" in result.error["message"]


async def test_a_blocking_agent_blocks_nobody_and_dies_with_its_run(
    hosts: Hosts, reference: str, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    blocked = asyncio.create_task(hosts.run(reference, run("blocks", mark=str(mark)), NONE))
    await eventually(lambda: mark.exists() and mark.read_text())
    assert (await hosts.run(reference, run("sleeps"), NONE)).output == "rested"
    blocked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await blocked
    pid = int(mark.read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


async def test_killed_host(hosts: Hosts, reference: str, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    blocked = asyncio.create_task(hosts.run(reference, run("blocks", mark=str(mark)), NONE))
    await eventually(lambda: mark.exists() and mark.read_text())
    os.kill(int(mark.read_text()), signal.SIGKILL)
    result = await blocked
    assert result.error is not None
    assert "signal 9" in result.error["message"]


async def test_a_pause_crosses_the_process(hosts: Hosts, reference: str) -> None:
    result: NodeResult = await hosts.run(reference, run("asks"), NONE)
    assert result.status is StepStatus.PAUSED
    assert result.asked[0].context["at"].year == 2026


async def test_changed_code_gets_a_new_process(hosts: Hosts, reference: str) -> None:
    before = await hosts.run(reference, run("polite"), NONE)
    agents_file(Path(reference).parent, AGENTS.replace('"rested"', '"rested well"'))
    assert (await hosts.run(reference, run("sleeps"), NONE)).output == "rested well"
    assert (await hosts.run(reference, run("polite"), NONE)).code_sha != before.code_sha


async def test_the_current_folder_may_be_gone(
    hosts: Hosts, reference: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after a deploy that removes the folder of the release before."""
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    assert (await hosts.run(reference, run("sleeps"), NONE)).output == "rested"


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("import nothing_like_it", "agents.py:1: there is no module"),
        ("x = (", "agents.py:1: "),
        ("1 / 0", "ZeroDivisionError"),
        ("import sys; sys.exit(3)", "sys.exit(3)"),
        ("import os; os._exit(3)", "its process ended"),
        ("x = 1", "defines no agent types"),
        ("from hitl_tui.agents import agent\n@agent('output')\ndef f(i): return 1", "'output' is a built-in"),
    ],
)
async def test_code_that_cannot_be_loaded(hosts: Hosts, tmp_path: Path, code: str, words: str) -> None:
    path = tmp_path / "agents.py"
    path.write_text(code)
    with pytest.raises(AgentsNotLoaded) as caught:
        await hosts.defined(str(path))
    assert words in caught.value.message
    result = await hosts.run(str(path), run("x"), NONE)
    assert result.status is StepStatus.FAILED
    assert result.error is not None
    assert result.error["message"] == words_of(caught.value), "with the remedy"


async def test_code_that_ends_while_it_is_loaded_is_noticed_though_its_child_lives(
    hosts: Hosts, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    path = agents_file(tmp_path, f"if os.fork() == 0: until({str(mark)!r})\nos._exit(3)")
    async with asyncio.timeout(10):
        with pytest.raises(AgentsNotLoaded, match="its process ended while it was loaded"):
            await hosts.defined(path)
    mark.touch()


async def test_a_process_that_is_given_back_after_the_end_is_ended(hosts: Hosts, tmp_path: Path) -> None:
    """Nobody comes to end it later."""
    mark, go = tmp_path / "mark", tmp_path / "go"
    waits = f"Path({str(mark)!r}).write_text(str(os.getpid())); until({str(go)!r})\n"
    path = agents_file(tmp_path, f"{waits}@agent('x')\ndef x(inputs): return 1")
    loading = asyncio.create_task(hosts.defined(path))
    await eventually(lambda: mark.exists() and mark.read_text())
    await hosts.close()
    go.touch()
    await loading
    with pytest.raises(ProcessLookupError):
        os.kill(int(mark.read_text()), 0)


async def test_code_that_takes_too_long_to_load_is_ended(
    hosts: Hosts, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A node waits neither for ever, nor in the way of others."""
    monkeypatch.setattr("hitl_tui.engine.host_process.LOADING_SECONDS", 0)
    path = agents_file(tmp_path, "time.sleep(600)")
    async with asyncio.timeout(10):
        with pytest.raises(AgentsNotLoaded, match="loading it took longer than 0 s"):
            await hosts.defined(path)
