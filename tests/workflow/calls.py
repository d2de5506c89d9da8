"""What the tests of the four calls share."""

from __future__ import annotations

from typing import Any

import pytest

from hitl_tui import WorkflowPaused


def thread(name: str = "t") -> dict[str, Any]:
    """The config that names a thread."""
    return {"configurable": {"thread_id": name}}


async def paused(workflow: Any, given: dict[str, Any], name: str = "t") -> WorkflowPaused:
    """Run a new thread to its pause."""
    with pytest.raises(WorkflowPaused) as caught:
        await workflow.invoke(given, thread(name))
    return caught.value
