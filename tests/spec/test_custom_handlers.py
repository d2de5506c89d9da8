"""000, Implementation Guide 2: a handler that notifies, validates and keeps a log, as the document prints it."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from uuid import uuid4

import pytest

from hitl_tui import (
    HumanInteractionRequest,
    HumanInteractionResponse,
    InteractionHandler,
    InteractionType,
    StorageService,
)
from hitl_tui.agents.interactions import Posted
from hitl_tui.errors import HitlError, NotPossible, NotSerialisable, ThreadExists, ThreadNotFound, UsageError
from hitl_tui.inbox import Inbox
from hitl_tui.model.jsontext import iso
from hitl_tui.store import outbox
from tests.engine.workshop import Workshop, graph, node, workshop
from tests.spec.printed.approval import ApprovalAgent
from tests.spec.printed.custom_handler import CustomInteractionHandler

GATE = graph(node("gate", "gate", inputs="approval_data", output="asked"))
ANSWERS = {
    "approval": ("approve", {}),
    "edit": ("edit", {"edited": "x"}),
    "choice": ("choose", {"choice": 1}),
    "text_input": ("respond", {"text": "x"}),
    "conversation": ("respond", {"message": "x"}),
}
BAD = [
    ("choice", "choose", {}, "Choice interaction requires 'choice' in response data"),
    ("edit", "edit", None, "Edit interaction requires 'edited' content in response data"),
    ("text_input", "respond", {"words": "x"}, "Text input interaction requires 'text' or 'response' in data"),
    *((kind, action, ANSWERS["edit"][1], "allowed:") for kind in ANSWERS for action, _ in ANSWERS.values()
      if action != ANSWERS[kind][0]),
]  # fmt: skip


@pytest.fixture
def storage(tmp_path: Path) -> StorageService:
    return StorageService(tmp_path / "hitl.db", actor="ann")


def ask(storage: StorageService, kind: str, **fields: Any) -> HumanInteractionRequest:
    """A request that a script displays, in a thread named like its type."""
    options = ["one", "two"] if kind == "choice" else []
    request = HumanInteractionRequest(
        thread_id=kind,
        node_name="gate",
        interaction_type=InteractionType(kind),
        prompt="Well?",
        options=options,
        **fields,
    )
    CustomInteractionHandler(storage).display_interaction_request(request)
    return request


def test_a_script_asks_and_answers(storage: StorageService) -> None:
    """row 52, row 59, row 60: the class as it is; its log has the names of the data's keys, and no values."""
    request = ask(storage, "approval", context={"amount": 5})
    (thread,) = storage.list(collection="threads", filter_criteria={"status": "paused"})
    assert (thread["id"], thread["pending_interaction_id"]) == ("approval", str(request.id))
    response = CustomInteractionHandler(storage).resume_execution("approval", "reject", {"reason": "hunter2"})
    assert (response.request_id, response.action, response.data) == (request.id, "reject", {"reason": "hunter2"})
    entry = storage.read("interaction_audit", f"response_{request.id}")
    assert entry == {
        "request_id": str(request.id),
        "action": "reject",
        "timestamp": response.timestamp.isoformat(),
        "data_keys": ["reason"],
    }
    assert "hunter2" not in str(storage.list("interaction_audit"))
    ended = storage.read("threads", "approval") or {}
    assert (ended["status"], ended["outcome"], ended["pending_interaction_id"]) == ("completed", "rejected", None)


@pytest.mark.parametrize("kind", ANSWERS)
def test_a_stored_answer_equals_the_answer(storage: StorageService, kind: str) -> None:
    """row 3, row 67"""
    request = ask(storage, kind)
    response = InteractionHandler(storage).resume_execution(kind, *ANSWERS[kind])
    assert (response.request_id, response.actor) == (request.id, "ann")
    assert HumanInteractionResponse(**storage.read("responses", request.id) or {}) == response


def test_an_answer_given_elsewhere_is_in_the_log_too(storage: StorageService) -> None:
    """row 59: also without the handler of the document"""
    request = ask(storage, "approval")
    InteractionHandler(storage).resume_execution("approval", "approve")
    entry = storage.read("interaction_audit", f"response_{request.id}") or {}
    assert (entry["action"], entry["data_keys"]) == ("approve", [])
    assert storage.read("interaction_audit", "response_of_nobody") is None


