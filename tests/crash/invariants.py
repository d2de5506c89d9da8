"""What must hold in the database once everything has come to its end, whatever was killed and when."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hitl_tui.store import search
from tests.crash import workload

_RAN = frozenset({"ok", "rejected", "timed_out", "ended"})
_OPEN = frozenset({"pending", "held"})
REDO = 1
"""The option of a question about an effect that lets it happen again."""


@dataclass
class Findings:
    """Violations in words, and how much was looked at."""

    violations: list[str] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)

    def check(self, holds: bool, words: str) -> None:
        """Note a violation unless it holds."""
        self.counts["checks"] += 1
        if not holds:
            self.violations.append(words)

    def add(self, other: Findings) -> None:
        """Count another database's findings in."""
        self.violations += other.violations
        self.counts += other.counts


def examine(folder: Path, *, zombies: bool = False) -> Findings:
    """Check the database in `folder`. With `zombies` (stopped workers) a node may begin after it was recorded."""
    findings = Findings()
    with contextlib.closing(sqlite3.connect(folder / "hitl.db")) as connection:
        connection.row_factory = sqlite3.Row
        findings.check(connection.execute("pragma integrity_check").fetchone()[0] == "ok", "the file is damaged")
        tables = {
            name: [dict(row) for row in connection.execute(f"select * from {name} order by rowid")]
            for name in ("request", "response", "audit", "outbox")
        }
        tables["thread"] = [dict(row) for row in connection.execute("select * from thread")]
        tables["step"] = [dict(row) for row in connection.execute("select * from step order by thread, seq")]
        _search(findings, connection)
    journal = _lines(folder / "journal.jsonl")
    _requests(findings, tables)
    _threads(findings, tables)
    _steps(findings, tables)
    _effects(findings, tables, folder / "effects.log", zombies)
    _reminded(findings, tables, folder / "sent.log")
    _paid(findings, tables, folder / "paid.log")
    _told(findings, tables, [json.loads(line) for line in journal])
    findings.violations = [f"{folder.name}: {words}" for words in findings.violations]
    return findings


def _search(findings: Findings, connection: sqlite3.Connection) -> None:
    """The search index, brought up to date, has one document for each item of the list and nothing besides."""
    while connection.execute(search.SQL["behind"]).fetchone()[0]:
        search.Index()(connection)
    documents = {row[0] for row in connection.execute("select doc from searched")}
    items = (
        "select rowid from request where closed_at is null union all select -rowid from thread where open_requests = 0"
    )
    listed = {row[0] for row in connection.execute(items)}
    findings.check(documents == listed, f"the search index has {documents - listed} and lacks {listed - documents}")
    # Raises when the index does not have exactly the words of its documents.
    connection.execute("insert into search (search) values ('integrity-check')")


def _requests(findings: Findings, tables: dict[str, list[dict[str, Any]]]) -> None:
    """One response per answered request and none besides; asked and decided are both in the audit."""
    responses = {row["request"]: row for row in tables["response"]}
    audit = Counter((row["request"], row["event"]) for row in tables["audit"] if row["request"])
    threads = {row["id"]: row for row in tables["thread"]}
    findings.counts["requests"] += len(tables["request"])
    findings.counts["responses"] += len(responses)
    for row in tables["request"]:
        name, response = f"request {row['id']} of {row['thread']}", responses.pop(row["id"], None)
        closed = row["status"] in ("answered", "timed_out")
        findings.check(row["status"] != "held", f"{name} is held for ever")
        findings.check(
            closed == (response is not None) or row["status"] == "cancelled", f"{name}: {row['status']}, {response}"
        )
        findings.check(
            row["status"] not in _OPEN or threads[row["thread"]]["status"] == "paused", f"{name} is left open"
        )
        findings.check(
            audit[row["id"], "asked"] == 1, f"{name} was asked {audit[row['id'], 'asked']} times by the audit"
        )
        decided = audit[row["id"], "decided"] - audit[row["id"], "undone"]
        by_person = response is not None and response["actor"] != "system"
        by_system = response is not None and response["actor"] == "system"
        findings.check(decided == by_person, f"{name}: {decided} decisions in the audit, response {response}")
        findings.check(audit[row["id"], "timed_out"] == by_system, f"{name}: audit of its timeout, response {response}")
    findings.check(not responses, f"responses without a request: {list(responses)}")
    asked = {request for request, event in audit if event == "asked"}
    lost = asked - {row["id"] for row in tables["request"]}
    findings.check(not lost, f"requests that the audit knows are lost: {lost}")


