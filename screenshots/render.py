"""Render the pictures of the README: the real app on the sample workflows, as SVG and PNG.

`make screenshots` calls it. A PNG needs the font Fira Code (Debian: fonts-firacode), or another monospaced font file in
`HITL_SHOT_FONT`; without one only the SVGs are written.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from textual.pilot import Pilot

from hitl_tui.cli.scenes import play_all
from hitl_tui.inbox import Inbox
from hitl_tui.inbox.filters import Filter
from hitl_tui.tui.app import HitlApp
from hitl_tui.tui.themes import DARK

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "sample_graphs"
SIZES = {"wide": (140, 36), "80x24": (80, 24)}
FONT_PLACES = (
    "/usr/share/fonts/truetype/firacode/FiraCode-Regular.ttf",
    "/usr/share/fonts/truetype/firacode/FiraCode-Bold.ttf",
    "/usr/share/fonts/truetype/firacode/FiraCode-VF.ttf",
)
SHOTS = {
    "approval": "ApprovalFlow",
    "edit": "IncidentMessage",
    "choice": "Deployment",
    "text_input": "RequirementsFlow",
    "conversation": "ConsultationFlow",
}


async def render() -> list[Path]:
    """Write the SVGs; returns their paths."""
    written = []
    with tempfile.TemporaryDirectory() as folder:
        os.environ["HITL_CONFIG_DIR"] = os.environ["HITL_STATE_DIR"] = folder
        database = Path(folder) / "demo.db"
        await play_all(SAMPLES, database, "ann")
        stop = asyncio.Event()
        async with Inbox.open(database, actor="ann", via="tui") as inbox, asyncio.TaskGroup() as group:
            group.create_task(inbox.work(2, stop))
            for size_name, size in SIZES.items():
                for kind, graph in SHOTS.items():
                    written.append(await _shot(inbox, kind, graph, size_name, size))
            written.append(await _shot(inbox, "inbox", None, "80x24", SIZES["80x24"]))
            stop.set()
    return written


async def _shot(inbox: Inbox, kind: str, graph: str | None, size_name: str, size: tuple[int, int]) -> Path:
    app = HitlApp(inbox, actor="ann")
    async with app.run_test(size=size, notifications=True) as pilot:
        # A terminal without a screen has no colours, and would get the 16-colour theme.
        app.theme = DARK.name
        await _until(pilot, lambda: app.inbox_screen.inbox_list.selected is not None)
        if graph is not None:
            key = await _request_of(inbox, graph, kind)
            await app.inbox_screen.inbox_list.select(key)
            await _until(pilot, lambda: _shown(app) == key)
            await pilot.press("enter")
        await pilot.pause(0.3)
        path = HERE / f"{kind}-{size_name}.svg"
        path.write_text(app.export_screenshot(title="hitl"), encoding="utf-8")
    return path


def _shown(app: HitlApp) -> str | None:
    request = app.inbox_screen.detail.request
    return request.request_id if request else None


async def _request_of(inbox: Inbox, graph: str, kind: str) -> str:
    items = (await inbox.list(Filter("waiting", types=(kind,), graphs=(graph,)))).items
    return items[-1].key


async def _until(pilot: Pilot[None], condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 20
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("the app did not get there")
        await pilot.pause(0.02)


def _to_png(files: Iterable[Path]) -> None:
    fonts = [name for name in (os.environ.get("HITL_SHOT_FONT", ""), *FONT_PLACES) if name and Path(name).is_file()]
    if not fonts:
        print("no PNGs: install the font Fira Code (Debian: apt install fonts-firacode)", file=sys.stderr)
        return
    import resvg_py

    for file in files:
        picture = resvg_py.svg_to_bytes(
            svg_string=file.read_text(encoding="utf-8"), font_files=fonts, skip_system_fonts=True
        )
        file.with_suffix(".png").write_bytes(bytes(picture))


if __name__ == "__main__":
    _to_png(asyncio.run(render()))
