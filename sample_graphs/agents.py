"""The agents of the sample workflows. They stand in for models and services: offline, without randomness, and quick.

An agent is a function of its inputs, or a `BaseAgent` where it needs more: the state, the node's context, `ask`.
"""

from __future__ import annotations

import json
import re
import zlib
from typing import Any

from hitl_tui import BaseAgent, Failure, HumanInteractionRequest, InteractionType, agent

_AREAS = {
    "data": ("database", "data", "table", "query", "report", "migration"),
    "security": ("auth", "login", "password", "security", "token", "permission", "compliance"),
    "performance": ("slow", "second", "minute", "latency", "timeout", "performance", "load", "memory", "scale"),
    "interfaces": ("api", "service", "integration", "queue", "webhook", "communication"),
    "people": ("team", "training", "support", "customer", "user", "account", "onboarding"),
}
_NEXT_QUESTIONS = {
    "data": "who owns which data, and how it moves when the parts are separated",
    "security": "how users are told apart, and what happens when a credential leaks",
    "performance": "which numbers are measured today, and which of them must get better",
    "interfaces": "what the parts say to each other, and what happens when one of them does not answer",
    "people": "who does the work, what they know already, and who is asked when it breaks at night",
}
_OTHER_QUESTIONS = (
    "what must still work on the day of the change",
    "how you would notice within an hour that it goes wrong",
    "what you would leave out if there were half the time",
)
_PLANS = {
    "A": ("one change behind a feature flag", "a smoke test in staging", "a clean-up ticket for the shortcuts taken"),
    "B": ("a written design, reviewed by a second team", "tests for every failure path", "a rollout in three stages"),
    "C": ("the fast change behind a feature flag this week", "the robust parts one by one", "a review after a month"),
}


@agent("validation_agent")
def validate(inputs: dict[str, Any]) -> Any:
    """Check a request; an empty one fails."""
    request = _text(inputs)
    if not request:
        return Failure("the request is empty", output="empty request: nothing to decide")
    numbers = re.findall(r"\d[\d.,]*", request)
    amount = f"amount: {', '.join(numbers)}" if numbers else "no amount named"
    return f"{request} [checked: complete, {amount}, within policy]"


@agent("processing_agent")
def place_order(inputs: dict[str, Any]) -> str:
    """Carry out what was approved."""
    request = _text(inputs)
    return f"order {_reference('PO', request)} placed for: {request}"


@agent("content_generator")
def draft_content(inputs: dict[str, Any]) -> str:
    """Draft a message to a technical team."""
    request = _text(inputs) or "an anomaly in the data processing pipeline"
    return (
        f"Subject: {_headline(request)}\n\n"
        f"We are writing about the following: {_sentence(request)}\n\n"
        "What we know: the first reports are confirmed, and the cause is being looked into.\n"
        "What you can do: check the dashboards of your own services, and report anything unusual to the team on call.\n"
        "What comes next: an update within 60 minutes, or sooner if the situation changes.\n"
    )


@agent("analysis_agent")
def analyse(inputs: dict[str, Any]) -> str:
    """Say what a problem or a project brief touches, and what is still open."""
    subject = _text(inputs) or "a subject that was not described"
    areas = _areas(subject)
    touched = ", ".join(areas) or "a part of the system that is not named"
    questions = "; ".join(_NEXT_QUESTIONS[area] for area in areas[:2]) or _OTHER_QUESTIONS[0]
    if "project_data" in inputs:
        return f"{_sentence(subject)} It touches: {touched}. Not said yet: {questions}."
    size = "narrow enough for one team" if len(areas) <= 1 else f"spread over {len(areas)} areas"
    return f"{_sentence(subject)} The problem is {size} ({touched}). To settle first: {questions}."


@agent("implementation_agent")
def implement(inputs: dict[str, Any]) -> str:
    """Turn the chosen approach into a plan of three steps."""
    approach = _text(inputs)
    letter = next(iter(re.findall(r"\b([ABC])\b", approach)), "B")
    steps = "; ".join(f"{number}. {step}" for number, step in enumerate(_PLANS[letter], 1))
    return f"{approach}, as ticket {_reference('IMPL', approach)}: {steps}"


