"""The five sample requests of spec 000 as workflow files of one interaction each, and its resume commands, verbatim."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

THREAD = "thread_12345"

REQUESTS: dict[str, dict[str, Any]] = {
    "Budget": {
        "agent": "approval_interaction",
        "node": "approval_gate",
        "prompt": "Please review and approve this budget proposal.",
        "context": {"proposal_amount": 50000, "department": "Engineering", "quarter": "Q1 2024"},
    },
    "Alert": {
        "agent": "edit_interaction",
        "node": "content_editor",
        "prompt": "Please review and edit this generated content for clarity and accuracy.",
        "context": {
            "original_content": "The system has detected an anomaly in the data processing pipeline...",
            "content_type": "alert_message",
            "target_audience": "technical_team",
        },
    },
    "Deployment": {
        "agent": "choice_interaction",
        "node": "deployment_selector",
        "prompt": "Select the deployment environment for this application:",
        "context": {
            "application": "payment_service",
            "version": "v2.1.0",
            "urgency": "high",
            "options": ["Production (us-east-1)", "Staging (us-west-2)", "Development (local)", "Cancel deployment"],
        },
    },
    "Requirements": {
        "agent": "text_input_interaction",
        "node": "requirements_gatherer",
        "prompt": "Please provide additional requirements for this feature:",
        "context": {
            "feature_name": "User Authentication",
            "current_requirements": ["OAuth 2.0", "Multi-factor auth"],
            "deadline": "2024-03-15",
        },
    },
    "Architecture": {
        "agent": "conversation_interaction",
        "node": "technical_consultant",
        "prompt": "Let's discuss the technical architecture for this project. "
        "What are your thoughts on the proposed microservices approach?",
        "context": {
            "project": "E-commerce Platform",
            "current_architecture": "monolithic",
            "team_size": 8,
            "timeline": "6 months",
        },
    },
}

COLUMNS = (
    *("graph_name", "node_name", "agent_type", "next_on_success", "next_on_failure"),
    *("prompt", "input_fields", "output_field", "context"),
)
NODES = {graph: request["node"] for graph, request in REQUESTS.items()}

APPROVE = "hitl resume thread_12345 approve"
REJECT = """hitl resume thread_12345 reject --data '{"reason": "Budget exceeds allocated amount"}'"""
EDIT = """hitl resume thread_12345 edit --data '{
  "edited": "The data processing pipeline has detected an anomaly that requires immediate attention...",
  "changes": ["Added urgency indicator", "Clarified technical details"]
}'"""
CHOOSE = """hitl resume thread_12345 choose --data '{"choice": 1}'"""
CHOOSE_AND_SAY_WHY = """hitl resume thread_12345 choose --data '{
  "choice": 2,
  "justification": "Staging first for additional testing due to payment system criticality"
}'"""
RESPOND = """hitl resume thread_12345 respond --data '{
  "text": "Add support for social login providers (Google, GitHub, Microsoft). Include rate limiting for login \
attempts and password strength validation."
}'"""
RESPOND_STRUCTURED = """hitl resume thread_12345 respond --data '{
  "response": "Additional security requirements needed",
  "requirements": [
    "Social login integration",
    "Rate limiting",
    "Password strength validation",
    "Session management"
  ],
  "priority": "high"
}'"""
CONVERSE = """hitl resume thread_12345 respond --data '{
  "message": "I think microservices would benefit this project given the team size and timeline. We should consider \
starting with a few core services: user management, product catalog, and order processing.",
  "follow_up_questions": [
    "What database strategy should we use?",
    "How do we handle inter-service communication?"
  ]
}'"""


def as_csv() -> str:
    """All five as one CSV file: the request, then `accepted` on success or `refused` on failure."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(
        [
            "graph_name",
            "node_name",
            "agent_type",
            "next_on_success",
            "next_on_failure",
            "prompt",
            "input_fields",
            "output_field",
            "context",
        ]
    )
    for graph, request in REQUESTS.items():
        node = request["node"]
        context = json.dumps(request["context"])
        writer.writerow(
            [graph, node, request["agent"], "accepted", "refused", request["prompt"], "", "answer", context]
        )
        writer.writerow([graph, "accepted", "output", "", "", "Accepted: {answer}", "answer", "accepted", ""])
        because = f"Refused because: {{responses.{node}.reason}}"
        writer.writerow([graph, "refused", "output", "", "", because, "answer", "refused", ""])
    return text.getvalue()
