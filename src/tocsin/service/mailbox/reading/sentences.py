"""Prose as sentences."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.service.mailbox.reading.lexer import tokenise
from tocsin.service.mailbox.reading.tokens import SPACES, Kind, Token

_FILLERS = frozenset(("and", "und", "et", "y", "e", "i", "и", "as", "asn", "or", "also", "auch"))
_SHORT = frozenset(
    [
        "e.g",
        "i.e",
        "z.b",
        "inc",
        "ltd",
        "co",
        "corp",
        "dr",
        "mr",
        "mrs",
        "ms",
        "no",
        "nr",
        "st",
        "sr",
        "prof",
        "p.ej",
    ]
)
_BULLETS = frozenset("-*•·–")


@dataclass(frozen=True, slots=True)
class Sentence:
    """Tokens of a sentence, without the breaks around them.

    bare: nothing but facts and the words of lists. goes_on: a bare one, or an item of a list,
    whose meaning is that of the sentence before.
    """

    tokens: tuple[Token, ...]
    bare: bool
    goes_on: bool


def sentences(text: str) -> list[Sentence]:
    """Cut a text at full stops, empty lines and items of lists."""
    found: list[Sentence] = []
    opened = False
    for tokens, item in _runs(tokenise(text)):
        bare = _is_bare(tokens)
        found.append(Sentence(tuple(tokens), bare, bool(found) and (bare or (item and opened))))
        if not (bare or item):
            opened = tokens[-1].text.endswith((":", "："))
    return found


def _runs(tokens: list[Token]) -> list[tuple[list[Token], bool]]:
    runs: list[tuple[list[Token], bool]] = []
    current: list[Token] = []
    item = False
    for at, token in enumerate(tokens):
        ends = token.kind is Kind.STOP and _is_end(tokens, at)
        empty_line = token.kind is Kind.BREAK and _next_kind(tokens, at) is Kind.BREAK
        bullet = token.kind is Kind.BREAK and _is_bullet(tokens, at + 1)
        if ends:
            current.append(token)
        if ends or empty_line or bullet:
            _close(runs, current, item)
            current, item = [], bullet
        elif token.kind is not Kind.BREAK or current:
            current.append(token)
    _close(runs, current, item)
    return runs


def _close(runs: list[tuple[list[Token], bool]], current: list[Token], item: bool) -> None:
    while current and current[-1].kind is Kind.BREAK:
        current.pop()
    if any(each.kind not in SPACES for each in current):
        runs.append((current, item))


def _next_kind(tokens: list[Token], at: int) -> Kind | None:
    return tokens[at + 1].kind if at + 1 < len(tokens) else None


def _is_end(tokens: list[Token], at: int) -> bool:
    """Whether a full stop ends a sentence: not one after an abbreviation."""
    before = tokens[at - 1] if at else None
    if before is None or before.end != tokens[at].start:
        return True
    initial = len(before.text) == 1 and before.text.isupper()
    if tokens[at].text.startswith(".") and (initial or before.value in _SHORT):
        following = tokens[at + 1] if at + 1 < len(tokens) else None
        return following is None or following.kind is Kind.BREAK
    return True


def _is_bullet(tokens: list[Token], at: int) -> bool:
    following = tokens[at : at + 2]
    if len(following) < 2:
        return False
    mark, after = following
    if mark.kind is Kind.NUMBER and len(mark.text) <= 2:
        return after.text in (")", ".")
    return mark.text in _BULLETS and after.kind is not Kind.BREAK


def _is_bare(tokens: list[Token]) -> bool:
    said = [each for each in tokens if each.kind not in SPACES]
    facts = [each for each in said if each.kind not in (Kind.WORD, Kind.NUMBER)]
    words_said = [each for each in said if each.kind is Kind.WORD and each.value not in _FILLERS]
    return bool(facts) and not words_said
