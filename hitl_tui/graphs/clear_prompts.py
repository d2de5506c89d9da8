"""Prompts that tell the reviewer nothing: `Please review this.` (000, "Clear and Specific Prompts"; row 95). Pure."""

from __future__ import annotations

import re

_PLACEHOLDER = re.compile(r"\{[^{}\n]+\}")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)?")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ASKING = _words(
    "accept advise agree allow answer approve check choose comment confirm consider decide edit enter evaluate examine"
    " fix give input inspect look pick provide read reject respond review select sign submit tell validate verify"
    " approval confirmation decision feedback input response reviewed approved action attention needed required"
)
_FILLER = _words(
    "a an and any anything at below can could do for from here i if in is it its kindly let me my necessary now of off"
    " ok okay on one or our over out please see some something that the them these they thing things this those to up"
    " us want we what whether will with would you your following above content data details document information item"
    " items material request result stuff text value"
)


def vagueness_of(prompt: str) -> str | None:
    """What a vague prompt lacks, in words; None for one that names anything at all, or that is empty."""
    if _PLACEHOLDER.search(prompt):
        return None
    words = [word.lower() for word in _WORD.findall(prompt)]
    if not any(word in _ASKING for word in words) or any(word not in _ASKING | _FILLER for word in words):
        return None
    return "the prompt says neither what is asked about nor what to look at; name both, so that it is clear by itself"
