"""The command line as a stranger meets it: real processes on real databases."""

from __future__ import annotations

import asyncio
import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hitl_tui.cli import entry
from hitl_tui.inbox import Inbox
from tests.cli import spec_requests

REPOSITORY = Path(__file__).parents[2]
DEADLINE_SECONDS = 60


@dataclass(frozen=True)
class Result:
    """What a process left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """stdout as the one JSON document it must be."""
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, Any]:
        """The error object that `--json` prints."""
        found = self.json["error"]
        assert isinstance(found, dict)
        return found


class Hitl:
    """Runs `hitl` in a folder of its own, on the database `hitl.db` there."""

    def __init__(self, folder: Path, commands: Path) -> None:
        self.folder = folder
        self.db = folder / "hitl.db"
        self.environment = {
            **os.environ,
            "HITL_DB": str(self.db),
            "PYTHONPATH": str(REPOSITORY),
            "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
        }

    def __call__(self, *arguments: str, stdin: str | None = None, env: Mapping[str, str] | None = None) -> Result:
        """Run `hitl ARGUMENTS…`."""
        return self._run([sys.executable, "-m", "hitl_tui", *arguments], stdin, env)

    def quick(self, *arguments: str) -> Result:
        """Run `hitl ARGUMENTS…` inside this process: the same code without the start of a new one."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
            patch.setenv("HITL_DB", str(self.db))
            patch.setenv("PYTHONPATH", str(REPOSITORY))
            patch.chdir(self.folder)
            code = entry.run(arguments)
        assert "Traceback" not in out.getvalue() + err.getvalue(), err.getvalue()
        return Result(code, out.getvalue(), err.getvalue())

    def typed(self, line: str) -> Result:
        """Run a line that begins with `hitl`, taken apart by a real shell, inside this process."""
        words = self.bash(f"hitl() {{ printf '%s\\0' \"$@\"; }}; {line}")
        assert (words.code, words.err) == (0, ""), words
        return self.quick(*words.out.split("\0")[:-1])

    def bash(self, script: str, stdin: str | None = None) -> Result:
        """Run a script in which `hitl` is a command."""
        return self._run(["bash", "-c", script], stdin, None)

    def start(self, *arguments: str, **named: Any) -> subprocess.Popen[str]:
        """Start `hitl ARGUMENTS…` and leave it running."""
        return subprocess.Popen(
            [sys.executable, "-m", "hitl_tui", *arguments],
            cwd=self.folder,
            env=self.environment,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            stdin=subprocess.DEVNULL,
            **named,
        )

    def file(self, name: str, text: str) -> str:
        """Write a file into the folder; returns its name."""
        (self.folder / name).write_text(text, encoding="utf-8")
        return name

    def use(self, database: Path) -> None:
        """Work on a copy of a prepared database."""
        shutil.copyfile(database, self.db)

    def _run(self, words: list[str], stdin: str | None, env: Mapping[str, str] | None) -> Result:
        ended = subprocess.run(
            words,
            cwd=self.folder,
            env={**self.environment, **(env or {})},
            input=stdin if stdin is not None else "",
            capture_output=True,
            text=True,
            timeout=DEADLINE_SECONDS,
            check=False,
        )
        assert "Traceback" not in ended.stdout + ended.stderr, ended.stderr
        return Result(ended.returncode, ended.stdout, ended.stderr)


@pytest.fixture(scope="session")
def commands(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the command `hitl`, for scripts."""
    folder = tmp_path_factory.mktemp("bin")
    script = folder / "hitl"
    script.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m hitl_tui "$@"\n')
    script.chmod(0o755)
    return folder


@pytest.fixture
def hitl(tmp_path: Path, commands: Path) -> Hitl:
    """The command line with an empty database."""
    return Hitl(tmp_path, commands)


@pytest.fixture(scope="session")
def asking(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """For each sample request of spec 000 a database whose `thread_12345` waits for its answer."""
    folder = tmp_path_factory.mktemp("asking")
    file = folder / "requests.csv"
    file.write_text(spec_requests.as_csv(), encoding="utf-8")

    async def prepare(graph: str, database: Path) -> None:
        async with Inbox.open(database, actor="ann", via="cli") as inbox:
            await inbox.start(file, graph, thread_id=spec_requests.THREAD)
            view = await inbox.settled(spec_requests.THREAD)
            assert view.status == "paused", view

    databases = {graph: folder / f"{graph}.db" for graph in spec_requests.REQUESTS}
    for graph, database in databases.items():
        asyncio.run(prepare(graph, database))
    return databases
