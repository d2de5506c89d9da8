"""Half-written answers of requests that are not on the screen, so that looking at another one loses nothing."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from hitl_tui.inbox.views import PendingView

_MOST = 100


class Drafts:
    """The last hundred drafts, by request; in memory only."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[str, Any]] = OrderedDict()

    def keep(self, request: PendingView, draft: Any) -> None:
        """Keep what was written for a request; None forgets it."""
        self._kept.pop(request.request_id, None)
        if draft is not None:
            self._kept[request.request_id] = (request.digest, draft)
            if len(self._kept) > _MOST:
                self._kept.popitem(last=False)

    def find(self, request: PendingView) -> tuple[Any, bool]:
        """What was written for a request, if anything, and whether it was for this very question (same digest)."""
        digest, draft = self._kept.get(request.request_id, (request.digest, None))
        return draft, digest == request.digest
