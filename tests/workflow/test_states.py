"""Which models a workflow's state may have, and what is stored of their values (row 165)."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from hitl_tui import StateModel, Workflow


def thread() -> dict[str, Any]:
    return {"configurable": {"thread_id": f"{uuid4()}"}}


async def test_a_set_in_another_order_is_no_change() -> None:
    """It would be a second change of the field that a parallel step has changed."""

    class Marks(StateModel):
        marks: set[int]
        groups: list[frozenset[int]]

    class Beside(Workflow):
        state_model = Marks

        def build_graph(self) -> Any:
            return self.start().parallel(self.adds, self.turns).end()

        def adds(self, state: Marks) -> None:
            state.marks.add(7)
            state.groups.append(frozenset())

        def turns(self, state: Marks) -> None:
            state.marks, state.groups = {8, 0}, [frozenset((8, 0))]

    state = await Beside().invoke({"marks": [0, 8], "groups": [[0, 8]]}, thread())
    assert state["marks"] == [0, 7, 8]
    assert state["groups"] == [[0, 8], []]
