"""Everything that can go wrong, in words for a tired person: what happened, where, what to do next.

Each error has a stable `code` (for scripts), the CLI's exit code, a message and a hint with the remedy.
Extra keyword arguments are details that `--json` prints beside them.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hitl_tui.graphs.findings import Finding


class HitlError(Exception):
    """Root of all errors that a user can meet."""

    code = "error"
    exit_code = 1

    def __init__(self, message: str, *, hint: str = "", **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.details = details
        if hint:
            # For the traceback of a script, which shows nothing else of it.
            self.add_note(hint)

    def payload(self) -> dict[str, Any]:
        """The error as the JSON object of the CLI contract: `code`, `message`, `hint` and details."""
        return {"code": self.code, "message": self.message, "hint": self.hint, **self.details}


class UsageError(HitlError):
    """The call's words are off: a wrong argument or a missing file."""

    code = "usage"
    exit_code = 2


class FileMissing(UsageError):
    """A named file does not exist or cannot be read."""

    code = "file_missing"


class ConfigInvalid(UsageError):
    """The user's `config.toml` cannot be read, or has a wrong value where one is needed."""

    code = "invalid_config"


class InvalidGraph(UsageError, ValueError):
    """A workflow file has errors; `findings` names every place."""

    code = "invalid_graph"

    def __init__(self, message: str, findings: Iterable[Finding] = (), *, hint: str = "", **details: Any) -> None:
        super().__init__(message, hint=hint, **details)
        self.findings = list(findings)

    def payload(self) -> dict[str, Any]:
        return {**super().payload(), "findings": [finding.as_dict() for finding in self.findings]}


class InvalidData(UsageError, ValueError):
    """The answer's data does not fit the request; the request stays pending (row 6)."""

    code = "invalid_data"


class ActionNotAllowed(UsageError, ValueError):
    """The action does not fit the interaction type or the request's allowed decisions (row 58)."""

    code = "action_not_allowed"


class SeveralPending(UsageError):
    """The thread waits for several answers and none was named."""

    code = "several_pending"


class AgentsNotLoaded(UsageError):
    """The agents reference cannot be imported, or does not define what the graph names."""

    code = "agents_not_loaded"


class UntrustedAgents(UsageError):
    """The thread's agents reference is not in the user's trust file."""

    code = "untrusted_agents"


class ThreadNotFound(HitlError, ValueError):
    """No thread of that id (row 57)."""

    code = "thread_not_found"
    exit_code = 3

    def __init__(self, thread_id: str, asks: str | None = None) -> None:
        """`asks` is the thread that asks a request of this name."""
        hint = "`hitl list` shows the threads of this database"
        if asks is not None:
            hint = f"this is the name of one request of thread '{asks}'; if you mean the whole thread, name '{asks}'"
        super().__init__(f"Thread '{thread_id}' not found", hint=hint, thread_id=thread_id)


class RequestNotFound(HitlError, ValueError):
    """The thread has no request of that id."""

    code = "request_not_found"
    exit_code = 3

    def __init__(self, thread_id: str, request_id: str) -> None:
        super().__init__(
            f"Thread '{thread_id}' has no request '{request_id}'",
            hint=f"`hitl show {shlex.quote(thread_id)}` lists its requests",
            thread_id=thread_id,
            request_id=request_id,
        )


class StepNotFound(HitlError, ValueError):
    """The thread has no step of that number."""

    code = "step_not_found"
    exit_code = 3


class EffectsAgain(HitlError):
    """A fork would repeat effects that are recorded as done or begun; names them."""

    code = "effects_again"
    exit_code = 2


class AlreadyDecided(HitlError):
    """Somebody, or a timeout, closed the request first; says who, what and when (row 173)."""

    code = "already_decided"
    exit_code = 4


class Stale(HitlError):
    """The request changed since it was shown."""

    code = "stale"
    exit_code = 4


class NothingPending(HitlError):
    """The thread waits for nobody."""

    code = "nothing_pending"
    exit_code = 4


class NotPossible(HitlError):
    """The thread's status does not permit that: a retry of a completed thread, a cancel of an ended one."""

    code = "not_possible"
    exit_code = 4


class ThreadExists(HitlError):
    """A thread of that id is in the database, or was and has been removed."""

    code = "thread_exists"
    exit_code = 4


class DatabaseUnusable(HitlError):
    """The database is corrupt, locked, read-only, too new, or cannot be opened; `busy` when it may pass by itself."""

    code = "database_unusable"

    def __init__(self, message: str, *, hint: str = "", busy: bool = False, **details: Any) -> None:
        super().__init__(message, hint=hint, **details)
        self.busy = busy


class DatabaseMissing(DatabaseUnusable):
    """There is no database where one was named, and the command does not make one."""

    code = "database_missing"


class NotSerialisable(HitlError, ValueError):
    """A value cannot be stored as JSON; names the field (row 165)."""

    code = "not_serialisable"


class NoSafeFunction(HitlError):
    """Nobody could be asked, and the node has not declared what may run instead: it stops (D-8)."""

    code = "no_safe_function"

    def __init__(self, node: str) -> None:
        super().__init__(
            f"'{node}' could not ask a person, and declares nothing that is safe to run instead, so it stops",
            hint="define safe_automatic_process(self, inputs) in the agent, if there is something safe to do",
            node=node,
        )


class InvalidState(UsageError, ValueError):
    """A workflow's state does not fit its model; names the step and the field."""

    code = "invalid_state"


class LlmNotInstalled(HitlError):
    """An `llm` agent ran where pydantic-ai is not installed."""

    code = "llm_not_installed"


class LeaseLost(HitlError):
    """Another runner took the thread over; nothing that this one computed may be stored."""

    code = "lease_lost"
