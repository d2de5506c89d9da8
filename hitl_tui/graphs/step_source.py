"""What can be seen of a step without running it: its place, which labels it chooses, whether it pauses from inside."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any


def place_of(step: Callable[..., Any]) -> tuple[str, int]:
    """File and line of a step's definition; `("", 0)` where there is none."""
    code = _code_of(step)
    return (code.co_filename, code.co_firstlineno) if code else ("", 0)


def takes_state(step: Callable[..., Any]) -> bool:
    """Whether the step can be called with the state alone."""
    try:
        inspect.signature(step).bind(None)
    except TypeError:
        return False
    except ValueError:
        # Written in C, it does not tell.
        return True
    return True


def labels_of(step: Callable[..., Any]) -> set[str]:
    """The labels that the step's own text gives to `set_next`, as far as they stand there as texts."""
    try:
        tree = ast.parse(textwrap.dedent(inspect.getsource(inspect.unwrap(step))))
    except (OSError, TypeError, SyntaxError):
        return set()
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and len(node.args) == 1)
    named = (call for call in calls if isinstance(call.func, ast.Attribute) and call.func.attr == "set_next")
    return {text for call in named for text in _texts(call.args[0])}


def pauses_inside(step: Callable[..., Any]) -> bool:
    """Whether the step calls something named `interrupt`, itself or through a method of its workflow."""
    owner = getattr(step, "__self__", None)
    waiting, seen = [step], set()
    while waiting:
        code = _code_of(waiting.pop())
        if code is None or code in seen:
            continue
        seen.add(code)
        names = set(_names_in(code))
        if "interrupt" in names:
            return True
        # The methods of the base class are ours, and ask nobody.
        own = {
            name for kind in type(owner).__mro__ if not kind.__module__.startswith("hitl_tui.") for name in vars(kind)
        }
        waiting += [getattr(owner, name) for name in names & own if callable(getattr(type(owner), name))]
    return False


def _texts(value: ast.expr) -> Iterator[str]:
    """The texts that an argument may be: `"a"`, or `"a" if … else "b"`."""
    if isinstance(value, ast.Constant) and isinstance(value.value, str):
        yield value.value
    elif isinstance(value, ast.IfExp):
        yield from _texts(value.body)
        yield from _texts(value.orelse)


def _code_of(step: Any) -> CodeType | None:
    found = getattr(inspect.unwrap(step) if callable(step) else step, "__code__", None)
    return found if isinstance(found, CodeType) else None


def _names_in(code: CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _names_in(constant)
