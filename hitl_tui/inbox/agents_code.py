"""What agents code defines, asked of a process that loads it: agent types and workflow classes."""

from __future__ import annotations

import asyncio

from hitl_tui.agents import builtins
from hitl_tui.agents.loading import code_sha
from hitl_tui.engine.host_process import Defined
from hitl_tui.engine.hosts import Hosts
from hitl_tui.inbox.trust import check_reference

# What a reference defines, by its code: asking again would cost a process, and so would several who ask at once.
_DEFINED: dict[tuple[str, str | None], Defined] = {}
# By loop too: a program may have one in each of several threads, and none can await what another runs.
_ASKED: dict[tuple[asyncio.AbstractEventLoop, str, str | None], asyncio.Task[Defined]] = {}


async def known_types(reference: str | None, hosts: Hosts | None = None) -> tuple[str, ...]:
    """The built-in agent types and those of a reference; raises `AgentsNotLoaded`. This runs the reference's code."""
    known = builtins.registry().names
    if reference is None:
        return known
    return known + (await defined_by(reference, hosts)).names


async def defined_by(reference: str, hosts: Hosts | None = None) -> Defined:
    """What a reference defines; raises `UsageError`, `AgentsNotLoaded`. This runs the reference's code.

    The process that loaded it stays with `hosts`, which may run its agents next.
    """
    check_reference(reference)
    code = (reference, code_sha(reference))
    if code not in _DEFINED:
        asked = (asyncio.get_running_loop(), *code)
        if asked not in _ASKED:
            _ASKED[asked] = asyncio.create_task((hosts or Hosts(keep=0)).defined(reference))
            _ASKED[asked].add_done_callback(lambda _: _ASKED.pop(asked))
        # One who gives up leaves the answer to the others.
        _DEFINED[code] = await asyncio.shield(_ASKED[asked])
    return _DEFINED[code]
