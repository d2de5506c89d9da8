"""A bank with three operations, and two ways for a language model to use them: by a plan, or by calling tools.

Large transfers need a person in both: with a plan the validator of `ActionPlan` says so, with tools the `policy`.
"""

from __future__ import annotations

import re
import sqlite3
from contextlib import closing
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from hitl_tui import BaseAgent, Failure, HumanInteractionRequest, agent, interrupt_on, llm_model, tool
from hitl_tui.agents.files import files_dir

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage, ModelResponse
    from pydantic_ai.models.function import AgentInfo

LIMIT = 100
"""Dollars; a transfer of more needs a person."""
OPENING_BALANCE = 1000

Amount = Annotated[float, Field(gt=0, le=1_000_000, allow_inf_nan=False)]
Name = Annotated[str, Field(pattern=r"^[\w .'-]+$", max_length=80)]


# The account. Each movement is one row of a file of its own, and the balance is their sum, so that an operation has
# happened as a whole or not at all. `once` sees to it that it does not happen a second time: hitl records that a call
# begins before it runs, and its result after it. A run that is repeated gets the recorded result; where the process
# died in between, a person is asked, who finds the movement in the file or not. No crash doubles a transfer.
def _account() -> sqlite3.Connection:
    account = sqlite3.connect(files_dir() / "bank.db", timeout=10, isolation_level=None)
    account.execute("create table if not exists movement (id integer primary key, cents integer, about text)")
    return account


def _balance(account: sqlite3.Connection) -> int:
    row = account.execute("select coalesce(sum(cents), 0) from movement").fetchone()
    return OPENING_BALANCE * 100 + int(row[0])


def _move(amount: float, about: str, sign: int) -> int | None:
    """Book the amount and return the new balance in cents; None, and nothing booked, when there is too little."""
    cents = _cents(amount)
    with closing(_account()) as account:
        # Nobody else may book between the look at the balance and the movement.
        account.execute("begin immediate")
        if sign < 0 and _balance(account) < cents:
            account.execute("rollback")
            return None
        account.execute("insert into movement (cents, about) values (?, ?)", (sign * cents, about))
        account.execute("commit")
        return _balance(account)


def _cents(amount: float) -> int:
    cents = Decimal(str(amount)) * 100
    if cents != int(cents):
        raise ValueError(f"{amount} has a fraction of a cent")
    return int(cents)


def _dollars(cents: int) -> str:
    return f"${cents / 100:,.2f}"


@tool
def get_balance() -> str:
    """The balance of the customer's account."""
    with closing(_account()) as account:
        return f"Balance: {_dollars(_balance(account))}"


@tool
def deposit_money(amount: Amount) -> str:
    """Deposit money into the customer's account."""
    try:
        balance = _move(amount, "deposit", 1)
    except ValueError as error:
        return f"Error: {error}"
    assert balance is not None
    return f"Deposit complete: {_dollars(_cents(amount))}. Balance: {_dollars(balance)}"


@tool
def transfer_money(to: Name, amount: Amount) -> str:
    """Transfer money from the customer's account to somebody."""
    try:
        balance = _move(amount, f"transfer to {to}", -1)
    except ValueError as error:
        return f"Error: {error}"
    if balance is None:
        return f"Error: insufficient funds for {_dollars(_cents(amount))} to {to}; nothing was transferred"
    return f"Transfer complete: {_dollars(_cents(amount))} to {to}. Balance: {_dollars(balance)}"


# Approach 2: the model calls the tools above, and this says which calls a person decides.
policy = interrupt_on(
    {
        "transfer_money": {
            "when": f"args.amount > {LIMIT}",
            "allowed_decisions": ["approve", "edit", "reject"],
            "risk": "financial",
        }
    }
)


# Approach 1: the model writes a plan, and the code below carries it out.
class CheckBalance(BaseModel):
    """Tell the balance."""

    action: Literal["check_balance"]

    def __str__(self) -> str:
        return "tell the balance"

    def run(self) -> str:
        return get_balance()


class Deposit(BaseModel):
    """Put money into the account."""

    action: Literal["deposit"]
    amount: Amount

    def __str__(self) -> str:
        return f"deposit ${self.amount:,.2f}"

    def run(self) -> str:
        return deposit_money(self.amount)


