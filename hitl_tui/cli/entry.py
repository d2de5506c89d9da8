"""One run of the command line: whatever happens inside becomes an exit code and calm words, never a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from hitl_tui.cli import output
from hitl_tui.cli.failures import report, report_unexpected, report_usage
from hitl_tui.cli.settings import Settings
from hitl_tui.errors import HitlError, UsageError
from hitl_tui.safe_text import is_text

COMPLETION = "_HITL_COMPLETE"
INTERRUPTED = 130
_UNREADABLE = UsageError("an argument is not valid UTF-8", hint="write it in the encoding of your terminal's locale")


def run(arguments: Sequence[str]) -> int:
    """The exit code of `hitl ARGUMENTS…`."""
    # A call that cannot be parsed still says whether it wants its error as JSON.
    settings = Settings(json=output.wants_json(arguments))
    output.make_tolerant()
    from hitl_tui.cli.commands import hitl

    try:
        code = _complete(hitl) if os.environ.get(COMPLETION) else _call(hitl, arguments, settings)
        exit_code = code if isinstance(code, int) else 0
    except click.exceptions.Exit as done:
        exit_code = done.exit_code
    except click.ClickException as error:
        exit_code = report_usage(error, settings)
    except HitlError as error:
        exit_code = report(error, settings)
    except KeyboardInterrupt:
        output.note("")
        exit_code = INTERRUPTED
    except BrokenPipeError:
        exit_code = 0
    except Exception as error:
        exit_code = (
            report_unexpected(error, settings) if all(map(is_text, arguments)) else report(_UNREADABLE, settings)
        )
    output.finish(sys.stdout)
    return exit_code


def _call(hitl: click.Command, arguments: Sequence[str], settings: Settings) -> Any:
    # Not `hitl.main`: that one has exit codes of its own for what goes wrong.
    with hitl.make_context("hitl", list(arguments), obj=settings) as context:
        return hitl.invoke(context)


def _complete(hitl: click.Command) -> int:
    from click.shell_completion import shell_complete

    try:
        return shell_complete(hitl, {}, "hitl", COMPLETION, os.environ[COMPLETION])
    except KeyError as missing:
        raise UsageError(
            f"{COMPLETION} is set, and {missing.args[0]} is not",
            hint=f"only a shell that completes a word sets them: unset {COMPLETION}",
        ) from None
    except BrokenPipeError:
        raise
    except OSError as error:
        raise output.lost(sys.stdout, error) from error
