"""Numbers behind a word for phones or for fax."""

from __future__ import annotations

from collections.abc import Sequence

from tocsin.service.mailbox.reading.draft import as_written, before
from tocsin.service.mailbox.reading.phrases import Found
from tocsin.service.mailbox.reading.tokens import SPACES, Kind, Token
from tocsin.service.mailbox.reading.words import words


def is_fax(tokens: Sequence[Token], at: int) -> bool:
    """Whether a word for fax stands before the number."""
    near = [each.value.strip(".:") for each in before(tokens, at, 3)]
    return any(each in words("request")["fax_noun"] for each in near)


def bare_phones(tokens: Sequence[Token], found: Sequence[Found]) -> list[str]:
    """Numbers without a country prefix behind a word for phones."""
    numbers = []
    for each in found:
        if each.meaning != "phone_noun":
            continue
        start = next(
            (i for i in range(each.end, min(each.end + 4, len(tokens))) if _has_digit(tokens[i])), 0
        )
        end = start
        while (
            start and end < len(tokens) and (tokens[end].kind in SPACES or _has_digit(tokens[end]))
        ):
            end += 1
        said = as_written(tokens[start:end]).rstrip(" .,;")
        if sum(letter.isdigit() for letter in said) >= 5:
            numbers.append(said)
    return numbers


def _has_digit(token: Token) -> bool:
    return token.kind in (Kind.NUMBER, Kind.WORD) and token.text[0].isdigit()
