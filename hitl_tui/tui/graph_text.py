"""A workflow drawn as text, from top to bottom, in box characters or in ASCII. Pure.

What happened is told by signs, which colours only repeat: `✓` ran, `▶` runs or waits now, `?` asks a person, and the
path that was taken is drawn heavy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len, get_character_cell_size

from hitl_tui.model.chart import Chart, ChartEdge, ChartNode
from hitl_tui.safe_text import visible
from hitl_tui.tui.layering import Edge, Link, Spot, lay_out

MOST_NODES = 100
_WIDEST_NAME = 40
_WIDEST_LABEL = 32
# By the weights (0 none, 1 light, 2 heavy) of the arms up, right, down, left.
_BOX = " ╴╸╷┐┑╻┒┓╶─╾┌┬┭┎┰┱╺╼━┍┮┯┏┲┳╵┘┙│┤┥╽┧┪└┴┵├┼┽┟╁╅┕┶┷┝┾┿┢╆╈╹┚┛╿┦┩┃┨┫┖┸┹┞╀╃┠╂╉┗┺┻┡╄╇┣╊╋"
_UP, _RIGHT, _DOWN, _LEFT = range(4)


@dataclass(frozen=True, slots=True)
class Signs:
    """The signs of a drawing."""

    now: str
    ran: str
    again: str
    down: str
    up: str
    is_ascii: bool


BOX = Signs("▶", "✓", "↺", "▼", "▲", is_ascii=False)
ASCII = Signs(">", "+", "again:", "v", "^", is_ascii=True)

Row = list[tuple[str, str]]
"""Pieces of (text, style): `now`, `ran`, `next`, `taken`, `line` or `label`."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """The rows, all of them safe text; `width` in cells; `here` is the (row, cell) of the first node of now."""

    rows: list[Row]
    width: int
    here: tuple[int, int] | None = None

    @property
    def text(self) -> str:
        """As plain text."""
        return "\n".join("".join(text for text, _ in row).rstrip() for row in self.rows)


def draw(chart: Chart, signs: Signs = BOX) -> Drawing:
    """The chart as a drawing with a legend below; beyond 100 nodes as a list of edges."""
    if len(chart.nodes) > MOST_NODES:
        return _listed(chart, signs)
    return _Drawer(chart, signs).drawing()


def legend(signs: Signs = BOX) -> str:
    """What the signs mean."""
    heavy = "#" if signs.is_ascii else "━"
    return f"{signs.now} now  {signs.ran} ran  ? asks a person  ! risk  {heavy} path taken"


@dataclass(slots=True)
class _Ports:
    """The columns where lines touch a node; those of edges that go up (`back`) are at its right end."""

    out: int
    into: int
    back_into: int
    back_out: int


@dataclass(slots=True)
class _Canvas:
    """Cells by (row, column): arms of lines, and text above them."""

    arms: dict[tuple[int, int], list[int]] = field(default_factory=dict)
    text: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)

    def arm(self, row: int, column: int, *directions: int, weight: int) -> None:
        found = self.arms.setdefault((row, column), [0, 0, 0, 0])
        for direction in directions:
            found[direction] = max(found[direction], weight)

    def write(self, row: int, column: int, text: str, style: str) -> None:
        for character in text:
            size = get_character_cell_size(character)
            if not size and (row, column - 1) in self.text:
                # A combining mark belongs to the character before it.
                before, its_style = self.text[row, column - 1]
                self.text[row, column - 1] = (before + character, its_style)
                continue
            self.text[row, column] = (character, style)
            for beside in range(1, size):
                self.text[row, column + beside] = ("", style)
            column += size


class _Drawer:
    """Draws one chart."""

    def __init__(self, chart: Chart, signs: Signs) -> None:
        self._signs = signs
        self._nodes: list[ChartNode | None] = list(chart.nodes)
        self._cut: dict[str, str] = {}
        numbers = {node.name: number for number, node in enumerate(chart.nodes)}
        loops: dict[str, str] = {}
        self._edges: list[ChartEdge] = []
        ends: list[tuple[int, int]] = []
        for edge in chart.edges:
            if edge.target == edge.source:
                loops[edge.source] = " ".join(filter(None, (signs.again, self._short(edge.label, _WIDEST_LABEL))))
                continue
            target = len(self._nodes) if edge.target is None else numbers[edge.target]
            if edge.target is None:
                # Each way out has an end of its own, so that not half of the picture leads to one corner.
                self._nodes.append(None)
            self._edges.append(edge)
            ends.append((numbers[edge.source], target))
        self._labels = [self._short(edge.label, _WIDEST_LABEL) for edge in self._edges]
        boxes = [self._box(node) for node in self._nodes]
        again = [f" {loops[node.name]}" if node is not None and node.name in loops else "" for node in self._nodes]
        self._boxes = [cell_len(box) for box in boxes]
        self._words = [box + loop for box, loop in zip(boxes, again, strict=True)]
        widths = [cell_len(words) for words in self._words]
        pairs = zip(ends, self._labels, strict=True)
        self._layout = lay_out(widths, [Edge(*pair, cell_len(label)) for pair, label in pairs])
        self._ports = [self._place_ports(index) for index in range(len(self._layout.spots))]
        self._align_ports()
        self._canvas = _Canvas()
        self._here: tuple[int, int] | None = None

    def drawing(self) -> Drawing:
        """All of it."""
        row = 0
        for number, layer in enumerate(self._layout.layers):
            row = self._draw_layer(number, layer, row)
            if number + 1 < len(self._layout.layers):
                row = self._draw_channel(layer, row)
        rows = list(self._rows(row))
        rows += [[], [(legend(self._signs), "label")]]
        rows += [[(f"{short}  is  {whole}", "label")] for short, whole in self._cut.items()]
        width = max(cell_len("".join(text for text, _ in line)) for line in rows)
        return Drawing(rows, width, self._here)

    def _box(self, node: ChartNode | None) -> str:
        if node is None:
            return "(end)"
        sign = self._signs.now if node.is_now else self._signs.ran if node.runs else " "
        name = self._short(node.name, _WIDEST_NAME)
        times = f" x{node.runs}" if node.runs > 1 else ""
        marks = " ?" * node.asks + " !" * (node.risk is not None)
        return f"[{sign} {name}{marks}{times}]"

    def _short(self, text: str, width: int) -> str:
        """The text in one line; what is cut is listed whole below the drawing."""
        whole = visible(text)
        if cell_len(whole) <= width:
            return whole
        used, kept = 0, []
        for character in whole:
            used += get_character_cell_size(character)
            if used >= width - 4:
                break
            kept.append(character)
        dots = "..." if self._signs.is_ascii else "…"
        short = f"{''.join(kept)}{dots}{len(self._cut) + 1}"
        self._cut[short] = whole
        return short

    def _place_ports(self, index: int) -> _Ports:
        spot = self._layout.spots[index]
        if spot.node is None:
            return _Ports(spot.x, spot.x, spot.x, spot.x)
        right = self._last_column(spot)
        middle = min(spot.x, right)
        return _Ports(middle, middle, right, right)

    def _last_column(self, spot: Spot) -> int:
        """The last column inside the box of a node; words about a loop may follow the box."""
        return spot.x - spot.left + self._boxes[spot.node or 0] - 2

    def _align_ports(self) -> None:
        """Lines that lead to one place only go straight down, where the nodes are wide enough."""
        forward = [link for link in self._layout.links if not link.is_back]
        above: dict[int, list[Link]] = {}
        below: dict[int, list[Link]] = {}
        for link in forward:
            above.setdefault(link.lower, []).append(link)
            below.setdefault(link.upper, []).append(link)
        backs_up = {link.upper for link in self._layout.links if link.is_back}
        backs_down = {link.lower for link in self._layout.links if link.is_back}
        for index, links in below.items():
            if len(links) == 1 and self._layout.spots[index].node is not None:
                self._ports[index].out = self._within(index, self._ports[links[0].lower].into, index in backs_up)
            elif index in backs_up and self._layout.spots[index].node is not None:
                self._ports[index].out = self._within(index, self._ports[index].out, True)
        for index, links in above.items():
            if self._layout.spots[index].node is None:
                continue
            wanted = self._ports[links[0].upper].out if len(links) == 1 else self._ports[index].into
            self._ports[index].into = self._within(index, wanted, index in backs_down)

    def _within(self, index: int, column: int, shares: bool) -> int:
        """A column of the node, apart from the one where loops touch it."""
        spot = self._layout.spots[index]
        last = self._last_column(spot) - (2 if shares else 0)
        return max(min(column, last), spot.x - spot.left + 1)

    def _ends_of(self, link: Link) -> tuple[int, int]:
        """The columns where a link begins and ends."""
        upper, lower = self._ports[link.upper], self._ports[link.lower]
        return (upper.back_into, lower.back_out) if link.is_back else (upper.out, lower.into)

    def _weight(self, edge: int) -> int:
        return 2 if self._edges[edge].taken else 1

    def _draw_layer(self, number: int, layer: Sequence[int], row: int) -> int:
        """The nodes of a layer with the arrows at them, or its labels; returns the next free row."""
        spots = self._layout.spots
        members = set(layer)
        into = [link for link in self._layout.links if link.lower in members]
        out = [link for link in self._layout.links if link.upper in members]
        if number in self._layout.label_layers:
            for index in layer:
                self._pass(row, spots[index], index)
                if spots[index].has_label:
                    label = self._labels[spots[index].edge or 0]
                    self._canvas.write(row, spots[index].x + 2, label, "label")
            return row + 1
        if into:
            for link in into:
                self._touch(row, link, self._ends_of(link)[1], spots[link.lower], is_top=True)
            row += 1
        for index in layer:
            spot = spots[index]
            if spot.node is None:
                self._pass(row, spot, index)
                continue
            node = self._nodes[spot.node]
            style = "next" if node is None or not node.runs else "ran"
            if node is not None and node.is_now:
                style = "now"
                self._here = self._here or (row, spot.x)
            self._canvas.write(row, spot.x - spot.left, self._words[spot.node], style)
        row += 1
        if any(link.is_back and spots[link.upper].node is not None for link in out):
            for link in out:
                self._touch(row, link, self._ends_of(link)[0], spots[link.upper], is_top=False)
            row += 1
        return row

    def _pass(self, row: int, spot: Spot, index: int) -> None:
        weight = self._weight(spot.edge or 0)
        self._canvas.arm(row, self._ports[index].out, _UP, _DOWN, weight=weight)

    def _touch(self, row: int, link: Link, column: int, spot: Spot, *, is_top: bool) -> None:
        """The row next to a node: an arrow where an edge ends, else a piece of line."""
        weight = self._weight(link.edge)
        self._canvas.arm(row, column, _UP, _DOWN, weight=weight)
        if spot.node is not None and link.is_back != is_top:
            sign = self._signs.down if is_top else self._signs.up
            before = self._canvas.text.get((row, column))
            style = "taken" if weight > 1 or (before and before[1] == "taken") else "line"
            self._canvas.write(row, column, sign, style)

    def _draw_channel(self, layer: Sequence[int], row: int) -> int:
        """The links between a layer and the next one; each beginning has a track of its own."""
        members = set(layer)
        groups: dict[int, list[Link]] = {}
        for link in self._layout.links:
            if link.upper in members:
                groups.setdefault(self._ends_of(link)[0], []).append(link)
        tracks = _tracks({start: {self._ends_of(link)[1] for link in links} for start, links in groups.items()})
        height = 1 + max(tracks.values(), default=-1)
        for start, links in groups.items():
            for link in links:
                self._draw_link(row, height, start, self._ends_of(link)[1], tracks.get(start, 0), link)
        return row + height

    def _draw_link(self, top: int, height: int, start: int, end: int, track: int, link: Link) -> None:
        weight = self._weight(link.edge)
        for row in range(top, top + height):
            if start == end or row - top < track:
                self._canvas.arm(row, start, _UP, _DOWN, weight=weight)
            elif row - top > track:
                self._canvas.arm(row, end, _UP, _DOWN, weight=weight)
            else:
                first, last = min(start, end), max(start, end)
                self._canvas.arm(row, start, _UP, _RIGHT if start < end else _LEFT, weight=weight)
                self._canvas.arm(row, end, _DOWN, _LEFT if start < end else _RIGHT, weight=weight)
                for column in range(first + 1, last):
                    self._canvas.arm(row, column, _LEFT, _RIGHT, weight=weight)

    def _rows(self, height: int) -> Iterator[Row]:
        cells: list[dict[int, tuple[str, str]]] = [{} for _ in range(height)]
        for (row, column), arms in self._canvas.arms.items():
            cells[row][column] = (self._line(arms), "taken" if max(arms) > 1 else "line")
        for (row, column), cell in self._canvas.text.items():
            cells[row][column] = cell
        for row_cells in cells:
            pieces: Row = []
            for column in range(max(row_cells, default=-1) + 1):
                text, style = row_cells.get(column, (" ", "line"))
                if pieces and pieces[-1][1] == style:
                    pieces[-1] = (pieces[-1][0] + text, style)
                else:
                    pieces.append((text, style))
            yield pieces

    def _line(self, arms: Sequence[int]) -> str:
        up, right, down, left = arms
        if not self._signs.is_ascii:
            return _BOX[27 * up + 9 * right + 3 * down + left]
        if not (left or right):
            return "#" if max(up, down) > 1 else "|"
        if not (up or down):
            return "=" if max(left, right) > 1 else "-"
        return "+"


def _tracks(groups: dict[int, set[int]]) -> dict[int, int]:
    """A row for each beginning (by its column) whose lines do not all go straight down.

    Two share a row only where they do not meet; and a line that ends in the column in which another one begins turns
    there below it, so that they do not look like one.
    """
    waiting = {start: ends for start, ends in groups.items() if ends != {start}}
    rows: list[list[tuple[int, int]]] = []
    tracks: dict[int, int] = {}
    while waiting:
        # First those that need not turn below one that is still waiting; in a ring, any.
        ready = [start for start, ends in waiting.items() if not any(end in waiting and end != start for end in ends)]
        ready = ready or list(waiting)
        start = min(ready, key=lambda s: (max(waiting[s] | {s}) - min(waiting[s] | {s}), s))
        ends = waiting.pop(start)
        first, last = min(ends | {start}), max(ends | {start})
        lowest = max((tracks[end] + 1 for end in ends if end in tracks and end != start), default=0)
        number = lowest
        while number < len(rows) and any(a <= last and first <= b for a, b in rows[number]):
            number += 1
        while len(rows) <= number:
            rows.append([])
        rows[number].append((first, last))
        tracks[start] = number
    return tracks


def _listed(chart: Chart, signs: Signs) -> Drawing:
    arrow, heavy = ("->", "=>") if signs.is_ascii else ("→", "━▶")
    lines = [f"{len(chart.nodes):,} nodes are too many to draw; these are the edges.", legend(signs), ""]
    marks = {node.name: signs.now if node.is_now else signs.ran if node.runs else " " for node in chart.nodes}
    for edge in chart.edges:
        target = "(end)" if edge.target is None else visible(edge.target)
        label = f"  {visible(edge.label)}" if edge.label else ""
        lines.append(f"{marks[edge.source]} {visible(edge.source)} {heavy if edge.taken else arrow} {target}{label}")
    here = next((number for number, line in enumerate(lines[3:], 3) if line.startswith(signs.now)), None)
    rows: list[Row] = [[(line, "ran")] for line in lines]
    return Drawing(rows, max(map(cell_len, lines)), None if here is None else (here, 0))