def test_the_log_says_what_was_answered_whatever_else_is_written_there(storage: StorageService) -> None:
    """row 59, row 60: before the answer, too; what a handler adds is kept"""
    request = ask(storage, "approval")
    name, forged = f"response_{request.id}", {"action": "approve", "timestamp": "2020", "ip": "10.0.0.7"}
    assert storage.write("interaction_audit", forged, name) == {"id": name, **forged}
    storage.write("interaction_audit", {"action": "seen"}, "a_note")
    storage.write("interaction_audit", {"paid": 7}, "response_order-7")
    assert storage.read("interaction_audit", "response_order-7") == {"paid": 7}
    assert storage.read("interaction_audit", name) is None
    response = InteractionHandler(storage).resume_execution("approval", "reject", {"reason": "no"})
    entry = storage.read("interaction_audit", name) or {}
    assert (entry["action"], entry["timestamp"]) == ("reject", response.timestamp.isoformat())
    assert (entry["request_id"], entry["data_keys"], entry["ip"]) == (str(request.id), ["reason"], "10.0.0.7")
    notes = [{"id": "a_note", "action": "seen"}, {"id": "response_order-7", "paid": 7}]
    assert storage.list("interaction_audit") == [{"id": name, **entry}, *notes]
    assert storage.list("interaction_audit", {"action": "approve"}) == []


def test_validation_comes_before_anything_is_stored(storage: StorageService, monkeypatch: pytest.MonkeyPatch) -> None:
    """row 56, row 58: what does not fit is refused with the document's words, and the request stays pending."""
    for kind in ANSWERS:
        ask(storage, kind)
    writes = Mock(wraps=storage.write)
    monkeypatch.setattr(storage, "write", writes)
    for kind, action, data, words in BAD:
        before = storage.read("threads", kind)
        with pytest.raises(ValueError, match=words):
            CustomInteractionHandler(storage).resume_execution(kind, action, data)
        assert storage.read("threads", kind) == before
        assert all(call.kwargs["collection"] == "responses" for call in writes.call_args_list)
    assert storage.list("interaction_audit") == storage.list("responses") == []


def test_an_unknown_thread(storage: StorageService) -> None:
    """row 57"""
    with pytest.raises(ValueError, match="(?m)^Thread 'nobody' not found$"):
        CustomInteractionHandler(storage).resume_execution("nobody", "approve")
    with pytest.raises(ThreadNotFound, match="(?m)^Thread 'nobody' not found$"):
        InteractionHandler(storage).resume_execution("nobody", "approve")


def test_documents_are_read_written_and_listed(storage: StorageService) -> None:
    """row 60; the collections that show workflows are not written, but by asking and answering"""
    named = storage.write("notes", {"a": 1, "b": "x"})
    storage.write("notes", {"a": 1}, "k")
    assert storage.write("notes", {"c": 2}, "k", mode="update") == {"id": "k", "a": 1, "c": 2}
    assert storage.read("notes", "k") == {"a": 1, "c": 2}
    assert storage.read("notes", "other") is None
    assert {one["id"] for one in storage.list("notes", {"a": 1})} == {"k", named["id"]}
    assert storage.list("notes", {"b": "x"}) == [named]
    for collection, mode in (("notes", "append"), ("no\ntes", "write"), ("threads", "write")):
        with pytest.raises(UsageError):
            storage.write(collection, {"status": "completed"}, "k", mode=mode)


def test_a_slip_in_a_call_is_told_in_words(storage: StorageService) -> None:
    request = ask(storage, "approval")
    assert storage.read("responses", request.id) is None
    assert storage.write("notes", {"a": 1}, request.id)["id"] == str(request.id)
    for collection in ("notes", "interactions", "responses", "threads"):
        with pytest.raises(UsageError, match=r"^\[1\] has no fields"):
            storage.write(collection, [1], "k")
    with pytest.raises(UsageError, match="has no fields"):
        storage.list("notes", [1])
    for call in (lambda: storage.write("notes", {}, 5), lambda: storage.read("notes", 5)):
        with pytest.raises(UsageError, match="^5 cannot name a document"):
            call()


def test_a_request_is_displayed_once_in_a_script(storage: StorageService) -> None:
    request = ask(storage, "approval")
    handler = InteractionHandler(storage)
    with pytest.raises(UsageError, match="was displayed before"):
        handler.display_interaction_request(request.model_copy(update={"thread_id": "another"}))
    with pytest.raises(ThreadExists, match="(?m)^Thread 'approval' already exists$"):
        handler.display_interaction_request(request.model_copy(update={"id": uuid4()}))
    with pytest.raises(NotSerialisable, match="context.connection"):
        ask(storage, "edit", context={"connection": object()})
    with pytest.raises(UsageError, match="needs `thread_id` and `action`"):
        storage.write("responses", {"action": "approve"})
    assert [one["id"] for one in storage.list("threads")] == ["approval"]


@pytest.mark.parametrize(
    ("kind", "fields", "words"),
    [
        ("choice", {}, "gate: a choice needs options"),
        ("approval", {"on_timeout": "escalate:system"}, "gate: on_timeout: "),
        ("approval", {"timeout_seconds": 10**12}, "should be less than or equal to 315360000"),
    ],
)
def test_what_nobody_could_answer_is_an_error_to_the_script(
    storage: StorageService, kind: str, fields: dict[str, Any], words: str
) -> None:
    asked = {"thread_id": "t", "node_name": "gate", "interaction_type": kind, "prompt": "Well?", **fields}
    with pytest.raises(ValueError, match=words):
        storage.write("interactions", asked)
    assert storage.list("threads") == []


