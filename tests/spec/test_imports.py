"""One import: everything that a developer needs comes from `hitl_tui`, and nothing of it before it is asked for."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

import hitl_tui
from tests.cost import cpu_seconds

ROUNDS = 7
ALONE = "import sys, hitl_tui; print(*sys.modules)"


def seconds(code: str) -> float:
    """How much CPU time the imports take, beside a Python that does nothing; the best of some rounds."""
    return min(cpu_seconds("-c", code) for _ in range(ROUNDS))


def test_every_name_is_there() -> None:
    for name in hitl_tui._PLACES:
        assert getattr(hitl_tui, name).__module__.startswith("hitl_tui.")
    assert set(hitl_tui._PLACES) <= set(dir(hitl_tui))
    assert (Path(hitl_tui.__file__).parent / "py.typed").is_file()


def test_a_star_brings_every_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those that nobody has asked for yet."""
    for name in hitl_tui._PLACES:
        monkeypatch.delitem(vars(hitl_tui), name, raising=False)
    brought: dict[str, object] = {}
    exec("from hitl_tui import *", brought)
    assert brought.keys() - {"__builtins__"} == hitl_tui._PLACES.keys()


def test_type_checkers_see_every_name() -> None:
    text = Path(hitl_tui.__file__).read_text(encoding="utf-8")
    assert [name for name in hitl_tui._PLACES if f"import {name} as {name}\n" not in text] == []


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Bogus'"):
        hitl_tui.Bogus  # noqa: B018


def test_importing_the_package_loads_nothing() -> None:
    """At most three times as long as `import json`, and neither Textual nor pydantic-ai."""
    started = time.monotonic()
    done = subprocess.run([sys.executable, "-c", ALONE], capture_output=True, text=True, check=True)
    assert time.monotonic() - started < 20
    tops = {name.partition(".")[0] for name in done.stdout.split()}
    assert not tops & {"textual", "pydantic_ai", "pydantic", "click", "sqlite3"}
    assert seconds("import hitl_tui") <= 3 * seconds("import json")
