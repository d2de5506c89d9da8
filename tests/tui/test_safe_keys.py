"""Safe keys, the rule itself."""

from __future__ import annotations

from hitl_tui.tui.safe_keys import SafeKeys
from hitl_tui.tui.settling import SETTLE_SECONDS


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_row_169_a_key_acts_only_on_what_is_selected_and_painted() -> None:
    """row 169"""
    keys = SafeKeys(Clock())
    keys.select("a", by_itself=False)
    assert "not on the screen yet" in keys.refusal("a")
    keys.paint("a")
    assert keys.refusal("a") == ""
    assert "not on the screen yet" in keys.refusal("b")
    keys.select("b", by_itself=False)
    assert "not on the screen yet" in keys.refusal("b")
    keys.paint("b")
    assert keys.refusal("b") == ""


def test_row_169_keys_are_ignored_for_a_moment_after_the_list_moved_by_itself() -> None:
    """row 169"""
    clock = Clock()
    keys = SafeKeys(clock)
    keys.select("a", by_itself=False)
    keys.paint("a")
    keys.select("b", by_itself=True)
    keys.paint("b")
    assert "just come under the cursor" in keys.refusal("b")
    clock.now += SETTLE_SECONDS
    assert keys.refusal("b") == ""


def test_a_reload_that_keeps_the_item_does_not_stop_the_keys() -> None:
    keys = SafeKeys(Clock())
    keys.select("a", by_itself=False)
    keys.paint("a")
    keys.select("a", by_itself=True)
    assert keys.refusal("a") == ""


def test_moving_by_hand_ends_the_wait() -> None:
    keys = SafeKeys(Clock())
    keys.select("a", by_itself=True)
    keys.select("b", by_itself=False)
    keys.paint("b")
    assert keys.refusal("b") == ""


def test_a_burst_decides_nothing_after_the_first() -> None:
    """Keys that are ignored lengthen the block: only a moment of rest ends it."""
    now = [0.0]
    keys = SafeKeys(lambda: now[0])
    keys.select("b", by_itself=True)
    keys.paint("b")
    for _ in range(20):
        now[0] += 0.1
        assert keys.refusal("b")
        keys.ignored()
    now[0] += 0.41
    assert keys.refusal("b") == ""
