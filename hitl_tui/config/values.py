"""What can be set, each value with its default and what it may be.

Plain dataclasses, so that reading the defaults costs nothing; `hitl_tui.config.reading` lets pydantic validate a file
against them. A value that nobody set is its default.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, ClassVar, Literal

from hitl_tui.config.key_names import key_list
from hitl_tui.model.addresses import check_server
from hitl_tui.model.durations import parse_duration
from hitl_tui.model.kinds import InteractionType, Shelf, Sort, ThreadStatus

Digit = Literal["1", "2", "3", "4", "5", "6", "7", "8", "9"]

NARROWEST, WIDEST = 20, 80
"""Of the list, in percent of a wide screen."""
LONGEST_NAME = 40
_STRICT: dict[str, Any] = {"extra": "forbid", "strict": True, "allow_inf_nan": False}


@dataclass(frozen=True, slots=True)
class About:
    """What a value is for, and what it must be beyond its type: `limits` in words of JSON Schema, which pydantic
    enforces, and a `check` that raises `ValueError`.
    """

    words: str
    limits: Mapping[str, Any] = field(default_factory=dict)
    check: Callable[[Any], object] | None = None

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> Any:
        from pydantic_core import core_schema

        return core_schema.no_info_after_validator_function(self.checked, handler(source))

    def __get_pydantic_json_schema__(self, core: Any, handler: Any) -> Any:
        return {**handler(core), **self.limits, "description": self.words}

    def checked(self, value: Any) -> Any:
        """`value`, if it is within the limits. Raises `ValueError`."""
        if value is None:
            return value
        least, most = self.limits.get("minimum"), self.limits.get("maximum")
        if least is not None and not least <= value <= most:
            raise ValueError(f"must be from {least} to {most}")
        longest = self.limits.get("maxLength")
        if longest is not None and not (value.strip() and len(value) <= longest and value.isprintable()):
            raise ValueError(f"must be a text of 1 to {longest} characters in one line")
        if self.check is not None:
            self.check(value)
        return value


def _somebody(name: str) -> None:
    if name.strip().lower() == "system":
        raise ValueError("'system' stands for timeouts and policies; take another name")


def _keys(text: str) -> None:
    key_list(text)


_NAME = {"maxLength": LONGEST_NAME}


@dataclass(frozen=True, slots=True)
class View:
    """What alt+1 to alt+9 show: a shelf, what of it, and in which order. Lists that are empty restrict nothing."""

    __pydantic_config__: ClassVar[Any] = _STRICT

    name: Annotated[str, About("What the view is called", _NAME)]
    shelf: Annotated[Shelf, About("Which part of the inbox")] = "waiting"
    statuses: Annotated[tuple[ThreadStatus, ...], About("Only threads of these statuses")] = ()
    types: Annotated[tuple[InteractionType, ...], About("Only requests of these types")] = ()
    graphs: Annotated[tuple[str, ...], About("Only threads of these graphs")] = ()
    risks: Annotated[tuple[str, ...], About("Only requests of these risks")] = ()
    assignee: Annotated[
        str | None, About("Only what this person has; `me` is you, `nobody` is what nobody has", {"maxLength": 200})
    ] = None
    older_than: Annotated[
        str | None, About("Only what was asked, or started, so long ago or longer", check=parse_duration)
    ] = None
    text: Annotated[str | None, About("Only what has these words, as / finds them", {"maxLength": 200})] = None
    sort: Annotated[Sort, About("What comes first")] = "due"


@dataclass(frozen=True, slots=True)
class Notifications:
    """How a new request tells of itself while you look at another window; the terminal must report that."""

    __pydantic_config__: ClassVar[Any] = _STRICT

    bell: Annotated[bool, About("Ring the bell")] = False
    osc9: Annotated[bool, About("Ask the terminal for a notification (OSC 9)")] = False


@dataclass(frozen=True, slots=True)
class Worker:
    """Workers."""

    __pydantic_config__: ClassVar[Any] = _STRICT

    concurrency: Annotated[int, About("How many threads run at a time", {"minimum": 1, "maximum": 1000})] = 8


@dataclass(frozen=True, slots=True)
class Llm:
    """The language model of `llm` nodes that name none. Keys are never set here: they come from the environment."""

    __pydantic_config__: ClassVar[Any] = _STRICT

    model: Annotated[
        str | None, About("As pydantic-ai names it: provider:name, such as openai:gpt-5.2", {"maxLength": 200})
    ] = None
    base_url: Annotated[
        str | None, About("Where its server is, if not at the provider's", {"maxLength": 1000}, check_server)
    ] = None


@dataclass(frozen=True, slots=True)
class Prune:
    """What `hitl prune` keeps."""

    __pydantic_config__: ClassVar[Any] = _STRICT

    older_than: Annotated[str, About("How long after its end a thread keeps its details", check=parse_duration)] = "30d"


@dataclass(frozen=True, slots=True)
class Layout:
    """How the screen is divided."""

    __pydantic_config__: ClassVar[Any] = _STRICT

    list_width: Annotated[
        int, About("Width of the list in percent, on a wide screen", {"minimum": NARROWEST, "maximum": WIDEST})
    ] = 40


@dataclass(frozen=True, slots=True)
class Config:
    """All of `config.toml`."""

    __pydantic_config__: ClassVar[Any] = _STRICT

    actor: Annotated[str | None, About("Who you are; not set: your user name", {"maxLength": 200}, _somebody)] = None
    undo_seconds: Annotated[
        float, About("How long a decision can be taken back; 0: not at all", {"minimum": 0, "maximum": 3600})
    ] = 5.0
    theme: Annotated[str, About("A theme of hitl, or of a file themes/NAME.toml beside this one", _NAME)] = "hitl-dark"
    editor: Annotated[
        str | None,
        About(
            "The command of your editor; not set: $VISUAL, $EDITOR, or one that is there",
            {"maxLength": 1000},
            shlex.split,
        ),
    ] = None
    keys: Annotated[
        dict[str, Annotated[str, About("A key, or several with commas between", check=_keys)]],
        About("Other keys for what has a key, by its id"),
    ] = field(default_factory=dict)
    views: Annotated[dict[Digit, View], About("Saved views, shown by alt+1 to alt+9")] = field(default_factory=dict)
    notifications: Annotated[Notifications, About("News while you look elsewhere")] = Notifications()
    worker: Annotated[Worker, About("Workers, also the one that the inbox starts")] = Worker()
    llm: Annotated[Llm, About("Language models")] = Llm()
    prune: Annotated[Prune, About("`hitl prune`")] = Prune()
    layout: Annotated[Layout, About("The screen")] = Layout()


DEFAULTS = Config()
