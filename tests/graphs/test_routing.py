"""Routing: pure, by success and failure, by output value, by condition."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_tui.graphs.conditions import ConditionError
from hitl_tui.graphs.routing import END, has_failure_edge, next_nodes, same_value
from hitl_tui.model.graph import Node, Route

NODE = Node(
    name="n",
    on_success=("a", "b"),
    on_failure=("f",),
    routes=(
        Route(to=("v",), value="x"),
        Route(to=("w",), when="amount > 10 and output != 'y'"),
        Route(to=(), value="z"),
    ),
)


@pytest.mark.parametrize(
    ("failed", "output", "state", "expected"),
    [
        (False, "x", {"amount": 1}, ("v",)),
        (False, "q", {"amount": 11}, ("w",)),
        (False, "y", {"amount": 11}, ("a", "b")),
        (False, "z", {"amount": 1}, ()),
        (True, "x", {}, ("f",)),
    ],
)
def test_the_first_fitting_route_else_the_edge(
    failed: bool, output: Any, state: dict[str, Any], expected: tuple[str, ...]
) -> None:
    assert next_nodes(NODE, failed=failed, output=output, state=state) == expected


def test_a_rejection_never_takes_the_success_edge_row_12() -> None:
    """row 12"""
    assert next_nodes(Node(name="n", on_success=("a",)), failed=True, output="reject", state={}) == ()


def test_an_edge_to_the_end_is_an_edge() -> None:
    node = Node(name="n", on_failure=(END,))
    assert has_failure_edge(node)
    assert not has_failure_edge(Node(name="n"))
    assert next_nodes(node, failed=True, output=None, state={}) == ()


def test_a_condition_that_cannot_be_evaluated_raises() -> None:
    with pytest.raises(ConditionError, match="amount"):
        next_nodes(NODE, failed=False, output="q", state={})


@pytest.mark.parametrize(
    ("output", "value", "same"),
    [
        *((True, 1, False), (1, True, False), (True, True, True), (1, 1.0, True), ("1", 1, False), (None, None, True)),
        *(("caf\u00e9", "cafe\u0301", True), ("cafe\u0301", "caf\u00e9", True), ("caf\u00e9", "cafe", False)),
    ],
)
def test_values_keep_their_types_and_accents_are_read_alike(output: Any, value: Any, same: bool) -> None:
    assert same_value(output, value) is same


names = st.lists(st.sampled_from(["a", "b", "c", END]), max_size=4).map(tuple)


@given(names, names, st.booleans(), st.none() | st.booleans() | st.integers() | st.text(), st.integers())
def test_only_targets_of_the_taken_edge_come_out(
    success: tuple[str, ...], failure: tuple[str, ...], failed: bool, output: Any, value: int
) -> None:
    node = Node(name="n", on_success=success, on_failure=failure, routes=(Route(to=("r",), value=value),))
    found = next_nodes(node, failed=failed, output=output, state={})
    assert END not in found and len(set(found)) == len(found)
    routed = not failed and same_value(output, value)
    expected = {"r"} if routed else set(failure if failed else success) - {END}
    assert set(found) == expected
