"""What is wrong in the user's settings: where, what, and what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hitl_tui.errors import ConfigInvalid
from hitl_tui.safe_text import visible


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong; `line` counts from 1, and `key` is the place as it is written: `views.1.shelf`.

    Without a file it is a variable of the environment, and `key` its name.
    """

    file: Path | None
    line: int | None
    key: str
    message: str
    remedy: str

    def __str__(self) -> str:
        return visible(f"{self._words}; {self.remedy}" if self.remedy else self._words)

    @property
    def _words(self) -> str:
        line = f":{self.line}" if self.line is not None else ""
        parts = (self.file and f"{self.file}{line}:", self.key and f"{self.key}:", self.message)
        return " ".join(part for part in parts if part)

    def as_dict(self) -> dict[str, str | int | None]:
        """For JSON output."""
        return {
            "file": str(self.file) if self.file else None,
            "line": self.line,
            "key": self.key,
            "message": self.message,
            "remedy": self.remedy,
        }

    def as_error(self) -> ConfigInvalid:
        """For a command that cannot go on with it."""
        return ConfigInvalid(
            visible(self._words),
            hint=visible(f"{self.remedy}; `hitl config` shows all of it" if self.remedy else "`hitl config` shows it"),
            file=str(self.file) if self.file else None,
            line=self.line,
            key=self.key,
        )


def dotted(path: tuple[str, ...]) -> str:
    """A place as it is written in TOML: `views.1.shelf`, `keys."inbox.retry"`."""
    bare = (
        part if part.replace("_", "").replace("-", "").isalnum() and part.isascii() else f'"{part}"' for part in path
    )
    return ".".join(bare)
