"""Whether the inbox can be drawn on this terminal."""

from __future__ import annotations

import locale
import os
import sys
from collections.abc import Iterator, Mapping

from hitl_tui.inbox.checkup.findings import Finding, ok, warning

_COLUMNS, _LINES = 80, 24
_RICH_COLOUR = ("truecolor", "24bit")


def terminal(environment: Mapping[str, str]) -> Iterator[Finding]:
    """The terminal's kind, colours and size, and the encoding of the locale."""
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        yield ok("terminal", "this is none: commands work, the inbox needs one")
    else:
        yield _kind(environment)
        yield _size()
    yield _encoding()


def _kind(environment: Mapping[str, str]) -> Finding:
    name = environment.get("TERM", "")
    if name in ("", "dumb", "unknown"):
        said = f"TERM is '{name}'" if name else "TERM is not set"
        return warning(
            "terminal",
            f"{said}: the inbox cannot be drawn on such a terminal",
            "use a terminal program, or set TERM to what yours is, such as xterm-256color",
        )
    return ok("terminal", f"{name}, {_colours(name, environment)}")


def _colours(name: str, environment: Mapping[str, str]) -> str:
    if "NO_COLOR" in environment:
        return "no colours, as NO_COLOR wants"
    if environment.get("COLORTERM", "").lower() in _RICH_COLOUR:
        return "all colours"
    return "256 colours" if "256" in name else "16 colours"


def _size() -> Finding:
    try:
        columns, lines = os.get_terminal_size(sys.stdout.fileno())
    except OSError:
        return ok("size", "not known")
    if columns < _COLUMNS or lines < _LINES:
        return warning(
            "size",
            f"{columns}×{lines}: the inbox is made for {_COLUMNS}×{_LINES} and more",
            "make the window larger, or its letters smaller",
        )
    return ok("size", f"{columns}×{lines}")


def _encoding() -> Finding:
    found = locale.getencoding()
    if found.lower().replace("-", "") != "utf8":
        return warning(
            "locale",
            f"its encoding is {found}: signs and letters of other languages are shown as ?",
            "choose a UTF-8 locale in your shell's start file: `export LC_ALL=C.UTF-8`",
        )
    return ok("locale", found)