@agent("refinement_agent")
def refine(inputs: dict[str, Any]) -> str:
    """Turn an answer, plain or with a list of requirements, into a numbered list."""
    answer = next(iter(inputs.values()), "")
    priority = ""
    if isinstance(answer, dict):
        listed = [str(item) for item in answer.get("requirements") or ()]
        listed = listed or _statements(str(answer.get("text") or answer.get("response") or ""))
        priority = f" (priority: {answer['priority']})" if answer.get("priority") else ""
    else:
        listed = _statements(str(answer))
    if not listed:
        return "no additional requirements"
    lines = [f"{number}. {item[0].upper()}{item[1:]}" for number, item in enumerate(listed, 1)]
    return "\n".join([f"{len(listed)} additional requirements{priority}:", *lines])


@agent("conversation_agent")
class Consultant(BaseAgent):
    """Listens to the newest message, and asks about what it touches; no question comes twice in a row."""

    def process(self, inputs: dict[str, Any]) -> str:
        """The next topic."""
        message = str(self.state.get("follow_up_response") or _text(inputs))
        asked = self.state.get("next_topic")
        fitting = [_NEXT_QUESTIONS[area] for area in _areas(message)]
        turn = self.execution_context.visit - 1
        others = [_OTHER_QUESTIONS[(turn + step) % len(_OTHER_QUESTIONS)] for step in range(2)]
        return next(question for question in [*fitting, *others] if question != asked)


@agent("summary_agent")
class Minutes(BaseAgent):
    """Writes up a consultation from what the state holds of it."""

    def process(self, inputs: dict[str, Any]) -> str:
        """The minutes in one paragraph."""
        first, last = self.state.get("conversation_response"), self.state.get("follow_up_response")
        parts = [f"Topic: {self.state.get('consultation_topic') or 'not given'}."]
        if first:
            parts.append(f"It began with: {_sentence(str(first))}")
        if last and last != first:
            parts.append(f"The last word was: {_sentence(str(last))}")
        if self.state.get("next_topic"):
            parts.append(f"To be followed up: {self.state['next_topic']}.")
        return " ".join(parts)


@agent("plan_deployment")
def plan_deployment(inputs: dict[str, Any]) -> dict[str, Any]:
    """What a deployment would do, for the people who decide about it."""
    service, version = str(inputs.get("service", "the service")), str(inputs.get("version", "the new version"))
    return {
        "replaces": _version_before(version),
        "build": _reference("build", f"{service} {version}"),
        "steps": [
            "run the 2 database migrations",
            f"start {service} {version} beside the running version",
            "move 10 % of the requests over, and watch the error rate for 5 minutes",
            "move all requests over",
        ],
        "undo": f"move all requests back to {_version_before(version)}; both migrations can be reversed",
    }


@agent("deploy")
def deploy(inputs: dict[str, Any]) -> str:
    """Pretend to deploy."""
    environment = str(inputs.get("environment", ""))
    instances = 6 if environment.startswith("Production") else 2 if environment.startswith("Staging") else 1
    run = _reference("run", f"{inputs.get('service')} {inputs.get('version')} {environment}")
    return f"{instances} of {instances} instances healthy, smoke tests passed ({run})"


@agent("draft_alert")
def draft_alert(inputs: dict[str, Any]) -> str:
    """Draft an alert about an incident, for people to put right."""
    incident = _text(inputs) or "an incident without a description"
    areas = _areas(incident)
    affected = f"parts that deal with {areas[0]}" if areas else "parts that are not known yet"
    return (
        f"ALERT {_reference('INC', incident)}: {_headline(incident)}\n\n"
        f"{_sentence(incident)}\n"
        f"Affected are {affected}. We think that it has to do with last night's change, but we are not sure.\n"
        "The team on call is working on it.\n\n"
        "Next update: soon.\n"
    )


@agent("broadcast_alert")
def broadcast_alert(inputs: dict[str, Any]) -> str:
    """Pretend to send the alert."""
    alert = _text(inputs)
    return f"Alert of {len(alert.split())} words sent by pager, status page and e-mail ({_reference('msg', alert)})."


@agent("collect_changes")
def collect_changes(inputs: dict[str, Any]) -> str:
    """The raw list of changes that a person turns into release notes."""
    version = _text(inputs) or "the next version"
    return (
        f"# {version}\n\n"
        "- feat: export reports as CSV\n"
        "- feat!: drop the v1 endpoints, deprecated for two releases\n"
        "- fix: the session no longer ends while a file is being uploaded\n"
        "- fix: rounding of amounts in invoices with more than one tax rate\n"
        "- perf: the start page loads with 3 queries instead of 41\n"
        "- chore: bump dependencies\n"
    )


