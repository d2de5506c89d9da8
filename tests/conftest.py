"""Every test runs with its own config and state folders, a fixed reviewer, and no colour of the outer terminal."""

from __future__ import annotations

import gc
import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# Derandomised: a red run is red again on the next machine.
settings.register_profile(
    "suite", max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("long", settings.get_profile("suite"), max_examples=5000, derandomize=False)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "suite"))

# A shell has what it runs behind `nohup` and `&` ignore them, and so would each process that is sent one here.
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first: what is left at the end is quickly shared out."""
    items.sort(key=lambda item: not (item.path.stem.endswith("_pty") or item.path.parent.name in ("crash", "machine")))


def pytest_collection_finish() -> None:
    """What has been loaded by now stays: to look through it again and again for garbage took an eighth of the tests."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def own_places(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Config, state and database of this test only."""
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HITL_CONFIG_DIR", str(home / "config"))
    monkeypatch.setenv("HITL_STATE_DIR", str(home / "state"))
    monkeypatch.setenv("HITL_ACTOR", "ann")
    monkeypatch.delenv("HITL_DB", raising=False)
    monkeypatch.delenv("NO_COLOR", raising=False)
    return home


@pytest.fixture(autouse=True)
def own_log() -> Iterator[None]:
    """What the command line, run in this process, logs to is that test's, and closed after it."""
    yield
    root = logging.getLogger()
    for handler in root.handlers[:]:
        if type(handler) is logging.StreamHandler:
            root.removeHandler(handler)
