"""How the screen behaves towards its terminal and its reviewer: title, notifications, saved views, silence, its end."""

from __future__ import annotations

import signal
import sqlite3
import time
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pexpect  # type: ignore[import-untyped]

from hitl_tui import locations
from hitl_tui.config.reading import Loaded, config_file, load
from hitl_tui.config.values import Config, Notifications, View
from hitl_tui.inbox.views import Counts, Item
from hitl_tui.model.kinds import InteractionType
from hitl_tui.tui.attention import Attention, waiting_words
from hitl_tui.tui.crash_log import log_error
from hitl_tui.tui.own_settings import OwnSettings, filter_of
from hitl_tui.tui.widgets.chips import chips_of
from tests.tui.terminal import Terminal, terminal
from tests.tui.test_pty import gone, worker_pid
from tests.tui.threads import ask, fill, listed, on_screen, opened, painted
from tests.waiting import eventually, until

KEEP, OLD = "\x1b[22;2t", "\x1b[23;2t"
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def configure(text: str) -> None:
    config_file().parent.mkdir(parents=True, exist_ok=True)
    config_file().write_text(text, encoding="utf-8")


def item(minutes: int) -> Item:
    at = NOW + timedelta(minutes=minutes)
    return Item(f"t{minutes}", "Gate", "paused", at, at, request_id=f"r{minutes}")


class Called:
    """An `Attention` with a clock, and what it called."""

    def __init__(self, *, bell: bool = True, osc9: bool = True) -> None:
        self.heard: list[str] = []
        self.now = 0.0
        wanted = Notifications(bell=bell, osc9=osc9)
        self.attention = Attention(wanted, lambda: self.heard.append("ring"), self.heard.append, lambda: self.now)


def test_a_new_request_calls_who_looks_elsewhere_and_nobody_else() -> None:
    called = Called()
    for waiting, looking in ((3, False), (4, True), (4, False), (3, False)):
        called.attention.counted(Counts(waiting=waiting), looking=looking)
    assert called.heard == []
    called.attention.counted(Counts(waiting=4), looking=False)
    assert called.heard == ["ring", "hitl: a new request waits for you"]


def test_one_that_comes_as_another_leaves_calls_as_well() -> None:
    called = Called(osc9=False)
    called.attention.listed([item(1), item(2)], looking=False)
    called.attention.listed([item(1)], looking=False)
    called.attention.listed([item(1), item(3)], looking=True)
    assert called.heard == []
    called.attention.listed([item(4)], looking=False)
    assert called.heard == ["ring"]


def test_a_flood_of_requests_rings_once_in_a_while_and_what_is_off_is_silent() -> None:
    called = Called(osc9=False)
    for waiting in range(50):
        called.attention.counted(Counts(waiting=waiting), looking=False)
        called.now += 1
    assert called.heard == ["ring"] * 5
    silent = Called(bell=False, osc9=False)
    for waiting in range(3):
        silent.attention.counted(Counts(waiting=waiting), looking=False)
    assert silent.heard == []


def test_the_title_counts_up_to_what_is_counted() -> None:
    assert waiting_words(Counts(waiting=12)) == "hitl: 12 waiting"
    assert waiting_words(Counts(waiting=1001)) == "hitl: 1000+ waiting"


async def test_saved_views_show_what_they_say_and_stand_in_help_and_palette(database: Path, tmp_path: Path) -> None:
    view = View(name="Choices [/b]", shelf="all", types=(InteractionType.CHOICE,), sort="age")
    own = OwnSettings(Loaded(Config(views={"3": view})))
    async with opened(database, settings=own, size=(120, 75)) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, "one")
        await ask(inbox, tmp_path, "two", kind="choice")
        await listed(screen, 2)
        await pilot.press("alt+3")
        await listed(screen, 1)
        assert (screen.inbox_list.which, screen.inbox_list.sort) == (filter_of(view, "ann"), "age")
        assert screen.footer.notice == "view 3: Choices [/b]"
        await pilot.press("alt+4")
        assert screen.footer.notice == "no view 4: name one in config.toml"
        await pilot.press("enter")
        await eventually(lambda: screen.detail.has_focus_within)
        await pilot.press("alt+3")
        assert screen.inbox_list.has_focus, "also on a narrow screen the list is seen"
        await pilot.press("question_mark")
        await eventually(on_screen(pilot, "Saved views"))
        assert any("alt+3" in line and "View: Choices [/b]" in line for line in painted(pilot))
        assert not any("alt+4" in line for line in painted(pilot))
        await pilot.press("escape", "ctrl+p", *"view: ch")
        await eventually(on_screen(pilot, "View: Choices [/b]"))


def test_a_view_may_mean_the_reviewer_or_nobody() -> None:
    assert filter_of(View(name="x", assignee="me"), "ann").assignees == ("ann",)
    assert filter_of(View(name="x", assignee="nobody"), "ann").assignees == ("",)
    assert filter_of(View(name="x", assignee="bob"), "ann").assignees == ("bob",)
    assert filter_of(View(name="x"), "ann").assignees == ()


