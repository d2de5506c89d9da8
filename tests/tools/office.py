"""Tools that note what they were called with, and an agent that calls them."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, BaseModel

from hitl_tui.agents import BaseAgent, NotDone


class Urgency(enum.Enum):
    LOW = "low"
    HIGH = "high"


@dataclass
class Person:
    name: str
    mail: str | None = None


class Options(BaseModel):
    retries: int = 3


def _business(address: str) -> str:
    if "@" not in address:
        raise ValueError("an address has an @")
    return address


Address = Annotated[str, AfterValidator(_business)]
DOCUMENT = {
    "send_email": {"allowed_decisions": ["approve", "edit", "reject"]},
    "delete_file": {"allowed_decisions": ["approve", "reject"]},
}
"""`interrupt_on` as spec 002 prints it (Basic Configuration)."""


class Office:
    """The tools; `calls` is what they were called with, in order."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.troubles: list[Exception] = []

    def send_email(self, to: Address, subject: str, body: str = "") -> str:
        """Send an email to specified recipient."""
        self.calls.append(("send_email", to, subject, body))
        if self.troubles:
            raise self.troubles.pop(0)
        return f"sent to {to}"

    def delete_file(self, path: str) -> str:
        """Delete a file from the filesystem."""
        self.calls.append(("delete_file", path))
        return "File deleted"

    def read_file(self, path: str) -> str:
        self.calls.append(("read_file", path))
        return f"content of {path}"

    def greet(self, name: str) -> None:
        self.calls.append(("greet", name))

    async def plan(
        self,
        who: Person,
        urgency: Urgency,
        hours: float,
        count: int,
        options: Options | None = None,
        tags: tuple[str, ...] = (),
    ) -> Person:
        self.calls.append(("plan", who, urgency, hours, count, options, tags))
        return who

    def batch_delete(self, items: list[str]) -> int:
        self.calls.append(("batch_delete", *items))
        return len(items)

    def nothing(self) -> None:
        self.calls.append(("nothing",))
        raise NotDone("the server is closed today")

    @property
    def tools(self) -> list[Any]:
        return [
            self.send_email,
            self.delete_file,
            self.read_file,
            self.greet,
            self.plan,
            self.batch_delete,
            self.nothing,
        ]


class Caller(BaseAgent):
    """Makes the calls of its input, and gives their results."""

    office: ClassVar[Office]
    policy: ClassVar[Any] = DOCUMENT

    async def process(self, inputs: dict[str, Any]) -> Any:
        results = await self.acall_tools(self.office.tools, inputs["calls"], self.policy)
        return [[each.tool, each.status, each.content] for each in results]


def caller(policy: Any = DOCUMENT) -> type[Caller]:
    """The agent with an office of its own."""
    return type("Caller", (Caller,), {"office": Office(), "policy": policy})


def call(name: str, /, **args: Any) -> dict[str, Any]:
    return {"name": name, "args": args}


MAIL = call("send_email", to="ann@example.org", subject="Hello")
