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

    kind = InteractionType.TEXT_INPUT

    def process(self, inputs: dict[str, Any]) -> Any:
        """The value or values; asks for what is not set."""
        values: dict[str, Any] = {}
        for name in self.input_names or tuple(inputs) or (self.node_name,):
            if inputs.get(name) is None:
                request = self.pose_as(self.kind, {}, f"Please enter '{name}'.")
                answer = outcome(request, self.ask(request))
                if isinstance(answer, Failure):
                    return answer
                values[name] = answer
            else:
                values[name] = inputs[name]
        return _whole(values)


class Output(BaseAgent):
    """The node's prompt, filled; without a prompt, its input. Also what a node without an agent type does."""

    def process(self, inputs: dict[str, Any]) -> Any:
        """The filled prompt; else the input, or several as a dict."""
        return self.prompt if self.prompt_template else _whole(inputs)


class Echo(BaseAgent):
    """The first input, as it is."""

    def process(self, inputs: dict[str, Any]) -> Any:
        """The value of the first input that is set, else None."""
        return next(iter(inputs.values()), None)


class Success(Output):
    """Always takes the success edge: the way of `output` to say so in a graph."""


class AlwaysFails(BaseAgent):
    """Always takes the failure edge; the filled prompt is the message and the output."""

    def process(self, inputs: dict[str, Any]) -> Failure:
        """A `Failure`."""
        words = self.prompt or f"node '{self.node_name}' always fails"
        return Failure(words, output=words)


class Branching(BaseAgent):
    """Success where its first input is true, else failure; words such as `no`, `false` and `failed` are not true.

    Output: the input. Without any input it succeeds, as AgentMap's agent of that name does.
    """

    def process(self, inputs: dict[str, Any]) -> Any:
        """The first input, or a `Failure` with it."""
        if not inputs:
            return True
        name, value = next(iter(inputs.items()))
        if value and not (isinstance(value, str) and value.strip().lower() in _FALSE_WORDS):
            return value
        return Failure(f"'{name}' is {show(value)}", output=value)


class Summary(BaseAgent):
    """All inputs in one text.

    `context.format` is the template of an item, `{key}: {value}` where it is not given; `context.separator` stands
    between the items, an empty line where it is not given; `context.include_keys: false` leaves the names out. A
    prompt goes above.
    """

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
