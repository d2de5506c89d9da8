"""What a thread must have come to by its steps alone: a model of the engine in plain words, without the engine."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from hitl_tui.graphs.routing import END
from hitl_tui.model.graph import Graph, Node
from hitl_tui.model.jsontext import from_json

Entry = tuple[str, int]
Row = dict[str, Any]


@dataclass
class Edit:
    """A change of the state by hand, made while the thread stood at this superstep."""

    superstep: int
    values: dict[str, Any]


class Contradiction(Exception):
    """The steps cannot have led to where the thread stands."""


class Replay:
    """Runs through the recorded steps of a thread."""

    def __init__(self, graph: Graph, start: dict[str, Any], edits: Sequence[Edit], steps: Sequence[Row]) -> None:
        self.state = dict(start)
        self.frontier: list[Entry] = [(graph.start, 1)]
        self.visits = {graph.start: 1}
        self._graph = graph
        self._edits = edits
        self._steps = steps

    def to(self, superstep: int) -> None:
        """Go on to the superstep; raises `Contradiction`."""
        for number in range(superstep):
            self._edited(number)
            done = self.of_superstep(number)
            if set(done) != set(self.frontier):
                raise Contradiction(f"superstep {number} has {sorted(done)} instead of {sorted(self.frontier)}")
            for entry in self.frontier:
                self._write(self._graph.nodes[entry[0]], done[entry])
            names = dict.fromkeys(name for entry in self.frontier for name in self._next(entry, done[entry]))
            targets = self._left_once(done, names)
            for name in targets:
                self.visits[name] = self.visits.get(name, 0) + 1
            self.frontier = [(name, self.visits[name]) for name in targets]
        self._edited(superstep)

    def of_superstep(self, number: int) -> dict[Entry, Row]:
        """The newest step of each node run of a superstep; what is older must be a failure that was retried."""
        newest: dict[Entry, Row] = {}
        for step in self._steps:
            if step["superstep"] == number:
                entry = step["node"], step["visit"]
                older = newest.get(entry)
                if older is not None and (older["status"] != "failed" or not older["retried"]):
                    raise Contradiction(f"{entry} has ended twice: {older['seq']} and {step['seq']}")
                newest[entry] = step
        return newest

    def _left_once(self, done: dict[Entry, Row], names: Iterable[str]) -> list[str]:
        """An included graph is left when nothing runs in it any more, or by the first failure, which none handles."""
        left = list(names)
        for (name, _), step in done.items():
            scope = self._graph.nodes[name].scope
            inside = [other for other in left if scope and self._graph.nodes[other].scope == scope]
            if scope and step["status"] != "ok":
                left = [other for other in left if other not in (*inside, f"{scope[0]}/exit")]
            elif inside:
                left = [other for other in left if other != f"{scope[0]}/exit"]
        return left

    def _edited(self, superstep: int) -> None:
        for edit in self._edits:
            if edit.superstep == superstep:
                self.state |= edit.values

    def _write(self, node: Node, step: Row) -> None:
        if step["status"] == "paused" or (step["status"] == "failed" and not node.on_failure):
            raise Contradiction(f"{node.name} is {step['status']}, and the thread went on")
        self.state = copy.deepcopy(self.state)
        level = self.state
        for name in node.scope:
            level = level[name]
        for key, value in from_json(step["writes"]).items():
            level[key] = {**level.get(key, {}), **value} if key == "responses" else value

    def _next(self, entry: Entry, step: Row) -> tuple[str, ...]:
        node = self._graph.nodes[entry[0]]
        if step["status"] != "ok":
            targets = node.on_failure
        elif node.routes and from_json(step["output"]) < 2:
            targets = node.routes[0].to
        else:
            targets = node.on_success
        return tuple(name for name in targets if name != END)
