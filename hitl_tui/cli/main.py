"""The entry point of the `hitl` command; everything beyond the version is loaded only when it is needed."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    # Importing click would take longer than everything else that telling the version does.
    if sys.argv[1:] == ["--version"]:
        sys.exit(_tell_version())
    from hitl_tui.cli.entry import run

    sys.exit(run(sys.argv[1:]))


def _tell_version() -> int:
    from hitl_tui import __version__
    from hitl_tui.cli import output

    try:
        output.text(f"hitl {__version__}")
    except output.OutputLost as lost:
        from hitl_tui.cli.failures import report
        from hitl_tui.cli.settings import Settings

        return report(lost, Settings())
    return 0
