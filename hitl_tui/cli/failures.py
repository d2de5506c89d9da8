"""How a failed call ends: its words on stderr, or one JSON object on stdout if that takes it, and the exit code."""

from __future__ import annotations

from typing import Any

import click

from hitl_tui import locations
from hitl_tui.cli import output
from hitl_tui.cli.hints import with_db
from hitl_tui.cli.settings import Settings
from hitl_tui.errors import HitlError, InvalidGraph
from hitl_tui.safe_text import visible

_SHOWN_FINDINGS = 20


def report(error: HitlError, settings: Settings) -> int:
    """Print an error of ours; returns its exit code."""
    payload = {**error.payload(), "hint": with_db(settings.chosen_db, error.hint)}
    found = [str(finding) for finding in error.findings] if isinstance(error, InvalidGraph) else []
    _print(payload, settings, [line for line in found if line not in error.message])
    return error.exit_code


def report_usage(error: click.ClickException, settings: Settings) -> int:
    """Print a mistake in the words of the call; returns 2."""
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "hitl"
    payload = {"code": "usage", "message": error.format_message(), "hint": f"`{path} --help` shows what it takes"}
    _print(payload, settings)
    return 2


def report_unexpected(error: Exception, settings: Settings) -> int:
    """Print one line about a defect and write its traceback, without values, to the log; returns 1."""
    words = str(error).partition("\n")[0]
    message = f"unexpected {type(error).__name__}" + (f": {words}" if words else "")
    _print({"code": "internal", "message": message, "hint": _logged(error)}, settings)
    return 1


def _print(payload: dict[str, Any], settings: Settings, more: list[str] | None = None) -> None:
    if settings.json and _is_told_as_json(payload):
        return
    output.note(f"hitl: {payload['message']}")
    for line in (more or [])[:_SHOWN_FINDINGS]:
        output.note(f"  {visible(line)}")
    if more and len(more) > _SHOWN_FINDINGS:
        output.note(f"  … and {len(more) - _SHOWN_FINDINGS} more")
    if payload["hint"]:
        output.note(f"      {payload['hint']}")


def _is_told_as_json(payload: dict[str, Any]) -> bool:
    if payload["code"] == output.OutputLost.code:
        return False
    try:
        output.as_json({"error": payload})
    except output.OutputLost:
        return False
    return True


def _logged(error: Exception) -> str:
    import os
    import traceback
    from datetime import UTC, datetime

    from hitl_tui.model.redaction import redacted

    path = locations.log_file("cli")
    try:
        locations.private_dir(path.parent)
        with open(
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8", errors="replace"
        ) as log:
            log.write(f"{datetime.now(UTC).isoformat()}\n{redacted(''.join(traceback.format_exception(error)))}\n")
    except OSError:
        return "its traceback could not be logged"
    return f"the traceback is in {path}"
