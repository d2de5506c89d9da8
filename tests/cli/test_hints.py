"""Every command that the program prints as a hint is run as it stands."""

from __future__ import annotations

import re
import shlex
import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_tui.cli.hints import command, quoted, with_db
from tests.cli.conftest import Hitl
from tests.cli.spec_requests import REQUESTS, THREAD, as_csv
from tests.waiting import until

HINT = re.compile(r"^(?P<purpose>\S.*?)  +(?P<line>hitl .*)$", re.M)
PAST = "2020-01-01T00:00:00.000000Z"
STRANGE_IDS = ["order 7", "it's; rm -rf /", "-x", "--help", "$(id)", "заказ-№7", 'a"b`c', "*"]


def change(database: Path, statement: str, *values: str) -> None:
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(statement, values)


def hints(text: str) -> dict[str, str]:
    """The commands in a plain output, by their purpose."""
    return {match["purpose"]: match["line"] for match in HINT.finditer(text)}


@pytest.mark.parametrize("graph", REQUESTS)
def test_every_answer_that_show_offers_works(hitl: Hitl, asking: Mapping[str, Path], graph: str) -> None:
    hitl.use(asking[graph])
    offered = hints(hitl.quick("show", THREAD).out)
    assert offered
    for purpose, line in offered.items():
        hitl.use(asking[graph])
        answered = hitl.typed(line)
        assert answered.code == 0, (purpose, line, answered.err)
        assert "completed" in answered.out


PAYING = """
from pathlib import Path

from hitl_tui import BaseAgent, agent


@agent("pay")
class Pay(BaseAgent):
    def process(self, inputs):
        return self.once("pay", lambda: pay(Path("FOLDER/paid")))


def pay(paid):
    paid.write_text("twice" if paid.exists() else "once")
    if paid.read_text() == "once":
        raise TimeoutError("no answer from the bank")
"""


def test_an_uncertain_effect_offers_both_answers_and_first_the_one_that_repeats_nothing(hitl: Hitl) -> None:
    hitl.file("own.py", PAYING.replace("FOLDER", str(hitl.folder)))
    flow = hitl.file("flow.yaml", "graph: G\nagents: own.py\nnodes:\n  n: {agent: pay}\n")
    assert hitl.quick("run", flow, "--thread-id", "t").code == 1
    asked = hitl.quick("retry", "t")
    offered = hints(asked.out)
    assert list(offered) == ["mark it as done", "redo it"], asked
    kept = shutil.copyfile(hitl.db, hitl.folder / "kept.db")
    for line, paid in zip(offered.values(), ("once", "twice"), strict=True):
        hitl.use(kept)
        answered = hitl.quick(*shlex.split(line)[1:])
        assert (answered.code, (hitl.folder / "paid").read_text()) == (0, paid), answered.err
        assert "completed" in answered.out


@pytest.mark.parametrize("thread_id", STRANGE_IDS)
def test_the_hint_after_run_works_for_any_id(hitl: Hitl, thread_id: str) -> None:
    """Quoted for the shell, and with the database that was named."""
    hitl.file("requests.csv", as_csv())
    started = hitl.quick("run", "requests.csv::Budget", f"--thread-id={thread_id}", "--db", "other one.db")
    assert started.code == 0, started.err
    line = hints(started.out)["approve"]
    answered = hitl.typed(line)
    assert answered.code == 0, (line, answered.err)
    assert "completed" in answered.out
    history = hitl.typed(hints(answered.out)["what happened"])
    assert history.code == 0 and "approve by ann" in history.out


def test_hints_of_the_list(hitl: Hitl) -> None:
    hitl.file("requests.csv", as_csv())
    for number in range(3):
        hitl.quick("run", "requests.csv::Budget", "--thread-id", f"t {number}", "--db", "o.db")
    first = hitl.quick("list", "--limit", "2", "--status", "paused", "--db", "o.db")
    assert "2 of 3" in first.out
    more = hitl.typed(hints(first.out)["go on"])
    assert more.code == 0 and "t 2" in more.out and "t 0" not in more.out
    assert hitl.typed(hints(first.out)["look at one"]).code == 0


def test_hints_of_errors_name_the_database_too(hitl: Hitl) -> None:
    (hitl.folder / "my data.db").touch()
    missing = hitl.quick("show", "x", "--db", "my data.db", "--json")
    assert missing.error["hint"].startswith("`hitl --db 'my data.db' list`")
    line = missing.error["hint"].split("`")[1]
    assert hitl.bash(line).code == 0


def test_a_failed_thread_says_how_to_go_on(hitl: Hitl) -> None:
    hitl.file("bad.csv", "graph,node,agent,prompt\nBad,one,failure,no luck\n")
    failed = hitl.quick("run", "bad.csv", "--thread-id", "f 1")
    assert failed.code == 1
    offered = hints(failed.out)
    assert hitl.typed(offered["see why"]).code == 0
    assert hitl.typed(offered["try again"]).code == 1


