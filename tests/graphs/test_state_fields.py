"""Reducers in workflow files, and what hitl check says about them."""

from __future__ import annotations

from pathlib import Path

import jsonschema
import pytest
import yaml

from hitl_tui.graphs.schema import json_schema
from hitl_tui.model.reducers import Reducer
from tests.graphs.files import load, remarks

KNOWN = ("work", "echo", "input", "graph", "graph_exit")
NODES = "nodes:\n  a: {agent: work, output: x, next: b}\n  b: {agent: work, output: y}\n"


def test_by_name_and_in_short(tmp_path: Path) -> None:
    loaded = load(tmp_path, "f.yaml", "graph: g\nstate:\n  x: {reducer: append}\n  y: last\n" + NODES, KNOWN)
    assert loaded.findings == []
    assert loaded.graphs["g"].reducers == {((), "x"): Reducer.APPEND, ((), "y"): Reducer.LAST}


def test_an_included_graph_has_its_own(tmp_path: Path) -> None:
    text = """\
graphs:
  Outer:
    state: {log: append}
    nodes:
      first: {agent: graph, context: {graph: Inner}, output: log=sum, next: second}
      second: {agent: graph, context: {graph: Inner}, output: log=sum}
  Inner:
    state: {sum: add}
    nodes: {c: {agent: work, output: sum}}
"""
    loaded = load(tmp_path, "f.yaml", text, KNOWN)
    assert loaded.findings == []
    assert loaded.graphs["Outer"].reducers == {
        ((), "log"): Reducer.APPEND,
        (("first",), "sum"): Reducer.ADD,
        (("second",), "sum"): Reducer.ADD,
    }
    assert loaded.graphs["Inner"].reducers == {((), "sum"): Reducer.ADD}


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ("{x: apend}", "2 error unknown reducer 'apend' of 'x'; did you mean 'append'?"),
        ("{x: {reducer: 3}}", "2 error unknown reducer '3' of 'x'; it is one of last, append, add, merge"),
        ("{x: {}}", "2 error field 'x' needs `reducer:`, one of last, append, add, merge"),
        ("{x: {reducer: add, type: int}}", "2 error field 'x' has no key 'type'; known: reducer"),
        ("{x: [add]}", "2 error the reducer of 'x' must be a text, not a list"),
        ("[x]", "2 error state must be a mapping (name: value), not a list"),
        ("{responses: merge}", "2 error 'responses' holds the answers of people"),
        ("{responses.a: merge}", "2 error 'responses.a' holds the answers of people"),
        ("{z: add}", "2 warning no node writes the field 'z'"),
        ("{x: add, yy: add}", "2 warning no node writes the field 'yy'"),
    ],
)
def test_findings(state: str, words: str, tmp_path: Path) -> None:
    found = remarks(load(tmp_path, "f.yaml", f"graph: g\nstate: {state}\n{NODES}", KNOWN))
    assert len(found) == 1
    assert words in found[0]


def test_what_would_conflict_or_count_twice(tmp_path: Path) -> None:
    text = """\
graph: g
state: {total: add}
nodes:
  start: {agent: input, inputs: total, next: [a, b],
          output: total}
  a: {agent: work, output: [total, note]}
  b: {agent: work,
      output: [total, note]}
"""
    double, parallel = remarks(load(tmp_path, "f.yaml", text, KNOWN))
    assert double.startswith("5 warning the node returns 'total' as it read it, and the reducer add counts it twice;")
    assert parallel.startswith("8 warning runs in parallel with 'a', and both write 'note': a conflict; give them")
    assert parallel.endswith("or the field a reducer (state:)")


@pytest.mark.parametrize("field", ["responses", "responses.a.reason"])
def test_no_node_writes_the_answers_of_people(field: str, tmp_path: Path) -> None:
    text = f"graph: g\nnodes:\n  a: {{agent: work,\n      output: [x, {field}]}}\n"
    [found] = remarks(load(tmp_path, "f.yaml", text, KNOWN))
    assert found.startswith(f"4 error '{field}' holds the answers of people, so no node may write it; name the field")


def test_a_field_cannot_be_an_included_graphs_place(tmp_path: Path) -> None:
    text = """\
graphs:
  g: {state: {sub: merge}, nodes: {sub: {agent: graph, context: {graph: h}}}}
  h: {nodes: {c: {agent: work}}}
"""
    [found] = remarks(load(tmp_path, "f.yaml", text, KNOWN))
    assert found.startswith("2 error 'sub' holds the state of the graph that the node 'sub' includes")


def test_they_stand_in_a_graph(tmp_path: Path) -> None:
    text = "state: {x: add}\nmax_visits: 3\ngraphs: {g: {nodes: {a: {agent: work, output: x}}}}\n"
    assert len(load(tmp_path, "f.yaml", text, KNOWN).errors) == 2
    assert not jsonschema.Draft202012Validator(json_schema()).is_valid(yaml.safe_load(text))
    text = "graph: g\nmax_visits: lots\nnodes: {a: {agent: work}}\n"
    assert "2 error max_visits: 'lots' must be a whole number" in remarks(load(tmp_path, "f.yaml", text, KNOWN))[0]
    text = "graphs: {g: {state: {x: add}, max_visits: 3, nodes: {a: {agent: work, output: x}}}}\n"
    assert load(tmp_path, "f.yaml", text, KNOWN).findings == []
    jsonschema.Draft202012Validator(json_schema()).validate(yaml.safe_load(text))
