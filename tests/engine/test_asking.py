"""The questions of one node: several of them, in turn or at once, and what counts as their answer (row 4)."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from hitl_tui.agents.base import BaseAgent
from hitl_tui.model import data_schema
from hitl_tui.model.kinds import InteractionType
from tests.engine.workshop import graph, node, workshop


class AskTwice(BaseAgent):
    """Asks two questions, one after the other, and swallows exceptions like a careless fallback."""

    def process(self, inputs: dict[str, Any]) -> Any:
        try:
            first = self.ask(self.request(InteractionType.TEXT_INPUT, "first?"))
            second = self.ask(self.request(InteractionType.TEXT_INPUT, f"second, after {first.data}?"))
        except Exception:
            return "ran unapproved"
        return [first.data, second.data]


async def test_several_asks_in_one_node(tmp_path: Path) -> None:
    flow = graph(node("ask", "ask_twice", output="answers"))
    async with workshop(tmp_path, ask_twice=AskTwice) as shop:
        await shop.start(flow)
        assert (await shop.run()).pending[0].prompt == "first?"
        await shop.answer("respond", {"text": "1"})
        assert (await shop.run()).pending[0].prompt == "second, after {'text': '1'}?"
        await shop.answer("respond", {"text": "2"})
        view = await shop.run()
        assert view.state["answers"] == [{"text": "1"}, {"text": "2"}]
        assert await shop.trace() == ["ask"]


async def test_ask_all_waits_for_all(tmp_path: Path) -> None:
    class AskAll(BaseAgent):
        def process(self, inputs: dict[str, Any]) -> Any:
            both = [self.request(InteractionType.APPROVAL, f"item {number}?") for number in (1, 2)]
            return [response.action for response in self.ask_all(both)]

    async with workshop(tmp_path, ask_all=AskAll) as shop:
        await shop.start(graph(node("ask", "ask_all", output="answers")))
        view = await shop.run()
        assert [item.prompt for item in view.pending] == ["item 1?", "item 2?"]
        await shop.answer("approve", request_id=view.pending[1].request_id)
        view = await shop.run()
        assert view.status == "paused"
        assert [item.prompt for item in view.pending] == ["item 1?"]
        await shop.answer("reject")
        assert (await shop.run()).state["answers"] == ["reject", "approve"]


async def test_another_question_does_not_take_the_old_answer(tmp_path: Path) -> None:
    """The yes for "delete A?" is not a yes for "delete B?"."""
    target = ["A"]

    class Delete(BaseAgent):
        def process(self, inputs: dict[str, Any]) -> Any:
            return self.ask(self.request("approval", f"delete {target[0]}?")).action + target[0]

    async with workshop(tmp_path, delete=Delete) as shop:
        await shop.start(graph(node("ask", "delete", output="done")))
        await shop.run()
        await shop.answer("approve")
        target[0] = "B"
        view = await shop.run()
        assert view.status == "paused"
        assert [item.prompt for item in view.pending] == ["delete B?"]
        await shop.answer("reject")
        assert (await shop.run()).state["done"] == "rejectB"


async def test_a_question_with_an_id_of_the_agents_own_is_asked_anew_like_any_other(tmp_path: Path) -> None:
    """Under another id where that one is taken: when it has changed, each time, and in a fork."""
    rate = [1]

    class Fixed(BaseAgent):
        def process(self, inputs: dict[str, Any]) -> Any:
            request = self.request("approval", f"Pay at the rate of {rate[0]}?")
            request.id = UUID(int=7, version=4)
            return self.ask(request).action

    async with workshop(tmp_path, fixed=Fixed) as shop:
        await shop.start(graph(node("ask", "fixed", output="done")))
        seen = [(await shop.run()).pending[0]]
        for rate[0] in (2, 3):
            await shop.answer("approve")
            seen += (await shop.run()).pending
        await shop.answer("reject")
        assert (await shop.run()).state["done"] == "reject"
        await shop.inbox.fork("t1", 1, new_id="t2")
        seen += (await shop.run("t2")).pending
        assert [item.prompt[-2:] for item in seen] == ["1?", "2?", "3?", "3?"]
        assert seen[0].request_id == str(UUID(int=7, version=4))
        assert len({item.request_id for item in seen}) == 4


async def test_a_form_that_was_asked_goes_on_also_where_none_like_it_is_asked_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread finishes on the definition it started with, also one that an older version began."""
    form = {"schema": {"properties": {"text": {"type": "string"}, "more": {"$ref": "#/nowhere"}}}}
    async with workshop(tmp_path) as shop:
        await shop.start(graph(node("ask", "text_input_interaction", context=form, output="said")))
        with monkeypatch.context() as older:
            older.setattr(data_schema, "form_problem", lambda schema: None)
            await shop.run()
        await shop.answer("respond", {"text": "x"})
        assert (await shop.run()).state["said"] == "x"
        await shop.inbox.fork("t1", 1, new_id="t2")
        view = await shop.run("t2")
        assert view.error is not None
        assert (
            view.error.message == "ask: schema must be a JSON Schema: it refers to #/nowhere, which is not part of it"
        )


async def test_display_without_stopping_still_pauses(tmp_path: Path) -> None:
    ran: list[str] = []

    class Display(BaseAgent):
        def process(self, inputs: dict[str, Any]) -> Any:
            assert self.interaction_handler is not None
            self.interaction_handler.display_interaction_request(self.request("approval", "ok?"))
            ran.append("x")
            return {"status": "pending_approval"}

    async with workshop(tmp_path, display=Display) as shop:
        await shop.start(graph(node("ask", "display", output="result", on_success="next"), node("next", "echo")))
        view = await shop.run()
        assert (view.status, view.state) == ("paused", {})
        await shop.answer("approve")
        assert (await shop.run()).status == "completed"
        assert len(ran) == 2


async def test_one_request_object_cannot_be_asked_twice(tmp_path: Path) -> None:
    class Twice(BaseAgent):
        def process(self, inputs: dict[str, Any]) -> Any:
            request = self.request("approval", "ok?")
            return self.ask_all([request, request])

    async with workshop(tmp_path, twice=Twice) as shop:
        flow = graph(node("start", "echo", on_success=("a", "b")), node("a", "twice"), node("b", "echo"))
        await shop.start(flow)
        view = await shop.run()
        assert view.status == "failed"
        assert view.error is not None
        assert "asked twice" in view.error.message
