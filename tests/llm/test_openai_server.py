"""`llm` nodes beside a real server on loopback that speaks the OpenAI protocol."""

from __future__ import annotations

from pathlib import Path

import pytest

from hitl_tui.agents import tool
from hitl_tui.config import reading
from hitl_tui.inbox import Inbox
from tests.llm.openai_server import speaking
from tests.llm.scripted import Script, answered, asking, llm_type

CHAT = """
graph: Chat
nodes:
  hello:
    agent: llm
    prompt: "{message}"
    context: &chat {model: "openai-chat:test-model", history: messages, temperature: 0, max_tokens: 99}
    output: greeting
    next: how
  how:
    agent: llm
    prompt: How are you?
    context: *chat
    output: answer
    next: bye
  bye:
    agent: llm
    prompt: Good bye.
    context: *chat
"""
KEY = "plain words of nobody"


@tool
def pay(to: str, amount: float) -> str:
    """Pay somebody."""
    return f"paid {amount} to {to}"


def files_of(folder: Path) -> str:
    """All that is stored in the folder."""
    return "".join(path.read_bytes().decode("latin-1") for path in folder.rglob("*") if path.is_file())


async def test_a_conversation_in_a_process_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without any agents file; server and key come from the environment, and the key is found nowhere afterwards."""
    (tmp_path / "chat.yaml").write_text(CHAT, encoding="utf-8")
    with speaking("Hello.", "Good.", 401) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", KEY)
        async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="test") as inbox:
            await inbox.start(tmp_path / "chat.yaml", None, {"message": "Hi"}, thread_id="t")
            view = await inbox.settled("t")
            steps = await inbox.history("t")
    assert view.error is not None and view.error.node == "bye"
    assert "[redacted] is not welcome" in view.error.message
    assert [step.writes.get("greeting") or step.writes.get("answer") for step in steps] == ["Hello.", "Good.", None]
    assert "model test-model: 812 tokens in, 64 out, 0." in (steps[0].logs or "")
    assert server.keys == [KEY] * 3
    assert [(each["temperature"], each["max_completion_tokens"]) for each in server.requests] == [(0, 99)] * 3
    said = [message["content"] for message in server.requests[-1]["messages"]]
    assert said == ["Hi", "Hello.", "How are you?", "Good.", "Good bye."]
    assert KEY not in files_of(tmp_path) + repr(steps) + repr(view)


async def test_tools_go_there_and_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """At the address in the graph, without a key; the server numbers its calls anew in each turn."""
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    turns = [("pay", {"to": "Ann", "amount": 5}), ("pay", {"to": "Bob", "amount": 500})]
    with speaking(turns, [("pay", {"to": "Ann", "amount": 5})], "Paid.") as server:
        model = {"model": "openai-chat:m", "base_url": server.url}
        gate = {"pay": {"when": "args.amount > 100"}}
        async with asking(tmp_path, llm_type(Script(), [pay]), **model, tools=["pay"], interrupt_on=gate) as (
            shop,
            view,
        ):
            assert view.pending[0].context["args"] == {"to": "Bob", "amount": 500}
            view = await answered(shop, "edit", {"args": {"to": "Bob", "amount": 50}})
            assert view.state["answer"] == "Paid."
    (offered,) = server.requests[0]["tools"]
    assert offered["function"]["description"] == "Pay somebody."
    assert set(offered["function"]["parameters"]["properties"]) == {"to", "amount"}
    assert [each["content"] for each in server.requests[1]["messages"] if each["role"] == "tool"] == [
        "paid 5.0 to Ann",
        "paid 50.0 to Bob",
    ]
    assert len(server.requests) == 3, "no turn was asked for twice"


async def test_the_users_settings_name_the_model_for_nodes_that_name_none(
    tmp_path: Path, own_places: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with speaking("Hello.") as server:
        reading.config_file().parent.mkdir(parents=True, exist_ok=True)
        reading.config_file().write_text(f'[llm]\nmodel = "openai-chat:mine"\nbase_url = "{server.url}"\n')
        async with asking(tmp_path, llm_type(Script()), model=None) as (_, view):
            assert view.state["answer"] == "Hello."
    assert server.requests[0]["model"] == "mine"
    assert reading.load().problems == ()
