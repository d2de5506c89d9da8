"""What the scenery's workflows ask: the sample requests of spec 000, and one of every other kind."""

from __future__ import annotations

from typing import Any

from tests.tui.request_samples import OPTIONS, request

ALERT = (
    "The system has detected an anomaly in the data processing pipeline.\n\n"
    "Some reports are late. The cause is being looked into.\n"
    "Next update: soon."
)
_READ_AS_CP1252 = [
    "Über Größe: naïve café, 5 € — “quoted” …",
    "┌──────┬──────┐",
    "│ a    │ b    │",
    "└──────┴──────┘",
    "✓ 日本語 👍🏽",
]


def _flow(graph: str, node: str, agent: str, prompt: str, context: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A workflow that asks one question after a step, and goes on with two more steps, or says that it was refused."""
    question = {"agent": agent, "prompt": prompt, "context": context, "output": "answer", "on_failure": "refused"}
    return {
        "graph": graph,
        "nodes": {
            "prepare": {"agent": "echo", "output": "prepared", "next": node},
            node: {**question, "next": "carry_out", **more},
            "carry_out": {"agent": "echo", "output": "receipt", "context": {"risk": "financial"}, "next": "report"},
            "report": {"agent": "output", "prompt": "done", "output": "message"},
            "refused": {"agent": "output", "prompt": "not done", "output": "message"},
        },
    }


def _sample(graph: str, kind: str, **context: Any) -> dict[str, Any]:
    """The sample request of a type, with this in its context as well."""
    sample = request(kind)
    return _flow(graph, sample.node, f"{kind}_interaction", sample.prompt, {**sample.context, **context})


def _misread(text: str) -> str:
    """UTF-8 that was taken for Windows-1252."""
    return text.encode().decode("cp1252", "replace")


MOJIBAKE = "\n".join(
    [
        "Publish this text?",
        "",
        *map(_misread, _READ_AS_CP1252),
        _misread(_misread(_READ_AS_CP1252[0])),
        *_READ_AS_CP1252,
        "combining: é ñ Z̷a̷l̷g̷o̷  flags: 🇩🇪 🇯🇵  families: 👨‍👩‍👧 ❤️",
    ]
)
"""Row 168: misread, misread twice, and what it was; box drawing, wide characters, emoji, combining marks."""

ROOM = {
    "type": "object",
    "required": ["seats", "room", "contact"],
    "properties": {
        "seats": {"type": "integer", "minimum": 1, "maximum": 40, "title": "Seats", "description": "who comes"},
        "room": {"enum": ["red", "blue", "green"]},
        "projector": {"type": "boolean"},
        "extras": {"type": "array", "items": {"enum": ["coffee", "lunch"]}},
        "day": {"type": "string", "format": "date"},
        "contact": {
            "type": "object",
            "required": ["name"],
            "properties": {"name": {"type": "string"}, "phone": {"type": "string"}},
        },
        "note": {"type": "string", "default": "none"},
    },
}
EMAIL = {
    "tool": "send_email",
    "args": {"to": ["ann@example.org", "ben@example.org"], "subject": "Maintenance on Saturday", "retries": 3},
    "args_schema": {
        "type": "object",
        "required": ["to", "subject"],
        "properties": {
            "to": {"type": "array", "items": {"type": "string"}},
            "subject": {"type": "string"},
            "retries": {"type": "integer", "minimum": 0, "maximum": 5},
        },
    },
}
INVOICES = [
    {"invoice": f"R-{n:03}", "amount": n * 10, "currency": "USD" if n == 2 else "EUR", "account": "4711"}
    for n in range(1, 8)
]
RELEASE = """Release payment_service v2.1.0 to production?

Check before you approve:

- the **rollback strategy**: `blue_green`
- the two migrations below

```sql
alter table payment add column currency text;
```
"""

ASKING: dict[str, dict[str, Any]] = {
    "thread_12345": {"flow": _sample("BudgetFlow", "approval")},
    "release-1": {
        "flow": _flow(
            "Release",
            "gate",
            "approval_interaction",
            RELEASE,
            {
                "risk": "high",
                "timeout": "30m",
                "service": "payment_service",
                "version": "v2.1.0",
                "database_changes": True,
                "migrations": [{"name": "add currency", "rows": 120000}, {"name": "drop legacy_id", "rows": 0}],
                "plan": {"window": "Tuesday 14:00-16:00 UTC", "steps": {"canary": "5 %", "then": "all"}},
            },
        )
    },
    "alert-1": {"flow": _sample("AlertFlow", "edit", original_content=ALERT)},
    "deploy-1": {"flow": _sample("DeployFlow", "choice", options=OPTIONS)},
    "topics-1": {
        "flow": _flow(
            "Newsletter",
            "topics",
            "choice_interaction",
            "Which topics go into the newsletter?",
            {"multiple": True, "options": ["Release 2.1", "New team members", "Maintenance on Saturday"]},
        )
    },
    "feature-1": {"flow": _sample("Requirements", "text_input")},
    "consult-1": {
        "flow": {
            "graph": "Consultation",
            "nodes": {
                "technical_consultant": {
                    "agent": "conversation_interaction",
                    "prompt": request("conversation").prompt,
                    "context": {"project": "E-commerce Platform", "team_size": 8, "timeline": "6 months"},
                    "output": "said",
                    "next": "technical_consultant",
                    "on_failure": "summary",
                },
                "summary": {"agent": "output", "prompt": "they said {said}", "output": "message"},
            },
        }
    },
    "form-1": {
        "flow": _flow(
            "Meeting",
            "book_room",
            "text_input_interaction",
            "Which room do you need?",
            {"schema": ROOM, "occasion": "quarterly review"},
        )
    },
    "mail-1": {
        "flow": _flow(
            "Assistant",
            "send",
            "approval_interaction",
            "Send this message?",
            EMAIL,
        )
    },
    "invoices-1": {
        "flow": _flow(
            "Payments",
            "pay_batch",
            "approval_interaction",
            "Pay these invoices of March?",
            {"schema": {"batch": True}, "month": "March", "items": INVOICES},
        )
    },
    "garbled-1": {
        "flow": _flow("Import", "check_text", "approval_interaction", MOJIBAKE, {"file": _misread("Größe.txt")})
    },
    "expense-1": {
        "flow": _flow(
            "Expense",
            "approve",
            "approval_interaction",
            "Buy 3 laptops for 4500 EUR?",
            {"item": "3 laptops", "amount": 4500, "require_reason": True, "timeout": "4h"},
        )
    },
}
"""Threads that wait, by their ids."""

BROKEN = {
    "graph": "Nightly",
    "nodes": {
        "collect": {"agent": "echo", "output": "collected", "next": "export"},
        "export": {"agent": "failure", "prompt": "ConnectionError: no route to the archive"},
    },
}
IMPATIENT = {
    "graph": "Standup",
    "nodes": {"ask": {"agent": "text_input_interaction", "prompt": "Anything to say?", "context": {"timeout": "1h"}}},
}
PAYMENT = """
graph: Payment
description: Pay somebody
nodes:
  amount: {agent: input, inputs: [amount], output: amount, next: gate}
  gate: {agent: approval_interaction, prompt: "Pay {amount}?"}
"""
