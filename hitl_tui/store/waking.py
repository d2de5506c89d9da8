"""Transactions after which a thread may be ready, and its claim in the same commit."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any, Generic, TypeVar

from hitl_tui.store.leases import Claim, Claimant, just_claimed
from hitl_tui.store.together import Together

_Result = TypeVar("_Result")


class Waking(Generic[_Result]):
    """A transaction that can lease the thread at once: one change of its row instead of two."""

    __slots__ = ()

    def __call__(self, connection: sqlite3.Connection) -> _Result:
        """Carry it out; a thread that gets ready by it is anybody's."""
        return self.leased_to(connection, None)[0]

    def leased_to(self, connection: sqlite3.Connection, claimant: Claimant | None) -> tuple[_Result, bool]:
        """The same, but a thread that gets ready is leased to a claimant that may run it, and whether it has it now."""
        raise NotImplementedError


class WakeAndClaim(Together):
    """A transaction, and the claim of a thread that is ready after it; the outcome is that of both."""

    def __init__(self, transaction: Callable[[sqlite3.Connection], Any], claim: Claim) -> None:
        super().__init__((transaction, claim))
        self._transaction = transaction
        self._claim = claim

    def __call__(self, connection: sqlite3.Connection) -> list[Any]:
        """What the transaction returned, and the claimed thread or None."""
        if not isinstance(self._transaction, Waking):
            return super().__call__(connection)
        outcome, leased = self._transaction.leased_to(connection, self._claim.claimant)
        return [outcome, just_claimed(connection, self._claim.thread_id) if leased else self._claim(connection)]
