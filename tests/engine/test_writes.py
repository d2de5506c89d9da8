"""Merging the writes of a superstep."""

from __future__ import annotations

import copy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_tui.engine.writes import WriteConflict, merge, read_scope

STATE = st.dictionaries(st.sampled_from("abc"), st.integers(), max_size=3)


@given(STATE, st.lists(STATE, max_size=3))
def test_merge_leaves_the_old_state_alone(state: dict[str, int], writes: list[dict[str, int]]) -> None:
    before = copy.deepcopy(state)
    try:
        merged = merge(state, [((), f"n{number}", values) for number, values in enumerate(writes)])
    except WriteConflict:
        assert any(set(one) & set(two) for one in writes for two in writes if one is not two)
    else:
        expected = dict(state)
        for values in writes:
            expected |= values
        assert merged == expected
    assert state == before


def test_responses_of_parallel_nodes_are_kept_together() -> None:
    merged = merge(
        {"responses": {"a": {}}}, [((), "b", {"responses": {"b": {"x": 1}}}), ((), "c", {"responses": {"c": {}}})]
    )
    assert merged == {"responses": {"a": {}, "b": {"x": 1}, "c": {}}}


def test_scopes() -> None:
    merged = merge({"x": 1}, [(("sub",), "n", {"x": 2}), (("sub", "deep"), "m", {"x": 3})])
    assert merged == {"x": 1, "sub": {"x": 2, "deep": {"x": 3}}}
    assert read_scope(merged, ("sub", "deep")) == {"x": 3}
    assert read_scope(merged, ("nothing",)) == {}


def test_conflict_names_both_nodes() -> None:
    with pytest.raises(WriteConflict, match="'a' and 'b'.*'k'"):
        merge({}, [((), "a", {"k": 1}), ((), "b", {"k": 2})])
