"""What a check finds: one line about one thing, and what to do if it is not as it should be."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How bad it is. A warning may bite later or in part; with a problem something does not work."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True, slots=True)
class Finding:
    """`words` say how it is and what that means; `remedy` what to do, empty where all is well."""

    check: str
    level: Level
    words: str
    remedy: str = ""


def ok(check: str, words: str) -> Finding:
    """All is well, or there is nothing to be done about it."""
    return Finding(check, Level.OK, words)


def warning(check: str, words: str, remedy: str) -> Finding:
    """It may bite."""
    return Finding(check, Level.WARNING, words, remedy)


def problem(check: str, words: str, remedy: str) -> Finding:
    """Something does not work."""
    return Finding(check, Level.PROBLEM, words, remedy)
