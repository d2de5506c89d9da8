"""Settings of nodes that ask: reminders, and one remark about each mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.graphs.files import HEADER, load, remarks


def one_node(text: str) -> str:
    return f"graph: g\nnodes:\n  a: {{{text}}}\n"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("agent: approval_interaction, remind: 10m", [600]),
        ("agent: approval_interaction, remind: [1h, 10m, 60]", [3600, 600, 60]),
        ("agent: conversation_interaction, timeout: 1d, remind: 1h", [3600]),
        ("agent: suspend, timeout: 1d, context: {remind: 1h}", [3600]),
        ("interaction_type: edit, remind: 1h|5m", [3600, 300]),
        ("agent: mine, remind: 1h", [3600]),
    ],
)
def test_reminders(tmp_path: Path, text: str, seconds: list[int]) -> None:
    loaded = load(tmp_path, "f.yaml", one_node(text), known=None)
    assert loaded.findings == []
    assert loaded.graphs["g"].nodes["a"].context["remind"] == seconds


@pytest.mark.parametrize("context", ['"{""remind"": [""1h"", 60]}"', "{remind=1h|60}"])
def test_reminders_in_csv(tmp_path: Path, context: str) -> None:
    loaded = load(tmp_path, "f.csv", f"{HEADER}g,a,approval_interaction,,,Go?,,,{context}\n")
    assert loaded.findings == []
    assert loaded.graphs["g"].nodes["a"].context["remind"] == [3600, 60]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("agent: approval_interaction, remind: soon", "remind: 'soon' is not a length of time"),
        ("agent: approval_interaction, remind: []", "remind: there is no length of time"),
        ("agent: approval_interaction, remind: 2d", "remind: 2d before the end is not after the start"),
        ("agent: choice_interaction, options: [x], timeout: 5m, remind: [5m, 1m]", "the timeout is 5m"),
        ("agent: approval_interaction, timeout: never, remind: 1h", "the question has no timeout"),
        ("agent: conversation_interaction, remind: 1h", "set a timeout"),
        ("agent: suspend, remind: 1h", "set a timeout"),
        ("agent: mine, remind: soon", "remind: 'soon' is not a length of time"),
    ],
)
def test_reminders_that_make_no_sense(tmp_path: Path, text: str, part: str) -> None:
    loaded = load(tmp_path, "f.yaml", one_node(text), known=None)
    (error,) = loaded.errors
    assert error.line == 3
    assert part in error.message


@pytest.mark.parametrize(
    "options",
    ["a", "{a: b}", "[{a: b}]", "[]", "null", "[a, ' ']", '["\\ud83d"]', "!!binary x"],
)
def test_options_that_make_no_sense_are_found_once(tmp_path: Path, options: str) -> None:
    loaded = load(tmp_path, "f.yaml", one_node(f"agent: choice_interaction, options: {options}"))
    assert len(loaded.findings) == 1, remarks(loaded)
    assert "options" in loaded.findings[0].message
    assert loaded.graphs == {}


def test_options_that_look_the_same_are_the_same(tmp_path: Path) -> None:
    """An accented letter as one character or as two, as keyboards and files have it."""
    where = "routes: [{value: cafe\u0301, to: end}, {value: tea, to: end}]"
    loaded = load(tmp_path, "f.yaml", one_node(f"agent: choice_interaction, options: [caf\u00e9, tea], {where}"))
    assert loaded.findings == []
    loaded = load(tmp_path, "g.yaml", one_node("agent: choice_interaction, options: [caf\u00e9, cafe\u0301]"))
    assert [finding.message for finding in loaded.findings] == ["option 'caf\u00e9' is there twice"]


@pytest.mark.parametrize("options", ["5", '[""x"", 1]', '{""a"": ""b""}', "[]"])
def test_options_that_make_no_sense_are_found_once_in_csv(tmp_path: Path, options: str) -> None:
    context = f'"{{""options"": {options}}}"'
    loaded = load(tmp_path, "f.csv", f"{HEADER}g,a,choice_interaction,,,Go?,,,{context}\n")
    assert len(loaded.findings) == 1, remarks(loaded)


def test_a_pair_of_escapes_is_a_character(tmp_path: Path) -> None:
    """JSON is YAML, and its tools write characters beyond 16 bits as two escapes; half of a pair stays an error."""
    face = '"\\ud83d\\ude00"'
    text = f"agent: choice_interaction, prompt: {face}, options: [{face}, b], context: {{{face}: 1}}"
    loaded = load(tmp_path, "f.json.yaml", one_node(text))
    assert loaded.findings == []
    node = loaded.graphs["g"].nodes["a"]
    assert (node.prompt, node.context) == ("😀", {"options": ["😀", "b"], "😀": 1})
    half = load(tmp_path, "half.yaml", one_node('prompt: "\\ude00\\ud83d"'))
    assert "surrogate" in half.errors[0].message


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("agent: suspend, on_timeout: default:approve", "'approve' is not allowed here; allowed: respond"),
        ("agent: human, on_timeout: reject", "'reject' is not allowed here"),
        ("agent: human, allowed: [approve]", "'approve' does not fit a text_input request"),
        ("agent: human, interaction_type: aproval, on_timeout: reject", "unknown interaction_type"),
        (
            "agent: choice_interaction, options: [a, b], risk: high, on_timeout: default:choose:1",
            "on_timeout: a high-risk request takes no default but a rejection: silence is never consent",
        ),
        ("agent: approval_interaction, on_timeout: escalate:system", "'system' cannot be given a thread"),
        (
            "agent: approval_interaction, on_timeout: default:approve, schema: {required: [amount]}",
            "on_timeout: default:approve gives the answer {}, which would be refused",
        ),
    ],
)
def test_policies_that_could_do_nothing(tmp_path: Path, text: str, part: str) -> None:
    """row 70: said at load, and not when nobody has answered"""
    (error,) = load(tmp_path, "f.yaml", one_node(text)).errors
    assert part in error.message


FORM = "agent: text_input_interaction, output: [day, seats], schema: {required: [day, seats]}"


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("agent: approval_interaction, output: [decision, reason]", "the type approval puts out one value"),
        ("interaction_type: edit, output: [text, more]", "all of the answer stands under responses.a"),
        ("agent: choice_interaction, options: [x, y], multiple: true, output: [x, y]", "so name one output field"),
        ("agent: text_input_interaction, output: [text, more]", "may come without 'text', which the output needs"),
        (FORM.replace(", seats]}", "]}"), "may come without 'seats', which the output needs"),
        (FORM.replace("[day, seats]}", "day}"), "schema must be a JSON Schema"),
    ],
)
def test_outputs_that_no_answer_has(tmp_path: Path, text: str, part: str) -> None:
    """The answer is stored by then, and whatever it was the thread could never go on."""
    (error,) = load(tmp_path, "f.yaml", one_node(text)).errors
    assert part in error.message


def test_a_form_fills_several_outputs(tmp_path: Path) -> None:
    assert load(tmp_path, "f.yaml", one_node(FORM)).findings == []


@pytest.mark.parametrize(
    ("schema", "part"),
    [
        ('{properties: {a: {$ref: "#/nope"}}}', "schema must be a JSON Schema: it refers to #/nope, which is not part"),
        ("{type: array, items: {type: integer}}", "an answer is an object: write `type: object` with `properties`"),
        ('{type: [string, "null"]}', "an answer is an object"),
    ],
)
def test_forms_that_nobody_could_answer(tmp_path: Path, schema: str, part: str) -> None:
    (error,) = load(tmp_path, "f.yaml", one_node(f"agent: text_input_interaction, schema: {schema}")).errors
    assert part in error.message
