"""Everybody at once on one database: a worker, an inbox in a real terminal, and shells that run commands in a loop."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

from tests.crash import workload
from tests.crash.campaigns import finished
from tests.crash.invariants import Findings
from tests.crash.site import DEADLINE_SECONDS, Site, site
from tests.tui.terminal import CTRL_S, ENTER, ESC, Terminal, terminal

SHELLS = 3
GRAPHS = ("Pay", "Fan", "Twice", "Loop", "Effect", "Broken", "Doubtful", "Nested")
CTRL_Q = "\x11"
HOLD_SECONDS = 1
QUIET_SECONDS = 0.05
SAID_AGAIN_SECONDS = 5
CODES = {
    "run": (0, 1),
    "list": (0,),
    "show": (0,),
    "history": (0,),
    "audit": (0,),
    "resume": (0, 1, 4),
    "undo": (0, 4),
    "cancel": (0, 4),
    "retry": (0, 1, 4),
    "state": (0, 4),
}
"""What each command may end with here, where all it is told is right but may come too late."""
NEVER = ("is locked", "Traceback")
"""What nobody may be told; the error of a failed thread, on stdout, may well have a traceback."""
KEYS: Sequence[tuple[str, ...]] = (
    *(("j",), ("k",), ("a",), ("a",), ("1",), ("g",), ("G",), ("s",), ("f",), ("R",)),
    *((ENTER, "as you like", CTRL_S, ESC), (ENTER, ESC), (ENTER, "a", ESC), ("r", "because", CTRL_S, ESC), ("?", ESC)),
    (ENTER, "h", ESC),
)


class Shell:
    """One person who types one command after the other."""

    def __init__(self, made: Site, name: str, seed: int) -> None:
        self.findings = Findings()
        self._made = made
        self._name = name
        self._random = random.Random(seed)
        self._started = 0
        self._held: list[tuple[str, str]] = []
        self._journal = os.open(made.folder / "journal.jsonl", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)

    def work(self, until: float) -> Findings:
        """Type until that moment (of the monotonic clock)."""
        acts = (self._start, self._answer, self._answer, self._answer, self._undo, self._steer, self._look)
        self._start()
        while time.monotonic() < until:
            self._random.choice(acts)()
        os.close(self._journal)
        return self.findings

    def _call(self, verb: str, *words: str) -> tuple[int, Any]:
        """The exit code and the JSON of one `hitl` command."""
        call = [sys.executable, "-m", "hitl_tui", verb, *words]
        call += ["--json", "--db", str(self._made.db), "--actor", self._name]
        ended = subprocess.run(
            call, cwd=self._made.folder, env=self._made.environment, capture_output=True, text=True,
            stdin=subprocess.DEVNULL, timeout=DEADLINE_SECONDS,
        )  # fmt: skip
        said = f"{' '.join([verb, *words])} ended with {ended.returncode}: {ended.stdout[-300:]} {ended.stderr[-300:]}"
        self.findings.counts[f"{verb} → {ended.returncode}"] += 1
        self.findings.check(ended.returncode in CODES[verb], said)
        self.findings.check(not any(word in ended.stderr for word in NEVER) and NEVER[0] not in ended.stdout, said)
        try:
            return ended.returncode, json.loads(ended.stdout)
        except ValueError:
            self.findings.check(False, f"{said}: no JSON")
            return ended.returncode, {}

    def _note(self, event: str, thread: str, request: str | None) -> None:
        line = {"event": event, "actor": self._name, "thread": thread, "request": request}
        os.write(self._journal, json.dumps(line).encode() + b"\n")

    def _start(self) -> None:
        graph = self._random.choice(GRAPHS)
        thread = f"{self._name}-{self._started}-{graph}{workload.CALLED_OFF * (self._started % 4 == 3)}"
        self._started += 1
        self._call("run", f"graphs.yaml::{graph}", "--thread-id", thread)
        self._note("start!", thread, None)

    def _items(self, *words: str) -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = self._call("list", "--limit", "30", *words)[1].get("items", [])
        return items

    def _answer(self) -> None:
        items = [item for item in self._items("--status", "paused") if item["request_id"]]
        if not items:
            return
        item = self._random.choice(items)
        which = item["thread_id"], item["request_id"]
        action, data = _fitting(item["type"], self._random)
        held = self._random.random() < 0.4
        how = ["--hold", str(HOLD_SECONDS)] if held else self._random.choice(([], ["--no-run"]))
        self._note("decide?", *which)
        code, told = self._call("resume", which[0], action, "--data", json.dumps(data), "--request", which[1], *how)
        taken = code == 0 or (code == 1 and bool(told.get("decided")))
        self._note("decide!" if taken else "decide-", *which)
        if taken and held:
            self._held.append(which)

    def _undo(self) -> None:
        if not self._held:
            return
        which = self._held.pop()
        self._note("undo?", *which)
        code, _ = self._call("undo", which[0], "--request", which[1])
        self._note("undo-" if code else "undo!", *which)

    def _steer(self) -> None:
        failed = self._items("--status", "failed")
        called_off = [item for item in self._items() if item["thread_id"].endswith(workload.CALLED_OFF)]
        if failed:
            thread = self._random.choice(failed)["thread_id"]
            self._call("state", thread, "--set", "mended:=true")
            self._call("retry", thread)
        elif called_off:
            thread = self._random.choice(called_off)["thread_id"]
            code, _ = self._call("cancel", thread)
            self._note("cancel-" if code else "cancel!", thread, None)

    def _look(self) -> None:
        items = self._items()
        if items:
            verb = self._random.choice(("show", "history", "audit"))
            self._call(verb, self._random.choice(items)["thread_id"])


def _fitting(kind: str, chance: random.Random) -> tuple[str, dict[str, Any]]:
    if kind == "approval":
        return chance.choice(("approve", "reject")), {"reason": "because"}
    return ("choose", {"choice": chance.choice((1, 2))}) if kind == "choice" else ("respond", {"text": "so"})


def crowd(folder: Path, seed: int, seconds: float) -> Findings:
    """Let them all act for so long; nobody may meet a failure, and every decision is in the audit, once."""
    with site(folder, seed) as made:
        made.worker()
        until = time.monotonic() + seconds
        shells = [Shell(made, f"shell-{number}", seed + number) for number in range(SHELLS)]
        findings = Findings()
        with ThreadPoolExecutor(SHELLS) as pool:
            typing = [pool.submit(shell.work, until) for shell in shells]
            findings.add(_watch(made, until, seed))
            for one in typing:
                findings.add(one.result())
        findings.counts["seconds of a crowd"] += int(seconds)
        return finished(made, findings)


def _watch(made: Site, until: float, seed: int) -> Findings:
    """Type into the inbox at random; it may not complain, and must end when it is told to."""
    findings, chance = Findings(), random.Random(seed)
    # Words typed where the list has the focus are keys, and one of them opens the editor.
    environment = {**made.environment, "HITL_ACTOR": "tess", "EDITOR": "true"}
    with terminal("--db", str(made.db), size=(120, 40), cwd=made.folder, environment=environment) as screen:
        while time.monotonic() < until:
            for key in chance.choice(KEYS):
                screen.press(key)
                threading.Event().wait(QUIET_SECONDS)
                _look(screen, findings)
            findings.counts["keys"] += 1
        code = _leave(screen)
        findings.check(code == 0, f"the inbox ended with {code}:\n" + "\n".join(screen.lines()))
    decided = made.number("select count(*) from audit where event = 'decided' and actor = 'tess'")
    findings.counts["decided in the inbox"] += decided
    return findings


def _leave(screen: Terminal) -> int:
    """The exit code. What is typed while an editor has the terminal is the editor's, and has to be said again."""
    screen.press(CTRL_Q)
    with suppress(AssertionError):
        return screen.wait_for_the_end(SAID_AGAIN_SECONDS)
    screen.press(CTRL_Q)
    return screen.wait_for_the_end()


def _look(screen: Terminal, findings: Findings) -> None:
    lines = screen.lines()
    bad = [line for line in lines if any(word in line for word in NEVER)]
    findings.check(not bad and screen.child.isalive(), "the inbox shows:\n" + "\n".join(lines))
