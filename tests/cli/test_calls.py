"""How a call is made: options before or after the command, mistakes in it, help, completion, who reads the output."""

from __future__ import annotations

import json
import re
import signal
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from hitl_tui import __version__
from hitl_tui.cli import commands
from hitl_tui.safe_text import visible
from tests.cli.conftest import Hitl
from tests.cli.spec_requests import THREAD

COMMANDS = {
    *("run", "list", "show", "history", "state", "resume", "prompt", "undo", "retry", "cancel", "wait"),
    *("fork", "prune", "check", "schema", "trust", "paths", "worker", "audit", "demo"),
    *("snooze", "assign", "priority", "note"),
    *("metrics", "doctor", "config"),
}


def test_common_options_work_before_and_after_the_command(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    hitl.use(asking["Budget"])
    other = str(asking["Alert"])
    for words in (
        ("--json", "--db", other, "list"),
        ("list", "--db", other, "--json"),
        ("--json", "list", "--db", other),
    ):
        (item,) = hitl.quick(*words).json["items"]
        assert item["graph"] == "Alert", words
    assert hitl.quick("--db", "elsewhere.db", "list", "--db", other, "--json").json["total"] == 1
    assert hitl.quick("--actor", "before", "resume", THREAD, "approve").code == 0
    assert hitl.quick("history", THREAD, "--json").json["steps"][0]["decision"]["actor"] == "before"


def test_the_actor_is_named_by_option_environment_or_system(
    hitl: Hitl, asking: Mapping[str, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    hitl.use(asking["Budget"])
    monkeypatch.setenv("HITL_ACTOR", "from the environment")
    assert hitl.quick("resume", THREAD, "approve").code == 0
    assert hitl.quick("history", THREAD, "--json").json["steps"][0]["decision"]["actor"] == "from the environment"


def test_version(hitl: Hitl) -> None:
    assert hitl("--version").out == f"hitl {__version__}\n"
    assert hitl("--version", "--json").json == {"version": __version__}


def test_help_names_every_command_and_the_completion(hitl: Hitl) -> None:
    text = hitl.quick("--help").out
    assert set(commands.PLACES) == COMMANDS
    assert all(re.search(rf"^  {name} ", text, re.M) for name in COMMANDS)
    assert all(f"_HITL_COMPLETE={shell}_source" in text for shell in ("bash", "zsh", "fish"))
    for name in COMMANDS:
        told = hitl.quick(name, "--help")
        assert told.code == 0
        assert all(option in told.out for option in ("--db", "--json", "--actor"))


@pytest.mark.parametrize(
    "words",
    [
        ("lst",),
        ("list", "--nope"),
        ("list", "--status", "asleep"),
        ("list", "--limit", "0"),
        ("list", "--cursor", "x"),
        ("list", "--cursor", "NQ=="),
        ("audit", "--before", str(2**63)),
        ("show",),
        ("resume", "x"),
        ("run",),
        ("run", "missing.csv"),
        ("run", "missing.csv", "--input", "no-equals"),
        ("run", "missing.csv", "--input", "=x"),
        ("run", "missing.csv", "--input", "a=1", "--input", "a=2"),
        ("run", "missing.csv", "--input", "a:={"),
        ("run", "missing.csv", "--input-json", "[1]"),
        ("run", "missing.csv", "--input-json", '{"a": 1, "a": 2}'),
        ("check", "missing.csv"),
        ("check",),
        ("trust", "missing.py"),
        ("--agents", "x", "list"),
        (),
        ("demo",),
    ],
)
def test_a_mistake_in_the_call(hitl: Hitl, words: tuple[str, ...]) -> None:
    """Exit code 2, the words on stderr; with --json the error object on stdout."""
    plain = hitl.quick(*words)
    assert (plain.code, plain.out) == (2, "")
    assert plain.err.startswith("hitl: ")
    as_json = hitl.quick(*words, "--json")
    assert as_json.code == 2
    assert {"code", "message", "hint"} <= as_json.error.keys()


def test_a_mistyped_command_is_guessed(hitl: Hitl) -> None:
    assert "Did you mean 'resume'?" in hitl.quick("resme", "x", "approve").err


def test_without_a_terminal_the_inbox_names_the_commands(hitl: Hitl) -> None:
    """Not a TTY → a clear error naming the CLI commands instead."""
    for words in ((), ("demo",)):
        told = hitl(*words)
        assert told.code == 2
        assert "terminal" in told.err
        assert all(f"hitl {name}" in told.err for name in ("list", "show", "resume", "run"))


def test_a_defect_is_told_in_one_line_and_logged_privately(hitl: Hitl, own_places: Path) -> None:
    """No traceback on the screen; the log is for the owner alone."""
    script = (
        "from hitl_tui.cli import entry, listing\n"
        "def broken(*_, **__): raise RuntimeError('a defect\\nwith two lines')\n"
        "import hitl_tui.cli.session as session; session.visit = broken\n"
        "import sys; sys.exit(entry.run(sys.argv[1:]))"
    )
    for words in (["list"], ["list", "--json"]):
        ended = subprocess.run(
            [sys.executable, "-c", script, *words], env=hitl.environment, capture_output=True, text=True, check=False
        )
        assert ended.returncode == 1
        assert "Traceback" not in ended.stdout + ended.stderr
        told = json.loads(ended.stdout)["error"]["message"] if "--json" in words else ended.stderr
        assert "a defect" in told and "with two lines" not in told
    log = own_places / "state" / "logs" / "cli.log"
    assert "with two lines" in log.read_text()
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert stat.S_IMODE(log.parent.stat().st_mode) == 0o700


def test_paths(hitl: Hitl, own_places: Path) -> None:
    found = hitl.quick("paths", "--json").json
    assert found == {
        "database": str(hitl.db),
        "config": str(own_places / "config"),
        "trust": str(own_places / "config" / "trusted_agents"),
        "logs": str(own_places / "state" / "logs"),
    }
    plain = hitl.quick("paths").out
    assert all(path in plain for path in found.values())


@pytest.mark.parametrize(
    ("variable", "words", "named"),
    [
        ("HITL_CONFIG_DIR", ("config",), "HITL_CONFIG_DIR is '~nouser/x'"),
        ("HITL_STATE_DIR", ("paths",), "HITL_STATE_DIR is '~nouser/x'"),
        ("", ("list", "--db", "~nouser/x"), "--db is '~nouser/x'"),
        ("", ("worker", "--log", "~nouser/x"), "--log is '~nouser/x'"),
        ("", ("trust", "~nouser/x"), "the agents reference is '~nouser/x'"),
    ],
)
def test_a_place_in_the_home_of_nobody(
    hitl: Hitl, monkeypatch: pytest.MonkeyPatch, variable: str, words: tuple[str, ...], named: str
) -> None:
    if variable:
        monkeypatch.setenv(variable, "~nouser/x")
    refused = hitl.quick(*words)
    assert refused.code == 2
    assert f"{named}, and this machine knows no home folder of ~nouser" in refused.err
    assert "write the whole path" in refused.err


def test_a_database_in_the_home_of_nobody(hitl: Hitl) -> None:
    hitl.db = Path("~nouser/x.db")
    refused = hitl.quick("list", "--json")
    assert refused.code == 2
    assert refused.error["message"].startswith("HITL_DB is '~nouser/x.db'")


def test_a_new_database_is_private(hitl: Hitl) -> None:
    new = hitl.folder / "new" / "deep" / "a.db"
    file = hitl.file("say.yaml", "graph: Say\nnodes:\n  say: {agent: output, prompt: hello}\n")
    assert hitl.quick("run", file, "--db", str(new)).code == 0
    assert stat.S_IMODE(new.stat().st_mode) == 0o600
    assert stat.S_IMODE(new.parent.stat().st_mode) == 0o700


def test_a_reader_that_leaves_is_no_error(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    """`hitl list | head`."""
    hitl.use(asking["Budget"])
    for command in ("list", "list --json", "--help", "show thread_12345", "schema"):
        ended = hitl.bash(f"hitl {command} | true; exit ${{PIPESTATUS[0]}}")
        assert (ended.code, ended.err) == (0, ""), command
    assert hitl.bash("hitl list >&-").err == ""


def test_closed_and_full_streams(hitl: Hitl) -> None:
    for script, code, words in (
        ("hitl --help >&-", 0, ""),
        ("hitl show nope --json >&-", 3, ""),
        ("hitl show nope 2>&-", 3, ""),
        ("hitl show nope 2>/dev/full", 3, ""),
        ("hitl resume x approve --data-file - <&-", 2, "stdin"),
        ("hitl list >/dev/full", 1, "cannot write the output"),
        ("hitl list >/dev/full 2>&1", 1, ""),
        ("hitl list --json >/dev/full", 1, "cannot write the output"),
        ("hitl show nope --json >/dev/full", 3, "Thread 'nope' not found"),
        ("hitl nonsense --json >/dev/full", 2, "No such command"),
        ("hitl list --help >/dev/full", 1, "only the output is lost: what the command has done is done"),
        ("hitl --version >/dev/full", 1, "cannot write the output"),
        ("unset PYTHONUNBUFFERED; hitl --version >/dev/full", 1, "cannot write the output"),
        ("_HITL_COMPLETE=fish_source hitl >/dev/full", 1, "cannot write the output"),
    ):
        ended = hitl.bash(script)
        assert (ended.code, words in ended.err) == (code, True), script
        assert not any(word in ended.err for word in ("unexpected", "Traceback"))


def test_an_answer_that_is_taken_is_told_of_although_its_output_is_lost(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    """A script would take it for a failure, and answer again."""
    hitl.use(asking["Budget"])
    ended = hitl.bash(f"hitl resume {THREAD} approve --no-run --json >/dev/full")
    assert ended.code == 1
    assert "cannot write the output: No space left on device" in ended.err
    assert f"the thread is ready: `hitl show {THREAD}` shows it" in ended.err
    helped = hitl.bash("unset PYTHONUNBUFFERED; hitl --help --json >/dev/full")
    assert (helped.code, "unexpected" in helped.err) == (1, False)
    assert "cannot write the output" in helped.err


def test_output_survives_a_terminal_without_unicode(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    hitl.use(asking["Budget"])
    shown = hitl("show", THREAD, env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
    assert shown.code == 0
    assert "approval_gate" in shown.out


SLOW = """
import asyncio

from hitl_tui.agents.registry import agent


@agent("slow")
async def slow(inputs):
    print("at it", flush=True)
    await asyncio.sleep(600)
"""


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interruption_is_quiet_and_loses_nothing(hitl: Hitl, number: signal.Signals, code: int) -> None:
    """The answer is stored, the lease is handed back, and the person is told how to go on."""
    hitl.file("slow.py", SLOW)
    hitl.file("slow.csv", "graph,node,agent,next_on_success\nSlow,gate,approval_interaction,work\nSlow,work,slow,\n")
    assert hitl.quick("run", "slow.csv", "--agents", "slow.py", "--thread-id", "s").code == 0
    resuming = hitl.start("resume", "s", "approve", start_new_session=True)
    assert resuming.stderr is not None
    assert "at it" in resuming.stderr.readline()
    resuming.send_signal(number)
    out, err = resuming.communicate(timeout=30)
    assert (resuming.returncode, out) == (code, "")
    assert "the answer is stored, `hitl wait s` goes on" in err
    assert "Traceback" not in err
    assert hitl.quick("show", "s", "--json").json["status"] == "ready"


def test_arguments_that_are_no_text(hitl: Hitl) -> None:
    for words in (
        "list --graph $'\\xff'",
        "list --actor $'\\xff' --json",
        "run $'\\xff.csv'",
        "check $'\\xff.csv' --json",
        "note t $'caf\\xe9'",
    ):
        ended = hitl.bash(f"hitl {words}")
        assert ended.code in (0, 2), words
    hitl.folder.joinpath("one.yaml").write_text("graph: One\nnodes: {a: {agent: echo}}")
    ended = hitl.bash("hitl run one.yaml --agents $'\\xff.py'")
    assert ended.code == 2
    assert "rename the file" in ended.err
    assert "Traceback" not in ended.err


def test_completion_knows_threads_and_actions(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    """bash asks for words; a database that cannot be read is passed over in silence."""

    def complete(line: str, word: int) -> list[str]:
        ended = hitl(env={"_HITL_COMPLETE": "bash_complete", "COMP_WORDS": line, "COMP_CWORD": str(word)})
        assert ended.err == ""
        return [entry.partition(",")[2] for entry in ended.out.split()]

    assert complete("hitl show th", 2) == []
    assert not hitl.db.exists()
    hitl.use(asking["Budget"])
    assert complete("hitl re", 1) == ["resume", "retry"]
    assert complete("hitl show th", 2) == [THREAD]
    assert complete(f"hitl resume {THREAD} ", 3) == ["approve", "reject"]
    assert complete(f"hitl --db {asking['Alert']} resume {THREAD} ", 5) == ["edit"]
    hitl.db.write_bytes(b"no database" * 100)
    assert complete("hitl show th", 2) == []
    for shell in ("bash", "zsh", "fish"):
        assert "_HITL_COMPLETE" in hitl(env={"_HITL_COMPLETE": f"{shell}_source"}).out


def test_completion_without_a_line_to_complete(hitl: Hitl, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("_HITL_COMPLETE", "bash_complete")
    monkeypatch.delenv("COMP_WORDS", raising=False)
    told = hitl.quick("list")
    assert (told.code, "COMP_WORDS is not" in told.err) == (2, True)


def test_schema_is_a_json_schema(hitl: Hitl) -> None:
    schema = hitl.quick("schema").json
    assert "$schema" in schema
    assert schema == hitl.quick("schema", "--json").json


def test_foreign_text_is_made_visible(hitl: Hitl) -> None:
    """A prompt, a context and an id that try to act on the terminal; JSON stays pure ASCII."""
    evil = "\x1b]0;owned\x07 \x9b31m \u202egpj.exe \u200b\U000e0041[red]markup[/red]"
    hitl.file(
        "evil.yaml",
        "graph: Evil\nnodes:\n  gate:\n    agent: approval_interaction\n    prompt: 'Look: {text}'\n"
        "    inputs: [text]\n    context:\n      note: plain\n",
    )
    started = hitl.quick("run", "evil.yaml", "--input-json", json.dumps({"text": evil}), "--thread-id", "evil one")
    assert started.code == 0
    for words in (("show", "evil one"), ("list",), ("history", "evil one"), ("state", "evil one")):
        out = hitl.quick(*words).out
        assert visible(out, newlines=True) == out
        assert hitl.quick(*words, "--json").out.isascii()
    assert "[red]markup[/red]" in started.out
    assert hitl.quick("show", "evil one", "--json").json["state"]["text"] == evil
