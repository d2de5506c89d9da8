"""Values that are not known yet: what a preview has in the place of what nodes and people will write.

Routing and conditions take them like any other value, and raise `NotKnown` where the way on depends on one.
"""

from __future__ import annotations

from typing import Any, Final


class Unknown:
    """A value that is not known yet; it may also turn out not to be set at all."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "UNKNOWN"


UNKNOWN: Final = Unknown()


class NotKnown(Exception):
    """Something depends on a value that is not known yet."""


def known(value: Any) -> Any:
    """`value` as it is; raises `NotKnown` when it is not known, or holds something that is not."""
    if not is_known(value):
        raise NotKnown
    return value


def is_known(value: Any) -> bool:
    """Whether nothing in `value` is unknown. Without recursion: JSON may be nested deeper than Python's stack."""
    stack = [value]
    while stack:
        item = stack.pop()
        if item is UNKNOWN:
            return False
        if isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, (list, tuple)):
            stack.extend(item)
    return True
