"""A compositor that goes through no more widgets and lines for a repaint than those that are repainted."""

from __future__ import annotations

from collections.abc import Iterable

from textual._compositor import Compositor
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class NearCompositor(Compositor):
    """Textual goes through all lines of the widgets whose clip touches what is repainted; many have the whole screen's.

    Here their clip is that part of it which is in the lines of the repaint, in its whole width, because lines are cut
    where widgets begin and end.
    """

    _near: Region | None = None
    """What is being repainted, while its widgets are gone through."""

    @property
    def visible_widgets(self) -> dict[Widget, tuple[Region, Region]]:
        widgets = super().visible_widgets
        near = self._near
        if near is None:
            return widgets
        return {
            widget: (region, clip.intersection(Region(clip.x, near.y, clip.width, near.height)))
            for widget, (region, clip) in widgets.items()
            if near.overlaps(region)
        }

    def _get_renders(self, crop: Region | None = None) -> Iterable[tuple[Region, Region, list[Strip]]]:
        self._near = crop
        try:
            yield from super()._get_renders(crop)
        finally:
            self._near = None
