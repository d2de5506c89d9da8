"""`InteractionAnalytics`: how people are asked, and how they answer (000, Monitoring and Analytics; rows 107 to 110).

What the figures mean stands in `hitl_tui.inbox.metrics`: they are those of `hitl metrics`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

from hitl_tui.api.storage import StorageService

BUSY_MORE_THAN = 10
Interactions = Sequence[dict[str, Any]]


class InteractionAnalytics:
    """Figures about the interactions of a database; a rate or time with nothing to be computed from is None."""

    def __init__(self, storage_service: StorageService) -> None:
        self.storage_service = storage_service

    def track_interaction_metrics(self) -> dict[str, Any]:
        """The figures of the last 30 days; times in seconds, rates from 0 to 1."""
        interactions = self.get_recent_interactions(days=30)
        return {
            "total_interactions": len(interactions),
            "by_type": self.count_by_type(interactions),
            "avg_response_time": self.calculate_avg_response_time(interactions),
            "timeout_rate": self.calculate_timeout_rate(interactions),
            "approval_rate": self.calculate_approval_rate(interactions),
        }

    def identify_bottlenecks(self) -> list[dict[str, Any]]:
        """Nodes with more than 10 interactions in the last 7 days, busiest first."""
        nodes = Counter(each["node_name"] for each in self.get_recent_interactions(days=7))
        return [
            {"node": node, "interaction_count": count, "type": "high_interaction_volume"}
            for node, count in nodes.most_common()
            if count > BUSY_MORE_THAN
        ]

    def get_recent_interactions(self, days: int) -> list[dict[str, Any]]:
        """The interactions of the last days, oldest first.

        Keys: `node_name`, `interaction_type`, `created_at`, `outcome` (`pending`, `answered`, `timed_out` or
        `cancelled`), `action`, and `response_time` in seconds, None unless a person answered.
        """
        return self.storage_service.recent_interactions(days)

    def count_by_type(self, interactions: Interactions) -> dict[str, int]:
        """How many there are of each type."""
        return dict(Counter(each["interaction_type"] for each in interactions))

    def calculate_avg_response_time(self, interactions: Interactions) -> float | None:
        """The mean time from the question to a person's answer."""
        times = [each["response_time"] for each in interactions if each["response_time"] is not None]
        return round(sum(times) / len(times), 3) if times else None

    def calculate_timeout_rate(self, interactions: Interactions) -> float | None:
        """Of those that are closed, how many nobody answered in time."""
        outcomes = [each["outcome"] for each in interactions if each["outcome"] != "pending"]
        return outcomes.count("timed_out") / len(outcomes) if outcomes else None

    def calculate_approval_rate(self, interactions: Interactions) -> float | None:
        """Of what people approved or rejected, how much they approved; a timeout is no rejection."""
        by_people = (each["action"] for each in interactions if each["response_time"] is not None)
        verdicts = [action for action in by_people if action in ("approve", "reject")]
        return verdicts.count("approve") / len(verdicts) if verdicts else None
