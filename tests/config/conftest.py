"""A `config.toml` of this test's own."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hitl_tui.config.reading import config_file


@pytest.fixture
def written() -> Callable[[str], Path]:
    """Writes the text of `config.toml`; returns where it is."""

    def write(text: str) -> Path:
        file = config_file()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    return write
