"""What the harness does to a site: failpoints, a storm of random kills, races; each ends with all invariants checked."""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.crash.invariants import Findings, examine
from tests.crash.site import Process, Site, site

WORKER_POINTS = ("claim", "superstep", "node", "pause", "finish", "renew", "release", "sweep")
ACTOR_POINTS = {
    "start": "start",
    "decision": "decide",
    "undo": "decide",
    "cancel": "operate",
    "retry": "operate",
    "set_state": "operate",
}
STOP_POINTS = ("hand_back",)
"""Reached by a worker only while it is being stopped."""
POINTS = (*WORKER_POINTS, *ACTOR_POINTS, *STOP_POINTS)
WHENS = ("before", "after")
RACE_AHEAD_SECONDS = 0.003


def every_failpoint() -> list[str]:
    """All failpoints: before and after the commit of each kind of transaction."""
    return [f"{when}:{point}" for point in POINTS for when in WHENS]


def failpoints(folder: Path, seed: int, points: Sequence[str]) -> Findings:
    """Have one process die at each of the points, all on one database, then finish and check."""
    with site(folder, seed) as made:
        made.actor("start", "decide", "operate")
        victims = [_victim(made, point) for point in points]
        for point, victim in zip(points, victims, strict=True):
            made.wait(lambda victim=victim: not victim.running, f"{victim.name} reaches {point}")  # type: ignore[misc]
        findings = Findings()
        for point, victim in zip(points, victims, strict=True):
            ended = victim.popen.returncode
            findings.check(ended == -signal.SIGKILL, f"{victim.name} ended with {ended} instead of dying at {point}")
            findings.counts["failpoints"] += 1
        return _finished(made, findings)


def _victim(made: Site, point: str) -> Process:
    name = point.split(":")[1]
    if name in ACTOR_POINTS:
        return made.actor(ACTOR_POINTS[name], failpoint=point)
    return made.worker(point)


def failpoints_at_a_stop(folder: Path, seed: int, points: Sequence[str]) -> Findings:
    """Workers that die while they hand back what they were told to leave; each has a thread that does not end."""
    with site(folder, seed) as made:
        made.fill("special.yaml", *("Patient" for _ in points))
        victims = [made.worker(point, concurrency=1) for point in points]
        made.wait(lambda: _runs(folder) == len(points), "all nodes run")
        for victim in victims:
            victim.popen.send_signal(signal.SIGTERM)
        findings = Findings()
        for point, victim in zip(points, victims, strict=True):
            ended = victim.popen.wait(60)
            findings.check(ended == -signal.SIGKILL, f"{victim.name} ended with {ended} instead of dying at {point}")
            findings.counts["failpoints"] += 1
        return _finished(made, findings)


def storm(folder: Path, seed: int, kills: int, *, stops: bool = False) -> Findings:
    """Kill processes under load at random moments; with `stops`, one in four is stopped past its lease instead."""
    crew = ("worker", "worker", "worker", "start", "decide", "decide", "operate")
    with site(folder, seed) as made:
        alive = [_join(made, kind) for kind in crew]
        asleep: dict[Process, float] = {}
        killed: Counter[str] = Counter()
        while sum(killed.values()) < kills:
            time.sleep(made.random.uniform(0.01, 0.4))
            _wake(asleep)
            able = [process for process in alive if process.ready and process not in asleep]
            if not able:
                continue
            target = made.random.choice(able)
            if stops and target.kind == "worker" and len(asleep) < 2 and made.random.random() < 0.5:
                target.popen.send_signal(signal.SIGSTOP)
                asleep[target] = time.monotonic() + made.random.uniform(0.5, 2.5)
                killed["stopped"] += 1
                continue
            target.kill()
            killed[target.kind] += 1
            alive[alive.index(target)] = _join(made, target.kind)
        for process in asleep:
            process.popen.send_signal(signal.SIGCONT)
        findings = Findings()
        findings.counts.update({f"killed: {kind}": count for kind, count in killed.items()})
        return _finished(made, findings, zombies=stops)


def _join(made: Site, kind: str) -> Process:
    return made.worker() if kind == "worker" else made.actor(kind)


def _wake(asleep: dict[Process, float]) -> None:
    for process, until in list(asleep.items()):
        if time.monotonic() >= until:
            process.popen.send_signal(signal.SIGCONT)
            del asleep[process]


def races(folder: Path, seed: int, count: int, *, processes: int = 4, deciders: int = 2) -> Findings:
    """Let the deciders of all processes answer one request at the same moment, `count` times."""
    with site(folder, seed) as made:
        made.fill("race.yaml", *("Race" for _ in range(count)))
        worker = made.worker(concurrency=16)
        waiting = "select count(*) from request where status = 'pending'"
        made.wait(lambda: made.number(waiting) == count, "all threads wait")
        worker.popen.send_signal(signal.SIGTERM)
        racers = [made.racer(deciders) for _ in range(processes)]
        for racer in racers:
            _line(racer)
        findings = Findings()
        for thread, request in made.rows("select thread, id from request order by id"):
            moment = time.monotonic() + RACE_AHEAD_SECONDS
            for racer in racers:
                assert racer.popen.stdin is not None
                racer.popen.stdin.write(f"{thread} {request} {moment}\n")
                racer.popen.stdin.flush()
            told = [one for racer in racers for one in json.loads(_line(racer))]
            winners = [one for one in told if one["won"]]
            findings.check(len(winners) == 1, f"{thread}: {len(winners)} winners: {winners}")
            findings.counts.update({"races": 1, "winners": len(winners), "losers": len(told) - len(winners)})
            for one in told:
                if winners and not one["won"]:
                    named = {key: winners[0][key] for key in ("actor", "action")}
                    right = one["told"]["at"] and one["told"].items() >= named.items()
                    findings.check(right, f"{thread}: {one['actor']} was told {one['told']}, the winner is {named}")
        return _finished(made, findings)


def _line(process: Process) -> str:
    assert process.popen.stdout is not None
    return process.popen.stdout.readline()


def _finished(made: Site, findings: Findings, *, zombies: bool = False) -> Findings:
    """Bring everything to its end and check it; no process may have complained."""
    stuck = made.finish()
    findings.check(stuck is None, f"stuck: {stuck}")
    made.close()
    for process in made.processes:
        complaint = next((line for line in _complaints(process.log)), None)
        findings.check(complaint is None, f"{made.folder.name}: {process.name}: {complaint}")
        ended = process.popen.returncode
        findings.check(ended in (0, -signal.SIGKILL), f"{made.folder.name}: {process.name} ended with {ended}")
    findings.add(examine(made.folder, zombies=zombies))
    return findings


def _complaints(log: Path) -> list[str]:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    words = ("Traceback", "is locked", "heartbeat missed", "Error:")
    return [line for line in lines if any(word in line for word in words)]


def _runs(folder: Path) -> int:
    log = folder / "effects.log"
    return len(log.read_text(encoding="utf-8").splitlines()) if log.exists() else 0