def test_a_request_whose_thread_fails_is_an_error_to_the_script(
    storage: StorageService, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Posted, "question", Mock(side_effect=OSError("no space left")))
        with pytest.raises(HitlError, match="was not asked: no space left") as caught:
            ask(storage, "approval")
    assert caught.value.hint == "the thread 'approval' failed; a retry of it asks again"
    assert [one["status"] for one in storage.list("threads")] == ["failed"]


def test_the_time_of_a_request_runs_from_when_it_is_displayed(storage: StorageService) -> None:
    """row 2, row 62: nothing is overdue when it is asked, however long ago it was made"""
    now = datetime.now(UTC)
    request = ask(storage, "approval", timeout_seconds=3600, created_at=now - timedelta(hours=2))
    stored = storage.read("interactions", request.id) or {}
    assert stored["timeout_seconds"] == 3600
    assert datetime.fromisoformat(stored["created_at"]).replace(tzinfo=UTC) >= now
    with pytest.raises(NotPossible, match="nothing that is overdue"):
        storage.write("threads", {"status": "timed_out"}, "approval", mode="update")


async def test_a_fork_asks_anew(storage: StorageService) -> None:
    request = ask(storage, "approval", context={"amount": 5})
    async with Inbox.open(storage.path, actor="ann", via="test") as inbox, inbox.running():
        await inbox.fork("approval", 1, new_id="fork")
        (pending,) = (await inbox.settled("fork")).pending
        assert pending.request_id != str(request.id)
        assert (pending.node, pending.context) == ("gate", {"amount": 5})
        assert (await inbox.documents.read("interactions", pending.request_id) or {})["thread_id"] == "fork"


async def test_a_script_may_have_a_loop_of_its_own(storage: StorageService) -> None:
    """Called where an event loop runs, it waits on a thread of its own."""
    assert asyncio.get_running_loop().is_running()
    assert ask(storage, "approval").id
    assert len(storage.list("threads")) == 1


async def notices(shop: Workshop) -> list[dict[str, Any]]:
    """The messages for the world outside."""
    found = []
    take = outbox.Take(iso(shop.clock()), iso(shop.clock() + timedelta(hours=1)))
    while (message := await shop.database.write(take)) is not None:
        found.append(message.payload)
    return found


async def test_a_handler_is_told_of_each_request_once(tmp_path: Path) -> None:
    """row 53, row 54: the message is stored with the request, and not given again when the node runs again."""
    async with workshop(tmp_path, gate=ApprovalAgent) as shop:
        shop.registry.make_handler = CustomInteractionHandler
        await shop.start(GATE, approval_data={"amount": 5})
        view = await shop.run()
        await shop.answer("approve")
        assert (await shop.run()).status == "completed"
        assert await notices(shop) == [
            {
                "title": "Human Input Required: gate",
                "message": view.pending[0].prompt,
                "thread_id": "t1",
                "urgency": "high",
            }
        ]


def test_a_request_without_a_limit_is_not_urgent(storage: StorageService) -> None:
    """row 54, row 55"""
    service = Mock()
    request = HumanInteractionRequest(thread_id="t", node_name="n", interaction_type="approval", prompt="?")
    CustomInteractionHandler(storage, service).display_interaction_request(request)
    service.send_notification.assert_called_once_with(
        title="Human Input Required: n", message="?", thread_id="t", urgency="normal"
    )


async def test_a_failing_notification_does_not_lose_the_request(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """row 55; where it failed is in the log of the step."""
    service = Mock()
    service.send_notification.side_effect = OSError("no route to host")
    async with workshop(tmp_path, gate=ApprovalAgent) as shop:
        shop.registry.make_handler = lambda storage: CustomInteractionHandler(storage, service)
        await shop.start(GATE)
        assert len((await shop.run()).pending) == 1
        assert "no route to host" in caplog.text and "in display_interaction_request" in caplog.text
        await shop.answer("approve")
        assert (await shop.run()).status == "completed"
    service.send_notification.assert_called_once()


class Changes(InteractionHandler):
    """Changes what is asked."""

    def display_interaction_request(self, request: HumanInteractionRequest) -> None:
        request.context["seen_by"] = "a handler"
        super().display_interaction_request(request)


class Forgets(InteractionHandler):
    """Does not call its parent."""

    def display_interaction_request(self, request: HumanInteractionRequest) -> None:
        self.logger.info("displayed elsewhere")


@pytest.mark.parametrize(("handler", "status"), [(Changes, "failed"), (Forgets, "paused")])
async def test_a_handler_can_neither_change_nor_swallow_a_request(tmp_path: Path, handler: Any, status: str) -> None:
    async with workshop(tmp_path, gate=ApprovalAgent) as shop:
        shop.registry.make_handler = handler
        await shop.start(GATE, approval_data={"amount": 5})
        assert (await shop.run()).status == status
