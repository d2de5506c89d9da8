"""CSV workflows in the AgentMap dialect: rows in, drafts of graphs out, every doubt as a finding with its line."""

from __future__ import annotations

import re
from typing import Any

from hitl_tui.graphs.csv_cells import context_in, inputs_in, names_in, targets_in
from hitl_tui.graphs.csv_dialect import COLUMNS, Header, read_header
from hitl_tui.graphs.csv_rows import Row, UnclosedQuote, delimiter_of, rows
from hitl_tui.graphs.drafts import Draft, Parsed
from hitl_tui.graphs.findings import Notes
from hitl_tui.graphs.names import ASKING_AGENTS, LLM_AGENT, TOOLS_AGENT, closest, is_known
from hitl_tui.model.graph import Node
from hitl_tui.model.strict_json import RepeatedKey

_MOST_ROWS = 20_000
_MAY_ASK = (*ASKING_AGENTS, LLM_AGENT, TOOLS_AGENT)
_SEPARATOR_LINE = re.compile(r"\Asep=.(?=\n)")
"""With this line a file tells Excel its separator."""
_ENTRY_WORDS = frozenset({"start", "begin", "entry", "none", "__start__"})


def parse(text: str, notes: Notes) -> Parsed:
    """The graphs of a CSV file. A broken row is an error in `notes`, an untidy one a warning (row 34)."""
    table, unclosed = _split(text)
    parsed = Parsed()
    if unclosed is not None:
        notes.error(unclosed.line, str(unclosed))
    if not table:
        if unclosed is None:
            notes.error(0, "the file holds no rows; its first row names the columns, at least GraphName and Node")
        return parsed
    header = read_header(table[0].cells)
    if not _header_is_usable(table[0], header, notes):
        return parsed
    if len(table) > _MOST_ROWS:
        notes.error(table[_MOST_ROWS].line, f"the file has more than {_MOST_ROWS} rows, too many for workflows")
        return parsed
    reader = _Reader(header, notes, parsed.drafts)
    for row in table[1:]:
        reader.read(row)
    reader.link_predecessors()
    if not parsed.drafts and unclosed is None and not notes.failed_graphs:
        notes.error(0, "the file has a header and no rows below it, so it defines no graph")
    return parsed


def _split(text: str) -> tuple[list[Row], UnclosedQuote | None]:
    table: list[Row] = []
    # An empty line in its place keeps the numbers of the others.
    text = _SEPARATOR_LINE.sub("", text)
    try:
        table.extend(rows(text, delimiter_of(text)))
    except UnclosedQuote as error:
        return table, error
    return table, None


def _header_is_usable(row: Row, header: Header, notes: Notes) -> bool:
    for column in header.missing:
        names = ", ".join(COLUMNS[column])
        notes.error(row.line, f"the header has no {column} column; it may be called {names}")
    every = [name for names in COLUMNS.values() for name in names]
    for name in header.unknown:
        near = closest(name, every)
        notes.warning(row.line, f"column '{name}' is not used{'; ' + near if near else ''}")
    for name in header.repeated:
        notes.warning(row.line, f"column '{name}' occurs twice; the first filled cell of a row counts")
    return not header.missing


