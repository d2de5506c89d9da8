"""All that a reviewer reads before deciding, in one scroll area: prompt, context, transcript, notes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.events import Resize

from hitl_tui.inbox.views import PendingView, StepView, ThreadView
from hitl_tui.safe_text import visible
from hitl_tui.tui.moments import moment_words
from hitl_tui.tui.time_left import age
from hitl_tui.tui.widgets.change_marks import marked_lines, terms_lines
from hitl_tui.tui.widgets.context_view import context_lines
from hitl_tui.tui.widgets.lines import Line, LinesView
from hitl_tui.tui.widgets.prompt_view import prompt_lines
from hitl_tui.tui.widgets.shown_context import shown_context
from hitl_tui.tui.widgets.thread_view import thread_lines
from hitl_tui.tui.widgets.transcript import transcript_lines

_NOT_USED = Line("The answer given before is not used: something else is asked now.", style="accent")


class Material(LinesView):
    """The request's material, or the thread's where none is open; huge texts are cut until they are asked for."""

    def __init__(self) -> None:
        super().__init__(classes="material")
        self._view: ThreadView | None = None
        self._request: PendingView | None = None
        self._seen: PendingView | None = None
        """The same request as the reviewer saw it, if it is another one by now."""
        self._history: Sequence[StepView] = ()
        self._whole = False
        self._sticks_to_end = False

    @property
    def whole(self) -> bool:
        """Whether everything is shown, however long it is."""
        return self._whole

    def show(
        self,
        view: ThreadView,
        request: PendingView | None,
        history: Sequence[StepView],
        now: datetime,
        *,
        another: bool,
    ) -> None:
        """Show a request or a thread; unless it is `another` one, the reader stays where they were."""
        if not another and (view, request, history) == (self._view, self._request, self._history):
            return
        if another:
            same = request is not None and self._request is not None and request.request_id == self._request.request_id
            self._seen = self._request if same else None
        at_end = not another and self.is_vertical_scroll_end and self.max_scroll_y > 0
        self._view, self._request, self._history = view, request, history
        if another:
            self._whole = False
            # Now, and not after it has gone to the newest turn: that would count as scrolling up.
            self.scroll_to(y=0, animate=False, immediate=True)
            self._sticks_to_end = _is_dialog(view, request)
        self.tick(now)
        if another:
            self._stick()
        elif at_end:
            self.call_after_refresh(self._stay_at_end, view.thread_id, request)

    def on_resize(self, event: Resize) -> None:
        """Keep the newest turn of a conversation in sight when the answer area grows."""
        super().on_resize(event)
        self._stick()

    def _lay_out(self) -> None:
        super()._lay_out()
        self._stick()

    def _stick(self) -> None:
        if self._sticks_to_end:
            self.call_after_refresh(self._scroll_to_newest)

    def _scroll_to_newest(self) -> None:
        # Something else may be shown by now; and unless it is immediate, Textual puts it off once more.
        if self._sticks_to_end:
            self.scroll_end(animate=False, immediate=True)

    def _stay_at_end(self, thread_id: str, request: PendingView | None) -> None:
        if self._view is not None and self._view.thread_id == thread_id and self._request is request:
            self.scroll_end(animate=False, immediate=True)

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Whoever scrolls up stays there; where there is more room now, the end is in sight still."""
        super().watch_scroll_y(old_value, new_value)
        if new_value < min(old_value, self.max_scroll_y):
            self._sticks_to_end = False

    def tick(self, now: datetime) -> None:
        """Lay out again, for the times in it."""
        if self._view is None:
            return
        if self._request is None:
            lines = thread_lines(self._view, self._history, now, whole=self._whole)
        else:
            lines = self._request_lines(self._view, self._request, now)
        if self._request is None or not _is_dialog(self._view, self._request):
            lines += self._rest(self._view, now)
        self.show_lines(lines)
        if self.scroll_offset.y > self.max_scroll_y:
            self.scroll_to(y=self.max_scroll_y, animate=False)

    def toggle_whole(self, now: datetime) -> None:
        """Show everything, or cut what is huge again."""
        self._whole = not self._whole
        self.tick(now)

    def clear(self) -> None:
        """Show nothing."""
        self._view = self._request = self._seen = None
        self.show_lines([])

    def _request_lines(self, view: ThreadView, request: PendingView, now: datetime) -> list[Line]:
        transcript = transcript_lines(view.transcript, whole=self._whole)
        if _is_dialog(view, request):
            context = context_lines(shown_context(request), whole=self._whole)
            lines = [*context, Line()] if context else []
            # Its end is what is read first.
            unused = [] if request.instead_of is None else [Line(), _NOT_USED]
            return [*lines, *self._rest(view, now)[1:], Line(), *transcript, *unused]
        lines = self._asked(request)
        if self._seen is not None:
            lines = marked_lines([*self._asked(self._seen), *terms_lines(self._seen)], [*lines, *terms_lines(request)])
        lines += [Line(), *transcript] if transcript and request.type != "conversation" else []
        return lines if request.instead_of is None else [_NOT_USED, Line(), *lines]

    def _asked(self, request: PendingView) -> list[Line]:
        context = context_lines(shown_context(request), whole=self._whole)
        return [*prompt_lines(request.prompt, whole=self._whole), *([Line(), *context] if context else [])]

    def _rest(self, view: ThreadView, now: datetime) -> list[Line]:
        started = f"started {age(view.created_at, now)} ago"
        asked = f" · asked {age(self._request.created_at, now)} ago" if self._request else ""
        several = f" · {len(view.pending)} open questions in this thread" if len(view.pending) > 1 else ""
        lines = [Line(), Line(f"{visible(view.thread_id)} · {started}{asked}{several}", style="muted")]
        if facts := _facts(view, self._request, now):
            lines.append(Line(" · ".join(facts), style="muted"))
        notes = [Line(f"{visible(note.actor)}, {age(note.at, now)} ago: {visible(note.text)}") for note in view.notes]
        return [*lines, *notes]


def _facts(view: ThreadView, request: PendingView | None, now: datetime) -> list[str]:
    """What triage says of it."""
    facts = [f"assigned to {visible(view.assignee)}"] if view.assignee else []
    facts += [f"priority {view.priority}"] if view.priority else []
    if request is not None and request.snoozed_until is not None:
        facts.append(f"put aside until {moment_words(request.snoozed_until, now)}")
    return facts


def _is_dialog(view: ThreadView, request: PendingView | None) -> bool:
    """Whether the transcript is the material: its last turn is the question itself."""
    if request is None or request.type != "conversation" or not view.transcript:
        return False
    last = view.transcript[-1]
    return last.asks and last.text == request.prompt
