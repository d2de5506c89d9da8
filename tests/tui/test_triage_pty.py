"""Fifty mixed threads are triaged in a real terminal, by keys alone; the audit says whether all was decided right."""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest

from hitl_tui.inbox import Inbox
from hitl_tui.tui.settling import SETTLE_SECONDS
from tests.tui.terminal import CTRL_S, ENTER, F4, Terminal, terminal
from tests.tui.threads import workflow
from tests.waiting import until

# The first letters of a thread's id say what its reviewer is to do.
MIX = {"ap": ("approval", 22), "re": ("approval", 6), "la": ("approval", 3), "hi": ("high", 2)} | {
    "ed": ("edit", 5),
    "ch": ("choice", 5),
    "te": ("text_input", 4),
    "co": ("conversation", 3),
}
FEW = {what: (kind, min(count, 2)) for what, (kind, count) in MIX.items()}
Mix = dict[str, tuple[str, int]]
DECIDED = {
    "ap": "approve",
    "hi": "approve",
    "re": "reject",
    "ed": "edit",
    "ch": "choose",
    "te": "respond",
    "co": "respond",
}

_ID = re.compile(rf"\b(?:{'|'.join(MIX)})-\d\d\b")
_LIST_COLUMNS = 50


async def fill(database: Path, folder: Path, mix: Mix) -> None:
    async with Inbox.open(database, actor="maker", via="api") as inbox, inbox.running():
        names = [f"{what}-{number:02}" for what, (_, count) in mix.items() for number in range(count)]
        # Mixed, but the same each time.
        for name in sorted(names, key=lambda name: (name[-2:], name)):
            kind = mix[name[:2]][0]
            await inbox.start(workflow(folder, kind, f"What about {name}?"), thread_id=name)
            await inbox.settled(name, 20)


class Reviewer:
    """Looks at the screen and types."""

    def __init__(self, app: Terminal, pictures: Path) -> None:
        self.app = app
        self._pictures = pictures
        pictures.mkdir()

    def picture(self, name: str) -> None:
        (self._pictures / f"{name}.txt").write_text("\n".join(self.app.lines()), encoding="utf-8")

    def rows(self) -> list[tuple[str, bool]]:
        """The ids in the list and whether the cursor is there."""
        found = [(_ID.search(line[:_LIST_COLUMNS]), line.startswith("▌")) for line in self.app.lines()]
        return [(match[0], cursor) for match, cursor in found if match]

    def selected(self) -> str:
        """The id in the row of the cursor."""
        return next((name for name, cursor in self.rows() if cursor), "")

    def wait(self, words: str) -> None:
        self.app.wait_for(words)

    def only(self, *ticks: str) -> None:
        """Filter the list: the keys in the dialog, then Enter."""
        self.app.press("l")
        self.wait("Show only")
        self.app.press(*ticks, ENTER)
        until(lambda: not self.app.shows("Show only"))

    def mark(self, what: str, count: int) -> None:
        """Go through the list from its top and mark what begins with this, until so many are."""
        self.app.press("g")
        until(lambda: self.rows()[:1] and self.rows()[0][1])
        marked = 0
        while marked < count:
            name = until(self.selected)
            if name.startswith(what):
                marked += 1
                self.app.press(" ")
                self.wait(f"✓ {marked} marked")
            else:
                self.app.press("j")
            if marked < count:
                self.leave(name)

    def leave(self, name: str) -> None:
        """Wait until the cursor is in another row."""
        try:
            until(lambda: self.selected() not in ("", name))
        except AssertionError:
            raise AssertionError(f"the cursor stays on {name}:\n" + "\n".join(self.app.lines())) from None

    def one(self, name: str) -> None:
        """Read and answer the selected request."""
        answers: dict[str, Callable[[], None]] = {
            "re": lambda: self.app.press("r", *"not now", ENTER),
            "hi": lambda: self.app.press("a"),
            "ed": lambda: self.app.press(*"Better: ", CTRL_S),
            "ch": lambda: self.app.press("2", ENTER),
            "te": lambda: self.app.press(*"it depends", CTRL_S),
            "co": self.end_conversation,
        }
        self.app.press(ENTER)
        self.wait(f"ask  {name}")
        # Where it came after the key, keys do not count before somebody can have read it.
        Event().wait(SETTLE_SECONDS)
        answers[name[:2]]()

    def end_conversation(self) -> None:
        self.app.press(F4)
        self.wait("again")
        self.app.press(F4)


@pytest.mark.parametrize(("size", "mix"), [((80, 24), MIX), ((160, 45), FEW)], ids=["80x24", "160x45"])
def test_fifty_threads_are_triaged_by_keys_alone(tmp_path: Path, size: tuple[int, int], mix: Mix) -> None:
    """rows 93, 169 and 170; some fewer where list and request stand side by side"""
    database = tmp_path / "hitl.db"
    asyncio.run(fill(database, tmp_path, mix))
    plain, later = mix["ap"][1], mix["la"][1]
    left = sum(count for _, count in mix.values())
    with terminal(
        *("--db", str(database), "--actor", "ann"), size=size, environment={"HITL_STATE_DIR": str(tmp_path / "state")}
    ) as app:
        reviewer = Reviewer(app, tmp_path / "pictures")
        reviewer.wait(f"{left} waiting")
        reviewer.picture("all")
        # The approvals that are plain: filtered, marked, decided together.
        reviewer.only(" ")
        reviewer.wait("type:approval")
        reviewer.mark("ap", plain)
        reviewer.picture("marked")
        app.press("a")
        reviewer.wait(f"Approve {plain} requests?")
        reviewer.picture("asked")
        # Nobody reads a question at once: until then a yes is not taken.
        Event().wait(2 * SETTLE_SECONDS)
        app.press("y")
        left -= plain
        reviewer.wait(f"{left} waiting")
        # What can wait is put aside.
        reviewer.mark("la", later)
        app.press("z")
        reviewer.wait(f"Put {later} items aside until")
        app.press(*"\x7f\x7f2h", ENTER)
        left -= later
        reviewer.wait(f"{left} waiting")
        app.press("L")
        until(lambda: not app.shows("type:approval"))
        app.press("g")
        until(lambda: reviewer.selected() == "ch-00")
        # The rest one by one, whatever is next under the cursor.
        for after in reversed(range(left)):
            name = until(reviewer.selected)
            until(lambda: "Inbox" in app.lines()[1] or size[0] > 80)
            reviewer.one(name)
            reviewer.wait(f"{after} waiting")
            if size[0] == 80:
                until(lambda: "Inbox" in app.lines()[1])
            until(lambda before=name: reviewer.selected() != before)
        reviewer.wait("Nothing waits for you")
        reviewer.picture("done")
        app.press("q")
        assert app.wait_for_the_end() == 0

    async def audit() -> list[tuple[str, str, str, str]]:
        async with Inbox.open(database, actor="looker", via="api") as inbox:
            entries = await inbox.audit(limit=2000)
            return [(one.thread_id, one.event, one.actor, one.details.get("action", "")) for one in entries]

    entries = asyncio.run(audit())
    decided = [(thread, actor, action) for thread, event, actor, action in entries if event == "decided"]
    assert Counter(decided) == Counter(
        (f"{what}-{number:02}", "ann", DECIDED[what]) for what in DECIDED for number in range(mix[what][1])
    )
    assert sorted(thread for thread, event, _, _ in entries if event == "snoozed") == [
        f"la-{number:02}" for number in range(later)
    ]
    assert len(list((tmp_path / "pictures").iterdir())) == 4
