"""Whatever is started, answered, taken back, killed or put to sleep, in whichever order: the database holds up.

rows 4, 7, 61, 64, 71 to 73, 99, 145 and 174. `HYPOTHESIS_PROFILE=long` runs it for long.
"""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from hitl_tui.engine.runner import LEASE
from hitl_tui.model.graph import Graph
from hitl_tui.store.database import Database
from tests.machine.flows import flows
from tests.machine.house import House
from tests.machine.processes import Doom, Fate, watched_commits

NUMBER = st.integers(0, 11)
WORKERS = st.sampled_from(("ann", "bea"))
DOOMS = st.one_of(st.none(), st.builds(Doom, st.sampled_from(Fate), st.integers(1, 9)))
CRASHES = st.one_of(st.none(), st.none(), st.builds(Doom, st.just(Fate.CRASH), st.integers(1, 3)))
HOLDS = st.sampled_from((0, 5))
# Past an undo window, a deadline, a lease; and short of them.
SPANS = st.sampled_from((1, 5, 6, LEASE.total_seconds() + 1, 50, 101, 300))
ACTS = st.sampled_from(("run", "run", "answer", "answer", "tick", "serve"))


class Machine(RuleBasedStateMachine):
    """Every choice is a plain number, so that the same numbers mean the same steps again."""

    empty: Path
    came: ClassVar[Counter[str]] = Counter()

    @initialize(first=flows(), second=flows(), batched=st.booleans())
    def open(self, first: Graph, second: Graph, batched: bool) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="hitl-machine-")
        self._runner = asyncio.Runner()
        self._stack = contextlib.ExitStack()
        self._stack.enter_context(watched_commits(0.020 if batched else -1))
        self._house = House(Path(self._folder.name), self.empty)
        self._do(self._house.start(first))
        self._do(self._house.start(second))

    def _do(self, work: Any) -> None:
        self._sound = False
        self._runner.run(work)
        self._sound = True

    @rule(flow=flows(), doom=CRASHES)
    def start(self, flow: Graph, doom: Doom | None) -> None:
        self._do(self._house.start(flow, doom))

    @rule(role=WORKERS, thread=NUMBER, doom=DOOMS)
    def run(self, role: str, thread: int, doom: Doom | None) -> None:
        self._do(self._house.run(role, thread, doom))

    @rule(role=WORKERS, doom=DOOMS)
    def serve(self, role: str, doom: Doom | None) -> None:
        self._do(self._house.serve(role, doom))

    @rule(request=NUMBER, which=NUMBER, hold=HOLDS, doom=CRASHES)
    def answer(self, request: int, which: int, hold: float, doom: Doom | None) -> None:
        self._do(self._house.answer(request, which, hold, doom))

    @rule(request=NUMBER, which=NUMBER, doom=DOOMS)
    def answer_and_run(self, request: int, which: int, doom: Doom | None) -> None:
        self._do(self._house.answer(request, which, 0, doom, run=True))

    @rule(request=NUMBER, which=NUMBER)
    def answer_wrongly(self, request: int, which: int) -> None:
        self._do(self._house.answer_wrongly(request, which))

    @rule(request=NUMBER, doom=CRASHES)
    def undo(self, request: int, doom: Doom | None) -> None:
        self._do(self._house.undo(request, doom))

    @rule(seconds=SPANS, doom=CRASHES)
    def time_passes(self, seconds: float, doom: Doom | None) -> None:
        self._do(self._house.time_passes(seconds, "desk", doom))

    @rule(verb=st.sampled_from(("retry", "retry", "mend", "vary", "cancel")), thread=NUMBER, doom=CRASHES)
    def steer(self, verb: str, thread: int, doom: Doom | None) -> None:
        self._do(self._house.steer(verb, thread, doom))

    @rule()
    def look(self) -> None:
        self._do(self._house.look())

    @rule(which=NUMBER)
    def wake(self, which: int) -> None:
        self._do(self._house.wake(which))

    @rule(first=ACTS, second=ACTS, number=NUMBER, which=NUMBER, doom=DOOMS)
    def at_the_same_time(self, first: str, second: str, number: int, which: int, doom: Doom | None) -> None:
        """Two processes act on the same."""
        self._do(self._both(first, second, number, which, doom))

    async def _both(self, first: str, second: str, number: int, which: int, doom: Doom | None) -> None:
        def act(verb: str, role: str, which: int, doom: Doom | None) -> Any:
            match verb:
                case "run":
                    return self._house.run(role, number, doom)
                case "serve":
                    return self._house.serve(role, doom)
                case "tick":
                    return self._house.tick(role, doom)
            return self._house.answer(number, which, 0, doom, role=role, alone=False)

        await asyncio.gather(act(first, "ann", which, doom), act(second, "bea", which + 1, None))

    @invariant()
    def holds_up(self) -> None:
        self._sound = False
        self._house.check()
        self._sound = True

    def teardown(self) -> None:
        if not hasattr(self, "_house"):
            return
        try:
            if self._sound:
                self._runner.run(self._house.finish())
        finally:
            type(self).came += self._house.tally()
            self._runner.run(self._house.close())
            self._stack.close()
            self._runner.close()
            self._folder.cleanup()


@pytest.fixture
async def empty(tmp_path: Path) -> Path:
    """A database without anything in it; making one takes as long as twenty steps of the machine."""
    async with Database.open(tmp_path / "empty.db"):
        pass
    return tmp_path / "empty.db"


def test_whatever_happens(empty: Path) -> None:
    Machine.empty = empty
    run_state_machine_as_test(Machine, settings=settings(stateful_step_count=30))
    print(dict(Machine.came))
    assert all(Machine.came[fate] for fate in Fate)
