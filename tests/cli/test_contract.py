"""The JSON shapes and exit codes that scripts rely on (architecture, "Command line")."""

from __future__ import annotations

import json
import re
import shlex
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest

from tests.cli.conftest import Hitl
from tests.cli.spec_requests import THREAD, as_csv

THREAD_KEYS = {"thread_id", "graph", "status", "outcome", "state", "pending", "error"}
PENDING_KEYS = {
    *("request_id", "node", "type", "prompt", "context", "options", "allowed", "schema", "risk", "digest"),
    *("due_at", "status"),
}
ITEM_KEYS = {
    *("thread_id", "graph", "status", "node", "type", "prompt", "request_id", "created_at", "updated_at", "due_at"),
    *("priority", "assignee", "risk"),
}
REQUEST_FIELDS = ("node", "type", "prompt", "request_id", "due_at")
STEP_KEYS = {
    *("seq", "node", "visit", "status", "started_at", "ended_at", "writes", "error", "decision", "decisions"),
    *("attempt", "traceback", "logs"),
}
FINDING_KEYS = {"file", "line", "severity", "graph", "node", "message"}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")

TWO_GATES = """graph,node,agent,next_on_success,prompt,output_field
Two,start,echo,left|right,go,
Two,left,approval_interaction,,Left?,left
Two,right,approval_interaction,,Right?,right
"""
FLAKY = """
from pathlib import Path

from hitl_tui.agents.registry import agent


@agent("flaky")
def flaky(inputs):
    if not Path("mended").exists():
        raise RuntimeError("not mended yet")
    return "mended"
"""
FLAKY_GRAPH = """graph,node,agent,next_on_success,output_field
Flaky,gate,approval_interaction,work,
Flaky,work,flaky,,result
"""
RUDE = """
import os

from hitl_tui.agents.registry import agent


@agent("rude")
def rude(inputs):
    os._exit(3)
"""


@pytest.fixture
def requests(hitl: Hitl) -> str:
    return hitl.file("requests.csv", as_csv())


def test_run_pauses_and_resume_completes(hitl: Hitl, requests: str) -> None:
    """Rows 4, 7: the shapes of `run`, `show` and `resume`; times are ISO 8601 in UTC with Z."""
    started = hitl("run", f"{requests}::Budget", "--json", "--thread-id", "b1")
    assert started.code == 0
    view = started.json
    assert view.keys() == THREAD_KEYS
    assert (view["thread_id"], view["graph"], view["status"], view["outcome"]) == ("b1", "Budget", "paused", None)
    assert view["error"] is None
    (pending,) = view["pending"]
    assert pending.keys() == PENDING_KEYS
    assert pending["status"] == "pending" and pending["allowed"] == ["approve", "reject"]
    assert TIME.fullmatch(pending["due_at"])
    assert hitl.quick("show", "b1", "--json").json == view

    done = hitl.quick("resume", "b1", "approve", "--json").json
    assert done.keys() == THREAD_KEYS
    assert (done["status"], done["outcome"], done["pending"]) == ("completed", "ok", [])


def test_other_processes_decide(hitl: Hitl, requests: str) -> None:
    """Rows 5, 8: created in process A, listed in B, resumed in C."""
    hitl("run", f"{requests}::Budget", "--thread-id", "b1")
    assert [item["thread_id"] for item in hitl.quick("list", "--json").json["items"]] == ["b1"]
    assert hitl.quick("resume", "b1", "approve").code == 0


def test_inputs(hitl: Hitl) -> None:
    hitl.file("echo.csv", "graph,node,agent,prompt,output_field\nEcho,one,output,{who} {count} {more},said\n")
    run = hitl.quick(
        *("run", "echo.csv", "--input", "who=a = b", "--input", "count:=3"),
        *("--input-json", '{"more": ["x"], "count": 1}', "--json"),
    )
    assert run.code == 0
    state = run.json["state"]
    assert (state["who"], state["count"], state["more"]) == ("a = b", 3, ["x"])


def test_a_file_with_several_graphs_needs_a_name(hitl: Hitl, requests: str) -> None:
    several = hitl.quick("run", requests, "--json")
    assert several.code == 2
    words = json.dumps(several.error)
    assert all(name in words for name in ("Budget", "Alert", "Deployment", "Requirements", "Architecture"))
    unknown = hitl.quick("run", f"{requests}::Nope", "--json")
    assert unknown.code == 2 and "Nope" in unknown.error["message"]


def test_a_colon_in_a_file_name(hitl: Hitl) -> None:
    hitl.file("a::b.csv", "graph,node,agent,prompt\nG,one,output,hello\n")
    assert hitl.quick("run", "a::b.csv").code == 0
    assert hitl.quick("run", "a::b.csv::G").code == 0


