"""Which models a workflow's state may have, and what is stored of their values (row 165)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from pydantic import BaseModel, ConfigDict, Field, Json, computed_field, field_validator

from hitl_tui import StateModel, Workflow, WorkflowPaused, locations
from hitl_tui.errors import InvalidState, NotSerialisable
from hitl_tui.inbox.visits import visit_at_once


def thread() -> dict[str, Any]:
    return {"configurable": {"thread_id": f"{uuid4()}"}}


async def test_a_set_in_another_order_is_no_change() -> None:
    """It would be a second change of the field that a parallel step has changed."""

    class Marks(StateModel):
        marks: set[int]
        groups: list[frozenset[int]]

    class Beside(Workflow):
        state_model = Marks

        def build_graph(self) -> Any:
            return self.start().parallel(self.adds, self.turns).end()

        def adds(self, state: Marks) -> None:
            state.marks.add(7)
            state.groups.append(frozenset())

        def turns(self, state: Marks) -> None:
            state.marks, state.groups = {8, 0}, [frozenset((8, 0))]

    state = await Beside().invoke({"marks": [0, 8], "groups": [[0, 8]]}, thread())
    assert state["marks"] == [0, 7, 8]
    assert state["groups"] == [[0, 8], []]


class Account(BaseModel):
    iban: str = Field(alias="IBAN")


class Price(BaseModel):
    model_config = ConfigDict(extra="forbid")
    net: int

    @computed_field  # type: ignore[prop-decorator]
    @property
    def gross(self) -> int:
        return self.net * 2


class Whole(StateModel):
    """What pydantic reads again when it has written it."""

    model_config = ConfigDict(strict=True, serialize_by_alias=True)
    account: Account
    price: Price
    amount: Decimal = Field(alias="Amount")
    terms: Json[dict[str, int]]


class Keyed(StateModel):
    places: dict[Any, int]


class Reads(Workflow):
    """Two steps: the second one reads what is stored of the first one's state."""

    state_model = Whole
    checkpointer = "sqlite"

    def build_graph(self) -> Any:
        return self.start().then(self.one).then(self.two).end()

    def one(self, state: Any) -> None:
        state.amount += 1

    def two(self, state: Any) -> None:
        state.amount += state.price.gross + state.terms["days"] + len(state.account.iban)


async def test_what_pydantic_reads_again_may_be_in_a_state() -> None:
    account, price = Account(IBAN="DE1"), Price(net=2)
    given: dict[str, Any] = {"account": account, "price": price, "Amount": Decimal("0.5"), "terms": '{"days": 30}'}
    stored = {"account": {"iban": "DE1"}, "price": {"net": 2}, "amount": "38.5", "terms": '{"days":30}'}
    assert await Reads().invoke(given, thread()) == stored
    assert await Reads().invoke(Whole(**given), thread()) == stored
    with pytest.raises(InvalidState, match="the input does not fit the state: Amount: Input should be an instance"):
        await Reads().invoke(given | {"Amount": "0.5"}, thread())


@pytest.mark.parametrize("key", [(1, 2), None, object()])
async def test_a_key_that_json_has_no_form_for_is_refused_before_anything_is_stored(key: Any) -> None:
    class ReadsKeyed(Reads):
        state_model = Keyed

    with pytest.raises(NotSerialisable, match="state.places has the key .*, which is a (tuple|NoneType|object)"):
        await ReadsKeyed().invoke({"places": {key: 1}}, thread())
    assert not locations.database().exists()


class Fee(StateModel):
    note: str = " of nobody "
    cost: float = 0
    amount: int = 0

    @field_validator("note")
    @classmethod
    def stripped(cls, note: str) -> str:
        return note.strip()

    @field_validator("amount")
    @classmethod
    def with_fee(cls, amount: int) -> int:
        return amount + 1


class ReadsFee(Reads):
    state_model = Fee


async def test_a_validator_that_changes_what_it_gave_is_refused_before_anything_is_stored() -> None:
    words = "the validator of 'amount' changes a value that it has given itself"
    with pytest.raises(InvalidState, match=words) as told:
        await ReadsFee().invoke({"amount": 100}, thread())
    assert told.value.details["field"] == "amount"
    assert not locations.database().exists()


class Order(StateModel):
    total: int = Field(alias="orderTotal")


class Asks(Reads):
    """A step that answers by the alias, and a pause before it."""

    state_model = Order

    def build_graph(self) -> Any:
        return self.start().interrupt("Order?", timeout="never").then(self.doubles).end()

    def doubles(self, state: Order) -> dict[str, Any]:
        return {"orderTotal": state.total * 2}


async def test_what_is_given_by_an_alias_changes_its_field() -> None:
    config = thread()
    with pytest.raises(WorkflowPaused):
        await Asks().invoke({"orderTotal": 5}, config)
    Asks().update_state(config, {"orderTotal": 50})
    assert Asks().get_state(config) == {"total": 50}
    assert (await Asks().resume(config))["total"] == 100


async def test_the_name_of_a_field_goes_before_its_alias() -> None:
    """A run from the command line begins with what was given, also under an alias; that stays beside what changes."""
    config = thread()
    name = config["configurable"]["thread_id"]
    with pytest.raises(WorkflowPaused):
        await Asks().invoke({"orderTotal": 7, "total": 5}, config)
    assert Asks().get_state(config) == {"total": 5}
    visit_at_once(locations.database(), "ann", lambda inbox: inbox.set_state(name, {"orderTotal": 7}))
    Asks().update_state(config, {"orderTotal": 40, "total": 50})
    result = await Asks().resume(config)
    assert (result["total"], result["orderTotal"]) == (100, 7)
