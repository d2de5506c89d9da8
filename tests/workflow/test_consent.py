"""What `resume` takes for consent: an approval is said, by whom, and of this interrupt (rows 153 and 158)."""

from __future__ import annotations

from typing import Any

import pytest

from hitl_tui import StateModel, Workflow, WorkflowFailed, WorkflowPaused, locations
from hitl_tui.inbox import Inbox, deciding
from hitl_tui.inbox.session import Session
from hitl_tui.inbox.views import Decided
from tests.workflow.calls import paused, thread
from tests.workflow.flows import RAN, Note, Plain, Twice, TwiceStrict, TwiceTexts


@pytest.fixture(autouse=True)
def _nothing_ran() -> None:
    RAN.clear()


class Guarded(Plain):
    """The state begins as not approved, and so does the thread with its pause."""

    state_model = Note
    checkpointer = "sqlite"

    def build_graph(self) -> Any:
        return self.start().interrupt(timeout="never").then(self.send).end()


class Wording(StateModel):
    """A text that no decision makes."""

    approved: str = "open"


class Worded(Workflow):
    """A pause in a workflow that has such a field."""

    state_model = Wording
    checkpointer = "sqlite"

    def build_graph(self) -> Any:
        return self.start().interrupt(timeout="never").then(self.look).end()

    def look(self, state: Any) -> None:
        RAN.append(state.approved)


async def test_what_the_state_began_with_is_no_decision() -> None:
    """Neither is what a fork begins with; only what was changed during the pause is."""
    await paused(Guarded(), {"text": "x", "approved": False, "rejected": True})
    async with Inbox.open(locations.database(), actor="ann", via="cli") as inbox:
        await inbox.fork("t", 1, {"count": 5}, new_id="forked")
        with pytest.raises(WorkflowPaused):
            await Guarded().resume(thread("forked"))
    assert (await Guarded().resume(thread()))["count"] == 1
    assert (await Guarded().resume(thread("forked")))["count"] == 6


class Risky(Plain):
    def build_graph(self) -> Any:
        return self.start().then(self.write).interrupt(risk="financial").then(self.send).end()


class Chosen(Plain):
    def build_graph(self) -> Any:
        paths = {"approved": self.send, "rejected": self.write}
        return self.start().interrupt(timeout="never").branch(paths).end()


@pytest.mark.parametrize("workflow", [Risky, Chosen])
async def test_consent_is_said(workflow: type[Workflow]) -> None:
    """A bare resume is none where the risk is high, or the answer chooses the branch."""
    error = await paused(workflow(), {"text": "x"})
    assert str(error).endswith("answer it in the inbox, or by resume(config, action, data)")
    with pytest.raises(WorkflowPaused):
        await workflow().resume(thread())
    workflow().update_state(thread(), {"approved": True, "approved_by": "bea"})
    assert (await workflow().resume(thread()))["count"] == 1
    async with Inbox.open(locations.database(), actor="ann", via="cli") as inbox:
        (step,) = [step for step in await inbox.history("t") if step.decision is not None]
        assert step.decision is not None
        assert step.decision.actor == "bea"
        assert step.decision.data == {"resumed": True, "said": ["approved", "approved_by"]}


async def test_a_resume_without_a_word_is_recorded_as_one() -> None:
    await paused(Plain(), {"text": "x"})
    await Plain().resume(thread())
    async with Inbox.open(locations.database(), actor="ann", via="cli") as inbox:
        (step,) = [step for step in await inbox.history("t") if step.decision is not None]
        assert step.decision is not None
        assert step.decision.data["reason"] == "resumed, and nobody said whether it is approved"


@pytest.mark.parametrize("workflow", [Twice, TwiceStrict])
@pytest.mark.parametrize("action", ["approve", None])
async def test_a_bare_resume_passes_no_earlier_approval_on(workflow: type[Workflow], action: str | None) -> None:
    """Whoever gave it, a person or the program; what is said of the second interrupt counts."""
    await paused(workflow(), {})
    if action is None:
        workflow().update_state(thread(), {"approved": True, "approved_by": "ann"})
    with pytest.raises(WorkflowPaused):
        await workflow().resume(thread(), action)
    state = workflow().get_state(thread()) or {}
    assert (state["approved"], RAN) == (True, ["reserve"]), "the reviewer of the second sees what was said of the first"
    with pytest.raises(WorkflowFailed, match="nobody approved the charge"):
        await workflow().resume(thread())
    state = workflow().get_state(thread()) or {}
    assert (state["approved"], state["approved_by"]) == (False, None)


async def test_what_no_decision_says_is_the_default_of_the_model() -> None:
    """Also where the model has texts that cannot be None: notes that nobody wrote, and an approval that is gone."""
    await paused(TwiceTexts(), {})
    with pytest.raises(WorkflowPaused):
        await TwiceTexts().resume(thread(), "approve")
    with pytest.raises(WorkflowFailed, match="nobody approved the charge"):
        await TwiceTexts().resume(thread())


async def test_a_field_that_only_has_the_name_of_an_approval_is_left_alone() -> None:
    await paused(Worded(), {})
    assert (await Worded().resume(thread()))["approved"] == "open"


async def test_an_approval_is_said_in_nobody_elses_name() -> None:
    await paused(Twice(), {})
    with pytest.raises(WorkflowPaused):
        await Twice().resume(thread(), "approve")
    Twice().update_state(thread(), {"approved": True})
    state = await Twice().resume(thread())
    assert (state["approved"], state["approved_by"], state["approved_at"]) == (True, None, None)
    assert RAN == ["reserve", "charge"]


async def test_a_rejection_counts_also_when_the_question_was_asked_anew() -> None:
    """A person approves what was shown before the update: that asks again, and the update still stands."""
    workflow = Plain()
    await paused(workflow, {"text": "x"})
    workflow.update_state(thread(), {"approved": False, "rejected_by": "bob"})
    async with Inbox.open(locations.database(), actor="bea", via="tui") as inbox:
        await inbox.decide("t", "approve")
        view = await inbox.settled("t")
        assert view.status == "paused"
    await workflow.resume(thread())
    async with Inbox.open(locations.database(), actor="bea", via="tui") as inbox:
        view = await inbox.thread("t")
        assert (view.outcome, RAN) == ("rejected", ["write"])


async def test_what_somebody_says_while_a_resume_decides_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has looked what was said, and stored nothing yet."""
    decide, said = deciding.decide, {"rejected": True, "rejected_by": "bob"}

    async def later(session: Session, thread_id: str, *rest: Any) -> Decided:
        if said:
            await Inbox(session).set_state(thread_id, said)
            said.clear()
        return await decide(session, thread_id, *rest)

    await paused(Plain(), {"text": "x"})
    monkeypatch.setattr(deciding, "decide", later)
    await Plain().resume(thread())
    async with Inbox.open(locations.database(), actor="ann", via="cli") as inbox:
        assert ((await inbox.thread("t")).outcome, RAN) == ("rejected", ["write"])
