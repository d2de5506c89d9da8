"""The agents that pass values on, put them into words, or say which way to go; none of them has an effect."""

from __future__ import annotations

from typing import Any

from hitl_tui.agents.base import BaseAgent, Failure
from hitl_tui.agents.interactions import InteractionAgent, outcome
from hitl_tui.graphs.templates import fill, show
from hitl_tui.model.kinds import InteractionType

_FALSE_WORDS = frozenset({"", "false", "f", "no", "n", "0", "off", "none", "null", "fail", "failed", "failure"})


class Input(InteractionAgent):
    """Values from outside: those given at the start, and the rest asked for as text inputs, one after the other.

    Output: the value; with several inputs a dict of them by name.
    """

    pure = True
    kind = InteractionType.TEXT_INPUT

    def process(self, inputs: dict[str, Any]) -> Any:
        """The value or values; asks for what is not set."""
        names = self.input_names or tuple(inputs) or (self.node_name,)
        values: dict[str, Any] = {}
        for name in names:
            value = inputs.get(name)
            if value is None:
                request = self.question_of(self.kind, values, self._prompt_for(name, alone=len(names) == 1))
                value = outcome(request, self.ask(request))
            if isinstance(value, Failure):
                return value
            values[name] = value
        return _whole(values)

    def _prompt_for(self, name: str, *, alone: bool) -> str:
        if not self.prompt_template:
            return f"Please enter '{name}'."
        return self.prompt if alone else f"{self.prompt} ({name})"


class Output(BaseAgent):
    """The node's prompt, filled; without a prompt, its input. Serves `output`, `default` and `success`."""

    pure = True

    def process(self, inputs: dict[str, Any]) -> Any:
        """The filled prompt; else the input, or several as a dict."""
        return self.prompt if self.prompt_template else _whole(inputs)


class Echo(BaseAgent):
    """The first input, as it is."""

    pure = True

    def process(self, inputs: dict[str, Any]) -> Any:
        """The value of the first input that is set, else the filled prompt, else None."""
        return next(iter(inputs.values()), self.prompt or None)


class AlwaysFails(BaseAgent):
    """Always takes the failure edge; the filled prompt is the message and the output."""

    pure = True

    def process(self, inputs: dict[str, Any]) -> Failure:
        """A `Failure`."""
        words = self.prompt or f"node '{self.node_name}' always fails"
        return Failure(words, output=words)


class Branching(BaseAgent):
    """Success where its first input is true, else failure; words such as `no`, `false` and `failed` are not true.

    Output: the input. An input without a value is not true; a node without any inputs succeeds, as in AgentMap.
    """

    pure = True

    def process(self, inputs: dict[str, Any]) -> Any:
        """The first input, or a `Failure` with it."""
        name = next(iter(self.input_names or tuple(inputs)), None)
        if name is None:
            return True
        value = inputs.get(name)
        if value and not (isinstance(value, str) and value.strip().lower() in _FALSE_WORDS):
            return value
        words = "is not set" if value is None else f"is {show(value) or 'empty'}"
        return Failure(f"'{name}' {words}", output=value)


class Summary(BaseAgent):
    """All inputs in one text.

    `context.format` is the template of an item, `{key}: {value}` where it is not given; `context.separator` stands
    between the items, an empty line where it is not given; `context.include_keys: false` leaves the names out. A
    prompt goes above.
    """

    pure = True

    def process(self, inputs: dict[str, Any]) -> str:
        """The text; empty where nothing is set."""
        with_keys = self.context.get("include_keys", True)
        template = str(self.context.get("format") or ("{key}: {value}" if with_keys else "{value}"))
        items = [
            fill(template, {"key": name, "value": show(value)}, {})
            for name, value in inputs.items()
            if value is not None
        ]
        separator = str(self.context.get("separator", "\n\n"))
        return separator.join([self.prompt, *items] if self.prompt else items)


def _whole(values: dict[str, Any]) -> Any:
    """One value by itself, several as a dict, none as None."""
    if len(values) == 1:
        return next(iter(values.values()))
    return dict(values) or None
