"""Effects as rows: the intent is on disk before an effect begins, and its result after it (architecture, "Effects").

Every transaction begins by checking the lease; a runner that lost it gets `LeaseLost` and records nothing.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from hitl_tui.model.effect import Effect
from hitl_tui.model.jsontext import from_json, to_json
from hitl_tui.store import queries
from hitl_tui.store.database import Database
from hitl_tui.store.leases import Lease
from hitl_tui.store.turns import check_lease

SQL = queries.load("effects")


@dataclass(frozen=True, slots=True)
class Place:
    """Whose effect it is: the key counts within one visit of one node."""

    lease: Lease
    node: str
    visit: int
    key: str

    @property
    def names(self) -> dict[str, Any]:
        """The parameters that find its row."""
        return {"thread": self.lease.thread_id, "node": self.node, "visit": self.visit, "key": self.key}


async def find(database: Database, place: Place) -> Effect | None:
    """The effect as it stands, if it was ever begun."""
    row = await database.row(SQL["effect"], place.names)
    return None if row is None else _effect_of(row)


async def left_open(database: Database, place: Place) -> dict[str, str]:
    """When each effect of the visit was begun whose end is not known, the oldest first, without harmless ones."""
    visit = {"thread": place.lease.thread_id, "node": place.node, "visit": place.visit}
    rows = await database.rows(SQL["left_open"], visit)
    return {row["key"]: row["at"] for row in rows}


@dataclass(frozen=True, slots=True)
class Rename:
    """Take a key that never began for the new name of another one, as a person said it is."""

    point: ClassVar[str] = "intent"
    place: Place
    same_as: str
    now: str

    def __call__(self, connection: sqlite3.Connection) -> None:
        check_lease(connection, self.place.lease)
        if _locked(connection, self.place) is None:
            _put_intent(connection, self.place, Effect(self.place.key, 0, self.now, is_now=self.same_as))


@dataclass(frozen=True, slots=True)
class Intend:
    """Begin an effect that was never begun, or once more after the attempt `redo`, which a person called off."""

    point: ClassVar[str] = "intent"
    place: Place
    redo: int | None
    now: str
    harmless: bool = False

    def __call__(self, connection: sqlite3.Connection) -> Effect:
        """The granted attempt, else the effect as it stands: it must not be begun."""
        check_lease(connection, self.place.lease)
        found = _locked(connection, self.place)
        if found is not None and (found.result is not None or found.attempt != self.redo):
            return found
        attempt = found.attempt + 1 if found else 1
        effect = Effect(self.place.key, attempt, self.now, granted=True, harmless=self.harmless)
        _put_intent(connection, self.place, effect)
        return effect


@dataclass(frozen=True, slots=True)
class Record:
    """The effect is done; `result` is JSON text."""

    point: ClassVar[str] = "effect"
    place: Place
    result: str

    def __call__(self, connection: sqlite3.Connection) -> None:
        check_lease(connection, self.place.lease)
        connection.execute(SQL["record"], {**self.place.names, "result": self.result})


@dataclass(frozen=True, slots=True)
class Doubt:
    """The attempt ended, and nobody can tell whether it had its effect; `problem` is for the person who is asked."""

    place: Place
    problem: str

    def __call__(self, connection: sqlite3.Connection) -> None:
        check_lease(connection, self.place.lease)
        found = _locked(connection, self.place)
        if found is not None:
            _put_intent(connection, self.place, replace(found, problem=self.problem))


@dataclass(frozen=True, slots=True)
class Withdraw:
    """The attempt had no effect, and says so, or its harmless result is taken back: as if it had never begun."""

    place: Place

    def __call__(self, connection: sqlite3.Connection) -> None:
        check_lease(connection, self.place.lease)
        connection.execute(SQL["withdraw"], self.place.names)


def _locked(connection: sqlite3.Connection, place: Place) -> Effect | None:
    row = connection.execute(SQL["effect"], place.names).fetchone()
    return None if row is None else _effect_of(row)


def _put_intent(connection: sqlite3.Connection, place: Place, effect: Effect) -> None:
    intent: dict[str, Any] = {"attempt": effect.attempt, "at": effect.begun_at, "problem": effect.problem}
    if effect.harmless:
        intent["harmless"] = True
    if effect.is_now is not None:
        intent["is"] = effect.is_now
    connection.execute(SQL["put_intent"], {**place.names, "intent": to_json(intent, "intent")})


def _effect_of(row: sqlite3.Row) -> Effect:
    intent = from_json(row["intent"])
    return Effect(
        row["key"],
        intent["attempt"],
        intent["at"],
        intent["problem"],
        row["result"],
        harmless=intent.get("harmless", False),
        is_now=intent.get("is"),
    )
