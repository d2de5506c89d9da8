"""Many calls of one program at the same time share the database and the agents' processes; the program's code stays in
its own thread.
"""

from __future__ import annotations

import asyncio
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from pydantic import field_validator

from hitl_tui import StateModel, Workflow, WorkflowPaused
from tests.inbox.workflow import write
from tests.workflow.flows import RAN, Plain

PROCESS = """
import os
from hitl_tui.agents import agent

@agent("who")
def who(inputs):
    return os.getpid()
"""
WHO = "graph: Who\nagents: who.py\nnodes:\n  a: {agent: who, output: process}\n"


def thread(name: str) -> dict[str, Any]:
    return {"configurable": {"thread_id": name}}


async def paused(workflow: Workflow, name: str) -> str:
    with pytest.raises(WorkflowPaused) as caught:
        await workflow.invoke({"text": name}, thread(name))
    return caught.value.request.prompt


async def test_fifty_at_once_on_one_database() -> None:
    RAN.clear()
    names = [f"t{number}" for number in range(50)]
    workflow = Plain()
    prompts = await asyncio.gather(*(paused(workflow, name) for name in names))
    assert prompts == [f"Send T{number}?" for number in range(50)]
    states = await asyncio.gather(*(workflow.resume(thread(name)) for name in names))
    assert [state["count"] for state in states] == [1] * 50
    assert sorted(RAN) == ["send"] * 50 + ["write"] * 50


def test_threads_that_need_a_workflow_at_the_same_time_have_it_built_once() -> None:
    """Two that build it at once would each find the other's half-built paths in it."""
    met = threading.Barrier(2)

    class Slow(Plain):
        def build_graph(self) -> Any:
            path = super().build_graph()
            with suppress(threading.BrokenBarrierError):
                met.wait(0.2)
            return path

    workflow = Slow()
    with ThreadPoolExecutor(4) as pool:
        built = list(pool.map(lambda _: workflow.graph, range(4)))
    assert met.broken
    assert all(graph is workflow.graph for graph in built)


async def test_the_agents_of_a_file_keep_their_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "who.py").write_text(PROCESS, encoding="utf-8")
    workflow = Workflow.load(write(tmp_path, WHO))
    first, second = [(await workflow.invoke({}, thread(name)))["process"] for name in ("one", "two")]
    assert first == second != os.getpid()
    monkeypatch.setenv("WHO", "somebody else")
    assert (await workflow.invoke({}, thread("three")))["process"] != first
    states = await asyncio.gather(*(workflow.invoke({}, thread(f"t{number}")) for number in range(3)))
    assert len({state["process"] for state in states}) > 1


async def test_what_the_model_of_the_state_does_is_done_in_the_programs_thread() -> None:
    threads = set()

    class Strict(StateModel):
        text: str

        @field_validator("text")
        @classmethod
        def note(cls, text: str) -> str:
            threads.add(threading.get_ident())
            return text

    class Checks(Plain):
        state_model = Strict

        def send(self, state: Any) -> None:
            threads.add(threading.get_ident())

    await paused(Checks(), "t")
    Checks().update_state(thread("t"), {"text": "new"})
    assert (await Checks().resume(thread("t")))["text"] == "new"
    assert threads == {threading.get_ident()}
