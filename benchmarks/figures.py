"""What every benchmark prints: figures with unit, bound and whether it holds; exit 1 when one does not."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value; `bound` is the most that is allowed, None where the figure only informs."""

    name: str
    value: float
    unit: str
    bound: float | None = None

    @property
    def ok(self) -> bool:
        return self.bound is None or self.value <= self.bound


def report(figures: list[Figure], *, as_json: bool) -> None:
    """Print the figures and leave with 0, or 1 when a bound is missed."""
    if as_json:
        print(json.dumps({"figures": [asdict(figure) | {"ok": figure.ok} for figure in figures]}))
    else:
        for figure in figures:
            bound = "" if figure.bound is None else f"  at most {figure.bound:g}  {'ok' if figure.ok else 'MISSED'}"
            print(f"{figure.name:<52} {figure.value:>10.3f} {figure.unit:<6}{bound}")
    sys.exit(0 if all(figure.ok for figure in figures) else 1)
