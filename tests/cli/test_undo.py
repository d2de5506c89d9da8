"""`resume --hold` and `hitl undo` (row 99)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.cli.conftest import Hitl
from tests.cli.spec_requests import THREAD
from tests.cli.test_hints import hints
from tests.waiting import until


@pytest.fixture
def held(hitl: Hitl, asking: Mapping[str, Path]) -> Hitl:
    hitl.use(asking["Budget"])
    result = hitl.quick("resume", THREAD, "approve", "--hold", "600", "--json")
    assert result.code == 0
    assert (result.json["status"], result.json["pending"][0]["status"]) == ("paused", "held")
    return hitl


def test_an_answer_can_be_taken_back(held: Hitl) -> None:
    result = held.quick("undo", THREAD, "--json")
    assert result.code == 0
    assert result.json["pending"][0]["status"] == "pending"
    assert held.quick("resume", THREAD, "reject", "--json").json["state"]["responses"]
    late = held.quick("undo", THREAD, "--json")
    assert late.code == 4
    assert "is already released: reject by" in late.error["message"]


def test_a_held_answer_is_an_answer(held: Hitl) -> None:
    again = held.quick("resume", THREAD, "reject", "--json")
    assert (again.code, again.error["code"]) == (4, "already_decided")


def test_it_takes_effect_when_the_time_is_over(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    hitl.use(asking["Budget"])
    assert hitl.quick("resume", THREAD, "approve", "--hold", "0.3").code == 0
    shown = until(lambda: out if "until" not in (out := hitl.quick("show", THREAD).out) else "")
    assert "answered, takes effect as soon as the thread is run" in shown
    assert list(hints(shown)) == ["let it take effect"]
    assert hitl.quick("wait", THREAD, "--json").json["status"] == "completed"


def test_a_held_answer_is_shown_as_one_with_the_way_back(held: Hitl) -> None:
    shown = held.quick("show", THREAD)
    assert "answered, can be taken back until" in shown.out
    assert list(hints(shown.out)) == ["take back"]
    assert held.quick("show", THREAD, "--json").json["pending"][0]["held_until"].endswith("Z")
    assert held.typed(hints(shown.out)["take back"]).code == 0
    assert set(hints(held.quick("show", THREAD).out)) == {"approve", "reject"}


def test_a_wait_for_a_held_answer_says_so(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    hitl.use(asking["Budget"])
    hitl.quick("resume", THREAD, "approve", "--hold", "4.5")
    waited = hitl.quick("wait", THREAD, "--timeout", "1", "--json")
    until = waited.json["pending"][0]["held_until"]
    assert (waited.code, waited.json["status"]) == (0, "paused")
    assert waited.err == f"hitl: thread '{THREAD}' waits until {until}, while its decision can be taken back\n"
