"""The place at the bottom of the request side: the answer area of the request at hand, or what to do instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from textual import events
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Rule, Static

from hitl_tui.inbox.views import PendingView
from hitl_tui.tui.widgets.answer import Answer, full_height
from hitl_tui.tui.widgets.answer_kinds import MORE_ANSWERS, answer_kind
from hitl_tui.tui.widgets.approval_bar import ApprovalBar
from hitl_tui.tui.widgets.choice_answer import ChoiceAnswer
from hitl_tui.tui.widgets.conversation_answer import ConversationAnswer
from hitl_tui.tui.widgets.diff_view import DiffView
from hitl_tui.tui.widgets.drafts import Drafts
from hitl_tui.tui.widgets.edit_answer import EditAnswer
from hitl_tui.tui.widgets.text_answer import TextAnswer


class AnswerPlace(Vertical):
    """Holds one answer area a type, made when it is first needed; what was written for a request comes back with it."""

    def __init__(self, diff_view: DiffView) -> None:
        super().__init__(classes="detail--answer")
        self._rule = Rule(classes="detail--rule")
        self._next = Static(classes="detail--next", markup=False)
        self._makers: dict[str, Callable[[], Answer]] = {
            "approval": ApprovalBar,
            "edit": lambda: EditAnswer(diff_view),
            "choice": ChoiceAnswer,
            "text_input": TextAnswer,
            "conversation": ConversationAnswer,
            **MORE_ANSWERS,
        }
        self._areas: dict[str, Answer] = {}
        self._answer: Answer | None = None
        self._drafts = Drafts()
        self._height = 0

    @property
    def answer(self) -> Answer | None:
        """The area that is shown; None where there is nothing to answer."""
        return self._answer

    def compose(self) -> ComposeResult:
        yield self._rule
        yield self._next

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        self._mark()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        self._mark()

    def _mark(self) -> None:
        """Say with the line above whether the answer has the focus.

        A border with `:focus-within` would do so too, but Textual would then go through the styles of all areas.
        """
        self._rule.set_class(self.has_focus_within, "-here")

    def fit(self, height: int, above: int) -> None:
        """Adapt to a pane of this many lines, of which `above` are taken: the line of keys is never pushed out."""
        self._height = min(height, full_height(height - above))
        if self._answer is not None:
            self._answer.fit(self._height)

    def say_next(self, words: str) -> None:
        """What to do where there is nothing to answer."""
        self._next.update(Content(words))

    def change(self, request: PendingView | None) -> None:
        """Get out the area of the request that is shown now, with what was written for it."""
        self._answer = None if request is None or request.status == "held" else self._area(answer_kind(request))
        if request is not None and self._answer is not None:
            kept, same_question = self._drafts.find(request)
            self._answer.load(request, kept)
            if not same_question:
                self._answer.say("The question has changed since you began to write: read it again.")
        self._next.display = self._answer is None
        for area in self._areas.values():
            area.display = area is self._answer

    def keep(self, request: PendingView) -> bool:
        """Note what is written so far for the request that is shown; whether it is something else than before."""
        return self._drafts.keep(request, self._answer.draft() if self._answer is not None else None)

    def stored(self, request: PendingView) -> dict[str, Any] | None:
        """What was noted for a request, for `restore`."""
        return self._drafts.stored(request)

    def restore(self, request: PendingView, stored: dict[str, Any]) -> None:
        """Take what an earlier visit stored for a request; called before it is shown."""
        self._drafts.restore(request, stored)

    def _area(self, kind: str) -> Answer:
        if kind not in self._areas:
            self._areas[kind] = self._makers[kind]()
            self.mount(self._areas[kind])
        self._areas[kind].fit(self._height)
        return self._areas[kind]
