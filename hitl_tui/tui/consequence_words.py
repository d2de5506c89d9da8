"""What a decision would run, in words: one line for each way. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from hitl_tui.model.consequence import Consequence, Way
from hitl_tui.model.risk import in_words
from hitl_tui.safe_text import visible


@dataclass(frozen=True, slots=True)
class WayLine:
    """One line: the answer (or `or`, for another way after the same answer), and what it runs."""

    label: str
    words: str


def way_lines(consequences: Sequence[Consequence], *, whole: bool = False, is_ascii: bool = False) -> list[WayLine]:
    """The lines for all answers; options of a choice that lead to the same are one line.

    Unless `whole`, an option goes by its number.
    """
    groups: dict[tuple[object, ...], list[Consequence]] = {}
    for each in consequences:
        own = () if each.option is not None else (each.label,)
        groups.setdefault((each.action, each.ways, each.waits_for, each.whole, *own), []).append(each)
    options = sum(each.option is not None for each in consequences)
    lines: list[WayLine] = []
    for alike in groups.values():
        first = alike[0]
        label = visible(first.label)
        if first.option is not None:
            everything = len(alike) == options > 1
            label = "Any option" if everything and not whole else _options(alike, whole=whole)
        for number, words in enumerate(_ways(first, is_ascii=is_ascii)):
            lines.append(WayLine("" if number else label, words))
    return lines


def _options(alike: Sequence[Consequence], *, whole: bool) -> str:
    if whole:
        return ", ".join(f"{each.option} {visible(each.label)}" for each in alike)
    return ",".join(str(each.option) for each in alike)


def _ways(each: Consequence, *, is_ascii: bool) -> Iterator[str]:
    waits = f"waits for {', '.join(map(visible, each.waits_for))}; " if each.waits_for else ""
    for number, way in enumerate(each.ways):
        words = _way(way, " -> " if is_ascii else " → ")
        before = waits + ("then " if waits else "") if not number else "or "
        yield f"{before}{_condition(way)}{words}"
    if not each.whole:
        yield "or in yet other ways: there are too many to list"


def _condition(way: Way) -> str:
    """Before the nodes, where it is not cut off."""
    if not way.when:
        return ""
    # The commas of conditions of several turns would read as one.
    words = "; ".join(map(visible, way.when))
    return f"{words}: " if words == "otherwise" else f"if {words}: "


def _way(way: Way, arrow: str) -> str:
    risks = dict(way.risks)

    def named(name: str) -> str:
        risk = risks.get(name)
        return visible(name) + (f" ({in_words(visible(risk))})" if risk else "")

    runs = arrow.join(" + ".join(map(named, step)) for step in way.steps)
    match way.ending:
        case "asks":
            asks = f"asks {' and '.join(map(named, way.at))}"
            return f"runs {runs}, then {asks}" if runs else asks
        case "loop":
            return f"runs {runs}, then again {' + '.join(map(visible, way.at))}"
        case "fails":
            fails = f"fails at {' + '.join(map(visible, way.at))}"
            return f"runs {runs}, {fails}" if runs else fails
        case "end":
            as_what = f" as {way.outcome.replace('_', ' ')}" if way.outcome else ""
            return f"runs {runs}, to the end{as_what}" if runs else f"ends it{as_what}; nothing runs"