def _threads(findings: Findings, tables: dict[str, list[dict[str, Any]]]) -> None:
    """Every thread has come to its end, once, and nobody holds it."""
    audit = Counter((row["thread"], row["event"]) for row in tables["audit"])
    # Of a fork both threads tell: the new one where it is from, the other one where it went.
    audit.update((row["thread"], "begun") for row in tables["audit"] if row["event"] == "started")
    forks = (row for row in tables["audit"] if row["event"] == "forked")
    audit.update((row["thread"], "begun") for row in forks if "from" in json.loads(row["details"]))
    still = Counter(row["thread"] for row in tables["request"] if row["status"] in _OPEN)
    findings.counts["threads"] += len(tables["thread"])
    for row in tables["thread"]:
        name = f"thread {row['id']}"
        ends = workload.expected_ends(row["id"], row["graph_name"])
        findings.check(row["status"] in ends, f"{name} is {row['status']}: {row['error']}")
        findings.check(row["lease_owner"] is None and row["lease_until"] is None, f"{name} is still leased")
        findings.check(row["open_requests"] == still[row["id"]], f"{name} counts {row['open_requests']} open requests")
        over = row["status"] == "cancelled" or row["frontier"] == "[]"
        findings.check(over, f"{name} has a frontier: {row['frontier']}")
        for event in ("begun", row["status"]):
            findings.check(
                audit[row["id"], event] == 1, f"{name}: {audit[row['id'], event]} times {event} in the audit"
            )
        findings.counts["retries"] += audit[row["id"], "retried"]


def _steps(findings: Findings, tables: dict[str, list[dict[str, Any]]]) -> None:
    """The steps of a thread are numbered without a gap, and each node run that it needed is recorded exactly once."""
    steps: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in tables["step"]:
        steps[row["thread"]].append(row)
    actions: dict[str, dict[str, str]] = defaultdict(dict)
    responses = {row["request"]: row["action"] for row in tables["response"]}
    asked = {(row["thread"], row["step"]) for row in tables["request"]}
    for row in tables["request"]:
        if row["id"] in responses:
            actions[row["thread"]][row["node"]] = responses[row["id"]]
    findings.counts["steps"] += len(tables["step"])
    for thread in tables["thread"]:
        name, own = f"thread {thread['id']}", steps[thread["id"]]
        numbers = [step["seq"] for step in own]
        findings.check(numbers == list(range(1, thread["steps"] + 1)), f"{name}: steps {numbers} of {thread['steps']}")
        ran = Counter(f"{step['node']}:{step['visit']}" for step in own if step["status"] in _RAN)
        twice = {run: count for run, count in ran.items() if count > 1}
        findings.check(not twice, f"{name}: recorded more than once: {twice}")
        if thread["status"] == "completed":
            due = workload.expected_steps(thread["graph_name"], actions[thread["id"]])
            findings.check(set(ran) == due, f"{name} ran {sorted(ran)}, not {sorted(due)}")
            findings.check(all(step["status"] != "paused" for step in own), f"{name} has ended with a paused step")
        for step in own:
            found = not workload.asks(step["node"]) or (thread["id"], step["seq"]) in asked
            findings.check(found, f"{name}: no request of step {step['seq']} ({step['node']})")


def _effects(findings: Findings, tables: dict[str, list[dict[str, Any]]], log: Path, zombies: bool) -> None:
    """What was recorded did run, and did not run again after it was recorded."""
    began: dict[tuple[str, str, int], list[str]] = defaultdict(list)
    for line in _lines(log):
        at, thread, node, visit = line.split("\t")
        began[thread, node, int(visit)].append(at)
    recorded = 0
    for row in tables["step"]:
        if row["status"] not in _RAN or not workload.logs(row["node"]):
            continue
        recorded += 1
        runs = began[row["thread"], row["node"], row["visit"]]
        name = f"{row['thread']}:{row['node']}:{row['visit']}"
        findings.check(bool(runs), f"{name} is recorded but never ran")
        findings.check(
            zombies or all(at <= row["ended_at"] for at in runs), f"{name} ran again after {row['ended_at']}: {runs}"
        )
    findings.counts["node results"] += recorded
    findings.counts["node runs"] += sum(len(runs) for runs in began.values())


