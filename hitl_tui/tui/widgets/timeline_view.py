"""The history as a timeline of supersteps: what ran together, for how long, what it took and gave, who decided what."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import groupby
from typing import Any

from hitl_tui.inbox.views import AuditView, StepView
from hitl_tui.model.jsontext import iso
from hitl_tui.safe_text import visible
from hitl_tui.tui.time_left import elapsed
from hitl_tui.tui.widgets.context_view import context_lines
from hitl_tui.tui.widgets.history_view import history_lines
from hitl_tui.tui.widgets.lines import Line

_INSET = 4


def timeline_lines(
    steps: Sequence[StepView], inputs: Mapping[int, Mapping[str, Any]], now: datetime, *, whole: bool = False
) -> list[Line]:
    """The supersteps in order, with the runs of each, their inputs and their outputs."""
    if not steps:
        return [Line("Nothing has run yet.", style="muted")]
    lines: list[Line] = []
    for number, group in groupby(steps, key=lambda step: step.superstep):
        together = list(group)
        lines += [Line()] if lines else []
        lines.append(_heading(number, together, now))
        for step in together:
            lines += history_lines([step], now, whole=whole)
            lines += _values("in", inputs.get(step.seq, {}), whole=whole)
            lines += _values("out", {key: step.writes[key] for key in step.writes if key != "responses"}, whole=whole)
            for decision in step.decisions:
                lines += _values("answer, not used:" if decision.superseded else "answer", decision.data, whole=whole)
            if step.pruned:
                lines.append(Line("what it took and gave was pruned", style="muted", indent=_INSET))
    return lines


def audit_lines(entries: Sequence[AuditView]) -> list[Line]:
    """What happened to the thread and through whom, the newest first; never what somebody wrote."""
    lines = []
    for entry in entries:
        at = iso(entry.at)[:19].replace("T", " ")
        who = f"{visible(entry.actor)} via {visible(entry.via)}"
        details = "  ".join(f"{visible(key)}={visible(str(value))}" for key, value in entry.details.items())
        words = f"{visible(entry.event).replace('_', ' ')}  by {who}" + (f"  {details}" if details else "")
        lines.append(Line(words, lead=f"{at}Z", indent=22))
    return lines or [Line("Nothing is recorded.", style="muted")]


def _heading(number: int, together: Sequence[StepView], now: datetime) -> Line:
    began = min(step.started_at for step in together)
    ended = None if any(step.ended_at is None for step in together) else max(s.ended_at or now for s in together)
    took = elapsed(began, ended or now)
    parallel = f" · {len({step.node for step in together})} in parallel" if len(together) > 1 else ""
    so_far = "" if ended else " so far"
    return Line(f"{number + 1} · {iso(began)[11:19]}Z · {took}{so_far}{parallel}", style="strong")


def _values(word: str, values: Mapping[str, Any], *, whole: bool) -> Iterator[Line]:
    if not values:
        return
    lead = f"{'':<{_INSET}}{word:<6} "
    for number, line in enumerate(context_lines(values, whole=whole)):
        before = lead if number == 0 else " " * len(lead)
        # The context's own lead is shorter than its column, and follows ours.
        yield replace(line, lead=before + line.lead, indent=len(lead) + line.indent)
