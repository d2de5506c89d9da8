"""Lengths of time as people write them: `30m`, `2h`, `1h30m`, `1d`, or a number of seconds."""

from __future__ import annotations

import math
import re

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_UNIT = r"(s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|weeks?)"
_PART = re.compile(rf"\s*([0-9]{{1,9}}(?:\.[0-9]{{1,6}})?)\s*{_UNIT}(?![a-z])", re.IGNORECASE)
_NUMBER = re.compile(r"\s*([0-9]{1,12})\s*")
LONGEST_SECONDS = 3650 * 86_400
_HELP = "write it like 30m, 2h, 1h30m, 1d, or as a whole number of seconds"


def parse_duration(value: object) -> int:
    """`value` in whole seconds, at least 1 and at most ten years.

    Raises `ValueError` saying what is wrong and how to write it.
    """
    seconds = _seconds(value)
    if seconds is None:
        raise ValueError(f"{_shown(value)} is not a length of time; {_HELP}")
    if seconds < 1:
        raise ValueError(f"{_shown(value)} is shorter than a second; {_HELP}")
    if seconds > LONGEST_SECONDS:
        raise ValueError(f"{_shown(value)} is longer than ten years; {_HELP}")
    return int(seconds)


def parse_durations(value: object) -> list[int]:
    """One length of time or several (a list, or a text such as `1d|1h`) in seconds, longest first, each once.

    Raises `ValueError` as `parse_duration` does.
    """
    if isinstance(value, str):
        value = value.split("|")
    given = value if isinstance(value, (list, tuple)) else [value]
    if not given:
        raise ValueError(f"there is no length of time; {_HELP}")
    return sorted({parse_duration(one) for one in given}, reverse=True)


def written(seconds: int) -> str:
    """So many seconds as `parse_duration` reads them: `1h30m`."""
    parts = []
    for unit in ("d", "h", "m", "s"):
        count, seconds = divmod(seconds, _SECONDS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts) or "0s"


def _seconds(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return None if isinstance(value, float) and math.isnan(value) else value
    if not isinstance(value, str):
        return None
    if number := _NUMBER.fullmatch(value):
        return int(number[1])
    return _sum_of_parts(value.strip())


def _sum_of_parts(text: str) -> float | None:
    total, position = 0.0, 0
    while position < len(text):
        # `1h30m`: a unit may be followed by the next number, never by another letter.
        part = _PART.match(text, position)
        if part is None:
            return None
        total += float(part[1]) * _SECONDS[part[2][0].lower()]
        position = part.end()
    return total if text else None


def _shown(value: object) -> str:
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else value[:40] + "…")
    try:
        shown = repr(value)
    except ValueError:  # an integer of more than 4300 digits
        return "that number"
    return shown if len(shown) <= 40 else shown[:40] + "…"
