"""Tools: Python callables with typed arguments, whose JSON Schema comes from their signature."""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, create_model
from pydantic.errors import PydanticInvalidForJsonSchema, PydanticSchemaGenerationError, PydanticUserError
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import to_jsonable_python

from hitl_tui.agents.registry import TOOL_MARK, is_tool
from hitl_tui.errors import InvalidData

_NO_JSON = (PydanticSchemaGenerationError, PydanticInvalidForJsonSchema, PydanticUserError)
_LONGEST_NAME = 64
_EMPTY = inspect.Parameter.empty


@dataclass(frozen=True, slots=True)
class Tool:
    """A callable that an agent may call by name with arguments as JSON.

    `schema` is the JSON Schema of all its arguments; `defaults` are those of them that JSON has a form for.
    """

    name: str
    description: str
    function: Callable[..., Any]
    schema: dict[str, Any]
    defaults: dict[str, Any]
    _model: type[BaseModel]

    @classmethod
    def of(cls, function: Callable[..., Any] | Tool) -> Tool:
        """The tool that a callable is, under the name of `@tool` or its own.

        Raises `TypeError` for a signature whose arguments cannot be given by name as JSON.
        """
        if isinstance(function, Tool):
            return function
        name = getattr(function, TOOL_MARK, None) or getattr(function, "__name__", "")
        if not name:
            raise TypeError(f"{function!r} has no name; give it one: tool('its_name')(…)")
        if len(name) > _LONGEST_NAME or not name.isprintable():
            raise TypeError(f"tool {name!r:.80}: a name is 1 to {_LONGEST_NAME} printable characters")
        parameters, free = _parameters(name, function)
        fields: dict[str, Any] = {
            f"a{n}": (each.annotation if each.annotation is not _EMPTY else Any, _field(each))
            for n, each in enumerate(parameters)
        }
        config = ConfigDict(extra="allow" if free else "forbid")
        model = create_model(name, __config__=config, **fields)
        defaults = {each.name: value for each in parameters for value in _default(each)}
        return cls(name, _description(function), function, _schema(model), defaults, model)

    @property
    def is_async(self) -> bool:
        """Whether its result has to be awaited."""
        call = getattr(self.function, "__call__", None)  # noqa: B004 - an object may have an async one
        return inspect.iscoroutinefunction(self.function) or inspect.iscoroutinefunction(call)

    def arguments(self, args: Mapping[str, Any]) -> dict[str, Any]:
        """The Python values that the function takes for these JSON values; raises `InvalidData` naming the argument."""
        try:
            checked = self._model.model_validate(dict(args))
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            field = ".".join(map(str, first["loc"]))
            raise InvalidData(f"{field}: {first['msg']}" if field else first["msg"], field=field) from None
        names = {name: str(field.alias) for name, field in self._model.model_fields.items()}
        given = {names[name]: getattr(checked, name) for name in names if name in checked.model_fields_set}
        return given | (checked.model_extra or {})


def tools_of(functions: Iterable[Callable[..., Any] | Tool]) -> dict[str, Tool]:
    """Tools by name; raises `ValueError` where two have the same."""
    tools: dict[str, Tool] = {}
    for function in functions:
        tool = Tool.of(function)
        if tool.name in tools:
            raise ValueError(f"two tools are called '{tool.name}'; give one another name: @tool('its_name')")
        tools[tool.name] = tool
    return tools


def as_json(value: Any) -> Any:
    """`value` as plain JSON values: models and dataclasses as objects, times as ISO 8601, anything unknown as text."""
    try:
        return to_jsonable_python(value, fallback=str, bytes_mode="base64", inf_nan_mode="strings")
    except (ValueError, RecursionError):
        return str(value)


class _Untitled(GenerateJsonSchema):
    """Without titles made up from names: a person and a model read the arguments' own names."""

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False


def _parameters(name: str, function: Callable[..., Any]) -> tuple[list[inspect.Parameter], bool]:
    """The parameters that are given by name, and whether it takes any other (`**kwargs`)."""
    taken, free = [], False
    for each in inspect.signature(function, eval_str=True).parameters.values():
        if each.kind is inspect.Parameter.VAR_KEYWORD:
            free = True
        elif each.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.POSITIONAL_ONLY):
            raise TypeError(
                f"tool '{name}': '{each.name}' cannot be given by name; wrap it in a function that names it"
            )
        elif _has_json(each.annotation):
            taken.append(each)
        elif each.default is _EMPTY:
            raise TypeError(
                f"tool '{name}': JSON has no form for the type of '{each.name}'; "
                f"give it a default, or bind it with functools.partial"
            )
    return taken, free


def _has_json(annotation: Any) -> bool:
    try:
        TypeAdapter(Any if annotation is _EMPTY else annotation).json_schema()
    except _NO_JSON:
        return False
    return True


def _field(parameter: inspect.Parameter) -> Any:
    if parameter.default is _EMPTY:
        return Field(alias=parameter.name)
    return Field(default=parameter.default, alias=parameter.name)


def _default(parameter: inspect.Parameter) -> list[Any]:
    """The default as JSON, if it has one that also may be given."""
    if parameter.default is _EMPTY:
        return []
    value = as_json(parameter.default)
    try:
        annotation = Any if parameter.annotation is _EMPTY else parameter.annotation
        same = bool(TypeAdapter(annotation).validate_python(value) == parameter.default)
    except ValidationError:
        same = False
    return [value] if same else []


def _schema(model: type[BaseModel]) -> dict[str, Any]:
    with warnings.catch_warnings():
        # A default that JSON has no form for is left out, and pydantic says so.
        warnings.simplefilter("ignore")
        schema = model.model_json_schema(schema_generator=_Untitled)
    for part in (schema, *schema.get("$defs", {}).values()):
        part.pop("title", None)
    schema.setdefault("properties", {})
    return schema


def _description(function: Callable[..., Any]) -> str:
    text = inspect.getdoc(function) if inspect.isroutine(function) or is_tool(function) else None
    return (text or "").strip()
