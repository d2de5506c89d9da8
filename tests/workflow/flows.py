"""Workflow classes of the tests' own, at the top of a file, so that other processes can load them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

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
