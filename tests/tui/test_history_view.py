"""What a person sees of a thread's history: attempts, errors, tracebacks, and what the nodes printed."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from hitl_tui.inbox.views import Cancelled, DecisionView, EffectView, ErrorView, HeldView, StepView
from hitl_tui.tui.widgets.history_view import history_lines
from hitl_tui.tui.widgets.lines import Line
from hitl_tui.tui.widgets.thread_view import thread_lines
from hitl_tui.tui.widgets.timeline_view import timeline_lines
from tests.tui.request_samples import NOW, thread

TRACE = 'Traceback (most recent call last):\n  File "agents.py", line 7, in pay\nValueError: [/b] \x1b[31mno\n'


def step(**changes: Any) -> StepView:
    """A node run of two minutes, changed as named."""
    given: dict[str, Any] = {
        "seq": 1,
        "node": "pay",
        "visit": 1,
        "status": "ok",
        "started_at": NOW,
        "ended_at": NOW + timedelta(seconds=125),
        "writes": {},
        "error": None,
        "decisions": [],
        **changes,
    }
    return StepView(**given)


def text(lines: list[Line]) -> str:
    """The lines as they read; where something is cut, the view names the key that shows it."""
    return "\n".join(f"{line.lead:<{line.indent}}{line.text}{' — v' * line.is_cut}" for line in lines)


def test_each_step_says_how_long_it_took() -> None:
    assert "ok  2m05s" in text(history_lines([step()], NOW))


def test_an_attempt_that_was_tried_again_is_dimmed_and_says_so_in_words() -> None:
    first = step(status="failed", error="no route", retried=True)
    second = step(seq=2, attempt=2)
    lines = history_lines([first, second], NOW)
    assert "attempt 1, tried again" in text(lines)
    assert "attempt 2" in text(lines)
    ours = [line for line in lines if "no route" in line.text or "tried again" in line.text]
    assert {(line.style, line.lead_style) for line in ours} == {("muted", "muted")}
    assert lines[-1].style == ""


def test_a_traceback_is_folded_until_all_is_asked_for() -> None:
    failed = step(status="failed", error="no", traceback=TRACE)
    assert "traceback of 3 lines — v" in text(history_lines([failed], NOW))
    assert "agents.py" not in text(history_lines([failed], NOW))
    shown = text(history_lines([failed], NOW, whole=True))
    assert '│   File "agents.py", line 7, in pay' in shown
    assert "[/b] ␛[31mno" in shown
    assert "\x1b" not in shown


def test_the_end_of_a_log_is_shown_and_all_of_it_when_asked_for() -> None:
    printed = step(logs="".join(f"line {n}\n" for n in range(1, 21)))
    shown = text(history_lines([printed], NOW))
    assert "log: 15 lines before these — v" in shown
    assert "│ line 16" in shown
    assert "│ line 15" not in shown
    assert "│ line 1\n" in text(history_lines([printed], NOW, whole=True))


def test_a_log_cannot_pass_for_a_step_or_give_orders() -> None:
    printed = step(logs="✓ approve   ok  approve by ann via tui\r\n\x1b[2J\u202egnp")
    shown = text(history_lines([printed], NOW))
    assert "│ ✓ approve   ok" in shown
    assert "\x1b" not in shown
    assert "\u202e" not in shown


def test_a_failed_thread_offers_its_traceback() -> None:
    failed = thread(status="failed", error=ErrorView("pay", "ValueError", "no", TRACE))
    assert "traceback of 3 lines — v" in text(thread_lines(failed, [], NOW))
    assert "agents.py" in text(thread_lines(failed, [], NOW, whole=True))


def test_a_thread_that_has_ended_says_who_cancelled_it_and_what_is_not_certain() -> None:
    by = Cancelled("ann\x1b", "tui", NOW, [HeldView("r1", "pay", "approve", "bob")])
    shown = text(thread_lines(thread(status="cancelled", cancelled=by), [], NOW))
    assert "by        ann␛ via tui\n" in shown
    assert "withdrawn approve at 'pay' by bob: it was held, and does not take effect" in shown
    paid = thread(status="completed", begun=[EffectView("pay", 2, "transfer", done=False)])
    assert "! 'transfer' of pay ×2 was begun, and its end is not recorded" in text(thread_lines(paid, [], NOW))


def test_a_thread_that_rests_before_another_attempt_says_for_how_long() -> None:
    resting = thread(status="ready", frontier=["pay"], wake_at=NOW + timedelta(seconds=90))
    assert "pay failed and is tried again" in text(thread_lines(resting, [], NOW))
    assert "1m30s" in text(thread_lines(resting, [], NOW))


def test_each_decision_of_a_step_says_what_it_is_about() -> None:
    """rows 93 and 166: two calls of one node, and two people"""
    mail = DecisionView("r1", "act", "send_email", "reject", {"reason": "spam"}, "ann", "tui", NOW)
    file = DecisionView("r2", "act", "delete_[b]file\x1b", "approve", {}, "mallory", "cli", NOW)
    shown = text(history_lines([step(node="act", decisions=[file, mail])], NOW))
    assert "delete_[b]file␛: approve by mallory via cli\n" in shown
    assert "send_email: reject by ann via tui: spam" in shown
    batch = DecisionView("r3", "act_batch_1", None, "choose", {}, "ann", "tui", NOW)
    assert "2m05s  act_batch_1: choose by ann" in text(history_lines([step(node="act", decisions=[batch])], NOW))
    plain = DecisionView("r4", "act", None, "approve", {}, "ann", "tui", NOW)
    assert "2m05s  approve by ann via tui" in text(history_lines([step(node="act", decisions=[plain])], NOW))


def test_the_timeline_marks_an_answer_that_is_not_used() -> None:
    """In the words of `hitl history`: it stands beside the one that was used."""
    first = DecisionView("r1", "pay", None, "edit", {"edited": "5"}, "ann", "tui", NOW, superseded=True)
    then = DecisionView("r2", "pay", None, "edit", {"edited": "7"}, "bob", "cli", NOW)
    shown = text(timeline_lines([step(decisions=[first, then])], {}, NOW)).splitlines()
    assert [line.split() for line in shown if line.startswith("    answer")] == [
        ["answer,", "not", "used:", "edited", "5"],
        ["answer", "edited", "7"],
    ]


def test_a_choice_says_what_was_chosen_and_why() -> None:
    options = ("redo it", "x\x1b" + "x" * 100 + "\nand more")
    chose = DecisionView("r1", "act", None, "choose", {"justification": "it broke"}, "ann", "tui", NOW, options)
    shown = text(history_lines([step(node="act", decisions=[chose])], NOW))
    assert f"choose by ann via tui: redo it, x␛{'x' * 77}…: it broke" in shown
