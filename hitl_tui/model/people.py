"""Names of people and roles, and the one name that is nobody's."""

from __future__ import annotations

SYSTEM = "system"
"""Who acts where a timeout or a policy does."""
LONGEST_NAME = 100
HOW = f"1 to {LONGEST_NAME} printable characters, and not '{SYSTEM}'"


def is_name(who: str) -> bool:
    """Whether somebody can act, or be given a thread, under this name."""
    return 0 < len(who.strip()) <= len(who) <= LONGEST_NAME and who.isprintable() and not is_system(who)


def is_system(who: str) -> bool:
    """Whether it is the name that stands for timeouts and policies, however it is spelt."""
    return who.strip().lower() == SYSTEM
