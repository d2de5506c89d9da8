"""A process that acts on the inbox until it is killed: `python -m tests.crash.actor FOLDER NAME SEED ROLE…`.

It writes to `journal.jsonl` what it is about to do, and what it was told came of it.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import shlex
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

from hitl_tui.errors import AlreadyDecided, HitlError, NothingPending, NotPossible, UsageError
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.filters import Filter
from hitl_tui.inbox.session import Session, utc_now
from hitl_tui.inbox.views import Item
from hitl_tui.store.database import Database
from tests.crash import workload

PAUSE_SECONDS = 0.03
OPEN_THREADS = 16
HOLD_SECONDS = 0.3
PRUNED_AFTER = timedelta(seconds=1)
SNOOZE = timedelta(seconds=1)


class Actor:
    """One person with some duties."""

    def __init__(self, inbox: Inbox, folder: Path, name: str, seed: int) -> None:
        self._inbox = inbox
        self._folder = folder
        self._name = name
        self._random = random.Random(seed)
        self._journal = os.open(folder / "journal.jsonl", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)

    def _note(self, event: str, thread: str, request: str | None = None, **more: Any) -> None:
        line = {"event": event, "actor": self._name, "thread": thread, "request": request, **more}
        os.write(self._journal, json.dumps(line).encode() + b"\n")

    async def _told(
        self, verb: str, thread: str, request: str | None, act: Awaitable[Any], *refusals: type[HitlError]
    ) -> bool:
        """Note the intent, act, and note what we were told."""
        self._note(f"{verb}?", thread, request)
        try:
            await act
        except refusals as error:
            self._note(f"{verb}-", thread, request, error=error.code)
            return False
        self._note(f"{verb}!", thread, request)
        return True

    async def start(self, graphs: Sequence[str] = workload.COMMON) -> None:
        """Start threads of these kinds, but never let more than some be open."""
        number = 0
        while True:
            counts = await self._inbox.counts()
            if counts.waiting + counts.ready + counts.running >= OPEN_THREADS:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            graph = graphs[number % len(graphs)]
            thread = f"{self._name}-{number}-{graph}"
            act = self._inbox.start(self._folder / "graphs.yaml", graph, thread_id=thread)
            await self._told("start", thread, None, act)
            number += 1

    async def decide(self) -> None:
        """Answer whatever waits; sometimes with an undo window, which is sometimes used."""
        while True:
            page = await self._inbox.list(Filter(shelf="waiting"))
            items = [item for item in page.items if item.request_id and item.graph not in workload.NOT_ANSWERED]
            if items:
                await self._answer(self._random.choice(items))
            else:
                await asyncio.sleep(PAUSE_SECONDS)

    async def _answer(self, item: Item) -> None:
        assert item.request_id is not None
        if item.type == "approval":
            action, data = self._random.choice(("approve", "reject")), {"reason": "because"}
        elif item.type == "choice":
            action, data = "choose", {"choice": self._random.choice((1, 2))}
        else:
            action, data = "respond", {"text": f"from {self._name}"}
        hold = self._random.choice((0, 0, 0, HOLD_SECONDS))
        act = self._inbox.decide(item.thread_id, action, data, request_id=item.request_id, hold=hold)
        which = (item.thread_id, item.request_id)
        decided = await self._told("decide", *which, act, AlreadyDecided, NothingPending)
        if decided and hold and self._random.random() < 0.5:
            await self._told("undo", *which, self._inbox.undo(*which), NotPossible)

    async def operate(self) -> None:
        """Mend and retry what failed, cancel what is called off."""
        while True:
            failed = await self._inbox.list(Filter(shelf="failed"))
            for item in failed.items:
                thread = item.thread_id
                if item.graph == "Broken":
                    await self._told("mend", thread, None, self._inbox.set_state(thread, {"mended": True}), NotPossible)
                await self._told("retry", thread, None, self._inbox.retry(thread), NotPossible)
            for item in (await self._inbox.list(Filter(shelf="waiting", graphs=("Void",)))).items:
                await self._told("cancel", item.thread_id, None, self._inbox.cancel(item.thread_id), NotPossible)
            await asyncio.sleep(PAUSE_SECONDS)

    async def keep(self) -> None:
        """Begin some of what has ended anew, and remove what is old."""
        number = 0
        while True:
            counts = await self._inbox.counts()
            done = (await self._inbox.list(Filter(shelf="done", graphs=("Pay",)))).items
            if done and counts.waiting + counts.ready + counts.running < OPEN_THREADS:
                thread, fork = self._random.choice(done).thread_id, f"{self._name}-{number}-Pay"
                act = self._inbox.fork(thread, 1, new_id=fork)
                await self._told("fork", fork, None, act, NotPossible)
                number += 1
            await self._inbox.prune(PRUNED_AFTER)
            await asyncio.sleep(PAUSE_SECONDS)

    async def triage(self) -> None:
        """Put aside, give away and write down; nothing of it decides anything."""
        put_aside = set()
        while True:
            waiting = (await self._inbox.list(Filter(shelf="waiting"))).items
            item = self._random.choice(waiting) if waiting else None
            if item is not None and item.request_id is not None:
                with contextlib.suppress(NothingPending, NotPossible, UsageError):
                    if item.request_id not in put_aside:
                        # Once: nobody is reminded of what is put aside.
                        put_aside.add(item.request_id)
                        await self._inbox.snooze(item.thread_id, utc_now() + SNOOZE, item.request_id)
                    await self._inbox.assign(item.thread_id, self._name)
                    await self._inbox.prioritise(item.thread_id, self._random.randint(-9, 9))
                    await self._inbox.note(item.thread_id, "seen")
                    await self._inbox.save_draft(item.request_id, {"text": "half"})
                    await self._inbox.documents.write("seen", {"by": self._name}, item.request_id, "update")
            await asyncio.sleep(PAUSE_SECONDS)

    async def tell(self) -> None:
        """Deliver the messages of the outbox into a file."""
        await self._inbox.deliver(f"cat >> {shlex.quote(str(self._folder / 'sent.log'))}")


async def _race(folder: Path, name: str, deciders: int) -> None:
    """For each line `THREAD REQUEST MOMENT` on stdin let all deciders of this process decide at that moment."""
    async with Database.open(folder / "hitl.db") as database:
        names = [f"{name}-{number}" for number in range(deciders)]
        inboxes = [Inbox(Session(database, one, "race")) for one in names]
        print("ready", flush=True)
        while line := await asyncio.to_thread(sys.stdin.readline):
            thread, request, moment = line.split()
            while time.monotonic() < float(moment):
                pass
            told = await asyncio.gather(
                *(_try(inbox, one, thread, request) for inbox, one in zip(inboxes, names, strict=True))
            )
            print(json.dumps(told), flush=True)


async def _try(inbox: Inbox, name: str, thread: str, request: str) -> dict[str, Any]:
    action = "approve" if name.endswith("0") else "reject"
    try:
        await inbox.decide(thread, action, request_id=request)
    except AlreadyDecided as error:
        keys = ("actor", "action", "at")
        return {"actor": name, "won": False, "told": {key: error.details.get(key) for key in keys}}
    return {"actor": name, "won": True, "action": action}


async def _act(folder: Path, name: str, seed: int, roles: list[str]) -> None:
    async with Inbox.open(folder / "hitl.db", actor=name, via="crash") as inbox:
        actor = Actor(inbox, folder, name, seed)
        duties: dict[str, Callable[[], Awaitable[None]]] = {
            "start": actor.start,
            "start_effects": partial(actor.start, workload.EFFECTS),
            "decide": actor.decide,
            "operate": actor.operate,
            "keep": actor.keep,
            "tell": actor.tell,
            "triage": actor.triage,
        }
        print("ready", file=sys.stderr, flush=True)
        await asyncio.gather(*(duties[role]() for role in roles))


async def _fill(folder: Path, name: str, file: str, graphs: list[str]) -> None:
    """Start one thread for each graph named, then end."""
    async with Inbox.open(folder / "hitl.db", actor=name, via="crash") as inbox:
        for number, graph in enumerate(graphs):
            await inbox.start(folder / file, graph, thread_id=f"{name}-{number}-{graph}")


def main(folder: str, name: str, seed: str, role: str, *more: str) -> None:
    """Take up the roles."""
    if role == "race":
        asyncio.run(_race(Path(folder), name, int(more[0])))
    elif role == "fill":
        asyncio.run(_fill(Path(folder), name, more[0], list(more[1:])))
    else:
        asyncio.run(_act(Path(folder), name, int(seed), [role, *more]))


if __name__ == "__main__":
    main(*sys.argv[1:])
