"""Where the start picker looks for workflow files."""

from __future__ import annotations

from pathlib import Path

from hitl_tui import locations


def workflow_places() -> list[Path]:
    """The current folder, its `graphs` and `sample_graphs`, and the samples that came with the program."""
    here = Path.cwd()
    folders = [here, here / "graphs", here / "sample_graphs"]
    samples = locations.sample_graphs()
    if samples is not None:
        folders.append(samples)
    return list(dict.fromkeys(folder.resolve() for folder in folders if folder.is_dir()))


def likely_agents(file: Path) -> str | None:
    """The agents code that probably belongs to a workflow file which names none: `agents.py` beside it."""
    beside = file.parent / "agents.py"
    return str(beside.resolve()) if beside.is_file() else None
