"""`hitl doctor`: it names what is wrong and what to do, in every state of the database, and changes nothing."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from hitl_tui import locations
from hitl_tui.cli import terminal_check
from hitl_tui.engine import presence
from hitl_tui.inbox.checkup import Level, checkup, database_file, program
from hitl_tui.inbox.trust import trust
from hitl_tui.store import queries
from tests.cli.conftest import Hitl, Result
from tests.cli.spec_requests import THREAD
from tests.waiting import until

NEWEST = len(queries.migrations())


def files(folder: Path) -> dict[str, tuple[bytes, int]]:
    """All that is in a folder, with its bytes and its time."""
    return {one.name: (one.read_bytes(), one.stat().st_mtime_ns) for one in folder.iterdir() if one.is_file()}


def doctor(hitl: Hitl, *words: str) -> dict[str, dict[str, Any]]:
    """The checks by name, from a run that must leave every file as it was."""
    before = files(hitl.folder)
    result: Result = hitl.quick("doctor", *words, "--json")
    assert files(hitl.folder) == before
    checks = result.json["checks"]
    assert all(set(check) == {"check", "level", "message", "remedy"} for check in checks)
    assert all((check["level"] == "ok") == (check["remedy"] is None) for check in checks), "no fault without a remedy"
    assert result.json["ok"] == (result.code == 0) == all(check["level"] != "problem" for check in checks)
    return {check["check"]: check for check in checks}


def change(database: Path, *statements: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        for statement in statements:
            connection.execute(statement)


@pytest.fixture
def hitl(hitl: Hitl, asking: Mapping[str, Path]) -> Hitl:
    """With a database in which one thread waits."""
    hitl.use(asking["Budget"])
    hitl.db.chmod(0o600)
    return hitl


def test_all_is_well(hitl: Hitl) -> None:
    found = doctor(hitl)
    assert {check["level"] for check in found.values()} == {"ok"}, found
    assert set(found) >= {"python", "sqlite", "locale", "terminal", "config", "trust", "settings", "database"}
    assert set(found) >= {"disk", "file mode", "schema", "lock", "log", "integrity"}
    assert set(found) >= {"worker", "threads", "agents", "leases", "messages"}
    told = hitl.quick("doctor")
    assert told.code == 0
    assert told.out.endswith("\nall is well\n")


def test_a_sqlite_that_cannot_search_cannot_make_our_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    class Small(sqlite3.Connection):
        def execute(self, sql: str, *values: Any) -> sqlite3.Cursor:
            raise sqlite3.OperationalError("no such module: fts5")

    assert program.sqlite().level is Level.OK
    monkeypatch.setattr(sqlite3, "connect", Small)
    found = program.sqlite()
    assert found.level is Level.PROBLEM
    assert "no such module: fts5" in found.words and "FTS5" in found.remedy


def test_no_database(hitl: Hitl, monkeypatch: pytest.MonkeyPatch) -> None:
    """A missing one is a problem only where somebody named it; nothing is made."""
    hitl.db.unlink()
    assert doctor(hitl)["database"]["level"] == "problem", "HITL_DB names it"
    told = hitl.quick("doctor", "x", "--db", "nowhere/x.db")
    assert told.code == 1
    assert "cannot be reached" in told.out
    monkeypatch.delenv("HITL_DB", raising=False)
    assert database_file.existence(hitl.db, named=False).level is Level.OK
    assert not hitl.db.exists()


@pytest.mark.parametrize(
    ("state", "check", "says"),
    [
        ("empty", "schema", "empty"),
        ("emptied", "database", "only its log is left"),
        ("text", "schema", "no SQLite database"),
        ("foreign", "schema", "another program"),
        ("newer", "schema", "newer hitl"),
        ("older", "schema", "is brought to"),
        ("damaged", "integrity", "damaged"),
        ("cut off", "integrity", "damaged"),
        ("folder", "database", "is no file"),
        ("readable by others", "file mode", "read all questions"),
        ("writable by others", "file mode", "change what was decided"),
    ],
)
def test_databases_of_every_kind(hitl: Hitl, state: str, check: str, says: str) -> None:
    db = hitl.db
    match state:
        case "empty":
            db.write_bytes(b"")
        case "emptied":
            db.write_bytes(b"")
            db.with_name(f"{db.name}-wal").write_bytes(b"what was not put into it yet")
        case "text":
            db.write_text("dear diary\n" * 50)
        case "foreign":
            db.unlink()
            change(db, "create table diary (day text)")
        case "newer":
            change(db, "pragma user_version = 999")
        case "older":
            change(db, "pragma user_version = 1")
        case "damaged":
            content = db.read_bytes()
            db.write_bytes(content[:8192] + b"\xff" * 4096 + content[12288:])
        case "cut off":
            db.write_bytes(db.read_bytes()[:-8192])
        case "folder":
            db.unlink()
            db.mkdir()
        case "readable by others":
            db.chmod(0o644)
        case "writable by others":
            db.chmod(0o666)
    found = doctor(hitl, "--db", str(db))[check]
    assert says in found["message"]
    bad = {"empty": "ok", "older": "ok", "readable by others": "warning"}
    assert found["level"] == bad.get(state, "problem")


def test_bytes_turned_at_random(hitl: Hitl) -> None:
    """Whatever is wrong inside, it is a finding; and the file is left as it is."""
    whole, random = hitl.db.read_bytes(), Random(5)
    for number in range(60):
        content = bytearray(whole)
        for _ in range((1, 5, 100)[number % 3]):
            place = random.randrange(100 if random.random() < 0.2 else len(content))
            content[place] = random.randrange(256)
        hitl.db.write_bytes(content)
        before = files(hitl.folder)
        found = list(checkup(hitl.db, datetime.now(UTC), named=True, thread_id=THREAD))
        assert [one for one in found if one.check == "thread"], number
        assert files(hitl.folder) == before


def test_left_by_a_crash(hitl: Hitl) -> None:
    """With a log and without its index, SQLite would write to read: a copy is looked at."""
    script = (
        "import os, sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "c.execute('pragma journal_mode = wal');"
        "c.execute(\"insert into outbox (topic, payload, created_at) values ('t', '{}', 'then')\"); os._exit(0)"
    )
    subprocess.run([sys.executable, "-c", script, str(hitl.db)], check=True, timeout=60)
    assert hitl.db.with_name("hitl.db-wal").stat().st_size
    assert "given up" in doctor(hitl)["messages"]["message"], "what is in the log counts"
    hitl.db.with_name("hitl.db-shm").unlink()
    assert "given up" in doctor(hitl)["messages"]["message"]


@contextmanager
def locked(hitl: Hitl, *statements: str) -> Iterator[int]:
    """The id of another process that carried these out, and keeps its transaction open meanwhile."""
    script = (
        "import sqlite3, sys; c = sqlite3.connect(sys.argv[1], isolation_level=None);"
        "[c.execute(statement) for statement in sys.argv[2:]]; print('locked', flush=True); sys.stdin.read()"
    )
    command = [sys.executable, "-c", script, str(hitl.db), *statements]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as holder:
        assert holder.stdin is not None and holder.stdout is not None
        assert holder.stdout.readline() == b"locked\n"
        # At the end its input is closed, and it ends.
        yield holder.pid


def test_somebody_has_locked_it(hitl: Hitl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_file, "_LOCK_SECONDS", 0.2)
    with locked(hitl, "select count(*) from thread", "begin immediate") as pid:
        found = doctor(hitl)
    assert f"process {pid}" in found["lock"]["message"]
    assert found["lock"]["level"] == "problem"
    assert found["threads"]["level"] == "ok", "the rest can be read all the same"
    assert doctor(hitl)["lock"]["level"] == "ok"


def test_somebody_has_it_to_themselves(hitl: Hitl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_file, "_LOCK_SECONDS", 0.2)
    write = "update thread set updated_at = updated_at"
    with locked(hitl, "pragma locking_mode = exclusive", "begin exclusive", write) as pid:
        found = doctor(hitl, THREAD)
    assert f"process {pid}" in found["lock"]["message"]
    assert "nobody else reads it" in found["lock"]["message"]
    assert "cannot be reached" in found["thread"]["message"]


def test_work_that_does_not_go_on(hitl: Hitl) -> None:
    column = "id, graph, graph_name, status, state, frontier, agents, lease_owner, lease_until, created_at, updated_at"
    copy = f"insert into thread ({column}) select {{}} from thread limit 1"
    past, future = "'2020-01-01T00:00:00.000000Z'", "'2999-01-01T00:00:00.000000Z'"
    rest = "state, '[]'"
    change(
        hitl.db,
        copy.format(f"'b', graph, graph_name, 'ready', {rest}, '/else/where\x1b.py', null, null, {past}, {past}"),
        copy.format(f"'r', graph, graph_name, 'ready', {rest}, null, null, null, {past}, {past}"),
        copy.format(f"'s', graph, graph_name, 'running', {rest}, null, '1-a', {past}, {past}, {past}"),
        copy.format(f"'f', graph, graph_name, 'failed', {rest}, null, null, null, {past}, {past}"),
        f"update thread set wake_at = {past} where id = 'r'",
        f"insert into audit (at, thread, event, actor, via) values ({future}, 's', 'noted', 'ann', 'cli')",
        f"insert into outbox (topic, payload, created_at) values ('t', '{{}}', {past})",
    )
    found = doctor(hitl)
    assert "1 thread ready to run wait" in found["worker"]["message"]
    assert "hitl trust" in found["agents"]["remedy"]
    assert "nobody took them over: s" in found["leases"]["message"]
    assert "1 failed" in found["threads"]["message"]
    assert "given up" in found["messages"]["message"]
    assert "ahead of this machine's clock" in found["clock"]["message"]
    told = hitl.quick("doctor").out
    assert "\x1b" not in told
    assert "/else/where␛.py" in told
    assert "6 warnings" in told


def test_the_trust_file(hitl: Hitl) -> None:
    trust("/no/such/code.py")
    assert "/no/such/code.py" in doctor(hitl)["trust"]["message"]
    locations.trust_file().chmod(0o666)
    found = doctor(hitl)["trust"]
    assert (found["level"], "other users can write" in found["message"]) == ("problem", True)
    locations.trust_file().chmod(0o600)
    locations.trust_file().write_bytes(b"\xff\xfe")
    assert "cannot be read" in doctor(hitl)["trust"]["message"]


@pytest.mark.parametrize(
    ("text", "says"),
    [("actor = 5", "config.toml:1: actor: is 5"), ("actor = ann", "config.toml:1: is no TOML")],
)
def test_settings_that_are_wrong(hitl: Hitl, text: str, says: str) -> None:
    file = locations.private_dir(locations.config_dir()) / "config.toml"
    file.write_text(text)
    found = doctor(hitl)["settings"]
    assert (found["level"], says in found["message"]) == ("problem", True), found


@pytest.mark.skipif(os.getuid() == 0, reason="root may read and write everything")
def test_a_database_that_cannot_be_written(hitl: Hitl) -> None:
    hitl.db.chmod(0o400)
    assert "read-only" in doctor(hitl)["database"]["message"]
    hitl.db.chmod(0o600)
    hitl.folder.chmod(0o500)
    try:
        assert "folder" in doctor(hitl)["database"]["message"]
    finally:
        hitl.folder.chmod(0o700)


def test_the_file_system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mounts = tmp_path / "mounts"
    share = tmp_path / "our share"
    share.mkdir()
    point = str(share).replace(" ", "\\040")
    mounts.write_text(f"/dev/a / ext4 rw 0 0\nhost:/x {point} nfs4 rw 0 0\nproc /proc proc rw 0 0\n")
    assert database_file.file_system(share, mounts) == "nfs4"
    assert database_file.file_system(tmp_path, mounts) == "ext4"
    assert database_file.file_system(tmp_path, tmp_path / "none") is None
    monkeypatch.setattr(database_file, "file_system", lambda _folder: "nfs4")
    assert [one.level for one in database_file.disk(share / "hitl.db")][1] is Level.WARNING


def test_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    assert terminal_check._kind({"TERM": "dumb"}).level is Level.WARNING
    assert terminal_check._kind({}).level is Level.WARNING
    assert terminal_check._kind({"TERM": "xterm", "NO_COLOR": "1"}).words == "xterm, no colours, as NO_COLOR wants"
    assert terminal_check._kind({"TERM": "xterm-256color"}).words == "xterm-256color, 256 colours"
    monkeypatch.setattr(os, "get_terminal_size", lambda _fd: (60, 20))
    monkeypatch.setattr(sys, "stdout", sys.__stdout__)
    assert terminal_check._size().level is Level.WARNING
    monkeypatch.setattr("locale.getencoding", lambda: "ISO-8859-1")
    assert terminal_check._encoding().level is Level.WARNING


ENDS = 'graph: Ends\nnodes:\n  one: {agent: output, prompt: "hello"}\n'
PASSES_BY = """
graph: PassesBy
nodes:
  one: {agent: output, prompt: hello}
  ask: {agent: approval_interaction, prompt: "Well?"}
