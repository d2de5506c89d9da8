"""Workflow files for the tests of this floor."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from hitl_tui.graphs.loading import Loaded, load_file

HEADER = "graph_name,node_name,agent_type,next_on_success,next_on_failure,prompt,input_fields,output_field,context\n"
BUILTINS = (
    "default",
    "input",
    "output",
    "echo",
    "human",
    "suspend",
    "graph",
    "graph_exit",
    "approval_interaction",
    "edit_interaction",
    "choice_interaction",
    "text_input_interaction",
    "conversation_interaction",
)
SAMPLES = Path(__file__).parents[2] / "sample_graphs"


def load(folder: Path, name: str, content: str | bytes, known: Collection[str] | None = BUILTINS) -> Loaded:
    """The file `name` with this content, loaded."""
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load_file(path, known=known)


def remarks(loaded: Loaded) -> list[str]:
    """The findings without their file: `line severity message`."""
    return [f"{finding.line} {finding.severity} {finding.message}" for finding in loaded.findings]
