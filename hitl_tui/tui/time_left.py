"""Times as a reviewer reads them at a glance: how long is left, how long it has been. Pure; `now` is given."""

from __future__ import annotations

from datetime import datetime, timedelta

OVERDUE = "overdue"
AGES = {"an hour": timedelta(hours=1), "a day": timedelta(days=1), "a week": timedelta(weeks=1)}
"""Ages to choose from."""


def time_left(due_at: datetime | None, now: datetime) -> str:
    """How long until `due_at`: `<1m`, `12m`, `1h40m`, `3h`, `3 d`, or `overdue`; empty without a due time (row 47).

    Rounded down, so that it never promises more than there is; at most 7 characters.
    """
    if due_at is None:
        return ""
    return OVERDUE if due_at <= now else _span(due_at - now)


def is_overdue(due_at: datetime | None, now: datetime) -> bool:
    """Whether the due time has passed."""
    return due_at is not None and due_at <= now


def age(since: datetime, now: datetime) -> str:
    """How long ago `since` was, in the words of `time_left`."""
    return _span(max(now - since, timedelta(0)))


def elapsed(since: datetime, now: datetime) -> str:
    """How long something has been running, to the second below an hour: `8s`, `2m05s`, `1h40m`."""
    seconds = max(int((now - since).total_seconds()), 0)
    if seconds < 60:
        return f"{seconds}s"
    if seconds < 3600:
        return f"{seconds // 60}m{seconds % 60:02}s"
    return age(since, now)


def _span(span: timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    hours = minutes // 60
    if minutes < 1:
        return "<1m"
    if hours < 1:
        return f"{minutes}m"
    if hours < 10:
        return f"{hours}h{minutes % 60:02}m" if minutes % 60 else f"{hours}h"
    return f"{hours}h" if hours < 48 else f"{hours // 24} d"
