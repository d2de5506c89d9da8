"""Interaction handlers in the agents' own process: what they read and write goes by way of the runner."""

from __future__ import annotations

from pathlib import Path

import pytest

from hitl_tui.agents.handler import InteractionHandler
from hitl_tui.agents.loading import load_reference
from hitl_tui.errors import AgentsNotLoaded, LeaseLost
from hitl_tui.model.interaction import HumanInteractionRequest
from hitl_tui.model.jsontext import iso
from hitl_tui.store import outbox
from hitl_tui.store.documents import free
from hitl_tui.store.leases import Lease
from tests.engine.hosting import agents_file
from tests.engine.workshop import Workshop, graph, node, workshop

CODE = """
from datetime import UTC, datetime
from uuid import UUID
from hitl_tui.errors import UsageError
from hitl_tui import CLIInteractionHandler, HumanInteractionRequest, register_agent, register_handler

@register_handler
class Keeps(CLIInteractionHandler):
    def __init__(self, storage_service, notification_service=None):
        super().__init__(storage_service)
        self.notification_service = notification_service

    def display_interaction_request(self, request):
        super().display_interaction_request(request)
        seen = self.storage_service.read("seen", request.node_name) or {"times": 0}
        fields = {"times": seen["times"] + 1, "at": datetime(2026, 1, 1, tzinfo=UTC)}
        self.storage_service.write("seen", fields, request.node_name, mode="update")
        self.notification_service.send_notification(title="New", message=request.prompt, thread_id=request.thread_id)

@register_agent("asks")
class Asks(BaseAgent):
    async def process(self, inputs):
        storage = self.interaction_handler.storage_service
        assert self.interaction_handler.collection_name == "interactions"
        assert storage.read("threads", self.execution_context.thread_id)["status"] == "running"
        first = self.ask(self.request("approval", "sure?"))
        self.interaction_handler.display_interaction_request(self.request("text_input", "why?"))
        return {"first": first.action, "seen": storage.list("seen", {"times": 1}), "before": storage.read("seen", "no")}

@register_agent("answers")
class Answers(BaseAgent):
    def process(self, inputs):
        try:
            return self.interaction_handler.resume_execution("t1", "approve").action
        except ValueError as error:
            return f"ValueError {error}"
        except Exception as error:
            return str(error)

@register_agent("forges")
class Forges(BaseAgent):
    def process(self, inputs):
        request = HumanInteractionRequest(thread_id="t1", node_name="x", interaction_type="approval", prompt="?")
        self.interaction_handler.storage_service.write("interactions", request.model_dump())

@register_agent("keeps_open")
class KeepsOpen(BaseAgent):
    def process(self, inputs):
        self.interaction_handler.storage_service.write("mine", {"handle": {"file": object()}}, "k")

@register_agent("slips")
class Slips(BaseAgent):
    def process(self, inputs):
        storage, told = self.interaction_handler.storage_service, []
        for data, name in (([1], "k"), ({}, 5), ({"a": 1}, UUID(int=7))):
            try:
                told.append(storage.write("mine", data, name))
            except UsageError as error:
                told.append(error.message)
        return [*told, storage.read("mine", UUID(int=7))]
"""


async def start(shop: Workshop, folder: Path, *nodes: object) -> None:
    reference = agents_file(folder, CODE)
    shop.trusted = (reference,)
    await shop.start(graph(*nodes), agents=reference)  # type: ignore[arg-type]


async def messages(shop: Workshop) -> list[str]:
    """The messages for the world outside."""
    found = []
    while (message := await shop.database.write(outbox.Take(iso(shop.clock()), "2027"))) is not None:
        found.append(message.payload["message"])
    return found


async def test_a_handler_works_in_the_process_of_the_agents(tmp_path: Path) -> None:
    """Rows 52 to 60: each question is displayed once, that of a built-in node too; nobody can answer in a node."""
    gate = node("gate", "approval_interaction", prompt="Go?", on_success="asks")
    asks = node("asks", "asks", output="told", on_success="answers")
    async with workshop(tmp_path) as shop:
        await start(shop, tmp_path, gate, asks, node("answers", "answers", output="refusal"))
        for action, data in (("approve", None), ("approve", None), ("respond", {"text": "because"})):
            view = await shop.run()
            assert view.status == "paused", view.error
            await shop.answer(action, data)
        view = await shop.run()
        assert view.status == "completed", view.error
        told = view.state["told"]
        assert (told["first"], told["before"]) == ("approve", None)
        assert [(one["id"], one["times"]) for one in told["seen"]] == [("gate", 1)]
        assert (await shop.inbox.documents.read("seen", "asks") or {})["times"] == 2
        assert "not written from inside of a node" in view.state["refusal"]
        assert await messages(shop) == ["Go?", "sure?", "why?"]


@pytest.mark.parametrize(("agent", "words"), [("forges", "a node asks by"), ("keeps_open", "mine.handle.file")])
async def test_what_cannot_be_done_is_an_error_of_the_agent(tmp_path: Path, agent: str, words: str) -> None:
    async with workshop(tmp_path) as shop:
        await start(shop, tmp_path, node("n", agent))
        view = await shop.run()
        assert view.status == "failed"
        assert view.error is not None and words in view.error.message
        assert view.pending == []


async def test_a_slip_in_a_call_is_told_to_the_agent_in_words(tmp_path: Path) -> None:
    async with workshop(tmp_path) as shop:
        await start(shop, tmp_path, node("n", "slips", output="told"))
        assert (await shop.run()).state["told"] == [
            "[1] has no fields, as a document has",
            "5 cannot name a document",
            {"id": "00000000-0000-0000-0000-000000000007", "a": 1},
            {"a": 1},
        ]


async def test_a_lost_lease_writes_no_document(tmp_path: Path) -> None:
    """An agent whose thread was taken over keeps nothing any more."""
    async with workshop(tmp_path) as shop:
        await shop.start(graph(node("n")))
        with pytest.raises(LeaseLost):
            await shop.database.write(free("notes", "k", {}, "write", iso(shop.clock()), Lease("t1", "gone", 1)))
        assert await shop.inbox.documents.list("notes", {}) == []


async def test_a_handler_that_is_async_is_refused_in_words(tmp_path: Path) -> None:
    """Nobody would be told, and only a warning in the log would say so."""

    class Later(InteractionHandler):
        async def display_interaction_request(self, request: HumanInteractionRequest) -> None:  # type: ignore[override]
            raise AssertionError("it never runs")

    async with workshop(tmp_path) as shop:
        shop.registry.make_handler = Later
        await shop.start(graph(node("gate", "approval_interaction", prompt="Go?")))
        view = await shop.run()
        assert (view.status, view.pending) == ("failed", [])
        assert view.error is not None
        assert view.error.message == (
            "Later.display_interaction_request is an async def, which would never run; define it by a plain def"
        )


def test_one_file_has_one_handler(tmp_path: Path) -> None:
    """The error names both."""
    extra = "register_handler(lambda storage: None).__name__\nother = register_handler(lambda storage: None)\n"
    with pytest.raises(AgentsNotLoaded, match="'Keeps' and '<lambda>' are both registered"):
        load_reference(agents_file(tmp_path, CODE + extra))
