"""What reaches stdout and stderr: results on stdout, the rest on stderr; silent when nobody reads them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from typing import Any, TextIO

from hitl_tui.errors import HitlError
from hitl_tui.safe_text import visible


class OutputLost(HitlError):
    """A stream takes nothing more; what the command has done until then is done."""

    code = "output_lost"


def wants_json(arguments: Sequence[str]) -> bool:
    """Whether `--json` is among the options, also of a call that cannot be parsed."""
    options = arguments[: arguments.index("--")] if "--" in arguments else arguments
    return "--json" in options


def make_tolerant() -> None:
    """Let characters that the terminal's encoding lacks be replaced, so that no text can break a command."""
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None:
            reconfigure(errors="replace")


def text(words: str) -> None:
    """Print plain text to stdout; raises `OutputLost`. The caller has cleaned what is foreign in it."""
    stream = sys.stdout
    if stream is None:
        return
    try:
        write(stream, words if words.endswith("\n") else words + "\n")
    except BrokenPipeError:
        _discard(stream)


def write(stream: TextIO, words: str) -> None:
    """Write `words` as they are, at once; raises `OutputLost`, and `BrokenPipeError` where the reader left."""
    try:
        stream.write(words)
        stream.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        raise lost(stream, error) from error


def lost(stream: TextIO, error: OSError) -> OutputLost:
    """What to raise where `stream` takes nothing more; what is still buffered is dropped."""
    _discard(stream)
    return OutputLost(
        f"cannot write the output: {error.strerror}", hint="only the output is lost: what the command has done is done"
    )


def as_json(value: Any) -> None:
    """Print one JSON document to stdout, indented for a person's eyes only.

    ASCII only: any terminal and any encoding takes it, and no control character in a value can act on the screen.
    """
    stream = sys.stdout
    indent = 2 if stream is not None and stream.isatty() else None
    text(json.dumps(value, ensure_ascii=True, indent=indent, default=str))


def result(json_wanted: bool, value: Any, words: str) -> None:
    """Print a command's result in the form that was asked for."""
    if json_wanted:
        as_json(value)
    else:
        text(words)


def note(words: str) -> None:
    """Print one line for the person to stderr."""
    if sys.stderr is None:
        return
    try:
        sys.stderr.write(visible(words, newlines=True) + "\n")
        sys.stderr.flush()
    except OSError:
        # Also a full disk: the exit code tells more than that the words could not be written.
        _discard(sys.stderr)


def finish(stream: TextIO | None) -> None:
    """Flush `stream` now, so that the interpreter has nothing left to complain about at its end."""
    if stream is None:
        return
    try:
        stream.flush()
    except OSError:
        # The reader left, or whoever wrote it has said already that it cannot be written.
        _discard(stream)


def _discard(stream: TextIO) -> None:
    """Send what is still buffered nowhere: the reader left (`hitl list | head`), or the disk is full."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nothing, stream.fileno())
    os.close(nothing)
