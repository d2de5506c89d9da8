"""What is done to a site: failpoints, random kills, take-overs, races. Each ends with all invariants checked."""

from __future__ import annotations

import json
import signal
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.crash.invariants import Findings, examine
from tests.crash.site import DEADLINE_SECONDS, LONG_LEASE_SECONDS, Process, Site, site

SLEEP_POINTS = ("sleep", "wake", "snooze_over")
WORKER_POINTS = (
    *("claim", "superstep", "node", "pause", "finish", "renew", "release"),
    *("sweep", "remind", "index", *SLEEP_POINTS),
)
EFFECT_POINTS = ("intent", "effect", "doubt", "withdraw")
ACTOR_POINTS = {
    "start": "start",
    "decision": "decide",
    "undo": "decide",
    "cancel": "operate",
    "retry": "operate",
    "set_state": "operate",
    "fork": "keep",
    "prune": "keep",
    "outbox": "tell",
    "triage": "triage",
    "document": "triage",
}
STOP_POINTS = ("hand_back",)
"""Reached by a worker only while it is being stopped."""
POINTS = (*WORKER_POINTS, *EFFECT_POINTS, *ACTOR_POINTS, *STOP_POINTS)
WHENS = ("before", "after")
IN_A_NODE = "node"
MOMENTS = {
    "after:claim:stop": ("graphs.yaml", "Pay"),
    "after:superstep:stop": ("special.yaml", "Bare"),
    "after:superstep:25:stop": ("special.yaml", "Chain"),
    "after:intent:stop": ("special.yaml", "Bare"),
    IN_A_NODE: ("special.yaml", "Patient"),
}
"""Where a worker can be stopped, and a workflow that comes there: a failpoint (the third one is between two commits of
results that nobody waited for), or in the middle of a node."""
RACERS, RACING_PROCESSES = 8, 4
RACE_AHEAD_SECONDS = 0.003
_ROWS_OF_FIRST = (
    "select * from thread where id like 'fill1-%'",
    *(f"select * from {table} where thread like 'fill1-%'" for table in ("step", "request", "audit")),
)
_OUTPUTS = "select output from step where thread in ('fill1-1-Goes', 'fill1-2-Ends') and node = 'wait'"
_RUNNING = "select count(*) from thread where status = 'running'"
_HELD = "select count(*) from thread where status in ('ready', 'running')"


def every_failpoint() -> list[str]:
    """All failpoints: before and after the commit of each kind of transaction."""
    return [f"{when}:{point}" for point in POINTS for when in WHENS]


def failpoints(folder: Path, seed: int, points: Sequence[str]) -> Findings:
    """Have one process die at each of the points, all on one database, then finish and check."""
    with site(folder, seed) as made:
        effects = all(point.split(":")[1] in EFFECT_POINTS for point in points)
        made.actor("start_effects" if effects else "start", "decide", "operate", "triage")
        victims = {point: _victim(made, point) for point in points}
        made.wait(lambda: not any(v.running for v in victims.values() if v.kind == "worker"), f"all reach {points}")
        made.worker()
        made.wait(lambda: not any(victim.running for victim in victims.values()), f"all reach {points}")
        return finished(made, _deaths(victims))


def _victim(made: Site, point: str) -> Process:
    name = point.split(":")[1]
    if name in ACTOR_POINTS:
        return made.actor(ACTOR_POINTS[name], failpoint=point)
    return made.worker(point, concurrency=1)


def _deaths(victims: dict[str, Process]) -> Findings:
    findings = Findings()
    for point, victim in victims.items():
        ended = victim.popen.wait(DEADLINE_SECONDS)
        findings.check(ended == -signal.SIGKILL, f"{victim.name} ended with {ended} instead of dying at {point}")
        findings.counts["failpoints"] += 1
    return findings


