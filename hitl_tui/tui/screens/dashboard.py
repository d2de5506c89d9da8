"""What the metrics and the runner screen have in common: figures that follow the database, calmly."""

from __future__ import annotations

import asyncio
import time
from abc import abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from datetime import datetime
from pathlib import PurePath
from typing import Any, ClassVar

from textual import events
from textual.app import App, ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region
from textual.screen import Screen
from textual.widgets import Static

from hitl_tui.errors import HitlError
from hitl_tui.inbox import Inbox
from hitl_tui.safe_text import one_line
from hitl_tui.tui.crash_log import log_defect
from hitl_tui.tui.following import follow
from hitl_tui.tui.styles import style_files
from hitl_tui.tui.widgets.banner import Banner
from hitl_tui.tui.widgets.figures_view import FiguresView
from hitl_tui.tui.widgets.footer_line import FooterLine
from hitl_tui.tui.widgets.lines import Line
from hitl_tui.tui.wording import error_words

_LEAST_PAUSE = 0.5
_SHARE = 10
"""Reading takes at most one part in so many of the time, however large the database and whatever happens in it."""


class Dashboard(Screen[None]):
    """Reads figures after each change of the database, and draws them as lines."""

    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath] | None] = style_files("dashboards")
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "back", "back", id="dashboard.back", tooltip="Back to the inbox"),
    ]
    NAME: ClassVar[str]

    def __init__(self, inbox: Inbox, *, now: Callable[[], datetime]) -> None:
        super().__init__()
        self._inbox = inbox
        self._now = now
        self._title = Static(markup=False, classes="dashboard--title")
        self._banner = Banner()
        self._body = FiguresView(classes="dashboard--body")
        self._footer = FooterLine()
        self._about = ""

    @property
    def body(self) -> FiguresView:
        """The figures."""
        return self._body

    def compose(self) -> ComposeResult:
        yield self._title
        yield self._banner
        yield self._body
        yield self._footer

    def on_mount(self) -> None:
        self._body.focus()
        self._entitle("reading …")
        self._guarded(follow(self._inbox, self._banner, self._take_in), "follow")

    def on_resize(self, event: events.Resize) -> None:
        # After the body has its new size.
        self.call_after_refresh(self.draw)

    def refresh(
        self, *regions: Region, repaint: bool = True, layout: bool = False, recompose: bool = False
    ) -> Dashboard:
        # With regions Textual tells of changes in the screen behind, again and again; nothing of that one is seen.
        return self if regions else super().refresh(repaint=repaint, layout=layout, recompose=recompose)

    def action_back(self) -> None:
        self.dismiss()

    def read_again(self) -> None:
        """Read now: other figures are wanted, or time has passed."""
        self._guarded(self._read_once(), "read")

    def draw(self) -> None:
        """Draw what was last read, if anything."""
        size = self._body.scrollable_content_region
        drawn = self.drawn(size.width, size.height)
        if drawn is None or not size.width:
            return
        about, lines = drawn
        self._entitle(about)
        self._body.show_lines(lines)

    @abstractmethod
    async def read(self) -> None:
        """Read the figures."""

    @abstractmethod
    def drawn(self, width: int, height: int) -> tuple[str, Sequence[Line]] | None:
        """What the figures are about, and their lines; None before they were read."""

    def _entitle(self, about: str) -> None:
        if about == self._about:
            return
        self._about = about
        self._title.update(Content.assemble((self.NAME, "bold $accent"), "   ", one_line(about)))

    async def _take_in(self) -> None:
        began = time.monotonic()
        await self._read_and_draw()
        await asyncio.sleep(max(_LEAST_PAUSE, (time.monotonic() - began) * _SHARE))

    async def _read_once(self) -> None:
        try:
            await self._read_and_draw()
        except HitlError as error:
            self._banner.say("database", error_words(error))

    async def _read_and_draw(self) -> None:
        await self.read()
        self._banner.say("database", "")
        self.draw()

    def _guarded(self, work: Coroutine[Any, Any, None], group: str) -> None:
        """Run `work` beside the screen, in the place of what its group still does; a defect is logged and said."""

        async def run() -> None:
            try:
                await work
            except Exception as error:
                self._footer.say(log_defect(error), error=True)

        self.run_worker(run(), group=group, exclusive=True, exit_on_error=False)


def show(app: App[None], screen: Dashboard) -> None:
    """Bring a dashboard up; in the place of the other one, and away if it is this one already."""
    if isinstance(app.screen, type(screen)):
        app.screen.dismiss()
    elif isinstance(app.screen, Dashboard):
        app.switch_screen(screen)
    else:
        app.push_screen(screen)
