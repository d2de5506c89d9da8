"""Workflow classes of the tests' own, at the top of a file, so that other processes can load them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ConfigDict

from hitl_tui import StateModel, Workflow

RAN: list[str] = []


class Note(StateModel):
    """A text, and who has seen it."""

    text: str
    count: int = 0
    seen_at: datetime = None
    connection: Any = None


class Plain(Workflow):
    """One step before a pause, one after it."""

    state_model = Note
    checkpointer = "sqlite"

    def build_graph(self):
        return self.start().then(self.write).interrupt("Send {text}?", timeout="never").then(self.send).end()

    def write(self, state):
        RAN.append("write")
        state.text = state.text.upper()

    def send(self, state):
        RAN.append("send")
        return {"count": state.count + 1}


class Twice(Workflow):
    """Two pauses, and after each of them a step that wants to be approved."""

    checkpointer = "sqlite"

    def build_graph(self):
        reserved = self.start().interrupt("Reserve?", timeout="never").then(self.reserve)
        return reserved.interrupt("Charge?", timeout="never").then(self.charge).end()

    def reserve(self, state):
        if not state.approved:
            state.set_error("nobody approved the seats")
        RAN.append("reserve")

    def charge(self, state):
        if not state.approved:
            state.set_error("nobody approved the charge")
        RAN.append("charge")


class Strict(StateModel):
    """Some of the fields of an approval, and no others."""

    model_config = ConfigDict(extra="forbid")
    approved: bool = False
    approved_by: str | None = None


class Texts(StateModel):
    """Fields of an approval that are no None."""

    approved: bool = False
    approved_by: str = ""
    approval_notes: str = ""


class TwiceTexts(Twice):
    """The same with a state whose texts are never None."""

    state_model = Texts


class TwiceStrict(Twice):
    """The same with a state that takes nothing else."""

    state_model = Strict
