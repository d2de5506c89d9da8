"""Half-written answers, so that looking at another request loses nothing."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from hitl_tui.inbox.views import PendingView

_MOST = 100


class Drafts:
    """The last hundred drafts, by request. Whoever wants them to outlive the program stores what `stored` gives."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[str, Any]] = OrderedDict()

    def keep(self, request: PendingView, draft: Any) -> bool:
        """Keep what was written for a request; None forgets it. Whether it is another one than before."""
        before = self._kept.pop(request.request_id, None)
        if draft is not None:
            self._kept[request.request_id] = (request.digest, draft)
            if len(self._kept) > _MOST:
                self._kept.popitem(last=False)
        return before != self._kept.get(request.request_id)

    def restore(self, request: PendingView, stored: dict[str, Any]) -> None:
        """Take what an earlier visit stored, unless something was written since."""
        self._kept.setdefault(request.request_id, (stored["digest"], stored["draft"]))

    def stored(self, request: PendingView) -> dict[str, Any] | None:
        """The draft of a request as JSON, for `restore`."""
        kept = self._kept.get(request.request_id)
        return None if kept is None else {"digest": kept[0], "draft": kept[1]}

    def find(self, request: PendingView) -> tuple[Any, bool]:
        """What was written for a request, if anything, and whether it was for this very question (same digest)."""
        digest, draft = self._kept.get(request.request_id, (request.digest, None))
        return draft, digest == request.digest
