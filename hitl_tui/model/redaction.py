"""Secrets taken out of text before it is stored: error messages, tracebacks, what a node printed. Pure, linear time.

What looks like a secret, and nothing else:

- the value of a key whose name ends in password, passwd, passphrase, pwd, _pass, secret, token, api key, access key,
  secret key, private key, authorization, credential or cookie (`DB_PASSWORD=…`, `"api_key": "…"`, `Cookie: …`), up to
  its closing quote, or else up to a blank, `,`, `;` or `&`; the headers `Authorization:` and `Cookie:` up to the end of
  the line
- what stands in quotes or brackets after passwords, secrets or tokens (`"tokens": ["…"]`), if it begins with no number
- what follows an option of such a name: `--password …`, `['--password', '…']`
- the password in `-u name:password`, of curl also in `-uname:password`, and what follows `-p` of mysql, mariadb and
  sshpass; each with its blanks where it stands in quotes
- the second of two texts in brackets after a header's name: `("X-Api-Key", "…")`
- what follows `Bearer`
- the password in `scheme://user:password@host`
- keys with a well-known beginning: `sk-…`, `sk_live_…`, `ghp_…`, `github_pat_…`, `glpat-…`, `AKIA…`, `AIza…`, `xoxb-…`
- JSON Web Tokens, `eyJ….….…`
- private keys in PEM form, also with the same few words before each line

A plain count or flag stays readable: `max_tokens=100`, `"tokens": {"prompt": 12}`, `token=None`, `password=""`; so does
a path: `PWD=/home/ann`.
"""

from __future__ import annotations

import re
from typing import Any, Final

MARK: Final = "[redacted]"

_WORDS = r"secret|token|authorization|credentials?|cookies?"
_PATH = r"(?:(?:~|\.{1,2})?/|[a-z]:[\\/])"
_PASS = rf"""pass(?:word|wd|phrase|(?<=_pass))|pwd(?![ \t"'\\\]:=>]{{0,12}}{_PATH})"""
_KEY = rf"(?:{_PASS}|(?:api|access|secret|private)[ _-]?key(?:_base)?|{_WORDS})"
_KEYS = r"(?:passwords|secrets|tokens)"
_HINTS = ("pass", "pwd", "key", *_WORDS.replace("s?", "").split("|"))
_NAME = re.compile(rf"(?i)(?:{_KEY}|{_KEYS}(?P<many>))$")
_FOLDER = re.compile(rf"(?i)pwd\0{_PATH}")
_SIGN = (
    r"""\\{0,9}["']?\]?[ \t]{0,9}(?::[ \t]{0,9}(?:str|bytes)(?:[ \t]?\|[ \t]?None)?[ \t]{0,9}=|:?=>?+(?!=)|:(?![:=]))"""
)
_NOTHING = r"""(?!(?:none|null|true|false|str|bytes)(?:[\s,;&)}\]"']|$)|\[redacted\])"""

_SCHEME = r"(?:token|basic|bearer|digest|negotiate)"
# What is said of an option, or stands for its value in a usage line.
_SAID = (
    rf"(?:(?-i:[A-Z]{{1,20}}_){{0,2}}{_KEY}|is|was|are|to|or|and|in|on|for|from|by|as|if|but|not|has|must|may|can|cannot"
    r"|should|needs?|requires?|required|takes|options?|flags?|arguments?|values?|the|an?|with|without|when|instead)"
)
_OPTION = (
    rf"""--(?<![\w-]--)(?:[a-z0-9]{{1,20}}+[_-]){{0,3}}?(?:{_KEY}|pass)"""
    r"""(?:=|[ \t]{1,9}|\\{0,9}["'],\s{0,9}(?=\\{0,9}["']))"""
    rf"""(?!\\{{0,9}}["']-|[-\[({{<|]|{_SAID}(?:[\s.,;:)\]"']|$))"""
)
# Many secrets come in a list or the like; a number among them counts something, as in what a model tells of its use.
_MANY = (
    rf"""{_KEYS}{_SIGN}[ \t]{{0,9}}(?=\\{{0,9}}["'\[({{])"""
    r"""(?!\W{1,12}(?:\w{1,30}\\{0,9}["']:[ \t]?)?[0-9][0-9.,_]{0,20}+(?![\w+=-]))"""
)

