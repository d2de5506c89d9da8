"""Where the nodes of a directed graph go on a grid: layers from top to bottom, few crossings, straight lines. Pure.

The steps are those of Sugiyama's method: edges that close a loop are turned round; each node goes below all that lead
to it (longest path); edges are cut into links from layer to layer by way of waypoints; barycentres order each layer;
and places are as near to their neighbours as the widths allow (isotonic regression, which is exact for one layer).
Labels of edges have layers of their own, where there are any.
"""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

_SWEEPS = 9
_GAP = 3
_STIFFNESS = 4.0
"""How much more a waypoint than a node stays where it is: long lines are to be straight."""


@dataclass(frozen=True, slots=True)
class Edge:
    """From one node to another, by number; `label` is in cells."""

    source: int
    target: int
    label: int = 0


@dataclass(slots=True)
class Spot:
    """A node, or a waypoint of an edge, in its layer; it takes `left` and `right` cells beside its `x`."""

    layer: int
    left: int
    right: int
    node: int | None = None
    edge: int | None = None
    has_label: bool = False
    x: int = 0
    above: list[int] = field(default_factory=list)
    below: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Link:
    """A piece of an edge from one spot down to another; `is_back` if the edge itself goes up."""

    upper: int
    lower: int
    edge: int
    is_back: bool


@dataclass(slots=True)
class Layout:
    """The spots, those of each layer from left to right, and the links; `label_layers` are those without nodes."""

    spots: list[Spot]
    layers: list[list[int]]
    links: list[Link]
    label_layers: frozenset[int]


