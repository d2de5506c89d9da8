"""Conditions of routes."""

from __future__ import annotations

import contextlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_tui.graphs.conditions import ConditionError, check, holds

NAMES: dict[str, Any] = {"amount": 150, "region": "eu", "plan": {"steps": ["a"], "items": 3}, "empty": None}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("amount > 100", True),
        ("amount > 100 and region == 'us'", False),
        ("region in ['eu', 'uk']", True),
        ("plan.steps[0] == 'a' and plan['items'] == 3", True),
        ("plan.items == 3", True),
        ("len(plan.steps) == 1 and lower('EU') == region", True),
        ("is_set('amount') and not is_set('other') and not is_set('empty')", True),
        ("is_set('plan.items') and is_set('plan.steps[0]') and not is_set('plan.other')", True),
        ("empty == null and true and not false", True),
        ("max(1, amount) % 100 == 50", True),
        (" amount > 100 ", True),
    ],
)
def test_holds(expression: str, expected: bool) -> None:
    assert check(expression) is None
    assert holds(expression, NAMES) is expected


@pytest.mark.parametrize(
    ("expression", "part"),
    [
        ("amount = 100", "write '=='"),
        ("amount > 1 && region", "'and'"),
        ("amount >", "column"),
        ("", "empty"),
        ("   ", "empty"),
        ("(" * 500, ""),
        ("x" * 5000, "longer"),
        ("__import__('os').system('true')", "not possible"),
        ("open('x')", "not possible"),
        ("'a'.upper()", "not possible"),
        ("[x for x in y]", "not possible"),
        ("lambda: 1", "not possible"),
        ("f'{amount:99999999}'", "not possible"),
        ("9 ** 9 ** 9", "not possible"),
        ("1 << 99", "not possible"),
        ("a; b", "column"),
        ("max(a, key=len)", "not possible"),
        ("\x00", ""),
    ],
)
def test_bad_syntax_is_found_without_evaluating(expression: str, part: str) -> None:
    problem = check(expression)
    assert problem is not None and part in problem
    with pytest.raises(ConditionError, match="condition"):
        holds(expression, NAMES)


@pytest.mark.parametrize(
    ("expression", "part"),
    [
        ("other > 1", "'other' is not set"),
        ("plan.other", "'plan.other' is not set"),
        ("plan['other']", "is not set"),
        ("plan.steps[7]", "is not set"),
        ("region.upper", "not set"),
        ("plan.__class__", "not set"),
        ("amount > region", "not supported"),
        ("'x' * 10000000 == 1", "only numbers"),
        ("'%999999999d' % 1", "only numbers"),
        ("1 / 0", "division"),
        ("int('x') == 1", "invalid literal"),
    ],
)
def test_errors_name_expression_and_reason(expression: str, part: str) -> None:
    with pytest.raises(ConditionError) as error:
        holds(expression, NAMES)
    assert expression in error.value.message
    assert part in error.value.message


@given(st.text(alphabet="ab.()[]'\"=<>! andorotin0123+-*/%,{}:") | st.text())
def test_only_condition_errors_come_out(expression: str) -> None:
    with contextlib.suppress(ConditionError):
        holds(expression, {"a": 1, "b": {"a": [1]}})
