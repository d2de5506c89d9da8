"""Documents by collection, as interaction handlers see them, and what they may do to the workflows behind them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hitl_tui.agents.base import check_answerable
from hitl_tui.agents.interactions import POSTED_AGENT
from hitl_tui.errors import NotPossible, ThreadNotFound, UsageError
from hitl_tui.inbox import addresses, metrics
from hitl_tui.inbox.session import Session
from hitl_tui.inbox.starting import check_id
from hitl_tui.model.graph import Graph, Input, Node
from hitl_tui.model.interaction import HumanInteractionRequest
from hitl_tui.model.jsontext import iso
from hitl_tui.store import documents, threads
from hitl_tui.store.due import Sweep, has_expired, log_answers
from hitl_tui.store.starts import Start

POSTED_GRAPH = "Requests"
_REQUEST = "request"
# Because inside the class `list` is a use case.
Found = list[dict[str, Any]]


class Documents:
    """The collections of one database; `hitl_tui.store.documents` says which show its own tables."""

    def __init__(self, session: Session) -> None:
        self._session = session

    async def read(self, collection: str, document_id: str) -> dict[str, Any] | None:
        """One document, None where there is none."""
        return await documents.find(self._session.database, collection, document_id)

    async def list(self, collection: str, criteria: Mapping[str, Any]) -> Found:
        """The documents whose fields equal the criteria."""
        return await documents.matching(self._session.database, collection, criteria)

    async def write(
        self, collection: str, data: dict[str, Any], document_id: str | None = None, mode: str = "write"
    ) -> dict[str, Any]:
        """Store a free document, and return it as it now is; raises `UsageError`, `NotSerialisable`."""
        now = iso(self._session.clock())
        return await self._session.database.write(documents.free(collection, document_id, data, mode, now))

    async def post(self, request: HumanInteractionRequest) -> str:
        """Start a thread that asks this one request, and returns its id, which is the request's `thread_id`.

        Raises `ThreadExists`, `UsageError`, `NotSerialisable`, `ValueError` for what nobody could answer.
        """
        check_id(request.thread_id)
        check_id(request.node_name, "the name of a node")
        check_answerable(request)
        if await self.read(documents.INTERACTIONS, str(request.id)) is not None:
            raise UsageError(
                f"the request {request.id} was displayed before", hint="make a new HumanInteractionRequest for each"
            )
        node = Node(name=request.node_name, agent=POSTED_AGENT, inputs=(Input(key=_REQUEST, param=_REQUEST),))
        start = Start(
            thread_id=request.thread_id,
            graph=Graph(name=POSTED_GRAPH, start=node.name, nodes={node.name: node}),
            source="",
            state={_REQUEST: request.model_dump() | {"id": str(request.id)}},
            agents=None,
            priority=0,
            actor=self._session.actor,
            via=self._session.via,
            now=iso(self._session.clock()),
        )
        await self._session.wake(request.thread_id, start)
        return request.thread_id

    async def time_out(self, thread_id: str) -> str:
        """Apply the policies of a thread's overdue requests; returns the id of the thread that goes on by it.

        Where another sweep has closed them already, it is done. Raises `ThreadNotFound`, and `NotPossible` where
        nothing is overdue: then nothing changes.
        """
        try:
            found = (await threads.find(self._session.database, thread_id)).id
        except ThreadNotFound as missing:
            found = (await addresses.named(self._session, thread_id, missing)).thread_id
        now = iso(self._session.clock())
        expired = await self._session.wake(found, Sweep(now, found))
        if not expired and not await has_expired(self._session.database, found):
            raise NotPossible(
                f"Thread '{thread_id}' asks nothing that is overdue",
                hint="it was answered meanwhile, or its deadline was moved",
                thread_id=thread_id,
            )
        # Who asks for it warns of it, as the documents' handler does.
        log_answers(expired, now)
        return found

    async def recent(self, days: int) -> Found:
        """The interactions of the last days, each with what came of it (`hitl_tui.inbox.metrics` says what that means).

        Keys: `node_name`, `interaction_type`, `created_at`, `outcome` (`pending`, `answered`, `timed_out` or
        `cancelled`), `action` and `response_time` in seconds, which only people have.
        """
        return await metrics.recent(self._session, days)
