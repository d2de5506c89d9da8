"""What the README and the docs show is true: their files load, their commands run, their links lead somewhere."""

from __future__ import annotations

import ast
import asyncio
import importlib
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

import hitl_tui
from hitl_tui import HitlError, errors
from hitl_tui.agents.builtins import registry
from hitl_tui.agents.loading import load_reference
from hitl_tui.cli.commands import hitl as group
from hitl_tui.graphs.loading import load_file
from hitl_tui.inbox import Inbox
from tests.cli.conftest import Hitl

ROOT = Path(__file__).parents[1]
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(document: Path, language: str) -> list[str]:
    """The fenced blocks of one language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", document.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the files of the README."""
    readme = ROOT / "README.md"
    (tmp_path / "expense.yaml").write_text(blocks(readme, "yaml")[0], encoding="utf-8")
    (tmp_path / "expense.csv").write_text(blocks(readme, "csv")[0], encoding="utf-8")
    (tmp_path / "agents.py").write_text(blocks(readme, "python")[0], encoding="utf-8")
    return tmp_path


def hitl(folder: Path, line: str) -> str:
    """The standard output of a command, which must succeed."""
    call = [sys.executable, "-m", "hitl_tui", *shlex.split(line)[1:]]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "HITL_DB": str(folder / "hitl.db")}
    done = subprocess.run(call, cwd=folder, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"
    return done.stdout


def test_the_commands_of_the_readme_run_as_printed(folder: Path) -> None:
    lines = [line for block in blocks(ROOT / "README.md", "sh") for line in block.splitlines() if line[:5] == "hitl "]
    assert len(lines) >= 6
    output = {line: hitl(folder, line) for line in lines}
    assert "completed (ok)" in output["hitl resume laptops approve"]
    assert "paid 4500 for 3 laptops" in output["hitl history laptops"]


@pytest.mark.parametrize("name", ["expense.yaml", "expense.csv"])
def test_the_workflows_of_the_readme_have_no_findings(folder: Path, name: str) -> None:
    known = (*registry().names, *load_reference(str(folder / "agents.py")).names)
    loaded = load_file(folder / name, known=known)
    assert loaded.findings == []
    assert set(loaded.graphs["Expense"].nodes) == {"request", "approve", "pay", "refused"}


def test_small_expenses_are_paid_at_once(folder: Path) -> None:
    output = hitl(folder, "hitl run expense.yaml --input item=pens --input amount=12")
    assert "paid 12 for pens" in output


def test_the_agents_of_the_docs_load(tmp_path: Path) -> None:
    found = set()
    for number, block in enumerate(agents_blocks("agents.md") + agents_blocks("handlers.md")):
        (tmp_path / f"own{number}.py").write_text(block, encoding="utf-8")
        found |= set(load_reference(str(tmp_path / f"own{number}.py")).names)
    assert found == {"check_stock", "delete_records", "pay_invoice", "close_account", "budget_gate"}


def agents_blocks(document: str) -> list[str]:
    """The Python blocks that register agents."""
    return [block for block in blocks(ROOT / "docs" / document, "python") if "\n@" in block]


def test_the_tests_of_the_docs_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stock, invoices = agents_blocks("agents.md")
    (text,) = (block for block in blocks(ROOT / "docs" / "agents.md", "python") if "\ndef test_" in block)
    for name, block in (("stock", stock), ("invoices", invoices), ("test_agents", text)):
        (tmp_path / f"{name}.py").write_text(block, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    tests = importlib.import_module("test_agents")
    tests.test_stock()
    tests.test_a_rejection_deletes_nothing(monkeypatch)
    tests.test_an_invoice_is_paid(monkeypatch)


def test_the_script_of_the_docs_runs(own_places: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (script,) = (block for block in blocks(ROOT / "docs" / "handlers.md", "python") if "\n@" not in block)
    exec(compile(script, "handlers.md", "exec"), {})
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("budget-q1 waits for ")
    assert lines[1] == "approve by ann completed"


async def test_the_agents_of_the_docs_work(tmp_path: Path) -> None:
    """Those of handlers.md, in a workflow: the handler keeps count of what is asked, and its message is delivered."""
    first, second = agents_blocks("handlers.md")
    (tmp_path / "own.py").write_text(first + second, encoding="utf-8")
    (tmp_path / "flow.yaml").write_text(
        "graph: G\nagents: own.py\nnodes:\n"
        "  close: {agent: close_account, inputs: [account], output: done, next: gate}\n"
        "  gate: {agent: budget_gate, inputs: [account], output: gate, on_failure: refused}\n"
        "  refused: {agent: output, prompt: 'no: {responses.gate.reason}', output: end}\n",
        encoding="utf-8",
    )
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="test") as inbox, inbox.running():
        thread = await inbox.start(tmp_path / "flow.yaml", inputs={"account": "A1"})
        await inbox.settled(thread)
        await inbox.decide(thread, "approve")
        view = await inbox.settled(thread)
        assert [pending.node for pending in view.pending] == ["gate"], view.error
        await inbox.decide(thread, "reject", {"reason": "not this year"})
        view = await inbox.settled(thread)
        assert (view.state["done"], view.state["end"]) == ("approve", "no: not this year")
        assert await inbox.documents.read("requests_by_node", "close") == {"count": 1}


def test_the_workflows_of_the_docs_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every block of Python, one after the other, in one program; the commands on the file that the first block is."""
    document = ROOT / "docs" / "workflows.md"
    first, *others = blocks(document, "python")
    (tmp_path / "travel.py").write_text(first, encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    program = vars(importlib.import_module("travel")).copy()

    async def run() -> None:
        for block in others:
            code = compile(block, str(document), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
            await eval(code, program)

    asyncio.run(run())
    (commands,) = blocks(document, "sh")
    done = [Hitl(tmp_path, tmp_path).quick(*shlex.split(line)[1:]) for line in commands.splitlines()]
    assert [result.code for result in done] == [0, 0, 0]
    assert "booked for Lee" in done[-1].out


def test_the_errors_of_the_docs_come_from_the_one_import() -> None:
    text = (ROOT / "docs" / "workflows.md").read_text(encoding="utf-8")
    known = {name for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, HitlError)}
    named = known & set(re.findall(r"`(\w+)`", text))
    assert len(named) >= 17
    assert {name for name in named if getattr(hitl_tui, name, None) is not vars(errors)[name]} == set()


async def test_the_answers_to_the_batch_of_the_docs_fit_it(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "graphs.md").read_text(encoding="utf-8")
    (sample,) = (block for block in blocks(ROOT / "docs" / "graphs.md", "yaml") if "batch: true" in block)
    (tmp_path / "flow.yaml").write_text(sample, encoding="utf-8")
    answers = re.findall(r'`(\{"(?:except|decisions)".*?\})`', text)
    assert len(answers) == 2
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="test") as inbox, inbox.running():
        for answer in answers:
            inputs = {"items": ["one", "two"], "month": "May"}
            thread = await inbox.start(tmp_path / "flow.yaml", "Payment", inputs)
            await inbox.settled(thread)
            await inbox.decide(thread, "approve", json.loads(answer))
            decided = (await inbox.settled(thread)).state["responses"]["pay"]["decisions"]
            assert [each["decision"] for each in decided] == ["approve", "reject"]


def test_every_built_in_agent_is_documented() -> None:
    """Row 35. `graph_exit` is made by the loader and `posted` for scripts; nobody writes them."""
    table = (ROOT / "docs" / "agents.md").read_text(encoding="utf-8").partition("## Your own agents")[0]
    assert set(re.findall(r"`(\w+)`", table)) >= set(registry().names) - {"graph_exit", "posted"}


def test_every_decision_is_documented() -> None:
    text = (ROOT / "docs" / "decisions.md").read_text(encoding="utf-8")
    assert re.findall(r"^## D-(\d+): ", text, re.MULTILINE) == [str(number) for number in range(1, 17)]


def test_every_command_of_the_readme_exists() -> None:
    commands = set(group.list_commands(click.Context(group)))
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\bhitl ([a-z]+)\b", "\n".join(re.findall(r"`[^`\n]+`", text))))
    assert named <= commands, "a command that does not exist"
    assert commands <= set(re.findall(r"[a-z]+", text)), "a command that is not in the README"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for link in re.findall(r"\]\(([^)#\s]+)", document.read_text(encoding="utf-8")):
        if link.endswith(".png"):
            continue
        assert (document.parent / link).exists(), link
