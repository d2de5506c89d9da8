"""Reading `config.toml`: all of it for the screen, one value of it for a command; a broken one is told, not obeyed."""

from __future__ import annotations

import errno
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_type_hints

from hitl_tui import locations
from hitl_tui.config import environment
from hitl_tui.config.problems import Problem, dotted
from hitl_tui.config.toml_lines import NotToml, line_of, parse
from hitl_tui.config.values import DEFAULTS, About, Config
from hitl_tui.errors import ConfigInvalid

_ALL_DEFAULTS = "correct it; until then all settings are their defaults"


@dataclass(frozen=True, slots=True)
class Loaded:
    """The settings in force; `given` are the places that the file sets rightly, `problems` what it or the
    environment sets wrongly.
    """

    config: Config = DEFAULTS
    given: frozenset[str] = frozenset()
    problems: tuple[Problem, ...] = ()
    text: str = ""

    def problem(self, path: tuple[str, ...], message: str, remedy: str) -> Problem:
        """Something that only the screen can know to be wrong: an id that nothing has, say."""
        return Problem(config_file(), line_of(self.text, path), dotted(path), message, remedy)


def without(loaded: Loaded, problems: Iterable[Problem]) -> Loaded:
    """The same where what the screen knows to be wrong (a theme, keys) has its default."""
    wrong = {problem.key for problem in problems if problem.file == config_file()}
    keys = {name: text for name, text in loaded.config.keys.items() if dotted(("keys", name)) not in wrong}
    theme = DEFAULTS.theme if "theme" in wrong else loaded.config.theme
    return replace(loaded, config=replace(loaded.config, keys=keys, theme=theme), given=loaded.given - wrong)


def config_file() -> Path:
    """Where the settings are."""
    return locations.config_dir() / "config.toml"


def load() -> Loaded:
    """The settings of this user. What is wrong in the file has its default, and is told, as is what is wrong in the
    environment; nothing is raised.
    """
    of_file = _load(config_file())
    return replace(of_file, problems=(*environment.problems(), *of_file.problems))


def _load(file: Path) -> Loaded:
    try:
        text, values = _read(file)
    except _Unreadable as error:
        return Loaded(problems=(error.problem,))
    if not values:
        return Loaded()
    from hitl_tui.config.validation import validate

    config, values, problems = validate(Config, values, text, file, _unit)
    return Loaded(config or DEFAULTS, frozenset(_places(values)), tuple(problems), text)


def one(name: str) -> Any:
    """The value of one setting such as `actor` or `prune.older_than`, None when the file does not set it.

    Reads no more than it must, so that quick commands stay quick. Raises `ConfigInvalid` when the file cannot be read,
    or that value is wrong; whatever else is wrong is none of its business.
    """
    file = config_file()
    try:
        text, values = _read(file)
    except _Unreadable as error:
        raise error.problem.as_error() from None
    path = tuple(name.split("."))
    value: Any = values
    for part in path:
        value = value.get(part) if isinstance(value, dict) else None
    if value is None:
        return None
    problem = _wrong(path, value, text, file)
    if problem is not None:
        raise problem.as_error()
    return value


def one_or_none(name: str) -> Any:
    """The same where a broken file must not be in the way."""
    try:
        return one(name)
    except ConfigInvalid:
        return None


class _Unreadable(Exception):
    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


def text_of(file: Path) -> str:
    """The text of a settings file. Raises `OSError`, also for a pipe: to read it would wait for ever."""
    if file.is_fifo():
        raise OSError(errno.EINVAL, "it is a pipe")
    return file.read_bytes().decode("utf-8")


def _read(file: Path) -> tuple[str, dict[str, Any]]:
    try:
        text = text_of(file)
    except FileNotFoundError:
        return "", {}
    except OSError as error:
        # `NotADirectoryError`: the folder of the settings is a file.
        message = f"cannot be read: {error.strerror or error}"
        raise _Unreadable(Problem(file, None, "", message, "make it readable for you, or remove it")) from None
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise _Unreadable(Problem(file, line, "", "is not UTF-8", "save it as UTF-8")) from None
    try:
        return text, parse(text)
    except NotToml as error:
        raise _Unreadable(Problem(file, error.line, "", f"is no TOML: {error}", _ALL_DEFAULTS)) from None


def _wrong(path: tuple[str, ...], value: Any, text: str, file: Path) -> Problem | None:
    """What is wrong with one value, by its type and by what is said about it; without pydantic."""
    kind: Any = Config
    about: About | None = None
    for part in path:
        annotated = get_type_hints(kind, include_extras=True)[part]
        kind, about = annotated.__origin__, annotated.__metadata__[0]
    wanted = int if kind is int else str
    line, key = line_of(text, path), ".".join(path)
    if not isinstance(value, wanted) or isinstance(value, bool):
        remedy = "it must be " + ("a whole number" if wanted is int else "a text in quotes")
        return Problem(file, line, key, f"is {str(value)[:40]!r}", remedy)
    try:
        assert about is not None
        about.checked(value)
    except ValueError as error:
        message, _, remedy = str(error).partition("; ")
        return Problem(file, line, key, message, remedy or "correct it, or take the line out")
    return None


def _unit(path: tuple[str, ...]) -> tuple[str, ...]:
    """A view without one of its restrictions would show more than was wanted: it goes as a whole."""
    return path[:2] if path[0] in ("views", "keys") else path


def _places(values: Mapping[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from (f"{name}.{inner}" for inner in value)
        else:
            yield name
