"""A walk past every place of the screen that shows foreign text; a new screen or widget is one more line."""

from __future__ import annotations

from dataclasses import dataclass

from tests.tui.hostile_inbox import KINDS


@dataclass(frozen=True, slots=True)
class Step:
    """What is looked at, the keys that lead there (by Textual's names), and what of our own is painted then."""

    name: str
    keys: tuple[str, ...]
    words: str = ""
    slow: bool = False
    """Whether it paints so long that keys which come meanwhile would be typed during a block."""


def _turned(tab: str, *more: str) -> list[Step]:
    return [
        Step(f"tab {tab}", ("right_square_bracket",), f"[{tab}]"),
        *(Step(f"{tab}: {key}", (key,), slow=True) for key in more),
    ]


_LATER = [
    step
    for kind, hint, keys, words, left in (
        ("choice", "Justification", ("1",), "● 1", ("escape",)),
        ("text_input", "ctrl+s", ("end",), "", ("escape",)),
        ("edit", "ctrl+s", ("f6", "f6"), "", ("escape",)),
        ("conversation", "ctrl+s send", ("end",), "", ("escape",)),
        ("form", "tab next", ("ctrl+s",), "", ("escape",)),
        ("tool", "[a] Approve", ("e", "ctrl+s"), "", ("escape", "escape", "escape")),
        ("batch", "space leave out", ("space", "enter"), "item 1 of 3", ("escape", "escape", "escape")),
    )
    for step in (
        Step(f"{kind} selected", ("j",)),
        Step(f"{kind} opened", ("enter",), hint),
        Step(f"{kind} answered", keys, words),
        Step(f"{kind} left", left, "? help"),
    )
]
STEPS: tuple[Step, ...] = (
    Step("list and banner", (), "approval/1", slow=True),
    Step("request", ("enter",), "[a] Approve"),
    *(Step(f"request: {key}", (key,), slow=True) for key in ("v", "end", "home")),
    *_turned("State", "asterisk", "end"),
    *_turned("History", "end"),
    *_turned("Graph", "greater_than_sign"),
    *_turned("Audit", "end"),
    Step("request again", ("right_square_bracket",), "[Request]"),
    Step("back", ("escape",), "j/k"),
    Step("a smaller one", ("j",), slow=True),
    Step("note", ("N",), "Note"),
    Step("note closed", ("escape",)),
    Step("assign", ("A",), "Give"),
    Step("assign closed", ("escape",)),
    Step("snooze", ("z",), "aside"),
    Step("snooze closed", ("escape",)),
    Step("cancel", ("x",), "y "),
    Step("cancel closed", ("escape",)),
    Step("fork", ("F",)),
    Step("fork closed", ("escape",)),
    Step("filter", ("l", "end"), "Show only"),
    Step("filter closed", ("escape",)),
    Step("help", ("question_mark",), "Keys"),
    Step("help closed", ("escape",)),
    Step("palette", ("ctrl+p", *"view"), "View: "),
    Step("palette closed", ("escape",)),
    Step("picker", ("n",), "Start"),
    Step("picker closed", ("escape",)),
    Step("search", ("slash", *"owned"), "found"),
    Step("search closed", ("escape",)),
    Step("metrics", ("M",), "Metrics"),
    Step("metrics of one graph", ("f", "G")),
    Step("runner", ("W", "G"), "Runner"),
    Step("dashboard closed", ("escape",), "j/k"),
    Step("saved view", ("alt+1",), "view 1"),
    Step("all again", ("L",), slow=True),
    Step("first", ("g",), slow=True),
    *_LATER,
    Step("marks", ("g", "space", "space", "a"), "y approve"),
    Step("no marks", ("escape", "asterisk", "asterisk")),
    Step("the first again", ("g",), slow=True),
    Step("reason", ("r",), "reason"),
    Step("rejected", ("enter",), "rejected"),
    Step("undone", ("u",)),
    Step("failed", ("f", "f", "f"), "status:failed"),
    Step("traceback", ("enter", "v", "end")),
    Step("the end", ("escape",)),
)
assert {step.name.split()[0] for step in _LATER} | {"approval"} == set(KINDS)
