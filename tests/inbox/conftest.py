"""A clock that the test moves."""

from __future__ import annotations

import pytest

from tests.engine.workshop import Clock


@pytest.fixture
def clock() -> Clock:
    return Clock()
