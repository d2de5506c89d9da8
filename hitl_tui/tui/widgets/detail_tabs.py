"""The tabs of the request side: the request itself, and what helps to understand it. Each is read when it is opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from textual import events
from textual.containers import Vertical
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Static

from hitl_tui.inbox.views import AuditView, PendingView, StepView, ThreadView
from hitl_tui.model.consequence import Consequence
from hitl_tui.tui.graph_text import Drawing
from hitl_tui.tui.own_keys import key_of
from hitl_tui.tui.widgets.consequences import Consequences
from hitl_tui.tui.widgets.graph_view import GraphView
from hitl_tui.tui.widgets.json_tree import JsonTree
from hitl_tui.tui.widgets.lines import LinesView
from hitl_tui.tui.widgets.side_by_side import SideBySide
from hitl_tui.tui.widgets.timeline_view import audit_lines, timeline_lines

REQUEST, DIFF, STATE, HISTORY, GRAPH, AUDIT = "Request", "Diff", "State", "History", "Graph", "Audit"
TABS = (REQUEST, DIFF, STATE, HISTORY, GRAPH, AUDIT)
_PAUSE = 0.1
"""Seconds without a key before an edited text is compared again."""


class TabStrip(Static):
    """The names of the tabs in one line; the open one is underlined and in brackets, a click opens one."""

    DEFAULT_CSS = """
    TabStrip { height: 1; text-wrap: nowrap; text-overflow: ellipsis; color: $text-muted; }
    """

    @dataclass
    class Chosen(Message):
        """A tab was clicked."""

        tab: str

    def __init__(self) -> None:
        super().__init__(markup=False)
        self._places: list[tuple[int, int, str]] = []

    def show(self, tabs: Sequence[str], current: str) -> None:
        """Show these tabs."""
        pieces: list[Any] = []
        self._places, at = [], 0
        for tab in tabs:
            text = f"[{tab}]" if tab == current else f" {tab} "
            self._places.append((at, at + len(text), tab))
            pieces.append((text, "bold $foreground") if tab == current else text)
            at += len(text)
        ids = (("detail.previous_tab", "["), ("detail.next_tab", "]"), ("detail.tab", "F7"))
        self.update(Content.assemble(*pieces, "  ", " ".join(key_of(self.app, *each) for each in ids)))

    def on_click(self, event: events.Click) -> None:
        """Open what was clicked."""
        for start, end, tab in self._places:
            if start <= event.x < end:
                self.post_message(self.Chosen(tab))


@dataclass(frozen=True, slots=True)
class _Shown:
    view: ThreadView
    request: PendingView | None
    history: Sequence[StepView]

    @property
    def key(self) -> tuple[str, str | None]:
        return self.view.thread_id, self.request.digest if self.request else None


class DetailTabs(Vertical):
    """Holds all tabs but `Request`, whose material the pane has had all along; posts `Wanted` for what it must read.

    The tab stays while the reviewer moves through the inbox, and is passed over where it has nothing to show.
    """

    DEFAULT_CSS = """
    DetailTabs { height: 1fr; }
    """

    @dataclass
    class Wanted(Message):
        """Something about a thread is to be read, and handed to `give`; `what` is a tab, or `Request` for a preview."""

        what: str
        view: ThreadView
        request: PendingView | None

    @dataclass
    class Switched(Message):
        """Another tab was opened."""

    def __init__(self, *, now: Callable[[], datetime]) -> None:
        super().__init__()
        self.strip = TabStrip()
        self.preview = Consequences()
        self._now = now
        self._tab = REQUEST
        self._shown: _Shown | None = None
        self._pages: dict[str, Widget] = {}
        self._laid_out: dict[str, tuple[str, str | None]] = {}
        self._drawing: Drawing | None = None
        self._consequences: Sequence[Consequence] = ()
        self._inputs: Mapping[int, Mapping[str, Any]] = {}
        self._audit: Sequence[AuditView] = ()
        self._edited: Callable[[], tuple[str, str] | None] = lambda: None
        self._whole = False
        self._soon: Timer | None = None

    @property
    def tab(self) -> str:
        """The tab that is open; `Request` where the chosen one has nothing to show."""
        return self._tab if self._tab in self.tabs else REQUEST

    @property
    def tabs(self) -> Sequence[str]:
        """The tabs that this request has: only an edit has a difference."""
        return [tab for tab in TABS if tab != DIFF or self._edited() is not None]

    @property
    def page(self) -> Widget | None:
        """The widget of the tab that is open; None for `Request`."""
        return self._pages.get(self.tab)

    def show(
        self,
        view: ThreadView,
        request: PendingView | None,
        history: Sequence[StepView],
        edited: Callable[[], tuple[str, str] | None],
    ) -> None:
        """Show a thread and one of its requests; `edited` gives an edit's original and what it is now.

        The same again keeps scroll offsets, cursors and what is unfolded.
        """
        before, self._shown = self._shown, _Shown(view, request, history)
        self._edited = edited
        if before is None or before.key != self._shown.key:
            self._consequences = ()
            self.preview.show(())
        if before is None or before.view.thread_id != view.thread_id:
            self._drawing, self._inputs, self._audit, self._whole = None, {}, (), False
        if before is None or before.view != view or before.key != self._shown.key:
            if request is not None and request.status != "held":
                self._want(REQUEST)
            self._open()
        self._arrange()

    def clear(self) -> None:
        """Show nothing."""
        self._shown = None
        self.preview.show(())
        self._arrange()

    def turn(self, by: int) -> None:
        """Open the next tab, or the one before."""
        tabs = self.tabs
        self.choose(tabs[(tabs.index(self.tab) + by) % len(tabs)])

    def choose(self, tab: str) -> None:
        """Open this tab."""
        if self._shown is None or tab == self.tab:
            return
        self._tab = tab
        self._open()
        self._arrange()
        self.post_message(self.Switched())

    def give(self, event: Wanted, found: Any) -> None:
        """Take what was read for this message; too late for a thread that is not shown any more, it is dropped."""
        shown = self._shown
        if shown is None or shown.key != _Shown(event.view, event.request, ()).key:
            return
        match event.what:
            case "Request":
                self._consequences = found
                self.preview.show(found)
            case "Graph":
                self._drawing = found
            case "History":
                self._inputs = found
            case "Audit":
                self._audit = found
        self._lay_out()

    def compare_again(self) -> None:
        """The edited text has changed: compare, once it rests for a moment."""
        if self._soon is not None:
            self._soon.stop()
        if self.tab == DIFF:
            self._soon = self.set_timer(_PAUSE, self._lay_out)

    def toggle_whole(self) -> None:
        """Show long values of the state or of the history whole, or cut them again."""
        if isinstance(self.page, JsonTree):
            self.page.toggle_whole()
        else:
            self._whole = not self._whole
            self._lay_out()

    def _open(self) -> None:
        if self.tab in (GRAPH, HISTORY, AUDIT):
            self._want(self.tab)
        self._lay_out()

    def _want(self, what: str) -> None:
        if self._shown is not None:
            self.post_message(self.Wanted(what, self._shown.view, self._shown.request))

    def _arrange(self) -> None:
        self.strip.display = self._shown is not None
        self.strip.show(self.tabs, self.tab)
        self.display = self._shown is not None and self.tab != REQUEST
        for tab, page in self._pages.items():
            page.display = tab == self.tab
        self.preview.display = self._shown is not None and self.tab == REQUEST and bool(self.preview.lines)

    def _page(self, tab: str) -> Widget:
        if tab not in self._pages:
            self._pages[tab] = _PAGES[tab]()
            self.mount(self._pages[tab])
        return self._pages[tab]

    def _lay_out(self) -> None:
        """Fill the page that is open."""
        shown, tab = self._shown, self.tab
        if shown is None or tab == REQUEST:
            return
        page = self._page(tab)
        key = (shown.view.thread_id, shown.request.request_id if shown.request and tab == DIFF else None)
        another = self._laid_out.get(tab) != key
        match page:
            case JsonTree():
                page.show(shown.view.state, another=another)
            case SideBySide() if (texts := self._edited()) is not None:
                page.compare(*texts)
            case GraphView():
                if self._drawing is None:
                    return
                page.show(self._drawing, self._consequences, another=another)
            case LinesView() if tab == HISTORY:
                page.show_lines(timeline_lines(shown.history, self._inputs, self._now(), whole=self._whole))
            case LinesView():
                page.show_lines(audit_lines(self._audit))
        if another and isinstance(page, LinesView):
            page.scroll_to(y=0, animate=False)
        self._laid_out[tab] = key


_PAGES: dict[str, Callable[[], Widget]] = {
    DIFF: SideBySide,
    STATE: JsonTree,
    HISTORY: LinesView,
    GRAPH: GraphView,
    AUDIT: LinesView,
}
