"""The agents that read and write files: CSV, JSON and plain text, in UTF-8.

The path stands in the node's context (`path`, `file`, `file_path`, `filename` or `collection`), with `{names}` filled
like a prompt's, else in an input of such a name. What a writer writes is its input `data` or `content`, else its first
input that is not the path. Relative paths start at the folder for files (`files_dir`), and no path leads out of it.
"""

from __future__ import annotations

import asyncio
import csv
import io
import json
import os
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from hitl_tui import locations
from hitl_tui.agents.base import BaseAgent
from hitl_tui.errors import HitlError
from hitl_tui.graphs.templates import fill, show
from hitl_tui.model.jsontext import for_display

PATH_NAMES = ("path", "file", "file_path", "filename", "collection")
DATA_NAMES = ("data", "content")
MODES = ("write", "append")
LARGEST_BYTES = 16 * 1024 * 1024


class FileFailed(HitlError):
    """A file cannot be read or written; names it and says why."""

    code = "file_failed"


def files_dir() -> Path:
    """The folder that file agents may touch: `HITL_FILES_DIR`, else where the runner was started."""
    return locations.expanded(os.environ.get("HITL_FILES_DIR") or Path.cwd(), "HITL_FILES_DIR").resolve()


class FileAgent(BaseAgent):
    """Finds the path and does the blocking work in a thread."""

    async def process(self, inputs: dict[str, Any]) -> Any:
        """Read or write; raises `FileFailed`."""
        named = self._named(inputs)
        return await _in_a_thread(lambda: self._try(named, inputs))

    def work(self, path: Path, inputs: dict[str, Any]) -> Any:
        """What this agent does with the file; runs in a thread of its own."""
        raise NotImplementedError

    @property
    def delimiter(self) -> str:
        """What stands between the cells of a CSV file; raises `FileFailed` unless it is one character."""
        delimiter = self.context.get("delimiter") or ","
        if not isinstance(delimiter, str) or len(delimiter) != 1 or delimiter in '\r\n"':
            raise FileFailed(f"node '{self.node_name}': the delimiter {delimiter!r} is not one character")
        return delimiter

    def _try(self, named: str, inputs: dict[str, Any]) -> Any:
        try:
            return self.work(self._allowed(named), inputs)
        except UnicodeError:
            raise FileFailed(f"{named} is not UTF-8 text", file=named) from None
        except (OSError, RuntimeError) as error:
            raise FileFailed(f"{named}: {getattr(error, 'strerror', None) or error}", file=named) from None

    def _named(self, inputs: dict[str, Any]) -> str:
        given = next((self.context[name] for name in PATH_NAMES if self.context.get(name)), None)
        if given is not None:
            given = fill(str(given), self.inputs, self.state)
        given = given or next((inputs[name] for name in PATH_NAMES if inputs.get(name)), None)
        if not isinstance(given, str) or not given.strip() or "\0" in given:
            raise FileFailed(f"node '{self.node_name}' names no file; write its path as `path` into the context")
        return given

    def _allowed(self, named: str) -> Path:
        folder = files_dir()
        path = (folder / Path(named).expanduser()).resolve()
        if not path.is_relative_to(folder):
            # A database may come from elsewhere, with threads that nobody here has started.
            raise FileFailed(
                f"{path} is outside of {folder}; set HITL_FILES_DIR to the folder that workflows may read and write",
                file=str(path),
            )
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise FileFailed(f"{path} is a pipe, a socket or a device; name a regular file", file=str(path))
        return path


async def _in_a_thread(work: Callable[[], Any]) -> Any:
    """As `asyncio.to_thread`, but nobody waits for it as the program ends: a file of a network may hang."""
    done: Future[Any] = Future()
    # From now on it cannot be cancelled, also not with its node.
    done.set_running_or_notify_cancel()

    def run() -> None:
        try:
            done.set_result(work())
        except BaseException as error:
            done.set_exception(error)

    threading.Thread(target=run, name="hitl-file", daemon=True).start()
    return await asyncio.wrap_future(done)


class _Reader(FileAgent):
    def work(self, path: Path, inputs: dict[str, Any]) -> Any:
        if path.stat().st_size > LARGEST_BYTES:
            raise FileFailed(f"{path} is larger than {LARGEST_BYTES >> 20} MB, too much for a thread's state")
        return self.parse(path.read_text(encoding="utf-8-sig"), path)

    def parse(self, text: str, path: Path) -> Any:
        """The node's output for the file's text."""
        return text


class FileReader(_Reader):
    """Output: the file's text."""


class JsonReader(_Reader):
    """Output: the file's value."""

    def parse(self, text: str, path: Path) -> Any:
        """Raises `FileFailed` naming the line."""
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            raise FileFailed(f"{path}:{error.lineno}: {error.msg}", file=str(path)) from None
        except RecursionError:
            raise FileFailed(f"{path} is nested too deeply", file=str(path)) from None


