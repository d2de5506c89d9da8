"""The original at the left and the edited text at the right, line by line; signs first, as in the inline diff."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.cells import cell_len
from textual.events import Resize

from hitl_tui.tui.diffing import Diff, DiffLine, diff
from hitl_tui.tui.widgets.lines import Line, LinesView, safe_lines
from hitl_tui.tui.wrapping import wrap

_STYLES = {"-": "removed", "+": "added"}
_Pair = tuple[DiffLine | None, DiffLine | None]


class SideBySide(LinesView):
    """Two columns, wrapped to half of the width each (row 18)."""

    def __init__(self) -> None:
        super().__init__()
        self._diff: Diff | None = None

    def compare(self, before: str, after: str) -> None:
        """Show the difference of two texts."""
        found = diff("\n".join(safe_lines(before)), "\n".join(safe_lines(after)))
        if found != self._diff:
            self._diff = found
            self._arrange()

    def on_resize(self, event: Resize) -> None:
        """The columns follow the width."""
        self._arrange()
        super().on_resize(event)

    def _arrange(self) -> None:
        width = self.scrollable_content_region.width
        if self._diff is None or width <= 0:
            return
        if not self._diff.removed and not self._diff.added:
            self.show_lines([Line("No changes yet.", style="muted")])
            return
        half = max((width - 3) // 2, 8)
        self.show_lines([line for pair in _pairs(self._diff.lines) for line in _rows(pair, half)])


def _pairs(lines: Sequence[DiffLine]) -> Iterator[_Pair]:
    """Removed and added lines beside each other, in their order."""
    gone: list[DiffLine] = []
    come: list[DiffLine] = []
    for line in lines:
        if line.sign == "-" and not come:
            gone.append(line)
        elif line.sign == "+":
            come.append(line)
        else:
            yield from _beside(gone, come)
            gone, come = ([line], []) if line.sign == "-" else ([], [])
            if line.sign != "-":
                yield line, line
    yield from _beside(gone, come)


def _beside(gone: Sequence[DiffLine], come: Sequence[DiffLine]) -> Iterator[_Pair]:
    for at in range(max(len(gone), len(come))):
        yield gone[at] if at < len(gone) else None, come[at] if at < len(come) else None


def _rows(pair: _Pair, half: int) -> Iterator[Line]:
    left, right = (_column(line, half - 2) for line in pair)
    for at in range(max(len(left), len(right), 1)):
        one, other = (column[at] if at < len(column) else ("", ()) for column in (left, right))
        first = (pair[0].sign if pair[0] and at == 0 else " ") + " " + one[0]
        second = (pair[1].sign if pair[1] and at == 0 else " ") + " " + other[0]
        padded = first + " " * (half - cell_len(first))
        shift = len(padded) + 3
        marks = [(start + 2, end + 2, name) for start, end, name in one[1]]
        marks += [(start + shift + 2, end + shift + 2, name) for start, end, name in other[1]]
        # A row is exactly as wide as the view, and so is never wrapped again.
        yield Line(f"{padded} │ {second}", marks=tuple(marks))


def _column(line: DiffLine | None, width: int) -> list[tuple[str, tuple[tuple[int, int, str], ...]]]:
    """The rows of one side with their marks: the whole line's style, stronger where words differ."""
    if line is None:
        return []
    style = _STYLES.get(line.sign, "muted" if line.sign == "⋯" else "")
    rows = []
    for start, end in wrap(line.text, width):
        text = line.text[start:end].rstrip(" ")
        rows.append((text, tuple(_marks(line, start, start + len(text), style)) if style else ()))
    return rows


def _marks(line: DiffLine, start: int, end: int, style: str) -> Iterator[tuple[int, int, str]]:
    at = start
    for first, last in line.changed:
        first, last = max(first, start), min(last, end)
        if first >= last:
            continue
        if at < first:
            yield at - start, first - start, style
        yield first - start, last - start, f"{style}-word"
        at = last
    if at < end:
        yield at - start, end - start, style