def test_a_view_may_show_what_is_old() -> None:
    which = filter_of(View(name="x", older_than="1d12h"), "ann")
    assert which.older_than == timedelta(hours=36)
    assert chips_of(which) == [("older than", "1d12h")]


async def test_a_broken_file_opens_the_inbox_with_a_banner(database: Path) -> None:
    configure('undo_seconds = "long"\nactor = 3\n[views.1]\nname = "x"\nshelf = "y"\n')
    async with opened(database, rows=0, size=(200, 24), settings=OwnSettings(load())) as (pilot, screen, _):
        await eventually(on_screen(pilot, 'config.toml:1: undo_seconds: is "long"; it must be a number; 2 more'))
        await pilot.press("s")
        await eventually(lambda: screen.inbox_list.sort == "age")
        await pilot.press("alt+1")
        assert screen.footer.notice == "view 1 has an error: `hitl config`"


def title_was_ours(raw: str) -> bool:
    """Whether the title of the window was put aside, set, and given back before the screen was left."""
    return raw.count(KEEP) == 1 and raw.index("\x1b]2;hitl: ") < raw.index(OLD) < raw.index("\x1b[?1049l")


def idle_bytes(app: Terminal, seconds: float) -> str:
    """What an app writes that nobody touches."""
    written, end = "", time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        with suppress(pexpect.TIMEOUT):
            written += app.child.read_nonblocking(65536, timeout=left)
    return written


def one_more(database: Path) -> None:
    """Another process stores one more request."""
    with closing(sqlite3.connect(database)) as connection:
        connection.executescript(
            "insert into thread (id, graph, graph_name, status, state, frontier, open_requests, created_at, updated_at)"
            " values ('new', 'g', 'Many', 'paused', '{}', '[]', 1, '2026-01-02', '2026-01-02');"
            "insert into request (id, thread, step, node, visit, position, graph_name, type, prompt, context, options,"
            " allowed, digest, status, created_at) values ('11111111-1111-1111-1111-111111111111', 'new', 1, 'ask', 1,"
            " 0, 'Many', 'approval', 'New?', '{}', '[]', '[]', 'd', 'pending', '2026-01-02T00:00:00.000000Z');"
        )


def quiet(app: Terminal) -> None:
    """Wait until nothing has been written for a moment."""
    until(lambda: not idle_bytes(app, 0.7))


def test_an_idle_screen_writes_nothing_and_a_resize_storm_ends_in_order(database: Path) -> None:
    """From 1 × 1 to 200 × 60 and back; then three seconds without a byte."""
    configure('[views.1]\nname = "x"\n')
    with terminal("--db", str(database), size=(120, 30), environment={"HITL_UNDO_SECONDS": "0"}) as app:
        app.wait_for("● worker")
        fill(database, 30)
        app.wait_for("30 waiting")
        quiet(app)
        assert idle_bytes(app, 3.0) == ""
        for columns, rows in ((1, 1), (200, 60), (2, 40), (300, 2), (1, 1), (80, 24), (7, 7), (1, 1)) * 3:
            app.child.setwinsize(rows, columns)
        app.child.setwinsize(30, 120)
        app.press("?")
        app.wait_for("Previous item")
        app.press("\x1b")
        until(lambda: not app.shows("Previous item"))
        app.wait_for("30 waiting")
        app.press("\x1b1")
        app.wait_for("view 1: x")
        app.press("q")
        assert app.wait_for_the_end() == 0
        assert "\x1b]2;hitl: 30 waiting\x07" in app.raw
        assert title_was_ours(app.raw)
    assert "screen.json" in {path.name for path in locations.state_dir().iterdir()}


def test_out_of_focus_a_new_request_rings_and_notifies_and_a_signal_restores_all(
    database: Path,
) -> None:
    configure("[notifications]\nbell = true\nosc9 = true\n")
    with terminal("--db", str(database), size=(120, 30)) as app:
        app.wait_for("● worker")
        fill(database, 1)
        app.wait_for("1 waiting")
        assert "\x1b]9;" not in app.raw
        app.press("\x1b[O")
        quiet(app)
        one_more(database)
        until(lambda: app.lines() and "\x1b]9;hitl: a new request waits for you\x07" in app.raw)
        assert "\x07" in app.raw.replace("for you\x07", "").replace("waiting\x07", "")
        pid = worker_pid(locations.log_file("worker"))
        app.child.kill(signal.SIGTERM)
        assert app.wait_for_the_end() == 128 + signal.SIGTERM
        assert gone(pid)
        assert title_was_ours(app.raw)


def test_a_secret_in_an_error_does_not_reach_the_log() -> None:
    path = log_error(RuntimeError("cannot connect with password=hunter2hunter2"))
    assert path is not None
    text = path.read_text()
    assert "password=[redacted]" in text
    assert "hunter2" not in text.replace('password=hunter2hunter2"))', "")
