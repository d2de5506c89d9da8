"""What keeps a graph in bounds: loop limits, reducers; and a failure that stays where it happened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_tui.engine.progress import Progress
from hitl_tui.model.graph import Graph, Node, Route, StateField
from hitl_tui.model.jsontext import iso
from hitl_tui.model.kinds import StepStatus, ThreadStatus
from hitl_tui.model.reducers import Reducer
from hitl_tui.store.steps import Step
from hitl_tui.store.threads import FrontierEntry, Thread
from tests.engine.workshop import Clock, graph, node, workshop

NOW = iso(Clock()())


def reducing(flow: Graph, **reducers: str) -> Graph:
    """The graph with these reducers; `sub__x` is `x` inside of the node `sub`."""
    fields = []
    for name, reducer in reducers.items():
        *scope, key = name.split("__")
        fields.append(StateField(key=key, reducer=Reducer(reducer), scope=tuple(scope)))
    return flow.model_copy(update={"state": tuple(fields)})


async def test_a_node_runs_no_more_often_than_its_limit(tmp_path: Path) -> None:
    calls: list[int] = []

    def again(inputs: dict[str, Any]) -> int:
        calls.append(1)
        return len(calls)

    async with workshop(tmp_path, again=again) as shop:
        await shop.start(graph(node("turn", "again", output="x", on_success="turn", max_visits=5)))
        view = await shop.run()
        assert (view.status, len(calls)) == ("failed", 5)
        assert view.error is not None
        assert (view.error.node, view.error.type) == ("turn", "EndlessLoop")
        assert view.error.message == (
            "node 'turn' has run 5 times in this thread, which is its limit: if the graph does not loop without end, "
            "set a higher max_visits, on the node or its graph in a file, in .loop() in Python, and start a new thread"
        )


async def test_parallel_nodes_write_one_field(tmp_path: Path) -> None:
    """Each branch is heard once, in the order of the frontier, whichever ends first; and so is a single node."""
    values: dict[str, Any] = {
        "a": [1, {"k": "a"}, 1, "a"],
        "b": [2, {"l": "b"}, 2.5, "b"],
        "c": [3, {"k": "c"}, -1, "c"],
    }

    def agent_of(name: str) -> Any:
        def run(inputs: dict[str, Any]) -> dict[str, Any]:
            return dict(zip(("log", "facts", "sum", "who"), values[name], strict=True))

        return run

    fields = "log facts sum who"
    flow = graph(
        node("split", on_success=("b", "a")),
        node("b", "b", output=fields, on_success="c"),
        node("a", "a", output=fields, on_success="c"),
        node("c", "c", output=fields),
    )
    flow = reducing(flow, log="append", facts="merge", sum="add", who="last")
    async with workshop(tmp_path, **{name: agent_of(name) for name in "abc"}) as shop:
        await shop.start(flow, log=[0], sum=100)
        view = await shop.run()
        assert view.state == {"log": [0, 2, 1, 3], "facts": {"l": "b", "k": "c"}, "sum": 102.5, "who": "c"}


@pytest.mark.parametrize(
    ("reducer", "kind", "message"),
    [
        (None, "WriteConflict", "nodes 'a' and 'b' ran in parallel and both set 'x'; to go on"),
        ("merge", "WriteConflict", "nodes 'a' and 'b' ran in parallel and both set 'k' in 'x'; to go on"),
        ("add", "ReducerMismatch", "field 'x' cannot take what node 'a' wrote: 'add' is for numbers, but the"),
    ],
)  # fmt: skip
async def test_writes_that_cannot_join_fail_the_thread(
    tmp_path: Path, reducer: str | None, kind: str, message: str
) -> None:
    flow = graph(node("split", on_success=("a", "b")), node("a", "one", output="x"), node("b", "two", output="x"))
    flow = reducing(flow, x=reducer) if reducer else flow
    async with workshop(tmp_path, one=lambda inputs: {"k": 1}, two=lambda inputs: {"k": 2}) as shop:
        await shop.start(flow)
        view = await shop.run()
        assert view.error is not None
        assert (view.status, view.error.type) == ("failed", kind)
        assert view.error.message.startswith(message)
        assert view.error.node in ("a", "b")
        if kind == "WriteConflict":
            given = "x:=JSON`, the whole of it with 'k'" if reducer else "x=VALUE`"
            assert f"`hitl state THREAD --set {given}, then `hitl retry THREAD`;" in view.error.message
            await shop.inbox.set_state("t1", {"x": {"k": 3}})
            await shop.inbox.retry("t1")
            view = await shop.run()
            assert (view.status, view.state["x"]) == ("completed", {"k": 3})


async def test_writes_that_cannot_join_inside_an_included_graph_are_mended_in_the_field_that_holds_its_state(
    tmp_path: Path,
) -> None:
    inner = {"scope": ("sub",), "output": "x"}
    flow = graph(
        node("sub", "graph", on_success=("sub/a", "sub/b")),
        node("sub/a", "one", on_success="exit", **inner),
        node("sub/b", "two", on_success="exit", **inner),
        Node.model_validate({"name": "exit", "agent": "graph_exit", "inputs": [{"key": "sub", "param": "state"}],
                             "outputs": ["x"], "context": {"outputs": {"x": "x"}}}),
    )  # fmt: skip
    async with workshop(tmp_path, one=lambda inputs: 1, two=lambda inputs: 2) as shop:
        await shop.start(flow)
        view = await shop.run()
        assert view.error is not None
        assert "`hitl state THREAD --set sub:=JSON`, the whole of it with 'x', then" in view.error.message
        await shop.inbox.set_state("t1", {"sub": {"x": 3}})
        await shop.inbox.retry("t1")
        view = await shop.run()
        assert (view.status, view.state["x"]) == ("completed", 3)


async def test_an_included_graph_reduces_its_own_fields(tmp_path: Path) -> None:
    """Its state begins anew with each entry, and only what it hands out joins the outer field."""
    inner = {"scope": ("sub",)}
    flow = graph(
        node("sub", "graph", output="sub", on_success="sub/one"),
        node("sub/one", "two", output="x", on_success="sub/three", **inner),
        node("sub/three", "two", output="x", on_success="exit", **inner),
        Node.model_validate({"name": "exit", "agent": "graph_exit", "inputs": [{"key": "sub", "param": "state"}],
                             "outputs": ["x"], "context": {"outputs": {"x": "x"}},
                             "routes": [Route(to=("sub",), when="len(x) < 2")]}),
    )  # fmt: skip
    flow = reducing(flow, x="append", sub__x="add")
    async with workshop(tmp_path, two=lambda inputs: 2) as shop:
        await shop.start(flow)
        view = await shop.run()
        assert (view.status, view.state["x"], view.state["sub"]["x"]) == ("completed", [4, 4], 4)


STATUSES = st.sampled_from([status for status in StepStatus if status is not StepStatus.PAUSED])


@given(st.data())
def test_a_failure_decides_about_its_own_branch_only(data: st.DataObject) -> None:
    """Where a node leads to depends on its own result alone: on no sibling's, and on none before it."""
    names = ["a", "b", "c"]
    later = [f"{name}-{way}" for name in names for way in ("ok", "failed")]
    nodes = [node("start", on_success=("a", "b", "c"), on_failure=("a", "b", "c"))]
    nodes += [node(name, on_success=f"{name}-ok", on_failure=f"{name}-failed") for name in names]
    nodes += [node(name) for name in later]
    progress = Progress(graph(*nodes), _thread(), ())
    assert [entry.node for entry in progress.runnable(set(), NOW)] == ["start"]
    progress.record(_step(1, "start", data.draw(STATUSES)))
    progress.follow()
    results = {name: data.draw(STATUSES) for name in names}
    for seq, name in enumerate(data.draw(st.permutations(names)), 2):
        progress.record(_step(seq, name, results[name]))
    progress.follow()
    expected = [f"{name}-{'ok' if results[name] is StepStatus.OK else 'failed'}" for name in names]
    assert [entry.node for entry in progress.frontier] == expected
    for seq, name in enumerate(expected, 5):
        progress.record(_step(seq, name, StepStatus.OK))
    end = progress.follow()
    assert (end.status, end.error) == (ThreadStatus.COMPLETED, None)  # type: ignore[union-attr]


def _step(seq: int, name: str, status: StepStatus) -> Step:
    error = None if status is StepStatus.OK else {"node": name, "type": "X", "message": "x"}
    return Step(seq, 0, name, 1, status, None, {}, error, None, NOW, NOW)


def _thread() -> Thread:
    return Thread(
        id="t", graph="", graph_name="", status=ThreadStatus.RUNNING, outcome=None, state={},
        frontier=(FrontierEntry("start", 1),), visits={"start": 1}, superstep=0, steps=0, open_requests=0, priority=0,
        agents=None, error=None, lease_owner=None, lease_epoch=1, takeovers=0, created_at=NOW, updated_at=NOW,
    )  # fmt: skip
