"""What is wrong is said, with the right exit code, and leaves the request as it was."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from hitl_tui import locations
from hitl_tui.cli import entry
from hitl_tui.cli.settings import Settings
from hitl_tui.model.kinds import ACTIONS, InteractionType
from tests.cli.conftest import Hitl
from tests.cli.spec_requests import REQUESTS, THREAD

GRAPH_OF = {request["agent"].removesuffix("_interaction"): graph for graph, request in REQUESTS.items()}
FITTING_DATA = {
    "approve": None,
    "reject": None,
    "edit": {"edited": "new"},
    "choose": {"choice": 1},
    "respond": {"text": "t", "message": "m"},
}


def still_pending(hitl: Hitl) -> bool:
    view = hitl.quick("show", THREAD, "--json").json
    return bool(view["status"] == "paused" and len(view["pending"]) == 1 and not view["state"].get("responses"))


def resume(action: str, data: Any = None) -> tuple[str, ...]:
    return ("resume", THREAD, action, *(("--data", json.dumps(data)) if data is not None else ()))


TWO_GATES = """
graph: Two
nodes:
  look: {agent: approval_interaction, prompt: Look, output: x, next: erase}
  erase: {agent: approval_interaction, prompt: Erase, output: y}
"""


def test_what_was_asked_after_a_command_began_is_not_answered_by_it(
    hitl: Hitl, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Row 173: the second of two who approve at the same time does not approve what comes next."""
    hitl.quick("run", hitl.file("two.yaml", TWO_GATES), "--thread-id", "w")
    began = datetime.now(UTC)
    assert hitl.quick("resume", "w", "approve", "--actor", "ann", "--json").json["pending"][0]["node"] == "erase"
    with monkeypatch.context() as patch:
        patch.setattr(entry, "Settings", partial(Settings, began=began))
        error = hitl.quick("resume", "w", "approve", "--actor", "bob", "--json")
        from_file = hitl.quick("resume", "w", "approve", "--data-file", hitl.file("none.json", "{}"), "--json")
    assert (error.code, error.error["code"], error.error["actor"]) == (4, "already_decided", "ann")
    assert error.error["hint"] == "the thread asks something else since: `hitl show w`"
    assert (from_file.code, from_file.error["actor"]) == (4, "ann")
    assert hitl.quick("show", "w", "--json").json["pending"][0]["node"] == "erase"


def test_an_answer_from_a_pipe_may_be_of_somebody_who_looked_meanwhile(
    hitl: Hitl, monkeypatch: pytest.MonkeyPatch
) -> None:
    flow = hitl.file("two.yaml", TWO_GATES)
    made = f"(hitl run {flow} --thread-id p >/dev/null; echo '{{}}') | hitl resume p approve --data-file - --json"
    assert hitl.bash(made).json["pending"][0]["node"] == "erase"
    began = datetime.now(UTC)
    pipe = hitl.folder / "pipe"
    os.mkfifo(pipe)
    hitl.quick("run", flow, "--thread-id", "q")
    Thread(target=pipe.write_text, args=("{}",), daemon=True).start()
    monkeypatch.setattr(entry, "Settings", partial(Settings, began=began))
    answered = hitl.quick("resume", "q", "approve", "--data-file", str(pipe), "--json")
    assert answered.json["pending"][0]["node"] == "erase"


@pytest.mark.parametrize("kind", list(InteractionType))
def test_an_action_of_another_type_is_refused(hitl: Hitl, asking: Mapping[str, Path], kind: InteractionType) -> None:
    """Row 58: the matrix of types and actions; what is allowed is listed."""
    hitl.use(asking[GRAPH_OF[kind]])
    for action in FITTING_DATA.keys() - set(ACTIONS[kind]):
        error = hitl.quick(*resume(action, FITTING_DATA[action]), "--json")
        assert error.code == 2, action
        assert error.error["code"] == "action_not_allowed"
        assert error.error["allowed"] == list(ACTIONS[kind])
        assert all(allowed in error.error["message"] for allowed in ACTIONS[kind])
    assert still_pending(hitl)


