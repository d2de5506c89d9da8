"""Starting a workflow: the picker, the form for its inputs, whose code will run."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.pilot import Pilot

from hitl_tui.inbox.trust import is_trusted
from tests.tui.threads import on_screen, opened, selected
from tests.waiting import eventually

PAYMENT = """
graph: Payment
description: Pay somebody
nodes:
  amount: {agent: input, inputs: [amount], output: amount, next: gate}
  gate: {agent: approval_interaction, prompt: "Pay {amount}?"}
"""
CUSTOM = """
graph: Custom
agents: agents.py
nodes:
  work: {agent: own, output: result}
"""
AGENTS = """
from hitl_tui.agents.registry import agent

@agent("own")
def own(inputs):
    return "done"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a good workflow, one with code, a broken one, and no samples."""
    place = tmp_path / "here"
    place.mkdir()
    (place / "a_payment.yaml").write_text(PAYMENT)
    (place / "b_broken.yaml").write_text("graph: Torn\nnodes: {x: {agent: echo, next: nowhere_at_all: 3}}\n")
    (place / "code").mkdir()
    (place / "code" / "custom.yaml").write_text(CUSTOM)
    (place / "code" / "agents.py").write_text(AGENTS)
    monkeypatch.chdir(place)
    monkeypatch.setattr("hitl_tui.locations.sample_graphs", lambda: place / "code")
    return place


async def picked(pilot: Pilot[None], words: str) -> None:
    """Open the picker and choose the row with these words."""
    await pilot.press("n")
    await eventually(on_screen(pilot, words))


async def test_a_workflow_is_picked_filled_in_and_started(tmp_path: Path, folder: Path) -> None:
    async with opened(tmp_path / "hitl.db", rows=0) as (pilot, screen, inbox):
        await picked(pilot, "Payment  Pay somebody  (a_payment.yaml)")
        await pilot.press("enter")
        await eventually(on_screen(pilot, "Start Payment"))
        await pilot.press(*":= 42", "tab", *"pay-1", "ctrl+s")
        await eventually(lambda: pilot.app.screen is screen)
        assert screen.footer.notice == "started pay-1"
        await eventually(lambda: selected(screen) == "pay-1")
        assert (await inbox.thread("pay-1")).state == {"amount": 42}


async def test_errors_are_said_at_the_form_and_the_fields_stay(tmp_path: Path, folder: Path) -> None:
    async with opened(tmp_path / "hitl.db", rows=0) as (pilot, screen, inbox):
        await inbox.start(folder / "a_payment.yaml", thread_id="taken")
        await picked(pilot, "Payment  Pay somebody")
        await pilot.press("enter")
        await eventually(on_screen(pilot, "Start Payment"))
        await pilot.press(*":= {", "tab", *"taken", "ctrl+s")
        await eventually(on_screen(pilot, "! amount: what follows := is not JSON"))
        await pilot.press("shift+tab", "ctrl+u", *"7", "ctrl+s")
        await eventually(on_screen(pilot, "taken"))
        await eventually(on_screen(pilot, "already"))
        await pilot.press("tab", *"-2", "enter")
        await eventually(lambda: pilot.app.screen is screen)
        assert (await inbox.thread("taken-2")).state == {"amount": "7"}


async def test_a_file_with_errors_is_shown_with_its_problem_and_cannot_be_started(tmp_path: Path, folder: Path) -> None:
    async with opened(tmp_path / "hitl.db", rows=0) as (pilot, screen, _):
        await picked(pilot, "b_broken.yaml  cannot be started")
        await pilot.press("j")
        await eventually(on_screen(pilot, "b_broken.yaml:2"))
        await pilot.press("enter")
        assert pilot.app.screen is not screen
        await pilot.press("escape")
        await eventually(lambda: pilot.app.screen is screen)


async def test_the_form_says_whose_code_will_run_and_starting_it_is_trusting_it(tmp_path: Path, folder: Path) -> None:
    code = str((folder / "code" / "agents.py").resolve())
    async with opened(tmp_path / "hitl.db", rows=0) as (pilot, screen, _):
        await picked(pilot, "Custom")
        await pilot.press("j", "j", "enter")
        await eventually(on_screen(pilot, "! Starting it is trusting this code"))
        assert not is_trusted(code)
        await pilot.press("escape")
        await eventually(on_screen(pilot, "Start a workflow"))
        assert not is_trusted(code)
        await pilot.press("enter")
        await eventually(on_screen(pilot, "! Starting it is trusting this code"))
        await pilot.press("ctrl+s")
        await eventually(lambda: pilot.app.screen is screen)
        assert is_trusted(code)
        await eventually(lambda: selected(screen).startswith("custom-"))
        assert screen.inbox_list.which.shelf == "active"


async def test_a_folder_without_workflows_says_where_it_looked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("hitl_tui.locations.sample_graphs", lambda: None)
    async with opened(tmp_path / "hitl.db", rows=0) as (pilot, screen, _):
        await pilot.press("n")
        await eventually(on_screen(pilot, "No workflow file (.yaml, .csv) in"))
        await pilot.press("escape")
        await eventually(lambda: pilot.app.screen is screen)
