"""A workflow file's text, or a finding that says why there is none. Never a traceback for what is in the file."""

from __future__ import annotations

from pathlib import Path

from hitl_tui.errors import FileMissing
from hitl_tui.graphs.findings import Notes
from hitl_tui.safe_text import is_text

_LARGEST = 16 * 1024 * 1024


def read_text(path: Path, notes: Notes) -> str | None:
    """The text of `path` with line ends as `\\n` and without a byte order mark; None after an error in `notes`.

    Raises `FileMissing` when there is no such regular file, or it cannot be opened.
    """
    content = _content(path)
    if len(content) > _LARGEST:
        notes.error(0, f"the file is larger than {_LARGEST // 1024 // 1024} MB, too large for a workflow")
        return None
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        notes.error(1, "the file is UTF-16; save it as UTF-8")
        return None
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        notes.error(line, f"byte 0x{content[error.start]:02x} is not UTF-8 text; save the file as UTF-8")
        return None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "\0" in text:
        line = text.count("\n", 0, text.index("\0")) + 1
        notes.error(line, "the file holds a NUL byte, so it is not a text file; export it again as UTF-8 text")
        return None
    if not text.strip():
        notes.error(0, "the file is empty; `hitl schema` and docs/graphs.md describe the format")
        return None
    return text


def joined(text: str) -> str:
    """The text with each pair of surrogates as the character that it means: JSON tools write `\\ud83d\\ude00`."""
    if is_text(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "surrogatepass")


def _content(path: Path) -> bytes:
    try:
        if not path.exists():
            raise FileMissing(f"{path}: no such file", hint="check the path of the workflow file", file=str(path))
        if not path.is_file():
            raise FileMissing(f"{path}: not a file", hint="name one .yaml, .yml or .csv file", file=str(path))
        with path.open("rb") as stream:
            return stream.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        if isinstance(error, FileMissing):
            raise
        reason = getattr(error, "strerror", None) or str(error)
        raise FileMissing(f"{path}: cannot be read: {reason}", hint="", file=str(path)) from None
