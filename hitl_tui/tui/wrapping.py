"""Breaks a line of text into rows of a given width in cells, in linear time: a megabyte without a space is fine.

Or cuts it, where it must stay in one row.
"""

from __future__ import annotations

from rich.cells import cell_len, get_character_cell_size, set_cell_size


def cut(text: str, room: int) -> str:
    """The beginning of `text` in so many cells, with … where something is missing."""
    if cell_len(text) <= room:
        return text
    return set_cell_size(text, max(room - 1, 0)).rstrip() + "…" if room > 0 else ""


def wrap(text: str, width: int) -> list[tuple[int, int]]:
    """Where each row of `text` starts and ends; every character is in exactly one row, spaces at a break included.

    `text` holds no line ends. A row is at most `width` cells wide (spaces at its end may hang over); a word that is
    longer than a row is broken.
    """
    width = max(width, 2)
    if len(text) <= width and text.isascii():
        return [(0, len(text))]
    return _wrap_narrow(text, width) if text.isascii() else _wrap_wide(text, width)


def _wrap_narrow(text: str, width: int) -> list[tuple[int, int]]:
    rows, start, end = [], 0, len(text)
    while end - start > width:
        space = text.rfind(" ", start, start + width + 1)
        stop = start + width
        if space > start and text[start:space].strip():
            stop = space + 1
            while stop < end and text[stop] == " ":
                stop += 1
        rows.append((start, stop))
        start = stop
    if start < end or not rows:
        rows.append((start, end))
    return rows


def _wrap_wide(text: str, width: int) -> list[tuple[int, int]]:
    rows, start, used, after_space, used_after_space, seen_word = [], 0, 0, 0, 0, False
    for index, character in enumerate(text):
        cells = get_character_cell_size(character)
        if character == " ":
            used += 1
            if seen_word:
                after_space, used_after_space = index + 1, used
            continue
        if used + cells > width:
            stop, kept = (after_space, used_after_space) if after_space > start else (index, used)
            rows.append((start, stop))
            start, used, seen_word = stop, used - kept, stop < index
            after_space = stop
            if used + cells > width:
                rows.append((start, index))
                start, used, after_space = index, 0, index
        used += cells
        seen_word = True
    rows.append((start, len(text)))
    return rows
