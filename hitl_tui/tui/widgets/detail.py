"""The request side of the screen: what is asked above, the answer always at the bottom in the same place."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Input, Static, TextArea

from hitl_tui.inbox.views import PendingView, StepView, ThreadView
from hitl_tui.tui.control_filter import NoForeignText
from hitl_tui.tui.messages import AnswerGiven, DraftKept, LeaveAnswer
from hitl_tui.tui.own_keys import key_of
from hitl_tui.tui.settling import Settling
from hitl_tui.tui.widgets.answer import Answer
from hitl_tui.tui.widgets.answer_place import AnswerPlace
from hitl_tui.tui.widgets.approval_bar import ApprovalBar
from hitl_tui.tui.widgets.batch_answer import BatchAnswer
from hitl_tui.tui.widgets.choice_answer import ChoiceAnswer
from hitl_tui.tui.widgets.consequences import Consequences
from hitl_tui.tui.widgets.detail_tabs import HISTORY, REQUEST, DetailTabs, TabStrip
from hitl_tui.tui.widgets.diff_view import DiffView
from hitl_tui.tui.widgets.edit_answer import EditAnswer
from hitl_tui.tui.widgets.material import Material
from hitl_tui.tui.widgets.request_head import RequestHead
from hitl_tui.tui.widgets.thread_view import is_held, is_moving, what_next

_TICKS_AT_REST = 15
"""The times in the material count minutes, unless the thread runs: they are looked at once in so many seconds."""
_ABOVE = 3
"""Lines of head and tabs; for the least of the material answer areas leave one free."""
_NOTHING = "Nothing is selected.\n\nChoose an item in the list: {} opens it here."


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is on the screen: an answer counts only for the same request with the same digest."""

    view: ThreadView
    request: PendingView | None

    @property
    def key(self) -> tuple[str, str | None, str | None]:
        if self.request is None:
            return self.view.thread_id, None, None
        return self.view.thread_id, self.request.request_id, self.request.digest


