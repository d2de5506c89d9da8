"""The typed state of a workflow that is written in Python: what its steps read and change, and what is stored of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, TypeVar, get_args

import pydantic_core
from pydantic import (
    BaseModel,
    ConfigDict,
    PrivateAttr,
    Secret,
    SecretBytes,
    SecretStr,
    ValidationError,
    model_validator,
)

from hitl_tui.errors import InvalidState, NotSerialisable
from hitl_tui.model.approval_record import MAY_BE_NONE
from hitl_tui.model.jsontext import to_json

_AS_THEY_ARE = (str, int, float, bool, type(None), datetime)


State = TypeVar("State", bound="StateModel")


class StateModel(BaseModel):
    """Base of a workflow's state: a pydantic model whose values can be stored as JSON (datetimes stay datetimes).

    What a person or a program adds under other names, such as `approval_notes`, is kept; say
    `model_config = ConfigDict(extra="forbid")` to refuse it. `note: str = None` means that the note may be missing.
    """

    model_config = ConfigDict(extra="allow", populate_by_name=True)

    _next: str | None = PrivateAttr(default=None)
    _error: str | None = PrivateAttr(default=None)

    def set_next(self, label: str) -> None:
        """Choose the path of the `.branch({...})` that follows this step; raises `TypeError` for what is no text."""
        if not isinstance(label, str):
            raise TypeError(f"set_next({label!r:.60}): give the label of a path as a text")
        self._next = label

    def set_error(self, message: str) -> None:
        """Let this step fail with the message: nothing after it runs, until somebody mends the state and resumes."""
        self._error = message

    @model_validator(mode="before")
    @classmethod
    def _missing_where_none(cls, values: Any) -> Any:
        """A field whose default is None may be None, whatever its type says: so it is written in many a model.

        So may what a decision leaves as None, such as the notes that nobody wrote: there the model's default is read.
        """
        if not isinstance(values, dict):
            return values
        fields = cls.model_fields
        unset = {
            name
            for name, value in values.items()
            if value is None
            and name in fields
            and not fields[name].is_required()
            and (fields[name].default is None or name in MAY_BE_NONE)
        }
        return {name: value for name, value in values.items() if name not in unset} if unset else values


def read_state(model: type[State], values: Mapping[str, Any], where: str, *, strict: bool | None = False) -> State:
    """A state of that model with these values; `strict=None` reads as strictly as the model says.

    A value under the name of a field goes before one under its alias. Raises `InvalidState` naming `where` and the
    first field that does not fit.
    """
    try:
        # What is stored is JSON, and stands under the names of the fields.
        return model.model_validate(_once(model, values), strict=strict, by_name=True, by_alias=True)
    except ValidationError as error:
        raise _invalid(error, where) from None


def by_field(model: type[StateModel], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values under the names of their fields, where aliases are given: so they go over what is stored."""
    names = _names(model)
    return {names.get(key, key): value for key, value in _once(model, values).items()}


def stored(state: StateModel) -> dict[str, Any]:
    """The values as they are stored: JSON and datetimes.

    Raises `NotSerialisable` naming the field, e.g. `state.database_connection` (row 165).
    """
    values = state.model_dump(warnings=False, round_trip=True, by_alias=False)
    return {key: _field(value, f"state.{key}") for key, value in values.items()}


def excluded_field(kind: Any, known: frozenset[type] = frozenset()) -> str | None:
    """The first field with exclude=True of a model, or of the models in a type, such as `card.pin`."""
    # `type Cards = list[Card]` has what it stands for as its value.
    kind = getattr(kind, "__value__", kind)
    if not isinstance(kind, type) or not issubclass(kind, BaseModel):
        return next(filter(None, (excluded_field(part, known) for part in get_args(kind))), None)
    if kind in known:
        return None
    for name, field in kind.model_fields.items():
        if field.exclude:
            return name
        inner = excluded_field(field.annotation, known | {kind})
        if inner is not None:
            return f"{name}.{inner}"
    return None