"""
FAILS = "graph: Fails\nnodes:\n  work: {agent: failure, prompt: it is broken}\n"


@pytest.fixture
def threads(hitl: Hitl) -> Hitl:
    """Threads that ended in several ways."""
    for name, text in (("ends", ENDS), ("by", PASSES_BY), ("fails", FAILS)):
        hitl.file(f"{name}.yaml", text)
        hitl.quick("run", f"{name}.yaml", "--thread-id", f"order-{name}")
    return hitl


def test_why_a_thread_does_not_pause_or_cannot_be_resumed(threads: Hitl) -> None:
    """Row 168: no node that asks, a wrong id with the nearest ones, a state or a store that is not there."""
    hitl = threads
    assert doctor(hitl, THREAD)["pauses"]["level"] == "ok"
    assert "waits for an answer" in doctor(hitl, THREAD)["thread"]["message"]
    found = doctor(hitl, "order-ends")
    assert "has no node that asks a person" in found["pauses"]["message"]
    assert "nothing to resume" in found["thread"]["message"]
    assert "it never came there: it ran one" in doctor(hitl, "order-by")["pauses"]["message"]
    assert "hitl retry order-fails" in doctor(hitl, "order-fails")["thread"]["remedy"]
    wrong = doctor(hitl, "ordre-end")["thread"]
    assert "there is no thread 'ordre-end'" in wrong["message"]
    assert "order-ends" in wrong["message"]
    assert "thread_12345" in doctor(hitl, "12345")["thread"]["message"]
    change(hitl.db, f"update thread set state = 'mojibake' where id = '{THREAD}'")
    assert "its state cannot be read" in doctor(hitl, THREAD)["thread"]["message"]
    change(hitl.db, "update thread set graph = 'gone' where id = 'order-ends'")
    assert "definition of its workflow is missing" in doctor(hitl, "order-ends")["thread"]["message"]
    shutil.copyfile(__file__, hitl.db)
    assert "cannot be reached" in doctor(hitl, THREAD)["thread"]["message"]


def test_the_commands_that_it_names_work(threads: Hitl) -> None:
    """Run as they stand, but for those in which something is to be filled in."""
    hitl = threads
    hitl.db.rename(hitl.folder / "other one.db")
    run = set()
    for thread_id in (THREAD, "order-ends", "order-by", "order-fails", "nothing"):
        told = hitl.quick("doctor", thread_id, "--db", "other one.db").out
        for line in re.findall(r"`(hitl [^`]*)`", told):
            words = shlex.split(line)[1:]
            if not any(word.isupper() for word in words):
                assert hitl.quick(*words).code in (0, 1), line
                run.add(next(word for word in words if not word.startswith("-") and word != "other one.db"))
    assert run >= {"show", "retry", "history", "list"}


def test_how_a_thread_goes_on(hitl: Hitl) -> None:
    past, future = "2020-01-01T00:00:00.000000Z", "2999-01-01T00:00:00.000000Z"
    for columns, says in (
        ("status = 'ready', agents = '/x.py'", "is not trusted"),
        ("status = 'ready', agents = null", "no worker is alive"),
        (f"status = 'ready', wake_at = '{future}'", "sleeps until"),
        (f"wake_at = '{past}'", "no worker is alive"),
        (f"status = 'running', wake_at = null, lease_owner = '1-a', lease_until = '{future}'", "runs "),
        (f"lease_until = '{past}'", "its worker is gone"),
        ("status = 'cancelled'", "it is over"),
    ):
        change(hitl.db, f"update thread set {columns}")
        assert says in doctor(hitl, THREAD)["thread"]["message"], columns
    change(hitl.db, "update thread set status = 'paused'", f"update request set status = 'held', closed_at = '{past}'")
    change(hitl.db, f"update request set held_until = '{future}'")
    assert "can be taken back until" in doctor(hitl, THREAD)["thread"]["message"]
    change(hitl.db, f"update request set held_until = '{past}'")
    assert "the next worker goes on with it" in doctor(hitl, THREAD)["thread"]["message"]
    change(hitl.db, "update request set status = 'cancelled'")
    assert "no answer can wake it" in doctor(hitl, THREAD)["thread"]["message"]


def test_a_worker_that_does_nothing(hitl: Hitl) -> None:
    past = "2020-01-01T00:00:00.000000Z"
    change(hitl.db, f"update request set status = 'held', closed_at = '{past}', held_until = '{past}'")
    assert doctor(hitl)["worker"]["level"] == "warning"
    with presence.announced(hitl.db):
        found = doctor(hitl)["worker"]
    assert found["level"] == "problem"
    assert "does nothing: 1 thread should go on by now" in found["message"]


def test_while_a_worker_is_at_work(hitl: Hitl) -> None:
    worker = hitl.start("worker")
    try:
        until(lambda: "is alive" in hitl.quick("doctor", "--json").out)
        assert {check["level"] for check in hitl.quick("doctor", "--json").json["checks"]} == {"ok"}
    finally:
        worker.terminate()
        worker.communicate(timeout=30)
