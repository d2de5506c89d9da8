"""The fluent builder: a workflow as a chain of calls, `start().then(f).interrupt().branch({…}).merge(g).end()`.

A `Path` only notes what was said; `fluent_graphs` makes the graph of it, the same as a file would.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from hitl_tui.errors import InvalidGraph

Step = Callable[[Any], Any]
"""A method or function of the state, sync or async."""
PAUSE = "pause"
"""Begins the output of a step that has paused from inside; no branch may have a label like that."""


@dataclass(frozen=True, slots=True)
class Do:
    """Run a step."""

    step: Step
    name: str


@dataclass(frozen=True, slots=True)
class Interrupt:
    """Pause after what came before. `settings` are those of an approval in a file, such as `timeout` and `risk`."""

    prompt: str = ""
    name: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Branch:
    """Take the path of the label that was chosen."""

    paths: dict[str, Path]


@dataclass(frozen=True, slots=True)
class Parallel:
    """Take all paths, and go on when each is at its end."""

    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """Take the path, then again, until the condition holds."""

    path: Path
    until: Step
    name: str
    max_visits: int | None


Piece = Do | Interrupt | Branch | Parallel | Loop


class Path:
    """What runs one after the other; each call adds to it and returns it.

    A path is begun by `Workflow.start()`, or for a branch by `Workflow.then(step)`. Whatever is wrong with it raises
    `InvalidGraph` naming the step and the remedy, here or when the graph is built.
    """

    def __init__(self, workflow: str) -> None:
        self.workflow = workflow
        self.pieces: list[Piece] = []
        self.is_ended = False
        self.is_used = False

    def then(self, step: Step, *, name: str | None = None) -> Path:
        """Run a step after what came before; `name` is another than the function's, for its second place."""
        return self._add(Do(step, name or self._name_of(step)))

    def interrupt(
        self,
        prompt: str = "",
        *,
        name: str | None = None,
        risk: str | None = None,
        timeout: str | int | None = None,
        on_timeout: str | None = None,
        require_reason: bool | None = None,
        remind: str | list[str] | None = None,
    ) -> Path:
        """Pause here until a person approves in the inbox, or a program calls `resume`.

        `prompt` is what the person is asked, with `{field}` of the state filled in; the rest is as in a workflow file:
        `timeout` is `"30m"`, seconds, or `"never"` (default 24 hours). A rejection takes the branch `rejected` that
        follows, and ends the workflow where there is none.
        """
        given = {
            "risk": risk,
            "timeout": timeout,
            "on_timeout": on_timeout,
            "require_reason": require_reason,
            "remind": remind,
        }
        return self._add(Interrupt(prompt, name, {key: value for key, value in given.items() if value is not None}))

    def branch(self, branches: Mapping[str, Step | Path]) -> Path:
        """Take one of several paths; all of them lead on to what follows.

        The step before chooses with `state.set_next(label)`. After an interrupt the labels may be `approved` and
        `rejected`: then the person's answer chooses.
        """
        given: Any = branches
        if not isinstance(given, Mapping) or not given:
            raise self._wrong(".branch() needs its paths", ".branch({'label': self.step, …})")
        for label in given:
            if not isinstance(label, str) or not label.strip() or label.startswith(PAUSE):
                raise self._wrong(
                    f".branch() has the label {label!r}", f"labels are texts, and none begins with '{PAUSE}'"
                )
        return self._add(Branch({label: self._path_of(path) for label, path in branches.items()}))

    def merge(self, step: Step, *, name: str | None = None) -> Path:
        """The step at which the paths of a branch, or parallel ones, come together."""
        if not self.pieces or not isinstance(self.pieces[-1], Branch | Parallel):
            raise self._wrong(
                f".merge({self._name_of(step)}) follows neither .branch() nor .parallel()", "write .then() here"
            )
        return self.then(step, name=name)

    def loop(self, body: Step | Path, *, until: Step, name: str | None = None, max_visits: int | None = None) -> Path:
        """Run the body, and again until `until(state)` is true.

        A body that would run more than `max_visits` times in one thread fails the workflow (10,000 where nothing is
        said); for a loop inside another, all rounds of that one count together.
        """
        if not callable(until):
            raise self._wrong(f".loop() has until={until!r:.60}", "give a function of the state that returns a bool")
        most: Any = max_visits
        if most is not None and (not isinstance(most, int) or most < 1):
            raise self._wrong(f".loop() has max_visits={most!r:.60}", "give a whole number from 1")
        path = self._path_of(body)
        return self._add(Loop(path, until, name or f"repeat_{path.first_name}", max_visits))

    def parallel(self, *paths: Step | Path) -> Path:
        """Run several steps, or paths of steps, at the same time, and go on when all have ended."""
        if len(paths) < 2:
            raise self._wrong(".parallel() has fewer than two paths", "write .then() for a single step")
        return self._add(Parallel(tuple(self._path_of(path) for path in paths)))

    def end(self) -> Path:
        """The end of the workflow; `build_graph` returns this."""
        if not self.pieces:
            raise self._wrong("the workflow has no steps", "write self.start().then(self.first_step)… before .end()")
        self.is_ended = True
        return self

    @property
    def first_name(self) -> str:
        """The name of the first step, for messages and names."""
        if not self.pieces:
            return "nothing"
        match self.pieces[0]:
            case Do(name=name) | Loop(name=name):
                return name
            case Parallel(paths=paths):
                return paths[0].first_name
            case piece:
                return type(piece).__name__.lower()

    def _add(self, piece: Piece) -> Path:
        if self.is_ended:
            raise self._wrong(f"{_said(piece)} comes after .end()", "nothing runs after the end: put it before")
        if self.is_used:
            raise self._wrong(f"{_said(piece)} is added to a path that is part of another", "build the path first")
        self.pieces.append(piece)
        return self

    def _path_of(self, path: Step | Path) -> Path:
        if not isinstance(path, Path):
            path = Path(self.workflow).then(path)
        name = path.first_name
        if path is self or path.is_used:
            raise self._wrong(f"the path that begins with '{name}' stands in two places", "build it for each of them")
        if path.is_ended:
            raise self._wrong(
                f"the path that begins with '{name}' has an .end()", "leave it out: every path leads on to what follows"
            )
        path.is_used = True
        return path

    def _name_of(self, step: Any) -> str:
        name = getattr(step, "__name__", "")
        if not callable(step) or isinstance(step, type) or not name.isidentifier():
            raise self._wrong(
                f"{step!r:.60} is no step",
                "give a method or function by its name, without calling it: .then(self.step)",
            )
        return str(name)

    def _wrong(self, what: str, remedy: str) -> InvalidGraph:
        return InvalidGraph(f"workflow {self.workflow}: {what}; {remedy}", graph=self.workflow)


def _said(piece: Piece) -> str:
    match piece:
        case Do(name=name):
            return f".then({name})"
        case _:
            return f".{type(piece).__name__.lower()}()"
