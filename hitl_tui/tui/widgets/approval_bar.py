"""The answer to an approval: two keys; a rejection asks for its reason in place."""

from __future__ import annotations

from typing import Any

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Static

from hitl_tui.inbox.views import PendingView
from hitl_tui.tui.widgets.answer import Answer
from hitl_tui.tui.widgets.line_input import LineInput


class Choices(Horizontal, can_focus=True):
    """The bar itself: takes the focus so that its keys are not typed into anything."""


class ApprovalBar(Answer):
    """`[a] Approve   [r] Reject…`; nothing is decided by Enter, and Esc in the reason decides nothing (row 13)."""

    def __init__(self) -> None:
        super().__init__()
        self._approve = Static(Content.assemble(("[a]", "bold"), " Approve"), classes="approval--approve")
        self._reject = Static(Content.assemble(("[r]", "bold"), " Reject…"), classes="approval--reject")
        self._bar = Choices(classes="approval--bar")
        self._label = Static(classes="approval--label", markup=False)
        self._reason = LineInput(compact=True, select_on_focus=False, classes="approval--reason")
        self._reason_row = Horizontal(classes="approval--reason-row")
        self._reason_row.display = False

    def fields(self) -> ComposeResult:
        with self._bar:
            yield from self.bar()
        with self._reason_row:
            yield self._label
            yield self._reason

    def bar(self) -> ComposeResult:
        """What stands in the bar."""
        yield self._approve
        yield self._reject

    @property
    def field(self) -> Widget:
        return self._reason if self.asks_reason else self._bar

    @property
    def asks_reason(self) -> bool:
        """Whether the reason line is open."""
        return bool(self._reason_row.display)

    @property
    def can_submit(self) -> bool:
        return self.asks_reason

    def load(self, request: PendingView, draft: Any = None) -> None:
        super().load(request, draft)
        self._approve.display = "approve" in request.allowed
        self._reject.display = "reject" in request.allowed
        for button, words in ((self._approve, " Approve"), (self._reject, " Reject…")):
            name = words.strip(" …").lower()
            key = self.key(f"detail.{name}", name[0])
            button.update(Content.assemble((f"[{key}]", "bold"), words))
        self._label.update(Content(self.words_of_line))
        self._reason.write(draft or "")
        self._ask(draft is not None)

    @property
    def words_of_line(self) -> str:
        """What the line below the material is for."""
        return "Reason (required)" if self.request.require_reason else "Reason (optional)"

    def draft(self) -> Any:
        return self._reason.value if self.asks_reason else None

    @property
    def deed_of_line(self) -> str:
        """What enter does in the line."""
        return "reject"

    def approve(self) -> None:
        """Approve at once."""
        if "approve" in self.request.allowed:
            self.give("approve")
        else:
            self.say("This request does not allow to approve.", error=True)

    def ask_reason(self) -> None:
        """Open the reason line and focus it; nothing is decided until Enter."""
        if "reject" not in self.request.allowed:
            self.say("This request does not allow to reject.", error=True)
            return
        self._ask(True)
        self._reason.focus()

    def close_reason(self) -> bool:
        """Close the reason line without deciding; False if it was not open."""
        if not self.asks_reason:
            return False
        had_focus = self._reason.has_focus
        self._reason.value = ""
        self.say("")
        self._ask(False)
        if had_focus:
            self._bar.focus()
        return True

    def submit(self) -> None:
        """Reject with the reason that was typed, if the line is open."""
        if not self.asks_reason:
            approve, reject = self.key("detail.approve", "a"), self.key("detail.reject", "r")
            self.say(f"Press {approve} to approve or {reject} to reject.")
            return
        reason = self._reason.value.strip()
        if self.request.require_reason and not reason:
            leave = self.key("detail.leave", "esc")
            self.say(f"This rejection needs a reason. Type one, or press {leave} to decide nothing.", error=True)
            self._reason.focus()
            return
        self.give("reject", {"reason": reason} if reason else None)

    def _ask(self, asks: bool) -> None:
        self._reason_row.display = asks
        self._bar.display = not asks
        if asks:
            self._label.update(Content(self.words_of_line))
            self.show_keys(("enter", self.deed_of_line), (self.key("detail.leave", "esc"), "decide nothing"))
        else:
            # The bar says it all, and the last line of the screen the rest.
            self.show_keys()

    @on(Input.Submitted)
    def _submitted(self, event: Input.Submitted) -> None:
        event.stop()
        self.submit()

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value:
            self.say("")

    def on_click(self, event: events.Click) -> None:
        if event.widget is self._approve:
            self.approve()
        elif event.widget is self._reject:
            self.ask_reason()