@pytest.mark.parametrize(
    ("kind", "data", "message"),
    [
        ("edit", None, "Edit interaction requires 'edited' content in response data"),
        ("edit", {"changes": []}, "Edit interaction requires 'edited' content in response data"),
        ("choice", None, "Choice interaction requires 'choice' in response data"),
        ("choice", {"justification": "x"}, "Choice interaction requires 'choice' in response data"),
        ("text_input", None, "Text input interaction requires 'text' or 'response' in data"),
        ("text_input", {"message": "x"}, "Text input interaction requires 'text' or 'response' in data"),
    ],
)
def test_missing_data_has_the_exact_words(
    hitl: Hitl, asking: Mapping[str, Path], kind: str, data: Any, message: str
) -> None:
    """Rows 17, 23, 28."""
    hitl.use(asking[GRAPH_OF[kind]])
    (action,) = ACTIONS[InteractionType(kind)]
    refused = hitl.quick(*resume(action, data))
    assert refused.code == 2
    assert refused.err.splitlines()[0] == f"hitl: {message}"
    assert refused.out == ""
    assert still_pending(hitl)


@pytest.mark.parametrize("setting", ["require_reason: true", "risk: high"])
def test_a_reason_that_is_demanded(hitl: Hitl, setting: str) -> None:
    """Row 14: where the request requires a reason, `reject` alone is refused and names the field."""
    hitl.file("gate.yaml", f"graph: Gate\nnodes:\n  gate:\n    agent: approval_interaction\n    {setting}\n")
    assert hitl.quick("run", "gate.yaml", "--thread-id", THREAD).code == 0
    for data in (None, {}, {"reason": ""}, {"reason": "  "}):
        refused = hitl.quick(*resume("reject", data), "--json")
        assert (refused.code, refused.error["field"]) == (2, "reason")
    assert still_pending(hitl)
    assert hitl.quick(*resume("reject", {"reason": "too early"})).code == 0


def test_a_choice_out_of_range_or_of_another_kind_is_refused(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    """Row 24."""
    hitl.use(asking["Deployment"])
    for choice in (0, 5, -1, True, 1.5, "x", None, [1], {"a": 1}, 1.0, "1"):
        refused = hitl.quick(*resume("choose", {"choice": choice}), "--json")
        assert refused.code == 2, choice
        assert refused.error["code"] == "invalid_data"
    assert still_pending(hitl)


def test_unknown_thread(hitl: Hitl) -> None:
    """Row 57: the exact text, exit code 3, on every command that names a thread."""
    for words in (
        ("show", "no-such"),
        ("history", "no-such"),
        ("state", "no-such"),
        ("state", "no-such", "--set", "a=b"),
        ("resume", "no-such", "approve"),
        ("retry", "no-such"),
        ("cancel", "no-such"),
        ("wait", "no-such"),
    ):
        plain = hitl.quick(*words)
        assert plain.code == 3, words
        assert plain.err.splitlines()[0] == "hitl: Thread 'no-such' not found"
        as_json = hitl.quick(*words, "--json")
        assert as_json.code == 3
        assert as_json.error["code"] == "thread_not_found"
        assert as_json.error["message"] == "Thread 'no-such' not found"


def test_a_thread_id_that_is_no_text_is_not_found(hitl: Hitl) -> None:
    """Row 57, for bytes that are no UTF-8."""
    result = hitl.bash("hitl show $'\\xff\\xfe'")
    assert result.code == 3


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "",
        "{'reason': 'x'}",
        "nope",
        '{"a": NaN}',
        '{"a": 1, "a": 2}',
        '{"a": 1e999}',
        '{"a": "\\ud800"}',
        "[" * 9999,
    ],
)
def test_bad_json(hitl: Hitl, asking: Mapping[str, Path], text: str) -> None:
    """row 175: the exact words, exit code 2, still pending."""
    hitl.use(asking["Budget"])
    refused = hitl.quick("resume", THREAD, "reject", "--data", text)
    assert refused.code == 2
    assert refused.err.startswith("hitl: Invalid JSON in --data: ")
    as_json = hitl.quick("resume", THREAD, "reject", "--data", text, "--json")
    assert as_json.code == 2
    assert as_json.error["message"].startswith("Invalid JSON in --data: ")
    assert still_pending(hitl)


