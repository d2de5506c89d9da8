"""`hitl snooze`, `assign`, `priority`, `note`, and the filters of `hitl list`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from hitl_tui.model.risk import CLASSES
from tests.cli.conftest import Hitl
from tests.cli.test_calls import THREAD


def listed(hitl: Hitl, *words: str) -> int:
    total = hitl.quick("list", *words, "--json").json["total"]
    assert isinstance(total, int)
    return total


def test_triage_by_hand(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    """row 100"""
    hitl.use(asking["Budget"])
    snoozed = hitl.quick("snooze", THREAD, "2h", "--json").json
    assert snoozed["node"] and snoozed["snoozed_until"].endswith("Z")
    assert (listed(hitl, "--snoozed"), listed(hitl)) == (1, 1)
    assert re.search(r"  put aside for (2h|1h 59m): Please review", hitl.quick("list").out)
    assert "back in the inbox" in hitl.quick("snooze", THREAD, "--back").out
    assert listed(hitl, "--snoozed") == 0
    assert "put aside" not in hitl.quick("list").out
    assert hitl.quick("--actor", "ann", "assign", THREAD).out == f"{THREAD}: from nobody to ann\n"
    moved = hitl.quick("assign", THREAD, " lead ", "--escalate", "--json").json
    assert (moved["from"], moved["to"]) == ("ann", "lead")
    assert (listed(hitl, "--assignee", "lead"), listed(hitl, "--assignee", "ann"), listed(hitl, "--unassigned")) == (
        1,
        0,
        0,
    )
    assert hitl.quick("assign", THREAD, "--nobody").code == 0
    assert listed(hitl, "--unassigned") == 1
    assert hitl.quick("priority", THREAD, "7").out == f"{THREAD}: priority 7\n"
    assert hitl.quick("note", THREAD).out == f"{THREAD} has no notes\n"
    assert "[red]ask\x1b Bob" not in hitl.quick("note", THREAD, "[red]ask\x1b Bob").out
    assert hitl.quick("note", THREAD, "--json").json["notes"][0]["text"] == "[red]ask\x1b Bob"
    shown = hitl.quick("show", THREAD).out
    assert "priority  7" in shown and "[red]ask␛ Bob" in shown
    assert (listed(hitl, "--older-than", "1s"), listed(hitl, "--older-than", "1d")) in ((1, 0), (0, 0))


def test_a_number_below_zero_and_a_note_with_a_dash_are_no_options(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    hitl.use(asking["Budget"])
    assert hitl.quick("priority", THREAD, "-9").out == f"{THREAD}: priority -9\n"
    assert hitl.quick("priority", THREAD, "--", "-8").code == 0
    assert hitl.quick("priority", THREAD, "-7", "--json").json["priority"] == -7
    for text in ("-5% higher", "- phone back"):
        assert hitl.quick("note", THREAD, text, "--json").json["notes"][-1]["text"] == text
    for words in (("priority", "-10"), ("priority", "--foo"), ("note", "--jsn", "x"), ("note", "-x")):
        assert hitl.quick(words[0], THREAD, *words[1:]).code == 2
    assert len(hitl.quick("note", THREAD, "--json").json["notes"]) == 2


def test_row_101_the_five_classes_of_risk_are_filtered_by(hitl: Hitl) -> None:
    """row 101"""
    for risk in CLASSES:
        text = f'graph: G\nnodes:\n  n: {{agent: approval_interaction, prompt: "Go on?", context: {{risk: {risk}}}}}\n'
        assert hitl.quick("run", hitl.file("flow.yaml", text), "--thread-id", risk).code == 0
    for risk in CLASSES:
        items = hitl.quick("list", "--risk", risk, "--json").json["items"]
        assert [(item["thread_id"], item["risk"]) for item in items] == [(risk, risk)]
    assert (listed(hitl), listed(hitl, "--risk", "high")) == (5, 0)


def test_what_is_wrong_is_said(hitl: Hitl, asking: Mapping[str, Path]) -> None:
    hitl.use(asking["Budget"])
    for words, code in (
        (("snooze", THREAD), 2),
        (("snooze", THREAD, "1h", "--back"), 2),
        (("snooze", THREAD, "soon"), 2),
        (("snooze", "nobody", "1h"), 3),
        (("snooze", THREAD, "1h", "--request", "r9"), 3),
        (("assign", THREAD, "system"), 2),
        (("assign", THREAD, "bob", "--nobody"), 2),
        (("assign", THREAD, "--escalate"), 2),
        (("assign", "nobody", "bob"), 3),
        (("priority", THREAD, "10"), 2),
        (("note", "nobody"), 3),
        (("note", THREAD, " "), 2),
        (("list", "--unassigned", "--assignee", "bob"), 2),
        (("list", "--older-than", "soon"), 2),
    ):
        refused = hitl.quick(*words, "--json")
        assert (refused.code, set(refused.json)) == (code, {"error"}), words
