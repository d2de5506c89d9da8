"""A compositor that goes through no more widgets for a repaint than those that are repainted."""

from __future__ import annotations

from collections.abc import Iterable

from textual._compositor import Compositor
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class NearCompositor(Compositor):
    """Textual asks whether the clip of a widget touches what is repainted, and many have that of the whole screen."""

    _near: Region | None = None
    """What is being repainted, while its widgets are gone through."""

    @property
    def visible_widgets(self) -> dict[Widget, tuple[Region, Region]]:
        widgets = super().visible_widgets
        if self._near is None:
            return widgets
        touched = self._near.overlaps
        return {widget: places for widget, places in widgets.items() if touched(places[0])}

    def _get_renders(self, crop: Region | None = None) -> Iterable[tuple[Region, Region, list[Strip]]]:
        self._near = crop
        try:
            yield from super()._get_renders(crop)
        finally:
            self._near = None
