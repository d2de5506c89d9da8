"""`Workflow`: a workflow as a Python class, built by a chain of calls; it runs on the engine of all others."""

from __future__ import annotations

import inspect
import os
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from pathlib import Path as File
from typing import TYPE_CHECKING, Any, ClassVar, Self

from hitl_tui.agents.base import words_of
from hitl_tui.agents.interrupt import must_be_said
from hitl_tui.agents.loading import place_of
from hitl_tui.agents.registry import AgentSource, WorkflowCode
from hitl_tui.agents.steps import RUNNING, Home, StepAgent, step_agent
from hitl_tui.errors import HitlError, InvalidGraph, UsageError
from hitl_tui.graphs.fluent import Path, Step
from hitl_tui.graphs.fluent_graphs import INTERRUPT_AGENT, Fluent, graph_of
from hitl_tui.model.approval_record import APPROVAL_TIME, RECORD
from hitl_tui.model.graph import Graph
from hitl_tui.model.interaction import RESPONSES
from hitl_tui.model.session_code import session_class, session_reference
from hitl_tui.model.workflow_state import StateModel, by_field, excluded_field, read_state, refuse_unsteady, stored
from hitl_tui.workflow import checkpointers
from hitl_tui.workflow.checkpointers import Checkpointer
from hitl_tui.workflow.code_places import file_of
from hitl_tui.workflow.files import FileWorkflow
from hitl_tui.workflow.threads import State, Threads

if TYPE_CHECKING:
    from hitl_tui.inbox import Inbox
    from hitl_tui.inbox.local_runner import OwnCode
    from hitl_tui.inbox.views import PendingView

_TAKEN = ("start", "then", "get_builder", "once", "aonce", "compile", "graph")
"""What steps and `build_graph` call; a step of that name would be called instead."""
_building = threading.RLock()
"""Held while a workflow is built, which notes its paths in itself."""


