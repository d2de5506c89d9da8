"""The metrics screen as lines. Pure."""

from __future__ import annotations

from hitl_tui.inbox.metrics import BUSY_MORE_THAN, Metrics
from hitl_tui.model.figures import bar, brief, chart, percent, sparks
from hitl_tui.tui.widgets.lines import Line
from hitl_tui.tui.widgets.panels import GAP, INSET, fitted, row, side_by_side, stacked, title

_TWO_COLUMNS, _WIDEST = 72, 116
_CHART_ROWS = 4
_TALL_ROWS = 9
_TALL = 36
_WIDEST_BAR = 4
"""Cells of one day in the chart."""
_BAR = 24
_MOST_NODES = 10


def metrics_lines(found: Metrics, width: int, height: int) -> list[Line]:
    """All panels, for a screen of this many cells and rows."""
    if not found.total_interactions:
        return _nothing(found)
    per_day = _per_day(found, width, _TALL_ROWS if height >= _TALL else _CHART_ROWS)
    if width < _TWO_COLUMNS:
        return stacked(per_day, _ended(found), _speed(found), _types(found, width), _bottlenecks(found, width))
    columns = min(width, _WIDEST)
    half = (columns - GAP) // 2
    first = side_by_side(_ended(found), _speed(found), columns)
    second = side_by_side(_types(found, half), _bottlenecks(found, half), columns)
    return stacked(per_day, first, second)


def period(found: Metrics) -> str:
    """What the figures are about: `the last 30 days, all graphs`."""
    days = f"the last {found.days} days" if found.days > 1 else "the last 24 hours"
    return f"{days}, all graphs" if found.graph is None else f"{days}, graph {found.graph}"


def _nothing(found: Metrics) -> list[Line]:
    busy = _bottlenecks(found, 60) if found.bottlenecks else []
    return stacked(
        [Line("Nobody was asked anything in this time.", style="strong")],
        [Line("Another period or another graph may have more: their keys are in the last line.")],
        busy,
    )


def _per_day(found: Metrics, width: int, rows: int) -> list[Line]:
    counts = [day.interactions for day in found.per_day]
    top = title("Asked per day", f"{found.total_interactions:,} in all, at most {max(counts):,} in 24 hours")
    room = width - 4
    cells = min(room // len(counts), _WIDEST_BAR)
    if cells < 1:
        return [top, row(sparks(counts, room), "accent"), row("oldest at the left, now at the right", "muted")]
    bars = [row(text, "accent") for text in chart(counts, rows, cells)]
    ago = f"{found.days} d ago"
    axis = ago + "now".rjust(max(cells * len(counts) - len(ago), 4))
    return [top, *bars, row(axis, "muted")]


def _ended(found: Metrics) -> list[Line]:
    closed = found.total_interactions - found.pending
    counts = (
        ("answered", found.answered),
        ("timed out", found.timed_out),
        ("cancelled", found.cancelled),
        ("pending", found.pending),
    )
    return [
        title("How it ended"),
        *(row(f"{name:<14}{number:>8,}") for name, number in counts),
        row(f"{'timeout rate':<14}{percent(found.timeout_rate):>8}  of {closed:,}"),
        row(f"{'approval rate':<14}{percent(found.approval_rate):>8}  {found.rejected:,} rejected"),
    ]


def _speed(found: Metrics) -> list[Line]:
    if not found.answered:
        return [title("How fast people answered"), row("nobody has answered yet", "muted")]
    return [
        title("How fast people answered"),
        row(f"{'median':<14}{brief(found.median_response_time):>8}"),
        row(f"{'95 of 100':<14}{brief(found.p95_response_time):>8}  or less"),
        row(f"{'mean':<14}{brief(found.avg_response_time):>8}"),
    ]


def _types(found: Metrics, width: int) -> list[Line]:
    cells = min(max(width - len(INSET) - 24, 1), _BAR)
    most = max(found.by_type.values())
    lines = [
        row(f"{fitted(kind.replace('_', ' '), 14)}{number:>8,}  {bar(number / most, cells)}")
        for kind, number in found.by_type.items()
    ]
    return [title("What was asked"), *lines]


def _bottlenecks(found: Metrics, width: int) -> list[Line]:
    top = title("Bottlenecks", "of the last 7 days")
    if not found.bottlenecks:
        return [top, row(f"no node asked more than {BUSY_MORE_THAN} times", "muted")]
    room = max(width - 14, 8)
    shown = found.bottlenecks[:_MOST_NODES]
    name = min(max(len(one.node) for one in shown), room)
    lines = [row(f"{fitted(one.node, name)}{one.interaction_count:>8,}") for one in shown]
    if len(found.bottlenecks) > _MOST_NODES:
        lines.append(row(f"and {len(found.bottlenecks) - _MOST_NODES} more", "muted"))
    return [top, *lines]
