"""The reviewer's own editor: which command it is."""

from __future__ import annotations

import os
import shlex
import shutil

from hitl_tui.config.reading import one_or_none

_FALLBACKS = ("sensible-editor", "nano", "vim", "vi")
_VARIABLES = ("VISUAL", "EDITOR")


class EditorFailed(Exception):
    """The editor could not be run or gave no text back; the message says why, in words."""


def editor_command() -> list[str]:
    """The words of `editor` in `config.toml`, else of `$VISUAL` or `$EDITOR`, else the first one that is installed.

    Raises `EditorFailed` when there is none or what was named cannot be read.
    """
    if named := one_or_none("editor"):
        return shlex.split(named)
    variable = named_by_environment()
    if variable is not None:
        named = os.environ[variable]
        try:
            return shlex.split(named)
        except ValueError as error:
            raise EditorFailed(f"${variable} is {named!r}, which is no command line: {error}") from None
    for name in _FALLBACKS:
        if shutil.which(name):
            return [name]
    raise EditorFailed("no editor found; set $EDITOR to the one you use")


def named_by_environment() -> str | None:
    """The variable that names an editor, if one does."""
    return next((name for name in _VARIABLES if os.environ.get(name, "").strip()), None)
