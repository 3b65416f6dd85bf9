"""Whether two names of organisations may be of the same one, as far as names can tell."""

from __future__ import annotations

import re
import unicodedata
from enum import Enum
from functools import cache

from publicsuffixlist import PublicSuffixList

from tocsin.service.verification.words import words_of

_MOST_LETTERS = 300
_LETTERS_THAT_STAY = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe"})
"""Letters that Unicode does not take apart into one of the alphabet and an accent."""

_REDACTED = re.compile(r"redacted|privacy|not disclosed|data protected|withheld|gdpr", re.I)


class Likeness(Enum):
    """SAME: but for how it is written. ALIKE: may be the same. UNLIKE: plainly another.
    UNKNOWN: cannot be compared."""

    SAME = "same"
    ALIKE = "alike"
    UNLIKE = "unlike"
    UNKNOWN = "unknown"


def likeness(one: str, other: str) -> Likeness:
    """How alike two names are; case, accents, legal forms and the order of words do not count."""
    mine, theirs = name_words(one), name_words(other)
    if not mine or not theirs or is_withheld(one) or is_withheld(other):
        return Likeness.UNKNOWN
    if mine == theirs or _joined(one) == _joined(other):
        return Likeness.SAME
    if _is_latin(mine) != _is_latin(theirs):
        return Likeness.UNKNOWN
    own, others = mine - _common(), theirs - _common()
    if own and others and _mostly_shared(own, others):
        return Likeness.ALIKE
    if _abbreviates(one, other) or _abbreviates(other, one):
        return Likeness.ALIKE
    return Likeness.UNLIKE


def name_words(name: str) -> frozenset[str]:
    """The words of a name in small letters without accents, legal forms left out.

    A name that is nothing but legal forms keeps them.
    """
    return frozenset(_words(name))


def is_withheld(name: str) -> bool:
    """Whether the text stands where a name would, and says that there is none to be seen."""
    return bool(_REDACTED.search(name))


def domain_fits(domain: str, name: str) -> bool:
    """Whether the label that somebody registered is made of the name: a word of it, all of them
    joined, or their first letters. The label has at least three letters."""
    label = "".join(each for each in registered_label(domain) if each.isalnum())
    if len(label) < 3:
        return False
    particular = name_words(name) - _common()
    return label in particular or label == _joined(name) or _abbreviates(label, name)


def registered_label(domain: str) -> str:
    """`example` of mail.example.org; empty for what lies under no known suffix."""
    return registrable(domain).partition(".")[0]


def registrable(domain: str) -> str:
    """The domain that somebody registered, such as example.org; empty if it is none."""
    return _suffixes().privatesuffix(domain) or ""


def is_suffix(domain: str) -> bool:
    """Whether a domain is one below which anybody can register: org, co.uk."""
    return _suffixes(only_icann=True).publicsuffix(domain) == domain


def is_under_known_suffix(domain: str) -> bool:
    """Whether its last label is a top-level domain that exists."""
    return _suffixes(only_icann=True).publicsuffix(domain) is not None


def _mostly_shared(own: frozenset[str], others: frozenset[str]) -> bool:
    """Whether one holds the other, or at least half of all their words are in both."""
    return own <= others or others <= own or len(own & others) * 2 >= len(own | others)


def _words(name: str) -> list[str]:
    spaced = f" {' '.join(_plain(name).split())} "
    for form in _legal_forms():
        while f" {form} " in spaced:
            spaced = spaced.replace(f" {form} ", " ")
    return spaced.split() or _plain(name).split()


def _plain(name: str) -> str:
    """Small letters and digits of the alphabet, anything else a blank."""
    folded = name[:_MOST_LETTERS].casefold().translate(_LETTERS_THAT_STAY)
    apart = unicodedata.normalize("NFKD", folded)
    bare = "".join(each for each in apart if not unicodedata.combining(each))
    lettered = "".join(each if each.isalnum() else " " for each in bare.replace("&", " and "))
    return lettered.casefold()


def _joined(name: str) -> str:
    return "".join(_words(name))


def _abbreviates(short: str, long: str) -> bool:
    """Whether one is the first letters of the words of the other, at least three."""
    letters = _joined(short)
    words = _words(long)
    return len(letters) >= 3 and letters == "".join(each[0] for each in words)


def _is_latin(words: frozenset[str]) -> bool:
    return any(letter.isascii() and letter.isalpha() for word in words for letter in word)


@cache
def _legal_forms() -> tuple[str, ...]:
    """Those of most words first, so that a part of one is not taken for another."""
    return tuple(sorted(words_of("legal_forms"), key=lambda form: (-len(form.split()), form)))


def _common() -> frozenset[str]:
    return words_of("common_words")


@cache
def _suffixes(*, only_icann: bool = False) -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False, only_icann=only_icann)
