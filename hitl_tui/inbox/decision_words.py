"""A decision in one line of a history, and what became of it and of effects, on the screen and in plain text. Pure."""

from __future__ import annotations

from hitl_tui.inbox.views import DecisionView, EffectView, HeldView, StepView
from hitl_tui.safe_text import one_line, visible

_LONGEST_OPTION = 80


def decision_words(step: StepView, decision: DecisionView) -> str:
    """What was decided about what, by whom, what was chosen, and why."""
    chosen = ", ".join(_cut(one_line(option)) for option in decision.chosen)
    # In a form of a workflow's own a reason may be anything.
    reason = one_line(str(decision.data.get("reason") or decision.data.get("justification") or ""))
    why = "".join(f": {words}" for words in (chosen, reason) if words)
    who = f"{visible(decision.actor)} via {visible(decision.via)}"
    unused = ", not used" if decision.superseded else ""
    return f"{_what(step, decision)}{visible(decision.action)} by {who}{unused}{why}"


def withdrawn_words(held: HeldView) -> str:
    """That a decision was cut off by a cancel."""
    return f"{visible(str(held))}: it was held, and does not take effect"


def begun_words(effect: EffectView) -> str:
    """That nobody knows what came of an effect."""
    node = visible(effect.node) + (f" ×{effect.visit}" if effect.visit > 1 else "")
    return f"'{visible(effect.key)}' of {node} was begun, and its end is not recorded: it may have happened or not"


def _what(step: StepView, decision: DecisionView) -> str:
    """What a decision was about: `delete_file: `, or a node's name where it is another one's."""
    what = decision.tool or (decision.node if decision.node != step.node else None)
    return f"{visible(what)}: " if what else ""


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_OPTION else text[: _LONGEST_OPTION - 1] + "…"
