"""How keys are written, and which of them a terminal can send at all. Pure; the names are Textual's."""

from __future__ import annotations

import difflib
import re
import string
import unicodedata

_NAMED = ("enter", "escape", "tab", "space", "backspace")
_MOVING = ("up", "down", "left", "right", "home", "end", "pageup", "pagedown", "insert", "delete")
_FUNCTION = tuple(f"f{number}" for number in range(1, 25))
_FRIENDLY = {
    "solidus": "slash",
    "reverse_solidus": "backslash",
    "commercial_at": "at",
    "hyphen_minus": "minus",
    "plus_sign": "plus",
    "low_line": "underscore",
}
_SAME = {"ctrl+i": "tab", "ctrl+m": "enter", "ctrl+h": "backspace", "ctrl+left_square_bracket": "escape"}
_OTHER_NAMES = {
    "return": "enter",
    "esc": "escape",
    "del": "delete",
    "ins": "insert",
    "pgup": "pageup",
    "page_up": "pageup",
    "pgdn": "pagedown",
    "page_down": "pagedown",
    "control": "ctrl",
    "option": "alt",
}
_SHORT = re.compile(r"<?(?:\^|([CcMmAa])-)(.)>?")
_MODIFIERS = {"ctrl", "alt", "shift", "super", "meta", "hyper", "cmd"}
_HOW = "write it like r, R, ctrl+r, alt+1, f5, enter or question_mark"


def key_name(character: str) -> str:
    """The name of the key that types one character: `?` is `question_mark`, letters and digits are themselves."""
    if character.isalnum():
        return character
    name = unicodedata.name(character, character).lower().replace("-", "_").replace(" ", "_")
    return _FRIENDLY.get(name, name)


_CHARACTERS = {key_name(character): character for character in string.punctuation}
SENT = (
    frozenset(
        {
            *_NAMED,
            *_MOVING,
            *_FUNCTION,
            *(f"ctrl+{key}" for key in (*string.ascii_lowercase, *_MOVING, *_FUNCTION)),
            *(f"ctrl+{key}" for key in ("backslash", "right_square_bracket", "circumflex_accent", "underscore")),
            *(f"shift+{key}" for key in ("tab", *_MOVING)),
            *(f"ctrl+shift+{key}" for key in _MOVING),
            *(f"alt+{key}" for key in _MOVING),
        }
    )
    - _SAME.keys()
)
"""Keys that every terminal sends, besides those that type a character, and alt with a letter or a digit."""
_NOT_WITH_ALT = "bfo"
"""Alt with b and f means a word back and forth to many terminals; Esc and O are the beginning of other keys."""


def key_list(text: str) -> list[str]:
    """The keys of `r`, or of `ctrl+r, f5`, each once and by its name; a comma itself is `comma`.

    Raises `ValueError` saying which of them is no key, or one that terminals cannot send, and what to write instead.
    """
    return list(dict.fromkeys(_key(part.strip()) for part in text.split(",")))


def is_typed(key: str) -> bool:
    """Whether an editor takes the key of this name as text."""
    return len(key) == 1 or key in _CHARACTERS or key == "space"


def _key(word: str) -> str:
    if not word:
        raise ValueError(f"a key is missing; {_HOW}, and the comma itself as comma")
    if len(word) == 1:
        if not word.isprintable():
            raise ValueError(f"U+{ord(word):04X} is no key; {_HOW}")
        return key_name(word)
    if short := _SHORT.fullmatch(word):
        modifier = "ctrl" if short[1] is None or short[1] in "Cc" else "alt"
        raise ValueError(f"{word!r} is no key; write {modifier}+{short[2].lower()}")
    *before, last = word.split("+") if not word.endswith("++") else [*word[:-2].split("+"), "+"]
    modifiers = [_other(modifier) for modifier in before]
    key = key_name(last) if len(last) == 1 else _other(last)
    name = "+".join([*modifiers, key])
    if (
        modifiers in (["alt"], ["alt", "shift"])
        and len(key) == 1
        and key.isalnum()
        and key.lower() not in _NOT_WITH_ALT
    ):
        shift = "shift+" if key.isupper() or "shift" in modifiers else ""
        return f"alt+{shift}{key.lower()}"
    name = name.lower()
    if name in SENT or (not modifiers and is_typed(name)):
        return name
    raise ValueError(_why_not(word, name, modifiers, key))


def _other(name: str) -> str:
    return _OTHER_NAMES.get(name.lower(), name.lower())


def _why_not(word: str, name: str, modifiers: list[str], key: str) -> str:
    if name in _SAME:
        return f"terminals cannot tell {word} from {_SAME[name]}; take another key"
    if modifiers == ["shift"] and len(key) == 1:
        return f"{word!r} is no key of its own; write {key.upper()}"
    if modifiers and _MODIFIERS.issuperset(modifiers) and (is_typed(key) or key in SENT):
        return f"most terminals cannot send {word}; take another key"
    near = difflib.get_close_matches(name, sorted({*SENT, *_CHARACTERS}), n=1)
    return f"{word!r} is no key; {f'did you mean {near[0]}?' if near else _HOW}"