# Nothing in these patterns is tried twice over the same stretch of text: loops are possessive, atomic, or bounded.
# Those over groups are atomic: possessive ones match something else before Python 3.11.5 (gh-106052).
_HEADER = re.compile(rf"(?i)((?:authorization|cookie):[ \t]{{1,9}}){_NOTHING}(?![ \t\"'{{\[(])[^\r\n]++")
_NAMED = re.compile(
    rf"""(?ix)
    ( (?> authorization {_SIGN} [ \t]{{0,9}} {_SCHEME} [ \t]{{1,9}}
        | {_KEY} {_SIGN} [ \t]{{0,9}} (?:[bru]{{1,2}}(?=["']))?
        | {_MANY}
        | {_OPTION} ) )
    (?:
      (?P<triple>"{{3}}|'{{3}})  (?>(?:(?!(?P=triple))[^\n])+)
    | (?P<double>"(?!"))  (?>(?:[^"\\\n]|\\.)+)
    | (?P<single>'(?!'))  (?>(?:[^'\\\n]|\\.)+)
    | (?P<escaped>\\{{1,9}}["'])(?!(?P=escaped))  (?>(?:(?!(?<!\\)(?P=escaped))[^\n])+)
    | (?P<list>[\[({{])(?![\])}}]|redacted\])  (?>(?:[^\[\](){{}}\n]|[\[({{][^\[\](){{}}\n]*+[\])}}])+)
    | {_NOTHING}(?![\\"'\[({{])  [^\s,;&]*[^\s,;&.)}}\]>"'\\]
    )"""
)
_FIELD = r"(?:(?:[\w-]{1,40}-)?(?:api-key|authorization|cookie)|[\w-]{1,40}-(?:token|secret|key))"
_PAIR = re.compile(
    rf"""(?i)([\[(]b?["']{_FIELD}["'],[ \t]{{0,9}}b?(?P<quote>["']))(?!\[redacted\])"""
    r"""(?>(?:(?!(?P=quote))[^\n])+)(?=["'][\])])"""
)
_QUOTE = r"""\\{0,9}["']"""
# A quote before an option, before what follows it, or before the password in it; each ends where the same one comes.
_AROUND, _OPEN, _INNER = (rf"(?P<{name}>{_QUOTE})" for name in ("around", "open", "inner"))
_TO_AROUND, _TO_OPEN, _TO_INNER = (rf"(?>(?:(?!(?<!\\)(?P={name}))[^\n])+)" for name in ("around", "open", "inner"))
_BARE = r"""[^\s"'\\]++"""
_USER = re.compile(
    rf"""(?x)
    ( (?: (?<![\w-])-(?:u|-user)(?:[ \t=]|{_QUOTE},)
        | curl(?>(?:(?!{_QUOTE}?+-(?<![\w-]-)(?:u|-user)|curl)[^\n]){{0,300}}){_AROUND}?-u )
      [ \t]{{0,9}}(?:{_OPEN}|\\{{0,9}})[A-Za-z][\w.@%+-]{{0,60}}:(?(open)|(?(around)|(?:{_INNER}(?!\s))?)) )
    (?!\[redacted\]|/)
    (?(open){_TO_OPEN}|(?(around){_TO_AROUND}|(?(inner){_TO_INNER}|{_BARE})))"""
)
_COMMANDS = "mysql|mariadb|sshpass"
_DASH_P = re.compile(
    rf"""(?x)
    ( (?:(?P<apart>sshpass)|{_COMMANDS})
      (?>(?:(?!(?:[ \t]|{_QUOTE})-p|{_COMMANDS})[^\n]){{0,300}})(?:[ \t]|{_AROUND})-p
      (?(apart)[ \t"',\\]{{0,20}}?){_OPEN}? )
    (?!\[redacted\]|[0-9]{{1,5}}:[0-9]|[\s"'\\,])
    (?(open){_TO_OPEN}|(?(around){_TO_AROUND}|{_BARE}))"""
)
_BEARER = re.compile(r"(?i)(\bbearer[ \t]{1,9})(?!(?:tokens?|auth\w{0,12})\b)[\w.~+/=-]{6,}+")
_ADDRESS = re.compile(
    r"""(://[^\s/?#@:"'<>]*+:)(?!\[redacted\]@|[0-9]{1,5}[/?#])(?:[^\s/?#"'<>]+|[^\s"'<>@]{1,200})@"""
)
_PREFIXED = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    r"(?:sk-|[rs]k_(?:live|test)_|glpat-)(?=[A-Za-z_-]{0,80}+[0-9])[\w-]{12,}+"
    r"|gh[opsur]_[A-Za-z0-9]{16,}+|github_pat_\w{16,}+"
    r"|A(?:KI|SI)A[A-Z0-9]{12,}+|AIza[\w-]{30,}+|xox[a-z]-[\w-]{8,}+)"
)
_JWT = re.compile(r"(?<![\w-])eyJ[\w-]{5,}+\.[\w-]{4,}+(?:\.[\w-]*+)?")
PEM_BEGIN: Final = r"-----BEGIN (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
PEM_BODY: Final = r"[^-]*+(?>(?:-(?!----)[^-]*+)*)"
"""All that may stand between a key's first line and its last."""
PEM_END: Final = r"-----END (?:[A-Z0-9]{1,20} ){0,3}PRIVATE KEY(?: BLOCK)?-----"
_LINE = r"[\w+/=\\ \t\r]*+"
_MARKED = r"[^\n]{0,80}?(?<![\w+/=])[\w+/=]{16,128}+(?=\s|\Z)"
"""A line of a key behind something: `> `, `worker | `."""
_PEM = re.compile(rf"{PEM_BEGIN}(?:{PEM_BODY}-----END [A-Z0-9 ]{{0,60}}-----|{_LINE}(?>(?:\n(?:{_MARKED}|{_LINE}))*))")


