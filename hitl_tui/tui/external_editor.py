"""The reviewer's own editor on a private copy of the text: a file only they can read.

It is removed once its text is taken. What was saved there and could not be taken stays.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import termios
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from hitl_tui.config.editor import EditorFailed, editor_command

__all__ = ["EditorFailed", "edit"]

_STDIN = 0


def edit(text: str, *, suffix: str = ".txt") -> str:
    """`text` after the reviewer edited it in their editor; blocks until the editor ends, which needs the terminal.

    A line end that the editor added at the end of the file is taken off. What was typed meanwhile, and the editor did
    not read, is dropped. Raises `EditorFailed`; it names the file if something was saved there. Whatever else ends
    this, such as ctrl+c, leaves the file.
    """
    command = editor_command()
    path = _private_copy(command, text, suffix)
    try:
        edited = _edited(command, path)
    except EditorFailed as error:
        if not _was_changed(path, text):
            _remove(path)
            raise
        # The editor may have put another file there.
        path.chmod(0o600)
        raise EditorFailed(f"{error}; what it saved is not taken, and stays in {path}") from None
    _remove(path)
    return edited[:-1] if edited.endswith("\n") and not text.endswith("\n") else edited


def _private_copy(command: Sequence[str], text: str, suffix: str) -> Path:
    """A new file with the text. Raises `EditorFailed`."""
    try:
        # mkstemp makes the file 0600.
        handle, name = tempfile.mkstemp(prefix="hitl-answer-", suffix=suffix)
        path = Path(name)
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
                file.write(text)
        except OSError:
            _remove(path)
            raise
    except OSError as error:
        raise EditorFailed(f"{command[0]} could not be given the text: {error.strerror or error}") from None
    return path


def _was_changed(path: Path, text: str) -> bool:
    """Whether there is a file, with something else in it."""
    try:
        return path.read_bytes() != text.encode()
    except OSError:
        return False


def _remove(path: Path) -> None:
    # The editor may have left a folder there, or nothing.
    with suppress(OSError):
        path.unlink()


def _edited(command: Sequence[str], path: Path) -> str:
    """What is in the file after the editor has ended. Raises `EditorFailed`."""
    try:
        ended = subprocess.run([*command, path], check=False)
    except OSError as error:
        raise EditorFailed(f"{command[0]} could not be started: {error.strerror or error}") from None
    _drop_typed()
    if ended.returncode != 0:
        raise EditorFailed(f"{command[0]} ended with exit code {ended.returncode}")
    try:
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise EditorFailed(f"{command[0]} saved a text that is not UTF-8") from None
    except OSError as error:
        raise EditorFailed(f"{command[0]} left no text: {error.strerror or error}") from None


def _drop_typed() -> None:
    """Keys for a window that stood still, or for an editor that had ended, must not act on what comes after it."""
    with suppress(termios.error):
        termios.tcflush(_STDIN, termios.TCIFLUSH)
