"""The agents that read and write files (the built-in list of the design facts)."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from hitl_tui.agents.files import LARGEST_BYTES, FileFailed
from tests.agents.node import Node
from tests.waiting import DEADLINE_SECONDS


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The working folder, where file agents may read and write."""
    work = tmp_path / "work"
    work.mkdir()
    monkeypatch.chdir(work)
    monkeypatch.delenv("HITL_FILES_DIR", raising=False)
    return work


def test_file_reader(folder: Path) -> None:
    (folder / "a.txt").write_text("één\n", encoding="utf-8")
    assert Node("file_reader", context={"path": "a.txt"}).run() == "één\n"
    assert Node("file_reader", {"file_path": "a.txt"}).run() == "één\n"
    assert Node("file_reader", {"name": "a"}, context={"path": "{name}.txt"}).run() == "één\n"
    assert Node("file_reader", context={"collection": str(folder / "a.txt")}).run() == "één\n"


def test_json_reader(folder: Path) -> None:
    (folder / "a.json").write_text('\ufeff{"a": [1, null]}', encoding="utf-8")
    assert Node("json_reader", context={"path": "a.json"}).run() == {"a": [1, None]}


def test_broken_json_names_the_line(folder: Path) -> None:
    (folder / "a.json").write_text('{\n"a": }', encoding="utf-8")
    with pytest.raises(FileFailed, match=r"a\.json:2: Expecting value"):
        Node("json_reader", context={"path": "a.json"}).run()
    (folder / "deep.json").write_text("[" * 100_000)
    with pytest.raises(FileFailed, match="nested too deeply"):
        Node("json_reader", context={"path": "deep.json"}).run()


def test_csv_reader(folder: Path) -> None:
    (folder / "a.csv").write_text('name, note\nx,"1,\n2"\n\ny\n')
    rows = Node("csv_reader", context={"path": "a.csv"}).run()
    assert rows == [{"name": "x", "note": "1,\n2"}, {"name": "y", "note": ""}]
    (folder / "empty.csv").write_text("")
    assert Node("csv_reader", context={"path": "empty.csv"}).run() == []
    (folder / "b.csv").write_text("a;b\n1;2\n")
    assert Node("csv_reader", context={"path": "b.csv", "delimiter": ";"}).run() == [{"a": "1", "b": "2"}]


def test_a_ragged_csv_row_names_the_line(folder: Path) -> None:
    (folder / "a.csv").write_text("a,b\n1,2\n1,2,3\n")
    with pytest.raises(FileFailed, match=r"a\.csv:3: 3 cells, and only 2 columns"):
        Node("csv_reader", context={"path": "a.csv"}).run()


@pytest.mark.parametrize(
    ("agent", "context", "message"),
    [
        ("file_reader", {"path": "missing.txt"}, "missing.txt: No such file or directory"),
        ("file_reader", {"path": "."}, "Is a directory"),
        ("file_reader", {}, "node 'gate' names no file"),
        ("file_reader", {"path": "binary.bin"}, "binary.bin is not UTF-8 text"),
        ("csv_reader", {"path": "binary.bin", "delimiter": ";;"}, "UTF-8|delimiter"),
        ("csv_writer", {"path": "a.csv", "delimiter": ";;"}, "the delimiter ';;' is not one character"),
        ("file_writer", {"path": "a.txt", "mode": "delete"}, "mode 'delete' is not one of write, append"),
    ],
)
def test_errors_name_the_file(folder: Path, agent: str, context: dict[str, Any], message: str) -> None:
    (folder / "binary.bin").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(FileFailed, match=message):
        Node(agent, {"data": [{"a": 1}]} if agent.endswith("writer") else {}, context=context).run()


def test_a_huge_file_is_not_read_into_the_state(folder: Path) -> None:
    with (folder / "huge").open("wb") as file:
        file.truncate(LARGEST_BYTES + 1)
    with pytest.raises(FileFailed, match="larger than 16 MB"):
        Node("file_reader", context={"path": "huge"}).run()


@pytest.mark.parametrize("agent", ["file_reader", "csv_reader", "file_writer"])
def test_what_is_no_regular_file_is_refused(folder: Path, agent: str) -> None:
    """Who opens a pipe waits for its other end, for ever."""
    os.mkfifo(folder / "pipe")
    with pytest.raises(FileFailed, match="pipe is a pipe, a socket or a device"):
        Node(agent, {"data": "x"}, context={"path": "pipe"}).run()


ENDS = """
import asyncio, contextlib, time
from hitl_tui.agents.files import FileAgent

class Hangs(FileAgent):
    def work(self, path, inputs):
        time.sleep(600)

async def main():
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(Hangs().process({"path": "a.txt"}), 0.01)

asyncio.run(main())
"""


