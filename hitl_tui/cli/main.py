"""The entry point of the `hitl` command; everything beyond the version is loaded only when it is needed."""

from __future__ import annotations

import sys


def main() -> None:
    """Run the command line and exit with its code."""
    if sys.argv[1:] == ["--version"]:
        from hitl_tui import __version__

        # Importing click would take longer than everything else that this call does.
        print(f"hitl {__version__}")
        return
    from hitl_tui.cli.entry import run

    sys.exit(run(sys.argv[1:]))
