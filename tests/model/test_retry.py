"""Retry policies."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from hitl_tui.model.retry import Retry


def test_the_wait_grows_up_to_its_limit() -> None:
    policy = Retry(attempts=6, backoff=2, factor=3, max=30, jitter=0)
    assert [policy.delay(attempt, "t:n:1") for attempt in range(1, 6)] == [2, 6, 18, 30, 30]
    assert Retry(attempts=3, backoff=300, jitter=0).delay(1, "t:n:1") == 300


@given(st.integers(1, 99), st.text(), st.floats(0, 1), st.floats(1, 100))
def test_jitter_only_shortens_and_needs_no_dice(attempt: int, key: str, jitter: float, factor: float) -> None:
    policy = Retry(attempts=100, backoff=2, factor=factor, max=60, jitter=jitter)
    whole = policy.model_copy(update={"jitter": 0}).delay(attempt, key)
    wait = policy.delay(attempt, key)
    assert whole * (1 - jitter) <= wait <= whole <= 60
    assert policy.delay(attempt, key) == wait


def test_threads_that_fail_together_come_back_at_different_times() -> None:
    policy = Retry(attempts=3, backoff=60, jitter=0.5)
    waits = [policy.delay(1, f"thread-{number}:n:1") for number in range(1000)]
    assert len(set(waits)) == 1000
    assert 44 < sum(waits) / 1000 < 46
    assert policy.delay(1, "t:n:1") * 2 != policy.delay(2, "t:n:1")


def test_an_error_is_known_by_any_of_its_classes() -> None:
    kinds = ("ConnectionResetError", "ConnectionError", "OSError", "Exception")
    assert Retry(attempts=2).covers(kinds)
    assert Retry(attempts=2, on=("KeyError", "OSError")).covers(kinds)
    assert not Retry(attempts=2, on=("KeyError",)).covers(kinds)
