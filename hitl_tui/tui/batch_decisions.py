"""What the reviewer has said about the items of a batch so far, and the answer that it makes. Pure; rows from 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hitl_tui.model import batch

_MOST_NAMED = 8


@dataclass(slots=True)
class Decisions:
    """A word (`approve`, `reject`) for some of `count` items, and a reason for some of those that are rejected."""

    count: int
    words: dict[int, str] = field(default_factory=dict)
    reasons: dict[int, str] = field(default_factory=dict)

    @classmethod
    def from_draft(cls, count: int, draft: Mapping[str, Any]) -> Decisions:
        """What `draft` kept."""
        words = {int(row): word for row, word in draft.get("words", {}).items() if int(row) < count}
        reasons = {int(row): reason for row, reason in draft.get("reasons", {}).items() if int(row) in words}
        return cls(count, words, reasons)

    def draft(self) -> dict[str, Any] | None:
        """As JSON, whose keys are texts; None for nothing said."""
        if not self.words:
            return None
        return {
            "words": {str(row): word for row, word in self.words.items()},
            "reasons": {str(row): reason for row, reason in self.reasons.items()},
        }

    @property
    def left(self) -> int:
        """How many items have no decision."""
        return self.count - len(self.words)

    @property
    def rejected(self) -> list[int]:
        """The items that are left out of an approval."""
        return sorted(row for row, word in self.words.items() if word == "reject")

    @property
    def counted(self) -> str:
        """`4 approved, 1 rejected`."""
        rejected = len(self.rejected)
        return f"{len(self.words) - rejected} approved, {rejected} rejected"

    def toggle(self, row: int) -> None:
        """Leave an item out, or not any more."""
        if self.words.get(row) == "reject":
            del self.words[row]
            self.reasons.pop(row, None)
        else:
            self.words[row] = "reject"

    def decide(self, row: int, word: str, reason: str) -> None:
        """Say a word about one item."""
        self.words[row] = word
        self.reasons.pop(row, None)
        if reason:
            self.reasons[row] = reason

    def next_open(self, after: int) -> int:
        """The first item without a decision from there on, and around; the item itself if there is none."""
        order = ((after + step) % self.count for step in range(self.count))
        return next((row for row in order if row not in self.words), after)

    def without_reason(self, word: str) -> bool:
        """Whether some item that is rejected when the batch gets this word has no reason of its own."""
        rejected = range(self.count) if word == "reject" else self.rejected
        return any(row not in self.reasons for row in rejected)

    def question(self, word: str, row: int | None, *, reason_required: bool, confirm: str, leave: str) -> str:
        """What would be decided by a word about the batch, or about one item: with the count and the numbers.

        `confirm` and `leave` are the keys that do and do not do it.
        """
        asked = f"Reason ({'required' if reason_required else 'optional'}):"
        if row is not None:
            return f"Reject item {row + 1} of {self.count}. {asked}"
        if word == "reject":
            return f"Reject all {self.count} {_items(self.count)}. {asked}"
        rejected = self.rejected
        if not rejected:
            return f"Approve all {self.count} {_items(self.count)}? {confirm} approves, {leave} decides nothing."
        named = ", ".join(str(row + 1) for row in rejected[:_MOST_NAMED])
        more = " …" if len(rejected) > _MOST_NAMED else ""
        approved = self.count - len(rejected)
        which = f"{_items(len(rejected))} {named}{more}"
        return f"Approve {approved} {_items(approved)}, reject {len(rejected)} ({which}). {asked}"

    def answer(self, kind: str, word: str, reason: str) -> tuple[str, dict[str, Any] | None]:
        """Action and data for a word about the batch; the items' own decisions go along where they say more."""
        data: dict[str, Any] = {"reason": reason} if reason else {}
        if kind == "choice":
            data = {"choice": batch.APPROVE_ALL if word == "approve" else batch.REJECT_ALL, **data}
        if word == "approve" and self.rejected:
            data["decisions"] = self._each(word)
        return "choose" if kind == "choice" else word, data or None

    def one_by_one(self, kind: str) -> tuple[str, dict[str, Any]]:
        """Action and data once every item has its decision."""
        decisions = {"decisions": self._each("")}
        if kind == "choice":
            return "choose", {"choice": batch.ONE_BY_ONE, **decisions}
        return "approve" if "approve" in self.words.values() else "reject", decisions

    def _each(self, otherwise: str) -> list[Any]:
        return [self._decision(row, self.words.get(row, otherwise)) for row in range(self.count)]

    def _decision(self, row: int, word: str) -> Any:
        return {"decision": word, "reason": self.reasons[row]} if row in self.reasons else word


def _items(count: int) -> str:
    return "item" if count == 1 else "items"
