"""docs/llm.md is true: its files load, its commands run, and lead to what it says."""

from __future__ import annotations

import json
import shlex
from pathlib import Path

import pytest

from hitl_tui.agents.builtins import registry
from hitl_tui.agents.loading import load_reference
from hitl_tui.graphs import llm_settings
from hitl_tui.graphs.loading import load_file
from tests.cli.conftest import Hitl
from tests.engine.workshop import graph, node, workshop
from tests.llm.sampling import SAMPLES, sampling
from tests.llm.scripted import answered
from tests.test_documents import ROOT, blocks

DOCUMENT = ROOT / "docs" / "llm.md"


def test_the_commands_run_as_printed(hitl: Hitl) -> None:
    (hitl.folder / "bank.py").write_text(blocks(DOCUMENT, "python")[0], encoding="utf-8")
    (hitl.folder / "bank.yaml").write_text(blocks(DOCUMENT, "yaml")[0], encoding="utf-8")
    assert load_file(hitl.folder / "bank.yaml", known=registry().names).findings == []
    ended = [hitl.quick(*shlex.split(line)[1:]) for line in blocks(DOCUMENT, "sh")[0].splitlines()]
    assert [each.code for each in ended] == [0, 0, 0], ended
    asked, approved, history = (each.out for each in ended)
    assert 'Run transfer_money(to="Alice", amount=150)?' in asked and "financial" in asked
    assert "Transfer complete: $150.00 to Alice" in approved
    assert history.count("model offline: ") == 2, "tokens and seconds of each turn"


async def test_the_samples_run_as_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The conversation keeps its history from turn to turn, and is written up when it is ended."""
    monkeypatch.setenv("HITL_FILES_DIR", str(tmp_path))
    plan, *talk = [shlex.split(line) for line in blocks(DOCUMENT, "sh")[1].splitlines()]
    for commands, folder in (([plan], "plan"), (talk, "talk")):
        _, _, file, _, given, _, thread = commands[0]
        (tmp_path / folder).mkdir()
        async with sampling(tmp_path / folder, Path(file).name) as (shop, sample):
            name, _, value = given.partition("=")
            await shop.start(sample, thread, **{name: value})
            view = await shop.run(thread)
            for _, _, _, action, _, data in commands[1:]:
                assert view.pending[0].prompt.startswith("You said: ")
                await shop.answer(action, json.loads(data), thread)
                view = await shop.run(thread)
        assert view.status == "completed"
        if thread == "plan":
            assert view.state["report"] == "Balance: $1,000.00\nTransfer complete: $50.00 to Bob. Balance: $950.00"
        else:
            said = "1. our backups\n2. Nobody has ever restored one."
            assert view.state["minutes"] == f"What you said:\n{said}"


async def test_the_agent_of_pydantic_ai_asks_as_said(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(blocks(DOCUMENT, "python")[1], encoding="utf-8")
    async with workshop(tmp_path, support=load_reference(str(tmp_path / "own.py")).find("support")) as shop:
        await shop.start(graph(node("help", "support", prompt="Help!", output="answer")))
        view = await shop.run()
        assert {request.context["tool"] for request in view.pending} == {"refund"}
        view = await answered(shop, "approve")
        assert "refunded order" in view.state["answer"]


def test_every_setting_is_documented() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    assert all(f"`{name}`" in text for name in llm_settings.SETTINGS)


def test_all_llm_samples_have_no_findings() -> None:
    for file in ("banking_plan.yaml", "banking_tools.yaml", "llm_conversation.yaml"):
        assert load_file(SAMPLES / file, known=(*registry().names, "execute_plan")).findings == []
