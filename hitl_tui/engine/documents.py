"""The runner's side of a handler's storage: documents are read for its node, and written under the runner's lease."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from hitl_tui.agents.documents import DocumentCall
from hitl_tui.errors import UsageError
from hitl_tui.store import documents
from hitl_tui.store.database import Database
from hitl_tui.store.documents import WriteDocument
from hitl_tui.store.leases import Lease


async def handle(
    database: Database, write: Callable[[WriteDocument], Awaitable[Any]], lease: Lease, call: DocumentCall, now: str
) -> Any:
    """What the call asks for, or the `UsageError` that says why not; raises `LeaseLost`."""
    try:
        match call.verb:
            case "read":
                return await documents.find(database, call.collection, str(call.document_id))
            case "list":
                return await documents.matching(database, call.collection, call.data)
            case "write":
                return await write(documents.free(call.collection, call.document_id, call.data, call.mode, now, lease))
    except UsageError as refusal:
        return refusal