class DetailPane(NoForeignText, Vertical):
    """Shows a thread and one of its open requests, and takes the answer; it decides nothing itself.

    Posts `AnswerGiven`, `DraftKept` and `LeaveAnswer`. `now` is the wall clock, in UTC; `clock` measures moments, in
    seconds.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "decide('approve')", "Approve", show=False, id="detail.approve", tooltip="Approve this request"),
        Binding("r", "decide('reject')", "Reject", show=False, id="detail.reject", tooltip="Reject it, with a reason"),
        *(
            Binding(str(digit), f"decide('{digit}')", f"Option {digit}", show=False, id=f"detail.choose_{digit}")
            for digit in range(1, 10)
        ),
        Binding("ctrl+s", "submit", "Submit", show=False, id="detail.submit", tooltip="Submit the answer"),
        Binding(
            "h", "history", "History", id="detail.history", tooltip="What happened before; again: back to the request"
        ),
        Binding("v", "whole", "View all", show=False, id="detail.whole", tooltip="Show huge texts whole"),
        Binding("escape", "leave", "Back", id="detail.leave", tooltip="Back to the list; what you wrote is kept"),
        Binding("up,k", "scroll('up')", "Scroll up", show=False, id="detail.scroll_up"),
        Binding("down,j", "scroll('down')", "Scroll down", show=False, id="detail.scroll_down"),
        Binding("pageup", "scroll('page_up')", "Page up", show=False, id="detail.page_up"),
        Binding("pagedown,space", "scroll('page_down')", "Page down", show=False, id="detail.page_down"),
        Binding("home", "scroll('home')", "Top", show=False, id="detail.top"),
        Binding("end", "scroll('end')", "Bottom", show=False, id="detail.bottom"),
    ]

    def __init__(self, *, now: Callable[[], datetime], clock: Callable[[], float] = time.monotonic) -> None:
        super().__init__(classes="detail")
        self._now = now
        self._head = RequestHead()
        self._material = Material()
        self._diff = DiffView(classes="diff")
        self._tabs = DetailTabs(now=now)
        self._place = AnswerPlace(self._diff)
        self._empty = Static(markup=False, classes="detail--empty")
        self._shown: _Shown | None = None
        self._given = False
        self._taken = False
        self._settling = Settling(clock)
        self._opening: tuple[str, str | None] | None = None
        """The thread and request that the reviewer has gone to, until they are shown."""
        self._ticks = 0

    @property
    def request(self) -> PendingView | None:
        """The open request that is shown, if any."""
        return self._shown.request if self._shown else None

    @property
    def answer(self) -> Answer | None:
        """The answer area of that request."""
        return self._place.answer

    @property
    def thread_id(self) -> str | None:
        """The thread that is shown."""
        return self._shown.view.thread_id if self._shown is not None else None

    @property
    def status(self) -> str | None:
        """The status of that thread."""
        return self._shown.view.status if self._shown is not None else None

    @property
    def held_thread_id(self) -> str | None:
        """The thread that is shown, if its decision can still be taken back."""
        shown = self._shown
        return shown.view.thread_id if shown is not None and shown.request is None and is_held(shown.view) else None

    @property
    def given(self) -> bool:
        """Whether the answer to what is shown was just handed in."""
        return self._given

    @property
    def material(self) -> Material:
        """The scroll area above the answer."""
        return self._material

    @property
    def tabs(self) -> DetailTabs:
        """What helps to understand the request."""
        return self._tabs

    def compose(self) -> ComposeResult:
        yield self._empty
        yield self._head
        yield self._tabs.strip
        yield self._material
        yield self._diff
        yield self._tabs
        yield self._tabs.preview
        yield self._place

    def on_mount(self) -> None:
        self._empty.update(Content(_NOTHING.format(key_of(self.app, "list.open", "enter"))))
        self._arrange()
        self.set_interval(1.0, self._tick)

    def on_resize(self, event: events.Resize) -> None:
        self._place.fit(event.size.height, _ABOVE + self._tabs.preview.rows)

    @on(Consequences.Resized)
    def _preview_resized(self, event: Consequences.Resized) -> None:
        event.stop()
        self._place.fit(self.size.height, _ABOVE + self._tabs.preview.rows)

    def show(
        self,
        view: ThreadView,
        request_id: str | None,
        history: list[StepView],
        draft: dict[str, Any] | None = None,
    ) -> None:
        """Show a thread with one of its open requests, or (`None`, or no longer open) the thread by itself.

        The same request with the same digest again keeps a half-written answer, the focus and the scroll offset.
        `draft` is what an earlier visit left of one.
        """
        request = next((each for each in view.pending if each.request_id == request_id), None)
        if request is not None and draft is not None:
            self._place.restore(request, draft)
        before, self._shown = self._shown, _Shown(view, request)
        another = before is None or before.key != self._shown.key
        self._given = self._taken = False
        if another:
            self._change_answer(before)
        self._show_head()
        self._material.show(view, request, history, self._now(), another=another)
        self._tabs.show(view, request, history, self._edited)
        retry, undo = key_of(self.app, "inbox.retry", "R"), key_of(self.app, "inbox.undo", "u")
        self._place.say_next(what_next(view, retry=retry, undo=undo))
        self._arrange()
        if self._opening is not None and self._is_shown(*self._opening):
            self.call_after_refresh(self._follow)

    def clear(self) -> None:
        """Show the empty state; a half-written answer is kept for when its request is shown again."""
        before, self._shown, self._opening = self._shown, None, None
        self._change_answer(before)
        self._material.clear()
        self._tabs.clear()
        self._arrange()

    def keep_draft(self) -> dict[str, Any] | None:
        """Note what is written so far for the request that is shown; returns it as the inbox stores it."""
        if self.request is None or self._given:
            return None
        self._keep(self.request)
        return self._place.stored(self.request)

    def _keep(self, request: PendingView) -> None:
        if self._place.keep(request):
            # From here and not from the place: what a parent makes a child post does not get beyond that parent.
            self.post_message(DraftKept(request.request_id, self._place.stored(request)))

    def show_error(self, request_id: str, message: str) -> bool:
        """Say at the field why the answer was not taken; the input stays. False if another request is shown."""
        if self.answer is None or not self._shows(request_id):
            return False
        self._given = False
        self.answer.say(message, error=True)
        return True

    def show_taken(self, request_id: str, message: str) -> None:
        """As `show_error`, for a request that somebody else has taken: no time is left for it, none is over."""
        self._taken = self.show_error(request_id, message)
        self._show_head()

    def clear_error(self, request_id: str) -> None:
        """What was said is not so any more. Ignored if another request is shown."""
        if self.answer is not None and self._shows(request_id):
            self._taken = False
            self.answer.say("")

    def open(self, thread_id: str, request_id: str | None) -> None:
        """Go to a request (or, `None`, a thread by itself): where the answer is given, as soon as it is shown."""
        self._opening = (thread_id, request_id)
        if self._is_shown(thread_id, request_id):
            self._focus_answer()
        else:
            # What is typed meanwhile must not land in the answer of what is still shown.
            self.screen.set_focus(self._material)

    def _focus_answer(self) -> None:
        """Focus where the answer is given, or the material if there is nothing to answer."""
        self._opening = None
        self.screen.set_focus(self.answer.field if self.answer is not None else self._material)

    def decide_key(self, action: str) -> None:
        """A decision key from the list: `approve`, `reject` or a digit; one that does not fit focuses the answer.

        `approve` submits at once; `reject` opens the reason; a digit chooses an option, for Enter to submit.
        """
        answer = self.answer
        if isinstance(answer, ApprovalBar) and action == "approve":
            answer.approve()
        elif isinstance(answer, ApprovalBar) and action == "reject":
            answer.ask_reason()
        elif isinstance(answer, BatchAnswer):
            self._focus_answer()
            answer.decide_key(action)
        elif isinstance(answer, ChoiceAnswer) and action.isdecimal():
            self._focus_answer()
            answer.choose(int(action))
        else:
            self._focus_answer()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Keys that mean nothing for this request are not offered."""
        request = self.request
        if action == "decide":
            wanted = parameters[0]
            if wanted in ("approve", "reject"):
                return request is not None and request.type == "approval" and wanted in request.allowed
            return request is not None and request.type == "choice"
        if action == "submit":
            return self.answer is not None and self.answer.can_submit
        return True

    def action_decide(self, action: str) -> None:
        if not self._settles():
            self.decide_key(action)

    def action_submit(self) -> None:
        if self.answer is not None:
            self.answer.submit()

    def action_leave(self) -> None:
        if not (isinstance(self.answer, (ApprovalBar, BatchAnswer)) and self.answer.close_reason()):
            self.post_message(LeaveAnswer())

    def action_history(self) -> None:
        self._tabs.choose(REQUEST if self._tabs.tab == HISTORY else HISTORY)

    def action_whole(self) -> None:
        if self._tabs.page is not None:
            self._tabs.toggle_whole()
        else:
            self._material.toggle_whole(self._now())

    def action_scroll(self, where: str) -> None:
        view = self._tabs.page or (self._diff if self._diff.display else self._material)
        getattr(view, f"scroll_{where}")(animate=False)

    @on(Answer.Given)
    def _answer_given(self, event: Answer.Given) -> None:
        event.stop()
        shown = self._shown
        if shown is None or shown.request is None or self._given or self._settles():
            return
        self._given = True
        request = shown.request
        self.post_message(
            AnswerGiven(
                shown.view.thread_id, request.request_id, request.type, request.digest, event.action, event.data
            )
        )

    @on(EditAnswer.DiffToggled)
    def _diff_toggled(self, event: EditAnswer.DiffToggled) -> None:
        event.stop()
        self._arrange()

    @on(DetailTabs.Switched)
    def _tab_switched(self, event: DetailTabs.Switched) -> None:
        event.stop()
        self._arrange()
        if self.has_focus_within and not isinstance(self.screen.focused, (Input, TextArea)):
            self.screen.set_focus(self._tabs.page or (self.answer.field if self.answer else self._material))

    @on(TabStrip.Chosen)
    def _tab_chosen(self, event: TabStrip.Chosen) -> None:
        self._tabs.choose(event.tab)

    @on(TextArea.Changed)
    def _text_changed(self) -> None:
        self._tabs.compare_again()

    def _edited(self) -> tuple[str, str] | None:
        """The original of an edit and what it is now; None for any other request."""
        answer = self.answer
        return (answer.original, answer.editor.answer) if isinstance(answer, EditAnswer) else None

    def _is_shown(self, thread_id: str, request_id: str | None) -> bool:
        """Whether this is on the screen; a request that was answered meanwhile is there as its thread."""
        return self.thread_id == thread_id and (self.request is None or self.request.request_id == request_id)

    def _shows(self, request_id: str) -> bool:
        return self.request is not None and self.request.request_id == request_id

    def _settles(self) -> bool:
        """Whether a key comes too soon after another request appeared under the reviewer's hands; says so."""
        settles = self._settling.goes_on or self._opening is not None
        if settles and self.answer is not None:
            self._settling.ignored()
            self.answer.say("Another request has just appeared here: look at it, then press the key again.")
        return settles

    def _change_answer(self, before: _Shown | None) -> None:
        """Another answer area, or none; the focus does not go along."""
        had_focus = self.has_focus_within
        if before is not None and before.request is not None:
            self._keep(before.request)
        self._place.change(self.request)
        if had_focus and before is not None:
            self._settling.begin()
            self._arrange()
            # Keys that are still being typed must not land in another request's answer.
            self.screen.set_focus(self._material)
        self.refresh_bindings()

    def _follow(self) -> None:
        if self._material.has_focus:
            self._focus_answer()
        self._opening = None

    def _arrange(self) -> None:
        """Show the parts that belong to what is shown."""
        shown, answer = self._shown, self.answer
        self._empty.display = shown is None
        for part in (self._head, self._place):
            part.display = shown is not None
        comparing = isinstance(answer, EditAnswer) and answer.diff_shown
        on_request = self._tabs.tab == REQUEST
        self._material.display = shown is not None and not comparing and on_request
        self._diff.display = comparing and on_request

    def _show_head(self) -> None:
        if self._shown is not None:
            self._head.show(self._shown.view, self._shown.request, self._now(), taken=self._taken)

    def _tick(self) -> None:
        if self._shown is None or not self.display:
            return
        self._ticks += 1
        self.keep_draft()
        self._show_head()
        moving = self._shown.request is None and is_moving(self._shown.view)
        if moving or self._ticks % _TICKS_AT_REST == 0:
            self._material.tick(self._now())
