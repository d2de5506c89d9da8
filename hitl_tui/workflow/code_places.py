"""The file from which a worker loads a workflow class, if there is one."""

from __future__ import annotations

import sys
from pathlib import Path


def file_of(kind: type) -> Path | None:
    """The Python file that defines the class at its top level; None for one in a function, a notebook or a prompt."""
    module = sys.modules.get(kind.__module__)
    named = getattr(module, "__file__", None)
    if named is None or getattr(module, kind.__qualname__, None) is not kind:
        return None
    path = Path(named).resolve()
    return path if path.suffix == ".py" and path.is_file() else None