def refuse_unsteady(model: type[StateModel], values: Mapping[str, Any]) -> None:
    """Raise `InvalidState` naming the field where the model gives other values for those that it gave before.

    A step reads them several times, so each would change what no step touches.
    """
    where = "what is stored of the input does not fit the state"
    # Defaults are validated for the first time here.
    once = stored(read_state(model, values, where))
    again = stored(read_state(model, once, where))
    for name, value in once.items():
        if to_json(value, f"state.{name}") != to_json(again.get(name), f"state.{name}"):
            raise InvalidState(
                f"the validator of '{name}' changes a value that it has given itself",
                hint="let it leave that alone: a step reads the state several times",
                field=name,
            )


def chosen(state: StateModel) -> str | None:
    """The label that `set_next` chose."""
    return state._next


def problem_of(state: StateModel) -> str | None:
    """The message of `set_error`."""
    return state._error


def _once(model: type[StateModel], values: Mapping[str, Any]) -> dict[str, Any]:
    # pydantic reads the alias first: what a run was started with would hide all that its steps have changed.
    names = _names(model)
    return {key: value for key, value in values.items() if names.get(key) not in values}


def _names(model: type[StateModel]) -> dict[str, str]:
    """The names of the fields by their aliases."""
    aliases = {name: field.validation_alias for name, field in model.model_fields.items()}
    return {
        alias: name for name, alias in aliases.items() if isinstance(alias, str) and alias not in model.model_fields
    }


def _invalid(error: ValidationError, where: str) -> InvalidState:
    found = error.errors(include_url=False, include_context=False)
    field = ".".join(str(part) for part in found[0]["loc"]) or "state"
    more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
    return InvalidState(f"{where}: {field}: {found[0]['msg']}{more}", field=field)


def _field(value: Any, where: str) -> Any:
    try:
        return _storable(value, where)
    except RecursionError:
        raise NotSerialisable(
            f"{where} is nested too deeply to be stored, or contains itself",
            hint="flatten it, or store it as a text",
            field=where,
        ) from None


def _storable(value: Any, where: str) -> Any:
    """JSON and datetimes; what pydantic knows how to write as JSON (dates, decimals, enums, …) is written so."""
    if type(value) in _AS_THEY_ARE:
        return value
    if isinstance(value, dict):
        return {_key(key, where): _storable(item, f"{where}.{key}") for key, item in value.items()}
    if isinstance(value, list | tuple | deque):
        return [_storable(item, f"{where}[{index}]") for index, item in enumerate(value)]
    if isinstance(value, set | frozenset):
        # The order of a set is another one when it is read again, and would look like a change.
        items = [_storable(item, f"{where}[{index}]") for index, item in enumerate(value)]
        return sorted(items, key=lambda item: to_json(item, where))
    if isinstance(value, Iterator):
        # pydantic would read it to its end.
        raise _not_storable("an open file, or another iterator", where)
    if isinstance(value, SecretStr | SecretBytes | Secret):
        # pydantic would write asterisks, and the next step would read those.
        raise NotSerialisable(
            f"{where} is a {type(value).__name__}, and a secret is not stored",
            hint="read it in the step that needs it, from the environment, and keep it out of the state",
            field=where,
        )
    try:
        return pydantic_core.to_jsonable_python(value)
    except ValueError:
        raise _not_storable(f"a {type(value).__name__}", where) from None


def _not_storable(kind: str, where: str) -> NotSerialisable:
    return NotSerialisable(
        f"{where} is {kind}, which cannot be stored as JSON",
        hint="open connections and files inside of the step, and keep what they are named by in the state",
        field=where,
    )


def _key(key: Any, where: str) -> str:
    if isinstance(key, str):
        return key
    try:
        plain = pydantic_core.to_jsonable_python(key)
    except ValueError:
        plain = None
    if isinstance(plain, str | int | float):
        return str(plain)
    raise NotSerialisable(
        f"{where} has the key {key!r:.60}, which is a {type(key).__name__}", hint="use texts as keys", field=where
    )