@pytest.mark.parametrize("thread_id", ["", " ", "x" * 201, "a\tb", "a\x1bb", "a\nb", "a\u202eb"])
def test_an_impossible_thread_id(hitl: Hitl, requests: str, thread_id: str) -> None:
    refused = hitl.quick("run", f"{requests}::Budget", "--thread-id", thread_id, "--json")
    assert refused.code == 2
    assert hitl.quick("list", "--json").json["total"] == 0


def test_a_thread_id_that_is_taken(hitl: Hitl, requests: str) -> None:
    assert hitl.quick("run", f"{requests}::Budget", "--thread-id", "one").code == 0
    again = hitl.quick("run", f"{requests}::Budget", "--thread-id", "one", "--json")
    assert again.code == 4
    assert again.error["code"] == "thread_exists"


def test_list(hitl: Hitl, requests: str) -> None:
    """One item per open request, one per thread without; sorted by due, then id; pages by cursor."""
    for number, graph in enumerate(("Architecture", "Deployment", "Alert", "Budget")):
        assert hitl.quick("run", f"{requests}::{graph}", "--thread-id", f"t{number}").code == 0
    assert hitl.quick("resume", "t3", "approve").code == 0

    page = hitl.quick("list", "--json").json
    assert page.keys() == {"items", "total", "next"}
    assert page["total"] == 4 and page["next"] is None
    assert all(item.keys() == ITEM_KEYS for item in page["items"])
    dues = [item["due_at"] for item in page["items"]]
    assert [item["thread_id"] for item in page["items"][:2]] == ["t1", "t2"], "30 minutes, then 2 hours"
    assert dues == [*sorted(due for due in dues if due), None, None]
    closed = next(item for item in page["items"] if item["thread_id"] == "t3")
    assert closed["status"] == "completed"
    assert all(closed[field] is None for field in REQUEST_FIELDS)
    assert all(TIME.fullmatch(item[field]) for item in page["items"] for field in ("created_at", "updated_at"))

    seen, cursor = [], None
    for _ in range(4):
        more = hitl.quick("list", "--limit", "1", "--json", *(("--cursor", cursor) if cursor else ())).json
        seen += [item["thread_id"] for item in more["items"]]
        cursor = more["next"]
    assert cursor is None
    assert seen == [item["thread_id"] for item in page["items"]]

    third = hitl.quick("list", "--limit", "3", "--json").json["next"]
    assert hitl.quick("list", "--status", "paused", "--cursor", third).out == "nothing after this place\n"
    refused = hitl.quick("list", "--sort", "priority", "--cursor", third, "--json")
    assert (refused.code, refused.error["message"]) == (2, "the cursor is of a list by due, not by priority")

    def listed(*words: str) -> set[str]:
        return {item["thread_id"] for item in hitl.quick("list", "--json", *words).json["items"]}

    assert listed("--status", "paused") == {"t0", "t1", "t2"}
    assert listed("--status", "completed", "--status", "failed") == {"t3"}
    assert listed("--type", "choice", "--type", "edit") == {"t1", "t2"}
    assert listed("--graph", "Budget") == {"t3"}
    assert listed("--sort", "age") == listed("--sort", "priority") == {"t0", "t1", "t2", "t3"}


