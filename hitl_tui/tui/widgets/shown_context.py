"""What of a request's context is read above the answer: all of it but what the answer itself shows whole."""

from __future__ import annotations

from typing import Any

from hitl_tui.inbox.views import PendingView
from hitl_tui.model import batch
from hitl_tui.model.tool_call import shown_of_call

_EDITED = "original_content"


def shown_context(request: PendingView) -> dict[str, Any]:
    """The context without the items of a batch, which are the table, and without the schema of a tool's arguments."""
    items = batch.items_of(request.type, request.context, request.options, request.schema)
    if items is not None:
        return {
            key: f"{len(items)} items, in the table below" if value is items else value
            for key, value in request.context.items()
        }
    if request.type == "edit" and _EDITED in request.context:
        # It stands in the editor as well: what is short is read first.
        rest = {key: value for key, value in request.context.items() if key != _EDITED}
        return {**rest, _EDITED: request.context[_EDITED]}
    return dict(shown_of_call(request.type, request.context))
