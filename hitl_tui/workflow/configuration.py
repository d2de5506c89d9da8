"""The `config` of a call: `{"configurable": {"thread_id": "order-1234"}}`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from hitl_tui.errors import UsageError

Config = Mapping[str, Any]
_REMEDY = 'pass config={"configurable": {"thread_id": "order-1234"}}, with an id of your own for each run'


def thread_of(config: Config | None) -> str:
    """The thread that the config names; raises `UsageError` with the remedy (row 164)."""
    if not config:
        raise UsageError("the config names no thread", hint=_REMEDY)
    inner = config.get("configurable")
    found = inner.get("thread_id") if isinstance(inner, Mapping) else None
    if found is None:
        raise UsageError(f"the config names no thread: it is {str(dict(config))[:100]}", hint=_REMEDY)
    if not isinstance(found, str | UUID) or not str(found).strip():
        raise UsageError(f"the thread_id in the config is {found!r:.60}, which is no text", hint=_REMEDY)
    return str(found)