def test_a_failure_between_the_steps_is_told_by_the_history(hitl: Hitl) -> None:
    """No step failed, so the history says above them why the thread did; it does not send its reader to itself."""
    hitl.file("loop.yaml", "graph: Loop\nmax_visits: 2\nnodes:\n  a: {agent: echo, inputs: x, next: a}\n")
    failed = hitl.quick("run", "loop.yaml", "--input", "x=1", "--thread-id", "l")
    assert failed.code == 1
    told = hitl.typed(hints(failed.out)["see why"])
    assert "a: EndlessLoop: node 'a' has run 2 times" in told.out
    assert list(hints(told.out)) == []


def test_a_timed_out_thread_is_not_offered_a_retry(hitl: Hitl) -> None:
    hitl.file("quick.yaml", "graph: Quick\nnodes:\n  a: {agent: approval_interaction, prompt: Now, timeout: 1s}\n")
    hitl.quick("run", "quick.yaml", "--thread-id", "q")
    until(lambda: hitl.quick("wait", "q").code == 1)
    ended = hitl.quick("show", "q")
    assert "timed_out" in ended.out
    assert "\n\n\n" not in ended.out
    assert list(hints(ended.out)) == ["what happened"]
    assert hitl.typed(hints(ended.out)["what happened"]).code == 0


@pytest.mark.parametrize(
    ("policy", "purposes", "says"),
    [
        ("timeout", ["let it time out"], "Refused because: Interaction timed out"),
        ("reject", ["let it time out"], "Refused because: Approval timeout"),
        ("extend:30m", ["approve", "reject"], "approved Budget"),
        ("escalate:boss", ["approve", "reject"], "approved Budget"),
    ],
)
def test_an_overdue_request_is_offered_what_still_works(
    hitl: Hitl, asking: Mapping[str, Path], policy: str, purposes: list[str], says: str
) -> None:
    """An answer, where the policy sets a new deadline; else what applies the policy."""
    hitl.use(asking["Budget"])
    change(hitl.db, "update request set due_at = ?, policy = ?", PAST, policy)
    offered = hints(hitl.quick("show", THREAD).out)
    assert list(offered) == purposes
    done = hitl.typed(offered[purposes[0]])
    assert (done.code, says in done.out) == (0, True), (done.out, done.err)


def test_the_doctor_names_what_stands_still_without_a_worker(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    """A deadline that is over, and an answer that nobody took back: only a worker, or `hitl wait`, sees to them."""
    hitl.use(asking["Budget"])
    change(hitl.db, "update request set due_at = ?", PAST)
    told = hitl.quick("doctor", THREAD).out
    assert "none is alive, and 1 overdue request wait for one" in told
    assert "the time to answer at approval_gate is over" in told
    hitl.use(asking["Budget"])
    assert hitl.quick("resume", THREAD, "approve", "--hold", "60", "--no-run").code == 0
    change(hitl.db, "update request set held_until = ?", PAST)
    told = hitl.quick("doctor", THREAD).out
    assert "none is alive, and 1 thread with an answer that is due to take effect wait for one" in told
    assert f"`hitl wait {THREAD}`" in told
    assert hitl.quick("wait", THREAD).code == 0
    assert "nothing waits for one" in hitl.quick("doctor").out


@given(st.text(min_size=1).filter(lambda text: "\0" not in text and not re.search("[\ud800-\udfff]", text)))
def test_quoting_is_safe_to_print_and_one_word(text: str) -> None:
    said = quoted(text)
    assert said.replace(" ", "").isprintable() or all(
        character.isprintable() or not character.isspace() for character in said
    )
    if not said.startswith("$'"):
        assert shlex.split(said) == [text]


def test_escapes_of_the_shell(hitl: Hitl) -> None:
    """What a terminal would obey is written as escapes that bash turns back."""
    text = "a\x1b[31m'\\\u202eb\U000e0041\n"
    said = quoted(text)
    assert said.isascii() and "\x1b" not in said
    shown = hitl.bash(f"LC_ALL=C.UTF-8; printf %s {said} | od -An -tx1")
    assert bytes.fromhex(shown.out.replace("\n", "").replace(" ", "")) == text.encode()


def test_options_go_before_a_word_that_looks_like_one() -> None:
    assert command(None, "resume", "-x", "reject", options=("--data", "{}")) == "hitl resume --data '{}' -- -x reject"
    assert command(None, "resume", "x", "reject", options=("--data", "{}")) == "hitl resume x reject --data '{}'"


def test_the_database_is_added_once_per_command() -> None:
    hint = "`hitl list` or `hitl show X`; see hitl.db and /bin/hitl list"
    assert (
        with_db(Path("a b"), hint)
        == "`hitl --db 'a b' list` or `hitl --db 'a b' show X`; see hitl.db and /bin/hitl list"
    )
