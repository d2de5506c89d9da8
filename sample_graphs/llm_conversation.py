"""In place of a model for the conversation sample: it listens, asks, and sums up; offline, and always the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hitl_tui import llm_model

if TYPE_CHECKING:
    from pydantic_ai.messages import ModelMessage, ModelResponse
    from pydantic_ai.models.function import AgentInfo

_QUESTIONS = (
    "What would be better afterwards?",
    "Who would notice first if it went wrong?",
    "What is the smallest step that would tell you more?",
)


@llm_model("offline_chat")
def offline_chat(messages: list[ModelMessage], info: AgentInfo) -> ModelResponse:
    """The next question; asked to sum up, everything that the person said."""
    from pydantic_ai.messages import ModelResponse, TextPart, UserPromptPart

    said = [str(part.content) for each in messages for part in each.parts if isinstance(part, UserPromptPart)]
    *earlier, newest = said
    if newest.startswith("Sum up"):
        lines = [f"{number}. {text}" for number, text in enumerate(earlier, 1)]
        return ModelResponse(parts=[TextPart("\n".join(["What you said:", *lines]))])
    question = _QUESTIONS[len(earlier) % len(_QUESTIONS)]
    return ModelResponse(parts=[TextPart(f"You said: {newest.rstrip('.')}. {question}")])
