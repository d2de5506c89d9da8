"""What every benchmark prints: figures with unit, bound and whether it holds; exit 1 when one does not."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value; `bound` is the most that is allowed, or the least where `at_least`; None just informs."""

    name: str
    value: float
    unit: str
    bound: float | None = None
    at_least: bool = False

    @property
    def ok(self) -> bool:
        if self.bound is None:
            return True
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    @property
    def verdict(self) -> str:
        """The bound and whether it holds, in words."""
        if self.bound is None:
            return ""
        return f"at {'least' if self.at_least else 'most'} {self.bound:g}  {'ok' if self.ok else 'MISSED'}"

    def as_json(self) -> dict[str, Any]:
        """The form that scripts read; `ok` knows in which direction the bound goes."""
        return {"name": self.name, "value": self.value, "unit": self.unit, "bound": self.bound, "ok": self.ok}


def report(figures: list[Figure], *, as_json: bool) -> None:
    """Print the figures and leave with 0, or 1 when a bound is missed."""
    if as_json:
        print(json.dumps({"figures": [figure.as_json() for figure in figures]}))
    else:
        for figure in figures:
            print(f"{figure.name:<52} {figure.value:>10.3f} {figure.unit:<6}  {figure.verdict}".rstrip())
    sys.exit(0 if all(figure.ok for figure in figures) else 1)
