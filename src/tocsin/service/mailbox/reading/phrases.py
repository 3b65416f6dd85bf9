"""Finding phrases in tokens: what words mean, and where they stand.

A phrase is written as people say it, in small letters. A star at the end of its last word stands
for any ending; `...` for up to MOST_BETWEEN tokens between its two halves, in one sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from tocsin.service.mailbox.reading.tokens import Kind, Token
from tocsin.service.mailbox.reading.words import words

MOST_BETWEEN = 14
_WORDS = frozenset((Kind.WORD, Kind.NUMBER))


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase in a list of tokens. at, end: indices of its first token and after its last."""

    meaning: str
    at: int
    end: int


@dataclass(frozen=True, slots=True)
class _Phrase:
    words: tuple[str, ...]
    meaning: str
    later: tuple[str, ...] = ()


class Phrases:
    """The phrases of some meanings, by their first word."""

    def __init__(self, said: dict[str, tuple[str, ...]]) -> None:
        self._by_word: dict[str, list[_Phrase]] = {}
        self._by_stem: dict[str, list[_Phrase]] = {}
        self._within: list[_Phrase] = []
        for meaning, phrases in said.items():
            for each in phrases:
                self._keep(each, meaning)
        for held in (*self._by_word.values(), *self._by_stem.values()):
            held.sort(key=lambda each: (-len(each.words), not each.later))

    def _keep(self, said: str, meaning: str) -> None:
        first, _, later = said.partition(" ... ")
        phrase = _Phrase(tuple(first.split()), meaning, tuple(later.split()))
        if _is_cjk(said[0]):
            self._within.append(_Phrase((said,), meaning))
        elif phrase.words[0].endswith("*"):
            self._by_stem.setdefault(phrase.words[0][:3], []).append(phrase)
        else:
            self._by_word.setdefault(phrase.words[0], []).append(phrase)

    def find(self, tokens: Sequence[Token]) -> list[Found]:
        """All phrases in the tokens, the longest where several begin; they do not overlap."""
        found: list[Found] = []
        free = 0
        for at, token in enumerate(tokens):
            if token.kind is Kind.WORD and _is_cjk(token.text[0]):
                found += [
                    Found(each.meaning, at, at + 1)
                    for each in self._within
                    if each.words[0] in token.text
                ]
            elif at >= free and token.kind in _WORDS and (here := self._at(tokens, at)):
                found.append(here)
                free = here.end
        return found

    def _at(self, tokens: Sequence[Token], at: int) -> Found | None:
        word = tokens[at].value
        for each in (*self._by_word.get(word, ()), *self._by_stem.get(word[:3], ())):
            end = _match(each.words, tokens, at)
            if end and (not each.later or _later(each.later, tokens, end)):
                return Found(each.meaning, at, end)
        return None


def _match(said: tuple[str, ...], tokens: Sequence[Token], at: int) -> int:
    """Index after the phrase if it stands at `at`; 0 if it does not."""
    for word in said:
        while at < len(tokens) and tokens[at].kind is Kind.BREAK:
            at += 1
        if at >= len(tokens) or not _same(word, tokens[at].value):
            return 0
        at += 1
    return at


def _same(phrase_word: str, word: str) -> bool:
    if phrase_word.endswith("*"):
        return word.startswith(phrase_word[:-1])
    return word == phrase_word or word.replace("’", "'") == phrase_word


def _later(said: tuple[str, ...], tokens: Sequence[Token], at: int) -> bool:
    return any(
        _match(said, tokens, here) for here in range(at, min(at + MOST_BETWEEN, len(tokens)))
    )


def _is_cjk(character: str) -> bool:
    return "\u3040" <= character <= "\u9fff" or "\uac00" <= character <= "\ud7af"


@cache
def phrases_of(name: str, *prefixes: str) -> Phrases:
    """The phrases of a file of words; of the meanings that begin with one of the prefixes."""
    return Phrases(
        {
            meaning: told
            for meaning, told in words(name).items()
            if not meaning.startswith("label_") and (not prefixes or meaning.startswith(prefixes))
        }
    )
