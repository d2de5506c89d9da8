"""The agents that ask a person: the five `*_interaction` types, `human` and `suspend`.

The prompt of the request is the node's, filled. Its context is what the reviewer sees: the node's context without the
settings (`hitl_tui.graphs.settings`), and the node's inputs.
"""

from __future__ import annotations

from typing import Any, ClassVar

from hitl_tui.agents.base import BaseAgent, Failure
from hitl_tui.agents.refusing import refusing
from hitl_tui.errors import InvalidGraph
from hitl_tui.graphs.settings import SETTINGS, settle
from hitl_tui.graphs.templates import show
from hitl_tui.model import batch
from hitl_tui.model.answer import ends_conversation, output_of
from hitl_tui.model.interaction import HumanInteractionRequest, HumanInteractionResponse
from hitl_tui.model.kinds import InteractionType
from hitl_tui.model.policy import DEFAULT_TIMEOUTS

TIMEOUT_ACTION = "timeout"
"""The action that a stored response has when nobody answered in time (row 65)."""

POSTED_AGENT = "posted"
"""The type of the one node of a thread that a script started by displaying a request."""

_DEFAULT_PROMPTS = {
    InteractionType.APPROVAL: "Approve '{node}'?",
    InteractionType.EDIT: "Please edit this.",
    InteractionType.CHOICE: "Please choose.",
    InteractionType.TEXT_INPUT: "Please answer.",
    InteractionType.CONVERSATION: "What would you like to say?",
}


class InteractionAgent(BaseAgent):
    """Asks one question, and turns the answer into the node's output.

    A rejection, a timeout and the end of a conversation take the failure edge (architecture, "Routing").
    """

    kind: ClassVar[InteractionType]

    def process(self, inputs: dict[str, Any]) -> Any:
        """The output of `output_of`, or a `Failure`; raises `InvalidGraph` for settings that make no sense."""
        request = self.question(inputs)
        return outcome(request, self.ask(request))

    def question(self, inputs: dict[str, Any]) -> HumanInteractionRequest:
        """What this node asks."""
        return self.question_of(self.kind, inputs, self.prompt)

    def question_of(self, kind: InteractionType, inputs: dict[str, Any], prompt: str) -> HumanInteractionRequest:
        """A question of the type `kind` with the node's settings, that shows these inputs."""
        refuse = refusing(self)
        settings = settle(self.context, refuse)
        options, shown = _options(settings, inputs) if kind is InteractionType.CHOICE else ([], inputs)
        if kind is InteractionType.CHOICE and not options:
            refuse("options", "a choice needs options, and neither the context nor an input has any")
        context = {name: value for name, value in settings.items() if name not in SETTINGS} | shown
        if kind is InteractionType.EDIT and "original_content" not in context and inputs:
            context["original_content"] = show(next(iter(inputs.values())))
        schema = _schema(settings, kind)
        problem = batch.problem_of(kind, context, schema)
        if problem:
            refuse("items", problem)
        return self.request(
            kind,
            prompt or _DEFAULT_PROMPTS[kind].format(node=self.node_name),
            context=context,
            options=options,
            timeout_seconds=settings.get("timeout_seconds", self.default_timeout(kind)),
            allowed=settings.get("allowed", []),
            response_schema=schema,
            risk=settings.get("risk"),
            require_reason=settings.get("require_reason", False),
            on_timeout=settings.get("on_timeout"),
            remind=settings.get("remind", []),
        )

    def default_timeout(self, kind: InteractionType) -> int | None:
        """Seconds to wait where the node has no timeout of its own."""
        return DEFAULT_TIMEOUTS[kind]


class ApprovalInteraction(InteractionAgent):
    """Approve or reject. Output: `"approve"`, or `"reject"` on the failure edge."""

    pure = True
    kind = InteractionType.APPROVAL


class EditInteraction(InteractionAgent):
    """Edit a text: `context.original_content`, else the first input. Output: the edited text."""

    pure = True
    kind = InteractionType.EDIT


