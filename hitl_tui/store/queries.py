"""Named queries from the `.sql` files of this package: `-- name: claim_next` starts one."""

from __future__ import annotations

import re
from pathlib import Path

_HERE = Path(__file__).parent


def load(name: str) -> dict[str, str]:
    """The queries of `sql/NAME.sql` by their names."""
    parts = re.split(r"^-- name: (\w+)\s*$", (_HERE / "sql" / f"{name}.sql").read_text(encoding="utf-8"), flags=re.M)
    return {key: body.strip().rstrip(";") for key, body in zip(parts[1::2], parts[2::2], strict=True)}


def migrations() -> list[str]:
    """The migration scripts in their order; script N brings the schema to version N."""
    return [path.read_text(encoding="utf-8") for path in sorted((_HERE / "migrations").glob("*.sql"))]
