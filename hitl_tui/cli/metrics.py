"""`hitl metrics`: how much people are asked, how fast they answer, and where it piles up."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import click

from hitl_tui.cli import output
from hitl_tui.cli.columns import table
from hitl_tui.cli.settings import Command, settings_of
from hitl_tui.model.figures import bar, brief, percent, sparks
from hitl_tui.safe_text import visible

if TYPE_CHECKING:
    from hitl_tui.inbox.metrics import Metrics

_BAR = 24
_SPARKS = 48


@click.command("metrics", cls=Command, short_help="Show how much is asked and how fast it is answered.")
@click.option("--days", type=click.IntRange(1, 3650), default=30, show_default=True, help="So many days back from now.")
@click.option("--graph", metavar="NAME", help="Only requests of this graph.")
@click.pass_context
def metrics(context: click.Context, days: int, graph: str | None) -> None:
    """Show the requests of the last days: how many, of which type, how they ended, how fast people answered.

    Response times are of what people answered: not of what is pending or timed out. The timeout rate is of all closed
    requests; the approval rate is of what people approved or rejected. Bottlenecks are nodes with more than 10 requests
    in the last 7 days.
    """
    from hitl_tui.cli.session import visit
    from hitl_tui.inbox import Inbox

    async def read(inbox: Inbox) -> tuple[Metrics, list[str]]:
        return await inbox.metrics(days, graph), await inbox.graph_names() if graph is not None else []

    settings = settings_of(context)
    found, graphs = visit(settings, read)
    if settings.json:
        output.as_json(as_dict(found))
    else:
        output.text("\n".join(_lines(found, unknown=graph is not None and graph not in graphs)))


def as_dict(found: Metrics) -> dict[str, Any]:
    """The figures under the names of the documents (rows 107 and 109), and more beside them; times in seconds."""
    from hitl_tui.model.jsontext import iso

    return {
        "days": found.days,
        "since": iso(found.since),
        "until": iso(found.now),
        "graph": found.graph,
        "total_interactions": found.total_interactions,
        "by_type": found.by_type,
        "avg_response_time": found.avg_response_time,
        "median_response_time": found.median_response_time,
        "p95_response_time": found.p95_response_time,
        "timeout_rate": found.timeout_rate,
        "approval_rate": found.approval_rate,
        "pending": found.pending,
        "answered": found.answered,
        "timed_out": found.timed_out,
        "cancelled": found.cancelled,
        "approved": found.approved,
        "rejected": found.rejected,
        "bottlenecks": [bottleneck.as_dict() for bottleneck in found.bottlenecks],
        "per_day": [{"from": iso(day.start), "interactions": day.interactions} for day in found.per_day],
    }


def _lines(found: Metrics, *, unknown: bool) -> list[str]:
    graph = f", graph {visible(found.graph)}" if found.graph is not None else ""
    title = f"the last {found.days} days{graph}" if found.days > 1 else f"the last 24 hours{graph}"
    if unknown:
        return [f"{title}: no thread of such a graph was ever started here"]
    if not found.total_interactions:
        return [f"{title}: nobody was asked anything", *_bottlenecks(found)]
    return [title, "", *_asked(found), "", *_ended(found), "", *_speed(found), *_bottlenecks(found)]


def _asked(found: Metrics) -> list[str]:
    lines = [f"asked  {found.total_interactions:,}"]
    most = max(found.by_type.values())
    lines += table([(f"  {kind}", f"{number:>6,}", bar(number / most, _BAR)) for kind, number in found.by_type.items()])
    if found.days > 1:
        counts = [day.interactions for day in found.per_day]
        lines.append(f"  per day   {sparks(counts, _SPARKS)}  now; at most {max(counts):,}")
    return lines


def _ended(found: Metrics) -> list[str]:
    closed = found.total_interactions - found.pending
    return [
        "how it ended",
        *table(
            [
                ("  answered", f"{found.answered:>6,}", ""),
                ("  timed out", f"{found.timed_out:>6,}", ""),
                ("  cancelled", f"{found.cancelled:>6,}", ""),
                ("  pending", f"{found.pending:>6,}", ""),
                ("  timeout rate", f"{percent(found.timeout_rate):>6}", f"of {closed:,} closed"),
                (
                    "  approval rate",
                    f"{percent(found.approval_rate):>6}",
                    f"{found.approved:,} approved, {found.rejected:,} rejected",
                ),
            ]
        ),
    ]


def _speed(found: Metrics) -> list[str]:
    times = (
        ("  median", found.median_response_time, "half of the answers took no longer"),
        ("  95th percentile", found.p95_response_time, "95 of 100 took no longer"),
        ("  mean", found.avg_response_time, ""),
    )
    return ["how fast people answered", *table([(name, f"{brief(time):>6}", words) for name, time, words in times])]


def _bottlenecks(found: Metrics) -> list[str]:
    from hitl_tui.inbox.metrics import BUSY, BUSY_MORE_THAN

    if not found.bottlenecks:
        return []
    week = f"{BUSY // timedelta(days=1)} days"
    return [
        "",
        f"bottlenecks: nodes that asked more than {BUSY_MORE_THAN} times in the last {week}",
        *table([(f"  {visible(one.node)}", f"{one.interaction_count:,} times") for one in found.bottlenecks]),
    ]