class Workflow(Threads):
    """Base of a workflow class: override `build_graph`, and let its steps be methods of the state.

    `state_model` is the state's pydantic model. `checkpointer` says where threads are kept: `"sqlite"` is the database
    of the inbox, another one is given by its path, and `"memory"` is for tests; a workflow that pauses needs one.
    """

    state_model: ClassVar[type[StateModel]] = StateModel
    checkpointer: ClassVar[Checkpointer] = None

    def build_graph(self) -> Path:
        """The path of the workflow: `return self.start().then(self.first_step)….end()`."""
        raise InvalidGraph(
            f"workflow {type(self).__name__} defines no build_graph(self)",
            hint="let it return self.start().then(self.first_step).end()",
        )

    def start(self) -> Path:
        """The path of the workflow, still without a step."""
        return self._path()

    def then(self, step: Step, *, name: str | None = None) -> Path:
        """A path for a branch, a loop or to run in parallel, that begins with this step."""
        return self._path().then(step, name=name)

    def get_builder(self) -> StepBuilder:
        """Inside of a step that runs: with `self.get_builder().interrupt()` the workflow pauses after this step."""
        return StepBuilder(self._running("get_builder"))

    def once(self, key: str, fn: Callable[[], Any]) -> Any:
        """Inside of a step that runs: as `BaseAgent.once`, for what must not happen twice unnoticed."""
        return self._running("once").once(key, fn)

    async def aonce(self, key: str, fn: Callable[[], Awaitable[Any] | Any]) -> Any:
        """As `once`, for a coroutine function."""
        return await self._running("aonce").aonce(key, fn)

    def compile(self) -> Self:
        """Build the graph, and return this workflow; raises `InvalidGraph` naming the step and the remedy."""
        self._compiled()
        return self

    @property
    def graph(self) -> Graph:
        """The graph that `build_graph` describes; raises as `compile`."""
        return self._compiled().graph

    @classmethod
    def load(
        cls,
        file: str | File,
        graph: str | None = None,
        *,
        agents: str | None = None,
        checkpointer: Checkpointer = "sqlite",
    ) -> FileWorkflow:
        """A workflow of a YAML or CSV file, with the same `invoke`, `get_state`, `update_state` and `resume`."""
        return FileWorkflow(File(file), graph, agents, checkpointer)

    @classmethod
    def __hitl_workflow__(cls) -> WorkflowCode | None:
        """The graph and the agents of the steps, for the process that loads this class's file."""
        if cls.build_graph is Workflow.build_graph:
            return None
        try:
            made = cls()
        except TypeError as error:
            raise InvalidGraph(
                f"workflow {cls.__name__} cannot be made: {error}", hint="give the arguments of __init__ defaults"
            ) from error
        except (Exception, SystemExit) as error:
            raise _not_built(cls, error) from error
        try:
            return WorkflowCode(made.graph, made._agents(None))
        except HitlError:
            raise
        except (Exception, SystemExit) as error:
            raise _not_built(cls, error) from error

    def _compiled(self) -> Fluent:
        found = self.__dict__.get("_fluent")
        if found is None:
            with _building:
                # Another thread may have built it meanwhile.
                found = self.__dict__.get("_fluent")
                if found is None:
                    found = self._fluent = self._build()
        return found

    def _build(self) -> Fluent:
        name = type(self).__name__
        model: Any = self.state_model
        if not isinstance(model, type) or not issubclass(model, StateModel):
            raise InvalidGraph(
                f"workflow {name}: state_model is {model!r:.60}, which is no StateModel",
                hint="from hitl_tui import StateModel, and let your state be a subclass of it",
                graph=name,
            )
        if RESPONSES in model.model_fields:
            raise InvalidGraph(
                f"workflow {name}: the state has a field '{RESPONSES}', where the answers of people are kept",
                hint="give it another name",
                graph=name,
            )
        excluded = excluded_field(model)
        if excluded is not None:
            raise InvalidGraph(
                f"workflow {name}: the state has a field '{excluded}' with exclude=True, which would be lost with "
                "every step",
                hint="leave exclude=True out; what must not be stored belongs into the step that needs it",
                graph=name,
            )
        for taken in _TAKEN:
            if getattr(type(self), taken) is not getattr(Workflow, taken):
                raise InvalidGraph(
                    f"workflow {name}: its method '{taken}' has a name that Workflow uses itself; give it another one",
                    graph=name,
                    node=taken,
                )
        self._paths: list[Path] = []
        path = self.build_graph()
        if not isinstance(path, Path):
            raise InvalidGraph(
                f"workflow {name}: build_graph() returns {path!r:.60}", hint="return self.start()….end()", graph=name
            )
        found = graph_of(path, self._record(), agents=_reference_of(type(self)), description=self._description())
        self._check_all_used(path)
        checkpointers.check(name, self.checkpointer, found.pausing)
        return found

    def _path(self) -> Path:
        path = Path(type(self).__name__)
        self.__dict__.setdefault("_paths", []).append(path)
        return path

    def _check_all_used(self, whole: Path) -> None:
        for path in self._paths:
            if path is not whole and not path.is_used and path.pieces:
                raise InvalidGraph(
                    f"workflow {path.workflow}: step '{path.first_name}' is never reached: its path stands nowhere; "
                    "put it into a .branch(), a .loop() or a .parallel(), or leave it out",
                    graph=path.workflow,
                    node=path.first_name,
                )

    def _record(self) -> tuple[str, ...]:
        fields = self.state_model.model_fields
        record = (*RECORD, *(name for name in (APPROVAL_TIME,) if name in fields))
        if self.state_model.model_config.get("extra") != "allow":
            record = tuple(name for name in record if name in fields)
        return record

    @property
    def _reference(self) -> str:
        """Where a worker finds the class: its file, or that it is in none."""
        reference = self._compiled().graph.agents
        assert reference is not None, "a workflow class is the code of its steps"
        return reference

    def _description(self) -> str:
        return (inspect.cleandoc(type(self).__doc__ or "").splitlines() or [""])[0]

    def _agents(self, home: Home | None) -> dict[str, AgentSource]:
        fluent = self._compiled()
        return {
            f"{fluent.graph.name}.{name}": step_agent(step, self.state_model, home)
            for name, step in fluent.steps.items()
        }

    def _running(self, what: str) -> StepAgent:
        step = RUNNING.get(None)
        if step is None:
            raise RuntimeError(f"self.{what}() works inside of a step that runs; in build_graph() write self.start()")
        return step

    def _database(self) -> File:
        self._compiled()
        return checkpointers.database_of(self.checkpointer)

    def _checked(self, given: Any) -> State:
        self._compiled()
        is_stored = isinstance(given, StateModel)
        values = stored(given) if is_stored else given
        if not isinstance(values, Mapping):
            raise UsageError(f"the input is {given!r:.60}", hint="give a dict of the values that the state begins with")
        strict = False if is_stored else None
        first = stored(read_state(self.state_model, values, "the input does not fit the state", strict=strict))
        refuse_unsteady(self.state_model, first)
        return first

    def _fitting(self, state: State, values: State) -> State:
        values = by_field(self.state_model, values)
        whole = {name: value for name, value in state.items() if name != RESPONSES} | values
        fitting = stored(read_state(self.state_model, whole, "the update does not fit the state"))
        return {name: fitting[name] for name in values if name in fitting}

    async def _start(self, inbox: Inbox, given: State, thread_id: str) -> None:
        reference = self._reference
        await inbox.start_graph(self.graph, given, thread_id, "" if session_class(reference) else reference)

    def _own(self, home: Home) -> OwnCode:
        from hitl_tui.inbox.local_runner import OwnCode

        return OwnCode(self._reference, self._agents(home))

    def _remedy(self, pending: Sequence[PendingView]) -> str:
        if session_class(self._reference):
            return (
                "answer it in the inbox, and then call resume(config) in this Python session: "
                f"no worker can load {type(self).__qualname__}, which is not defined at the top of a file"
            )
        # A thread that was started before the class was changed may have others.
        nodes = [self.graph.nodes.get(request.node) for request in pending]
        if any(node is None or node.agent != INTERRUPT_AGENT or must_be_said(node) for node in nodes):
            return super()._remedy(pending)
        return "answer it in the inbox, or call resume(config)"


def _reference_of(kind: type) -> str:
    file = file_of(kind)
    return str(file) if file is not None else session_reference(kind.__qualname__)


def _not_built(kind: type, error: BaseException) -> InvalidGraph:
    file, line = place_of(error, str(file_of(kind)))
    words = f"workflow {kind.__name__} cannot be built: {file}:{line}: {type(error).__name__}: {words_of(error)}"
    return InvalidGraph(words, hint="correct the code there", graph=kind.__name__)


def _after_fork_in_child() -> None:
    # The thread that was building is not here.
    global _building
    _building = threading.RLock()


os.register_at_fork(after_in_child=_after_fork_in_child)


class StepBuilder:
    """What a step that runs may add to its workflow."""

    def __init__(self, step: StepAgent) -> None:
        self._step = step

    def interrupt(self) -> StepBuilder:
        """Pause after this step, until a person approves or a program calls `resume`."""
        self._step.is_paused = True
        return self
