"""A conversation grows with its turns, not with their square, and nothing of it is lost (rows 146 and 147)."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hitl_tui.agents import BaseAgent
from hitl_tui.engine import growth, replay
from hitl_tui.model.graph import Graph, Route, StateField
from hitl_tui.model.kinds import StepStatus
from hitl_tui.model.reducers import Reducer
from hitl_tui.store.checkpoints import recorded
from hitl_tui.store.steps import Step
from tests.engine.workshop import Workshop, graph, node, workshop

TURNS = 60
WORDS = "what was said in this turn, and a few words more so that it counts " * 3
BYTES = """
select (select sum(length(output) + length(writes) + coalesce(length(kept), 0)) from step)
     + (select sum(length(prompt) + length(context)) from request)
     + (select sum(length(data)) from response)
"""


class Whole(BaseAgent):
    """Returns all messages, each turn one more."""

    def process(self, inputs: dict[str, Any]) -> list[dict[str, str]]:
        said = self.state.get("messages", [])
        return [*said, {"role": "bot", "text": f"{len(said)}: {WORDS}"}]


class Added(BaseAgent):
    """Returns the new message only; the field has a reducer."""

    def process(self, inputs: dict[str, Any]) -> dict[str, str]:
        return {"role": "bot", "text": f"{len(self.state.get('messages', []))}: {WORDS}"}


def chat(agent: str) -> Graph:
    """A bot and a person speak in turns until the person ends it."""
    made = graph(
        node("bot", agent, output="messages", on_success="person", max_visits=10_000),
        node(
            "person",
            "conversation_interaction",
            output="said",
            prompt="your turn",
            routes=(Route(to=("bot",), when="True"),),
            max_visits=10_000,
        ),
    )
    fields = (StateField(key="messages", reducer=Reducer.APPEND),) if agent == "added" else ()
    return made.model_copy(update={"state": fields})


async def talk(shop: Workshop, turns: int) -> int:
    """Speak so many turns more; returns the bytes that steps, requests and responses then take."""
    for _ in range(turns):
        await shop.run()
        await shop.answer("respond", {"message": WORDS})
    await shop.run()
    with closing(sqlite3.connect(shop.database.path)) as connection:
        return int(connection.execute(BYTES).fetchone()[0])


@pytest.mark.parametrize("agent", ["whole", "added"])
async def test_a_long_conversation_grows_with_its_turns(tmp_path: Path, agent: str) -> None:
    async with workshop(tmp_path, whole=Whole, added=Added) as shop:
        await shop.start(chat(agent))
        half = await talk(shop, TURNS // 2)
        whole = await talk(shop, TURNS // 2)
        assert whole < 2.2 * half
        assert len((await shop.inbox.thread("t1")).state["messages"]) == TURNS + 1


async def test_what_is_stored_as_growth_is_shown_and_forked_whole(tmp_path: Path) -> None:
    async with workshop(tmp_path, whole=Whole) as shop:
        await shop.start(chat("whole"))
        await talk(shop, 8)
        found = await shop.database.read(lambda connection: recorded(connection, "t1"))
        assert any(step.kept for step in found.steps)
        view = await shop.inbox.thread("t1")
        assert list(replay.checkpoints(chat("whole"), found))[-1].state == view.state
        bots = [step for step in await shop.history() if step.node == "bot"]
        assert [len(step.writes["messages"]) for step in bots] == list(range(1, 10))
        assert bots[-1].writes["messages"] == view.state["messages"]
        await shop.inbox.fork("t1", bots[6].seq, new_id="t2")
        forked = await shop.run("t2")
        assert forked.state["messages"] == view.state["messages"][:7]


async def test_a_pruned_conversation_has_no_rests(tmp_path: Path) -> None:
    async with workshop(tmp_path, whole=Whole) as shop:
        await shop.start(chat("whole"))
        await talk(shop, 8)
        await shop.inbox.cancel("t1")
        shop.clock.advance(days=31)
        await shop.inbox.prune(timedelta(days=30))
        assert {str(step.writes) for step in await shop.history()} == {"{}"}
        assert await shop.database.row("select 1 from step where kept is not null") is None


SMALL = st.one_of(st.none(), st.booleans(), st.integers(0, 2), st.floats(0, 2), st.text("ab", max_size=2))
VALUES = st.recursive(SMALL, lambda inner: st.lists(inner, max_size=7) | st.dictionaries(st.text("xy"), inner))


@settings(max_examples=60)
@given(old=st.dictionaries(st.sampled_from("abc"), VALUES), more=st.lists(VALUES, max_size=3), fresh=VALUES)
def test_what_was_shortened_is_restored(old: dict[str, Any], more: list[Any], fresh: Any) -> None:
    """Also where a value has another type than before, and where the output holds what is written."""
    grown = {key: value + more if isinstance(value, list) else value for key, value in old.items()} | {"b": fresh}
    speaker = node("n", output=" ".join(grown))
    output = next(iter(grown.values())) if len(grown) == 1 else grown
    step = Step(1, 0, "n", 1, StepStatus.OK, output, grown, None, None, "", None)
    restored = growth.restored(growth.shortened(step, speaker, old), speaker, old)
    assert [shown(value) for value in (restored.output, restored.writes, restored.kept)] == [
        shown(value) for value in (output, grown, None)
    ]


def shown(value: Any) -> str:
    """It in words in which 1, 1.0 and True differ."""
    return json.dumps(value, sort_keys=True)
