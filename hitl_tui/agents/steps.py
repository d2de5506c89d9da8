"""The agents behind the steps of a Python workflow: typed state in, the step's code, what it changed out."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
from collections.abc import Mapping
from concurrent.futures import InvalidStateError
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from hitl_tui.agents.base import BaseAgent, Failure, Interrupted, Pause
from hitl_tui.agents.update import Update
from hitl_tui.graphs.fluent import PAUSE, Step
from hitl_tui.graphs.names import closest
from hitl_tui.model.interaction import RESPONSES, refuse_answers
from hitl_tui.model.jsontext import to_json
from hitl_tui.model.workflow_state import StateModel, by_field, chosen, problem_of, read_state, stored

RUNNING: ContextVar[StepAgent] = ContextVar("running_step")
"""The step whose code runs here."""
LOOK_SECONDS: Final = 1.0
"""How often it is looked whether the loop is there still that a step runs in."""
_FORMS: Final = "return the state, a dict of what changes, or nothing"


class Misrouted(ValueError):
    """A step chose no path where one is needed, or one that is not there, or paused where it may not."""


@dataclass(slots=True)
class Home:
    """The loop of the program that runs the workflow, for its steps and its model; `raised` is what they raised."""

    loop: asyncio.AbstractEventLoop
    raised: dict[str, BaseException] = field(default_factory=dict)


class StepAgent(BaseAgent):
    """One step of a workflow; made by `step_agent`."""

    step: ClassVar[Step]
    model: ClassVar[type[StateModel]]
    home: ClassVar[Home | None] = None

    def __init__(self) -> None:
        super().__init__()
        self.is_paused = False
        """Whether the step has asked to pause after it."""

    async def process(self, inputs: dict[str, Any]) -> Any:
        """The fields that the step changed, as an `Update` whose output says where to go."""
        try:
            if self.home is None:
                return await self._process()
            return await self._process_at_home(self.home.loop)
        except (Pause, Interrupted, asyncio.CancelledError, SystemExit):
            # None of these is for the caller.
            raise
        except BaseException as error:
            if self.home is not None:
                self.home.raised[self.node_name] = error
            raise

    async def _process_at_home(self, loop: asyncio.AbstractEventLoop) -> Any:
        running = asyncio.run_coroutine_threadsafe(self._process(), loop)
        here = asyncio.get_running_loop()
        looking: asyncio.TimerHandle

        def look() -> None:
            nonlocal looking
            if not loop.is_closed():
                looking = here.call_later(LOOK_SECONDS, look)
                return
            # It may have ended just before that.
            with contextlib.suppress(InvalidStateError):
                running.set_exception(RuntimeError("the event loop it ran in was closed"))

        looking = here.call_later(LOOK_SECONDS, look)
        try:
            return await asyncio.wrap_future(running)
        except KeyboardInterrupt:
            # Ctrl+C came in the program's loop; as itself it would end the runner's loop as well.
            raise Interrupted from None
        finally:
            looking.cancel()

    async def _process(self) -> Any:
        before = {name: value for name, value in self.state.items() if name != RESPONSES}
        state = read_state(self.model, before, self._where("before"))
        known = stored(state)
        # What the model adds by default is written once, with the first step.
        known = {name: value for name, value in known.items() if name in before}
        returned = await self._run(state)
        after = self._after(state, returned)
        problem = problem_of(after) or problem_of(state)
        if problem is not None:
            return Failure(problem)
        values = stored(read_state(self.model, stored(after), self._where("after")))
        writes = {name: value for name, value in values.items() if name not in known or _differ(known[name], value)}
        # What JSON has no form for, such as NaN, is refused here, so that it is the step's error for the program.
        to_json(writes)
        refuse_answers(writes, f"step '{self.node_name}'")
        return Update(writes, self._output(chosen(after) or chosen(state)))

    async def _run(self, state: StateModel) -> Any:
        # In the context of this run alone, so that nobody need take it back.
        RUNNING.set(self)
        returned = type(self).step(state)
        return await returned if inspect.isawaitable(returned) else returned

    def _after(self, state: StateModel, returned: Any) -> StateModel:
        if returned is None:
            return state
        if isinstance(returned, StateModel):
            return returned
        if isinstance(returned, Mapping):
            return read_state(self.model, stored(state) | by_field(self.model, returned), self._where("after"))
        kind = type(returned).__name__
        raise TypeError(f"step '{self.node_name}' returned a {kind}; {_FORMS}")

    def _where(self, when: str) -> str:
        return f"{when} step '{self.node_name}' the state does not fit"

    def _output(self, label: str | None) -> str | None:
        labels: list[str] = self.context.get("labels", [])
        if self.is_paused and not self.context.get("pauses"):
            raise Misrouted(
                f"step '{self.node_name}' pauses from inside, which could not be seen when the workflow was built; "
                "call self.get_builder().interrupt() in the step itself, or put .interrupt() after it"
            )
        if label is not None and label not in labels:
            near = closest(label, labels) or f"its labels: {', '.join(map(repr, labels)) or 'there is no branch'}"
            raise Misrouted(f"step '{self.node_name}' chose '{label}', which no branch after it has; {near}")
        if self.is_paused and (not labels or self.context.get("decided")):
            if label is not None:
                raise Misrouted(f"step '{self.node_name}' pauses, so the answer chooses, and it chose '{label}' itself")
            return PAUSE
        if labels and label is None:
            known = ", ".join(map(repr, labels))
            raise Misrouted(f"step '{self.node_name}' chose no path; call state.set_next() with one of {known}")
        return f"{PAUSE}, then {label}" if self.is_paused else label


def step_agent(step: Step, model: type[StateModel], home: Home | None = None) -> type[StepAgent]:
    """The agent type of one step; with `home` its code runs in the loop of this program."""

    class Bound(StepAgent):
        pass

    Bound.step, Bound.model, Bound.home = staticmethod(step), model, home
    return Bound


def _differ(one: Any, other: Any) -> bool:
    """Whether two values are stored differently; for `==`, 1 and 1.0 and True are the same."""
    return one is not other and (one != other or to_json(one) != to_json(other))
