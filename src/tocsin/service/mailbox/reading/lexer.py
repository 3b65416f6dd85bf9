"""From a text to its tokens: first word by word, then what takes several words."""

from __future__ import annotations

import re
from functools import cache

from publicsuffixlist import PublicSuffixList

from tocsin.service.mailbox.reading.joining import joined
from tocsin.service.mailbox.reading.networks_said import network_token
from tocsin.service.mailbox.reading.phones_said import phones
from tocsin.service.mailbox.reading.pieces import LONGEST_PIECE, Piece, pieces, rearmed
from tocsin.service.mailbox.reading.times_said import clock_of, day_of, moment_of
from tocsin.service.mailbox.reading.tokens import Kind, Token
from tocsin.service.mailbox.reading.words import words
from tocsin.service.subscribers.mail_addresses import mail_address
from tocsin.service.subscribers.values import NetworkKind, network_value

_LINK = re.compile(r"(?:https?|ftp|hxxps?)://\S+|www\.\S+|tel:\S+", re.IGNORECASE)
_DOMAIN = re.compile(r"[^\W_](?:[\w-]*[^\W_])?(?:\.[^\W_](?:[\w-]*[^\W_])?)+")
_IDENTIFIER = re.compile(r"[a-z][a-z0-9]*(?:_[a-z0-9]+)+")
_MARKS = re.compile(r"[\W_]+")
_QUAD = r"(\d{1,3}(?:\.\d{1,3}){3})"
_GAP_IN_RANGE = re.compile(rf"(?<![\d.]){_QUAD}[ \t]{{0,3}}[-–—][ \t]{{0,3}}{_QUAD}(?!\d|\.\d)")
_GAP_IN_PREFIX = re.compile(
    r"(\.\d{1,3}|::|:[0-9A-Fa-f]{1,4}::)(?:[ \t]{1,2}/[ \t]{0,2}|/[ \t]{1,2})(\d{1,3})(?!\d|\.\d)"
)
_GAP_IN_ASNS = re.compile(
    r"(?<!\w)(ASN?\d{1,10})[ \t]?[-–—][ \t]?(ASN?\d{1,10}|\d{4,10})(?![\w/]|\.\d)", re.IGNORECASE
)


def tokenise(text: str) -> list[Token]:
    """The tokens of a text. Positions are those of `rearmed_whole(text)`."""
    whole = rearmed_whole(text)
    numbers = phones(whole)
    tokens: list[Token] = []
    at = 0
    for piece in pieces(whole):
        while at < len(numbers) and numbers[at].start < piece.end:
            tokens.append(numbers[at])
            at += 1
        if not (at and piece.start < numbers[at - 1].end):
            tokens.extend(_tokens(piece))
    return joined(tokens)


def rearmed_whole(text: str) -> str:
    """The text with what belongs to one fact written together: 192.0.2.0 - 192.0.2.255."""
    text = _GAP_IN_RANGE.sub(r"\1-\2", rearmed(text))
    text = _GAP_IN_PREFIX.sub(r"\1/\2", text)
    return _GAP_IN_ASNS.sub(r"\1-\2", text)


def _tokens(piece: Piece) -> list[Token]:
    if piece.what != "word":
        return [Token(Kind(piece.what), piece.text, piece.start, piece.end, piece.text)]
    if len(piece.text) > LONGEST_PIECE:
        return [Token(Kind.WORD, piece.text[:LONGEST_PIECE], piece.start, piece.end)]
    parts = _parts(piece.text)
    tokens, at = [], piece.start
    for part in parts:
        tokens.append(_token(part, at))
        at += len(part)
    return tokens


def _parts(word: str) -> list[str]:
    """Words that are written together: AS64496/AS64497, mailto:jane@example.org."""
    if _LINK.match(word):
        return [word]
    if "@" in word.strip("@"):
        return [each for each in re.split(r"([/:])", word) if each]
    if re.fullmatch(r"ASN?\d{1,10}(?:[/&+]ASN?\d{1,10})+", word, re.IGNORECASE):
        return re.split(r"([/&+])", word)
    return _unglued(word)


def _unglued(word: str) -> list[str]:
    """A word without a label, a mark or an ending that sticks to it."""
    if found := re.fullmatch(r"([^\d:/]{2,30}[:=])(.*\d.*)", word):
        return [found[1][:-1], found[1][-1], found[2]]
    if len(word) > 1 and word[0] in "/&+-" and word[1:2].isalpha():
        return [word[0], word[1:]]
    if len(word) > 3 and word.endswith(("'s", "’s")):
        return [word[:-2], word[-2:]]
    if len(word) > 1 and word.endswith("/"):
        return [word[:-1], "/"]
    return [word]


def _token(text: str, start: int) -> Token:
    end = start + len(text)
    if _LINK.fullmatch(text):
        return Token(Kind.LINK, text, start, end, text)
    if "@" in text.strip("@"):
        return _mail(text, start, end)
    if text.isascii() and text.isdecimal():
        return Token(Kind.NUMBER, text, start, end, text)
    return (
        network_token(text, start)
        or _time(text, start, end)
        or _named(text, start, end)
        or Token(Kind.MARK if _MARKS.fullmatch(text) else Kind.WORD, text, start, end, text.lower())
    )


def _mail(text: str, start: int, end: int) -> Token:
    try:
        return Token(Kind.MAIL, text, start, end, mail_address(text))
    except ValueError:
        return Token(Kind.WRONG, text, start, end)


def _time(text: str, start: int, end: int) -> Token | None:
    if not text[:1].isdigit():
        return None
    if moment := moment_of(text):
        return Token(Kind.DATE, text, start, end, day=moment[0], clock=moment[1])
    if day := day_of(text):
        return Token(Kind.DATE, text, start, end, day=day)
    if clock := clock_of(text):
        return Token(Kind.CLOCK, text, start, end, clock=clock)
    return None


def _named(text: str, start: int, end: int) -> Token | None:
    """Files, identifiers and domains."""
    if _IDENTIFIER.fullmatch(text):
        return Token(Kind.IDENTIFIER, text, start, end, text)
    name = text.lstrip(".")
    if "." not in name:
        return None
    if name.rpartition(".")[2].lower() in words("lexis")["file_ending"]:
        return Token(Kind.FILE, text, start, end, text)
    return _domain(text, name, start, end)


def _domain(text: str, name: str, start: int, end: int) -> Token | None:
    if "/" in name and _DOMAIN.fullmatch(name.partition("/")[0]):
        return Token(Kind.LINK, text, start, end, text)
    if not _DOMAIN.fullmatch(name) or not _suffixes().publicsuffix(name.lower()):
        return None
    try:
        value = network_value(NetworkKind.DOMAIN, name)
    except ValueError:
        return Token(Kind.WRONG, text, start, end)
    return Token(Kind.DOMAIN, text, start, end, value.value, (value,))


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False)
