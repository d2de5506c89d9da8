"""The keys for a whole thread: run it again, end it, begin anew from an earlier step, read it in an editor."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Coroutine
from typing import Any, ClassVar

from textual.app import SuspendNotSupported
from textual.binding import Binding, BindingType
from textual.screen import Screen

from hitl_tui.errors import EffectsAgain
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.views import Item, PendingView
from hitl_tui.safe_text import visible
from hitl_tui.tui.external_editor import EditorFailed, edit
from hitl_tui.tui.screens.confirm import ConfirmScreen
from hitl_tui.tui.screens.line_prompt import LinePrompt
from hitl_tui.tui.widgets.footer_line import FooterLine
from hitl_tui.tui.widgets.inbox_list import InboxList

_FITS = {"retry": ("failed", "timed_out"), "cancel": ("ready", "running", "paused")}


class ThreadKeys(Screen[None]):
    """A screen with a list of items, whose threads can be steered."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("R", "retry", "retry", id="inbox.retry", tooltip="Run a failed thread again from the node that failed"),
        Binding("x", "cancel", "cancel", show=False, id="inbox.cancel", tooltip="End the selected thread for good"),
        Binding("F", "fork", "fork", show=False, id="inbox.fork", tooltip="Begin anew from an earlier step"),
        Binding("o", "open_outside", "open", show=False, id="inbox.open_outside", tooltip="Read it in $EDITOR"),
    ]

    _inbox: Inbox
    _list: InboxList
    _footer: FooterLine
    _opens_outside = False
    """Whether an editor is about to open: the same key once more is no second one."""

    @abstractmethod
    def guarded(self, work: Coroutine[Any, Any, None]) -> None:
        """Run `work` beside the screen, and say what goes wrong."""

    @abstractmethod
    def acting(self, act: Coroutine[Any, Any, bool | None]) -> None:
        """As `guarded`, for what changes something: leaving waits for it."""

    @abstractmethod
    def refuses(self, item: Item) -> bool:
        """Whether a key that acts at once comes before the reviewer can have seen the item; says so."""

    @abstractmethod
    def thread_started(self, thread_id: str | None) -> None:
        """Show a thread that has just been started; None for none."""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """A retry is offered for a failed thread, a cancel for one that has not ended."""
        if action in _FITS:
            item = self._list.selected
            return item is not None and item.status in _FITS[action]
        return True

    def action_retry(self) -> None:
        if (item := self._list.selected) is not None and not self.refuses(item):
            self.acting(self._retry(item))

    async def _retry(self, item: Item) -> None:
        await self._inbox.retry(item.thread_id)
        self._footer.say(f"running {item.thread_id} again")

    def action_cancel(self) -> None:
        if (item := self._list.selected) is None:
            return
        where = visible(item.node or "its next node")
        confirm = ConfirmScreen(
            f"End {item.thread_id} for good?",
            f"{visible(item.graph)} stops at {where}; what it waits for is no longer asked.",
            yes="End it",
        )
        self.app.push_screen(confirm, lambda sure: self.acting(self._cancel(item)) if sure else None)

    async def _cancel(self, item: Item) -> None:
        cut_off = await self._inbox.cancel(item.thread_id)
        told = f"; find out about {', '.join(map(str, cut_off.begun))}" if cut_off.begun else ""
        told += f"; withdrawn: {', '.join(map(str, cut_off.withdrawn))}" if cut_off.withdrawn else ""
        self._footer.say(f"cancelled {item.thread_id}{visible(told)}")

    def action_fork(self) -> None:
        if (item := self._list.selected) is not None:
            self.guarded(self._ask_step(item))

    async def _ask_step(self, item: Item) -> None:
        steps = await self._inbox.history(item.thread_id)
        if not steps:
            self._footer.say(f"{item.thread_id} has run no step yet")
            return
        numbers = {str(step.seq) for step in steps}
        listed = ", ".join(f"{step.seq} {visible(step.node)}" for step in steps[-8:])
        prompt = LinePrompt(
            f"Begin anew where {item.thread_id} stood before step",
            f"{listed}: the original is not touched; from there on people are asked again",
            lambda line: "" if line.strip() in numbers else f"one of {steps[0].seq} to {steps[-1].seq}",
            value=str(steps[-1].seq),
            done="fork",
        )
        self.app.push_screen(
            prompt, lambda line: self.acting(self._fork(item, int(line), sure=False)) if line is not None else None
        )

    async def _fork(self, item: Item, at: int, *, sure: bool) -> None:
        try:
            made = await self._inbox.fork(item.thread_id, at, effects_again=sure)
        except EffectsAgain as error:
            confirm = ConfirmScreen(
                "Let effects happen again?", visible(error.message), yes="Fork, and let them happen again"
            )
            self.app.push_screen(confirm, lambda go_on: self.acting(self._fork(item, at, sure=True)) if go_on else None)
            return
        self.thread_started(made.thread_id)

    def action_open_outside(self) -> None:
        item = self._list.selected
        if item is not None and not self._opens_outside:
            self._opens_outside = True
            self.guarded(self._open_outside(item))

    async def _open_outside(self, item: Item) -> None:
        try:
            view = await self._inbox.thread(item.thread_id)
        finally:
            self._opens_outside = False
        text = "\n".join([f"{view.thread_id} · {view.graph} · {view.status}", "", *map(_readable, view.pending)])
        try:
            with self.app.suspend():
                # Inside: an exception that left this block would leave the terminal suspended.
                try:
                    edit(text)
                    wrong = ""
                except EditorFailed as error:
                    wrong = str(error)
        except SuspendNotSupported:
            wrong = "an editor cannot be opened on this terminal"
        if wrong:
            self._footer.say(wrong, error=True)
        else:
            self._footer.say("read only: what you changed in the editor is not kept")


def _readable(request: PendingView) -> str:
    """A request as a text to read: its prompt, then all of it as JSON."""
    return f"{visible(request.prompt, newlines=True)}\n\n{visible(request.as_json(), newlines=True)}\n"
