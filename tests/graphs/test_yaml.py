"""The YAML format: what it means, and where it says that something is wrong."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hitl_tui.graphs.routing import END
from hitl_tui.model.graph import Input
from tests.graphs.files import load, remarks


def nines(indent: str) -> str:
    """Ten lines, each an alias nine times the one before."""
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for before, after in zip("abcdefghi", "bcdefghij", strict=True):
        lines.append(f"{after}: &{after} [{', '.join([f'*{before}'] * 9)}]")
    return "".join(f"{indent}{line}\n" for line in lines)


def one_node(text: str) -> str:
    return f"graph: g\nnodes:\n  a: {{{text}}}\n"


def test_a_whole_graph(tmp_path: Path) -> None:
    content = """\
graph: Größe & Co
description: all keys
start: second step
nodes:
  first:
  second step:
    agent: Human
    interaction_type: choice
    prompt: Which, {x}?
    description: a note
    inputs: {seen: key, other: key}
    output: one
    options: [yes, no, 1.10, on]
    timeout: 1h30m
    risk: High
    allowed: choose
    require_reason: false
    schema: {type: object}
    context: {facts: [1, 2.5, true, null, 2024-03-15, 12:30]}
    routes:
      - {value: no, to: end}
      - {value: 1.10, to: [first, no]}
      - {when: is_set("x"), to: first}
    next: [first, no]
    on_failure: end
  no: {next: 007, inputs: a, output: [two, three]}
  007: {inputs: [a, b], routes: [{value: 5, to: end}, {value: yes, to: end}]}
