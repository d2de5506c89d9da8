"""How a thread's history is laid out: one line a node run, who decided what, and below it how it went wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from rich.cells import cell_len

from hitl_tui.inbox.decision_words import decision_words
from hitl_tui.inbox.views import StepView
from hitl_tui.safe_text import visible
from hitl_tui.tui.time_left import elapsed
from hitl_tui.tui.widgets.lines import Line, safe_lines

_SIGNS = {"ok": "✓", "paused": "‖", "rejected": "×", "timed_out": "×", "ended": "■", "failed": "×"}
_WIDEST_NODE = 24
_LOG_LINES = 5
"""How many of a log's last lines are shown before all of it is asked for."""
_INSET = 4
_BAR = " " * _INSET + "│ "


def history_lines(steps: Sequence[StepView], now: datetime, *, whole: bool = False) -> list[Line]:
    """The node runs in order; the result of each is a decision, an error or the names of what it wrote.

    Below it what it printed, and where it raised: the end of that, or `whole`. An attempt that was followed by
    another one is dimmed, and says so.
    """
    names = [_name(step) for step in steps]
    column = min(max((cell_len(name) for name in names), default=0), _WIDEST_NODE) + 4
    lines: list[Line] = []
    for step, name in zip(steps, names, strict=True):
        own = list(_lines(step, name, column, now, whole=whole))
        lines += [replace(line, style="muted", lead_style="muted") for line in own] if step.retried else own
    return lines


def trace_lines(trace: str | None, *, whole: bool) -> Iterator[Line]:
    """A traceback; unless `whole`, only that there is one."""
    if not trace:
        return
    texts = safe_lines(trace.rstrip("\n"))
    if whole:
        yield from _quoted(texts)
    else:
        yield _folded(f"traceback of {_count(len(texts))}")


def _lines(step: StepView, name: str, column: int, now: datetime, *, whole: bool) -> Iterator[Line]:
    style = "error" if step.status == "failed" else "label"
    lead = f"{_SIGNS.get(step.status, '·')} {name}"
    if cell_len(lead) >= column:
        yield Line(name, style=style, lead=lead[:2], lead_style=style, indent=2)
        lead = ""
    for number, text in enumerate(_result(step, now)):
        yield Line(text, lead="" if number else lead, lead_style=style, indent=column)
    yield from trace_lines(step.traceback, whole=whole)
    yield from _log_lines(step.logs, whole=whole)


def _name(step: StepView) -> str:
    return visible(step.node) + (f" ×{step.visit}" if step.visit > 1 else "")


def _result(step: StepView, now: datetime) -> Iterator[str]:
    took = elapsed(step.started_at, step.ended_at or now)
    said = [decision_words(step, decision) for decision in step.decisions]
    one = f"  {said.pop()}" if len(said) == 1 else ""
    yield f"{step.status.replace('_', ' ')}  {took}" + _attempt(step) + one + _writes(step)
    yield from said
    if step.error:
        yield from safe_lines(step.error.rstrip("\n"))


def _attempt(step: StepView) -> str:
    if step.retried:
        return f"  attempt {step.attempt}, tried again"
    return f"  attempt {step.attempt}" if step.attempt > 1 else ""


def _writes(step: StepView) -> str:
    names = [visible(name) for name in step.writes if name != "responses"]
    return f"  → {', '.join(names)}" if names and step.decision is None else ""


def _log_lines(logs: str | None, *, whole: bool) -> Iterator[Line]:
    if not logs:
        return
    texts = safe_lines(logs.rstrip("\n"))
    # Folding one line away would take one line.
    hidden = 0 if whole or len(texts) <= _LOG_LINES + 1 else len(texts) - _LOG_LINES
    if hidden:
        yield _folded(f"log: {_count(hidden)} before these")
    yield from _quoted(texts[hidden:])


def _quoted(texts: Sequence[str]) -> Iterator[Line]:
    """What others wrote, so that no row of it can pass for one of ours."""
    return (Line(text, "muted", _BAR, "muted", len(_BAR), is_quoted=True) for text in texts)


def _folded(words: str) -> Line:
    return Line(f"… {words}", style="accent", indent=_INSET, is_cut=True)


def _count(lines: int) -> str:
    return "1 line" if lines == 1 else f"{lines:,} lines"
