"""The edited text against the original: signs first, changed words marked, unchanged runs left out."""

from __future__ import annotations

from hitl_tui.tui.diffing import Diff, diff
from hitl_tui.tui.widgets.lines import Line, LinesView, safe_lines

_STYLES = {"-": "removed", "+": "added", "⋯": "muted"}


class DiffView(LinesView):
    """A unified diff; meaning is in the signs `-` and `+`, colour only repeats it (row 18)."""

    def compare(self, before: str, after: str) -> Diff:
        """Show the difference and return it, for its counts."""
        found = diff("\n".join(safe_lines(before)), "\n".join(safe_lines(after)))
        if not found.removed and not found.added:
            self.show_lines([Line("No changes yet.", style="muted")])
            return found
        self.show_lines(
            [
                Line(
                    line.text,
                    style=_STYLES.get(line.sign, ""),
                    lead=line.sign,
                    lead_style=_STYLES.get(line.sign, "muted"),
                    indent=2,
                    marks=tuple((start, end, f"{_STYLES[line.sign]}-word") for start, end in line.changed),
                )
                for line in found.lines
            ]
        )
        return found
