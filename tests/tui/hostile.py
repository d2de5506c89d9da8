"""Text that tries to take over a terminal, and what a terminal stream may hold that we wrote ourselves."""

from __future__ import annotations

import re

TEXTS = {
    "escape": "\x1b[2J\x1b[31mOWNED\x1b]0;OWNED\x07",
    "c1": "\x9b2J\x9d0;OWNED\x9c",
    "clipboard": "\x1b]52;c;T1dORUQ=\x07",
    "link": "\x1b]8;;http://owned.example\x1b\\here\x1b]8;;\x1b\\",
    "bidi": "\u202edlrow\u202c \u2066x\u2069 \u061c",
    "zero_width": "pay\u200bload\u200d \ufeff\u2060",
    "closing_tag": "[/x] [bold",
    "click": "[@click=app.quit]go[/]",
    "emoji": "❤️ 👍🏽 👨\u200d👩\u200d👧 🇩🇪 é\u0301\u0302",
    "surrogate": "\ud800 and \udfff",
    "mojibake": "Ã©tÃ© â€œquotedâ€ ┌─┐│█▌",
    "controls": "a\rb\x08\x07\x00\x7f\x0e\x0f",
    "wide": "日本語テキスト" * 30,
}
"""By the name of what each tries."""
ALL = " ".join(TEXTS.values())
HOSTILE = "\x1b[31m\u202e[/x] [@click=app.quit]x[/] \x9b \ud800"
"""A little of it, for a field that is to stay readable."""
IDS = ("thread/1", "é", "1abc", "[/x]", "a b#c.d:e")
"""Ids of threads that are no ids elsewhere."""
MEGABYTE = "x" * 1_000_000

_OURS = re.compile(
    r"\x1b\[[0-9;:]*m"  # colours and styles
    r"|\x1b\[[0-9;]*[HABCDJKX]"  # cursor moves, erasing
    r"|\x1b\[\?(?:7|25|1000|1003|1004|1006|1015|1016|1049|2004|2026|2048)(?:;[0-9]+)*[hl]"  # modes
    r"|\x1b\[\?(?:2026|2048)\$p"  # questions about modes
    r"|\x1b\[(?:[<>=]?[0-9;]*)u"  # the keyboard protocol
    r"|\x1b\[[0-9;]*t"  # questions about the size
    r"|\x1b\[c|\x1b\[>0?q"
    r"|\x1b\]2;(?:hitl: [0-9+]+ waiting|hitl)?(?:\x1b\\|\x07)"  # the window's title
    r"|\x1b\]22;[a-z-]*(?:\x1b\\|\x07)"  # the shape of the mouse pointer
    r"|[\r\n\x07]"  # line ends, and the bell of a reminder
)
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ud800-\udfff]")


def without_ours(stream: str) -> str:
    """The text in a stream, without the sequences that we write ourselves."""
    return _OURS.sub("", stream)


def foreign_sequences(stream: str) -> list[str]:
    """What a terminal would obey or hide in a stream that is not on the list of what we write; each with its place."""
    rest = without_ours(stream)
    return [rest[max(match.start() - 20, 0) : match.end() + 20] for match in _CONTROL.finditer(rest)]
