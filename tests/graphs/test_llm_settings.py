"""The settings of `llm` nodes are checked when a graph is loaded."""

from __future__ import annotations

from pathlib import Path

import pytest

from hitl_tui.agents.builtins import registry
from hitl_tui.graphs import llm_settings
from hitl_tui.graphs.loading import load_file

HEAD = "graph: G\nnodes:\n  ask:\n    agent: Llm\n    output: answer\n    context:\n"


def findings(folder: Path, context: str) -> list[str]:
    file = folder / "w.yaml"
    file.write_text(HEAD + "".join(f"      {line}\n" for line in context.splitlines()), encoding="utf-8")
    return [str(each).removeprefix(str(folder)) for each in load_file(file, known=registry().names).findings]


def test_all_settings_at_once(tmp_path: Path) -> None:
    settings = (
        "model: openai-chat:qwen\nbase_url: http://localhost:8000/v1\ninstructions: Be brief.\n"
        "schema: {type: object, properties: {a: {type: integer}}}\ntools: [pay]\n"
        "interrupt_on: {pay: {when: args.amount > 100}}\nhistory: messages\ntemperature: 0.5\nmax_tokens: 500"
    )
    assert findings(tmp_path, settings) == []


def test_csv_has_them_in_its_context(tmp_path: Path) -> None:
    file = tmp_path / "w.csv"
    context = '"{""model"": ""a:b"", ""tools"": ""pay|look"", ""temperature"": 0}"'
    file.write_text(f"graph,node,agent,prompt,context\nG,ask,LLM,Hello,{context}\n", encoding="utf-8")
    loaded = load_file(file, known=registry().names)
    assert loaded.findings == [] and loaded.graphs["G"].nodes["ask"].agent == "llm"
    assert llm_settings.read(loaded.graphs["G"].nodes["ask"].context, print).tools == ("pay", "look")


@pytest.mark.parametrize(
    ("context", "words"),
    [
        ("modle: openai:gpt-5.2", "an llm has no setting 'modle'; did you mean 'model'?"),
        ("openai_api_key: sk-1", "'openai_api_key' does not belong in a workflow file, which is stored and shown"),
        ("model: [a]", "model: it must be a text"),
        ("model: 'gpt 5'", "'gpt 5' is no model; write provider:name"),
        ("base_url: http://x/v1", "base_url is where a model is, so it needs `model` beside it"),
        ("model: a:b\nbase_url: localhost", "base_url is no address; write it like http://localhost:8000/v1"),
        ("model: a:b\nbase_url: http://me:pw@x/", "base_url must hold no password; keys come from the environment"),
        ("schema: {type: array}", "schema: it must be a JSON Schema: a model gives an object"),
        ("schema: {type: obj}", "schema: it must be a JSON Schema"),
        ("history: responses", "history: 'responses' holds what people answered; name another state key"),
        ("history: responses.ask", "history: 'responses.ask' holds what people answered"),
        ("history: answer", "history: 'answer' is the node's output already; name another state key"),
        ("tools: 7", "tools: it must be a list of names of @tool functions"),
        ("tools: [a, a]", "tools: a tool is there twice"),
        ("tools: [pay]\ninterrupt_on: {pya: true}", "interrupt_on: 'pya' is not among the tools; did you mean 'pay'?"),
        ("tools: [pay]\ninterrupt_on: {pay: {allowed_decisions: [yes]}}", "interrupt_on: pay: "),
        ("interrupt_on: all", "interrupt_on: it must say for each tool whether it asks"),
        ("temperature: hot", "temperature: 'hot' must be a number from 0 to 2"),
        ("max_tokens: 1.5", "max_tokens: 1.5 must be a whole number from 1 to 10000000"),
        ("max_tokens: nan", "max_tokens: 'nan' must be a whole number"),
    ],
)
def test_what_is_wrong_is_named_with_its_place_and_remedy(tmp_path: Path, context: str, words: str) -> None:
    (found,) = findings(tmp_path, context)
    assert found.startswith("/w.yaml:6: error: G: ask: ")
    assert words in found
    assert "sk-1" not in found and "pw" not in found


def test_a_machine_without_pydantic_ai_is_warned_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(llm_settings, "find_spec", lambda name: None)
    (found,) = findings(tmp_path, "model: openai:gpt-5.2")
    assert "warning" in found and "install hitl-tui[llm]" in found
