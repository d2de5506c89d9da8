"""Names as people write them: when two agent types are the same, and which known name was probably meant."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable
from functools import lru_cache
from itertools import islice

INTERACTION_AGENTS = {
    "approval_interaction": "approval",
    "edit_interaction": "edit",
    "choice_interaction": "choice",
    "text_input_interaction": "text_input",
    "conversation_interaction": "conversation",
    "interrupt": "approval",
}
"""The agent types that ask for one thing, and the interaction type of each (row 35)."""

SUSPEND_AGENT = "suspend"
ASKING_AGENTS = (*INTERACTION_AGENTS, "human", SUSPEND_AGENT)
"""All built-in agent types whose context holds interaction settings."""

TOOLS_AGENT = "tools"
"""The agent type that calls the tools of an agents file; it is there as soon as such a file has any."""

LLM_AGENT = "llm"
"""The agent type that asks a language model; it always runs in a process of its own."""

GRAPH_AGENT = "graph"
GRAPH_EXIT_AGENT = "graph_exit"

_LONGEST = 100
_MOST = 300
_SPELLINGS = ("default", "input", LLM_AGENT, GRAPH_AGENT, GRAPH_EXIT_AGENT, *ASKING_AGENTS)


@lru_cache(maxsize=1000)
def normal(name: str) -> str:
    """The form in which agent types are compared: `SuspendAgent`, `suspend_agent` and `SUSPENDAGENT` are one type."""
    return name.replace("_", "").replace("-", "").replace(" ", "").lower()


def forms(agent: str) -> tuple[str, str]:
    """The normal forms to look an agent type up by, in order: as written, then without a final `Agent`."""
    form = normal(agent)
    return form, form.removesuffix("agent")


def canonical(agent: str, known: Collection[str] | None) -> str:
    """The built-in spelling of an agent type that this floor gives a meaning to (`Input` → `input`), else `agent`.

    A type that is known under its whole name stays: a user's own `InputAgent` is not the built-in `input`.
    """
    spellings = {normal(name): name for name in _SPELLINGS}
    theirs = {normal(name) for name in known or ()}
    for form in forms(agent):
        if form in spellings:
            return spellings[form]
        if form in theirs:
            return agent
    return agent


def is_known(agent: str, known: Iterable[str]) -> bool:
    """Whether the registry with these names finds the agent type; the rule is that of `Registry.find`."""
    theirs = {normal(name) for name in known} | {GRAPH_AGENT, normal(GRAPH_EXIT_AGENT)}
    return any(form in theirs for form in forms(agent))


def closest(name: str, known: Iterable[str]) -> str:
    """`did you mean 'x'?` for the known name nearest to `name`, else an empty text."""
    near = nearest(name, known)
    return f"did you mean '{near}'?" if near else ""


def nearest(name: str, known: Iterable[str], likeness: float = 0.6) -> str | None:
    """The known name nearest to `name`, by at least `likeness` from 0 to 1.

    Nobody misspells a long text, and comparing all with all takes its time: overlong names and whatever comes after
    the first few hundred known ones are left out.
    """
    if len(name) > _LONGEST:
        return None
    by_form = {normal(item): item for item in islice(known, _MOST) if len(item) <= _LONGEST}
    near = difflib.get_close_matches(normal(name), by_form, n=1, cutoff=likeness)
    return by_form[near[0]] if near else None


def remedy(name: str, known: Iterable[str], kind: str) -> str:
    """The second half of an "unknown X" message: the closest known name, else all of them when they are few."""
    names = list(known)
    near = closest(name, names)
    if near:
        return near
    if not names:
        return f"there is no {kind} at all"
    shown = ", ".join(f"'{item[:_LONGEST]}'" for item in names[:12])
    return f"known: {shown}{', …' if len(names) > 12 else ''}"
