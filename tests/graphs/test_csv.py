"""The CSV dialect with all its untidiness (rows 34, 35)."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hitl_tui.graphs.csv_cells import context_in, inputs_in
from hitl_tui.graphs.csv_dialect import COLUMNS
from hitl_tui.graphs.csv_rows import UnclosedQuote, rows
from hitl_tui.graphs.routing import END
from hitl_tui.model.graph import Input
from tests.graphs.files import HEADER, load, remarks

ALIASES = [(column, alias) for column, names in COLUMNS.items() for alias in names]


@pytest.mark.parametrize(("column", "alias"), ALIASES)
def test_every_column_name_in_any_letter_case_row_34(tmp_path: Path, column: str, alias: str) -> None:
    """row 34"""
    cells = {"graph": "F", "node": "a", "agent": "echo", "prompt": "p", "success": "b", "inputs": "x", "outputs": "y"}
    cells |= {"failure": "b", "context": "{}", "description": "d", "tool_source": "t", "available_tools": "u|v"}
    cells |= {"edge": "b", "predecessor": ""}
    used = [name for name in cells if name != "edge" or column == "edge"]
    if column == "edge":
        used.remove("success")
    for spelling in (alias, alias.upper(), alias.lower(), alias.replace("_", " ")):
        header = ",".join(spelling if name == column else COLUMNS[name][0] for name in used)
        loaded = load(tmp_path, "f.csv", f"{header}\n{','.join(cells[name] for name in used)}\nF,b,echo\n")
        assert loaded.errors == []
        node = loaded.graphs["F"].nodes["a"]
        assert (node.agent, node.prompt, node.on_success, node.on_failure) == ("echo", "p", ("b",), ("b",))
        assert node.context["available_tools"] == ["u", "v"]


def test_workflow_and_graph_columns_together(tmp_path: Path) -> None:
    loaded = load(tmp_path, "f.csv", "workflow,graph,node,agent\nW,F,a,echo\nW,F,b,echo\n")
    assert list(loaded.graphs) == ["F"]
    assert any("column 'workflow' is a second graph column" in remark for remark in remarks(loaded))
    assert list(load(tmp_path, "g.csv", "workflow,node,agent\nW,a,echo\n").graphs) == ["W"]


def test_the_tolerant_part(tmp_path: Path) -> None:
    content = (
        "GraphName,Node,AgentType,NextSuccess,NextFailure,Prompt,Input,Output_Fields\r\n"
        "# a comment, with 'a \"quote\r\n"
        'F,ask,HumanAgent,note,END,"Two\nlines","x, y",r\r\n'
        "\r\n"
        ",,,,,,,\r\n"
        "F,note,ECHO,finish,,,x|y:why,a|b\r\n"
        "F,last,,,,,,\r\n"
    )
    loaded = load(tmp_path, "f.csv", "\ufeff" + content)
    graph = loaded.graphs["F"]
    assert graph.start == "ask"
    assert graph.nodes["ask"].agent == "human"
    assert graph.nodes["ask"].inputs == (Input(key="x", param="x"), Input(key="y", param="y"))
    assert graph.nodes["ask"].on_failure == (END,)
    assert graph.nodes["ask"].prompt == "Two\nlines"
    assert graph.nodes["note"].inputs[1] == Input(key="y", param="why")
    assert graph.nodes["note"].outputs == ("a", "b")
    assert graph.nodes["note"].on_success == ()
    assert graph.nodes["last"].agent == "default"
    assert [graph.nodes[name].line for name in graph.nodes] == [3, 7, 8]
    assert [remark for remark in remarks(loaded) if "ends there" in remark] == [
        "3 warning target 'END' is not a node of this graph: the graph ends there",
        "7 warning target 'finish' is not a node of this graph: the graph ends there",
    ]


def test_edges_names_the_node_before(tmp_path: Path) -> None:
    content = (
        "graph,node,agent,edges,next\nF,a,echo,START,\nF,b,echo,a,\nF,c,echo,a,\nF,d,echo,b|c|zz,\nF,e,echo,d,end\n"
    )
    loaded = load(tmp_path, "f.csv", content)
    nodes = loaded.graphs["F"].nodes
    assert [nodes[name].on_success for name in "abcde"] == [("b", "c"), ("d",), ("d",), ("e",), ()]
    assert any("'zz' as the node before" in remark for remark in remarks(loaded))


def test_edge_is_the_success_edge_beside_success_and_failure(tmp_path: Path) -> None:
    content = "graph,node,edge,success_next,failure_next\nF,a,b,c,c\nF,b,,,\nF,c,,,\n"
    loaded = load(tmp_path, "f.csv", content)
    assert loaded.graphs["F"].nodes["a"].on_success == ("b",)
    assert loaded.graphs["F"].nodes["a"].on_failure == ("c",)
    assert "2 warning both Edge and Success_Next/Failure_Next are set; Edge is the success edge; 'c' is ignored" in (
        remarks(loaded)
    )


def test_error_node_and_parallel_targets(tmp_path: Path) -> None:
    loaded = load(tmp_path, "f.csv", "graph,node,next,error_node\nF,a,b|c,c\nF,b,,\nF,c,,\n")
    assert len(loaded.findings) == 1 and "Edge is the success edge" in loaded.findings[0].message
    assert loaded.graphs["F"].nodes["a"].on_success == ("b", "c")
    assert loaded.graphs["F"].nodes["a"].on_failure == ("c",)


def test_a_duplicate_node_keeps_the_first(tmp_path: Path) -> None:
    loaded = load(tmp_path, "f.csv", "graph,node,prompt\nF,a,one\nF,a,two\n")
    assert loaded.graphs["F"].nodes["a"].prompt == "one"
    assert remarks(loaded) == ["3 warning node 'a' is there already, on line 2; this row is ignored"]


def test_ragged_rows_are_taken_with_a_warning_naming_the_line(tmp_path: Path) -> None:
    loaded = load(tmp_path, "f.csv", HEADER + "F,a,input,b\nF,b,echo,,,p,x,y,,\nF,c,echo,,,p, q,x,y,{}\n")
    warned = [finding.line for finding in loaded.findings if "cells" in finding.message]
    assert warned == [2, 3, 4]
    assert list(loaded.graphs["F"].nodes) == ["a", "b", "c"]
    assert loaded.errors == []


@pytest.mark.parametrize(
    "cell",
    [
        '"{""interaction_type"": ""choice"", ""options"": [""A, one"", ""B""]}"',
        r'"{\"interaction_type\": \"choice\", \"options\": [\"A, one\", \"B\"]}"',
        '{"interaction_type": "choice", "options": ["A, one", "B"]}',
        "\"{'interaction_type': 'choice', 'options': ('A, one', 'B')}\"",
        "\"{interaction_type=choice, options=['A, one', 'B']}\"",
        "\"{interaction_type=choice, options='A, one|B'}\"",
    ],
)
def test_the_notations_of_context(tmp_path: Path, cell: str) -> None:
    loaded = load(tmp_path, "f.csv", HEADER + f"F,a,human,,,p,,,{cell}\nF,b,echo,,,,,,\n")
    assert loaded.graphs["F"].nodes["a"].context == {"interaction_type": "choice", "options": ["A, one", "B"]}
    assert "b" in loaded.graphs["F"].nodes


@pytest.mark.parametrize(
    ("cell", "context"),
    [
        ("", {}),
        ("just words", {"context": "just words"}),
        ("{a=1, b=true, c=two words, d={'x': [1]}}", {"a": 1, "b": True, "c": "two words", "d": {"x": [1]}}),
        ('[1, "x"]', {"context": [1, "x"]}),
        ("{1: 'x'}", {"1": "x"}),
        ("{'a': b'bytes'}", {"context": "{'a': b'bytes'}"}),
        ('{"a": NaN}', {"context": '{"a": NaN}'}),
        ('{"a": "\\ud800"}', {"context": '{"a": "\\ud800"}'}),
        ("{1, 2}", {"context": "{1, 2}"}),
        ('{"a": ', {"context": '{"a":'}),
        ("[" * 5000, {"context": "[" * 5000}),
    ],
)
def test_a_context_cell_never_fails(cell: str, context: dict[str, Any]) -> None:
    assert context_in(cell)[0] == context


@given(st.text())
def test_any_context_can_be_stored(cell: str) -> None:
    json.dumps(context_in(cell)[0], allow_nan=False)


def test_broken_json_is_kept_as_text_with_a_warning(tmp_path: Path) -> None:
    loaded = load(tmp_path, "f.csv", HEADER + 'F,a,echo,,,p,,,"{""a"": }"\n')
    assert "looks like JSON and is not" in remarks(loaded)[0]


def test_inputs_for_subgraphs() -> None:
    assert inputs_in("child=parent|a:b") == (Input(key="parent", param="child"), Input(key="a", param="b"))


@pytest.mark.parametrize(
    ("content", "line", "part"),
    [
        (HEADER + 'F,a,echo,,,"never closed,x,y,\nF,b,echo\n', 2, "never ends"),
        (HEADER + "F,ok,echo,,,,,,\nF,,echo,,,,,,\n", 3, "no node name"),
        (HEADER + "F,ok,echo,,,,,,\n,a,echo,,,,,,\n", 3, "no graph name"),
        (HEADER, 0, "no rows below"),
        ("# only a comment\n", 0, "no rows"),
        ("x,y\n1,2\n", 1, "no graph column"),
        ("", 0, "empty"),
        (" \n\n", 0, "empty"),
        (b"\xff\xfea\x00", 1, "UTF-16"),
        (HEADER.encode() + b"F,a\xe9,echo\n", 2, "0xe9 is not UTF-8"),
        (HEADER + "F,a\0,echo\n", 2, "NUL"),
        (HEADER + "F,a,ehco,,,,,,\n", 2, "unknown agent type 'ehco'; did you mean 'echo'?"),
        (HEADER + "F,a,echo,func:route,,,,,\n", 2, "routing function"),
        (HEADER + "F,a,echo,aprove_gate,,,,,\nF,approve_gate,echo,,,,,,\n", 2, "did you mean 'approve_gate'?"),
        (HEADER + 'F,a,human,,,,,,"{""interaction_type"": ""aproval""}"\n', 2, "did you mean 'approval'?"),
        (HEADER + 'F,a,human,,,,,,"{""risk"": ""high"", ""risk"": ""low""}"\n', 2, "the key 'risk' is given twice"),
        (HEADER + "F,a,human,,,,,,\"{'risk': 'high', 'risk': 'low'}\"\n", 2, "the key 'risk' is given twice"),
        (HEADER + 'F,a,human,,,,,,"{risk=high, risk=low}"\n', 2, "the key 'risk' is given twice"),
        (HEADER + 'F,a,HumanAgent,,,,,,"{""risk"": ""high"" ""x"": 1}"\n', 2, "none of its settings would count"),
        (HEADER + 'F,a,Tools,,,,,,"{""interrupt_on"": ""pay"" ""x"": 1}"\n', 2, "none of its settings would count"),
        (HEADER + "F,a,choice_interaction,,,,,,\n", 2, "needs options"),
        (HEADER + 'F,a,choice_interaction,,,,,,"{""options"": [1]}"\n', 2, "must be texts"),
        (HEADER + "F,a,choice_interaction,,,,,,{options=}\n", 2, "needs options"),
        (HEADER + "F,a,approval_interaction,,,,,,{timeout=soon}\n", 2, "timeout: 'soon'"),
        (HEADER + "F,a,approval_interaction,,,,,,{allowed=edit}\n", 2, "does not fit"),
        (HEADER + "F,a,approval_interaction,,,,,,{require_reason=maybe}\n", 2, "true or false"),
        (HEADER + "F,a,approval_interaction,,,,,,{interaction_type=edit}\n", 2, "asks for approval"),
        (HEADER + "F,a,graph,,,Nowhere,,,\n", 2, "no graph 'Nowhere'"),
        (HEADER + f"F,{END},echo,,,,,,\n", 2, "reserved"),
    ],
)
def test_broken_files_are_findings_and_never_tracebacks(
    tmp_path: Path, content: str | bytes, line: int, part: str
) -> None:
    loaded = load(tmp_path, "f.csv", content)
    assert [error.line for error in loaded.errors if part in error.message] == [line], remarks(loaded)
    assert loaded.graphs == {}


def test_a_target_that_differs_in_spelling_only_is_that_node(tmp_path: Path) -> None:
    loaded = load(tmp_path, "f.csv", "graph,node,next\nF,Start,End\nF,end,\n")
    assert loaded.graphs["F"].nodes["Start"].on_success == ("end",)
    assert remarks(loaded) == ["2 warning target 'End' is taken as the node 'end'"]


def test_settings_have_one_form(tmp_path: Path) -> None:
    cell = "{timeout=1h30m, risk=HIGH, allowed=approve, require_reason=yes, budget=5}"
    loaded = load(tmp_path, "f.csv", HEADER + f'F,a,ApprovalInteractionAgent,,,,,,"{cell}"\n')
    assert loaded.graphs["F"].nodes["a"].context == {
        "timeout_seconds": 5400,
        "risk": "high",
        "allowed": ["approve"],
        "require_reason": True,
        "budget": 5,
    }


def test_semicolons_separate_as_well(tmp_path: Path) -> None:
    assert list(load(tmp_path, "f.csv", "graph;node;agent\nF;a;echo\n").graphs["F"].nodes) == ["a"]


@pytest.mark.parametrize("separator", [";", ",", "\t"])
def test_the_line_that_tells_excel_the_separator_is_skipped(tmp_path: Path, separator: str) -> None:
    content = f"sep={separator}\r\n" + "graph,node,agent\r\nF,a,ehco\r\n".replace(",", separator)
    loaded = load(tmp_path, "f.csv", "\ufeff" + content)
    assert remarks(loaded) == ["3 error unknown agent type 'ehco'; did you mean 'echo'?"]


cells = st.lists(st.text(alphabet='ab,"\n\\#{} '), min_size=2, max_size=4)


@given(st.lists(cells, min_size=1, max_size=4))
def test_a_quoted_table_comes_back_with_its_lines(table: list[list[str]]) -> None:
    table = [["x", *row] for row in table if not any(re.search(r"\\", cell) for cell in row)]
    text, expected = "", []
    for row in table:
        expected.append((text.count("\n") + 1, row))
        text += ",".join('"' + cell.replace('"', '""') + '"' for cell in row) + "\n"
    assert [(row.line, row.cells) for row in rows(text)] == expected


@given(st.text(alphabet='ab,"\n\\#{}: ;'))
def test_any_text_splits_or_names_the_unclosed_cell(text: str) -> None:
    last = text.count("\n") + 1
    found = []
    with contextlib.suppress(UnclosedQuote):
        found = list(rows(text))
    assert all(1 <= row.line <= last and row.cells for row in found)


def test_an_unclosed_cell_names_the_line_it_begins_on() -> None:
    with pytest.raises(UnclosedQuote, match="line 3") as error:
        list(rows('a,b\n"c\nd",e,"f\n\n'))
    assert error.value.line == 3
