"""Inline expansion of `graph` nodes."""

from __future__ import annotations

from pathlib import Path

import pytest

from hitl_tui.graphs.routing import END
from hitl_tui.model.graph import Input
from tests.graphs.files import HEADER, load, remarks

PARENT = """\
graphs:
  P:
    nodes:
      s: {next: X}
      X:
        agent: graph
        context: {graph: C}
        inputs: {theirs: ours}
        output: [r=inner, same]
        routes: [{value: 1, to: e}]
        next: f
        on_failure: g
      e:
      f:
      g:
  C:
    start: b
    nodes:
      a: {routes: [{value: 1, to: end}, {value: 2, to: b}]}
      b: {next: a, on_failure: end}
      exit: {agent: graph, prompt: D, next: a}
  D:
    nodes:
      deep: {agent: approval_interaction}
"""


def test_a_graph_node_becomes_an_entry_the_childs_nodes_and_an_exit(tmp_path: Path) -> None:
    nodes = load(tmp_path, "f.yaml", PARENT.replace("b: {next: a,", "b: {next: exit,")).graphs["P"].nodes
    enter = nodes["X"]
    assert (enter.agent, enter.scope, enter.outputs, enter.routes) == ("graph", (), ("X",), ())
    assert enter.inputs == (Input(key="ours", param="theirs"),)
    assert enter.on_success == ("X/b",) and enter.on_failure == ("g",)
    leave = nodes["X/exit-2"]
    assert (leave.agent, leave.scope, leave.outputs) == ("graph_exit", (), ("r", "same"))
    assert leave.inputs == (Input(key="X", param="state"),)
    assert leave.context["outputs"] == {"r": "inner", "same": "same"}
    assert (leave.on_success, leave.on_failure) == (("f",), ("g",))
    assert [route.to for route in leave.routes] == [("e",)]
    inner = nodes["X/a"]
    assert inner.scope == ("X",)
    assert inner.on_success == ("X/exit-2",) and inner.on_failure == ("g",)
    assert [route.to for route in inner.routes] == [("X/exit-2",), ("X/b",)]
    assert nodes["X/b"].on_failure == ("X/exit-2",)
    deep = nodes["X/exit/deep"]
    assert deep.scope == ("X", "exit")
    assert deep.on_success == ("X/exit/exit",) and deep.on_failure == ("g",)
    assert nodes["X/exit/exit"].on_success == ("X/a",)
    assert nodes["X/exit/exit"].scope == ("X",)
    every = {target for node in nodes.values() for target in (*node.on_success, *node.on_failure)}
    assert every - {END} <= set(nodes)


def test_csv_names_the_child_in_the_prompt_or_the_context(tmp_path: Path) -> None:
    for cells in ("Child,x,y,", ",a=x,y,Child", ",x,p=c,{workflow=::Child}"):
        content = HEADER + f"F,sub,GraphAgent,done,,{cells}\nF,done,echo,,,,,,\nChild,only,echo,,,,,,\n"
        loaded = load(tmp_path, "f.csv", content)
        assert loaded.findings == []
        assert list(loaded.graphs["F"].nodes) == ["sub", "sub/only", "sub/exit", "done"]
        assert loaded.graphs["F"].nodes["sub/exit"].on_success == ("done",)


@pytest.mark.parametrize(
    ("content", "part"),
    [
        ("A: {nodes: {x: {agent: graph, prompt: A}}}", "includes itself: A → A"),
        (
            "A: {nodes: {x: {agent: graph, prompt: B}}}\n  B: {nodes: {x: {agent: graph, prompt: A}}}",
            "includes itself: A → B → A",
        ),
        ("A: {nodes: {x: {agent: graph}}}", "names no graph"),
        ("A: {nodes: {x: {agent: graph, prompt: Bb}}}\n  Bbb: {nodes: {x: }}", "did you mean 'Bbb'?"),
        ("A: {nodes: {x: {agent: graph, prompt: 'other.csv::B'}}}", "must be in the same file"),
        ("A: {nodes: {x: {agent: graph, prompt: B}}}\n  B: {nodes: {x: {next: nowhere}}}", "included here has errors"),
        (
            "A: {nodes: {x: {agent: graph, prompt: B, next: x/y}, x/y: }}\n  B: {nodes: {y: }}",
            "needs the name 'x/y'",
        ),
        (
            "A: {nodes: {x: {agent: graph, prompt: B, next: y}, y: {output: x}}}\n  B: {nodes: {z: }}",
            "which node 'y' writes too; rename the node",
        ),
        (
            "A: {nodes: {responses: {agent: graph, prompt: B}}}\n  B: {nodes: {z: }}",
            "keeps its state under 'responses', which holds the answers of people; rename the node",
        ),
    ],
)
def test_what_cannot_be_included_is_an_error(tmp_path: Path, content: str, part: str) -> None:
    loaded = load(tmp_path, "f.yaml", f"graphs:\n  {content}\n")
    assert any(part in remark for remark in remarks(loaded)), remarks(loaded)
    assert "A" not in loaded.graphs


def test_graphs_that_grow_without_measure_stop(tmp_path: Path) -> None:
    lines = [
        f"  G{n}: {{nodes: {{a: {{agent: graph, prompt: G{n + 1}, next: b}}, b: {{agent: graph, prompt: G{n + 1}}}}}}}"
        for n in range(15)
    ]
    loaded = load(tmp_path, "f.yaml", "graphs:\n" + "\n".join(lines) + "\n  G15: {nodes: {x: }}\n")
    assert "G0" not in loaded.graphs and "G10" in loaded.graphs
    assert any("unfold to more than" in remark for remark in remarks(loaded))
