"""What a slow machine must not change: how long the last line says something."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def notices_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notices stay until another one comes: seconds pass between a key and a look at the screen where much runs."""
    monkeypatch.setattr("hitl_tui.tui.widgets.footer_line._SECONDS", 600.0)