@agent("publish_notes")
def publish_notes(inputs: dict[str, Any]) -> str:
    """Pretend to publish the notes."""
    notes = str(inputs.get("notes", ""))
    entries = sum(line.lstrip().startswith(("-", "*")) for line in notes.splitlines())
    return f"release-notes/{inputs.get('version', 'next')}.md with {entries} entries ({_reference('pub', notes)})"


@agent("risk_check")
class RiskCheck(BaseAgent):
    """Asks a person where the risk is above `context.threshold`."""

    def process(self, inputs: dict[str, Any]) -> Any:
        """The verdict and who gave it; a `Failure` unless it was approved."""
        score = self.risk_score(inputs)
        if score <= self.context.get("threshold", 0.8):
            return {"status": "auto_approved", "risk_score": score}
        request = self.request(
            "approval",
            f"High-risk operation detected (risk score: {score:.2f}). Please review and approve.",
            context={"risk_score": score, "operation_details": inputs, "recommendation": "manual_review_required"},
        )
        answer = self.ask(request)
        verdict = {"status": answer.action, "risk_score": score, "by": answer.actor}
        if answer.action != "approve":
            return Failure("not approved", output=verdict, kind="rejected")
        return verdict

    def risk_score(self, inputs: dict[str, Any]) -> float:
        """From 0 to 1."""
        score = 0.5 if float(inputs["amount"]) > 10_000 else 0.0
        return min(score + (0.3 if inputs["user_tier"] == "basic" else 0.0), 1.0)


@agent("review_in_batches")
class BatchReview(BaseAgent):
    """Asks about a list in batches of five, each with a name of its own."""

    def process(self, inputs: dict[str, Any]) -> str:
        """The approved items."""
        items = [item for part in str(inputs["items"]).split(",") if (item := part.strip())]
        batches = [items[start : start + 5] for start in range(0, len(items), 5)]
        answers = self.ask_all([self.batch(number, batches) for number in range(len(batches))])
        approved = [
            batch[each["item"] - 1]
            for batch, answer in zip(batches, answers, strict=True)
            for each in (answer.data or {}).get("decisions", ())
            if each["decision"] == "approve"
        ]
        return ", ".join(approved) or "none"

    def batch(self, number: int, batches: list[list[str]]) -> HumanInteractionRequest:
        """The request about one batch."""
        return HumanInteractionRequest(
            thread_id=f"{self.execution_context.thread_id}_batch_{number}",
            node_name=f"{self.node_name}_batch_{number}",
            interaction_type=InteractionType.CHOICE,
            prompt=f"Please review batch {number + 1} of {len(batches)}:",
            options=[
                "Approve all items in batch",
                "Review items individually",
                "Reject entire batch",
                "Pause for later review",
            ],
            context={
                "batch_number": number + 1,
                "total_batches": len(batches),
                "batch_items": batches[number],
                "items_count": len(batches[number]),
            },
        )


def _text(inputs: dict[str, Any]) -> str:
    """The first input as text."""
    value = next(iter(inputs.values()), "")
    return (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)).strip()


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith((".", "!", "?")) else f"{text}."


def _headline(text: str) -> str:
    line = text.strip().splitlines()[0].rstrip(".!")
    short = line if len(line) <= 60 else line[:59].rstrip() + "…"
    return short[:1].upper() + short[1:]


def _statements(text: str) -> list[str]:
    """The sentences, lines and list items of a text."""
    parts = re.split(r"(?:(?<=[.!?])\s+|\n+|;\s*)", text)
    return [part for raw in parts if (part := raw.strip(" \t-*•.")).strip()]


def _areas(text: str) -> list[str]:
    words = re.findall(r"[a-z]+", text.lower())
    return [area for area, stems in _AREAS.items() if any(word.startswith(stems) for word in words)]


def _version_before(version: str) -> str:
    """The version with its last number that is not 0 one lower."""
    for number in reversed(list(re.finditer(r"\d+", version))):
        if int(number[0]):
            return f"{version[: number.start()]}{int(number[0]) - 1}{version[number.end() :]}"
    return "the version that runs now"


def _reference(kind: str, text: str) -> str:
    """A number that looks like one that a real system gives out, the same for the same text."""
    return f"{kind}-{zlib.crc32(text.encode('utf-8', 'replace')) % 9000 + 1000}"
