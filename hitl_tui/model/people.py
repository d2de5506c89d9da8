"""Names of people and roles, the one name that is nobody's, and the words for whoever it is."""

from __future__ import annotations

SYSTEM = "system"
"""Who acts where a timeout or a policy does."""
LONGEST_NAME = 100
HOW = f"1 to {LONGEST_NAME} printable characters, and not '{SYSTEM}'"
ME, NOBODY = "me", "nobody"
"""What a saved view says for you, and for what nobody has: a thread of somebody of that name would not be in it."""
HOW_OF_OWNERS = f"{HOW}, '{ME}' or '{NOBODY}'"


def is_name(who: str) -> bool:
    """Whether somebody can act under this name."""
    return 0 < len(who.strip()) <= len(who) <= LONGEST_NAME and who.isprintable() and not is_system(who)


def can_own(who: str) -> bool:
    """Whether somebody can be given a thread under this name."""
    return is_name(who) and who.strip().lower() not in (ME, NOBODY)


def is_system(who: str) -> bool:
    """Whether it is the name that stands for timeouts and policies, however it is spelt."""
    return who.strip().lower() == SYSTEM
