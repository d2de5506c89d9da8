"""The columns of the AgentMap CSV dialect and every name they go by (rows 34, 36; design facts, "CSV workflows")."""

from __future__ import annotations

from dataclasses import dataclass, field

COLUMNS: dict[str, tuple[str, ...]] = {
    "graph": ("GraphName", "graph_name", "Graph", "WorkflowName", "workflow_name", "workflow"),
    "node": ("Node", "node_name", "NodeName", "Step", "StepName", "name"),
    "agent": ("AgentType", "agent_type", "Agent", "Type"),
    "prompt": ("Prompt", "Instructions", "Template", "prompt_template"),
    "description": ("Description", "desc", "Details"),
    "inputs": ("Input_Fields", "Inputs", "InputFields", "Input", "Input_Field"),
    "outputs": ("Output_Field", "Output", "OutputField", "Output_Fields", "Outputs"),
    "edge": ("Edge", "next_node", "NextNode", "Target", "next"),
    "success": ("Success_Next", "next_on_success", "SuccessTarget", "on_success", "NextSuccess"),
    "failure": ("Failure_Next", "next_on_failure", "FailureTarget", "on_failure", "NextFailure", "error_node"),
    "predecessor": ("edges",),
    "context": ("Context", "Config", "Configuration"),
    "tool_source": ("Tool_Source", "ToolSource", "ToolFile", "ToolModule"),
    "available_tools": ("Available_Tools", "AvailableTools", "Tools", "ToolList"),
}
"""Each column of ours with its names in the file, the preferred ones first.

Letter case, spaces, hyphens and underscores do not count. `edges` is not a plural of `Edge`: it names the nodes
*before* this one. Where a file has two names of one column, such as `graph` and `workflow`, the preferred one counts
in each row that fills it.
"""

REQUIRED = ("graph", "node")


def header_form(name: str) -> str:
    """The form in which column names are compared."""
    return "".join(character for character in name.lower() if character not in " \t_-")


@dataclass(frozen=True, slots=True)
class Header:
    """Where the columns of a file are: positions by column of ours, preferred names first."""

    names: tuple[str, ...]
    positions: dict[str, list[int]]
    unknown: tuple[str, ...] = ()
    repeated: tuple[str, ...] = field(default=())
    """Names that occur twice in the header, as in the file."""

    @property
    def missing(self) -> tuple[str, ...]:
        """Required columns that the file does not have."""
        return tuple(column for column in REQUIRED if column not in self.positions)

    def value(self, cells: list[str], column: str) -> str:
        """The column's first filled cell in a row, stripped; an empty text when there is none."""
        values = (cells[position].strip() for position in self.positions.get(column, ()) if position < len(cells))
        return next((value for value in values if value), "")

    def others(self, cells: list[str], column: str) -> dict[str, str]:
        """What the column's other names hold in this row and differs from its value, by name."""
        chosen = self.value(cells, column)
        filled = {
            self.names[position]: cells[position].strip()
            for position in self.positions.get(column, ())
            if position < len(cells)
        }
        return {name: value for name, value in filled.items() if value and value != chosen}


def read_header(cells: list[str]) -> Header:
    """Which column each cell of the header row names."""
    order = {
        header_form(alias): (column, rank) for column, names in COLUMNS.items() for rank, alias in enumerate(names)
    }
    found: dict[str, list[tuple[int, int]]] = {}
    unknown: list[str] = []
    seen: set[str] = set()
    repeated: list[str] = []
    for position, cell in enumerate(cells):
        form = header_form(cell)
        if form and form in seen:
            repeated.append(cell.strip())
        seen.add(form)
        if form in order:
            column, rank = order[form]
            found.setdefault(column, []).append((rank, position))
        elif form:
            unknown.append(cell.strip())
    positions = {column: [position for _, position in sorted(places)] for column, places in found.items()}
    return Header(tuple(cell.strip() for cell in cells), positions, tuple(unknown), tuple(repeated))
