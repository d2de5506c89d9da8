"""A pool of agent processes that is gone after the test."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from hitl_tui.engine.hosts import Hosts


@pytest.fixture
async def hosts() -> AsyncIterator[Hosts]:
    made = Hosts(keep=2)
    yield made
    await made.close()
