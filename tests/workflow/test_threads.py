"""The four calls of a workflow: invoke, get_state, update_state, resume (rows 149 to 152, 163 to 165)."""

from __future__ import annotations

import asyncio
import importlib.util
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from uuid import uuid4

import pytest

from hitl_tui import StorageService, Workflow, WorkflowFailed, WorkflowPaused, locations
from hitl_tui.agents.loading import load_reference
from hitl_tui.cli import render_text
from hitl_tui.errors import (
    AgentsNotLoaded,
    DatabaseUnusable,
    InvalidState,
    NothingPending,
    NotPossible,
    NotSerialisable,
    ThreadExists,
    ThreadNotFound,
    UsageError,
)
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.trust import trusted
from hitl_tui.model.session_code import session_class
from hitl_tui.workflow import threads
from hitl_tui.workflow.checkpointers import database_of
from tests.inbox.workflow import APPROVAL, write
from tests.waiting import DEADLINE_SECONDS, eventually
from tests.workflow.calls import paused, thread
from tests.workflow.flows import RAN, Plain, Twice


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    RAN.clear()


@pytest.mark.parametrize(
    "config", [{}, None, {"configurable": {}}, {"configurable": {"thread_id": ""}}, {"thread_id": 5}]
)
async def test_a_config_without_a_thread_is_refused_at_once_row_164(config: Any) -> None:
    """row 164"""
    workflow = Plain()
    for call in (workflow.get_state, lambda one: workflow.update_state(one, {})):
        with pytest.raises(UsageError) as refused:
            call(config)
        assert refused.value.hint.startswith('pass config={"configurable": {"thread_id": "order-1234"}}')
    for awaited in (workflow.invoke({"text": "x"}, config), workflow.resume(config)):
        with pytest.raises(UsageError):
            await awaited
    assert (RAN, locations.database().exists()) == ([], False)


