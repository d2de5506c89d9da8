"""`hitl history` in plain text: a row for each node run, and below it what it printed and where it raised. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from hitl_tui.cli.columns import pairs, table
from hitl_tui.cli.hints import command
from hitl_tui.cli.render_text import (
    duration,
    ending,
    error_words,
    foreign,
    next_commands,
    status_words,
    to_the_second,
    value_in_one_line,
)
from hitl_tui.inbox.decision_words import decision_words
from hitl_tui.inbox.views import StepView, ThreadView
from hitl_tui.safe_text import one_line, visible


def history(view: ThreadView, steps: Sequence[StepView], now: datetime, *, width: int | None, db: Path | None) -> str:
    """The node runs of a thread as a table, with who decided what, and below each what it printed and logged."""
    facts = [("thread", visible(view.thread_id)), ("graph", visible(view.graph)), ("status", status_words(view))]
    if view.error is not None:
        facts.append(("error", error_words(view.error)))
    facts += ending(view)
    rows = [("#", "NODE", "STATUS", "STARTED", "TOOK", "RESULT"), *(_step_row(step) for step in steps)]
    heading, *shown = table(rows, limit=width)
    body = [line for row, step in zip(shown, steps, strict=True) for line in (row, *_below(step))]
    itself = command(db, "history", view.thread_id)
    hints = pairs([(purpose, line) for purpose, line in next_commands(view, now, db) if line != itself])
    return "\n".join([*pairs(facts), "", heading, *body, *([""] if hints else []), *hints])


def _step_row(step: StepView) -> tuple[str, ...]:
    took = duration(step.ended_at - step.started_at) if step.ended_at is not None else "-"
    return (
        str(step.seq),
        visible(step.node) + (f" ×{step.visit}" if step.visit > 1 else ""),
        step.status + (f" (attempt {step.attempt})" if step.attempt > 1 or step.retried else ""),
        to_the_second(step.started_at),
        took,
        _step_result(step),
    )


def _below(step: StepView) -> list[str]:
    """What stands below a step's row: its decisions, if they have no room in it; what it printed and logged, and where
    it raised if it did not run again.
    """
    trace = None if step.retried else step.traceback
    said = [] if _in_row(step) else [f"  {decision_words(step, decision)}" for decision in step.decisions]
    return said + [line for text in (step.logs, trace) if text for line in foreign(text)]


def _in_row(step: StepView) -> bool:
    """Whether its decision is the result: it is the only one, is used, and the step did not fail for another reason."""
    return len(step.decisions) == 1 and step.decision is not None and step.status != "failed"


def _step_result(step: StepView) -> str:
    if step.decision is not None and _in_row(step):
        return decision_words(step, step.decision)
    if step.decision is not None and step.status != "failed":
        return f"{len(step.decisions)} decisions"
    if step.error:
        return one_line(step.error)
    return "; ".join(f"{visible(key)} = {value_in_one_line(value)}" for key, value in step.writes.items())