class _Reader:
    """Reads rows one by one into drafts."""

    def __init__(self, header: Header, notes: Notes, drafts: dict[str, Draft]) -> None:
        self._header = header
        self._notes = notes
        self._drafts = drafts
        self._predecessors: list[tuple[Draft, str, tuple[str, ...], int]] = []
        self._doubled: set[str] = set()

    def read(self, row: Row) -> None:
        """Add the row's node to its graph."""
        cells = self._fitted(row)
        graph, node = self._header.value(cells, "graph"), self._header.value(cells, "node")
        if not graph or not node:
            missing = "graph" if not graph else "node"
            self._notes.error(
                row.line, f"the row has no {missing} name; fill in its {missing} column", graph=graph, node=node
            )
            return
        if row.untidy:
            message = 'text follows a closing quote; double the quotes inside a quoted cell ("")'
            self._notes.warning(row.line, message, graph=graph, node=node)
        self._compare_doubled(row.line, cells, graph, node)
        draft = self._drafts.setdefault(graph, Draft(name=graph, line=row.line, tolerant=True, start=node))
        if node in draft.nodes:
            message = f"node '{node}' is there already, on line {draft.nodes[node].line}; this row is ignored"
            self._notes.warning(row.line, message, graph=graph, node=node)
            return
        draft.nodes[node] = self._node(row.line, cells, graph, node)
        before = names_in(self._header.value(cells, "predecessor"))
        if before:
            self._predecessors.append((draft, node, before, row.line))

    def link_predecessors(self) -> None:
        """Turn each `edges` cell into success edges of the nodes it names."""
        explicit = {
            (draft.name, name)
            for draft in self._drafts.values()
            for name, node in draft.nodes.items()
            if node.on_success
        }
        for draft, node, before, line in self._predecessors:
            for name in before:
                self._link(draft, name, node, line, explicit)

    def _link(self, draft: Draft, before: str, node: str, line: int, explicit: set[tuple[str, str]]) -> None:
        source = draft.nodes.get(before)
        if source is None:
            if before.lower() not in _ENTRY_WORDS:
                near = closest(before, draft.nodes)
                message = f"edges names '{before}' as the node before, and there is none{'; ' + near if near else ''}"
                self._notes.warning(line, message, graph=draft.name, node=node)
            return
        if node in (*source.on_success, *source.on_failure):
            return
        if (draft.name, before) in explicit:
            message = f"edges names '{before}' as the node before, but that one goes elsewhere; its own target counts"
            self._notes.warning(line, message, graph=draft.name, node=node)
            return
        draft.nodes[before] = source.model_copy(update={"on_success": (*source.on_success, node)})

    def _node(self, line: int, cells: list[str], graph: str, name: str) -> Node:
        value = self._header.value
        success, failure = self._edges(line, cells, graph, name)
        return Node(
            name=name,
            agent=value(cells, "agent") or "default",
            prompt=value(cells, "prompt"),
            description=value(cells, "description"),
            inputs=inputs_in(value(cells, "inputs")),
            outputs=names_in(value(cells, "outputs")),
            on_success=success,
            on_failure=failure,
            context=self._context(line, cells, graph, name),
            line=line,
        )

    def _edges(self, line: int, cells: list[str], graph: str, name: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        edge = targets_in(self._header.value(cells, "edge"))
        success = targets_in(self._header.value(cells, "success"))
        failure = targets_in(self._header.value(cells, "failure"))
        if edge and (success or failure):
            ignored = f"; '{'|'.join(success)}' is ignored" if success and success != edge else ""
            message = f"both Edge and Success_Next/Failure_Next are set; Edge is the success edge{ignored}"
            self._notes.warning(line, message, graph=graph, node=name)
        return edge or success, failure

    def _context(self, line: int, cells: list[str], graph: str, name: str) -> dict[str, Any]:
        context = self._context_cell(line, cells, graph, name)
        source = self._header.value(cells, "tool_source")
        tools = names_in(self._header.value(cells, "available_tools"))
        if source:
            context.setdefault("tool_source", source)
        if tools:
            context.setdefault("available_tools", list(tools))
        return context

    def _context_cell(self, line: int, cells: list[str], graph: str, name: str) -> dict[str, Any]:
        try:
            context, remark = context_in(self._header.value(cells, "context"))
        except RepeatedKey as repeated:
            self._notes.error(line, f"context: {repeated}", graph=graph, node=name)
            return {}
        if remark and is_known(self._header.value(cells, "agent"), _MAY_ASK):
            # Without the `risk`, `allowed` or `interrupt_on` that somebody wrote there it would ask too little.
            self._notes.error(line, f"context: {remark}; none of its settings would count", graph=graph, node=name)
        elif remark:
            self._notes.warning(line, f"context: {remark}; it is kept as plain text", graph=graph, node=name)
        return context

    def _fitted(self, row: Row) -> list[str]:
        """The row's cells, as many as the header has."""
        width = len(self._header.names)
        cells = list(row.cells)
        surplus = len(cells) - width
        graph, node = self._header.value(cells, "graph"), self._header.value(cells, "node")
        if surplus < 0:
            message = f"the row has {len(cells)} cells and the header {width}; the missing ones count as empty"
            self._notes.warning(row.line, message, graph=graph, node=node)
        elif surplus > 0 and not any(cell.strip() for cell in cells[width:]):
            message = f"the row has {len(cells)} cells and the header {width}; the empty ones at its end are ignored"
            self._notes.warning(row.line, message, graph=graph, node=node)
        elif surplus > 0:
            joined = _join_braces(row, surplus)
            remedy = (
                "the unquoted {…} is taken as one cell"
                if joined
                else f"those after the header's last column are ignored, from {cells[width][:40]!r} on"
            )
            message = f"the row has {len(cells)} cells and the header {width}; {remedy}; quote cells that hold commas"
            self._notes.warning(row.line, message, graph=graph, node=node)
            cells = joined or cells
        return (cells + [""] * width)[:width]

    def _compare_doubled(self, line: int, cells: list[str], graph: str, node: str) -> None:
        for column in self._header.positions:
            for name, value in self._header.others(cells, column).items():
                if name not in self._doubled:
                    self._doubled.add(name)
                    message = f"column '{name}' is a second {column} column and is ignored here ('{value[:40]}')"
                    self._notes.warning(line, message, graph=graph, node=node)


def _join_braces(row: Row, surplus: int) -> list[str] | None:
    """The cells with an unquoted `{"a": 1, "b": 2}`, which its commas have split, as one cell again."""
    for position in range(len(row.cells) - surplus):
        parts = slice(position, position + surplus + 1)
        joined = ",".join(row.cells[parts]).strip()
        if joined.startswith("{") and joined.endswith("}") and not any(row.quoted[parts]):
            return [*row.cells[:position], joined, *row.cells[parts.stop :]]
    return None
