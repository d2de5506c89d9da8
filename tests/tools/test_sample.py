"""The sample `tool_approval.yaml`, from its start to its report (rows 113 to 116)."""

from __future__ import annotations

from pathlib import Path

from hitl_tui.inbox import Inbox

FILE = Path(__file__).parents[2] / "sample_graphs" / "tool_approval.yaml"


async def test_a_turn_of_four_calls(tmp_path: Path) -> None:
    """Two ask; one of them is edited, the other rejected, and the other two run all the same."""
    async with Inbox.open(tmp_path / "hitl.db", actor="ann", via="test") as inbox:
        await inbox.start(FILE, inputs={"customer": "bo", "day": "Monday"}, thread_id="t")
        mail, deletion = (await inbox.settled("t")).pending
        assert [each.context["tool"] for each in (mail, deletion)] == ["send_email", "delete_files"]
        edited = mail.context["args"] | {"copies": ["eve@example.org"]}
        await inbox.decide("t", "edit", {"args": edited}, request_id=mail.request_id)
        await inbox.decide("t", "reject", {"reason": "keep them"}, request_id=deletion.request_id)
        view = await inbox.settled("t")
        assert (view.status, view.outcome) == ("completed", "ok")
        assert view.state["report"].splitlines() == [
            "read_calendar: Nothing is planned for Monday",
            "send_email: Sent 'Our meeting on Monday' to bo@example.org, eve@example.org",
            "delete_files: A person rejected this call of delete_files: keep them",
            "delete_files: Deleted 1 files",
        ]
