"""Conditions of routes: small expressions over the state, evaluated by simpleeval without any way out of it.

A condition may compare, combine with `and`, `or` and `not`, calculate with `+ - * / // %`, look into dicts and lists
(`plan.steps[0]`, `order["amount"]`), test membership (`x in ["a", "b"]`), and call the functions of `FUNCTIONS`.
Attributes of Python objects, methods, powers, shifts and format strings are not reachable.
"""

from __future__ import annotations

import ast
import operator
import warnings
from collections.abc import Callable, Mapping
from typing import Any

from simpleeval import (  # type: ignore[import-untyped]
    DEFAULT_OPERATORS,
    EvalWithCompoundTypes,
    InvalidExpression,
    NameNotDefined,
)

from hitl_tui.errors import HitlError
from hitl_tui.graphs.templates import lookup
from hitl_tui.graphs.unknown import known

FUNCTIONS = ("abs", "float", "int", "is_set", "len", "lower", "max", "min", "round", "str")
_LONGEST = 2000
_WORDS = {"true": True, "false": False, "null": None, "none": None}
_ALLOWED_NODES = (
    ast.Expression,
    ast.Name,
    ast.Load,
    ast.Constant,
    ast.UnaryOp,
    ast.BinOp,
    ast.BoolOp,
    ast.Compare,
    ast.IfExp,
    ast.Call,
    ast.Subscript,
    ast.Slice,
    ast.Attribute,
    ast.List,
    ast.Tuple,
    ast.boolop,
    ast.cmpop,
    ast.Not,
    ast.USub,
    ast.UAdd,
    ast.Add,
    ast.Sub,
    ast.Mult,
    ast.Div,
    ast.FloorDiv,
    ast.Mod,
)


class ConditionError(HitlError, ValueError):
    """A condition cannot be evaluated: bad syntax, a name that is not set, or values that do not compare."""

    code = "condition_error"


class _NotSet(ValueError):
    """A name or key of a condition has no value."""


class _Condition(EvalWithCompoundTypes):  # type: ignore[misc]
    """simpleeval with `a.b` as a key of a dict, and nothing else, so that no Python attribute is reachable.

    Looking at a value that is not known yet raises `NotKnown`.
    """

    def _eval_name(self, node: ast.Name) -> Any:
        return known(super()._eval_name(node))

    def _eval_attribute(self, node: ast.Attribute) -> Any:
        value = self._eval(node.value)
        if isinstance(value, Mapping) and node.attr in value:
            return value[node.attr]
        raise _NotSet(f"'{ast.unparse(node)}' is not set")

    def _eval_subscript(self, node: ast.Subscript) -> Any:
        try:
            return super()._eval_subscript(node)
        except LookupError:
            raise _NotSet(f"'{ast.unparse(node)}' is not set") from None


def holds(expression: str, names: Mapping[str, Any]) -> bool:
    """Whether the condition is true for these names; raises `ConditionError` naming the expression and the reason."""
    problem = check(expression)
    if problem:
        raise ConditionError(f"condition '{_short(expression)}': {problem}", expression=expression)
    evaluator = _Condition(
        operators=_operators(), functions=_functions(names), names={**_WORDS, **names, "True": True, "False": False}
    )
    try:
        parsed = ast.parse(expression.strip(), mode="eval").body
        return bool(evaluator.eval(expression, previously_parsed=parsed))
    except NameNotDefined as error:
        reason = f"'{error.name}' is not set"
    except RecursionError:
        reason = "it is nested too deeply"
    except (
        ArithmeticError,
        AttributeError,
        InvalidExpression,
        LookupError,
        MemoryError,
        TypeError,
        ValueError,
    ) as error:
        reason = str(error) or type(error).__name__
    hint = "is_set('name') tells whether a state key has a value"
    raise ConditionError(f"condition '{_short(expression)}': {reason}", hint=hint, expression=expression)


def check(expression: str) -> str | None:
    """What is wrong with the condition's syntax, else None. Nothing is evaluated."""
    if not expression.strip():
        return "it is empty"
    if len(expression) > _LONGEST:
        return f"it is longer than {_LONGEST} characters"
    try:
        with warnings.catch_warnings():
            # `"\d"` and `x is "a"` make Python warn on stderr, in the middle of a screen.
            warnings.simplefilter("ignore")
            tree = ast.parse(expression.strip(), mode="eval")
        return next((problem for node in ast.walk(tree) if (problem := _problem(node))), None)
    except SyntaxError as error:
        return _syntax_problem(expression, error)
    except (ValueError, MemoryError, RecursionError) as error:
        return f"it cannot be read: {str(error) or type(error).__name__}"


def _problem(node: ast.AST) -> str | None:
    if isinstance(node, ast.Call):
        if not isinstance(node.func, ast.Name) or node.func.id not in FUNCTIONS or node.keywords:
            return f"'{ast.unparse(node)}' is not possible; the functions are {', '.join(FUNCTIONS)}"
        return None
    if isinstance(node, _ALLOWED_NODES):
        return None
    return f"{type(node).__name__} is not possible in a condition"


def _syntax_problem(expression: str, error: SyntaxError) -> str:
    if _single_equals(expression):
        return "'=' does not compare; write '=='"
    if "&&" in expression or "||" in expression:
        return "write 'and' for '&&' and 'or' for '||'"
    return f"{error.msg} at column {error.offset or 1}"


def _single_equals(expression: str) -> bool:
    bare = expression
    for comparison in ("==", "!=", "<=", ">="):
        bare = bare.replace(comparison, "")
    return "=" in bare


def _operators() -> dict[type[ast.AST], Callable[..., Any]]:
    # `"%9999999999d" % 1` and `[0] * 10**9` would eat the memory, so these two take numbers only.
    kept: dict[type[ast.AST], Callable[..., Any]] = {
        kind: function for kind, function in DEFAULT_OPERATORS.items() if issubclass(kind, _ALLOWED_NODES)
    }
    return {**kept, ast.Mod: _numbers_only(operator.mod), ast.Mult: _numbers_only(operator.mul)}


def _numbers_only(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    def calculate(left: Any, right: Any) -> Any:
        if not (isinstance(left, (int, float)) and isinstance(right, (int, float))):
            raise TypeError("only numbers can be multiplied or divided")
        return function(left, right)

    return calculate


def _functions(names: Mapping[str, Any]) -> dict[str, Callable[..., Any]]:
    return {
        "abs": abs,
        "float": float,
        "int": int,
        "is_set": lambda name: known(lookup(str(name), names)) is not None,
        "len": len,
        "lower": lambda text: str(text).lower(),
        "max": max,
        "min": min,
        "round": round,
        "str": str,
    }


def _short(expression: str) -> str:
    return expression if len(expression) <= 200 else expression[:200] + "…"
