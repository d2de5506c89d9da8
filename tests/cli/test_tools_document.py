"""docs/tool-approvals.md is true: its files load, its commands run, and lead to what it says."""

from __future__ import annotations

import io
import logging
import shlex
from pathlib import Path

import pytest

from hitl_tui.agents.loading import load_reference
from hitl_tui.graphs.loading import load_file
from tests.agents.node import Node
from tests.cli.conftest import Hitl
from tests.test_documents import ROOT, blocks
from tests.tools.test_node import Recorded

DOCUMENT = ROOT / "docs" / "tool-approvals.md"


def test_the_commands_run_as_printed(hitl: Hitl, monkeypatch: pytest.MonkeyPatch) -> None:
    hitl.file("tools.py", blocks(DOCUMENT, "python")[0])
    file = hitl.folder / hitl.file("mail.yaml", blocks(DOCUMENT, "yaml")[0])
    assert load_file(file, known=("input", "output", "tools")).findings == []
    (commands,) = blocks(DOCUMENT, "sh")
    out = []
    # The prompt after the first of them.
    for line in "\nhitl prompt mail-1\n".join(commands.split("\n", 1)).splitlines():
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO()))
        ended = hitl.quick(*shlex.split(line)[1:])
        assert ended.code == 0, (line, ended)
        out.append(ended.out)
    asked, prompted, edited, again, rejected = out
    shown = blocks(DOCUMENT, "text")[0].splitlines()
    assert "external communication" in asked and "Send an email to specified recipient." in asked
    assert "Email sent to bob@example.org, 3 in all" in edited
    assert "Not sent: no longer a customer" in rejected
    assert all(line in prompted for line in shown), prompted
    assert "paused" in again


def test_the_policy_and_its_agent_do_what_is_said(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(blocks(DOCUMENT, "python")[1], encoding="utf-8")
    agent = load_reference(str(tmp_path / "own.py")).create("clean_up")
    agent.effects = Recorded()  # type: ignore[assignment]
    assert Node(agent, {"records": ["a"] * 10}).run() == 10
    assert Node(agent, {"records": ["a"] * 11}).question().context["tool"] == "batch_delete"


def test_the_log_is_set_up_as_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    logger = logging.getLogger("hitl_audit")
    level, handlers = logger.level, list(logger.handlers)
    exec(blocks(DOCUMENT, "python")[2])
    try:
        logger.info({"decision": "approve"})
        assert (tmp_path / "decisions.log").read_text() == "{'decision': 'approve'}\n"
    finally:
        for added in set(logger.handlers) - set(handlers):
            added.close()
            logger.removeHandler(added)
        logger.setLevel(level)


DEADLY = """
import os
from hitl_tui.agents import tool

@tool
def wire(amount: int) -> str:
    with open("wired", "a") as file:
        file.write(f"{amount}\\n")
    os._exit(1)
"""


def test_row_174_a_tool_whose_process_dies_is_not_silently_run_again(hitl: Hitl) -> None:
    """As "Never twice unnoticed" says: a person redoes it, or marks it as done."""
    hitl.file("tools.py", DEADLY)
    policy = "interrupt_on: {wire: true}"
    node = f"{{agent: tools, inputs: amount, output: receipt, context: {{tool: wire, {policy}}}}}"
    hitl.file("wire.yaml", f"graph: Wire\nagents: tools.py\nnodes:\n  act: {node}\n")
    assert hitl.quick("run", "wire.yaml", "--input", "amount:=5", "--thread-id", "w").code == 0
    asked = hitl.quick("resume", "w", "approve", "--json").json
    assert asked["status"] == "paused"
    assert asked["pending"][0]["prompt"].startswith("'wire(amount=5)")
    assert (hitl.folder / "wired").read_text() == "5\n"
    done = hitl.quick("resume", "w", "choose", "--data", '{"choice": 2, "result": "wired"}', "--json").json
    assert (done["status"], done["state"]["receipt"]) == ("completed", "wired")
    assert (hitl.folder / "wired").read_text() == "5\n"
