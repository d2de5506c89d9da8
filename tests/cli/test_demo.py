"""`hitl demo`: every sample workflow in varied states, on a database that is gone afterwards."""

from __future__ import annotations

import signal
from collections import Counter
from pathlib import Path

import pexpect
import pytest

from hitl_tui import locations
from hitl_tui.cli import scenes
from hitl_tui.cli.demo import _own_state
from hitl_tui.cli.scenes import LLM_SCENES, SCENES, play_all
from hitl_tui.config.remembered import Remembered, remember
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.filters import Filter
from hitl_tui.model.kinds import InteractionType
from hitl_tui.tui.crash_log import log_error
from tests.cli.conftest import Hitl
from tests.waiting import until


def needs_llm(path: Path) -> bool:
    return path.suffix == ".yaml" and "agent: llm\n" in path.read_text(encoding="utf-8")


async def test_the_scenes_show_every_state_and_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All samples are started; some are completed, rejected, failed, mid-way, and all five types wait."""
    monkeypatch.setenv("HITL_FILES_DIR", str(tmp_path))
    samples = locations.sample_graphs()
    assert samples is not None
    await play_all(samples, tmp_path / "demo.db", "ann")
    async with Inbox.open(tmp_path / "demo.db", actor="ann", via="cli") as inbox:
        items = (await inbox.list(Filter(), limit=100)).items
        histories = {item.thread_id: await inbox.history(item.thread_id) for item in items}
    assert len({item.thread_id for item in items}) == len(SCENES + LLM_SCENES)
    files = {path.name for path in samples.iterdir() if path.suffix in (".csv", ".yaml")} | {"order_approval.py"}
    assert {scene.file for scene in SCENES + LLM_SCENES} == files
    assert {scene.file for scene in LLM_SCENES} == {path.name for path in samples.iterdir() if needs_llm(path)}
    waiting = Counter(item.graph for item in items if item.status == "paused")
    assert (waiting["BankingPlan"], waiting["BankingTools"], waiting["LlmConversation"]) == (1, 1, 1)

    statuses = Counter(item.status for item in items)
    assert statuses.keys() == {"paused", "completed", "failed"}
    assert {item.type for item in items if item.type} == {kind.value for kind in InteractionType}
    actions = {step.decision.action for steps in histories.values() for step in steps if step.decision}
    assert actions >= {"approve", "reject", "edit", "choose", "respond"}
    mid_way = [
        item for item in items if item.status == "paused" and any(step.decision for step in histories[item.thread_id])
    ]
    assert len(mid_way) >= 3


def test_without_the_extra_the_demo_shows_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """An installation may lack what `llm` nodes need."""
    assert scenes.scenes() == SCENES + LLM_SCENES
    monkeypatch.setattr(scenes, "find_spec", lambda name: None)
    assert scenes.scenes() == SCENES


def test_the_demo_opens_the_inbox_and_leaves_nothing_behind(
    hitl: Hitl, own_places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a terminal; its trust stays its own, and its folder is private and removed."""
    temporary = hitl.folder / "tmp"
    temporary.mkdir()
    environment = {**hitl.environment, "TMPDIR": str(temporary), "TERM": "xterm-256color"}
    child = pexpect.spawn("hitl", ["demo"], env=environment, cwd=str(hitl.folder), dimensions=(30, 120), timeout=60)
    try:
        child.expect(r"\d+ waiting")
        (place,) = temporary.glob("hitl-demo-*")
        assert place.stat().st_mode & 0o777 == 0o700
        assert (place / "demo.db").stat().st_mode & 0o777 == 0o600
        child.kill(signal.SIGTERM)
        until(lambda: not child.isalive())
    finally:
        child.close(force=True)
    assert list(temporary.iterdir()) == []
    assert not (own_places / "config" / "trusted_agents").exists()
    assert not (own_places / "state").exists()


@pytest.mark.parametrize("crashed", [False, True])
def test_of_the_choices_and_logs_of_a_demo_only_a_traceback_stays(
    crashed: bool, tmp_path: Path, own_places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who reads where it is has left the demo."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with _own_state():
        remember(Remembered(theme="nord"))
        log = log_error(OSError("broken")) if crashed else None
    assert [file.name for file in tmp_path.glob("hitl-state-*/logs/*")] == (["tui.log"] if crashed else [])
    assert log is None or log.is_file()
    assert crashed or not list(tmp_path.glob("hitl-state-*"))
    assert not (own_places / "state").exists()
