"""Plain output: what the inbox hands out as aligned text, foreign parts made visible. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from hitl_tui.cli.columns import cut, pairs, table
from hitl_tui.cli.hints import command
from hitl_tui.cli.sample_data import samples
from hitl_tui.inbox.decision_words import begun_words, withdrawn_words
from hitl_tui.inbox.views import AuditView, Decided, ErrorView, Item, Page, PendingView, ThreadView, Turn
from hitl_tui.model.jsontext import for_display, iso
from hitl_tui.model.kinds import HOPELESS
from hitl_tui.model.policy import parse
from hitl_tui.model.risk import in_words, is_high
from hitl_tui.model.session_code import session_class, why_blocked
from hitl_tui.model.tool_call import shown_of_call
from hitl_tui.safe_text import one_line, visible

_LONGEST_VALUE = 200
_HEADINGS = ("THREAD", "GRAPH", "STATUS", "NODE", "TYPE", "DUE", "ASKS")
_DONE_WORDS = {
    "approve": "approved",
    "reject": "rejected",
    "edit": "edited",
    "choose": "chose for",
    "respond": "answered",
}


def page(found: Page, *, now: datetime, width: int | None, db: Path | None, filtered: bool, more: str | None) -> str:
    """The inbox as a table and the command to type next; `more` is the command for the next page."""
    if not found.items:
        if found.total:
            return "nothing after this place"
        if filtered:
            return f"nothing matches; {command(db, 'list')} shows all"
        return "\n".join(
            [
                "no threads yet",
                "",
                *pairs([("start a workflow", f"{command(db, 'run')} FILE"), ("see the demo", "hitl demo")]),
            ]
        )
    rows = [_HEADINGS, *(_row(item, now) for item in found.items)]
    lines = table(rows, limit=width)
    lines.append("")
    shown = len(found.items)
    lines.append(f"{shown} of {found.total}" if shown < found.total else f"{found.total} in all")
    hints = []
    if more is not None:
        hints.append(("go on", more))
    open_item = next((item for item in found.items if item.request_id is not None), None)
    hints.append(("look at one", command(db, "show", (open_item or found.items[0]).thread_id)))
    return "\n".join([*lines, *pairs(hints)])


def thread(view: ThreadView, *, now: datetime, db: Path | None) -> str:
    """One thread: where it stands, what it asks, how to answer."""
    facts = [("thread", visible(view.thread_id)), ("graph", visible(view.graph)), ("status", status_words(view))]
    if view.error is not None:
        facts.append(("error", error_words(view.error)))
    facts += ending(view)
    if view.blocked is not None:
        facts.append(("blocked", visible(why_blocked(view.blocked))))
    if view.wake_at is not None:
        facts.append(("next try", f"in {until(view.wake_at, now)} ({to_the_second(view.wake_at)})"))
    if view.assignee is not None:
        facts.append(("assigned", visible(view.assignee)))
    if view.priority:
        facts.append(("priority", str(view.priority)))
    facts += [("note", f"{to_the_second(note.at)} {visible(note.actor)}: {visible(note.text)}") for note in view.notes]
    blocks = [pairs(facts)]
    if view.error is not None and view.error.traceback:
        blocks.append(foreign(view.error.traceback))
    values = {} if view.pending else {key: value for key, value in view.state.items() if key != "responses"}
    if values:
        blocks.append(_named_values("state", values))
    said = _said_before(view)
    if said:
        blocks.append(_transcript(said))
    blocks.extend(request_lines(request, now) for request in view.pending)
    hints = next_commands(view, now, db)
    if hints:
        blocks.append(pairs(hints))
    return "\n\n".join("\n".join(block) for block in blocks)


def next_commands(view: ThreadView, now: datetime, db: Path | None) -> list[tuple[str, str]]:
    """What to type next, as pairs of purpose and command line."""
    thread_id = view.thread_id
    if view.pending:
        several = len(view.pending) > 1
        return [
            (f"{action} {visible(request.node)}" if several else action, line)
            for request in view.pending
            for action, line in _ways(thread_id, request, now, db, several)
        ]
    if session_class(view.blocked) is not None:
        return [("look at it", command(db, "history", thread_id)), ("give it up", command(db, "cancel", thread_id))]
    if view.blocked is not None:
        return [("trust it", command(db, "trust", view.blocked)), ("then", command(db, "wait", thread_id))]
    if view.status == "failed":
        why = ("see why", command(db, "history", thread_id))
        is_hopeless = view.error is not None and view.error.type in HOPELESS
        return [why] if is_hopeless else [why, ("try again", command(db, "retry", thread_id))]
    if view.wake_at is not None:
        return [("wait for it", command(db, "wait", thread_id)), ("try now", command(db, "retry", thread_id))]
    if view.status in ("ready", "running"):
        return [("wait for it", command(db, "wait", thread_id))]
    return [("what happened", command(db, "history", thread_id))]


def decided(taken: Decided, view: ThreadView, actor: str, *, unused: bool) -> str:
    """One line about a decision that was stored, and one that it is not used where that is known by now."""
    node = visible(taken.node)
    done = f"{_DONE_WORDS.get(taken.action, taken.action)} {visible(taken.graph)} · {node} as {visible(actor)}"
    if any(request.instead_of == taken.request_id for request in view.pending):
        return f"{done}\nthat answer is not used: {node} asks something else now"
    if unused:
        return f"{done}\nthat answer is not used: {node} ran again and did not ask that any more"
    return done


def audit(entries: Sequence[AuditView], *, width: int | None) -> str:
    """The audit as a table."""
    if not entries:
        return "nothing happened yet"
    rows = [("#", "AT", "THREAD", "EVENT", "ACTOR", "VIA", "DETAILS")]
    rows += [
        (
            str(entry.id),
            iso(entry.at),
            visible(entry.thread_id),
            entry.event,
            visible(entry.actor),
            entry.via,
            _details(entry.details),
        )
        for entry in entries
    ]
    return "\n".join(table(rows, limit=width))


def state(view: ThreadView) -> str:
    """Every value of a thread's state, whole."""
    if not view.state:
        return "the state is empty"
    return "\n".join(pairs([(visible(key), value_text(value)) for key, value in view.state.items()]))


