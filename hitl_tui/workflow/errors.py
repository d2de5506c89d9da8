"""How a workflow's run can end other than with a result."""

from __future__ import annotations

import builtins
from collections.abc import Sequence
from typing import TYPE_CHECKING

from hitl_tui.errors import HitlError

if TYPE_CHECKING:
    from hitl_tui.inbox.views import PendingView, ThreadView


class WorkflowPaused(Exception):
    """The workflow waits for a person: no failure, and nothing is lost (D-12).

    `requests` are the open questions, as the inbox shows them.
    """

    def __init__(self, thread_id: str, requests: Sequence[PendingView], remedy: str) -> None:
        self.thread_id = thread_id
        self.requests = list(requests)
        where = ", ".join(f"'{request.node}'" for request in requests)
        super().__init__(f"thread '{thread_id}' waits for a person at {where}; {remedy}")

    @property
    def request(self) -> PendingView:
        """The first of the open questions."""
        return self.requests[0]


class WorkflowFailed(HitlError):
    """A step failed, nobody answered in time, or the thread was cancelled; names the step."""

    code = "workflow_failed"

    def __init__(self, message: str, *, thread_id: str, node: str | None = None, hint: str = "") -> None:
        super().__init__(message, hint=hint, thread_id=thread_id, node=node)
        self.thread_id = thread_id
        self.node = node


def failure_of(view: ThreadView, raised: dict[str, BaseException]) -> BaseException:
    """What a failed thread raises here: what its step raised, else an error of the same type with the same words."""
    error = view.error
    assert error is not None, "a failed thread has an error"
    found = raised.get(error.node or "") or _of_type(error.type, error.message)
    told = f"in step '{error.node}' of thread '{view.thread_id}'; resume(config) runs the step again"
    if found is None:
        return WorkflowFailed(error.message, thread_id=view.thread_id, node=error.node, hint=told)
    found.add_note(told)
    return found


def _of_type(name: str, message: str) -> Exception | None:
    """An error of Python's own by that name, such as a `ValueError`."""
    kind = getattr(builtins, name, None)
    if not isinstance(kind, type) or not issubclass(kind, Exception):
        return None
    try:
        # Python shows the message of a `KeyError` in quotes.
        return kind(message.strip("'") if kind is KeyError else message)
    except TypeError:
        return None
