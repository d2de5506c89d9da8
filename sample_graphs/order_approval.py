"""Orders: small ones go through, large ones are approved by a person first. A workflow as a Python class.

It starts with `hitl run order_approval.py --input order_id=ORD-123 --input amount:=15000 --input customer_id=CUST-456`,
or with `python order_approval.py`; the inbox shows what waits for a person.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from datetime import UTC, datetime

from hitl_tui import StateModel, Workflow, WorkflowPaused
from hitl_tui.workflow import Path

LIMIT = 10_000


class OrderState(StateModel):
    """What is known of an order."""

    order_id: str
    amount: float
    customer_id: str
    approved: bool = False
    approved_by: str | None = None
    approval_time: datetime | None = None
    rejection_reason: str | None = None
    receipt: str | None = None
    message: str | None = None


class OrderApproval(Workflow):
    """Process an order; above 10,000 a person approves it first."""

    state_model = OrderState
    checkpointer = "sqlite"

    def build_graph(self) -> Path:
        """Two branches, one of them with a pause; both come together again."""
        return (
            self.start()
            .then(self.validate_order)
            .then(self.check_risk_level)
            .branch(
                {
                    "high_value": self.then(self.require_approval).interrupt(
                        "Process order {order_id} of {customer_id} over {amount}?", risk="financial"
                    ),
                    "normal": self.auto_approve,
                }
            )
            .merge(self.process_order)
            .then(self.send_notification)
            .end()
        )

    async def validate_order(self, state: OrderState) -> OrderState:
        """Refuse an order over nothing."""
        if state.amount <= 0:
            raise ValueError("Invalid order amount")
        return state

    async def check_risk_level(self, state: OrderState) -> OrderState:
        """Choose the branch."""
        state.set_next("high_value" if state.amount > LIMIT else "normal")
        return state

    async def require_approval(self, state: OrderState) -> OrderState:
        """Prepare what the person sees; the pause comes after this step."""
        return state

    async def auto_approve(self, state: OrderState) -> OrderState:
        """Approve a small order."""
        state.approved = True
        state.approved_by = "system"
        state.approval_time = datetime.now(UTC)
        return state

    async def process_order(self, state: OrderState) -> OrderState:
        """Charge the customer, once, also where this step has to run again."""
        if not state.approved:
            state.set_error("Order not approved")
            return state
        state.receipt = self.once("charge", lambda: f"RCP-{state.order_id}")
        return state

    async def send_notification(self, state: OrderState) -> OrderState:
        """Say what came of it."""
        state.message = f"Order {state.order_id} was approved by {state.approved_by}: receipt {state.receipt}"
        return state


async def main() -> None:
    """Start an order that needs an approval; go on with it when somebody has decided."""
    log = logging.getLogger("order_approval")
    orders = OrderApproval()
    config = {"configurable": {"thread_id": f"order-{secrets.token_hex(3)}"}}
    try:
        result = await orders.invoke({"order_id": "ORD-123", "amount": 15000, "customer_id": "CUST-456"}, config)
    except WorkflowPaused as paused:
        log.info("%s", paused)
        return
    log.info("%s", result["message"])


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    asyncio.run(main())
