"""Which workflow to start: those found near at hand, with what is wrong with the ones that cannot be started."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from hitl_tui.inbox import Inbox
from hitl_tui.inbox.workflows import Workflow, catalogue
from hitl_tui.safe_text import one_line, visible
from hitl_tui.tui.crash_log import log_defect
from hitl_tui.tui.own_keys import key_of, keys_line
from hitl_tui.tui.screens.start_form import Acting, StartForm
from hitl_tui.tui.workflow_places import workflow_places


class PickerScreen(ModalScreen[str | None]):
    """Dismissed with the id of the thread that was started, or None."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "close", "Close", id="picker.close", tooltip="Start nothing"),
        Binding("j", "cursor('down')", "Next", show=False, id="picker.down"),
        Binding("k", "cursor('up')", "Previous", show=False, id="picker.up"),
    ]

    def __init__(self, inbox: Inbox, acting: Acting, agents: str | None = None) -> None:
        super().__init__()
        self._acting = acting
        self._inbox = inbox
        self._agents = agents
        self._workflows: list[Workflow] = []
        self._list = OptionList(markup=False)
        self._said = Static(markup=False, classes="dialog--text")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -tall"):
            yield Static(Content.assemble(("Start a workflow", "bold")), classes="dialog--title")
            yield self._list
            yield self._said
            keys = keys_line(("enter", "choose"), (key_of(self.app, "picker.close", "esc"), "close"))
            yield Static(keys, classes="dialog--keys")

    def on_mount(self) -> None:
        self._list.focus()
        self._said.update(Content("looking for workflow files…"))
        self._find()

    @work(exit_on_error=False)
    async def _find(self) -> None:
        places = workflow_places()
        try:
            # Reading and checking many files takes a while; keys must go on working.
            self._workflows = await asyncio.to_thread(catalogue, places)
        except Exception as error:
            self._said.update(Content(f"The workflow files cannot be read: {visible(log_defect(error))}"))
            return
        self._list.add_options(Option(_row(workflow)) for workflow in self._workflows)
        if not self._workflows:
            looked = ", ".join(_short(place) for place in places)
            self._said.update(
                Content(f"No workflow file (.yaml, .csv) in {visible(looked)}, and no workflow class (.py).")
            )
            return
        self._list.highlighted = 0

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        workflow = self._workflows[event.option_index]
        if workflow.problem:
            problem = workflow.problem.replace(str(workflow.file), _short(workflow.file))
            self._said.update(Content.assemble((f"! {visible(problem)}", "$text-error")))
        else:
            self._said.update(Content(visible(_short(workflow.file))))

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        workflow = self._workflows[event.option_index]
        if workflow.problem is None:
            self.app.push_screen(StartForm(self._inbox, self._acting, workflow, self._agents), self._form_closed)

    def _form_closed(self, thread_id: str | None) -> None:
        if thread_id is not None:
            self.dismiss(thread_id)

    def action_cursor(self, way: str) -> None:
        getattr(self._list, f"action_cursor_{way}")()

    def action_close(self) -> None:
        self.dismiss(None)


def _row(workflow: Workflow) -> Content:
    name = visible(workflow.graph) or visible(workflow.file.name)
    if workflow.problem:
        return Content.assemble(("! ", "$text-error"), name, ("  cannot be started", "dim"))
    description = one_line(workflow.description)
    file = visible(workflow.file.name)
    more = f"  {description}  ({file})" if description else f"  ({file})"
    return Content.assemble("  ", (name, "bold"), (more, "dim"))


def _short(path: Path) -> str:
    """The path as a person would write it here."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
