"""The storage that an interaction handler has inside of a node: documents by way of the runner.

The agent's process does not open the database. The runner does what is asked under its lease, so that an agent whose
thread was taken over writes nothing any more; and an agent can ask, but not answer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, Protocol
from uuid import UUID

from hitl_tui.agents.base import Questions
from hitl_tui.agents.effects import Ledger
from hitl_tui.model.document import fields_of, name_of
from hitl_tui.model.interaction import HumanInteractionRequest

INTERACTIONS = "interactions"


class StorageService(Protocol):
    """Documents by collection. `threads`, `interactions` and `responses` show what the workflows do."""

    def read(self, collection: str, document_id: str) -> dict[str, Any] | None:
        """A document, None where there is none."""

    def write(
        self, collection: str, data: dict[str, Any], document_id: str | None = None, mode: str = "write"
    ) -> dict[str, Any]:
        """Store a document (with `mode="update"` add its fields to what is there); returns it as it now is."""

    def list(self, collection: str, filter_criteria: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """The documents whose fields equal the criteria."""


@dataclass(frozen=True, slots=True)
class DocumentCall:
    """What a handler wants from the runner's store; `data` are the fields to write, or the criteria of a list."""

    verb: Literal["read", "write", "list"]
    collection: str
    document_id: str | None
    data: dict[str, Any]
    mode: str = "write"


class NodeStorage:
    """The `StorageService` of one node run."""

    def __init__(self, questions: Questions, ledger: Ledger) -> None:
        self._questions = questions
        self._ledger = ledger

    def read(self, collection: str, document_id: str | UUID) -> dict[str, Any] | None:
        """See `StorageService`."""
        found: dict[str, Any] | None = self._ledger.call(DocumentCall("read", collection, name_of(document_id), {}))
        return found

    def write(
        self, collection: str, data: dict[str, Any], document_id: str | UUID | None = None, mode: str = "write"
    ) -> dict[str, Any]:
        """See `StorageService`; a request that is being displayed is stored when the node returns.

        Raises `UsageError` for the other collections that show what workflows do: a node asks, and people answer.
        """
        fields = fields_of(data)
        if collection == INTERACTIONS:
            self._questions.note(HumanInteractionRequest(**fields))
            return data
        name = None if document_id is None else name_of(document_id)
        written: dict[str, Any] = self._ledger.call(DocumentCall("write", collection, name, fields, mode))
        return written

    def list(self, collection: str, filter_criteria: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        """See `StorageService`."""
        criteria = fields_of(filter_criteria or {})
        found: list[dict[str, Any]] = self._ledger.call(DocumentCall("list", collection, None, criteria))
        return found