def test_a_file_that_hangs_keeps_no_program_from_its_end(folder: Path) -> None:
    ended = subprocess.run([sys.executable, "-c", ENDS], capture_output=True, timeout=DEADLINE_SECONDS, check=True)
    assert ended.stderr == b""


def test_file_writer(folder: Path) -> None:
    out = folder / "sub" / "a.txt"
    assert Node("file_writer", {"text": "hello"}, context={"path": "sub/a.txt"}).run() == str(out)
    assert out.read_text() == "hello\n"
    Node("file_writer", {"text": "again\n"}, context={"path": "sub/a.txt"}).run()
    assert out.read_text() == "again\n", "a node that runs twice leaves one text"
    Node("file_writer", {"text": {"a": 1}}, context={"path": "sub/a.txt", "mode": "append"}).run()
    assert out.read_text() == 'again\n{"a": 1}\n'
    Node("file_writer", context={"path": "sub/a.txt"}, prompt="hi {who}", state={"who": "ann"}).run()
    assert out.read_text() == "hi ann\n"
    assert [path.name for path in out.parent.iterdir()] == ["a.txt"]


def test_a_path_from_an_input_is_not_what_is_written(folder: Path) -> None:
    Node("file_writer", {"path": "a.txt", "text": "hello"}).run()
    assert (folder / "a.txt").read_text() == "hello\n"
    with pytest.raises(FileFailed, match="has nothing to write"):
        Node("file_writer", {"path": "a.txt"}).run()


def test_json_writer(folder: Path) -> None:
    value = {"when": datetime(2024, 3, 15, 14, tzinfo=UTC), "who": "Zoë"}
    Node("json_writer", {"data": value}, context={"path": "a.json"}).run()
    assert json.loads((folder / "a.json").read_text()) == {"when": "2024-03-15T14:00:00.000000Z", "who": "Zoë"}
    for number in (1, 2):
        Node("json_writer", {"data": {"n": number}}, context={"path": "a.jsonl", "mode": "append"}).run()
    assert (folder / "a.jsonl").read_text() == '{"n": 1}\n{"n": 2}\n'


def test_csv_writer(folder: Path) -> None:
    rows = [{"a": 1, "b": "x,y"}, {"a": None, "c": [1]}]
    Node("csv_writer", {"data": rows}, context={"path": "a.csv"}).run()
    assert (folder / "a.csv").read_text() == 'a,b,c\n1,"x,y",\n,,[1]\n'
    Node("csv_writer", {"data": {"c": 2, "a": 3}}, context={"path": "a.csv", "mode": "append"}).run()
    assert (folder / "a.csv").read_text().endswith("3,,2\n"), "appended rows keep the columns of the file"
    with pytest.raises(FileFailed, match="has no column 'd'"):
        Node("csv_writer", {"data": {"d": 1}}, context={"path": "a.csv", "mode": "append"}).run()
    with pytest.raises(FileFailed, match="takes a dict, or a list of dicts or lists"):
        Node("csv_writer", {"data": "text"}, context={"path": "a.csv"}).run()


@pytest.mark.parametrize("path", ["../secret.txt", "/etc/hostname", "link/x", "~/x", "sub/../../secret.txt"])
def test_no_path_leads_out_of_the_folder(folder: Path, path: str) -> None:
    """A database from elsewhere must not read or overwrite the user's files."""
    (folder.parent / "secret.txt").write_text("secret")
    (folder / "link").symlink_to(folder.parent)
    for agent in ("file_reader", "file_writer"):
        with pytest.raises(FileFailed, match="is outside of .*; set HITL_FILES_DIR"):
            Node(agent, {"text": "x"}, context={"path": path}).run()
    assert (folder.parent / "secret.txt").read_text() == "secret"


def test_the_folder_can_be_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HITL_FILES_DIR", str(folder.parent))
    Node("file_writer", {"text": "x"}, context={"path": "above.txt"}).run()
    assert (folder.parent / "above.txt").read_text() == "x\n"


@pytest.mark.parametrize("path", [".bashrc", ".git/config", "agents.py", "sub/x.PTH"])
def test_a_workflow_writes_no_code(folder: Path, path: str) -> None:
    """Agents code is trusted by its path, so a workflow must not be able to replace it."""
    (folder / "agents.py").write_text("# mine")
    with pytest.raises(FileFailed, match="may not write hidden files nor Python code"):
        Node("file_writer", {"text": "x"}, context={"path": path}).run()
    assert (folder / "agents.py").read_text() == "# mine"
