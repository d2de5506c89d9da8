"""Workflows drawn as text: every node once, every line whole, signs instead of colours alone."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from itertools import pairwise

import pytest
from rich.cells import cell_len

from hitl_tui import locations
from hitl_tui.graphs.charting import Ran, chart_of
from hitl_tui.graphs.loading import load_graph
from hitl_tui.model.chart import Chart, ChartEdge, ChartNode
from hitl_tui.safe_text import visible
from hitl_tui.tui.graph_text import _BOX, ASCII, BOX, draw
from hitl_tui.tui.layering import Edge, lay_out

SAMPLES = locations.sample_graphs()
HOSTILE = [
    "a\x1b[2Jb",
    "x\u202ey",
    "[/x]",
    "[@click=app.quit]",
    "é" * 90,
    "漢字" * 30,
    "thread/1",
    "\ud800",
    "a\nb\tc",
    "",
]


def chart(*edges: tuple[str, str, str], now: str = "") -> Chart:
    """A chart of edges (source, target, label)."""
    names = list(dict.fromkeys(name for edge in edges for name in edge[:2]))
    return Chart(tuple(ChartNode(name, is_now=name == now) for name in names), tuple(ChartEdge(*e) for e in edges))


def wild(seed: int, count: int) -> Chart:
    """A chart at random: loops, branches, labels, wide and long."""
    chance = random.Random(seed)
    names = [f"node{number}" for number in range(count)]
    edges = [ChartEdge(one, other) for one, other in pairwise(names) if chance.random() < 0.8]
    for _ in range(count):
        label = chance.choice(["", "failure", "amount > 100", "= approve"])
        target = chance.choice([*names, None])
        edges.append(ChartEdge(chance.choice(names), target, label, taken=chance.random() < 0.3))
    return Chart(tuple(ChartNode(name, runs=chance.randint(0, 2)) for name in names), tuple(edges))


def test_a_workflow_with_a_rejection_reads_from_top_to_bottom() -> None:
    assert SAMPLES is not None
    graph = load_graph(SAMPLES / "approval_flow.csv", None, None)
    drawing = draw(chart_of(graph, [Ran(0, "start", False), Ran(1, "validate", False)], {"approve_gate"}))
    assert drawing.text.split("\n\n")[0].rstrip() == (
        "              [✓ start]\n"
        "                  ▼\n"
        "             [✓ validate]\n"
        "             ┏━━━━┹─────┐\n"
        "             ┃ success  │ failure\n"
        "             ▼          ▼\n"
        "  [▶ approve_gate ?]  [  reject]\n"
        "     ┌────┴─────┐\n"
        "     │ success  │ failure\n"
        "     ▼          │\n"
        "[  process]     │\n"
        "         └┐     │\n"
        "          ├─────┘\n"
        "          ▼\n"
        "       [  end]"
    )
    row, column = drawing.here or (0, 0)
    assert "approve_gate" in drawing.text.split("\n")[row] and column


def test_a_loop_goes_up_with_an_arrow_at_its_end() -> None:
    text = draw(chart(("edit", "approve", ""), ("approve", "edit", "failure"), ("approve", "done", "success"))).text
    rows = text.splitlines()
    assert any("▲" in row for row in rows) and any("failure" in row for row in rows)


def test_a_node_that_leads_to_itself_says_so() -> None:
    assert "[  poll] ↺ otherwise" in draw(chart(("poll", "poll", "otherwise"), ("poll", "done", ""))).text


@pytest.mark.parametrize("count", [3, 8, 20, 60])
def test_random_graphs_show_every_node_and_label(count: int) -> None:
    for seed in range(3):
        made = wild(seed, count)
        text = draw(made).text
        for node in made.nodes:
            assert len(re.findall(rf"\[. {node.name}( x\d)?\]", text)) == 1
        # No box is drawn into: each is whole.
        assert text.count("[") == text.count("]")
        pairs = {(edge.source, edge.target, edge.label) for edge in made.edges if edge.label == "amount > 100"}
        assert text.count("amount > 100") >= len(pairs)


@pytest.mark.parametrize("count", [5, 15, 40])
def test_no_line_ends_in_nothing(count: int) -> None:
    """Each arm of a line meets an arm, an arrow or a box: nobody has to guess where an edge goes."""
    for seed in range(4):
        for row, column, direction, beside in _loose_ends(draw(wild(seed, count)).text):
            raise AssertionError(f"seed {seed}: {row}:{column} goes {direction} and finds {beside!r}")


def _loose_ends(drawn: str) -> Iterator[tuple[int, int, str, str]]:
    rows = drawn.rpartition("\n\n")[0].splitlines()
    steps = {"up": (-1, 0, 27, 3), "right": (0, 1, 9, 1), "down": (1, 0, 3, 27), "left": (0, -1, 1, 9)}
    for row, text in enumerate(rows):
        for column, sign in enumerate(text):
            if sign not in _BOX[1:]:
                continue
            for direction, (down, aside, own, other) in steps.items():
                if not _BOX.index(sign) // own % 3:
                    continue
                line = rows[row + down] if 0 <= row + down < len(rows) else ""
                beside = line[column + aside] if column + aside < len(line) else " "
                if any(box.start() < column < box.end() - 1 for box in re.finditer(r"[\[(][^\])]*[\])]", line)):
                    continue
                meets = beside in _BOX[1:] and _BOX.index(beside) // other % 3
                if not (meets or beside in "▼▲"):
                    yield row, column, direction, beside


def test_ascii_has_no_other_characters() -> None:
    text = draw(wild(3, 20), ASCII).text
    assert text.isascii() and "v" in text and "|" in text and "#" in text


def test_the_path_is_told_by_signs_and_heavy_lines() -> None:
    made = Chart(
        (ChartNode("a", runs=1), ChartNode("b", runs=2), ChartNode("c", is_now=True, asks=True, risk="high")),
        (
            ChartEdge("a", "b", "success", taken=True),
            ChartEdge("b", "c", taken=True),
            ChartEdge("a", "c", "failure", True),
        ),
    )
    text = draw(made).text
    assert "[✓ a]" in text and "[✓ b x2]" in text and "[▶ c ? !]" in text and "┃" in text and "│" in text


def test_hostile_names_are_shown_and_never_obeyed() -> None:
    made = chart(*((name, other, name) for name, other in pairwise(HOSTILE)))
    for signs in (BOX, ASCII):
        drawing = draw(made, signs)
        assert visible(drawing.text, newlines=True) == drawing.text and "\x1b" not in drawing.text
        assert all(cell_len("".join(text for text, _ in row)) <= drawing.width for row in drawing.rows)
        whole = visible("é" * 90)
        assert f"is  {whole}" in drawing.text, "what is cut is listed whole"


def test_layers_follow_the_longest_way_and_loops_are_turned_round() -> None:
    layout = lay_out([5, 5, 5, 5], [Edge(0, 1), Edge(1, 2), Edge(0, 2), Edge(2, 0), Edge(2, 3)])
    layers = {spot.node: spot.layer for spot in layout.spots if spot.node is not None}
    assert layers == {0: 0, 1: 1, 2: 2, 3: 3}
    assert {link.edge for link in layout.links if link.is_back} == {3}
    for members in layout.layers:
        row = [layout.spots[index] for index in members]
        assert all(one.x + one.right < other.x - other.left for one, other in pairwise(row))


def test_too_many_nodes_are_listed() -> None:
    made = chart(*((f"n{number}", f"n{number + 1}", "") for number in range(400)), now="n7")
    drawing = draw(made)
    assert "401 nodes are too many to draw" in drawing.text and "▶ n7 → n8" in drawing.text
    assert drawing.here == (10, 0)
