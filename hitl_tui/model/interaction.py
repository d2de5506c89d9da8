"""What a paused node asks, and the one answer to it."""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from hitl_tui.errors import InvalidState
from hitl_tui.model import batch, policy, risk
from hitl_tui.model.choices import takes_several
from hitl_tui.model.durations import LONGEST_SECONDS, parse_durations
from hitl_tui.model.jsontext import digest, same
from hitl_tui.model.kinds import ACTIONS, InteractionType
from hitl_tui.model.tool_call import DECISIONS, USUAL_DECISIONS, tool_call_of

RESPONSES = "responses"
"""The state key under which the data of every answer stands, by node."""


def is_of_answers(key: str) -> bool:
    """Whether a state key is `responses`, or is spelled like a path into it, which prompts may find as well."""
    return re.split(r"[.\[]", key, maxsplit=1)[0].strip() == RESPONSES


def refuse_answers(values: Iterable[str], where: str) -> None:
    """Raise `InvalidState` if values for the state would stand in the place of people's answers."""
    for key in filter(is_of_answers, values):
        message = f"{where}: '{key:.60}' holds the answers of people, and nothing else sets it"
        raise InvalidState(message, hint="give the field another name", field=key)


_SHOWN = ("interaction_type", "node_name", "prompt", "context", "options", "response_schema", "allowed", "risk")
"""What the digest is made of."""

_RANDOM = random.Random()  # noqa: S311 - an id, not a key
"""Our own, so that an agent which seeds the common one does not make the same ids again."""
# Python does so for the common one only: the children of a program would all make the same ids.
os.register_at_fork(after_in_child=_RANDOM.seed)


def new_id() -> UUID:
    """A random id. It identifies and need not be secret, so it does not cost a call of the system (`uuid4` does)."""
    return UUID(int=_RANDOM.getrandbits(128), version=4)


def _now() -> datetime:
    return datetime.now(UTC)


def _zoned(moment: datetime) -> datetime:
    """A time without a zone, as documents have it, is one in UTC."""
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_Moment = Annotated[datetime, AfterValidator(_zoned)]


def _fitting(kind: InteractionType, context: Mapping[str, Any]) -> tuple[str, ...]:
    """The actions of a type; the arguments of a tool call can be edited as well, or a message given for its result."""
    if kind is InteractionType.APPROVAL and tool_call_of(kind, context) is not None:
        return DECISIONS
    return ACTIONS[kind]


class HumanInteractionRequest(BaseModel):
    """One question to a person (row 2).

    The time of `timeout_seconds`, at most ten years, runs from when it is asked; `created_at` is that moment as soon as
    it is stored, whatever it was before. `allowed` narrows the actions that fit the type; `risk` is a word, and `high`
    or one of the five classes demands a reason for a rejection (D-1, row 101). `on_timeout` is a policy
    (`model/policy.py`). `response_schema` is the JSON Schema of the answer's data; `{"multiple": true}` in it lets a
    choice take several options, `{"batch": true}` makes an approval one of many items (`model/batch.py`). `remind` says
    how long before it is due a person is reminded: `"10m"`, or a list; it is kept in seconds, longest first. Unknown
    fields and unknown types are refused.
    """

    model_config = ConfigDict(extra="forbid", strict=True, validate_assignment=True)

    thread_id: str
    node_name: str
    interaction_type: InteractionType = Field(strict=False)
    prompt: str
    context: dict[str, Any] = Field(default_factory=dict)
    options: list[str] = Field(default_factory=list)
    timeout_seconds: int | None = Field(default=None, gt=0, le=LONGEST_SECONDS)
    allowed: list[str] = Field(default_factory=list)
    response_schema: dict[str, Any] | None = None
    risk: str | None = None
    require_reason: bool = False
    on_timeout: str | None = None
    remind: list[int] = Field(default_factory=list)
    id: UUID = Field(default_factory=new_id, strict=False)
    created_at: _Moment = Field(default_factory=_now, strict=False)

    @field_validator("allowed")
    @classmethod
    def _allowed_fits_type(cls, allowed: list[str], info: Any) -> list[str]:
        kind = info.data.get("interaction_type")
        if kind is None:
            return allowed
        actions = _fitting(kind, info.data.get("context", {}))
        strangers = [action for action in allowed if action not in actions]
        if strangers:
            fitting = ", ".join(actions)
            raise ValueError(f"{', '.join(strangers)} does not fit a {kind.value} request; fitting: {fitting}")
        return allowed

    @field_validator("risk")
    @classmethod
    def _in_one_spelling(cls, word: str | None) -> str | None:
        return None if word is None else risk.named(word)

    @field_validator("remind", mode="before")
    @classmethod
    def _in_seconds(cls, remind: Any) -> Any:
        return [] if remind in (None, []) else parse_durations(remind)

    @model_validator(mode="after")
    def _time_fits(self) -> Self:
        problem = policy.reminder_problem(self.remind, self.timeout_seconds)
        if problem:
            raise ValueError(f"remind: {problem}")
        if self.on_timeout is not None:
            problem = policy.problem_of(policy.parse(self.on_timeout), self.actions, self.options, self.risk)
            if problem:
                raise ValueError(f"on_timeout: {problem}")
        return self

    @model_validator(mode="after")
    def _has_its_items(self) -> Self:
        problem = batch.problem_of(self.interaction_type, self.context, self.response_schema)
        if problem:
            raise ValueError(problem)
        return self

    @property
    def items(self) -> list[Any] | None:
        """The items of a batch request, None for any other."""
        return batch.items_of(self.interaction_type, self.context, self.options, self.response_schema)

    @property
    def takes_several(self) -> bool:
        """Whether a choice takes several of its options."""
        return takes_several(self.interaction_type, self.response_schema)

    @property
    def actions(self) -> tuple[str, ...]:
        """The actions a reviewer may take, in their usual order."""
        fitting = _fitting(self.interaction_type, self.context)
        if not self.allowed and fitting == DECISIONS:
            return USUAL_DECISIONS
        return tuple(action for action in fitting if not self.allowed or action in self.allowed)

    @property
    def reason_required(self) -> bool:
        """Whether a rejection needs a reason: asked for, or high risk (D-1)."""
        return self.require_reason or risk.is_high(self.risk)

    def is_like(self, other: HumanInteractionRequest) -> bool:
        """Whether both have the same digest for certain, which takes a third of the time that computing it takes."""
        return all(same(getattr(self, name), getattr(other, name)) for name in _SHOWN)

    def digest(self) -> str:
        """Digest of what the reviewer is shown; an answer counts only for the request with the same digest.

        Times are not part of it: when somebody is reminded, and until when, changes nothing about what is approved.
        """
        return digest(
            {
                "type": self.interaction_type.value,
                "node": self.node_name,
                "prompt": self.prompt,
                "context": self.context,
                "options": self.options,
                "schema": self.response_schema,
                "allowed": list(self.actions),
                "risk": self.risk,
            }
        )


class HumanInteractionResponse(BaseModel):
    """The one answer to a request (row 3); `actor` is a person's name, or `system` for timeouts and policies."""

    model_config = ConfigDict(extra="forbid", strict=True)

    request_id: UUID = Field(strict=False)
    action: str
    data: dict[str, Any] | None = None
    actor: str = ""
    timestamp: _Moment = Field(default_factory=_now, strict=False)
