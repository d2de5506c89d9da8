"""Prompt templates (rows 36, 39)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_tui.graphs.conditions import holds
from hitl_tui.graphs.templates import fill, fill_values, unset

STATE: dict[str, Any] = {
    "name": "Ada",
    "plan": {"steps": ["build", "ship"], "cost": 3},
    "none": None,
    "two words": "yes",
    "at": datetime(2024, 3, 15, 14, tzinfo=UTC),
    "hostile": "{name} {{x}}",
    "größe": 7,
}


@pytest.mark.parametrize(
    ("template", "text"),
    [
        ("Hello {name}", "Hello Ada"),
        ("{ name }", "Ada"),
        ("{plan.cost} {plan.steps[0]} {plan.steps[-1]} {plan[cost]}", "3 build ship 3"),
        ("{plan}", '{"steps": ["build", "ship"], "cost": 3}'),
        ("{plan.steps[9]}", "‹plan.steps[9]: not set›"),
        ("{final_result}", "‹final_result: not set›"),
        ("{none}", "‹none: not set›"),
        ("{two words} {größe}", "yes 7"),
        ("{at}", '"2024-03-15T14:00:00.000000Z"'),
        ("{hostile}", "{name} {{x}}"),
        ("{{name}} {name}", "{name} Ada"),
        ('{"a": {"b": 1}}', '{"a": {"b": 1}}'),
        ('{{"who": "{name}", "in": {{}}}}', '{"who": "Ada", "in": {}}'),
        ("\\d{3} {} {0} {name!r} {cost:.2f}", "\\d{3} {} {0} {name!r} {cost:.2f}"),
        ("{name.__class__} {name.upper}", "‹name.__class__: not set› ‹name.upper: not set›"),
        ("{plan.steps.append}", "‹plan.steps.append: not set›"),
        ("{unclosed", "{unclosed"),
        ("", ""),
    ],
)
def test_fills_from_the_state_and_shows_what_is_missing_row_36_row_39(template: str, text: str) -> None:
    """row 36, row 39"""
    assert fill(template, {}, STATE) == text.replace('"2024-03-15T14:00:00.000000Z"', fill("{at}", {}, STATE))


def test_inputs_come_before_the_state_row_36() -> None:
    """row 36"""
    assert fill("{name} {plan.cost}", {"name": "Bo"}, STATE) == "Bo 3"


@pytest.mark.parametrize(
    ("inputs", "state", "text"),
    [
        ({}, {"order": {"amount": 5}, "order.amount": 9}, "5"),
        ({}, {"order": {"amount": None}, "order.amount": 9}, "‹order.amount: not set›"),
        ({}, {"order": {"price": 5}, "order.amount": 9}, "9"),
        ({}, {"order": "done", "order.amount": 9}, "9"),
        ({"order": {"amount": 5}, "order.amount": 9}, {}, "5"),
        ({"order.amount": 9}, {"order": {"amount": 5}}, "9"),
        ({"order": {"amount": 7}}, {"order": {"amount": 5}, "order.amount": 9}, "7"),
    ],
)
def test_a_path_that_leads_somewhere_goes_before_a_key_that_is_spelled_so(
    inputs: dict[str, Any], state: dict[str, Any], text: str
) -> None:
    """As in a condition: the amount that is shown is the one that decides where a thread goes."""
    assert fill("{order.amount}", inputs, state) == text


def test_a_condition_reads_what_a_prompt_shows() -> None:
    state = {"order": {"amount": 9}, "order.amount": 5, "none": {"left": None}, "none.left": 1}
    assert fill("{order.amount}", {}, state) == "9"
    assert holds("order.amount == 9", state)
    assert fill_values("{order.amount}", {}, state) == 9
    assert unset("{none.left}", {}, state) == ["none.left"]
    assert holds("none.left == null and not is_set('none.left')", state)


def test_a_time_is_readable() -> None:
    assert "2024-03-15T14:00:00" in fill("{at}", {}, STATE)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.text(alphabet="{}[].ab_0- \n\"'") | st.text(), st.dictionaries(st.text(), json_values))
def test_never_raises_row_39(template: str, state: dict[str, Any]) -> None:
    """row 39"""
    assert isinstance(fill(template, {}, state), str)


@given(st.text())
def test_a_value_is_inserted_as_it_is(value: str) -> None:
    assert fill("<{key}>", {"key": value}, {}) == f"<{value}>"


def test_values_that_are_no_json_do_not_raise() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert "list" in fill("{a}", {"a": endless}, {})
    assert fill("{a}", {"a": object}, {})
    assert fill("{a}", {"a": 10**5000}, {})


def test_a_long_hostile_template_is_quick() -> None:
    assert len(fill("{" * 200_000 + "a" * 200_000, {}, {})) >= 200_000
