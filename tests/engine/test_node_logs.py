"""What a node prints and logs is kept with its step: bounded, without secrets, and never that of another node."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_tui.engine.hosts import Hosts
from hitl_tui.engine.node_logs import HEAD_BYTES, OUTPUT, TAIL_BYTES, Kept, LateOutputs, Output
from hitl_tui.model.kinds import StepStatus
from tests.engine.hosting import NONE, agents_file, run
from tests.waiting import eventually

AGENTS = """
@agent("talks")
class Talks(BaseAgent):
    async def process(self, inputs):
        print("printed")
        print("to stderr", file=sys.stderr)
        os.write(2, b"\\xff raw\\n")
        ctypes.CDLL(None).printf(b"from C\\n")
        subprocess.run(["echo", "from a child"])
        logging.warning("of the root")
        logging.getLogger("httpx").info("of a library")
        self.logger.info("of the agent")
        await asyncio.to_thread(print, "from a thread")
        logging.getLogger("httpx").debug("too small")
        print("DB_PASSWORD=hunter2 Bearer abcdefghijklmn")

@agent("silent")
def silent(inputs):
    pass

@agent("raises")
def raises(inputs):
    print("before it"); raise ValueError("no")

@agent("exits")
def exits(inputs):
    print("last words", end=""); os._exit(3)

@agent("crashes")
def crashes(inputs):
    print("before the crash"); ctypes.string_at(0)

@agent("blocks")
def blocks(inputs):
    print("at it"); Path(inputs["mark"]).write_text(str(os.getpid())); time.sleep(600)

@agent("asks")
class Asks(BaseAgent):
    def process(self, inputs):
        print("asking"); self.ask(self.request("approval", "ok?"))

@agent("leaves")
def leaves(inputs):
    print("mine")
    words = "while [ ! -e " + inputs["mark"] + " ]; do sleep 0.01; done; echo late child"
    subprocess.Popen(["sh", "-c", words])
    def thread():
        until(inputs["mark"]); print("late thread"); logging.error("late log")
        Path(inputs["mark"] + ".done").touch()
    threading.Thread(target=thread, daemon=True).start()

@agent("wakes")
def wakes(inputs):
    print("woken"); Path(inputs["mark"]).touch(); until(inputs["mark"] + ".done"); print("slept")

@agent("floods")
def floods(inputs):
    for number in range(20000): print(f"line {number}")
"""


@pytest.fixture
def reference(tmp_path: Path) -> str:
    return agents_file(tmp_path, AGENTS)


async def test_all_that_a_node_says_is_kept(hosts: Hosts, reference: str, caplog: pytest.LogCaptureFixture) -> None:
    """Printed, logged, from C code and from child processes; in the log it is marked as the node's."""
    caplog.set_level(logging.INFO, logger=OUTPUT.name)
    logs = (await hosts.run(reference, run("talks"), NONE)).logs or ""
    lines = logs.splitlines()
    for line in ("printed", "to stderr", "� raw", "from C", "from a child", "from a thread"):
        assert line in lines
    for words in (
        "WARNING root: of the root", "INFO httpx: of a library", "INFO hitl_tui.agents.Talks: of the agent",
    ):  # fmt: skip
        assert any(line.endswith(words) for line in lines), words
    assert "too small" not in logs
    assert lines[-1] == "DB_PASSWORD=[redacted] Bearer [redacted]"
    assert "t talks | printed" in caplog.text
    assert "hunter2" not in caplog.text
    assert (await hosts.run(reference, run("silent"), NONE)).logs is None


async def test_what_was_said_until_the_end_is_kept(hosts: Hosts, reference: str, tmp_path: Path) -> None:
    """When the agent raises or asks, and when its process ends itself, crashes or is killed."""
    mark = tmp_path / "mark"
    raised = await hosts.run(reference, run("raises"), NONE)
    assert (raised.status, raised.logs) == (StepStatus.FAILED, "before it\n")
    asked = await hosts.run(reference, run("asks"), NONE)
    assert (asked.status, asked.logs) == (StepStatus.PAUSED, "asking\n")
    ended = await hosts.run(reference, run("exits"), NONE)
    assert (ended.status, ended.logs) == (StepStatus.FAILED, "last words\n")
    crashed = await hosts.run(reference, run("crashes"), NONE)
    assert (crashed.logs or "").startswith("before the crash\nFatal Python error: Segmentation fault")
    assert "agents.py" in (crashed.logs or ""), "where it crashed"
    blocked = asyncio.create_task(hosts.run(reference, run("blocks", mark=str(mark)), NONE))
    await eventually(lambda: mark.exists() and mark.read_text())
    os.kill(int(mark.read_text()), signal.SIGKILL)
    assert (await blocked).logs == "at it\n"


