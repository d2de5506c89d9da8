"""What somebody types to find something, and the text it is looked for in: words, phrases, folding. Pure.

- all words must be there, each as the beginning of a word; a word such as `order-12/a` is its parts in this order
- `"two words"` are whole words beside each other; while the second quote is not typed the last one is a beginning
- upper and lower case, accents and full-width forms make no difference
- Chinese, Japanese and Thai letters and emoji are words by themselves, so that they are found wherever they stand
- words of one letter are left out (it would be in nearly everything), unless they are in quotes
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

MOST_WORDS = 16
_WORD = re.compile(r'"(?P<phrase>[^"]*)(?P<closed>"?)|(?P<word>[^\s"]+)')
_ALONE = re.compile(
    r"([\xa6\xa9\xae\xb0\u0e00-\u0eff\u1780-\u17ff\u2190-\u2bff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
    r"\U0001f000-\U0001faff\U00020000-\U0003ffff])"
)
_SELECTORS = re.compile("[\ufe0e\ufe0f]")
_SPECIAL_TOKENS = ("Co", "So")


@dataclass(frozen=True, slots=True)
class Term:
    """Words that must stand beside each other, folded; the last one is a beginning if `prefix`."""

    tokens: tuple[str, ...]
    prefix: bool
    text: str
    """As it is given to the index."""


@dataclass(frozen=True, slots=True)
class Search:
    """What was understood of a search text, and which of its words were left out."""

    terms: tuple[Term, ...] = ()
    short: tuple[str, ...] = ()
    """Words of one letter."""
    others: tuple[str, ...] = ()
    """Words without a letter or digit, and those beyond the most."""

    @property
    def expression(self) -> str:
        """The query for FTS5; empty when there is nothing to look for. Nothing in it is an operator of the user's."""
        return " ".join(f'"{term.text}"{"*" if term.prefix else ""}' for term in self.terms)

    @property
    def left_out(self) -> str:
        """What was left out and why, in words; empty for nothing."""
        words = []
        if self.short:
            words.append(f"{_listed(self.short)}: give two letters or more, or put it in quotes")
        if self.others:
            words.append(f"{_listed(self.others)} left out")
        return "; ".join(words)


@lru_cache(maxsize=64)
def parse(text: str) -> Search:
    """Any text at all as a search."""
    terms: dict[tuple[tuple[str, ...], bool], Term] = {}
    short: list[str] = []
    others: list[str] = []
    for match in _WORD.finditer(text):
        quoted = match["word"] is None
        # Some quotes of other scripts become our own here.
        words = indexed(match["phrase"] if quoted else match["word"]).replace('"', " ").replace("\0", " ")
        tokens = tuple(token for token, _ in _tokens(words))
        if not tokens:
            others += [words] if words.strip() else []
        elif not quoted and len(tokens) == 1 and len(tokens[0]) == 1 and not _ALONE.match(tokens[0]):
            short.append(words)
        elif len(terms) == MOST_WORDS:
            others.append(words)
        else:
            prefix = not (quoted and match["closed"])
            terms.setdefault((tokens, prefix), Term(tokens, prefix, words.strip()))
    return Search(tuple(terms.values()), tuple(dict.fromkeys(short)), tuple(dict.fromkeys(others)))


def indexed(text: str) -> str:
    """A text as it goes into the index, and as a search for it must be: one form for each letter."""
    if text.isascii():
        return text
    text = unicodedata.normalize("NFKC", text.encode("utf-8", "replace").decode().casefold())
    return _ALONE.sub(r" \1 ", _SELECTORS.sub("", text))


def marks(search: Search, text: str) -> list[tuple[int, int]]:
    """Where `text` has what is looked for: (start, end) in their order, apart from each other."""
    tokens = list(_tokens(text)) if search.terms else []
    found = []
    for term in search.terms:
        size = len(term.tokens)
        for first in range(len(tokens) - size + 1):
            here = tokens[first : first + size]
            if all(_fits(term, number, token) for number, (token, _) in enumerate(here)):
                last, places = here[-1]
                letters = len(term.tokens[-1]) if term.prefix else len(last)
                found.append((here[0][1][0], places[letters - 1] + 1))
    return _apart(sorted(found))


def _fits(term: Term, number: int, token: str) -> bool:
    wanted = term.tokens[number]
    return token == wanted or (term.prefix and number == len(term.tokens) - 1 and token.startswith(wanted))


def _apart(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in spans:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _tokens(text: str) -> Iterator[tuple[str, list[int]]]:
    """The folded words of a text, each with the places of its letters."""
    letters: list[str] = []
    places: list[int] = []
    for place, character in enumerate(text):
        folded = _folded(character)
        alone = folded is not None and _ALONE.match(character) is not None
        if (folded is None or alone) and letters:
            yield "".join(letters), places
            letters, places = [], []
        if folded is None:
            continue
        if alone:
            yield folded, [place] * len(folded)
            continue
        letters += folded
        places += [place] * len(folded)
    if letters:
        yield "".join(letters), places


@lru_cache(maxsize=4096)
def _folded(character: str) -> str | None:
    """A letter without case and accent; empty for an accent by itself, None for what is between words."""
    category = unicodedata.category(character)
    if category == "Mn":
        return ""
    if category[0] not in "LMN" and category not in _SPECIAL_TOKENS:
        return None
    plain = unicodedata.normalize("NFKD", character.casefold())
    return "".join(letter for letter in plain if unicodedata.category(letter) != "Mn")


def _listed(words: tuple[str, ...]) -> str:
    return ", ".join(f"“{word}”" for word in words[:3]) + (", …" if len(words) > 3 else "")