def redacted(text: str) -> str:
    """The text with `[redacted]` in place of each secret; everything else stays as it was, character by character."""
    if "PRIVATE KEY" in text:
        text = _PEM.sub(MARK, text)
    if "eyJ" in text:
        text = _JWT.sub(MARK, text)
    text = _PREFIXED.sub(MARK, text)
    if "://" in text:
        text = _ADDRESS.sub(rf"\1{MARK}@", text)
    if "-u" in text:
        text = _USER.sub(rf"\1{MARK}", text)
    if "-p" in text:
        text = _DASH_P.sub(rf"\1{MARK}", text)
    # Looking for a word costs little, and most texts have none of these.
    words = text.lower()
    if "bearer" in words:
        text = _BEARER.sub(rf"\1{MARK}", text)
    if not any(hint in words for hint in _HINTS):
        return text
    text = _PAIR.sub(rf"\1{MARK}", _HEADER.sub(rf"\1{MARK}", text))
    return _NAMED.sub(_named, text)


def redacted_value(value: Any) -> Any:
    """A JSON value with `[redacted]` for each secret: in its texts, and for what stands under the key of a secret."""
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, dict):
        return {key: _under(str(key), item) for key, item in value.items()}
    return [redacted_value(item) for item in value] if isinstance(value, (list, tuple)) else value


def _under(key: str, value: Any) -> Any:
    named = _NAME.search(key)
    is_nothing = value is None or isinstance(value, bool) or value == "" or _FOLDER.search(f"{key}\0{value}")
    is_count = named is not None and named["many"] is not None and _counts(value)
    return redacted_value(value) if named is None or is_nothing or is_count else MARK


def _counts(value: Any) -> bool:
    """Whether it tells how many there are, as of what a model used: numbers alone, of one thing or of several."""
    if isinstance(value, (dict, list, tuple)):
        return all(map(_counts, value.values() if isinstance(value, dict) else value))
    return value is None or isinstance(value, int | float)


def _named(match: re.Match[str]) -> str:
    quote = match["triple"] or match["double"] or match["single"] or match["escaped"] or match["list"] or ""
    return f"{match[1]}{quote}{MARK}"
