"""The runner screen as lines. Pure; `now` is given."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from hitl_tui.inbox.activity import Activity, Failure, RunningThread
from hitl_tui.model.figures import sparks
from hitl_tui.safe_text import one_line
from hitl_tui.tui.time_left import elapsed
from hitl_tui.tui.widgets.lines import Line, safe_lines
from hitl_tui.tui.widgets.panels import INSET, fitted, row, stacked, title

_MOST_THREADS = 15
_MOST_FAILURES = 5
_LEAST_LOG = 6
_TIMES = 8
"""Cells of the columns FOR and LEASE."""
_OWNER = 18


def runner_lines(
    found: Activity, log: Sequence[str], log_path: str, now: datetime, width: int, height: int
) -> list[Line]:
    """All panels, for a screen of this many cells and rows; the log takes the rows that are left."""
    above = stacked(_standing(found, now), _running(found, now, width), _pace(found), _failures(found, width))
    rows = max(height - len(above) - 2, _LEAST_LOG)
    return stacked(above, _log(log, log_path, rows, width))


def _standing(found: Activity, now: datetime) -> list[Line]:
    sign = "●" if found.live_worker else "○"
    worker = f"{sign} a worker is alive" if found.live_worker else f"{sign} no worker is alive"
    figures = [f"{found.running_total:,} running", f"{found.ready:,} ready"]
    if found.asleep:
        soon = f" for {elapsed(now, found.next_wake)}" if found.next_wake and found.next_wake > now else ""
        figures.append(f"{found.asleep:,} asleep{soon}")
    if found.blocked:
        figures.append(f"{found.blocked:,} blocked")
    text = f"{worker}   {'   '.join(figures)}"
    lines = [Line(text, marks=((0, len(worker), "accent" if found.live_worker else "error"),))]
    if not found.live_worker:
        lines.append(row("Ready threads wait. The inbox starts a worker; so does `hitl worker`.", "muted"))
    if found.blocked:
        lines.append(row("Blocked: their agents code is not trusted. `hitl doctor` names it.", "muted"))
    return lines


def _running(found: Activity, now: datetime, width: int) -> list[Line]:
    if not found.running:
        return [title("Running"), row("nothing runs now; what runs is listed here", "muted")]
    owners = width >= 90
    room = width - len(INSET) - 2 * _TIMES - (_OWNER if owners else 0) - 2
    thread, graph = room * 4 // 10, room * 3 // 10
    cells = (thread, graph, room - thread - graph)
    heading = "".join(name.ljust(size) for name, size in zip(("THREAD", "GRAPH", "NODE"), cells, strict=True))
    heading += f"{'FOR':>{_TIMES}}{'LEASE':>{_TIMES}}" + ("  OWNER" if owners else "")
    shown = found.running[:_MOST_THREADS]
    lines = [row(_thread(one, now, cells, owners=owners), _style(one, now)) for one in shown]
    if found.running_total > len(shown):
        lines.append(row(f"and {found.running_total - len(shown):,} more", "muted"))
    runners = f"{len(found.owners)} runners" if len(found.owners) > 1 else "1 runner"
    return [title("Running", f"{found.running_total:,} by {runners}"), row(heading, "muted"), *lines]


def _thread(one: RunningThread, now: datetime, cells: tuple[int, int, int], *, owners: bool) -> str:
    left = "expired" if one.lease_until < now else elapsed(now, one.lease_until)
    names = (one.thread_id, one.graph, _nodes(one))
    text = "".join(f"{fitted(name, size - 1)} " for name, size in zip(names, cells, strict=True))
    text += f"{elapsed(one.since, now):>{_TIMES}}{left:>{_TIMES}}"
    return f"{text}  {fitted(one.owner, _OWNER)}" if owners else text


def _nodes(one: RunningThread) -> str:
    again = f" ({one.takeovers} workers died)" if one.takeovers else ""
    if not one.nodes:
        return again.strip()
    more = f" +{len(one.nodes) - 1}" if len(one.nodes) > 1 else ""
    return f"{one.nodes[0]}{more}{again}"


def _style(one: RunningThread, now: datetime) -> str:
    return "error" if one.lease_until < now or one.takeovers else ""


def _pace(found: Activity) -> list[Line]:
    minutes = len(found.pace)
    top = title("Pace", f"each of the last {minutes} minutes, now at the right")
    rows = (
        ("ended", [one.ended for one in found.pace]),
        ("failed", [one.failed for one in found.pace]),
        ("asked", [one.asked for one in found.pace]),
    )
    if not any(any(counts) for _, counts in rows):
        return [top, row("nothing ended and nobody was asked", "muted")]
    lines = []
    for name, counts in rows:
        style = "error" if name == "failed" and any(counts) else "accent"
        text = f"{INSET}{name:<8}{sparks(counts)}  {sum(counts):,} in all, at most {max(counts):,}"
        start = len(INSET) + 8
        lines.append(Line(text, marks=((start, start + minutes, style),)))
    return [top, *lines]


def _failures(found: Activity, width: int) -> list[Line]:
    if not found.failures:
        return [title("Failures"), row("none that stands", "muted")]
    shown = found.failures[:_MOST_FAILURES]
    more = f" and {len(found.failures) - len(shown)} more" if len(found.failures) > len(shown) else ""
    lines = [row(_failure(one, found.now, width)) for one in shown]
    return [title("Failures", f"the newest {len(shown)}{more}; on the shelf failed of the inbox are all"), *lines]


def _failure(one: Failure, now: datetime, width: int) -> str:
    at, here = one.at.astimezone(), now.astimezone()
    when = f"{at:%H:%M}" if at.date() == here.date() else f"{at:%d %b}"
    thread = max((width - 12) // 4, 8)
    where = f"{one.graph} · {one.node}" if one.node else one.graph
    said = one_line(one.error or one.status.replace("_", " "))
    room = max(width - len(INSET) - 8 - thread, 8)
    return f"{when:<7}{fitted(one.thread_id, thread - 1)} {fitted(f'{where}: {said}', room).rstrip()}"


def _log(log: Sequence[str], path: str, rows: int, width: int) -> list[Line]:
    top = title("Log of the worker", fitted(path, max(width - 22, 10)).rstrip())
    if not log:
        return [top, row("nothing is logged yet", "muted")]
    lines = [text for raw in log for text in safe_lines(raw)]
    return [top, *(row(fitted(text, width - len(INSET)).rstrip(), "muted") for text in lines[-(rows - 1) :])]
