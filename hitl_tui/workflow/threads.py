"""Start, look at, change and resume the threads of a workflow from Python: the four calls that every workflow has."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from hitl_tui.agents.loading import is_loading
from hitl_tui.agents.steps import Home
from hitl_tui.errors import ThreadNotFound, UntrustedAgents, UsageError
from hitl_tui.model.jsontext import iso
from hitl_tui.model.kinds import ThreadStatus
from hitl_tui.model.session_code import session_class
from hitl_tui.workflow.configuration import Config, thread_of
from hitl_tui.workflow.errors import WorkflowFailed, WorkflowPaused, failure_of

if TYPE_CHECKING:
    # An agent's process, which only loads the class, has no use for the inbox.
    from hitl_tui.inbox import Inbox
    from hitl_tui.inbox.local_runner import OwnCode
    from hitl_tui.inbox.views import PendingView, ThreadView

LOG = logging.getLogger(__name__)

State = dict[str, Any]
_Result = TypeVar("_Result")


class Threads:
    """What workflows in Python and those from files have in common."""

    async def invoke(self, input: Any, config: Config | None = None) -> State:  # noqa: A002 - the name of the document
        """Run a new thread to its end; its final state.

        `input` are the first values of the state. Raises `WorkflowPaused` at a pause, `UsageError` for a config
        without a thread id, `InvalidGraph`, `InvalidState` naming the field, `ThreadExists`, and what a step raised.
        """
        thread_id = thread_of(config)
        given = self._checked(input)

        async def run(inbox: Inbox, own: OwnCode | None) -> ThreadView:
            async with inbox.running(own):
                await self._start(inbox, given, thread_id)
                return await inbox.settled(thread_id)

        return await self._run(run)

    async def resume(
        self, config: Config | None, action: str | None = None, data: dict[str, Any] | None = None
    ) -> State:
        """Let a paused thread go on, to its end or its next pause; its final state.

        An interrupt is answered as the state says by now: rejected where `update_state` has set `rejected` (or
        `approved` to False), else it goes on; but where its risk is high, or its answer chooses the branch, only if
        `update_state` has set `approved` to True. An approval from before the pause does not stand after it. `action`
        and `data` answer any request, as `hitl resume` does; without them others than interrupts are left to people. A
        failed thread runs its failed step again; of a completed one this is the state. Raises as `invoke`, and
        `ThreadNotFound`, `NotPossible` for a cancelled thread, `UsageError` for one that was started by another file
        which is still there, and what a decision raises.
        """
        thread_id, began = thread_of(config), datetime.now(UTC)

        async def run(inbox: Inbox, own: OwnCode | None) -> ThreadView:
            if own is not None:
                _check_file(await inbox.thread(thread_id), own)
            async with inbox.running(own):
                if action is not None:
                    await inbox.decide(thread_id, action, data, asked_by=began)
                else:
                    await inbox.go_on(thread_id)
                return await inbox.settled(thread_id)

        return await self._run(run)

    def get_state(self, config: Config | None) -> State | None:
        """The values of a thread as they are now, None for an unknown thread."""
        thread_id = thread_of(config)

        async def read(inbox: Inbox) -> State | None:
            try:
                return (await inbox.thread(thread_id)).state
            except ThreadNotFound:
                return None

        if not self._database().exists():
            return None
        return self._at_once(read)

    def update_state(self, config: Config | None, values: Mapping[str, Any]) -> None:
        """Merge values into the state of a thread that is paused, or has failed; other values stay.

        Raises `ThreadNotFound`, `NotPossible` while it runs and after its end, `InvalidState` and `NotSerialisable`
        naming the field; then nothing is stored.
        """
        thread_id = thread_of(config)

        # What the program's model does to the values is done in the program's thread.
        state = self._at_once(lambda inbox: inbox.thread(thread_id)).state
        fitting = self._fitting(state, dict(values))
        self._at_once(lambda inbox: inbox.set_state(thread_id, fitting))

    async def _run(self, work: Callable[[Inbox, OwnCode | None], Awaitable[ThreadView]]) -> State:
        if is_loading():
            raise RuntimeError(
                "this file runs a workflow while it is loaded; put that under if __name__ == '__main__':"
            )
        from hitl_tui.config.actor import acting
        from hitl_tui.inbox.visits import visit

        home = Home(asyncio.get_running_loop())
        own = self._own(home)
        view = await visit(self._database(), acting(), lambda inbox: work(inbox, own))
        match view.status:
            case ThreadStatus.COMPLETED:
                return view.state
            case ThreadStatus.PAUSED:
                raise self._paused(view)
            case ThreadStatus.FAILED:
                raise failure_of(view, home.raised)
        if view.blocked is not None:
            raise UntrustedAgents(f"thread '{view.thread_id}' waits: its code is not trusted: {view.blocked}")
        words = "nobody answered in time" if view.status == ThreadStatus.TIMED_OUT else f"it is {view.status}"
        raise WorkflowFailed(f"thread '{view.thread_id}': {words}", thread_id=view.thread_id)

    def _paused(self, view: ThreadView) -> WorkflowPaused:
        # What is answered, but can still be taken back, is not to be answered once more.
        asked = [request for request in view.pending if request.held_until is None]
        if asked:
            return WorkflowPaused(view.thread_id, asked, self._remedy(asked))
        until = min(request.held_until for request in view.pending if request.held_until is not None)
        remedy = f"the answer can be taken back until {iso(until)}: call resume(config) then"
        return WorkflowPaused(view.thread_id, view.pending, remedy)

    def _at_once(self, work: Callable[[Inbox], Awaitable[_Result]]) -> _Result:
        from hitl_tui.config.actor import acting
        from hitl_tui.inbox.visits import visit_at_once

        return visit_at_once(self._database(), acting(), work)

    def _database(self) -> Path:
        raise NotImplementedError

    def _checked(self, given: Any) -> State:
        """The first state for an input."""
        raise NotImplementedError

    def _fitting(self, state: State, values: State) -> State:
        """The values as they are to be stored beside the others of the state."""
        raise NotImplementedError

    async def _start(self, inbox: Inbox, given: State, thread_id: str) -> None:
        raise NotImplementedError

    def _own(self, home: Home) -> OwnCode | None:
        """The agents that run in this process."""
        return None

    def _remedy(self, pending: Sequence[PendingView]) -> str:
        """What to do about a pause at these requests."""
        return "answer it in the inbox, or by resume(config, action, data)"


def _check_file(thread: ThreadView, own: OwnCode) -> None:
    """Refuse to run code of this program in a thread that another file has started.

    Its steps may have the same names and do something else. A file that is gone was moved, and goes on where it is now;
    one of the same name in another folder is another release of it, as long as somebody is told.
    """
    started_by = Path(thread.agents or "")
    if not started_by.is_file() or str(started_by.resolve()) == own.reference:
        return
    if started_by.name == Path(own.reference).name:
        LOG.warning("thread %s was started by %s and goes on with %s", thread.thread_id, started_by, own.reference)
        return
    here = "of this Python session" if session_class(own.reference) else f"in {own.reference}"
    raise UsageError(
        f"thread '{thread.thread_id}' was started by the code in {started_by}, and the class that resumes it is {here}",
        hint="resume it with the class that started it, or answer it in the inbox; if the file was moved, remove it "
        "where it was",
        thread_id=thread.thread_id,
    )
