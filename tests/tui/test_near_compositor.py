"""A repaint of a part looks like that part of a repaint of the whole."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest
from textual._compositor import Compositor
from textual.geometry import Region
from textual.strip import Strip

from hitl_tui.tui.near_compositor import NearCompositor
from tests.tui.threads import ask, listed, opened


def repainted(compositor: Compositor, region: Region) -> list[dict[int, Strip | None]]:
    """What is painted of a region: its pieces, by where they begin, line by line."""
    lines = range(region.y, region.bottom)
    chops = compositor._render_chops(region, lines.__contains__)
    return [{cut: strip for cut, strip in chops[y].items() if region.x <= cut < region.right} for y in lines]


@pytest.mark.parametrize("size", [(80, 24), (160, 45)], ids=str)
async def test_every_region_is_painted_as_textual_would(
    tmp_path: Path, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path / "hitl.db", size=size) as (pilot, screen, inbox):
        await ask(inbox, tmp_path, *(f"thread-{number}" for number in range(40)))
        await listed(screen, 40)
        for key in ("j", "enter", "e", "escape", "slash"):
            await pilot.press(key)
            compositor = screen._compositor
            assert isinstance(compositor, NearCompositor)
            widgets = [region for region, clip in compositor.visible_widgets.values() if clip.overlaps(region)]
            rows = [Region(0, y, screen.size.width, height) for y in range(0, size[1] - 3, 3) for height in (1, 2)]
            regions = [region.intersection(screen.region) for region in (*widgets, *rows)]
            ours = [repainted(compositor, region) for region in regions]
            with monkeypatch.context() as patched:
                patched.setattr(compositor, "_get_renders", partial(Compositor._get_renders, compositor))
                assert ours == [repainted(compositor, region) for region in regions]
