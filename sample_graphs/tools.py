"""The tools of the sample `tool_approval.yaml`: they only say what they would have done."""

from __future__ import annotations

from typing import Any

from hitl_tui import agent, interrupt_on, tool


@tool
def send_email(to: str, subject: str, body: str, copies: list[str] | None = None) -> str:
    """Send an email to specified recipient."""
    return f"Sent '{subject}' to {', '.join([to, *(copies or [])])}"


@tool
def delete_files(paths: list[str]) -> str:
    """Delete files from the shared folder."""
    return f"Deleted {len(paths)} files"


@tool
def read_calendar(day: str) -> str:
    """Look up what is planned for a day."""
    return f"Nothing is planned for {day}"


policy = interrupt_on(
    {
        "send_email": {"allowed_decisions": ["approve", "edit", "reject"], "risk": "external communication"},
        "delete_files": {
            "allowed_decisions": ["approve", "reject"],
            "risk": "destructive",
            "when": "len(args.paths) > 1",
        },
    }
)


@agent("plan_calls")
def plan_calls(inputs: dict[str, Any]) -> list[dict[str, Any]]:
    """What a model would want to call, offline."""
    customer, day = inputs["customer"], inputs["day"]
    return [
        {"name": "read_calendar", "args": {"day": day}},
        {
            "name": "send_email",
            "args": {
                "to": f"{customer}@example.org",
                "subject": f"Our meeting on {day}",
                "body": f"Dear {customer.title()},\n\nwould {day} at 10 suit you?\n",
            },
        },
        {"name": "delete_files", "args": {"paths": [f"drafts/{customer}-{n}.txt" for n in (1, 2, 3)]}},
        {"name": "delete_files", "args": {"paths": [f"drafts/{customer}.lock"]}},
    ]
