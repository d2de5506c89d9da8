"""The answer to an approval with something to fill in: the arguments of a tool call, or a schema of its own."""

from __future__ import annotations

from typing import Any, ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from hitl_tui.inbox.views import PendingView
from hitl_tui.model.tool_call import ToolCall, tool_call_of
from hitl_tui.safe_text import one_line
from hitl_tui.tui.widgets.answer import room
from hitl_tui.tui.widgets.approval_bar import ApprovalBar
from hitl_tui.tui.widgets.form_answer import FORM_BINDINGS, FilledForm, edit_field_outside
from hitl_tui.tui.widgets.form_fields import FormFields

_LONGEST_NAME = 20
"""So that all keys are seen at 80 columns; the whole name stands above."""


class ReviewAnswer(ApprovalBar):
    """The approval bar with a form above it. A tool call's form is filled with the proposed arguments (row 98)."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *FORM_BINDINGS,
        Binding(
            "e", "open_form", "Edit", show=False, id="form.open", tooltip="Edit the arguments, or fill in the form"
        ),
        Binding("m", "open_message", "Message", show=False, id="form.message", tooltip="Answer in place of the tool"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._form = FilledForm()
        self._edit = Static(classes="approval--edit")
        self._message = Static(classes="approval--message")
        self._answers_for_tool = False
        self._call: ToolCall | None = None

    @property
    def form(self) -> FilledForm:
        """The form that is shown."""
        return self._form

    @property
    def can_submit(self) -> bool:
        return True

    def fields(self) -> ComposeResult:
        yield self._form.fields
        yield from super().fields()

    def bar(self) -> ComposeResult:
        yield self._approve
        yield self._edit
        yield self._message
        yield self._reject

    def load(self, request: PendingView, draft: Any = None) -> None:
        kept = draft if isinstance(draft, dict) else {}
        self._answers_for_tool = "message" in kept
        super().load(request, kept.get("message", kept.get("reason")))
        self._call = tool_call_of(request.type, request.context)
        if self._call is not None:
            self._form.load(self._call.schema, self._call.args, kept.get("form"))
        else:
            self._form.load(request.schema or {}, None, kept.get("form"))
        self._edit.display = self._may_edit
        self._message.display = "respond" in request.allowed
        self._bar.set_class(bool(self._message.display), "-many")
        # A proposal is read in the material; what has to be filled in is there at once.
        self._form.fields.display = self._call is None or bool(kept.get("form"))
        name = one_line(self._call.tool) if self._call is not None else ""
        name = f" {name}" if len(name) <= _LONGEST_NAME else f" {name[:_LONGEST_NAME]}…"
        key = self.key("detail.approve", "a")
        self._approve.update(Content.assemble((f"[{key}]", "bold"), " Approve", name.rstrip()))
        words = " Fill in" if self._call is None else " Edit…" if self._message.display else " Edit arguments…"
        self._edit.update(Content.assemble((f"[{self.key('form.open', 'e')}]", "bold"), words))
        self._message.update(Content.assemble((f"[{self.key('form.message', 'm')}]", "bold"), " Message…"))

    def fit(self, height: int) -> None:
        super().fit(height)
        self._form.fields.styles.max_height = room(height, rest=5 + self.said_rows)

    def draft(self) -> Any:
        line = "message" if self._answers_for_tool else "reason"
        kept = {line: super().draft(), "form": self._form.draft()}
        return {name: value for name, value in kept.items() if value is not None} or None

    def approve(self) -> None:
        """Approve as it is proposed, or with what was filled in; changed arguments are never dropped in silence."""
        if self._call is None:
            self._give_filled("approve")
        elif changed := self._form.changed:
            names = ", ".join(changed[:3]) + (" …" if len(changed) > 3 else "")
            submit, reset = self.key("detail.submit", "ctrl+s"), self.key("form.reset", "f8")
            self.say(f"You changed {names}: {submit} approves with that, {reset} takes it back.", error=True)
        else:
            super().approve()

    def submit(self) -> None:
        """Reject with the reason if that is asked for; else approve with what stands in the form."""
        if self.asks_reason and self._answers_for_tool:
            self._give_message()
        elif self.asks_reason:
            super().submit()
        elif self._call is None:
            self._give_filled("approve")
        elif not self._form.changed:
            approve, reject = self.key("detail.approve", "a"), self.key("detail.reject", "r")
            edit = self.key("form.open", "e")
            self.say(
                f"Nothing was changed: press {approve} to approve, {edit} to edit the arguments, {reject} to reject."
            )
        else:
            self._give_filled("edit")

    def close_reason(self) -> bool:
        """Go one step back: out of the reason, or out of the form with what was written kept."""
        if super().close_reason():
            return True
        if not self._form.fields.has_focus_within:
            return False
        self._bar.focus()
        return True

    def ask_reason(self) -> None:
        self._answers_for_tool = False
        self._make_room()
        super().ask_reason()

    @property
    def words_of_line(self) -> str:
        return "Result, in your words" if self._answers_for_tool else super().words_of_line

    @property
    def deed_of_line(self) -> str:
        return "answer for the tool" if self._answers_for_tool else super().deed_of_line

    def action_open_message(self) -> None:
        """Open the line for what stands in place of the tool's result."""
        if self.asks_reason or "respond" not in self.request.allowed:
            return
        self._answers_for_tool = True
        self._make_room()
        self._ask(True)
        self._reason.focus()

    def action_open_form(self) -> None:
        """Go into the form."""
        if self.asks_reason:
            return
        if not self._may_edit:
            self.say("This request does not allow to edit its arguments.", error=True)
            return
        self._form.fields.display = True
        field = self._form.fields.field
        if field is not None:
            field.focus()
        self.show_keys(
            (self.key("form.next", "tab"), "next"),
            (self.key("detail.submit", "ctrl+s"), "approve with it"),
            (self.key("form.reset", "f8"), "as it came"),
            (self.key("detail.leave", "esc"), "back"),
        )

    def action_edit_outside(self) -> None:
        edit_field_outside(self, self._form.fields)

    def action_as_it_came(self) -> None:
        self._form.as_it_came()
        self.say("Everything stands as it came.")

    @on(FormFields.Changed)
    def _recount(self) -> None:
        self._form.count_again(self)

    def on_click(self, event: events.Click) -> None:
        super().on_click(event)
        if event.widget is self._edit:
            self.action_open_form()
        elif event.widget is self._message:
            self.action_open_message()

    @property
    def _may_edit(self) -> bool:
        return self._call is None or "edit" in self.request.allowed

    def _make_room(self) -> None:
        """For the line, in a small window: a form in which nothing was changed can be opened again."""
        if self._call is not None and not self._form.changed:
            self._form.fields.display = False

    def _give_message(self) -> None:
        message = self._reason.value.strip()
        if message:
            self.give("respond", {"message": message})
        else:
            self.say("The tool does not run, so say what it would have found, or press Esc.", error=True)

    def _give_filled(self, action: str) -> None:
        needed = "edit" if action == "edit" else "approve"
        if needed not in self.request.allowed:
            self.say(f"This request does not allow to {needed}.", error=True)
            return
        filled = self._form.filled
        if filled.errors:
            self._form.fields.display = True
        if not self._form.complain(self, filled):
            self.give(action, {"args": filled.data} if action == "edit" else filled.data)