class ChoiceInteraction(InteractionAgent):
    """Choose of `context.options`, else of an input that is a list of texts. Output: the option's text.

    With `context.multiple` several can be chosen, and the output is the list of their texts.
    """

    pure = True
    kind = InteractionType.CHOICE


class TextInputInteraction(InteractionAgent):
    """Write a text. Output: the text, or the whole answer where it has more keys."""

    pure = True
    kind = InteractionType.TEXT_INPUT


class ConversationInteraction(InteractionAgent):
    """One turn of a conversation. Output: the message; ending it takes the failure edge (row 32, D-2)."""

    pure = True
    kind = InteractionType.CONVERSATION


class Human(InteractionAgent):
    """Asks for whatever `context.interaction_type` says, `text_input` where it says nothing."""

    pure = True

    def question(self, inputs: dict[str, Any]) -> HumanInteractionRequest:
        """What this node asks."""
        kind = settle(self.context, refusing(self)).get("interaction_type", InteractionType.TEXT_INPUT)
        return self.question_of(InteractionType(kind), inputs, self.prompt)


class Suspend(InteractionAgent):
    """Waits until anyone, a person or a script, resumes the thread with a text; for ever, unless a timeout is given."""

    pure = True
    kind = InteractionType.TEXT_INPUT

    def question(self, inputs: dict[str, Any]) -> HumanInteractionRequest:
        """What this node asks."""
        prompt = self.prompt or f"Suspended at '{self.node_name}'; any text resumes it."
        return self.question_of(self.kind, inputs, prompt)

    def default_timeout(self, kind: InteractionType) -> int | None:
        """No limit: what is waited for happens outside."""
        return None


class Posted(InteractionAgent):
    """Asks the request that a script made, which is its input; nobody writes it into a workflow."""

    pure = True

    def question(self, inputs: dict[str, Any]) -> HumanInteractionRequest:
        """The request as it was made; in a fork of its thread another one that asks the same."""
        fields = inputs.get("request")
        if not isinstance(fields, dict):
            raise InvalidGraph(f"node '{self.node_name}': the agent type '{POSTED_AGENT}' is for scripts only")
        ours = self.execution_context.thread_id
        if fields["thread_id"] != ours:
            fields = {name: value for name, value in fields.items() if name != "id"} | {"thread_id": ours}
        return HumanInteractionRequest(**fields)


def outcome(request: HumanInteractionRequest, response: HumanInteractionResponse) -> Any:
    """The output of an interaction node for the recorded response, or the `Failure` that it means."""
    data = response.data or {}
    if response.action == TIMEOUT_ACTION:
        return Failure(f"nobody answered '{request.node_name}' in time", kind="timed_out")
    if response.action == "reject":
        return Failure(str(data.get("reason") or ""), output="reject", kind="rejected")
    if ends_conversation(request, data):
        # Without last words, the output field keeps what was said before.
        return Failure("the conversation was ended", output=data.get("message") or None, kind="ended")
    return output_of(request, response.action, data)


def _schema(settings: dict[str, Any], kind: InteractionType) -> dict[str, Any] | None:
    """The schema of the answer; that a choice takes several options stands in it as well."""
    schema: dict[str, Any] | None = settings.get("schema")
    if kind is InteractionType.CHOICE and settings.get("multiple"):
        return {**(schema or {}), "multiple": True}
    return schema


def _options(settings: dict[str, Any], inputs: dict[str, Any]) -> tuple[list[str], dict[str, Any]]:
    """The options of a choice, and the inputs that are left to show."""
    if settings.get("options"):
        return settings["options"], inputs
    # `options` before any other list of texts.
    for name in sorted(inputs, key=lambda name: name != "options"):
        value = inputs[name]
        if isinstance(value, list) and value and all(isinstance(item, str) for item in value):
            return value, {other: shown for other, shown in inputs.items() if other != name}
    return [], inputs
