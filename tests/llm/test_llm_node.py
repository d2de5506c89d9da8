"""The agent type `llm`: typed output, history, what is recorded, and what is said when it cannot work."""

from __future__ import annotations

import asyncio
import logging
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic_ai.exceptions import ModelHTTPError
from pydantic_ai.messages import ModelMessagesTypeAdapter, ModelResponse, ToolCallPart

from hitl_tui.agents import interrupt_on, tool
from hitl_tui.agents.llm_node import llm_agent, llm_model
from hitl_tui.agents.tool_node import tools_agent
from tests.engine.workshop import graph, node, workshop
from tests.llm.scripted import Script, answered, asking, gives, llm_type

SCHEMA = {
    "type": "object",
    "required": ["colour", "count"],
    "properties": {"colour": {"enum": ["red", "blue"]}, "count": {"type": "integer", "minimum": 1}},
}


@tool
def paint(colour: str, layers: int = 2) -> str:
    """Paint the wall."""
    return f"{layers} layers of {colour}"


async def test_the_prompt_is_filled_and_the_text_is_the_output(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Tokens and latency are told once for each turn, so that they stand in the history."""
    script = Script("fine")
    with caplog.at_level(logging.INFO, "hitl_tui.agents"):
        async with asking(tmp_path, llm_type(script), "Please {request}!", instructions="Be brief.") as (_, view):
            assert view.state == {"request": "do it", "answer": "fine"}
    (request,) = script.requests[0]
    assert [str(part.content) for part in request.parts] == ["Please do it!"]
    assert request.instructions == "Be brief."
    assert [line for line in caplog.messages if line.startswith("model script: ") and " tokens in, " in line]


async def test_an_output_that_does_not_fit_its_schema_is_sent_back(tmp_path: Path) -> None:
    script = Script(gives({"colour": "green", "count": 0}), gives({"colour": "red", "count": 2}))
    async with asking(tmp_path, llm_type(script), schema=SCHEMA) as (_, view):
        assert view.state["answer"] == {"colour": "red", "count": 2}
    told = str(script.requests[1][-1])
    assert "colour: 'green' is not one of" in told and "count: 0 is less than the minimum" in told


async def test_a_call_that_is_no_json_is_sent_back_and_the_others_of_its_turn_run(tmp_path: Path) -> None:
    """The one that a person decides waits meanwhile, and the node goes the same way again."""
    slip = ToolCallPart("paint", '{"colour": "re')
    asked, unasked = ToolCallPart("paint", {"colour": "blue"}), ToolCallPart("look", {"at": "wall"})
    script = Script(lambda info: ModelResponse(parts=[slip, asked, unasked]), [("paint", {"colour": "red"})], "painted")
    done: list[str] = []

    @tool
    def look(at: str) -> str:
        done.append(at)
        return "white"

    async with asking(
        tmp_path, llm_type(script, [paint, look], interrupt_on({"paint": True})), tools=["paint", "look"]
    ) as (shop, view):
        assert [each.context["args"] for each in view.pending] == [{"colour": "blue", "layers": 2}]
        view = await answered(shop, "approve")
        assert "Invalid JSON" in str(script.requests[1][-1])
        view = await answered(shop, "approve")
        assert (view.state["answer"], done, script.asked) == ("painted", ["wall"], 3)


async def test_answers_that_were_given_up_on_are_asked_for_anew_by_a_retry(tmp_path: Path) -> None:
    """Recorded answers would come to the same again. What a tool did meanwhile stays done."""
    wrong, right = gives({"colour": "green", "count": 1}), gives({"colour": "blue", "count": 1})
    script = Script([("paint", {"colour": "red"})], *[wrong] * 5)
    done: list[str] = []

    @tool
    def paint(colour: str) -> None:
        done.append(colour)

    async with asking(tmp_path, llm_type(script, [paint]), schema=SCHEMA, tools=["paint"]) as (shop, view):
        assert view.error is not None and view.error.type == "UnexpectedModelBehavior"
        script.turns = [right]
        await shop.inbox.retry("t1")
        view = await shop.run()
        assert view.state["answer"] == {"colour": "blue", "count": 1}
        assert done == ["red"]


async def test_a_turn_that_broke_off_is_asked_for_again_and_nobody_is(tmp_path: Path) -> None:
    """It changes nothing outside, unlike a tool: also where its process died and nobody can tell how far it came."""
    script = Script(OSError("no route to host"), asyncio.CancelledError(), "at last")
    async with asking(tmp_path, llm_type(script)) as (shop, view):
        for kind in ("OSError", "CancelledError"):
            assert view.error is not None and view.error.type == kind
            await shop.inbox.retry("t1")
            view = await shop.run()
        assert (view.pending, view.state["answer"]) == ([], "at last")


async def test_the_messages_are_in_the_state_and_the_next_visit_goes_on_with_them(tmp_path: Path) -> None:
    script = Script("What colour?", "Which layers?")
    async with workshop(tmp_path, asker=llm_type(script)) as shop:
        context = {"model": "script", "history": "messages"}
        ask = node("ask", "asker", prompt="{message}", output="answer", context=context, on_success="reply")
        reply = node("reply", "conversation_interaction", prompt="{answer}", output="message", on_success="ask")
        await shop.start(graph(ask, reply), message="Paint it.")
        await shop.run()
        view = await answered(shop, "respond", {"message": "Red."})
        assert view.pending[0].prompt == "Which layers?"
        assert [each.kind for each in script.requests[1]] == ["request", "response", "request"]
        messages = ModelMessagesTypeAdapter.validate_python(view.state["messages"])
        assert [str(each.parts[0].content) for each in messages] == [
            *("Paint it.", "What colour?", "Red.", "Which layers?")  # type: ignore[list-item]
        ]
        steps = await shop.history()
        assert [len(step.writes["messages"]) for step in steps if step.node == "ask"] == [2, 4]


async def test_a_history_that_is_none_is_named(tmp_path: Path) -> None:
    async with asking(tmp_path, llm_type(Script("x")), history="request") as (_, view):
        assert view.error is not None
        assert "'request' in the state does not hold messages of a model" in view.error.message


async def test_a_model_that_calls_what_is_not_there(tmp_path: Path) -> None:
    """It is told, and may do better."""
    script = Script([("drill", {})], [("paint", {"layers": "many"})], [("paint", {"colour": "red"})], "done")
    async with asking(tmp_path, llm_type(script, [paint]), tools=["paint"]) as (_, view):
        assert view.state["answer"] == "done"
    assert "drill" in str(script.requests[1][-1])
    assert "paint did not run: colour: Field required" in script.heard[2][0]
    assert script.heard[3] == ["2 layers of red"]


async def test_a_gate_of_the_node_takes_the_place_of_the_files(tmp_path: Path) -> None:
    script = Script([("paint", {"colour": "red"})], "done")
    gate = {"paint": {"allowed_decisions": ["reject", "respond"], "description": "Red?"}}
    async with asking(tmp_path, llm_type(script, [paint]), tools=["paint"], interrupt_on=gate) as (shop, view):
        assert (view.pending[0].prompt, view.pending[0].allowed) == ("Red?", ["reject", "respond"])
        await answered(shop, "respond", {"message": "the landlord says blue"})
        assert script.heard[1] == ["the landlord says blue"]


async def test_what_the_loader_only_warns_of_keeps_nothing_from_running(tmp_path: Path) -> None:
    script = Script([("paint", {"colour": "red"})], "done")
    gate = {"paint": {"risk": "sever"}}
    async with asking(tmp_path, llm_type(script, [paint]), tools=["paint"], interrupt_on=gate) as (_, view):
        assert (view.error, view.pending[0].risk) == (None, "sever")


async def test_silence_is_a_denial(tmp_path: Path) -> None:
    script = Script([("paint", {"colour": "red"})], "done")
    async with asking(
        tmp_path, llm_type(script, [paint]), tools=["paint"], interrupt_on={"paint": {"timeout": "1h"}}
    ) as (shop, _):
        shop.clock.advance(hours=2)
        await shop.inbox.check_timeouts()
        await shop.run()
        assert script.heard[1] == ["DENIED: nobody decided in time"]


@pytest.mark.parametrize(
    ("context", "words"),
    [
        ({"model": None}, "no model is named: give the node context.model, such as openai:gpt-5.2, or set model under"),
        ({"model": "scrypt"}, "the agents file has no @llm_model 'scrypt'; did you mean 'script'?"),
        ({"model": "opnai:gpt-5.2"}, "model opnai:gpt-5.2: Unknown model"),
        ({"model": "openai:gpt-5.2"}, "OPENAI_API_KEY is not set; set it in the environment of what runs the workflow"),
        (
            {"model": "openai-chat:m", "base_url": "http://127.0.0.1:9/v1"},
            "model m at http://127.0.0.1:9/v1/: Connection error; check the address",
        ),
        ({"tools": ["pain"]}, "the agents file has no @tool 'pain'; did you mean 'paint'?"),
        ({"api_key": "k-123456"}, "'api_key' does not belong in a workflow file"),
    ],
)
async def test_what_a_node_lacks_is_said_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, context: dict[str, Any], words: str
) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)
    async with asking(tmp_path, llm_type(Script("x"), [paint]), **context) as (_, view):
        assert view.error is not None and words in view.error.message
        assert "k-123456" not in view.error.message


async def test_a_model_that_gives_something_else_is_told_what_to_give(tmp_path: Path) -> None:
    async def later(messages: Any, info: Any) -> str:
        return "later"

    for number, words in enumerate((lambda messages, info: "words", later)):
        kind = llm_agent(tools_agent([], [], "agents.py"), [llm_model("words")(words)])
        (tmp_path / str(number)).mkdir()
        async with asking(tmp_path / str(number), kind, model="words") as (_, view):
            assert view.error is not None
            assert "the @llm_model 'words' returned a str; return ModelResponse(parts=[" in view.error.message


def test_nothing_of_hitl_imports_pydantic_ai_by_itself() -> None:
    """Not even what an agent process needs to know the type `llm`."""
    program = "import sys, hitl_tui.engine.host, hitl_tui.inbox; from hitl_tui import llm_model, tool; "
    program += "from hitl_tui.agents.builtins import registry; registry().create('llm'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert not {"pydantic_ai", "openai", "httpx2", "textual"} & set(loaded)


async def test_without_pydantic_ai_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = llm_type(Script("x"))
    monkeypatch.setitem(sys.modules, "pydantic_ai", None)
    async with asking(tmp_path, kind) as (_, view):
        assert view.error is not None and view.error.type == "LlmNotInstalled"
        assert "install hitl-tui[llm]" in view.error.message
        assert "in a clone pip install '.[llm]'" in view.error.message


async def test_a_key_that_a_server_repeats_is_shown_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In whatever form: it is the value of a variable that holds a key."""
    monkeypatch.setenv("SOME_PROVIDER_API_KEY", "quite:ordinary-words")
    error = ModelHTTPError(401, "m", {"message": "quite:ordinary-words is not my key"})
    script = Script(error, OSError("connection to me?key=quite:ordinary-words failed"), ModelHTTPError(429, "m"))
    async with asking(tmp_path, llm_type(script)) as (shop, view):
        for kind in ("ModelFailed", "ModelFailed", "ModelHTTPError"):
            assert view.error is not None and view.error.type == kind
            (*_, step) = await shop.history()
            assert "ordinary" not in f"{view.error.message}{view.error.traceback}{step.error}{step.traceback}"
            await shop.inbox.retry("t1")
            script.turns = script.turns or ["x"]
            view = await shop.run()