def lay_out(widths: Sequence[int], edges: Sequence[Edge]) -> Layout:
    """Places for nodes of these widths; the first one is where it begins. No edge may lead from a node to itself."""
    back = _back_edges(len(widths), edges)
    downward = [(e.target, e.source) if i in back else (e.source, e.target) for i, e in enumerate(edges)]
    depth = _depths(len(widths), downward)
    # The label of an edge is next to the node that it comes from: below that, or above it where the edge goes up.
    gaps = [depth[edge.source] - (i in back) for i, edge in enumerate(edges)]
    labelled = {gap for gap, edge in zip(gaps, edges, strict=True) if edge.label}
    layer_of = [d + sum(gap < d for gap in labelled) for d in range(1 + max(depth))]
    spots = [Spot(layer_of[depth[i]], (w - 1) // 2, w // 2, node=i) for i, w in enumerate(widths)]
    links: list[Link] = []
    for number, (upper, lower) in enumerate(downward):
        label_layer = layer_of[gaps[number]] + 1 if edges[number].label else None
        _connect(spots, links, number, upper, lower, edges[number].label, label_layer, is_back=number in back)
    layers: list[list[int]] = [[] for _ in range(1 + max(spot.layer for spot in spots))]
    for index, spot in enumerate(spots):
        layers[spot.layer].append(index)
    for link in links:
        spots[link.upper].below.append(link.lower)
        spots[link.lower].above.append(link.upper)
    layout = Layout(spots, layers, links, frozenset(layer_of[gap] + 1 for gap in labelled))
    _order(layout)
    _place(layout)
    return layout


def _back_edges(count: int, edges: Sequence[Edge]) -> set[int]:
    """The edges that close a loop, as seen from the first node, then from each that was not reached."""
    out: list[list[int]] = [[] for _ in range(count)]
    for number, edge in enumerate(edges):
        out[edge.source].append(number)
    state = [0] * count
    back: set[int] = set()
    for root in range(count):
        if state[root]:
            continue
        state[root] = 1
        stack = [(root, iter(out[root]))]
        while stack:
            node, rest = stack[-1]
            following = next(rest, None)
            if following is None:
                state[node] = 2
                stack.pop()
                continue
            target = edges[following].target
            if state[target] == 1:
                back.add(following)
            elif state[target] == 0:
                state[target] = 1
                stack.append((target, iter(out[target])))
    return back


def _depths(count: int, downward: Sequence[tuple[int, int]]) -> list[int]:
    """The length of the longest way to each node."""
    into = [0] * count
    out: list[list[int]] = [[] for _ in range(count)]
    for upper, lower in downward:
        into[lower] += 1
        out[upper].append(lower)
    depth = [0] * count
    free = [node for node in range(count) if not into[node]]
    while free:
        node = free.pop()
        for lower in out[node]:
            depth[lower] = max(depth[lower], depth[node] + 1)
            into[lower] -= 1
            if not into[lower]:
                free.append(lower)
    return depth


def _connect(
    spots: list[Spot],
    links: list[Link],
    number: int,
    upper: int,
    lower: int,
    label: int,
    label_layer: int | None,
    *,
    is_back: bool,
) -> None:
    """Links from layer to layer, with a waypoint on each between the two nodes."""
    before = upper
    for layer in range(spots[upper].layer + 1, spots[lower].layer):
        carries = layer == label_layer
        spots.append(Spot(layer, 0, label + 1 if carries else 0, edge=number, has_label=carries))
        links.append(Link(before, len(spots) - 1, number, is_back))
        before = len(spots) - 1
    links.append(Link(before, lower, number, is_back))


def _order(layout: Layout) -> None:
    """Sort each layer by where its neighbours are, down and up again; the best of all is kept."""
    best, fewest = [list(layer) for layer in layout.layers], _crossings(layout)
    for sweep in range(_SWEEPS):
        if not fewest:
            break
        down = sweep % 2 == 0
        order = range(1, len(layout.layers)) if down else range(len(layout.layers) - 2, -1, -1)
        for number in order:
            place = {spot: at for at, spot in enumerate(layout.layers[number - 1 if down else number + 1])}
            layout.layers[number].sort(key=_barycentre(layout, place, down=down, layer=number))
        crossings = _crossings(layout)
        if crossings < fewest:
            best, fewest = [list(layer) for layer in layout.layers], crossings
    layout.layers = best


def _barycentre(layout: Layout, place: dict[int, int], *, down: bool, layer: int) -> Callable[[int], float]:
    own = {spot: at for at, spot in enumerate(layout.layers[layer])}

    def key(spot: int) -> float:
        near = layout.spots[spot].above if down else layout.spots[spot].below
        return sum(place[other] for other in near) / len(near) if near else float(own[spot])

    return key


def _crossings(layout: Layout) -> int:
    place = {spot: at for layer in layout.layers for at, spot in enumerate(layer)}
    total = 0
    for layer in layout.layers:
        ends = sorted((place[spot], place[lower]) for spot in layer for lower in layout.spots[spot].below)
        seen: list[int] = []
        for _, lower in ends:
            total += len(seen) - bisect_right(seen, lower)
            insort(seen, lower)
    return total


def _place(layout: Layout) -> None:
    places = [0.0] * len(layout.spots)
    for layer in layout.layers:
        _settle(layout, layer, places, [places[spot] for spot in layer])
    for sweep in range(_SWEEPS):
        down = sweep % 2 == 0
        for layer in layout.layers if down else reversed(layout.layers):
            wanted = []
            for spot in layer:
                here = layout.spots[spot]
                near = (here.above if down else here.below) or [spot]
                wanted.append(sum(places[other] for other in near) / len(near))
            _settle(layout, layer, places, wanted)
    for layer in layout.layers:
        edge: int | None = None
        for spot in layer:
            here = layout.spots[spot]
            here.x = round(places[spot]) if edge is None else max(round(places[spot]), edge + here.left + _GAP)
            edge = here.x + here.right
    leftmost = min(spot.x - spot.left for spot in layout.spots)
    for each in layout.spots:
        each.x -= leftmost


def _settle(layout: Layout, layer: Sequence[int], places: list[float], wanted: Sequence[float]) -> None:
    """The places nearest to the wanted ones that keep order and distance: pool those that get into each other's way."""
    offset, offsets = 0.0, []
    for at, spot in enumerate(layer):
        if at:
            offset += layout.spots[layer[at - 1]].right + layout.spots[spot].left + _GAP
        offsets.append(offset)
    pools: list[tuple[float, float, int]] = []
    for spot, want, shift in zip(layer, wanted, offsets, strict=True):
        weight = 1.0 if layout.spots[spot].node is not None else _STIFFNESS
        mean, size = want - shift, 1
        while pools and pools[-1][0] > mean:
            other, other_weight, other_size = pools.pop()
            mean = (mean * weight + other * other_weight) / (weight + other_weight)
            weight, size = weight + other_weight, size + other_size
        pools.append((mean, weight, size))
    flat = [mean for mean, _, size in pools for _ in range(size)]
    for spot, mean, shift in zip(layer, flat, offsets, strict=True):
        places[spot] = mean + shift
