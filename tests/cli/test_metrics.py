"""`hitl metrics`: text for people, JSON under the names of the documents."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from tests.cli.conftest import Hitl
from tests.cli.spec_requests import THREAD

DOCUMENTED = {"total_interactions", "by_type", "avg_response_time", "timeout_rate", "approval_rate"}


def test_json_has_the_documented_names(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    """rows 107, 109 and 110"""
    hitl.use(asking["Budget"])
    assert hitl.quick("resume", THREAD, "approve", "--no-run").code == 0
    found = hitl.quick("metrics", "--json").json
    assert set(found) >= DOCUMENTED | {"median_response_time", "p95_response_time", "bottlenecks"}
    assert (found["total_interactions"], found["by_type"]) == (1, {"approval": 1})
    assert (found["approval_rate"], found["timeout_rate"], found["bottlenecks"]) == (1.0, 0.0, [])
    assert found["avg_response_time"] > 0
    assert len(found["per_day"]) == found["days"] == 30
    assert hitl.quick("metrics", "--days", "7", "--graph", "Budget", "--json").json["graph"] == "Budget"


def test_text(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    hitl.use(asking["Budget"])
    with closing(sqlite3.connect(hitl.db)) as connection, connection:
        columns = [row[1] for row in connection.execute("pragma table_info(request)")]
        changed = {"id": "'r' || i", "position": "i", "node": "'ask\x1b[31m'"}
        values = ", ".join(changed.get(name, name) for name in columns)
        connection.execute(
            f"with recursive n(i) as (select 1 union all select i + 1 from n where i < 11)"
            f" insert into request ({', '.join(columns)}) select {values} from request, n"
        )
    told = hitl.quick("metrics").out
    assert "asked  12" in told
    assert "approval rate       –" in told
    assert "ask␛[31m  11 times" in told
    assert "\x1b" not in told
    assert max(map(len, told.splitlines())) <= 80
    node = {"node": "ask\x1b[31m", "interaction_count": 11, "type": "high_interaction_volume"}
    assert hitl.quick("metrics", "--json").json["bottlenecks"] == [node]


def test_nothing_to_count(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    """row 108"""
    found = hitl.quick("metrics", "--json")
    assert (found.code, found.json["total_interactions"], found.json["approval_rate"]) == (0, 0, None)
    assert "nobody was asked anything" in hitl.quick("metrics").out
    hitl.use(asking["Budget"])
    assert "no thread of such a graph" in hitl.quick("metrics", "--graph", "Bugdet").out
    assert hitl.quick("metrics", "--days", "0").code == 2
    assert hitl.quick("metrics", "--db", "nowhere.db", "--json").error["code"] == "database_missing"
