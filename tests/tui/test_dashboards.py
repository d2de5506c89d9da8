"""The metrics and the runner screen: live, calm, readable on 80×24, and safe with anybody's text."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from textual.pilot import Pilot

from hitl_tui import locations
from hitl_tui.inbox.activity import Activity, LeaseOwner, MinutePace, RunningThread
from hitl_tui.inbox.metrics import Bottleneck, DayCount, Metrics
from hitl_tui.model.jsontext import iso
from hitl_tui.safe_text import visible
from hitl_tui.tui.log_tail import LogTail
from hitl_tui.tui.screens.dashboard import Dashboard
from hitl_tui.tui.screens.metrics import MetricsScreen
from hitl_tui.tui.screens.runner import RunnerScreen
from hitl_tui.tui.widgets.metrics_view import metrics_lines
from hitl_tui.tui.widgets.panels import fitted
from hitl_tui.tui.widgets.runner_view import runner_lines
from tests.tui.threads import BROKEN, ask, on_screen, opened, painted, selected
from tests.waiting import eventually

NOW = datetime(2026, 3, 31, 12, tzinfo=UTC)
HOSTILE = "a\x1b]52;c;x\x07[/x] [@click=app.quit]q[/] \u202eb\x9bm \U0001f469\u200d\U0001f4bb 中文\ud800\t" + "x" * 200


async def press(pilot: Pilot[None], key: str, screen: type[Dashboard]) -> Dashboard:
    """Press a key, and wait for that screen to show figures."""
    await pilot.press(key)
    await eventually(lambda: isinstance(pilot.app.screen, screen))
    shown = pilot.app.screen
    assert isinstance(shown, Dashboard)
    await eventually(lambda: shown.body.lines)
    return shown


async def test_metrics_follow_the_inbox(tmp_path: Path) -> None:
    """Row 107"""
    database = tmp_path / "hitl.db"
    async with opened(database, size=(80, 24), rows=0) as (pilot, screen, inbox):
        await press(pilot, "M", MetricsScreen)
        await eventually(on_screen(pilot, "Nobody was asked anything"))
        await ask(inbox, tmp_path, "one", "two")
        await eventually(on_screen(pilot, "2 in all"))
        await inbox.decide("one", "approve")
        await eventually(on_screen(pilot, "100 %  0 rejected"))
        assert any("approval" in line and "█" in line for line in painted(pilot))
        await pilot.press("escape")
        await eventually(lambda: pilot.app.screen is screen)
        await eventually(lambda: selected(screen) == "two")


async def test_periods_and_graphs(tmp_path: Path) -> None:
    database = tmp_path / "hitl.db"
    async with opened(database, rows=0) as (pilot, _, inbox):
        await ask(inbox, tmp_path, "one")
        await press(pilot, "M", MetricsScreen)
        await eventually(on_screen(pilot, "the last 30 days, all graphs"))
        for words in ("the last 90 days", "the last 24 hours", "the last 7 days", "the last 30 days"):
            await pilot.press("d")
            await eventually(on_screen(pilot, words))
        for words in ("graph Gate", "all graphs"):
            await pilot.press("f")
            await eventually(on_screen(pilot, words))


async def test_one_takes_the_place_of_the_other(tmp_path: Path) -> None:
    async with opened(tmp_path / "hitl.db", rows=0) as (pilot, screen, _):
        await press(pilot, "M", MetricsScreen)
        await press(pilot, "W", RunnerScreen)
        await press(pilot, "M", MetricsScreen)
        assert len(pilot.app.screen_stack) == 2
        await pilot.press("question_mark")
        await eventually(on_screen(pilot, "Next period"))
        await pilot.press("escape")
        await eventually(lambda: isinstance(pilot.app.screen, MetricsScreen))
        await pilot.press("M")
        await eventually(lambda: pilot.app.screen is screen)


async def test_the_runner_says_what_to_do_where_nothing_runs(tmp_path: Path) -> None:
    async with opened(tmp_path / "hitl.db", size=(80, 24), rows=0) as (pilot, _, _):
        await press(pilot, "W", RunnerScreen)
        await eventually(on_screen(pilot, "○ no worker is alive   0 running   0 ready"))
        for words in (
            "nothing runs now",
            "`hitl worker`",
            "nothing ended",
            "none that stands",
            "nothing is logged yet",
        ):
            assert on_screen(pilot, words)(), words


async def test_the_runner_shows_who_runs_what(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hitl_tui.tui.screens.runner._TICK_SECONDS", 0.02)
    database = tmp_path / "hitl.db"
    file = tmp_path / "broken.yaml"
    file.write_text(BROKEN, encoding="utf-8")
    log = locations.log_file("worker")
    log.parent.mkdir(parents=True)
    now = [datetime.now(UTC)]
    async with opened(database, size=(120, 40), rows=0, now=lambda: now[0]) as (pilot, _, inbox):
        await inbox.start(file, thread_id="f1")
        await inbox.settled("f1")
        await ask(inbox, tmp_path, "r1")
        with closing(sqlite3.connect(database)) as connection, connection:
            connection.execute(
                "update thread set status = 'running', lease_owner = '42-ab', lease_until = ?, updated_at = ?,"
                ' frontier = \'[{"node": "pay", "visit": 1}, {"node": "mail", "visit": 1}]\' where id = \'r1\'',
                (iso(now[0] + timedelta(seconds=14)), iso(now[0] - timedelta(seconds=65))),
            )
        await press(pilot, "W", RunnerScreen)
        await eventually(on_screen(pilot, "1 running"))
        (line,) = [line.split() for line in painted(pilot) if " r1 " in line]
        assert line == ["r1", "Gate", "pay", "+1", "1m05s", "14s", "42-ab"]
        (failed,) = [" ".join(line.split()) for line in painted(pilot) if "it is broken" in line]
        assert failed.endswith(" f1 Broken · work: failed: it is broken")
        now[0] += timedelta(seconds=20)
        await eventually(on_screen(pilot, "expired"))
        log.write_text("one\nworker: \x1b[31mtwo\n", encoding="utf-8")
        await eventually(on_screen(pilot, "worker: ␛[31mtwo"))


async def test_a_slow_database_is_asked_once_and_may_answer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hitl_tui.tui.screens.runner._TICK_SECONDS", 0.02)
    now = [datetime.now(UTC)]
    async with opened(tmp_path / "hitl.db", rows=0, now=lambda: now[0]) as (pilot, _, inbox):
        shown = await press(pilot, "W", RunnerScreen)
        asked, drawn = list[datetime](), list[datetime]()
        answers = asyncio.Event()

        async def slow() -> Activity:
            asked.append(now[0])
            await answers.wait()
            return replace(running("late"), now=now[0])

        monkeypatch.setattr(inbox, "activity", slow)
        monkeypatch.setattr(shown, "_found", replace(running("early"), now=now[0]))
        monkeypatch.setattr(shown, "draw", lambda: drawn.append(now[0]))
        now[0] += timedelta(seconds=21)
        await eventually(lambda: drawn.count(now[0]) > 5)
        assert asked == [now[0]]
        answers.set()
        await eventually(lambda: shown._found.now == now[0])  # type: ignore[attr-defined]


async def test_a_database_that_goes_away_is_said(tmp_path: Path) -> None:
    database = tmp_path / "hitl.db"
    async with opened(database, rows=0) as (pilot, _, _):
        await press(pilot, "W", RunnerScreen)
        database.unlink()
        await eventually(on_screen(pilot, "removed"))


def figures(node: str, *, days: int = 30, graph: str | None = None) -> Metrics:
    return Metrics(
        now=NOW,
        days=days,
        graph=graph,
        total_interactions=1_234_567,
        by_type={"approval": 1_234_000, "text_input": 567},
        pending=1,
        answered=1_234_000,
        timed_out=500,
        cancelled=66,
        approved=1,
        rejected=999_999,
        avg_response_time=12.5,
        median_response_time=9.0,
        p95_response_time=1e6,
        timeout_rate=0.0004,
        approval_rate=1e-6,
        bottlenecks=tuple(Bottleneck(node, 11) for _ in range(12)),
        per_day=tuple(DayCount(NOW, number * 1000) for number in range(days)),
    )


def running(name: str) -> Activity:
    one = RunningThread(name, name, (name, name), NOW, name, NOW + timedelta(seconds=3), takeovers=2)
    return Activity(
        now=NOW,
        live_worker=True,
        running=(one,) * 20,
        running_total=250,
        ready=3,
        asleep=2,
        next_wake=NOW + timedelta(hours=3),
        blocked=1,
        owners=(LeaseOwner(name, 1),) * 2,
        pace=(MinutePace(1, 1, 1),) * 30,
        failures=(),
    )


@pytest.mark.parametrize("width", [20, 40, 76, 116, 156])
@pytest.mark.parametrize("text", ["gate", HOSTILE])
def test_any_text_in_any_width(width: int, text: str) -> None:
    """Nothing that a terminal obeys, and from 76 cells on nothing that is wrapped."""
    from rich.cells import cell_len

    shown = metrics_lines(figures(text), width, 22) + metrics_lines(figures(text, days=90, graph=text), width, 50)
    shown += runner_lines(running(text), [text] * 80, "/a/worker.log", NOW, width, 22)
    for line in shown:
        assert visible(line.text) == line.text
        assert all(0 <= start <= end for start, end, _ in line.marks)
        if width >= 76:
            assert cell_len(line.text) <= width, line.text


def test_fitted() -> None:
    assert fitted("ab", 4) == "ab  "
    assert fitted("abcdef", 4) == "abc…"
    assert fitted("中文字", 4) == "中 …"
    assert fitted("a\nb", 3) == "a  "


def test_the_end_of_a_log(tmp_path: Path) -> None:
    path = tmp_path / "worker.log"
    tail = LogTail(path)
    assert tail.read() == ()
    path.write_bytes(b"one\r\n\ntwo \xff\n")
    assert tail.read() == ["one", "two \ufffd"]
    path.write_text("".join(f"line {number}\n" for number in range(10_000)) + "y" * 100_000 + "\nlast\n")
    assert tail.read() == ["last"]
    path.unlink()
    assert tail.read() == ()