def value_text(value: Any) -> str:
    """A value for reading: a text as it is, a list of simple values one a line, anything else as JSON."""
    plain = for_display(value)
    if isinstance(plain, str):
        return visible(plain, newlines=True)
    if isinstance(plain, list) and plain and all(not isinstance(item, (dict, list)) for item in plain):
        return "\n".join(f"- {value_text(item)}" for item in plain)
    return visible(json.dumps(plain, ensure_ascii=False, indent=2 if isinstance(plain, dict) else None), newlines=True)


def value_in_one_line(value: Any) -> str:
    """A value for a table: the first line of a text, with `…` where there are more, anything else as JSON."""
    plain = for_display(value)
    if not isinstance(plain, str):
        return visible(json.dumps(plain, ensure_ascii=False))
    return one_line(plain) + (" …" if "\n" in plain.strip(" \t\r\n") else "")


def until(moment: datetime, now: datetime) -> str:
    """How long until `moment`: `12m`, `1h 40m`, `3d 2h`, or `overdue 5m`."""
    left = moment - now
    return f"overdue {duration(-left)}" if left < timedelta(0) else duration(left)


def duration(span: timedelta) -> str:
    """A span in at most two units: `8s`, `12m`, `1h 40m`, `3d 2h`."""
    seconds = int(span.total_seconds())
    days, hours, minutes = seconds // 86400, seconds // 3600 % 24, seconds // 60 % 60
    if days:
        return f"{days}d {hours}h" if hours else f"{days}d"
    if hours:
        return f"{hours}h {minutes}m" if minutes else f"{hours}h"
    return f"{minutes}m" if minutes else f"{seconds}s"


def status_words(view: ThreadView) -> str:
    """The status of a thread, with its outcome where that says more."""
    outcome = f" ({view.outcome})" if view.outcome and view.outcome != view.status else ""
    return f"{view.status}{outcome}"


def error_words(error: ErrorView) -> str:
    """Which node failed, and how."""
    node = f"{visible(error.node)}: " if error.node else ""
    return f"{node}{visible(error.type)}: {visible(error.message, newlines=True)}"


def ending(view: ThreadView) -> list[tuple[str, str]]:
    """Who ended a thread, and what is not certain since."""
    facts = []
    if view.cancelled is not None:
        by = view.cancelled
        facts.append(("cancelled", f"{to_the_second(by.at)} by {visible(by.actor)} via {visible(by.via)}"))
        facts += [("withdrawn", withdrawn_words(held)) for held in by.withdrawn]
    return facts + [("warning", f"{begun_words(effect)}; find out by hand") for effect in view.begun]


