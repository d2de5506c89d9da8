"""All that a machine acts on: one database file, two workers, a desk for people, time, and the world outside."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import shutil
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

from hitl_tui.engine import clockwork
from hitl_tui.engine.runner import LEASE
from hitl_tui.errors import AlreadyDecided, HitlError, NotPossible
from hitl_tui.inbox.filters import Filter
from hitl_tui.model.graph import Graph
from hitl_tui.model.jsontext import iso
from hitl_tui.store.starts import Start
from tests.engine.workshop import Clock
from tests.machine.invariants import FINAL, Given, Model, Rows, right_answer, violations, wrong_answer
from tests.machine.processes import Doom, Fate, Process
from tests.machine.replay import Edit, Row
from tests.machine.world import World

MOST_THREADS = 3
ROUNDS = 150
RETRIES = 6
OPEN = ("ready", "running", "paused")


class House:
    """What people and workers can do; every method is one step of the machine, or a part of one."""

    def __init__(self, folder: Path, empty: Path) -> None:
        self.path = folder / "hitl.db"
        shutil.copy(empty, self.path)
        self.clock = Clock()
        self._connection = sqlite3.connect(self.path, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self.world = World(self._connection)
        self.model = Model()
        self._processes: dict[str, Process] = {}
        self._asleep: list[Process] = []
        self._made = 0

    async def close(self) -> None:
        """Kill whatever lives."""
        for process in [*self._processes.values(), *self._asleep]:
            await process.close()
        self._connection.close()

    def rows(self) -> Rows:
        """The database now."""
        return Rows(self._connection)

    def check(self) -> None:
        """Raise `AssertionError` with everything that does not hold."""
        found = list(violations(self.rows(), self.model, self.world))
        assert not found, "\n".join(found)

    async def process(self, role: str) -> Process:
        """Who has this role now; one that died or sleeps is replaced by a new one."""
        process = self._processes.get(role)
        if process is None:
            self._made += 1
            process = await Process(f"{role}{self._made}", self.world, self.clock).open(self.path)
            self._processes[role] = process
        return process

    async def _do(self, role: str, work: Any, doom: Doom | None = None) -> Any:
        process = await self.process(role)
        result = await process.do(work(process), doom)
        if process.dead:
            await self._processes.pop(role).close()
        elif process.asleep:
            self._asleep.append(self._processes.pop(role))
        await self._rest()
        return result

    async def _rest(self) -> None:
        """Wait until what was under way at a stop, or beside a node that sleeps, is on disk or will never be."""
        while any(process.busy for process in [*self._processes.values(), *self._asleep]):  # noqa: ASYNC110
            await asyncio.sleep(0.0005)

    async def start(self, graph: Graph, doom: Doom | None = None) -> None:
        """Start a thread, unless there are enough."""
        thread = f"t{len(self.model.graphs)}"
        if len(self.model.graphs) >= MOST_THREADS:
            return

        async def work(process: Process) -> None:
            start = Start(thread, graph, "machine", {"mood": 1}, None, 0, process.name, "machine", iso(self.clock()))
            await process.inbox._session.database.write(start)

        await self._do("desk", work, doom)
        if any(row["id"] == thread for row in self.rows().threads):
            self.model.graphs[thread], self.model.starts[thread] = graph, {"mood": 1}

    def thread(self, number: int) -> Row | None:
        """One of the threads."""
        threads = self.rows().threads
        return threads[number % len(threads)] if threads else None

    async def run(self, role: str, number: int, doom: Doom | None = None) -> None:
        """Run one thread as far as it goes."""
        thread = self.thread(number)
        if thread is not None:
            await self._do(role, lambda process: process.drive(thread["id"]), doom)

    async def serve(self, role: str, doom: Doom | None = None) -> None:
        """Be a worker until there is nothing to do."""
        await self._do(role, lambda process: process.serve(self._ready), doom)

    def _ready(self) -> bool:
        sql = """
            select 1 from thread
            where (status = 'ready' and wake_at is null) or (status = 'running' and lease_until < ?)
        """
        return self._connection.execute(sql, (iso(self.clock()),)).fetchone() is not None

    def pending(self, number: int) -> Row | None:
        """One of the requests that wait for an answer."""
        rows = [row for row in self.rows().requests if row["status"] == "pending"]
        return rows[number % len(rows)] if rows else None

    def _overdue(self, row: Row) -> bool:
        return row["due_at"] is not None and row["due_at"] < iso(self.clock())

    async def answer(
        self,
        number: int,
        which: int,
        hold: float = 0,
        doom: Doom | None = None,
        *,
        role: str = "desk",
        run: bool = False,
        alone: bool = True,
    ) -> None:
        """A person answers; with `run` the same process then runs the thread. What fits must be taken.

        Where nobody is asked anything, a worker works instead; so it is with the other acts that find nothing to do.
        """
        row = self.pending(number)
        if row is None:
            if alone:
                await self.serve("ann", doom)
            return
        action, data = right_answer(row, which)
        untold: list[Given] = []

        def told() -> None:
            for given in untold:
                self.model.given[row["id"]] = given
                self.model.decided[row["id"]] += 1
            untold.clear()

        async def work(process: Process) -> None:
            async with process.local() if run else contextlib.nullcontext((process.inbox, None)) as (inbox, local):
                untold.append(Given(action, process.name, data))
                try:
                    await inbox.decide(
                        row["thread"], action, data, request_id=row["id"], expect=row["digest"], hold=hold
                    )
                except AlreadyDecided:
                    untold.clear()
                    if alone and not self._overdue(row):
                        raise
                    return
                told()
                if local is not None:
                    await local.run().advance(row["thread"])

        await self._do(role, work, doom)
        response = self.rows().responses.get(row["id"])
        # It died, or fell asleep, before it heard what came of its decision.
        if untold and response is not None and response["actor"] == untold[0].actor:
            told()

    async def answer_wrongly(self, number: int, which: int) -> None:
        """What does not fit is refused, and leaves the request as it was."""
        row = self.pending(number)
        if row is None or self._overdue(row):
            return
        action, data = wrong_answer(row, which)
        expect = row["digest"]
        if which % 5 == 0:
            (action, data), expect = right_answer(row, which), "of something else"
        before = self.rows()

        async def work(process: Process) -> None:
            with contextlib.suppress(HitlError):
                await process.inbox.decide(row["thread"], action, data, request_id=row["id"], expect=expect)
                raise AssertionError(f"{action} {data} was taken for {row}")

        await self._do("desk", work)
        after = self.rows()
        same = (before.requests, before.responses, before.audit) == (after.requests, after.responses, after.audit)
        assert same, f"{action} {data} changed something"

    async def undo(self, number: int, doom: Doom | None = None) -> None:
        """Take back a decision that is held, if its time is not up."""
        held = [row for row in self.rows().requests if row["status"] == "held"]
        if not held:
            await self.answer(number, number, 5)
            held = [row for row in self.rows().requests if row["status"] == "held"]
        if not held:
            return
        row = held[number % len(held)]
        heard: list[bool] = []

        async def work(process: Process) -> None:
            heard.append(False)
            try:
                await process.inbox.undo(row["thread"], row["id"])
            except NotPossible:
                assert row["held_until"] <= iso(self.clock()), "it could have been undone"
                heard.clear()
                return
            heard[0] = True

        await self._do("desk", work, doom)
        if heard and (heard[0] or row["id"] not in self.rows().responses):
            self.model.given.pop(row["id"], None)
            self.model.undone[row["id"]] += 1

    async def steer(self, verb: str, number: int, doom: Doom | None = None) -> None:
        """Retry, cancel or change the state; each is possible just where it says."""
        thread = self.thread(number)
        if thread is None:
            return
        possible = {
            "retry": thread["status"] == "failed",
            "cancel": thread["status"] in OPEN,
            "mend": thread["status"] in ("ready", "paused", "failed"),
            "vary": thread["status"] in ("ready", "paused", "failed"),
        }[verb]
        if verb == "retry" and not possible:
            await self.serve("ann", doom)
            return
        values = {"mended": True} if verb == "mend" else {"mood": 3 - json.loads(thread["state"])["mood"]}

        async def work(process: Process) -> None:
            try:
                match verb:
                    case "retry":
                        await process.inbox.retry(thread["id"])
                    case "cancel":
                        await process.inbox.cancel(thread["id"])
                    case _:
                        await process.inbox.set_state(thread["id"], values)
            except NotPossible:
                if possible:
                    raise

        await self._do("desk", work, doom)
        audit = [row for row in self.rows().audit if row["thread"] == thread["id"]]
        if verb in ("mend", "vary"):
            changes = sum(row["event"] == "state_changed" for row in audit)
            if changes > len(self.model.edits[thread["id"]]):
                self.model.edits[thread["id"]].append(Edit(thread["superstep"], values))

    async def time_passes(self, seconds: float, role: str = "desk", doom: Doom | None = None) -> None:
        """And somebody looks what is due."""
        self.clock.advance(seconds=seconds)
        await self.tick(role, doom)

    async def tick(self, role: str, doom: Doom | None = None) -> None:
        """Release and sweep."""
        await self._do(role, lambda process: clockwork.tick(process.inbox._session.database, iso(self.clock())), doom)

    async def look(self) -> None:
        """Every question is before somebody's eyes, and every thread can be looked at."""

        async def work(process: Process) -> None:
            page = await process.inbox.list(Filter(shelf="waiting"), limit=100)
            listed = sorted(str(item.request_id) for item in page.items)
            waiting = sorted(row["id"] for row in self.rows().requests if row["status"] == "pending")
            assert listed == waiting, f"the inbox lists {listed}, and {waiting} wait"
            for row in self.rows().threads:
                view = await process.inbox.thread(row["id"])
                assert view.status == row["status"]
                assert len(await process.inbox.history(row["id"])) == row["steps"]

        await self._do("desk", work)

    async def wake(self, number: int) -> None:
        """One that sleeps goes on; what it has lost meanwhile it must not touch."""
        if not self._asleep:
            await self.run("bea", number, Doom(Fate.SLEEP, 1 + number))
            return
        process = self._asleep.pop(number % len(self._asleep))
        await process.wake()
        await process.close()

    def tally(self) -> Counter[str]:
        """What it all came to, in numbers."""
        rows = self.rows()
        counts = self.world.came.copy()
        counts.update(f"thread {row['status']}" for row in rows.threads)
        counts.update(f"request {row['status']}" for row in rows.requests)
        counts.update(row["event"] for row in rows.audit if row["request"] is not None)
        counts.update(f"step {row['status']}" for row in rows.steps)
        counts["effect twice"] += sum(count > 1 for count in self.world.effects.values())
        counts["effects"] += len(self.world.effects)
        counts["examples"] += 1
        return counts

    async def finish(self) -> None:
        """With everybody awake and every question answered, all threads come to an end."""
        while self._asleep:
            await self.wake(0)
        retries: dict[str, int] = {}
        for number in range(ROUNDS):
            self.clock.advance(seconds=LEASE.total_seconds() + 1)
            await self.tick("desk")
            await self.serve("ann")
            self.check()
            await self.look()
            rows = self.rows()
            for place, thread in enumerate(rows.threads):
                name = thread["id"]
                if thread["status"] == "failed" and retries.get(name, 0) < RETRIES:
                    retries[name] = retries.get(name, 0) + 1
                    await self.steer("mend", place)
                    await self.steer("retry", place)
            answers = itertools.count(number + 1)
            while self.pending(0) is not None:
                await self.answer(0, next(answers))
            if all(_over(row, retries) for row in self.rows().threads):
                self.check()
                return
        left = [(row["id"], row["status"], row["error"]) for row in self.rows().threads if row["status"] in OPEN]
        assert not left, f"stuck: {left}"


def _over(thread: Row, retries: dict[str, int]) -> bool:
    tried = thread["status"] == "failed" and retries.get(thread["id"], 0) >= RETRIES
    return tried or thread["status"] in FINAL