def failpoints_at_a_stop(folder: Path, seed: int, points: Sequence[str]) -> Findings:
    """Workers that die while they hand back what they were told to leave; each has a thread that does not end."""
    with site(folder, seed) as made:
        made.fill("special.yaml", *("Patient" for _ in points))
        victims = {point: made.worker(point, concurrency=1) for point in points}
        made.wait(lambda: _runs(folder) == len(points), "all nodes run")
        for victim in victims.values():
            victim.popen.send_signal(signal.SIGTERM)
        return finished(made, _deaths(victims))


def take_over(folder: Path, seed: int, moment: str) -> Findings:
    """Stop a worker past its lease at one of `MOMENTS`: another takes over, and it can commit nothing more."""
    file, graph = MOMENTS[moment]
    with site(folder, seed) as made:
        made.fill(file, graph)
        first = made.worker(None if moment == IN_A_NODE else moment)
        if moment == IN_A_NODE:
            made.wait(lambda: _runs(folder) == 1, "the node runs")
            # Whoever is stopped in the middle of a write keeps all others from writing.
            with made.nobody_writes():
                first.popen.send_signal(signal.SIGSTOP)
                made.wait(lambda: first.stopped, "the worker is stopped")
        made.wait(lambda: first.stopped, "the worker is stopped")
        epoch = made.number("select lease_epoch from thread")
        second = made.worker()
        made.wait(lambda: made.number("select lease_epoch from thread") > epoch, "another takes over")
        (folder / "permitted").touch()
        made.wait(lambda: made.number(_HELD) == 0, "the other one is through")
        before = [made.rows(sql) for sql in _ROWS_OF_FIRST]
        first.popen.send_signal(signal.SIGCONT)
        findings = Findings()
        findings.counts["take-overs"] += 1
        _dismiss(second, findings)
        made.fill("graphs.yaml", "Twice")
        made.wait(lambda: made.number(_HELD) == 0, "the first worker is of use again")
        _dismiss(first, findings)
        after = [made.rows(sql) for sql in _ROWS_OF_FIRST]
        findings.check(after == before, f"{moment}: a worker without a lease changed {before} to {after}")
        return finished(made, findings, zombies=True)


def wake_beside_another(folder: Path, seed: int) -> Findings:
    """Stopped workers wake while another runs their nodes: they can store no result, renew no lease and hand none back.

    One renews its lease as soon as it wakes. The other one, which takes its leases for good, has the results of two
    nodes by then, and is told to stop, so that it hands back the third thread.
    """
    with site(folder, seed) as made:
        made.fill("special.yaml", "Patient", "Goes", "Ends", "Patient")
        renewing = made.worker(concurrency=1)
        made.wait(lambda: made.number(_RUNNING), "it has the first thread")
        storing = made.worker(lease=LONG_LEASE_SECONDS)
        made.wait(lambda: _runs(folder) == 4, "all nodes run")
        with made.nobody_writes():
            for worker in (renewing, storing):
                worker.popen.send_signal(signal.SIGSTOP)
            made.wait(lambda: renewing.stopped and storing.stopped, "both are stopped")
        made.expire()
        second = made.worker(concurrency=4, lease=LONG_LEASE_SECONDS)
        made.wait(lambda: _runs(folder) == 8, "all nodes run again")
        before = [made.rows(sql) for sql in _ROWS_OF_FIRST]
        _permit(folder, run=1)
        for worker in (renewing, storing):
            worker.popen.send_signal(signal.SIGCONT)
        findings = Findings()
        findings.counts["woken beside another"] += 2
        _dismiss(storing, findings)
        made.wait(lambda: "went to another runner" in renewing.log.read_text(), "the first worker finds its lease lost")
        _dismiss(renewing, findings)
        after = [made.rows(sql) for sql in _ROWS_OF_FIRST]
        findings.check(after == before, f"workers without a lease changed {before} to {after}")
        _permit(folder, run=2)
        (folder / "permitted").touch()
        made.wait(lambda: made.number(_HELD) == 0, "the other one is through")
        _dismiss(second, findings)
        outputs = made.rows(_OUTPUTS)
        findings.check(outputs == [("2",), ("2",)], f"of two runs of two nodes these are recorded: {outputs}")
        findings.add(examine(folder, zombies=True))
        return findings


