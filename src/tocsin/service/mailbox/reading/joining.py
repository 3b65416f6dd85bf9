"""Facts that take several tokens: lists of AS numbers, masks, ranges in words, days in words."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from tocsin.service.mailbox.reading.networks_said import asn_networks, masked, range_networks
from tocsin.service.mailbox.reading.times_said import day_in_words, month_of, zone_of
from tocsin.service.mailbox.reading.tokens import Kind, Token
from tocsin.service.mailbox.reading.words import words
from tocsin.service.subscribers.values import NetworkValue

_SKIPPED = frozenset((Kind.BREAK, Kind.MARK))
_LEAST_BARE_ASN = 1_000
_YEARS = range(1_900, 2_101)
_FARTHEST = 6
"""Tokens between the word for AS numbers and the first of them."""


def joined(tokens: list[Token]) -> list[Token]:
    """The tokens, with facts that were several put together."""
    return _asns(_ranges(_times(tokens)))


def _says(token: Token, meaning: str) -> bool:
    return token.text.lower() in words("lexis")[meaning]


# --- days and times -------------------------------------------------------------------------


def _times(tokens: list[Token]) -> list[Token]:
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        token, width = _time(tokens, at)
        out.append(token)
        at += width
    return out


def _time(tokens: list[Token], at: int) -> tuple[Token, int]:
    token = tokens[at]
    if token.kind is Kind.CLOCK or (token.kind is Kind.DATE and token.clock):
        return _zoned(tokens, at)
    if token.kind not in (Kind.NUMBER, Kind.WORD) or len(token.text) > 12:
        return token, 1
    window = [each for each in tokens[at : at + 6] if each.kind is not Kind.BREAK]
    said = [each for each in window if each.text not in (",", ".", "de", "of")][:3]
    if len(said) < 3 or said[0] is not token:
        return token, 1
    first, second, third = (each.text for each in said)
    day = day_in_words(first, month_of(second), third) or day_in_words(
        second, month_of(first), third
    )
    if day is None:
        return token, 1
    last = next(i for i, each in enumerate(tokens[at : at + 7]) if each is said[2])
    words_said = " ".join(each.text for each in said)
    return Token(Kind.DATE, words_said, token.start, said[2].end, day=day), last + 1


def _zoned(tokens: list[Token], at: int) -> tuple[Token, int]:
    """A time of day with the zone that follows it."""
    token = tokens[at]
    clock = token.clock
    if clock is None or clock.tzinfo:
        return token, 1
    for width, each in enumerate(tokens[at + 1 : at + 4], 2):
        if each.text.lower() in ("am", "pm") and 1 <= clock.hour <= 12:
            hour = clock.hour % 12 + (12 if each.text.lower() == "pm" else 0)
            clock = clock.replace(hour=hour)
        elif zone := _zone(each):
            said = f"{token.text} {each.text}"
            return replace(token, text=said, end=each.end, clock=clock.replace(tzinfo=zone)), width
        elif not _says(each, "clock_filler"):
            break
    return replace(token, clock=clock), 1


def _zone(token: Token) -> dt.tzinfo | None:
    return zone_of(token.text) if token.kind in (Kind.WORD, Kind.MARK, Kind.NUMBER) else None


# --- ranges and masks -----------------------------------------------------------------------


def _ranges(tokens: list[Token]) -> list[Token]:
    out: list[Token] = []
    at = 0
    while at < len(tokens):
        token, width = _range(tokens, at)
        out.append(token)
        at += width
    return out


def _range(tokens: list[Token], at: int) -> tuple[Token, int]:
    token = tokens[at]
    if token.kind is Kind.ASN:
        return _asn_range(tokens, at)
    if token.kind is not Kind.ADDRESS or token.port is not None:
        return token, 1
    following = tokens[at + 1 : at + 3]
    if following and following[0].kind is Kind.ADDRESS and following[0].value.startswith("255."):
        return _both(token, following[0], masked(token.value, following[0].value)), 2
    return _range_in_words(tokens, at)


def _range_in_words(tokens: list[Token], at: int) -> tuple[Token, int]:
    token, following = tokens[at], tokens[at + 1 : at + 3]
    if len(following) < 2 or following[1].kind is not Kind.ADDRESS:
        return token, 1
    between, last = following
    if _says(between, "mask_word") and last.value.startswith("255."):
        return _both(token, last, masked(token.value, last.value), between), 3
    if _says(between, "range_word") or _says(between, "to"):
        return _both(token, last, range_networks(token.value, last.value), between), 3
    return token, 1


def _asn_range(tokens: list[Token], at: int) -> tuple[Token, int]:
    token, following = tokens[at], tokens[at + 1 : at + 3]
    if len(following) < 2 or not _says(following[0], "range_word"):
        return token, 1
    last = following[1]
    if last.kind is Kind.ASN:
        end = int(last.networks[0].value)
    elif last.kind is Kind.NUMBER and len(last.text) <= 10:
        end = int(last.text)
    else:
        return token, 1
    found = asn_networks(int(token.networks[0].value), end)
    return replace(_both(token, last, found, following[0]), kind=_kind(Kind.ASN, found)), 3


def _both(
    first: Token, last: Token, found: tuple[NetworkValue, ...], between: Token | None = None
) -> Token:
    said = " ".join(each.text for each in (first, between, last) if each is not None)
    return Token(_kind(Kind.PREFIX, found), said, first.start, last.end, networks=found)


def _kind(kind: Kind, found: tuple[NetworkValue, ...]) -> Kind:
    return kind if found else Kind.WRONG


# --- AS numbers in lists --------------------------------------------------------------------


def _asns(tokens: list[Token]) -> list[Token]:
    """Numbers become AS numbers after a word for these, and in a list that begins with one."""
    out = list(tokens)
    at = 0
    while at < len(out):
        width = _noun_width(out, at)
        if width:
            at = _number_list(out, _first_number(out, at + width), said=True)
        elif out[at].kind is Kind.ASN:
            at = _number_list(out, at + 1, said=False)
        else:
            at += 1
    return out


def _noun_width(tokens: list[Token], at: int) -> int:
    """How many tokens the word for AS numbers takes; 0 if there is none."""
    token = tokens[at]
    if token.kind is not Kind.WORD:
        return 0
    if token.text == "AS":
        return 1
    said = ""
    for width, each in enumerate(tokens[at : at + 3], 1):
        said = f"{said} {each.value}".strip()
        if said in words("lexis")["asn_noun"]:
            following = f"{said} {tokens[at + width].value}" if at + width < len(tokens) else ""
            return width + 1 if following in words("lexis")["asn_noun"] else width
    return 0


def _first_number(tokens: list[Token], at: int) -> int:
    """Where the first number after the word stands; `at` if none follows."""
    for here in range(at, min(at + _FARTHEST, len(tokens))):
        if tokens[here].kind in (Kind.NUMBER, Kind.ASN):
            return here
        if tokens[here].kind is not Kind.BREAK and not _says(tokens[here], "number_word"):
            break
    return at


def _number_list(tokens: list[Token], at: int, *, said: bool) -> int:
    """Make AS numbers of the numbers from `at` on; the index of what follows the list."""
    while at < len(tokens):
        token = tokens[at]
        if token.kind is Kind.NUMBER and (said or _is_bare_asn(tokens, at)):
            tokens[at] = _numbered(token)
        elif token.kind is Kind.WORD and said and (found := _number_range(token)):
            tokens[at] = found
        elif token.kind is not Kind.ASN and not _goes_on(tokens, at):
            return at if token.kind is not Kind.NUMBER else at + 1
        at += 1
    return at


def _goes_on(tokens: list[Token], at: int) -> bool:
    """Whether a list goes on with another number after this token."""
    here = at
    while here < len(tokens) and here - at < 4:
        token = tokens[here]
        if token.kind in (Kind.NUMBER, Kind.ASN):
            return here > at
        if token.kind is not Kind.BREAK and not _says(token, "list_word"):
            return False
        here += 1
    return False


def _is_bare_asn(tokens: list[Token], at: int) -> bool:
    number = int(tokens[at].text[:12])
    if number < _LEAST_BARE_ASN or number in _YEARS:
        return False
    following = tokens[at + 1] if at + 1 < len(tokens) else None
    return (
        following is None
        or following.kind is not Kind.WORD
        or _says(following, "list_word")
        or (following.value in words("lexis")["number_word"])
    )


def _numbered(token: Token) -> Token:
    number = int(token.text[:12])
    found = asn_networks(number, number)
    return replace(token, kind=_kind(Kind.ASN, found), networks=found)


def _number_range(token: Token) -> Token | None:
    first, dash, last = token.text.replace("–", "-").partition("-")
    if not (dash and first.isdecimal() and last.isdecimal() and len(token.text) <= 21):
        return None
    found = asn_networks(int(first), int(last))
    return replace(token, kind=_kind(Kind.ASN, found), networks=found)
