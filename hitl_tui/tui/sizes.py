"""From which size on the screen is laid out in which way, in cells."""

from textual.geometry import Size

WIDE = 120
"""Columns from which list and request stand side by side."""
READABLE = Size(40, 10)
"""The least terminal in which a question can be read."""
TOO_SMALL = f"not done: this terminal is too small to read it; make it {READABLE.width} by {READABLE.height} or more"


def is_readable(size: Size) -> bool:
    """Whether a question can be read in a terminal of this size: where it cannot, nothing is decided."""
    return size.width >= READABLE.width and size.height >= READABLE.height
