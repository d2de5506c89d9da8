"""The order approval of document 004 as it is printed, but for the import and, as D-13 has it, the interrupt.

What an order has done stands in `TRACE`, as long as its steps run in this process.
"""

from __future__ import annotations

from datetime import datetime

from hitl_tui import StateModel
from hitl_tui import Workflow as Agent

TRACE: list[str] = []


class OrderState(StateModel):
    order_id: str
    amount: float
    customer_id: str
    approved: bool = False
    approved_by: str = None
    approval_time: datetime = None
    rejection_reason: str = None


class OrderApprovalAgent(Agent):
    state_model = OrderState
    checkpointer = "postgres"  # Required for interrupts

    def build_graph(self):
        return (
            self.start()
            .then(self.validate_order)
            .then(self.check_risk_level)
            # Interrupt for high-value orders
            .branch(
                {
                    "high_value": self.then(self.require_approval).interrupt(),
                    "normal": self.auto_approve,
                }
            )
            .merge(self.process_order)
            .then(self.send_notification)
            .end()
        )

    async def validate_order(self, state):
        # Validate order details
        if state.amount <= 0:
            raise ValueError("Invalid order amount")
        return state

    async def check_risk_level(self, state):
        # Classify based on amount
        if state.amount > 10000:
            state.set_next("high_value")
        else:
            state.set_next("normal")
        return state

    async def require_approval(self, state):
        # This branch will hit the interrupt
        # Actual interrupt is set in the graph
        return state

    async def auto_approve(self, state):
        # Auto-approve low-value orders
        state.approved = True
        state.approved_by = "system"
        state.approval_time = datetime.now()  # noqa: DTZ005
        return state

    async def process_order(self, state):
        if not state.approved:
            state.set_error("Order not approved")
            return state

        TRACE.append("processed")
        return state

    async def send_notification(self, state):
        TRACE.append("notified")
        return state
