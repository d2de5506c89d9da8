"""Where the start picker looks for workflow files."""

from __future__ import annotations

from pathlib import Path

import hitl_tui


def workflow_places() -> list[Path]:
    """The current folder, its `sample_graphs` and `graphs`, and the samples that came with the program."""
    here = Path.cwd()
    package = Path(hitl_tui.__file__).parent
    samples = (package / "sample_graphs", package.parent / "sample_graphs")
    folders = (here, here / "graphs", here / "sample_graphs", *samples)
    return list(dict.fromkeys(folder.resolve() for folder in folders if folder.is_dir()))


def likely_agents(file: Path) -> str | None:
    """The agents code that probably belongs to a workflow file which names none: `agents.py` beside it."""
    beside = file.parent / "agents.py"
    return str(beside.resolve()) if beside.is_file() else None
