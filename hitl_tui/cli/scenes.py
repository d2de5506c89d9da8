"""What the demo shows: each sample workflow started with realistic inputs, some with answers already given."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from hitl_tui.inbox import Inbox

_AT_A_TIME = 4
_PATIENCE_SECONDS = 60.0

Answer = tuple[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Scene:
    """One thread of a sample file: its inputs, the answers it gets, and how urgent it is."""

    file: str
    inputs: dict[str, Any] = field(default_factory=dict)
    answers: tuple[Answer, ...] = ()
    priority: int = 0


SCENES = (
    Scene("approval_flow.csv", {"user_request": "Buy 3 laptops for the new support team"}),
    Scene("approval_flow.csv", {"user_request": "Renew the monitoring licence for a year"}, (("approve", {}),)),
    Scene(
        "approval_flow.csv",
        {"user_request": "Book 12 seats at a conference"},
        (("reject", {"reason": "Over this quarter's travel budget; ask again in April"}),),
    ),
    Scene("approval_flow.csv", {"user_request": ""}),
    Scene("content_flow.csv", {"content_request": "Announce the maintenance window on Saturday, 06:00 to 08:00 UTC"}),
    Scene(
        "content_flow.csv",
        {"content_request": "Invite customers to the beta of the new export"},
        (("edit", {"edited": "The new export is in beta: try it and tell us.", "changes": ["Shortened to one line"]}),),
    ),
    Scene(
        "decision_flow.csv",
        {"problem_description": "Search takes 4 seconds on the largest accounts, and two of them renew next month"},
    ),
    Scene("requirements_flow.csv", {"project_brief": "User authentication for the customer portal"}),
    Scene(
        "requirements_flow.csv",
        {"project_brief": "Nightly export of invoices"},
        # The sample's agent expects a list: this thread fails.
        (("respond", {"response": "Two formats, signed", "requirements": 2}),),
    ),
    Scene("consultation_flow.csv", {"consultation_topic": "plan to split the monolith"}),
    Scene(
        "consultation_flow.csv",
        {"consultation_topic": "backup strategy"},
        (
            ("respond", {"message": "Restores have never been rehearsed, that worries me most."}),
            ("respond", {"message": "Nightly snapshots are kept for 30 days in another region."}),
        ),
    ),
    Scene("deployment.yaml", {"service": "payment_service", "version": "v2.1.0"}, priority=5),
    Scene(
        "deployment.yaml",
        {"service": "search_service", "version": "v5.0.2"},
        (("choose", {"choice": 1, "justification": "Two days without errors on staging"}),),
        priority=5,
    ),
    Scene(
        "deployment.yaml",
        {"service": "billing_service", "version": "v1.18.0"},
        (("choose", {"choice": 4, "justification": "The migration is not reviewed yet"}),),
    ),
    Scene("deployment.yaml"),
    Scene("order_approval.py", {"order_id": "ORD-2207", "amount": 48200, "customer_id": "CUST-456"}),
    Scene("order_approval.py", {"order_id": "ORD-2208", "amount": 320, "customer_id": "CUST-031"}),
    Scene("incident_message.yaml", {"incident": "Checkout answers with errors since 09:42 UTC"}, priority=9),
    Scene("risk_check.yaml", {"amount": 120, "user_tier": "basic"}),
    Scene("risk_check.yaml", {"amount": 48000, "user_tier": "basic"}),
    Scene("batch_review.yaml", {"accounts": ", ".join(f"account {number}" for number in range(101, 113))}),
    Scene("release_notes.yaml", {"version": "v3.4"}),
    Scene(
        "release_notes.yaml",
        {"version": "v3.3"},
        (
            ("edit", {"edited": "Export to CSV is ten times faster.\nSign-in remembers the device for 30 days."}),
            ("reject", {"reason": "Say first that the old export address stops working in June"}),
        ),
    ),
    Scene("tool_approval.yaml", {"customer": "ann", "day": "Tuesday"}),
)
LLM_SCENES = (
    Scene("banking_plan.yaml", {"request": "check the balance, and transfer 250 to Bob"}),
    Scene("banking_tools.yaml", {"request": "transfer 150 to Alice, and send 40 to Eve"}),
    Scene(
        "llm_conversation.yaml",
        {"request": "our backups"},
        (("respond", {"message": "Nobody has ever restored one."}),),
    ),
)
"""What needs the extra `llm`. Their models are rules in the samples' code, without a key or a network."""


def scenes() -> tuple[Scene, ...]:
    """The scenes that this installation can play."""
    return SCENES + LLM_SCENES if find_spec("pydantic_ai") else SCENES


async def play_all(folder: Path, database: Path, actor: str) -> None:
    """Start every scene on `database` and give its answers; returns when all wait for a person or have ended."""
    async with Inbox.open(database, actor=actor, via="cli") as inbox:
        stop = asyncio.Event()
        worker = asyncio.create_task(inbox.work(_AT_A_TIME, stop))
        try:
            gate = asyncio.Semaphore(_AT_A_TIME)
            await asyncio.gather(*(_play(inbox, folder, scene, gate) for scene in scenes()))
        finally:
            stop.set()
            await worker


async def _play(inbox: Inbox, folder: Path, scene: Scene, gate: asyncio.Semaphore) -> None:
    file = folder / scene.file
    # A YAML file names its own, and the steps of a Python workflow are its agents.
    agents = str(folder / "agents.py") if file.suffix == ".csv" else None
    async with gate:
        thread_id = await inbox.start(file, None, scene.inputs, agents=agents, priority=scene.priority)
    await inbox.settled(thread_id, _PATIENCE_SECONDS, run=False)
    for action, data in scene.answers:
        await inbox.decide(thread_id, action, data)
        await inbox.settled(thread_id, _PATIENCE_SECONDS, run=False)
