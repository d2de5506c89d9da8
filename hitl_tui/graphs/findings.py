"""What a check of a workflow file found, with the place."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark about a workflow file; `line` counts from 1, 0 means the whole file."""

    file: str
    line: int
    severity: Literal["error", "warning"]
    graph: str
    node: str
    message: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        whose = ": ".join(part for part in (self.graph, self.node) if part)
        return f"{place}: {self.severity}: {whose + ': ' if whose else ''}{self.message}"

    def as_dict(self) -> dict[str, Any]:
        """The finding as `hitl check --json` prints it."""
        return asdict(self)


@dataclass(slots=True)
class Notes:
    """The findings of one file while it is read."""

    file: str
    findings: list[Finding] = field(default_factory=list)
    failed_graphs: set[str] = field(default_factory=set)
    """Names of the graphs with errors; an empty name stands for errors of the whole file."""
    _seen: set[Finding] = field(default_factory=set, repr=False)

    def error(self, line: int, message: str, *, graph: str = "", node: str = "") -> None:
        """Note something that keeps the graph from running."""
        self._add(Finding(self.file, line, "error", graph, node, message))

    def warning(self, line: int, message: str, *, graph: str = "", node: str = "") -> None:
        """Note something that runs, though perhaps not as meant."""
        self._add(Finding(self.file, line, "warning", graph, node, message))

    def _add(self, finding: Finding) -> None:
        if finding in self._seen:
            return
        self._seen.add(finding)
        self.findings.append(finding)
        if finding.severity == "error":
            self.failed_graphs.add(finding.graph)