class Transfer(BaseModel):
    """Send money to somebody. More than $100 requires confirmation, whatever the plan says about it."""

    model_config = ConfigDict(frozen=True)

    action: Literal["transfer"]
    amount: Amount
    to: Name
    requires_confirmation: bool = Field(default=False, validate_default=True)

    @field_validator("requires_confirmation")
    @classmethod
    def confirm_large_amounts(cls, wanted: bool, info: ValidationInfo) -> bool:
        # Without a valid amount there is no transfer at all.
        return wanted or info.data.get("amount", LIMIT + 1) > LIMIT

    def __str__(self) -> str:
        return f"transfer ${self.amount:,.2f} to {self.to}"

    def run(self) -> str:
        return transfer_money(self.to, self.amount)


Action = Annotated[CheckBalance | Deposit | Transfer, Field(discriminator="action")]


class ActionPlan(BaseModel):
    """What to do, in this order."""

    actions: list[Action] = Field(max_length=20)


@agent("execute_plan")
class ExecutePlan(BaseAgent):
    """Carries a plan out, action by action; people are asked first, about all that needs them at once."""

    def process(self, inputs: dict[str, Any]) -> Any:
        """The results in the order of the plan, also as a text; what was not approved is left out, the rest is done."""
        try:
            plan = ActionPlan.model_validate(inputs["plan"])
        except ValueError as error:
            return Failure(f"the plan cannot be carried out: {error}")
        large = {
            n: self._question(each)
            for n, each in enumerate(plan.actions)
            if isinstance(each, Transfer) and each.requires_confirmation
        }
        answers = dict(zip(large, self.ask_all(list(large.values())), strict=True))
        results = [
            self.once(f"action {n + 1}: {each}", each.run)
            if n not in answers or answers[n].action == "approve"
            else f"Cancelled: {each} was not approved"
            for n, each in enumerate(plan.actions)
        ]
        return {"results": results, "report": "\n".join(results) or _HELP}

    def _question(self, action: Transfer) -> HumanInteractionRequest:
        return self.request(
            "approval",
            f"{str(action)[0].upper()}{str(action)[1:]}?",
            context={"action": action.action, "amount": action.amount, "to": action.to},
            risk="financial",
            timeout_seconds=24 * 3600,
        )


# In place of a model: it understands three kinds of wishes, costs nothing, and always says the same.
_NUMBER = r"\$?(?P<{}>\d[\d,]*(?:\.\d+)?)"
_WISH = re.compile(
    rf"(?i)\b(?:(?:transfer|send|pay)\s+{_NUMBER.format('sent')}(?:\s+dollars)?\s+to\s+(?P<to>[\w'-]+)"
    rf"|deposit\s+{_NUMBER.format('paid_in')}|(?P<balance>balance))"
)
_HELP = "I can tell the balance, take a deposit, or make a transfer."
_TOOLS = {"check_balance": "get_balance", "deposit": "deposit_money", "transfer": "transfer_money"}


@llm_model("offline_bank")
def offline_bank(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    """Plans where it is asked for a plan, else calls the tools, and then tells what came of them."""
    from pydantic_ai.messages import ModelResponse, TextPart, ToolCallPart, ToolReturnPart

    told = [part.model_response_str() for part in messages[-1].parts if isinstance(part, ToolReturnPart)]
    if told:
        return ModelResponse(parts=[TextPart("\n".join(told))])
    wishes = _wishes(messages)
    if info.output_tools:
        plan = {"actions": [{"action": action, **args} for action, args in wishes]}
        return ModelResponse(parts=[ToolCallPart(info.output_tools[0].name, plan)])
    if not wishes:
        return ModelResponse(parts=[TextPart(_HELP)])
    return ModelResponse(parts=[ToolCallPart(_TOOLS[action], args) for action, args in wishes])


def _wishes(messages: list[ModelMessage]) -> list[tuple[str, dict[str, Any]]]:
    """The actions that the newest request names, with their arguments, in its order."""
    from pydantic_ai.messages import UserPromptPart

    asked = [str(part.content) for each in messages for part in each.parts if isinstance(part, UserPromptPart)]
    wishes: list[tuple[str, dict[str, Any]]] = []
    for found in _WISH.finditer(asked[-1]):
        if found["sent"]:
            wishes.append(("transfer", {"to": found["to"], "amount": _amount(found["sent"])}))
        elif found["paid_in"]:
            wishes.append(("deposit", {"amount": _amount(found["paid_in"])}))
        else:
            wishes.append(("check_balance", {}))
    return wishes


def _amount(text: str) -> float:
    return float(text.replace(",", ""))
