"""How a write joins what its field holds."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_tui.model.reducers import Mismatch, Reducer, reduced

LARGEST = 10**4300 - 1
"""What can be stored."""
ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=3),
    max_leaves=5,
)


@pytest.mark.parametrize(
    ("reducer", "held", "write", "expected"),
    [
        ("last", [1], 2, 2),
        ("append", [1], 2, [1, 2]),
        ("append", [1], [2, 3], [1, 2, 3]),
        ("append", [1], {"a": [2]}, [1, {"a": [2]}]),
        ("append", [1], None, [1, None]),
        ("add", 1, 2, 3),
        ("add", 1, -0.5, 0.5),
        ("merge", {"a": 1, "b": {"c": 1}}, {"b": {"d": 2}}, {"a": 1, "b": {"d": 2}}),
    ],
)
def test_what_they_do(reducer: str, held: Any, write: Any, expected: Any) -> None:
    assert reduced(Reducer(reducer), {"x": held}, "x", write) == expected


@pytest.mark.parametrize(("reducer", "write", "first"), [("last", 1, 1), ("append", 1, [1]), ("append", [1], [1]),
                                                         ("add", 1, 1), ("merge", {"a": 1}, {"a": 1})])  # fmt: skip
def test_a_field_that_is_not_set_begins_empty(reducer: str, write: Any, first: Any) -> None:
    assert reduced(Reducer(reducer), {}, "x", write) == first


@pytest.mark.parametrize(
    ("reducer", "field", "write", "words"),
    [
        ("append", {"x": "a"}, "b", "'append' is for lists, but the field holds a text and the node returned a text"),
        ("append", {"x": None}, 1, "holds nothing (null) and the node returned a number"),
        ("add", {"x": 1}, "2", "'add' is for numbers, but the field holds a number and the node returned a text"),
        ("add", {}, None, "the field is not set and the node returned nothing (null)"),
        ("add", {"x": True}, 1, "holds a boolean"),
        ("add", {"x": 1e308}, 1e308, "too large"),
        ("add", {"x": LARGEST}, 1, "the sum has more than 4300 digits"),
        ("add", {"x": -LARGEST}, -1, "the sum has more than 4300 digits"),
        (
            "merge",
            {"x": {}},
            [1],
            "'merge' is for mappings, but the field holds a mapping and the node returned a list",
        ),
        ("merge", {"x": 1}, {}, "holds a number"),
    ],
)
def test_what_does_not_fit_is_refused_with_both_types(
    reducer: str, field: dict[str, Any], write: Any, words: str
) -> None:
    with pytest.raises(Mismatch) as refusal:
        reduced(Reducer(reducer), field, "x", write)
    assert words in str(refusal.value)


@given(st.sampled_from(Reducer), ANY, ANY)
def test_neither_value_is_changed(reducer: Reducer, held: Any, write: Any) -> None:
    field, before, written = {"x": held}, copy.deepcopy(held), copy.deepcopy(write)
    try:
        total = reduced(reducer, field, "x", write)
    except Mismatch:
        pass
    else:
        assert total is not held or reducer is Reducer.LAST
    assert field == {"x": before}
    assert write == written