def to_the_second(moment: datetime) -> str:
    """`moment` in UTC to the second, for reading."""
    return iso(moment)[:19] + "Z"


def foreign(text: str) -> list[str]:
    """Lines from outside, indented so that none of them can pass for one of ours."""
    return [f"      {line}".rstrip() for line in visible(text.rstrip("\n"), newlines=True).split("\n")]


def _details(details: dict[str, Any]) -> str:
    said = {visible(name): value_in_one_line(value) for name, value in details.items() if value is not None}
    return ", ".join(f"{name} {value}" for name, value in said.items())


def _row(item: Item, now: datetime) -> tuple[str, ...]:
    asks = one_line(item.prompt) if item.prompt else one_line(item.error or "")
    if item.risk and is_high(item.risk):
        asks = f"{in_words(item.risk)}: {asks}"
    if item.snoozed_until is not None and item.snoozed_until > now:
        asks = f"put aside for {until(item.snoozed_until, now)}: {asks}"
    if item.blocked is not None:
        asks = f"blocked: {one_line(why_blocked(item.blocked))}"
    return (
        visible(item.thread_id),
        visible(item.graph),
        item.status,
        visible(item.node or "-"),
        item.type or "-",
        until(item.due_at, now) if item.due_at is not None else "-",
        asks,
    )


def request_lines(request: PendingView, now: datetime, *, without_call: bool = False) -> list[str]:
    """What a request asks, with all that it shows; `without_call` leaves a tool's name and arguments out."""
    title = f"{visible(request.node)} · {request.type}"
    if request.risk:
        title += f" · {visible(in_words(request.risk))}"
    if request.held_until is not None and request.held_until <= now:
        title += " · answered, takes effect as soon as the thread is run"
    elif request.held_until is not None:
        title += f" · answered, can be taken back until {to_the_second(request.held_until)}"
    elif request.due_at is not None:
        late = request.due_at < now
        title += f" · {'' if late else 'due in '}{until(request.due_at, now)} ({to_the_second(request.due_at)})"
    if request.snoozed_until is not None:
        title += f" · put aside until {to_the_second(request.snoozed_until)}"
    if request.reminded_at is not None:
        title += f" · reminded {to_the_second(request.reminded_at)}"
    lines = [title, "", *(f"  {line}".rstrip() for line in visible(request.prompt, newlines=True).split("\n"))]
    context = dict(shown_of_call(request.type, request.context))
    for name in ("tool", "args") if without_call else ():
        del context[name]
    if context:
        lines += ["", *pairs([(visible(k), value_text(v)) for k, v in context.items()], indent="  ")]
    if request.options:
        lines += ["", *(f"  {number}  {visible(option)}" for number, option in enumerate(request.options, 1))]
    return lines


def _said_before(view: ThreadView) -> Sequence[Turn]:
    """The transcript without the turn that is asked now, which the request shows itself."""
    waits = bool(view.transcript) and view.transcript[-1].asks and bool(view.pending)
    return view.transcript[:-1] if waits else view.transcript


def _transcript(turns: Sequence[Turn]) -> list[str]:
    return [
        "conversation",
        *pairs([(visible(turn.speaker), visible(turn.text, newlines=True)) for turn in turns], indent="  "),
    ]


def _ways(thread_id: str, request: PendingView, now: datetime, db: Path | None, several: bool) -> list[tuple[str, str]]:
    """The commands that answer a request, take its held answer back, or apply its policy when its time is over."""
    which = ("--request", request.request_id) if several else ()
    if request.held_until is not None and request.held_until <= now:
        return [("let it take effect", command(db, "wait", thread_id))]
    if request.held_until is not None:
        return [("take back", command(db, "undo", thread_id, options=which))]
    if request.due_at is not None and request.due_at < now and not parse(request.on_timeout).rearms:
        return [("let it time out", command(db, "wait", thread_id))]
    found = []
    for action in request.allowed:
        for purpose, data in samples(request, action):
            options = which if data is None else ("--data", data, *which)
            found.append((purpose, command(db, "resume", thread_id, action, options=options)))
    if request.type == "conversation" and "respond" in request.allowed:
        found.append(
            ("end it", command(db, "resume", thread_id, "respond", options=("--data", '{"end": true}', *which)))
        )
    return found


def _named_values(title: str, values: dict[str, Any]) -> list[str]:
    rows = [(visible(key), cut(value_in_one_line(value), _LONGEST_VALUE)) for key, value in values.items()]
    return [title, *pairs(rows, indent="  ")]