def test_data_must_be_an_object(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    hitl.use(asking["Budget"])
    for text in ("[1]", '"approve"', "7"):
        assert hitl.quick("resume", THREAD, "approve", "--data", text).code == 2
    assert still_pending(hitl)


def test_data_from_a_file_and_from_stdin(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    """row 175: `--data-file`"""
    hitl.use(asking["Budget"])
    hitl.file("bad.json", "{")
    refused = hitl.quick("resume", THREAD, "reject", "--data-file", "bad.json")
    assert refused.code == 2
    assert refused.err.startswith("hitl: Invalid JSON in --data-file")
    assert hitl.quick("resume", THREAD, "reject", "--data-file", "missing.json").code == 2
    both = hitl.quick("resume", THREAD, "reject", "--data", "{}", "--data-file", "bad.json")
    assert both.code == 2 and "--data-file" in both.err
    assert still_pending(hitl)

    taken = hitl("resume", THREAD, "reject", "--data-file", "-", "--json", stdin='{"reason": "from stdin"}')
    assert taken.code == 0
    assert taken.json["state"]["responses"]["approval_gate"]["reason"] == "from stdin"


def test_data_from_a_file_reaches_the_graph(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    """row 175"""
    hitl.use(asking["Budget"])
    file = hitl.file("reason.json", '\ufeff{"reason": "from a file"}\n')
    taken = hitl.quick("resume", THREAD, "reject", "--data-file", file, "--json")
    assert taken.code == 0
    assert taken.json["state"]["responses"]["approval_gate"]["reason"] == "from a file"


def test_answering_twice_says_who_what_and_when(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    """Row 173: exit code 4."""
    hitl.use(asking["Budget"])
    assert hitl.quick("resume", THREAD, "approve", "--actor", "first reviewer").code == 0
    again = hitl.quick("resume", THREAD, "reject", "--json")
    assert again.code == 4
    assert again.error["code"] == "already_decided"
    decided = hitl.quick("history", THREAD, "--json").json["steps"][0]["decision"]
    assert "first reviewer" in again.error["message"]
    assert "approve" in again.error["message"]
    assert decided["at"][:16] in again.error["message"]


def test_a_digest_of_another_request_is_stale(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    """What was seen is what is decided: exit code 4."""
    hitl.use(asking["Budget"])
    digest = hitl.quick("show", THREAD, "--json").json["pending"][0]["digest"]
    stale = hitl.quick("resume", THREAD, "approve", "--expect", "0" * 64, "--json")
    assert stale.code == 4
    assert stale.error["code"] == "stale"
    assert still_pending(hitl)
    assert hitl.quick("resume", THREAD, "approve", "--expect", digest).code == 0


def test_a_request_that_is_not_there(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    hitl.use(asking["Budget"])
    missing = hitl.quick("resume", THREAD, "approve", "--request", "00000000-0000-0000-0000-000000000000", "--json")
    assert missing.code == 3
    assert missing.error["code"] == "request_not_found"


def test_nobody_is_the_system(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    """The reserved actor: exit code 2, from the option and from the environment."""
    hitl.use(asking["Budget"])
    for name in ("system", "System", " SYSTEM "):
        assert hitl.quick("resume", THREAD, "approve", "--actor", name).code == 2
    assert hitl("resume", THREAD, "approve", env={"HITL_ACTOR": "system"}).code == 2
    assert still_pending(hitl)


def _not_a_database(path: Path) -> None:
    path.write_bytes(b"this is no database, whatever its name says" * 50)


def _a_newer_one(path: Path) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute("pragma user_version = 9999")


@pytest.mark.parametrize("spoil", [_not_a_database, _a_newer_one, Path.mkdir])
def test_an_unusable_database(hitl: Hitl, spoil: Any) -> None:
    """Corrupt, too new, or a folder: exit code 1 and words that name it."""
    spoil(hitl.db)
    for words in (("list",), ("show", "x"), ("resume", "x", "approve")):
        plain = hitl.quick(*words)
        assert plain.code == 1
        assert str(hitl.db) in plain.err
    assert hitl.quick("list", "--json").error["code"] == "database_unusable"


def test_a_database_in_memory_is_not_an_empty_one(hitl: Hitl) -> None:
    hitl.db = Path(":memory:")
    for words in (("list",), ("list", "--db", ":memory:")):
        refused = hitl.quick(*words)
        assert (refused.code, refused.out) == (1, "")
        assert "a database in memory ends with its process" in refused.err


def test_a_locked_database(hitl: Hitl, asking: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody holds the write lock: reading goes on, a decision is refused in words."""
    hitl.use(asking["Budget"])
    monkeypatch.setattr("hitl_tui.store.patience.BUSY_SECONDS", 0.2)
    holder = sqlite3.connect(hitl.db, isolation_level=None)
    holder.execute("begin immediate")
    try:
        assert hitl.quick("list", "--json").json["total"] == 1
        refused = hitl.quick("resume", THREAD, "approve", "--json")
    finally:
        holder.close()
    assert refused.code == 1
    assert refused.error["code"] == "database_unusable"
    assert "locked" in refused.error["message"]
    assert still_pending(hitl)


@pytest.mark.parametrize("spoil", [lambda path: path.write_bytes(b"\xff"), Path.mkdir])
def test_a_trust_file_that_cannot_be_read(hitl: Hitl, asking: Mapping[str, Path], spoil: Any) -> None:
    """It is named, with the remedy, by every command that must know what may run."""
    hitl.use(asking["Budget"])
    file = hitl.file("gate.yaml", "graph: Gate\nnodes:\n  ask: {agent: approval_interaction}\n")
    code = hitl.file("agents.py", "")
    locations.private_dir(locations.trust_file().parent)
    spoil(locations.trust_file())
    for words in (("run", file), ("worker",), resume("approve"), ("wait", THREAD), ("trust", code)):
        told = hitl.quick(*words)
        assert told.code == 1
        assert f"the trust file {locations.trust_file()} cannot be read" in told.err, words
        assert "or move it away" in told.err


def test_a_current_folder_that_was_removed(hitl: Hitl) -> None:
    hitl.file("flow.yaml", "graph: Flow\nagents: agents.py\nnodes:\n  a: {agent: its_own}\n")
    error = hitl.bash('mkdir gone && cd gone && rmdir ../gone && hitl run "$OLDPWD/flow.yaml" --json')
    assert (error.code, error.error["message"]) == (2, "the current folder was removed")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_is_not_ours(hitl: Hitl) -> None:
    closed = hitl.folder / "closed"
    closed.mkdir(mode=0o500)
    refused = hitl.quick("list", "--db", str(closed / "a.db"))
    assert refused.code == 1


@pytest.mark.parametrize("seconds", ["nan", "inf", "-inf", "-1", "1e300", "soon", ""])
def test_a_time_that_is_none(hitl: Hitl, asking: Mapping[str, Path], seconds: str) -> None:
    hitl.use(asking["Budget"])
    for words in (
        ("resume", THREAD, "approve", f"--hold={seconds}"),
        ("resume", THREAD, "approve", f"--wait={seconds}"),
        ("wait", THREAD, f"--timeout={seconds}"),
    ):
        refused = hitl.quick(*words, "--json")
        assert (refused.code, refused.error["code"]) == (2, "usage"), words
        assert "is not a number of seconds" in refused.error["message"]
    assert still_pending(hitl)


@pytest.mark.parametrize(("graph", "key"), [("Requirements", "text"), ("Architecture", "message")])
def test_an_answer_that_says_nothing(hitl: Hitl, asking: Mapping[str, Path], graph: str, key: str) -> None:
    hitl.use(asking[graph])
    refused = hitl.quick(*resume("respond", {key: "  "}), "--json")
    assert (refused.code, refused.error["field"]) == (2, key)
    assert still_pending(hitl)


def test_an_answer_that_is_too_large(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    hitl.use(asking["Budget"])
    file = hitl.file("large.json", json.dumps({"reason": "x" * 10_000_001}))
    refused = hitl.quick("resume", THREAD, "reject", "--data-file", file, "--json")
    assert (refused.code, refused.error["code"]) == (2, "invalid_data")
    assert "too large" in refused.error["message"]
    assert still_pending(hitl)


def test_findings_are_told_once(hitl: Hitl) -> None:
    hitl.file("one.yaml", "graph: G\nnodes:\n  a: {next: b}\n")
    hitl.file("two.yaml", "graph: G\nnodes:\n  a: {next: b, max_visits: 0}\n")
    for name, mistakes in (("one.yaml", 1), ("two.yaml", 2)):
        refused = hitl.quick("run", name)
        assert refused.code == 2
        assert refused.err.count("error:") == mistakes