def _reminded(findings: Findings, tables: dict[str, list[dict[str, Any]]], log: Path) -> None:
    """A person is reminded of a request once, and what counts as told was told."""
    messages = Counter(json.loads(row["payload"])["request_id"] for row in tables["outbox"])
    reminders = Counter(row["request"] for row in tables["audit"] if row["event"] == "reminded")
    findings.check(messages == reminders, f"messages {messages - reminders}, reminders {reminders - messages}")
    twice = {request for request, count in reminders.items() if count > 1}
    findings.check(not twice, f"reminded twice of {twice}")
    told = {json.loads(line)["id"] for line in _lines(log)}
    sent = {row["id"] for row in tables["outbox"] if row["sent_at"]}
    findings.check(sent <= told, f"the messages {sent - told} count as sent, and never were")
    findings.counts["reminders"] += len(tables["outbox"])
    findings.counts["told outside"] += len(sent)


def _paid(findings: Findings, tables: dict[str, list[dict[str, Any]]], log: Path) -> None:
    """Nothing is paid without approval, and nothing twice unless a person said so (`once`)."""
    payments = Counter(tuple(line.split("\t")[1:]) for line in _lines(log))
    responses = {row["request"]: row for row in tables["response"]}
    graphs = {row["id"]: row["graph_name"] for row in tables["thread"]}
    redone: Counter[tuple[str, ...]] = Counter()
    marked: set[tuple[str, ...]] = set()
    approved = set()
    for row in tables["request"]:
        response = responses.get(row["id"])
        if response is None:
            continue
        run = row["thread"], row["node"], str(row["visit"])
        if "uncertain_effect" in json.loads(row["context"]):
            findings.counts["doubts answered"] += 1
            if json.loads(response["data"])["choice"] == REDO:
                redone[run] += 1
            else:
                marked.add(run)
        elif response["action"] == "approve":
            approved.add(run[:2])
    for run, count in payments.items():
        thread, node, _ = run
        name, gate = ":".join(run), workload.gate_of(graphs[thread], node)
        findings.check(count <= 1 + redone[run], f"{name} was paid {count} times; a person said {redone[run]} times so")
        findings.check(gate is None or (thread, gate) in approved, f"{name} was paid without approval")
    for row in tables["step"]:
        run = row["thread"], row["node"], str(row["visit"])
        if row["status"] == "ok" and row["node"].endswith("pay"):
            findings.check(run in payments or run in marked, f"{':'.join(run)} is recorded, and was never paid")
    findings.counts["payments"] += sum(payments.values())
    findings.counts["paid again, as told"] += sum(count - 1 for count in payments.values())


def _told(findings: Findings, tables: dict[str, list[dict[str, Any]]], journal: list[dict[str, Any]]) -> None:
    """Who was told that it is done finds it done; who was not told finds it done or not, but never half."""
    threads = {row["id"]: row for row in tables["thread"]}
    responses = {row["request"]: row for row in tables["response"]}
    audit = Counter((row["thread"], row["event"], row["actor"]) for row in tables["audit"])
    # By the audit: the inbox in the terminal takes decisions back, too, and writes no journal.
    undone = {row["request"] for row in tables["audit"] if row["event"] == "undone"}
    heard = {
        (line["event"][:-1], line["actor"], line["thread"], line["request"])
        for line in journal
        if line["event"][-1] != "?"
    }
    for line in journal:
        verb, told = line["event"][:-1], line["event"][-1]
        thread, request, actor = line["thread"], line["request"], line["actor"]
        if told == "?" and (verb, actor, thread, request) not in heard:
            findings.counts[f"not told: {verb}"] += 1
        if told != "!":
            continue
        findings.counts[f"told: {verb}"] += 1
        if verb in ("start", "fork"):
            findings.check(thread in threads, f"thread {thread} is lost; {actor} was told it is started")
        elif verb == "decide" and request not in undone:
            found = responses.get(request, {}).get("actor")
            findings.check(found == actor, f"request {request}: {actor} was told ok, the response is {found}'s")
        elif verb == "cancel":
            findings.check(
                threads[thread]["status"] == "cancelled", f"thread {thread}: {actor} was told it is cancelled"
            )
        elif verb in ("retry", "mend"):
            event = {"retry": "retried", "mend": "state_changed"}[verb]
            findings.check(audit[thread, event, actor] >= 1, f"thread {thread}: {event} by {actor} is not in the audit")


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else []