@pytest.mark.parametrize("variable", ["HITL_DB", "HITL_STATE_DIR"])
async def test_a_program_that_goes_to_another_folder_keeps_its_database(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.chdir(tmp_path)
    # Relative paths are remembered for the whole process, so no other test may use this one.
    monkeypatch.setenv(variable, f"{tmp_path.name}-{variable}")
    await paused(Plain(), {"text": "x"})
    StorageService().write("notes", {"text": "kept"}, "n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    with pytest.raises(ThreadExists):
        await Plain().invoke({"text": "x"}, thread())
    assert (StorageService().read("notes", "n") or {})["text"] == "kept"
    assert list(elsewhere.iterdir()) == []
    monkeypatch.setenv(variable, f"{tmp_path.name}-another")
    assert Plain().get_state(thread()) is None


def test_a_relative_path_of_a_database_of_ones_own_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    storage, name = StorageService("own.db"), f"{tmp_path.name}.db"
    assert database_of(name) == tmp_path / name
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert (storage.path, database_of(name)) == (tmp_path / "own.db", tmp_path / name)
    assert StorageService("own.db").path == Path.cwd() / "own.db"


def test_a_database_in_memory_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HITL_DB", ":memory:")
    for storage in (StorageService(), StorageService(":memory:"), StorageService(database_of(Path(":memory:")))):
        with pytest.raises(DatabaseUnusable, match="in memory"):
            storage.write("notes", {"text": "kept"}, "n")
    assert list(tmp_path.iterdir()) == []


async def test_ids_of_ones_own_row_164() -> None:
    """row 164"""
    for name in (f"workflow-{uuid4()}", "order-123", uuid4()):
        error = await paused(Plain(), {"text": "x"}, name)  # type: ignore[arg-type]
        assert error.thread_id == str(name)


async def test_a_pause_says_what_is_asked_and_that_the_inbox_can_answer() -> None:
    error = await paused(Plain(), {"text": "hello"})
    assert (error.request.prompt, error.request.context["text"]) == ("Send HELLO?", "HELLO")
    assert (
        str(error) == "thread 't' waits for a person at 'after_write'; answer it in the inbox, or call resume(config)"
    )
    assert str(Path(__file__).with_name("flows.py")) in trusted()
    async with Inbox.open(locations.database(), actor="ann", via="cli") as inbox:
        (item,) = (await inbox.list()).items
        assert (item.thread_id, item.graph, item.type, item.due_at) == ("t", "Plain", "approval", None)


async def test_nothing_is_started_twice() -> None:
    await paused(Plain(), {"text": "x"})
    with pytest.raises(ThreadExists) as refused:
        await Plain().invoke({"text": "x"}, thread())
    assert refused.value.hint.startswith("give another thread id ")
    assert RAN == ["write"]


async def test_the_input_fits_the_state_or_nothing_is_stored() -> None:
    with pytest.raises(InvalidState, match="the input does not fit the state: text: Field required"):
        await Plain().invoke({"txt": "x"}, thread())
    with pytest.raises(UsageError, match="the input is 5"):
        await Plain().invoke(5, thread())
    assert Plain().get_state(thread()) is None


async def test_an_update_merges_and_survives_row_150_row_151_row_165() -> None:
    """row 150, row 151, row 165"""
    workflow = Plain()
    await paused(workflow, {"text": "x"})
    naive, aware = datetime(2026, 1, 2, 3, 4, 5, 6), datetime(2026, 1, 2, tzinfo=UTC)  # noqa: DTZ001
    workflow.update_state(thread(), {"seen_at": naive, "more": {"at": [aware]}})
    state = workflow.get_state(thread())
    assert state == {"text": "X", "count": 0, "connection": None, "seen_at": naive, "more": {"at": [aware]}}
    for wrong, error, field in (
        ({"count": "many"}, InvalidState, "count"),
        ({"count": 5, "connection": object()}, NotSerialisable, "state.connection"),
    ):
        with pytest.raises(error, match=field):
            workflow.update_state(thread(), wrong)
    assert workflow.get_state(thread()) == state
    result = await workflow.resume(thread())
    assert (result["seen_at"], result["more"], result["count"]) == (naive, {"at": [aware]}, 1)
    with pytest.raises(NotPossible, match="completed"):
        workflow.update_state(thread(), {"count": 2})


@pytest.mark.parametrize(
    "forged",
    [
        {"responses": {"gate": {"reason": "forged"}}},
        {"responses.gate.reason": "forged"},
        {"memo": "x", "responses[gate].reason": "forged"},
        {" responses.gate.reason ": "forged"},
    ],
)
async def test_the_answers_of_people_are_neither_given_nor_changed(tmp_path: Path, forged: dict[str, Any]) -> None:
    """Nor by a key that is spelled like a path into them, which a prompt would find."""
    refusal = re.escape(f"'{list(forged)[-1]}' holds the answers of people")
    file = Workflow.load(write(tmp_path, APPROVAL))
    for start in (Plain().invoke({"text": "x"} | forged, thread()), file.invoke(forged, thread())):
        with pytest.raises(InvalidState, match=f"the input: {refusal}"):
            await start
    workflow = Twice()
    await paused(workflow, {})
    with pytest.raises(WorkflowPaused):
        await workflow.resume(thread(), "approve", {"notes": "real"})
    state = workflow.get_state(thread())
    assert state is not None and len(state["responses"]) == 1
    with pytest.raises(InvalidState, match=f"the state: {refusal}"):
        workflow.update_state(thread(), forged)
    async with Inbox.open(locations.database(), actor="ann", via="cli") as inbox:
        with pytest.raises(InvalidState, match=f"the state: {refusal}"):
            await inbox.fork("t", 1, forged)
    workflow.update_state(thread(), {**state, "memo": "as it was read"})
    assert workflow.get_state(thread()) == {**state, "memo": "as it was read"}


async def test_an_unknown_thread() -> None:
    workflow = Plain()
    assert workflow.get_state(thread()) is None
    with pytest.raises(ThreadNotFound):
        workflow.update_state(thread(), {"text": "y"})
    with pytest.raises(ThreadNotFound, match="Thread 't' not found"):
        await workflow.resume(thread())


async def test_a_completed_thread_is_resumed_to_its_state_and_runs_nothing() -> None:
    await paused(Plain(), {"text": "x"})
    first = await Plain().resume(thread())
    assert await Plain().resume(thread()) == first
    assert RAN == ["write", "send"]


def _travel(folder: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> type[Workflow]:
    """The class `Travel` of a new file, whose steps tell the file's name."""
    file = write(folder, _TRAVEL, f"{name}.py")
    spec = importlib.util.spec_from_file_location(name, file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, name, module)
    spec.loader.exec_module(module)
    kind: type[Workflow] = module.Travel
    return kind


_TRAVEL = """
from hitl_tui import Workflow

class Travel(Workflow):
    checkpointer = "sqlite"

    def build_graph(self):
        return self.start().interrupt("Book?", timeout="never").then(self.book).end()

    def book(self, state):
        state.booked_by = __name__
"""


async def test_code_of_another_file_does_not_run_unless_the_file_was_moved(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (_travel(tmp_path, name, monkeypatch) for name in ("travel_one", "travel_two"))
    await paused(first(), {})
    for action in (None, "approve"):
        with pytest.raises(UsageError, match=r"started by the code in .*travel_one\.py, .* in .*travel_two\.py"):
            await second().resume(thread(), action)
    async with Inbox.open(locations.database(), actor="ann", via="cli") as inbox:
        assert (await inbox.thread("t")).status == "paused"
    (tmp_path / "travel_one.py").unlink()
    assert (await second().resume(thread()))["booked_by"] == "travel_two"


async def test_another_release_of_a_file_goes_on_and_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
    await paused(_travel(one, "travel", monkeypatch)(), {})
    assert (await _travel(two, "travel", monkeypatch)().resume(thread()))["booked_by"] == "travel"
    assert f"was started by {one / 'travel.py'} and goes on with {two / 'travel.py'}" in caplog.text


async def test_a_cancelled_thread_cannot_be_resumed() -> None:
    await paused(Plain(), {"text": "x"})
    async with Inbox.open(locations.database(), actor="ann", via="cli") as inbox:
        await inbox.cancel("t")
    with pytest.raises(NotPossible, match="cancelled"):
        await Plain().resume(thread())


async def test_who_answered_what_was_shown_is_asked_again_when_it_changed() -> None:
    """A program's resume is about the state as it is; a person's answer is about what was shown."""
    workflow = Plain()
    await paused(workflow, {"text": "x"})
    workflow.update_state(thread(), {"text": "SOMETHING ELSE"})
    async with Inbox.open(locations.database(), actor="bea", via="tui") as inbox:
        await inbox.decide("t", "approve")
        with pytest.raises(WorkflowPaused) as again:
            await workflow.resume(thread())
        assert (RAN, again.value.request.prompt) == (["write"], "Send SOMETHING ELSE?")
    await workflow.resume(thread())
    assert RAN == ["write", "send"]


async def test_what_is_asked_after_a_resume_began_is_not_answered_by_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """row 173: between its beginning and its answer somebody else may have answered"""
    before = datetime.now(UTC)
    await paused(Plain(), {"text": "x"})
    with monkeypatch.context() as patch:
        patch.setattr(threads, "datetime", Mock(now=lambda zone: before))
        with pytest.raises(NothingPending, match="was asked after this began"):
            await Plain().resume(thread(), "approve")
    assert (await Plain().resume(thread(), "approve"))["count"] == 1


async def test_what_can_be_taken_back_for_long_is_a_pause_that_says_when_to_go_on() -> None:
    workflow = Plain()
    await paused(workflow, {"text": "x"})
    async with Inbox.open(locations.database(), actor="ann", via="tui") as inbox:
        await inbox.decide("t", "approve", hold=600)
        with pytest.raises(WorkflowPaused, match=r"the answer can be taken back until .+Z: call resume\(config\) then"):
            await asyncio.wait_for(workflow.resume(thread()), DEADLINE_SECONDS)


async def test_a_class_in_a_function_runs_in_its_own_process_only_and_says_so() -> None:
    class Local(Plain):
        pass

    error = await paused(Local(), {"text": "x"})
    assert "call resume(config) in this Python session: no worker can load" in str(error)
    assert trusted() == ()
    async with Inbox.open(locations.database(), actor="ann", via="cli") as inbox:
        await inbox.decide("t", "approve")
        view = await inbox.settled("t")
        assert (view.status, "Local" in (session_class(view.blocked) or "")) == ("ready", True)
        shown = render_text.thread(view, now=datetime.now(UTC), db=None)
        assert "is in no file: it goes on when the Python session that defines it calls resume()" in shown
        assert "hitl trust" not in shown
    state = await Local().resume(thread())
    assert (state["approved_by"], RAN) == ("ann", ["write", "send"])


async def test_a_worker_and_a_program_meet_on_one_thread() -> None:
    """The worker runs what the inbox answered; the program that resumes gets the result."""
    await paused(Plain(), {"text": "x"})
    stop = asyncio.Event()
    async with Inbox.open(locations.database(), actor="ann", via="cli") as inbox:
        worker = asyncio.create_task(inbox.work(1, stop))
        await inbox.decide("t", "approve")

        async def done() -> bool:
            return (await inbox.thread("t")).status == "completed"

        await eventually(done)
        stop.set()
        await worker
    assert (await Plain().resume(thread()))["approved_by"] == "ann"
    assert RAN == ["write"], "the rest ran in the worker's process"


async def test_a_file_has_the_same_four(tmp_path: Path) -> None:
    workflow = Workflow.load(write(tmp_path, APPROVAL))
    error = await paused(workflow, {"amount": 5, "payee": "Bob"})
    assert error.request.prompt == "Pay 5 to Bob?"
    workflow.update_state(thread(), {"memo": "rent"})
    assert workflow.get_state(thread()) == {"amount": 5, "payee": "Bob", "memo": "rent"}
    with pytest.raises(WorkflowPaused):
        await workflow.resume(thread())
    state = await workflow.resume(thread(), "approve")
    assert (state["result"], state["memo"]) == ("paid 5", "rent")


async def test_a_person_who_answers_too_late() -> None:
    class Hurries(Plain):
        def build_graph(self) -> Any:
            return self.start().interrupt(timeout=1).then(self.send).end()

    await paused(Hurries(), {"text": "x"})
    with pytest.raises(WorkflowFailed, match="nobody answered in time"):
        await _overdue(Hurries())
    assert RAN == []


async def _overdue(workflow: Workflow) -> None:
    """Resume once the time of the request is up."""
    async with Inbox.open(locations.database(), actor="ann", via="cli") as inbox:

        async def expired() -> Any:
            return await inbox.check_timeouts()

        await eventually(expired)
    await workflow.resume(thread())


def test_a_file_that_runs_its_workflow_when_it_is_loaded_says_where(tmp_path: Path) -> None:
    text = Path(__file__).with_name("flows.py").read_text() + (
        "\nimport asyncio\nasyncio.run(Plain().invoke({'text': 'x'}, {'configurable': {'thread_id': 't'}}))\n"
    )
    file = write(tmp_path, text, "script.py")
    with pytest.raises(AgentsNotLoaded, match=r"script.py:\d+: RuntimeError: .*__name__ == '__main__'"):
        load_reference(str(file))
