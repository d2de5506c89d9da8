"""One decision path behind three surfaces (row 172)."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from hitl_tui.errors import HitlError
from hitl_tui.inbox import Inbox
from hitl_tui.tui.messages import AnswerGiven
from hitl_tui.tui.wording import error_words
from tests.cli.conftest import Hitl
from tests.tui.threads import ask, opened
from tests.waiting import eventually

Case = tuple[str, str, dict[str, Any] | None]
CASES: dict[str, Case] = {
    "approved": ("approval", "approve", None),
    "rejected": ("approval", "reject", {"reason": "too dear", "token": "s3cret"}),
    "rejected without a reason": ("approval", "reject", None),
    "rejected with a reason that is a number": ("approval", "reject", {"reason": 5}),
    "an action of another type": ("approval", "edit", {"edited": "x"}),
    "an action that does not exist": ("approval", "aprove", None),
    "high risk, rejected with a reason": ("high", "reject", {"reason": "no"}),
    "high risk, rejected without a reason": ("high", "reject", {"reason": " "}),
    "edited": ("edit", "edit", {"edited": "better", "changes": ["shorter"]}),
    "edited without a text": ("edit", "edit", {"changes": []}),
    "edited to a number": ("edit", "edit", {"edited": 5}),
    "chosen by number": ("choice", "choose", {"choice": 2, "justification": "why"}),
    "chosen by its text": ("choice", "choose", {"choice": "three"}),
    "chosen from 0": ("choice", "choose", {"choice": 0}),
    "chosen beyond the end": ("choice", "choose", {"choice": 4}),
    "nothing chosen": ("choice", "choose", {"selection": 1}),
    "answered": ("text_input", "respond", {"text": "words"}),
    "answered with more": ("text_input", "respond", {"response": "words", "priority": "high"}),
    "answered with nothing": ("text_input", "respond", {"text": " "}),
    "answered with something else": ("text_input", "respond", {"message": "words"}),
    "said": ("conversation", "respond", {"message": "words"}),
    "ended": ("conversation", "respond", {"end": True}),
    "nothing said": ("conversation", "respond", {"message": ""}),
    "decided before": ("approval", "approve", None),
    "changed since": ("approval", "approve", None),
    "too large": ("text_input", "respond", {"text": "x" * 10_000_001}),
}
Outcome = tuple[str, str]
"""`ok` or the error's code, and the error's words without times."""


@dataclass(frozen=True)
class Question:
    """One request of the prepared database, and how it is answered."""

    kind: str
    thread: str
    request: str
    digest: str
    action: str
    data: dict[str, Any] | None


def thread_ids() -> dict[str, str]:
    return {name: f"t{number:02}" for number, name in enumerate(CASES)}


async def prepare(database: Path, folder: Path) -> None:
    async with Inbox.open(database, actor="ann", via="api") as inbox:
        for name, thread in thread_ids().items():
            await ask(inbox, folder, thread, kind=CASES[name][0])
        async with Inbox.open(database, actor="bea", via="api") as other:
            await other.decide(thread_ids()["decided before"], "reject")


def questions(database: Path) -> dict[str, Question]:
    with closing(sqlite3.connect(database)) as connection:
        rows = connection.execute("select thread, type, id, digest from request").fetchall()
    asked = {thread: (kind, request, digest) for thread, kind, request, digest in rows}
    found = {}
    for name, thread in thread_ids().items():
        kind, request, digest = asked[thread]
        _, action, data = CASES[name]
        found[name] = Question(kind, thread, request, "0" * 64 if name == "changed since" else digest, action, data)
    return found


def without_times(words: str) -> str:
    return re.sub(r"20\d\d-\d\d-\d\dT[\d:.]+Z", "TIME", words)


async def through_the_api(database: Path, asked: dict[str, Question]) -> dict[str, Outcome]:
    outcomes = {}
    async with Inbox.open(database, actor="ann", via="api") as inbox:
        for name, question in asked.items():
            which = {"request_id": question.request, "expect": question.digest}
            try:
                await inbox.decide(question.thread, question.action, question.data, **which)
                outcomes[name] = ("ok", "")
            except HitlError as error:
                outcomes[name] = (error.code, without_times(error_words(error)))
    return outcomes


def through_the_command_line(hitl: Hitl, asked: dict[str, Question]) -> dict[str, Outcome]:
    outcomes = {}
    for name, question in asked.items():
        which = ("--request", question.request, "--expect", question.digest, "--no-run", "--json")
        file = hitl.file("data.json", json.dumps(question.data))
        given = ("--data-file", file) if question.data is not None else ()
        result = hitl.quick("resume", question.thread, question.action, *given, *which)
        if result.code == 0:
            outcomes[name] = ("ok", "")
        else:
            error = HitlError(result.error["message"], hint=result.error["hint"])
            outcomes[name] = (result.error["code"], without_times(error_words(error)))
    return outcomes


async def through_the_screen(
    database: Path, asked: dict[str, Question], monkeypatch: pytest.MonkeyPatch
) -> dict[str, Outcome]:
    outcomes = {}
    async with opened(database, rows=len(CASES) - 1) as (_, screen, inbox):
        said: list[Outcome] = []

        def noting(act: Callable[..., Any]) -> Callable[..., Any]:
            async def decide(*words: Any, **named: Any) -> Any:
                try:
                    result = await act(*words, **named)
                except HitlError as error:
                    said.append((error.code, without_times(error_words(error))))
                    raise
                said.append(("ok", ""))
                return result

            return decide

        monkeypatch.setattr(inbox, "decide", noting(inbox.decide))
        shown: list[str] = []
        show_error = screen.detail.show_error
        monkeypatch.setattr(
            screen.detail, "show_error", lambda which, words: (shown.append(words), show_error(which, words))
        )
        for name, question in asked.items():
            said.clear()
            screen.post_message(given(question))
            await eventually(lambda: said)
            outcomes[name] = said[0]
            if said[0][0] != "ok":
                await eventually(lambda: shown)
                assert without_times(shown.pop()) == said[0][1]
    return outcomes


def given(question: Question) -> AnswerGiven:
    """What the request side of the screen posts."""
    return AnswerGiven(
        thread_id=question.thread,
        request_id=question.request,
        kind=question.kind,
        digest=question.digest,
        action=question.action,
        data=question.data,
    )


def stored(database: Path) -> tuple[list[Any], list[Any], list[Any]]:
    """Responses, audit and states, without times and surfaces."""
    with closing(sqlite3.connect(database)) as connection:
        return (
            connection.execute("select request, action, data, actor from response order by request").fetchall(),
            connection.execute(
                "select request, actor, details from audit where event = 'decided' order by 1"
            ).fetchall(),
            connection.execute("select id, status, state, open_requests from thread order by id").fetchall(),
        )


def test_the_same_answers_have_the_same_outcome(hitl: Hitl, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """row 172: the same validation, audit and errors through the API, the command line and the screen"""
    prepared = tmp_path / "prepared.db"
    asyncio.run(prepare(prepared, tmp_path))
    asked = questions(prepared)
    databases = {name: tmp_path / f"{name}.db" for name in ("api", "tui")} | {"cli": hitl.db}
    for database in databases.values():
        shutil.copyfile(prepared, database)
    expected = asyncio.run(through_the_api(databases["api"], asked))
    assert through_the_command_line(hitl, asked) == expected
    assert asyncio.run(through_the_screen(databases["tui"], asked, monkeypatch)) == expected
    assert stored(databases["cli"]) == stored(databases["api"]) == stored(databases["tui"])
    codes = {code for code, _ in expected.values()}
    assert codes == {"ok", "invalid_data", "action_not_allowed", "already_decided", "stale"}
    with closing(sqlite3.connect(databases["tui"])) as connection:
        assert "s3cret" not in str(connection.execute("select details from audit").fetchall())