def _permit(folder: Path, run: int) -> None:
    for thread in ("fill1-1-Goes", "fill1-2-Ends"):
        (folder / f"permitted-{thread}-{run}").touch()


def _dismiss(worker: Process, findings: Findings) -> None:
    worker.popen.send_signal(signal.SIGTERM)
    ended = worker.popen.wait(DEADLINE_SECONDS)
    findings.check(ended == 0, f"{worker.name}, told to stop, ended with {ended}")


def storm(folder: Path, seed: int, kills: int, *, stops: bool = False) -> Findings:
    """Kill processes under load at random moments; with `stops`, workers are also stopped, often past their lease."""
    crew = ("worker", "worker", "worker", "start", "decide", "decide", "operate", "keep tell")
    with site(folder, seed) as made:
        alive = [_join(made, kind) for kind in crew]
        made.wait(lambda: all(process.ready for process in alive) and _runs(folder) > 0, "all are at work")
        asleep: dict[Process, float] = {}
        killed: Counter[str] = Counter()
        findings = Findings()
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
                findings.counts["stopped for a while"] += 1
                continue
            target.kill()
            killed[target.kind] += 1
            alive[alive.index(target)] = _join(made, target.kind)
        for process in asleep:
            process.popen.send_signal(signal.SIGCONT)
        findings.counts.update({f"killed: {kind}": count for kind, count in killed.items()})
        return finished(made, findings, zombies=stops)


def _join(made: Site, kind: str) -> Process:
    return made.worker() if kind == "worker" else made.actor(*kind.split())


def _wake(asleep: dict[Process, float]) -> None:
    for process, until in list(asleep.items()):
        if time.monotonic() >= until:
            process.popen.send_signal(signal.SIGCONT)
            del asleep[process]


def races(folder: Path, seed: int, count: int) -> Findings:
    """Let 8 deciders in 4 processes answer one request at the same moment, `count` times."""
    with site(folder, seed) as made:
        made.fill("race.yaml", *("Race" for _ in range(count)))
        worker = made.worker(concurrency=16)
        waiting = "select count(*) from request where status = 'pending'"
        made.wait(lambda: made.number(waiting) == count, "all threads wait")
        worker.popen.send_signal(signal.SIGTERM)
        racers = [made.racer(RACERS // RACING_PROCESSES) for _ in range(RACING_PROCESSES)]
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
        return finished(made, findings)


def _line(process: Process) -> str:
    assert process.popen.stdout is not None
    return process.popen.stdout.readline()


def finished(made: Site, findings: Findings, *, zombies: bool = False) -> Findings:
    """Bring everything to its end and check it; no process may have complained."""
    stuck = made.finish()
    findings.check(stuck is None, f"stuck: {stuck}")
    made.close()
    for process in made.processes:
        complaint = _complaint(process)
        findings.check(complaint is None, f"{made.folder.name}: {process.name}: {complaint}")
        ended = process.popen.returncode
        findings.check(ended in (0, -signal.SIGKILL), f"{made.folder.name}: {process.name} ended with {ended}")
    findings.add(examine(made.folder, zombies=zombies))
    return findings


def _complaint(process: Process) -> str | None:
    """The first line of its log that no user should meet. The agent processes of a killed worker may find it gone."""
    text = process.log.read_text(encoding="utf-8", errors="replace")
    words = ["is locked", "heartbeat missed", "Traceback"]
    if process.popen.returncode == -signal.SIGKILL and "engine/host.py" in text:
        words.remove("Traceback")
    return next((line for line in text.splitlines() if any(word in line for word in words)), None)


def _runs(folder: Path) -> int:
    log = folder / "effects.log"
    return len(log.read_text(encoding="utf-8").splitlines()) if log.exists() else 0
