"""Which answer area a request gets: mostly that of its type, and one of its own where it asks for more."""

from __future__ import annotations

from collections.abc import Callable

from hitl_tui.inbox.views import PendingView
from hitl_tui.model import batch
from hitl_tui.model.data_schema import OUR_WORDS
from hitl_tui.model.tool_call import tool_call_of
from hitl_tui.tui.widgets.answer import Answer
from hitl_tui.tui.widgets.batch_answer import BatchAnswer
from hitl_tui.tui.widgets.form_answer import FormAnswer
from hitl_tui.tui.widgets.review_answer import ReviewAnswer

MORE_ANSWERS: dict[str, Callable[[], Answer]] = {"form": FormAnswer, "review": ReviewAnswer, "batch": BatchAnswer}
"""The areas beside those of the five types."""


def answer_kind(request: PendingView) -> str:
    """A key of `MORE_ANSWERS`, or the request's type."""
    if batch.items_of(request.type, request.context, request.options, request.schema) is not None:
        return "batch"
    asks = bool(request.schema) and not (request.schema or {}).keys() <= OUR_WORDS
    if request.type == "text_input" and asks:
        return "form"
    if request.type == "approval" and (asks or tool_call_of(request.type, request.context) is not None):
        return "review"
    return request.type