"""
    loaded = load(tmp_path, "f.yaml", content)
    assert loaded.findings == []
    graph = loaded.graphs["Größe & Co"]
    assert graph.start == "second step" and graph.description == "all keys"
    node = graph.nodes["second step"]
    assert node.agent == "human" and node.line == 6
    assert node.inputs == (Input(key="key", param="seen"), Input(key="key", param="other"))
    assert node.outputs == ("one",) and graph.nodes["no"].outputs == ("two", "three")
    assert node.on_success == ("first", "no") and node.on_failure == (END,)
    assert [(route.value, route.when, route.to) for route in node.routes] == [
        ("no", None, ()),
        ("1.10", None, ("first", "no")),
        (None, 'is_set("x")', ("first",)),
    ]
    assert node.context == {
        "facts": [1, 2.5, True, None, "2024-03-15", "12:30"],
        "interaction_type": "choice",
        "options": ["yes", "no", "1.10", "on"],
        "timeout_seconds": 5400,
        "risk": "high",
        "allowed": ["choose"],
        "require_reason": False,
        "schema": {"type": "object"},
    }
    assert graph.nodes["first"].agent == "default"
    assert graph.nodes["no"].on_success == ("007",)
    assert [route.value for route in graph.nodes["007"].routes] == [5, "yes"]


def test_several_graphs_in_one_file(tmp_path: Path) -> None:
    loaded = load(tmp_path, "f.yml", "graphs:\n  A: {nodes: {x: }}\n  B: {start: z, nodes: {y: , z: {next: y}}}\n")
    assert list(loaded.graphs) == ["A", "B"]
    assert loaded.graphs["B"].start == "z"


def test_interaction_type_alone_makes_a_human_node(tmp_path: Path) -> None:
    loaded = load(tmp_path, "f.yaml", one_node("interaction_type: approval"))
    assert loaded.graphs["g"].nodes["a"].agent == "human"


def test_never_is_no_timeout(tmp_path: Path) -> None:
    loaded = load(tmp_path, "f.yaml", one_node("agent: approval_interaction, timeout: never"))
    assert loaded.graphs["g"].nodes["a"].context == {"timeout_seconds": None}


def test_choice_options_may_come_from_the_state(tmp_path: Path) -> None:
    loaded = load(tmp_path, "f.yaml", one_node("agent: choice_interaction, inputs: {options: places}"))
    assert loaded.findings == []


def test_a_moved_comment_does_not_make_another_graph(tmp_path: Path) -> None:
    first = load(tmp_path, "a.yaml", one_node("prompt: x")).graphs["g"]
    second = load(tmp_path, "a.yaml", "# a comment\n" + one_node("prompt: x")).graphs["g"]
    assert first.id == second.id and first.nodes["a"].line != second.nodes["a"].line


@pytest.mark.parametrize(
    ("content", "line", "part"),
    [
        ("graph: g\nnodes:\n  a: {promt: x}\n", 3, "no key 'promt'; did you mean 'prompt'?"),
        ("graph: g\nnode: {a: }\n", 2, "no key 'node'; did you mean 'nodes'?"),
        ("graphs:\n  g:\n    node: {a: }\n", 3, "did you mean 'nodes'?"),
        ("graph: g\n", 1, "has no nodes"),
        ("graph: g\nnodes:\n", 2, "nodes is empty"),
        ("graph: g\nnodes: {}\n", 2, "nodes is empty"),
        ("graph: g\nnodes: [a, b]\n", 2, "nodes must be a mapping"),
        ("graph:\nnodes: {a: }\n", 1, "no name"),
        ("nodes: {a: }\n", 1, "names no graph"),
        ("graphs: {}\n", 1, "graphs is empty"),
        ("graphs: {g: {nodes: {a: }}}\nnodes: {}\n", 2, "cannot stand beside"),
        ("graph: g\nstart: b\nnodes: {ab: }\n", 2, "start 'b' is not a node"),
        ("graph: g\nnodes:\n  a: {next: b | c}\n  b:\n  c:\n", 3, "several targets are a list here: [b, c]"),
        ("graph: g\nnodes:\n  a:\n    next: bb\n  bbb:\n", 4, "target 'bb' is not a node of this graph; did you mean"),
        ("graph: g\nnodes:\n  a:\n    on_failure: zz\n", 4, "target 'zz' is not a node"),
        ("graph: g\nnodes:\n  a: {}\n  b: {}\n  a: {}\n", 5, "'a' is there twice in nodes; first on line 3"),
        ("graph: g\nnodes:\n  a:\n    next: end\n    next: end\n", 5, "'next' is there twice"),
        (one_node("context: {x: 1, x: 2}"), 3, "'x' is there twice in context"),
        (one_node("inputs: {x: a, x: b}"), 3, "'x' is there twice in inputs"),
        (one_node("agent: ehco"), 3, "unknown agent type 'ehco'; did you mean 'echo'?"),
        (one_node("agent: [a]"), 3, "agent must be a text, not a list"),
        (one_node("prompt: {name}"), 3, "needs quotes"),
        (one_node("context: text"), 3, "context must be a mapping"),
        (one_node("routes: end"), 3, "routes must be a list"),
        (one_node("routes: [{to: end}]"), 3, "either `value:` or `when:`"),
        (one_node("routes: [{value: 1}]"), 3, "needs `to:`"),
        (one_node("routes: [{value: 1, when: x, to: end}]"), 3, "and not both"),
        (one_node("routes: [{when: x = 1, to: end}]"), 3, "write '=='"),
        (one_node("routes: [{value: 1, too: end}]"), 3, "no key 'too'"),
        (one_node("timeout: soon"), 3, "timeout: 'soon' is not a length of time"),
        (one_node("agent: human, interaction_type: aproval"), 3, "did you mean 'approval'?"),
        (one_node("agent: human, interaction_type: edit, allowed: [approve]"), 3, "'approve' does not fit"),
        (one_node("agent: choice_interaction"), 3, "needs options"),
        (one_node("agent: choice_interaction, inputs: rooms"), 3, "give the node an input named 'options'"),
        (one_node("agent: choice_interaction, options: []"), 3, "needs options"),
        (one_node("agent: choice_interaction, options: a"), 3, "options must be a list"),
        (one_node("agent: choice_interaction, options: [abc], routes: [{value: abd, to: end}]"), 3, "no such option"),
        (one_node("agent: approval_interaction, routes: [{value: reject, to: end}]"), 3, "takes on_failure"),
        (one_node("agent: edit_interaction, risk: high, context: {risk: low}"), 3, "keep one of them"),
        (one_node("schema: x"), 3, "schema must be"),
        (one_node("prompt: !!python/object/apply:os.system [ls]"), 3, "not allowed"),
        (one_node("context: {x: !!python/name:os.system }"), 3, "not allowed"),
        (one_node("context: {x: !!int abc}"), 3, "no YAML int"),
        (one_node("context: {x: .inf}"), 3, "no number that can be stored"),
        (one_node("context: {x: " + "9" * 5000 + "}"), 3, "no usable number"),
        (one_node('prompt: "\\ud800"'), 3, "surrogate"),
        (one_node("? [a] : b"), 3, "must be a text"),
        (one_node("<<: {prompt: x}"), 3, "merge keys"),
        ("graph: g\nagents: [a, b]\nnodes: {a: }\n", 2, "name one Python file"),
        ("graph: g\nnodes:\n\ta: {}\n", 3, "indent with spaces"),
        ("graph: g: h\n", 1, "not valid YAML"),
        ("graph: g\nnodes: {a: *nowhere}\n", 2, "not valid YAML"),
        ("graph: g\n---\ngraph: h\n", 2, "a second document"),
        ("graph: 'never closed\n", 2, "not valid YAML"),
        ("graph: " + "[" * 50_000, 0, "nested too deeply"),
        ("graph: g\n\x01", 2, "U+0001"),
        ("# nothing\n", 0, "only comments"),
        ("- a\n- b\n", 1, "must be a mapping"),
        ("hello\n", 1, "must be a mapping"),
        ("", 0, "empty"),
        (b"\xff\xfeg\x00", 1, "UTF-16"),
        (b"graph: g\nnodes: {\xe9: }\n", 2, "0xe9 is not UTF-8"),
        ("graph: g\nnodes:\n  a:\n    context:\n" + nines("      "), 5, "more than 50000 values"),
        ("graph: g\nnodes:\n  a:\n    context: &c\n      again: *c\n", 4, "levels deep"),
    ],
)
def test_each_error_has_its_line_and_remedy(tmp_path: Path, content: str | bytes, line: int, part: str) -> None:
    loaded = load(tmp_path, "f.yaml", content)
    found = [error.line for error in loaded.errors if part in error.message]
    assert found and (line == 0 or line in found), remarks(loaded)
    assert loaded.graphs == {}


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("graph: g\nnodes: {a: , b: }\n", "no edge leads to this node from the start 'a'"),
        (one_node("agent: human, risk: hihg"), "did you mean 'high'?"),
        (one_node("routes: [{value: 1, to: end}, {value: 1, to: end}]"), "never taken"),
        (one_node("agent: choice_interaction, options: [x, y], routes: [{value: x, to: end}]"), "the graph ends there"),
        ("graph: g\nnodes: {a: {next: end}, End: }\n", "for the node write 'End'"),
        ("graph: g\nagents: nowhere.py\nnodes: {a: }\n", "there is no file"),
    ],
)
def test_doubts_are_warnings(tmp_path: Path, content: str, part: str) -> None:
    loaded = load(tmp_path, "f.yaml", content)
    assert any(part in remark for remark in remarks(loaded)), remarks(loaded)
    assert loaded.errors == [] and list(loaded.graphs) == ["g"]


def test_an_error_in_one_graph_leaves_the_other(tmp_path: Path) -> None:
    loaded = load(tmp_path, "f.yaml", "graphs:\n  A: {nodes: {x: {agent: nobody}}}\n  B: {nodes: {y: }}\n")
    assert list(loaded.graphs) == ["B"] and loaded.names == ("A", "B")


structure: Any = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.sampled_from(["end", "a", "human"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["graph", "graphs", "nodes", "agent", "next", "routes", "options", "to", "value", "context"]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(structure)
def test_any_structure_loads_or_has_findings(tmp_path: Path, value: Any) -> None:
    import yaml

    loaded = load(tmp_path, "f.yaml", yaml.safe_dump(value))
    assert loaded.graphs or loaded.findings


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(max_size=200))
def test_any_bytes_load_or_have_findings(tmp_path: Path, content: bytes) -> None:
    for name in ("f.yaml", "f.csv"):
        loaded = load(tmp_path, name, content)
        assert loaded.graphs or loaded.findings