def test_history(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    hitl.use(asking["Budget"])
    hitl.quick("resume", THREAD, "reject", "--data", '{"reason": "too much"}')
    history = hitl.quick("history", THREAD, "--json").json
    assert history.keys() == {"thread_id", "steps"}
    first, second = history["steps"]
    assert first.keys() == second.keys() == STEP_KEYS
    assert (first["node"], first["visit"], first["status"]) == ("approval_gate", 1, "rejected")
    assert first["decision"]["action"] == "reject"
    assert first["decision"]["data"] == {"reason": "too much"}
    assert (first["decision"]["actor"], first["decision"]["via"]) == ("ann", "cli")
    assert (second["node"], second["decision"]) == ("refused", None)
    assert second["writes"] == {"refused": "Refused because: too much"}
    assert first["seq"] < second["seq"]
    assert all(TIME.fullmatch(step[field]) for step in history["steps"] for field in ("started_at", "ended_at"))
    plain = hitl.quick("history", THREAD).out
    assert "reject by ann via cli: too much" in plain


def test_several_pending_need_a_name(hitl: Hitl) -> None:
    """Several pending and no `--request` → exit 2 with the list; each is answered by its id."""
    hitl.file("two.csv", TWO_GATES)
    view = hitl.quick("run", "two.csv", "--thread-id", "two", "--json").json
    ids = {pending["node"]: pending["request_id"] for pending in view["pending"]}
    assert ids.keys() == {"left", "right"}
    several = hitl.quick("resume", "two", "approve", "--json")
    assert several.code == 2
    assert several.error["code"] == "several_pending"
    assert all(request_id in several.error["message"] for request_id in ids.values())
    refused = hitl.quick("resume", "two", "edit", "--request", ids["left"], "--json")
    half = hitl.quick(*shlex.split(refused.error["hint"])[1:], "--json")
    assert (half.code, half.json["status"]) == (0, "paused")
    done = hitl.quick("resume", "two", "reject", "--request", ids["right"], "--json")
    assert done.json["status"] == "completed"


def test_an_answer_is_stored_without_running(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    """`resume --no-run`, then `wait`, which runs what nobody else does."""
    hitl.use(asking["Budget"])
    stored = hitl.quick("resume", THREAD, "approve", "--no-run", "--json")
    assert (stored.code, stored.json["status"]) == (0, "ready")
    waited = hitl.quick("wait", THREAD, "--json")
    assert (waited.code, waited.json["status"]) == (0, "completed")


def test_a_failure_after_the_answer_was_taken(hitl: Hitl) -> None:
    """Exit code 1 with `"decided": true`; `retry` goes on at the node that failed."""
    hitl.file("flaky.py", FLAKY)
    hitl.file("flaky.csv", FLAKY_GRAPH)
    assert hitl.quick("run", "flaky.csv", "--agents", "flaky.py", "--thread-id", "f").code == 0
    failed = hitl.quick("resume", "f", "approve", "--json")
    assert failed.code == 1
    assert failed.json.keys() == THREAD_KEYS | {"decided"}
    assert failed.json["decided"] is True
    assert failed.json["status"] == "failed"
    assert failed.json["error"] == {"node": "work", "type": "RuntimeError", "message": "not mended yet"}
    assert hitl.quick("show", "f").code == 0

    again = hitl.quick("retry", "f", "--json")
    assert again.code == 1
    assert again.json.keys() == THREAD_KEYS
    hitl.file("mended", "")
    mended = hitl.quick("retry", "f", "--json")
    assert (mended.code, mended.json["status"], mended.json["state"]["result"]) == (0, "completed", "mended")
    assert hitl.quick("retry", "f", "--json").error["code"] == "not_possible"


def test_cancel(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    hitl.use(asking["Budget"])
    cancelled = hitl.quick("cancel", THREAD, "--json")
    assert (cancelled.code, cancelled.json["status"], cancelled.json["pending"]) == (0, "cancelled", [])
    assert cancelled.json["cancelled"].keys() == {"actor", "via", "at", "withdrawn"}
    assert hitl.quick("cancel", THREAD).code == 4
    late = hitl.quick("resume", THREAD, "approve", "--json")
    assert late.code == 4


def test_a_cancelled_thread_tells_who_cancelled_it_and_what_that_cut_off(
    hitl: Hitl, asking: Mapping[str, Path]
) -> None:
    hitl.use(asking["Budget"])
    hitl.quick("resume", THREAD, "approve", "--hold", "300", "--actor", "bob")
    insert = "insert into effect (thread, node, visit, key, intent) values (?, 'till', 2, 'pay', '{}')"
    with closing(sqlite3.connect(hitl.db)) as connection, connection:
        connection.execute(insert, [THREAD])
    cancelled = hitl.quick("cancel", THREAD, "--json", "--actor", "ann")
    assert "begun, and cut off: 'pay' of till" in cancelled.err
    assert "withdrawn: approve at 'approval_gate' by bob: it was held, and does not take effect" in cancelled.err
    assert cancelled.json == hitl.quick("show", THREAD, "--json").json
    assert cancelled.json["effects_begun"] == [{"node": "till", "visit": 2, "key": "pay", "done": False}]
    (held,) = cancelled.json["cancelled"]["withdrawn"]
    assert (held["action"], held["actor"], cancelled.json["cancelled"]["actor"]) == ("approve", "bob", "ann")
    for name in ("show", "history"):
        told = hitl.quick(name, THREAD).out
        assert "Z by ann via cli" in told
        assert "approve at 'approval_gate' by bob: it was held, and does not take effect" in told
        assert "'pay' of till ×2 was begun, and its end is not recorded" in told
    found = {check["check"]: check for check in hitl.quick("doctor", THREAD, "--json").json["checks"]}
    assert ", by ann via cli: it is over" in found["thread"]["message"]
    assert "by bob: it was held" in found["thread"]["message"]
    assert (found["effect"]["level"], "'pay' of till ×2" in found["effect"]["message"]) == ("warning", True)
    assert "find out by hand whether it happened" in found["effect"]["remedy"]


def test_state(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    hitl.use(asking["Budget"])
    changed = hitl.quick("state", THREAD, "--set", "note=hello", "--set", "limit:=[1, 2]", "--json")
    assert changed.code == 0
    assert changed.json == {"thread_id": THREAD, "state": {"note": "hello", "limit": [1, 2]}}
    assert hitl.quick("state", THREAD, "--json").json == changed.json
    assert "hello" in hitl.quick("state", THREAD).out
    assert hitl.quick("resume", THREAD, "approve", "--json").json["state"]["note"] == "hello"


def test_check(hitl: Hitl, requests: str) -> None:
    """All findings with file and line; exit code 2 on errors."""
    fine = hitl.quick("check", requests, "--json")
    assert (fine.code, fine.json["ok"]) == (0, True)
    bad = hitl.file("bad.csv", "graph,node,agent,next\nBad,one,aproval_interaction,two\nBad,two,nope,three\n")
    found = hitl.quick("check", requests, bad, "--json")
    assert found.code == 2
    assert found.json.keys() == {"ok", "findings"}
    assert found.json["ok"] is False
    errors = [finding for finding in found.json["findings"] if finding["severity"] == "error"]
    assert all(finding.keys() == FINDING_KEYS for finding in found.json["findings"])
    assert {(finding["file"], finding["line"]) for finding in errors} >= {(bad, 2), (bad, 3)}
    plain = hitl.quick("check", bad)
    assert plain.code == 2
    assert f"{bad}:2: error: " in plain.out
    assert "approval_interaction" in plain.out, "the closest known name"


def test_a_broken_file_does_not_start(hitl: Hitl) -> None:
    bad = hitl.file("bad.csv", "graph,node,agent,next\nBad,one,nope,two\n")
    refused = hitl.quick("run", bad, "--json")
    assert refused.code == 2
    assert refused.error["code"] == "invalid_graph"
    assert refused.error["findings"]
    assert f"{bad}:2" in hitl.quick("run", bad).err


def test_untrusted_code_blocks_until_it_is_trusted(hitl: Hitl, own_places: Path) -> None:
    """A thread whose agents code this user does not trust stays ready, says so, and `hitl trust` releases it."""
    hitl.file("flaky.py", FLAKY)
    hitl.file("flaky.csv", FLAKY_GRAPH)
    hitl.file("mended", "")
    hitl.quick("run", "flaky.csv", "--agents", "flaky.py", "--thread-id", "f")
    (own_places / "config" / "trusted_agents").unlink()
    blocked = hitl.quick("resume", "f", "approve", "--json")
    assert (blocked.code, blocked.json["status"]) == (0, "ready")
    assert blocked.json["blocked"] == str(hitl.folder / "flaky.py")
    plain = hitl.quick("show", "f").out
    hint = next(line for line in plain.splitlines() if line.startswith("trust it"))
    assert hitl.typed(hint.removeprefix("trust it").strip()).code == 0
    assert hitl.quick("wait", "f", "--json").json["status"] == "completed"


def test_agents_output_does_not_reach_stdout(hitl: Hitl) -> None:
    """stdout is JSON only, whatever an agent prints, and an agent that reads stdin gets nothing."""
    hitl.file(
        "loud.py",
        "import os, sys\nfrom hitl_tui.agents.registry import agent\nprint('loading')\n\n\n"
        "@agent('loud')\ndef loud(inputs):\n    print('printed')\n    os.system('echo from a subprocess')\n"
        "    return sys.stdin.read()\n",
    )
    hitl.file("loud.csv", "graph,node,agent,output_field\nLoud,one,loud,said\n")
    for verb in ("run", "check"):
        ended = hitl(verb, "loud.csv", "--agents", "loud.py", "--json", stdin="secret")
        assert ended.code == 0
        assert isinstance(ended.json, dict)
        assert verb == "check" or ended.json["state"]["said"] == ""


def test_an_agent_that_ends_its_process_fails_its_thread_only(hitl: Hitl) -> None:
    hitl.file("rude.py", RUDE)
    hitl.file("rude.csv", "graph,node,agent\nRude,one,rude\n")
    ended = hitl.quick("run", "rude.csv", "--agents", "rude.py", "--json")
    assert (ended.code, ended.json["status"]) == (1, "failed")
    assert "3" in ended.json["error"]["message"]


def test_agents_that_cannot_be_loaded(hitl: Hitl) -> None:
    hitl.file("flaky.csv", FLAKY_GRAPH)
    hitl.file("broken.py", "import no_such_module_anywhere\n")
    for reference in ("missing.py", "broken.py", "no.such.module"):
        refused = hitl.quick("run", "flaky.csv", "--agents", reference, "--json")
        assert refused.code == 2, reference
        assert reference in json.dumps(refused.error)
