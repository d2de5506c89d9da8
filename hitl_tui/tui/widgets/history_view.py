"""How a thread's history is laid out: one line a node run, and who decided what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime

from rich.cells import cell_len

from hitl_tui.inbox.views import StepView
from hitl_tui.safe_text import one_line, visible
from hitl_tui.tui.time_left import elapsed
from hitl_tui.tui.widgets.lines import Line, safe_lines

_SIGNS = {"ok": "✓", "paused": "‖", "rejected": "×", "timed_out": "×", "ended": "■", "failed": "×"}
_WIDEST_NODE = 24


def history_lines(steps: Sequence[StepView], now: datetime) -> list[Line]:
    """The node runs in order; the result of each is a decision, an error or the names of what it wrote."""
    names = [_name(step) for step in steps]
    column = min(max((cell_len(name) for name in names), default=0), _WIDEST_NODE) + 4
    lines: list[Line] = []
    for step, name in zip(steps, names, strict=True):
        style = "error" if step.status == "failed" else "label"
        lead = f"{_SIGNS.get(step.status, '·')} {name}"
        if cell_len(lead) >= column:
            lines.append(Line(name, style=style, lead=lead[:2], lead_style=style, indent=2))
            lead = ""
        for number, text in enumerate(_result(step, now)):
            lines.append(Line(text, lead="" if number else lead, lead_style=style, indent=column))
    return lines


def _name(step: StepView) -> str:
    return visible(step.node) + (f" ×{step.visit}" if step.visit > 1 else "")


def _result(step: StepView, now: datetime) -> Iterator[str]:
    took = elapsed(step.started_at, step.ended_at or now)
    yield f"{step.status.replace('_', ' ')}  {took}" + _decision(step) + _writes(step)
    if step.error:
        yield from safe_lines(step.error.rstrip("\n"))


def _decision(step: StepView) -> str:
    if step.decision is None:
        return ""
    said = step.decision.data.get("reason") or step.decision.data.get("justification")
    reason = f": {one_line(said)}" if isinstance(said, str) and said else ""
    return (
        f"  {visible(step.decision.action)} by {visible(step.decision.actor)} via {visible(step.decision.via)}{reason}"
    )


def _writes(step: StepView) -> str:
    names = [visible(name) for name in step.writes if name != "responses"]
    return f"  → {', '.join(names)}" if names and step.decision is None else ""
