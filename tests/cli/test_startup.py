"""A command line that answers at once: what it imports, and how long it takes beside a bare Python."""

from __future__ import annotations

import asyncio
import json
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from hitl_tui.inbox import Inbox
from tests.cli.conftest import Hitl
from tests.cost import cpu_seconds

ROUNDS = 5
IMPORTED = "import sys; from hitl_tui.cli.entry import run; run(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"


@pytest.fixture(scope="module")
def thousand(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with 1,000 threads."""
    folder = tmp_path_factory.mktemp("thousand")
    file = folder / "requests.csv"
    file.write_text("graph,node,agent,prompt\nBudget,gate,approval_interaction,Approve?\n", encoding="utf-8")

    async def fill() -> None:
        async with Inbox.open(folder / "hitl.db", actor="ann", via="cli") as inbox:
            await asyncio.gather(*(inbox.start(file, "Budget", thread_id=f"t{n:04}") for n in range(1000)))

    asyncio.run(fill())
    return folder / "hitl.db"


def ratio(hitl: Hitl, *words: str) -> float:
    """How many times as much as `python -c pass` a call takes; medians of interleaved rounds."""
    bare, ours = [], []
    for _ in range(ROUNDS):
        bare.append(cpu_seconds("-c", "pass", environment=hitl.environment))
        ours.append(cpu_seconds(*words, environment=hitl.environment))
    return statistics.median(ours) / statistics.median(bare)


def test_the_version_is_printed_at_once(hitl: Hitl) -> None:
    """`hitl --version` takes at most 6 times as much as `python -c pass`."""
    assert ratio(hitl, "-m", "hitl_tui", "--version") <= 6


def test_a_list_of_a_thousand_threads_is_quick(hitl: Hitl, thousand: Path) -> None:
    """`hitl list --json` takes at most 30 times as much as `python -c pass`."""
    hitl.use(thousand)
    assert hitl("list", "--json").json["total"] == 1000
    assert ratio(hitl, "-m", "hitl_tui", "list", "--json") <= 30
    assert ratio(hitl, "-m", "hitl_tui", "list", "--json", "--limit", "1000") <= 30


@pytest.mark.parametrize("words", [("--version",), ("list", "--json"), ("list",), ("--help",), ("show", "x")])
def test_no_command_imports_textual(hitl: Hitl, words: tuple[str, ...]) -> None:
    """Only the inbox itself needs Textual."""
    ended = subprocess.run(
        [sys.executable, "-c", IMPORTED, *words], env=hitl.environment, capture_output=True, text=True, check=True
    )
    modules = set(ended.stderr.split())
    assert "hitl_tui.cli.entry" in modules
    assert not {name for name in modules if name.split(".")[0] == "textual"}


def test_listing_imports_no_heavy_library(hitl: Hitl) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", IMPORTED, "list", "--json"],
        env=hitl.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(ended.stdout) == {"items": [], "total": 0, "next": None}
    tops = {name.split(".")[0] for name in ended.stderr.split()}
    assert not tops & {"pydantic", "textual", "rich", "yaml", "simpleeval", "jsonschema", "regex"}
