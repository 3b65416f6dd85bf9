"""Texts that come from outside, made fit to be shown, mailed and stored."""

from __future__ import annotations

import re
import unicodedata

_PLAIN = re.compile(r"[ -~\n\t]*")
_BREAKS = "\n\t"
_MEANT_TO_MISLEAD = frozenset(
    "\u061c\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069"
    "\ufeff\u00ad"
)
"""Marks that turn the direction of a text, or hide in it."""


def harmless(text: str, longest: int, *, lines: bool = False) -> str:
    """The text in NFC, without control characters, marks of direction and hidden characters.

    A line break becomes a blank unless `lines`. What is longer than `longest` characters is cut,
    and ends with an ellipsis then.
    """
    normal = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    # Most texts are plain, and mails of a night are many.
    is_plain = _PLAIN.fullmatch(normal) is not None
    kept = normal if is_plain else "".join(_kept(each, lines=lines) for each in normal)
    stripped = kept.strip() if lines else " ".join(kept.split())
    return stripped if len(stripped) <= longest else stripped[: longest - 1] + "…"


def heading(text: str, longest: int) -> str:
    """The same for a header of a mail: nothing in it is read as an encoded word (RFC 2047)."""
    return harmless(text, longest).replace("=?", "= ?")


def sentence(words: object) -> str:
    """The words as a sentence: with a full stop, if they do not end in a mark already."""
    text = str(words)
    return text if text.endswith((".", "?", "!")) else f"{text}."


def _kept(character: str, *, lines: bool) -> str:
    if character in _BREAKS:
        return character if lines else " "
    if character in _MEANT_TO_MISLEAD or unicodedata.category(character) in ("Cc", "Cs", "Co"):
        return ""
    if unicodedata.category(character) in ("Zl", "Zp"):
        return "\n" if lines else " "
    return character
