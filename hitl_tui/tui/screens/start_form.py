"""The inputs of a new thread, one field each, and whose code will run."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Input, Static, TextArea

from hitl_tui.errors import HitlError
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.trust import is_trusted
from hitl_tui.inbox.workflows import Workflow
from hitl_tui.model import strict_json
from hitl_tui.safe_text import visible
from hitl_tui.tui.crash_log import log_defect
from hitl_tui.tui.own_keys import key_of, keys_line
from hitl_tui.tui.wording import error_words
from hitl_tui.tui.workflow_places import likely_agents

Acting = Callable[[Coroutine[Any, Any, bool | None]], None]
"""Carries something out beside the screen; leaving waits for it."""
_JSON_MARK = ":="


class StartForm(ModalScreen[str | None]):
    """Dismissed with the id of the thread that was started; errors are said here and the fields stay."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+s", "start", "Start", id="start.go", tooltip="Start the workflow"),
        Binding("escape", "close", "Back", id="start.close", tooltip="Start nothing"),
        Binding("tab", "app.focus_next", "Next field", id="start.next", tooltip="Next field"),
        Binding("shift+tab", "app.focus_previous", "Previous field", id="start.previous", tooltip="Previous field"),
    ]

    def __init__(self, inbox: Inbox, acting: Acting, workflow: Workflow, agents: str | None = None) -> None:
        super().__init__()
        self._inbox = inbox
        self._acting = acting
        self._starts = False
        self._workflow = workflow
        self._inputs = {name: _value_field() for name in workflow.inputs}
        self._id_field = Input(
            placeholder="made up if empty", select_on_focus=False, compact=True, classes="form--line"
        )
        reference = workflow.agents or agents or likely_agents(workflow.file) or ""
        self._agents = Input(reference, placeholder="none", select_on_focus=False, compact=True, classes="form--line")
        self._trust = Static(markup=False, classes="form--hint")
        self._said = Static(markup=False, classes="dialog--text form--error")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -tall"):
            yield Static(
                Content.assemble(("Start ", ""), (visible(self._workflow.graph), "bold")), classes="dialog--title"
            )
            with VerticalScroll(can_focus=False):
                if self._workflow.description:
                    yield Static(Content(visible(self._workflow.description, newlines=True)), classes="form--hint")
                for name, field in self._inputs.items():
                    yield _label(name)
                    yield field
                if self._inputs:
                    yield Static(
                        Content(
                            f"A value is text as it stands; {_JSON_MARK} before it means JSON, as in {_JSON_MARK} 42"
                        ),
                        classes="form--hint",
                    )
                yield _label("Thread id")
                yield self._id_field
                yield _label("Agents code")
                yield self._agents
                yield self._trust
            yield self._said
            go, close = key_of(self.app, "start.go", "ctrl+s"), key_of(self.app, "start.close", "esc")
            following = key_of(self.app, "start.next", "tab")
            yield Static(keys_line((go, "start"), (following, "next field"), (close, "back")), classes="dialog--keys")

    def on_mount(self) -> None:
        self._said.display = False
        self._say_whose_code()
        first: Widget = next(iter(self._inputs.values()), self._id_field)
        first.focus()

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        if event.input is self._agents:
            self._say_whose_code()

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.action_start()

    def action_close(self) -> None:
        # What is handed in cannot be called back.
        if not self._starts:
            self.dismiss(None)

    def action_start(self) -> None:
        if not self._starts:
            self._starts = True
            self._say("starting…", error=False)
            self._acting(self._start())

    async def _start(self) -> bool:
        try:
            thread_id = await self._inbox.start(
                self._workflow.file,
                self._workflow.graph,
                {name: _value(name, field.text) for name, field in self._inputs.items() if field.text},
                thread_id=self._id_field.value.strip() or None,
                agents=self._agents.value.strip() or None,
            )
        except (HitlError, _NotJson) as error:
            self._say(error_words(error) if isinstance(error, HitlError) else str(error), error=True)
            return False
        except Exception as error:
            self._say(log_defect(error), error=True)
            return False
        finally:
            self._starts = False
        # A key may have brought something above it meanwhile.
        while not self.is_active:
            self.app.pop_screen()
        self.dismiss(thread_id)
        return True

    def _say(self, words: str, *, error: bool) -> None:
        self._said.display = bool(words)
        self._said.set_class(error, "-error")
        self._said.update(Content(("! " if error else "") + visible(words, newlines=True)))

    def _say_whose_code(self) -> None:
        reference = self._agents.value.strip()
        if not reference:
            words = "No code of your own: only the built-in agents run."
        elif is_trusted(reference) or is_trusted(str(Path(reference).resolve())):
            words = "You trust this code already; it runs on this machine."
        else:
            words = "! Starting it is trusting this code: it then runs on this machine, with your rights."
        self._trust.update(Content(words))


class _NotJson(Exception):
    """A value that was marked as JSON is none; says which."""


def _label(text: str) -> Static:
    return Static(Content(visible(text)), classes="form--label")


def _value_field() -> TextArea:
    field = TextArea(compact=True, classes="form--value")
    field.highlight_cursor_line = False
    return field


def _value(name: str, text: str) -> Any:
    """The text as it stands, or the JSON value after `:=`."""
    if not text.startswith(_JSON_MARK):
        return text
    try:
        return strict_json.read(text.removeprefix(_JSON_MARK))
    except ValueError as error:
        raise _NotJson(f"{name}: what follows {_JSON_MARK} is not JSON: {error}") from None
