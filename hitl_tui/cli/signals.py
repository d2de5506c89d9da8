"""Signals that tell a command to stop."""

from __future__ import annotations

REPEAT_SECONDS = 0.3
"""So soon after it the same signal is the same call to stop: `timeout` tells its child, and then their whole group."""
