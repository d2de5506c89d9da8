"""From which size on the screen is laid out in which way, in cells."""

WIDE = 120
"""Columns from which list and request stand side by side."""
