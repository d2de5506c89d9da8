"""What a call costs the processor: how long it takes depends on what else runs beside the tests."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from resource import RUSAGE_CHILDREN, getrusage


def cpu_seconds(*words: str, environment: Mapping[str, str] | None = None) -> float:
    """CPU time of `python WORDS`, which must succeed."""
    before = _children()
    subprocess.run([sys.executable, *words], env=environment, stdout=subprocess.DEVNULL, check=True)
    return _children() - before


def _children() -> float:
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
