"""Named queries from the `.sql` files of this package: `-- name: claim_next` starts one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

_HERE = Path(__file__).parent


def load(name: str) -> dict[str, str]:
    """The queries of `sql/NAME.sql` by their names."""
    parts = re.split(r"^-- name: (\w+)\s*$", (_HERE / "sql" / f"{name}.sql").read_text(encoding="utf-8"), flags=re.M)
    return {key: body.strip().rstrip(";") for key, body in zip(parts[1::2], parts[2::2], strict=True)}


@lru_cache(1)
def migrations() -> Sequence[str]:
    """The migration scripts in their order; script N brings the schema to version N.

    Read once: an upgrade changes the files, and not the program that runs.
    """
    return tuple(path.read_text(encoding="utf-8") for path in sorted((_HERE / "migrations").glob("*.sql")))