async def test_the_nodes_of_one_process_do_not_mix(
    hosts: Hosts, reference: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """What a thread and a child say that an earlier node left behind is in the log, and in no other node's logs."""
    caplog.set_level(logging.INFO, logger=OUTPUT.name)
    mark = str(tmp_path / "mark")
    assert (await hosts.run(reference, run("leaves", mark=mark), NONE)).logs == "mine\n"
    assert (await hosts.run(reference, run("wakes", mark=mark), NONE)).logs == "woken\nslept\n"
    await eventually(lambda: "t leaves | late child" in caplog.text)
    await eventually(lambda: "agents.py | late thread" in caplog.text)
    await eventually(lambda: "ERROR root: late log" in caplog.text)


async def test_a_flood_is_bounded(
    hosts: Hosts, reference: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its middle is left out, and said to be; also the log gets no more than it can bear."""
    caplog.set_level(logging.INFO, logger=OUTPUT.name)
    monkeypatch.setattr("hitl_tui.engine.node_logs.LOGGED_BYTES", 50_000)
    logs = (await hosts.run(reference, run("floods"), NONE)).logs or ""
    lines = logs.splitlines()
    assert (lines[0], lines[-1]) == ("line 0", "line 19999")
    (gap,) = [number for number, line in enumerate(lines) if line.startswith("… ")]
    whole = "".join(f"line {number}\n" for number in range(20000))
    missing = len(whole) - len(logs) + len(lines[gap]) + 1
    assert lines[gap] == f"… {missing} bytes left out …"
    assert int(lines[gap + 1].removeprefix("line ")) > int(lines[gap - 1].removeprefix("line ")) + 1
    assert len(logs) <= HEAD_BYTES + TAIL_BYTES + 100
    assert "t floods | line 5\n" in caplog.text
    assert caplog.messages[-1].endswith("t floods | … and more, which is not logged …")
    assert sum(map(len, caplog.messages)) < 250_000


async def test_code_that_prints_while_it_is_loaded_is_not_slowed_down(
    hosts: Hosts, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pauses are for what nobody waits for; the log is bounded as that of a node."""
    caplog.set_level(logging.INFO, logger=OUTPUT.name)
    monkeypatch.setattr("hitl_tui.engine.node_logs.LATE_SECONDS", 600)
    monkeypatch.setattr("hitl_tui.engine.node_logs.LOGGED_BYTES", 50_000)
    path = agents_file(tmp_path, 'for number in range(20000): print(f"line {number}")\n' + AGENTS)
    async with asyncio.timeout(10):
        await hosts.defined(path)
    assert "agents.py | line 5\n" in caplog.text
    assert caplog.messages[-1].endswith("agents.py | … and more, which is not logged …")


@pytest.mark.parametrize("end", [b"AAAA\n-----END RSA PRIVATE KEY-----\nafter\n", b"AAAA\n"])
async def test_a_key_that_comes_in_parts_is_not_logged(end: bytes, caplog: pytest.LogCaptureFixture) -> None:
    """Also one that comes with the pipe's pauses, or never to its end."""
    caplog.set_level(logging.INFO, logger=OUTPUT.name)
    output, theirs = Output.of_node("it")
    os.write(theirs, b"before\n> -----BEGIN RSA PRIVATE KEY-----\nMIIE\n")
    await eventually(lambda: "it | before" in caplog.text)
    os.write(theirs, end)
    os.close(theirs)
    await eventually(lambda: not output.open)
    assert "it | > [redacted]" in caplog.text
    assert ("it | after" in caplog.text) == (b"after" in end)
    assert "AAAA" not in caplog.text


@pytest.mark.parametrize(
    ("line", "lines"), [("2026-01-01 INFO some.module.of.the.worker: {}\n", 200), (" '{}',\n", 20), (" '{}\\n'\n", 20)]
)
async def test_a_key_whose_lines_stand_among_something_is_not_logged(
    line: str, lines: int, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also the largest one behind the prefix of a log, and a list of its lines, however it comes."""
    monkeypatch.setattr("hitl_tui.engine.node_logs.CHUNK_BYTES", 100)
    caplog.set_level(logging.INFO, logger=OUTPUT.name)
    output, theirs = Output.of_node("it")
    key = ["-----BEGIN RSA PRIVATE KEY-----", *["M" * 64] * lines, "-----END RSA PRIVATE KEY-----"]
    os.write(theirs, "".join(map(line.format, key)).encode() + b"after\n")
    os.close(theirs)
    await eventually(lambda: not output.open)
    assert "[redacted]" in caplog.text and "it | after" in caplog.text
    assert "MM" not in caplog.text


@pytest.mark.parametrize("end", ["-----END RSA PRIVATE KEY-----\nafter\n", ""])
@pytest.mark.parametrize("line", ["{}\n", "worker | {}\n", "{}\\n"])
async def test_a_key_larger_than_what_may_wait_is_not_logged(
    line: str, end: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever its last line is cut by what is read at once, and where that never comes."""
    monkeypatch.setattr("hitl_tui.engine.node_logs.LONGEST_WAIT", 1000)
    monkeypatch.setattr("hitl_tui.engine.node_logs.CHUNK_BYTES", 101)
    caplog.set_level(logging.INFO, logger=OUTPUT.name)
    output, theirs = Output.of_node("it")
    key = ["-----BEGIN RSA PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED", *["M" * 64] * 70]
    os.write(theirs, f"before\n{''.join(map(line.format, key))}{end}".encode())
    os.close(theirs)
    await eventually(lambda: not output.open)
    assert "it | before" in caplog.text and "[redacted]" in caplog.text
    assert ("it | after" in caplog.text) == bool(end)
    assert "MMMM" not in caplog.text


async def test_what_was_written_just_before_the_end_counts() -> None:
    """The result may come before its output was looked at; what comes after it belongs to nobody's logs."""
    output, theirs = Output.of_node("it")
    os.write(theirs, b"x" * 30_000 + b"\n")
    assert output.ended() == "x" * 30_000 + "\n"
    os.write(theirs, b"late\n")
    assert output.open
    os.close(theirs)
    await eventually(lambda: not output.open)


async def test_only_so_many_late_outputs_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each holds a descriptor for as long as somebody holds its other end."""
    monkeypatch.setattr(LateOutputs, "MOST", 2)
    late, pairs = LateOutputs(), [Output.of_node("it") for _ in range(3)]
    for output, _ in pairs:
        output.ended()
        late.add(output)
    assert [output.open for output, _ in pairs] == [False, True, True]
    late.close()
    for output, theirs in pairs:
        assert not output.open
        os.close(theirs)


@pytest.mark.parametrize("before", [HEAD_BYTES - 50, HEAD_BYTES + 8000])
@pytest.mark.parametrize("after", [TAIL_BYTES - 50, TAIL_BYTES + 8000])
@pytest.mark.parametrize("line", ["{}\n", "'{}',\n"])
def test_of_a_key_at_the_cut_no_part_is_kept(before: int, after: int, line: str) -> None:
    """Without its first line, or its last, nobody recognises it."""
    kept = Kept()
    key = ["-----BEGIN PRIVATE KEY-----", *["MIIE"] * 30, "-----END PRIVATE KEY-----"]
    for part in ("line\n" * (before // 5), *map(line.format, key), "word\n" * (after // 5)):
        kept.add(part.encode())
    text = kept.text()
    assert "MIIE" not in text and "KEY" not in text
    assert text.startswith("line\n") and text.endswith("word\n")
    assert " bytes left out …\n" in text


async def test_of_a_secret_at_the_cut_of_a_long_line_no_part_is_kept(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the beginning of such a line is kept, and logged, up to a word's end."""
    monkeypatch.setattr("hitl_tui.engine.node_logs.LONGEST_WAIT", 16 * 1024)
    caplog.set_level(logging.INFO, logger=OUTPUT.name)
    output, theirs = Output.of_node("it")
    begin, end = "first " + "x" * (HEAD_BYTES - 20) + " db://me:head", '": "tail", "'
    line = begin + "@host" + "y" * 20_000 + '"token' + end + "z" * (TAIL_BYTES - len(end) - 1) + "\n"
    assert os.write(theirs, line.encode()) == len(line)
    logs = output.ended() or ""
    assert logs.startswith("first x") and logs.endswith(" bytes left out …\n")
    os.write(theirs, b"after\n")
    os.close(theirs)
    await eventually(lambda: not output.open)
    assert caplog.messages[0].endswith("\nit | … and more of this line, which is not logged …")
    assert caplog.messages[1:] == ["it | after"]
    found = [part for part in ("head", "tail") if part in logs + caplog.messages[0]]
    assert not found


@given(st.lists(st.sampled_from(["x", "word\n", "y" * 3000, "z" * 30000, "line\n" * 2000]), max_size=8))
def test_beginning_and_end_are_whole_lines(parts: list[str]) -> None:
    """However it comes in: nothing is left out while there is room, and what is left out is counted."""
    kept = Kept()
    for part in parts:
        kept.add(part.encode())
    whole, text = "".join(parts), kept.text()
    if len(whole) <= HEAD_BYTES + TAIL_BYTES:
        assert text == whole
        return
    head, _, rest = text.partition("… ")
    number, _, tail = rest.partition(" bytes left out …\n")
    assert len(head) <= HEAD_BYTES + 1 and len(tail) <= TAIL_BYTES
    assert whole.startswith(head.removesuffix("\n")) and whole.endswith(tail)
    assert head.endswith("\n") or not head
    assert len(whole) - len(head) - len(tail) in (int(number), int(number) - 1)
