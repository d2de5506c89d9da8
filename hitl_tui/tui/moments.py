"""Moments as a reviewer writes them: `2h`, `14:30`, `tomorrow`, `monday`. Pure; `now` is given."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from hitl_tui.model.durations import parse_duration

MORNING = 9
"""The hour that a day begins at."""
_DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])")


def moment_of(text: str, now: datetime) -> datetime:
    """The moment after `now` that `text` names, in the local time zone for hours and days.

    Raises `ValueError` saying how to write one.
    """
    word = text.strip().lower()
    local = now.astimezone()
    morning = local.replace(hour=MORNING, minute=0, second=0, microsecond=0)
    if found := _CLOCK.fullmatch(word):
        moment = local.replace(hour=int(found[1]), minute=int(found[2]), second=0, microsecond=0)
        return moment if moment > local else moment + timedelta(days=1)
    if word == "tomorrow":
        return morning + timedelta(days=1)
    days = [day for day in _DAYS if len(word) >= 3 and day.startswith(word)]
    if days:
        ahead = (_DAYS.index(days[0]) - local.weekday() - 1) % 7 + 1
        return morning + timedelta(days=ahead)
    try:
        return now + timedelta(seconds=parse_duration(text))
    except ValueError:
        raise ValueError(f"{text.strip()[:40]!r} is no time; write 30m, 4h, 2d, 14:30, tomorrow or monday") from None


def moment_words(moment: datetime, now: datetime) -> str:
    """A moment in the local time zone: `Mon 09:00`, and with its date when it is a week away: `23 Nov 09:00`."""
    far = moment - now > timedelta(days=6)
    return f"{moment.astimezone():{'%d %b' if far else '%a'} %H:%M}"


def wrong_moment(text: str, now: datetime) -> str:
    """What is wrong with it; empty when it names a moment."""
    try:
        moment_of(text, now)
    except ValueError as error:
        return str(error)
    return ""
