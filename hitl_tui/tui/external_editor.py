"""The reviewer's own editor on a private copy of the text: a file only they can read, removed afterwards."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

from hitl_tui.config.editor import EditorFailed, editor_command

__all__ = ["EditorFailed", "edit"]


def edit(text: str, *, suffix: str = ".txt") -> str:
    """`text` after the reviewer edited it in their editor; blocks until the editor ends, which needs the terminal.

    A line end that the editor added at the end of the file is taken off. Raises `EditorFailed`.
    """
    command = editor_command()
    # mkstemp makes the file 0600.
    handle, name = tempfile.mkstemp(prefix="hitl-answer-", suffix=suffix)
    path = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        try:
            ended = subprocess.run([*command, name], check=False)
        except OSError as error:
            raise EditorFailed(f"{command[0]} could not be started: {error.strerror or error}") from None
        if ended.returncode != 0:
            raise EditorFailed(f"{command[0]} ended with exit code {ended.returncode}")
        try:
            edited = path.read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            raise EditorFailed(f"{command[0]} saved a text that is not UTF-8") from None
        except OSError as error:
            raise EditorFailed(f"{command[0]} left no text: {error.strerror or error}") from None
    finally:
        path.unlink(missing_ok=True)
    return edited[:-1] if edited.endswith("\n") and not text.endswith("\n") else edited
