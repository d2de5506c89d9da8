"""How much harm a wrong answer does, in words: a level, or one of the five classes of spec 002 (row 101)."""

from __future__ import annotations

LEVELS = ("low", "medium", "high")
CLASSES = ("destructive", "external communication", "financial", "sensitive data", "production deployment")
"""What spec 002 ("When to Use") wants a person for. Each counts as high."""


def named(risk: str) -> str:
    """The one spelling of a class, however it is written (`External_Communication`); any other word as it is."""
    words = " ".join(risk.replace("-", " ").replace("_", " ").lower().split())
    return words if words in CLASSES else risk


def is_high(risk: str | None) -> bool:
    """Whether a rejection needs a reason (D-1), and silence at most rejects."""
    return risk is not None and (risk.strip().lower() == "high" or risk in CLASSES)


def in_words(risk: str) -> str:
    """For people: `high risk`, `production deployment`."""
    return risk if risk in CLASSES else f"{risk} risk"
