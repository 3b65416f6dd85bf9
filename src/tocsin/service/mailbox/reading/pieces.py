"""A text cut into pieces at blanks, brackets and the marks between words."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

MOST_PIECES = 60_000
LONGEST_PIECE = 300

_CJK = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\u30fc"
_CUT = re.compile(
    rf"(?P<break>\n)|(?P<word>[^\s,;()<>{{}}\[\]\"“”„«»‘|、，。；！？・：「」（）【】{_CJK}]+)"
    rf"|(?P<cjk>[{_CJK}]+)|(?P<mark>[^\s])"
)
_BEFORE = "*_#'`’•·=~\\"
_AFTER = "*_'`’=~\\…"
_STOPS = ".!?。！？"
_WILD = re.compile(r"\d{1,3}\.\d{1,3}\.(?:\d{1,3}|\*)\.\*")
_IN_BRACKETS = re.compile(r"\[([0-9A-Fa-f:.]{2,45})\]")
_DISARMED = re.compile(r"\[(\.|dot|:|@|at)\]", re.IGNORECASE)
_MEANT = {"dot": ".", "at": "@"}


@dataclass(frozen=True, slots=True)
class Piece:
    """A piece, and what it is: `word`, `mark`, `stop` or `break`."""

    what: str
    text: str
    start: int
    end: int


def rearmed(text: str) -> str:
    """The text with `[.]` as `.`, and addresses without the brackets around them."""
    text = _DISARMED.sub(lambda found: _MEANT.get(found[1].lower(), found[1]), text)
    return _IN_BRACKETS.sub(r"\1", text)


def pieces(text: str) -> Iterator[Piece]:
    """Cut a text; what comes after MOST_PIECES is left."""
    for count, found in enumerate(_CUT.finditer(text)):
        if count >= MOST_PIECES:
            return
        kind = found.lastgroup or "mark"
        if kind == "word":
            yield from _trimmed(found[0], found.start())
        elif kind == "cjk":
            yield Piece("word", found[0], found.start(), found.end())
        elif kind == "mark" and found[0] in _STOPS:
            yield Piece("stop", found[0], found.start(), found.end())
        else:
            yield Piece(kind, found[0], found.start(), found.end())


def _trimmed(word: str, start: int) -> Iterator[Piece]:
    """A word without the marks around it, and these marks."""
    core = word.lstrip(_BEFORE)
    at = start + len(word) - len(core)
    if at > start:
        yield Piece("mark", word[: at - start], start, at)
    kept = core.rstrip(_AFTER + _STOPS + ":")
    if core.endswith("::") and kept and all(each in "0123456789abcdefABCDEF:" for each in kept):
        kept += "::"
    if _WILD.fullmatch(core.rstrip(_STOPS)):
        kept = core.rstrip(_STOPS)
    if core.lstrip(_STOPS + ":") == "" and core:
        kept = ""
    if kept:
        yield Piece("word", kept, at, at + len(kept))
    after = core[len(kept) :]
    if after:
        stops = any(each in _STOPS for each in after)
        yield Piece("stop" if stops else "mark", after, at + len(kept), at + len(core))
