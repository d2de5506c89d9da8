"""Document 004: its samples with only the import changed (rows 85, 148 to 158, 163 to 167)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from hitl_tui import StateModel, WorkflowFailed, WorkflowPaused, locations
from hitl_tui import Workflow as Agent
from hitl_tui.inbox import Inbox
from tests.spec.orders import TRACE, OrderApprovalAgent

ORDER = {"order_id": "ORD-123", "customer_id": "CUST-456"}


def thread(name: str) -> dict[str, Any]:
    return {"configurable": {"thread_id": name}}


@pytest.fixture(autouse=True)
def _nothing_done() -> None:
    TRACE.clear()


class ApprovalState(StateModel):
    query: str
    approved: bool = False
    approved_by: str = None
    approval_time: datetime = None


class ApprovalAgent(Agent):
    state_model = ApprovalState
    checkpointer = "postgres"  # Required for interrupts!

    def build_graph(self):
        return (
            self.start()
            .then(self.classify_request)
            # Pause here for human review
            .interrupt()
            # Only continues after human approval
            .then(self.execute_action)
            .end()
        )

    async def classify_request(self, state):
        TRACE.append("classified")
        return state

    async def execute_action(self, state):
        TRACE.append("executed")
        return state


async def test_basic_interrupt_row_148_row_149_row_150_row_151_row_152() -> None:
    """row 148, row 149, row 150, row 151, row 152"""
    agent = ApprovalAgent()
    config = {"configurable": {"thread_id": "workflow-123"}}
    with pytest.raises(WorkflowPaused) as paused:
        await agent.invoke({"query": "Delete user data"}, config=config)
    assert TRACE == ["classified"]
    assert (paused.value.thread_id, paused.value.request.node) == ("workflow-123", "after_classify_request")
    state = agent.get_state(config)
    assert state is not None and state["query"] == "Delete user data"
    assert agent.get_state(thread("unknown")) is None
    now = datetime.now()  # noqa: DTZ005
    agent.update_state(config, {"approved": True, "approved_by": "admin@example.com", "approval_time": now})
    state = agent.get_state(config)
    assert state is not None
    assert (state["query"], state["approved"], state["approval_time"]) == ("Delete user data", True, now)
    result = await agent.resume(config)
    assert TRACE == ["classified", "executed"]
    assert (result["approved_by"], result["approval_time"]) == ("admin@example.com", now)


async def test_only_an_approval_executes_the_action_row_148() -> None:
    """row 148: a rejection in the inbox ends the workflow, and what was decided stands in its state."""
    agent, config = ApprovalAgent(), thread("r")
    with pytest.raises(WorkflowPaused):
        await agent.invoke({"query": "Delete user data"}, config)
    async with Inbox.open(locations.database(), actor="bea", via="tui") as inbox:
        await inbox.decide("r", "reject", {"reason": "not today"})
    state = await agent.resume(config)
    assert TRACE == ["classified"]
    assert (state["approved"], state["rejected"], state["rejected_by"]) == (False, True, "bea")
    assert state["rejection_reason"] == "not today"


class TwoApprovals(Agent):
    checkpointer = "postgres"

    def build_graph(self):
        return (
            self.start()
            # First approval point
            .then(self.validate_request)
            .interrupt()
            # Execute first step
            .then(self.step1)
            # Second approval point
            .interrupt()
            # Execute final step
            .then(self.step2)
            .end()
        )

    def validate_request(self, state):
        TRACE.append("validated")

    def step1(self, state):
        TRACE.append("step1")

    def step2(self, state):
        TRACE.append("step2")


async def test_multiple_interrupt_points_row_153() -> None:
    """row 153"""
    agent, config = TwoApprovals(), thread("two")
    with pytest.raises(WorkflowPaused):
        await agent.invoke({}, config)
    with pytest.raises(WorkflowPaused) as second:
        await agent.resume(config)
    assert (TRACE, second.value.request.node) == (["validated", "step1"], "after_step1")
    await agent.resume(config)
    assert TRACE == ["validated", "step1", "step2"]
    async with Inbox.open(locations.database(), actor="ann", via="cli") as inbox:
        steps = await inbox.history("two")
        assert [step.decision.action for step in steps if step.decision is not None] == ["approve", "approve"]


class ConditionalApprovalAgent(Agent):
    checkpointer = "sqlite"

    def build_graph(self):
        return (
            self.start()
            .then(self.classify)
            # Branch based on risk level
            .branch({"high_risk": self.high_risk_flow, "low_risk": self.low_risk_flow})
            .merge(self.finalize)
            .end()
        )

    async def high_risk_flow(self, state):
        # Mark for interrupt
        builder = self.get_builder()
        builder.interrupt()

        return state

    async def low_risk_flow(self, state):
        # No interrupt for low risk
        return state

    def classify(self, state):
        state.set_next(state.risk)

    def finalize(self, state):
        TRACE.append(f"finalized {state.risk}")


async def test_only_the_high_risk_branch_pauses_row_85() -> None:
    """row 85"""
    agent = ConditionalApprovalAgent()
    await agent.invoke({"risk": "low_risk"}, thread("low"))
    with pytest.raises(WorkflowPaused) as paused:
        await agent.invoke({"risk": "high_risk"}, thread("high"))
    assert (TRACE, paused.value.request.node) == (["finalized low_risk"], "after_high_risk_flow")
    await agent.resume(thread("high"))
    assert TRACE == ["finalized low_risk", "finalized high_risk"]


@pytest.mark.parametrize("amount", [0, -5])
async def test_an_order_over_nothing_fails_row_155(amount: float) -> None:
    """row 155"""
    agent = OrderApprovalAgent()
    with pytest.raises(ValueError, match="Invalid order amount") as failed:
        await agent.invoke({**ORDER, "amount": amount}, thread("o"))
    assert (type(failed.value), str(failed.value)) == (ValueError, "Invalid order amount")
    assert "in step 'validate_order' of thread 'o'" in failed.value.__notes__[0]
    async with Inbox.open(locations.database(), actor="ann", via="cli") as inbox:
        view = await inbox.thread("o")
        assert (view.status, view.pending) == ("failed", [])


async def test_a_normal_order_runs_through_row_154_row_157() -> None:
    """row 154, row 157: exactly 10000 does not pause (row 156)."""
    state = await OrderApprovalAgent().invoke({**ORDER, "amount": 10000}, thread("o"))
    assert (state["approved"], state["approved_by"], TRACE) == (True, "system", ["processed", "notified"])
    assert isinstance(state["approval_time"], datetime)


async def test_a_high_order_is_approved_and_processed_row_154_row_156_row_166() -> None:
    """row 154, row 156, row 166"""
    agent, config = OrderApprovalAgent(), thread("order-1")
    with pytest.raises(WorkflowPaused):
        await agent.invoke({**ORDER, "amount": 15000}, config=config)
    assert TRACE == []
    now = datetime.now()  # noqa: DTZ005
    record = {"approved": True, "approved_by": "admin@company.com", "approved_at": now}
    agent.update_state(config, {**record, "approval_ip": "10.0.0.7", "approval_notes": "seen"})
    result = await agent.resume(config)
    assert TRACE == ["processed", "notified"]
    assert result | record | {"approval_ip": "10.0.0.7", "approval_notes": "seen"} == result
    async with Inbox.open(locations.database(), actor="ann", via="cli") as inbox:
        (entry,) = [entry for entry in await inbox.audit("order-1") if entry.event == "decided"]
        assert (entry.thread_id, entry.details["action"], entry.actor) == ("order-1", "approve", "admin@company.com")


async def test_an_order_that_nobody_approved_is_not_processed_row_158() -> None:
    """row 158: resumed without a decision; after one, the failed step runs again."""
    agent, config = OrderApprovalAgent(), thread("o")
    with pytest.raises(WorkflowPaused):
        await agent.invoke({**ORDER, "amount": 15000}, config)
    with pytest.raises(WorkflowFailed, match="Order not approved") as failed:
        await agent.resume(config)
    assert (failed.value.node, TRACE) == ("process_order", [])
    agent.update_state(config, {"approved": True})
    await agent.resume(config)
    assert TRACE == ["processed", "notified"]


class WithoutInterrupt(OrderApprovalAgent):
    """The graph as it is printed: the comment speaks of an interrupt, and there is none (D-13)."""

    def build_graph(self):
        return (
            self.start()
            .then(self.validate_order)
            .then(self.check_risk_level)
            # Interrupt for high-value orders
            .branch({"high_value": self.require_approval, "normal": self.auto_approve})
            .merge(self.process_order)
            .then(self.send_notification)
            .end()
        )


async def test_without_an_interrupt_a_high_order_is_not_processed_either_row_156_row_158() -> None:
    """row 156, row 158"""
    with pytest.raises(WorkflowFailed, match="Order not approved"):
        await WithoutInterrupt().invoke({**ORDER, "amount": 15000}, thread("o"))
    assert TRACE == []


class Refunds(Agent):
    checkpointer = "sqlite"

    def build_graph(self):
        return (
            self.start()
            .then(self.check)
            .interrupt()
            .branch({"approved": self.pay, "rejected": self.refuse})
            .merge(self.tell)
            .end()
        )

    def check(self, state):
        TRACE.append("check")

    def pay(self, state):
        TRACE.append("pay")

    def refuse(self, state):
        TRACE.append(f"refuse: {state.rejection_reason}")

    def tell(self, state):
        TRACE.append("tell")


async def test_a_rejection_takes_the_rejection_path_row_167() -> None:
    """row 167"""
    agent, config = Refunds(), thread("r")
    with pytest.raises(WorkflowPaused):
        await agent.invoke({}, config)
    agent.update_state(
        config, {"approved": False, "rejected": True, "rejected_by": "bob", "rejection_reason": "too late"}
    )
    state = await agent.resume(config)
    assert TRACE == ["check", "refuse: too late", "tell"]
    assert (state["approved"], state["rejected"], state["rejected_by"]) == (False, True, "bob")
    async with Inbox.open(locations.database(), actor="ann", via="cli") as inbox:
        (entry,) = [entry for entry in await inbox.audit("r") if entry.event == "decided"]
        assert (entry.details["action"], entry.actor) == ("reject", "bob")


async def test_the_inbox_decides_with_the_same_record_row_166_row_167() -> None:
    """row 166, row 167"""
    agent = Refunds()
    async with Inbox.open(locations.database(), actor="bea", via="tui") as inbox:
        for name, action, data in (("a", "approve", {"notes": "fine"}), ("r", "reject", {"reason": "no"})):
            with pytest.raises(WorkflowPaused):
                await agent.invoke({}, thread(name))
            await inbox.decide(name, action, data)
    state = await agent.resume(thread("a"))
    assert (state["approved"], state["approved_by"], state["approval_notes"]) == (True, "bea", "fine")
    assert isinstance(state["approved_at"], datetime)
    await agent.resume(thread("r"))
    assert TRACE == ["check", "check", "pay", "tell", "refuse: no", "tell"]


async def test_a_worker_loads_the_class_and_goes_on_row_152() -> None:
    """row 152: in a process of its own; what ran before does not run again there."""
    with pytest.raises(WorkflowPaused):
        await OrderApprovalAgent().invoke({**ORDER, "amount": 15000}, thread("o"))
    async with Inbox.open(locations.database(), actor="bea", via="cli") as inbox:
        await inbox.decide("o", "approve")
        view = await inbox.settled("o")
        assert (view.status, view.state["approved_by"], view.state["approved"]) == ("completed", "bea", True)
        steps = await inbox.history("o")
        assert [step.node for step in steps][-3:] == ["after_require_approval", "process_order", "send_notification"]
        assert steps[-1].code_sha is not None
    assert TRACE == []
