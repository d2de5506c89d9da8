"""Workflow classes by the name of their file."""

from __future__ import annotations

from pathlib import Path

import pytest

from hitl_tui.errors import FileMissing, InvalidGraph, UsageError
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.trust import trusted
from hitl_tui.inbox.workflows import catalogue, check
from tests.inbox.workflow import write

TWO = """
from hitl_tui.agents import agent
from hitl_tui import Workflow

class Good(Workflow):
    checkpointer = "sqlite"

    def build_graph(self):
        return self.start().then(self.ask).interrupt("Go on?", risk="high").then(self.act).end()

    def ask(self, state): ...

    def act(self, state):
        return {"acted": state.approved_by}

Alias = Good

class Bad(Workflow):
    def build_graph(self):
        return self.start().then(self.ask).then(self.ask).end()

    def ask(self, state): ...

class Demanding(Good):
    def __init__(self, account): ...
"""


async def test_a_workflow_starts_by_the_name_of_its_file(tmp_path: Path) -> None:
    file = write(tmp_path, TWO, "two.py")
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api") as inbox:
        with pytest.raises(UsageError, match="holds 3 workflows: Good, Bad, Demanding"):
            await inbox.start(file)
        with pytest.raises(UsageError, match="no workflow 'Goood'; did you mean 'Good'"):
            await inbox.start(file, "Goood")
        with pytest.raises(InvalidGraph, match="step 'ask' is there twice"):
            await inbox.start(file, "Bad")
        with pytest.raises(UsageError, match="steps of a Python workflow are its agents"):
            await inbox.start(file, "Good", agents="agents.py")
        with pytest.raises(FileMissing):
            await inbox.start(tmp_path / "none.py")
        assert trusted() == ()
        await inbox.start(file, "Good", {"n": 1}, thread_id="t")
        view = await inbox.settled("t")
        assert (trusted(), view.pending[0].prompt, view.pending[0].risk) == ((str(file),), "Go on?", "high")
        assert view.pending[0].context == {"n": 1}
        await inbox.decide("t", "approve")
        assert (await inbox.settled("t")).state["acted"] == "ann"
    findings = await check([file], None)
    assert [(finding.graph, finding.severity) for finding in findings] == [("Bad", "error"), ("Demanding", "error")]
    assert "give the arguments of __init__ defaults" in findings[1].message


BROKEN = """
from hitl_tui import Workflow

class Misspelt(Workflow):
    def build_graph(self):
        return self.start().then(self.nope).end()

class Closed(Workflow):
    def __init__(self):
        raise SystemExit(3)

    def build_graph(self): ...

class Good(Workflow):
    def build_graph(self):
        return self.start().then(self.act).end()

    def act(self, state): ...
"""


async def test_a_class_that_raises_is_named_with_its_line_and_harms_no_other(tmp_path: Path) -> None:
    file = write(tmp_path, BROKEN, "broken.py")
    misspelt, closed = [finding.message for finding in await check([file], None)]
    assert f"Misspelt cannot be built: {file}:6: AttributeError: 'Misspelt' object has no attribute 'nope'" in misspelt
    assert f"Closed cannot be built: {file}:10: SystemExit: the agent called sys.exit(3)" in closed
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api") as inbox:
        await inbox.start(file, "Good", thread_id="t")
        assert (await inbox.settled("t")).status == "completed"


async def test_a_file_without_a_workflow(tmp_path: Path) -> None:
    file = write(tmp_path, "from hitl_tui.agents import agent\n@agent('x')\ndef x(inputs): ...\n", "agents.py")
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="api") as inbox:
        with pytest.raises(UsageError, match="defines no workflow"):
            await inbox.start(file)


LISTED = """
import hitl_tui
from hitl_tui import StateModel
from hitl_tui import Workflow as Agent

raise SystemExit("nothing is run")

class Base(StateModel):
    order: str
    amount: float = 1.0

class State(Base):
    who: str
    note: str = None
    _seen: bool

class Plain(Agent):
    \"\"\"Says hello.

    And more.
    \"\"\"
    state_model = State
    def build_graph(self): ...

class Abstract(hitl_tui.Workflow): ...

class Other(Abstract):
    def build_graph(self): ...

class Stranger:
    def build_graph(self): ...
"""


def test_classes_are_listed_without_running_them(tmp_path: Path) -> None:
    file = write(tmp_path, LISTED, "listed.py")
    write(tmp_path, "class Workflow(", "torn.py")
    write(tmp_path, TWO, "two.PY")
    found = [(each.file.name, each.graph, each.description, each.inputs) for each in catalogue([tmp_path])]
    assert found == [
        ("listed.py", "Plain", "Says hello.", ("order", "who")),
        ("listed.py", "Other", "", ()),
        *(("two.PY", name, "", ()) for name in ("Good", "Bad", "Demanding")),
    ]
    assert {each.agents for each in catalogue([file])} == {str(file)}


async def test_what_is_listed_starts(tmp_path: Path) -> None:
    (listed, *_) = catalogue([write(tmp_path, TWO, "two.py")])
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="tui") as inbox:
        await inbox.start(listed.file, listed.graph, {"n": 1}, thread_id="t", agents=listed.agents)
        assert (await inbox.settled("t")).pending[0].prompt == "Go on?"