class CsvReader(_Reader):
    """Output: a list with a dict for each row, by the names of the first row; all values are texts."""

    def parse(self, text: str, path: Path) -> list[dict[str, str]]:
        """Raises `FileFailed` naming the line."""
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=self.delimiter, strict=True)
        try:
            rows = [(reader.line_num, row) for row in reader if row]
        except csv.Error as error:
            raise FileFailed(f"{path}:{reader.line_num}: {error}", file=str(path)) from None
        if not rows:
            return []
        names = [name.strip() for name in rows[0][1]]
        for line, row in rows[1:]:
            if len(row) > len(names):
                raise FileFailed(f"{path}:{line}: {len(row)} cells, and only {len(names)} columns", file=str(path))
        return [dict(zip(names, row + [""] * (len(names) - len(row)), strict=True)) for _, row in rows[1:]]


class _Writer(FileAgent):
    def work(self, path: Path, inputs: dict[str, Any]) -> str:
        mode = str(self.context.get("mode") or "write").lower()
        if mode not in MODES:
            raise FileFailed(f"node '{self.node_name}': mode '{mode}' is not one of {', '.join(MODES)}")
        _check_writable(path)
        text = self.compose(self._data(inputs), path if mode == "append" and path.exists() else None)
        path.parent.mkdir(parents=True, exist_ok=True)
        if mode == "append":
            with path.open("a", encoding="utf-8", newline="") as file:
                file.write(text)
        else:
            _replace(path, text)
        return str(path)

    def compose(self, data: Any, existing: Path | None) -> str:
        """The text to write for `data`; `existing` is the file that it is appended to."""
        text = data if isinstance(data, str) else show(data)
        return text if text.endswith("\n") else text + "\n"

    def _data(self, inputs: dict[str, Any]) -> Any:
        names = [*DATA_NAMES, *(name for name in inputs if name not in PATH_NAMES)]
        found = next((name for name in names if inputs.get(name) is not None), None)
        if found is not None:
            return inputs[found]
        if self.prompt_template:
            return self.prompt
        raise FileFailed(f"node '{self.node_name}' has nothing to write; give it an input")


class FileWriter(_Writer):
    """Writes a text, the filled prompt where no input is set; other values as JSON. Output: the file's path."""


class JsonWriter(_Writer):
    """Writes a value as JSON; with `mode: append` as one line. Output: the file's path."""

    def compose(self, data: Any, existing: Path | None) -> str:
        """The JSON text; times as ISO 8601."""
        append = str(self.context.get("mode")).lower() == "append"
        return json.dumps(for_display(data), ensure_ascii=False, indent=None if append else 2) + "\n"


class CsvWriter(_Writer):
    """Writes a dict, or a list of dicts or lists, as rows; `mode: append` keeps the columns of the file.

    Output: the file's path.
    """

    def compose(self, data: Any, existing: Path | None) -> str:
        """The rows; raises `FileFailed` when the data is no table, or has columns that the file lacks."""
        rows = [data] if isinstance(data, dict) else data
        if not isinstance(rows, list) or not all(isinstance(row, (dict, list)) for row in rows):
            raise FileFailed(f"node '{self.node_name}': a CSV file takes a dict, or a list of dicts or lists")
        columns = list(dict.fromkeys(name for row in rows if isinstance(row, dict) for name in row))
        text = io.StringIO(newline="")
        writer = csv.writer(text, delimiter=self.delimiter, lineterminator="\n")
        there = _columns_of(existing, self.delimiter) if existing else []
        if there:
            strangers = [name for name in columns if name not in there]
            if strangers:
                raise FileFailed(f"{existing} has no column '{strangers[0]}'", file=str(existing))
            columns = there
        elif columns:
            writer.writerow(columns)
        for row in rows:
            cells = [row.get(name) for name in columns] if isinstance(row, dict) else row
            writer.writerow(["" if cell is None else show(cell) for cell in cells])
        return text.getvalue()


def _columns_of(path: Path, delimiter: str) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return next(iter(csv.reader(file, delimiter=delimiter)), [])


def _check_writable(path: Path) -> None:
    """Refuse hidden files and Python code: agents code is trusted by its path, and so must not come from a workflow."""
    below = path.relative_to(files_dir()).parts
    if any(part.startswith(".") for part in below) or path.suffix.lower() in (".py", ".pyw", ".pth", ".so"):
        raise FileFailed(f"{path}: workflows may not write hidden files nor Python code", file=str(path))


def _replace(path: Path, text: str) -> None:
    """Write the file whole or not at all, so that a killed run leaves the old one."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".hitl-", suffix=".tmp")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        Path(name).chmod(path.stat().st_mode & 0o777 if path.exists() else 0o644)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
