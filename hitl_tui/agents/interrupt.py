"""The agent of an interrupt: a pause that is asked as an approval, and leaves its record in the state."""

from __future__ import annotations

from typing import Any

from hitl_tui.agents.base import Asked
from hitl_tui.agents.interactions import ApprovalInteraction, outcome
from hitl_tui.agents.update import Update
from hitl_tui.graphs.routing import has_failure_edge
from hitl_tui.model import risk
from hitl_tui.model.approval_record import RECORD, approval_record, withdrawn
from hitl_tui.model.graph import Node
from hitl_tui.model.interaction import RESPONSES, HumanInteractionRequest
from hitl_tui.model.kinds import InteractionType

RESUMED = "resumed"
"""Marks the data of an answer that a program gave by resuming: it has changed the state itself, as it saw fit."""
SAID = "said"
"""Which fields of an approval it has set during the pause."""
_SETTING = "record"


class Interrupt(ApprovalInteraction):
    """Asks to go on. Output: `"approve"`, or `"reject"` on the failure edge; who, when and why go into the state.

    The reviewer sees the node's inputs, or the whole state where it has none. `context.record` names the fields of the
    record to write, all of them by default (rows 166 and 167).
    """

    pure = True
    kind = InteractionType.APPROVAL

    def process(self, inputs: dict[str, Any]) -> Any:
        """The output, with the record."""
        resumed = self._resumed()
        request = resumed or self.question(inputs)
        response = self.ask(request)
        result = outcome(request, response)
        if resumed is None:
            record = approval_record(response, self.state)
        else:
            # An approval from before the pause was none of what is asked here. Older answers do not tell what was said.
            said = (response.data or {}).get(SAID)
            record = {} if said is None else withdrawn(self.state, said)
        names = self.context.get(_SETTING, RECORD)
        return Update({name: value for name, value in record.items() if name in names}, result)

    def question(self, inputs: dict[str, Any]) -> HumanInteractionRequest:
        """What this node asks."""
        shown = inputs or {name: value for name, value in self.state.items() if name != RESPONSES}
        asked = super().question(shown)
        if _SETTING not in shown:
            asked.context = {name: value for name, value in asked.context.items() if name != _SETTING}
        return asked

    def _resumed(self) -> HumanInteractionRequest | None:
        """The request as it was asked, if a program has resumed: what it changed in the state asks nothing anew."""
        recorded = self.questions.recorded if self.questions is not None else ()
        return next((earlier.request for earlier in recorded if _is_resumed(earlier)), None)


def must_be_said(node: Node) -> bool:
    """Whether it takes a word of consent to go on from this interrupt: its risk is high, or the answer chooses."""
    return risk.is_high(node.context.get("risk")) or has_failure_edge(node)


def _is_resumed(earlier: Asked) -> bool:
    return earlier.response is not None and (earlier.response.data or {}).get(RESUMED) is True
