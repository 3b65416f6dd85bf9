"""Codes that people send back, found in what they have newly written.

Many machines send back the whole letter that they answer. So the letter never holds what confirms:
it names the word and the code, each in its place, and only a person puts them side by side.
"""

from __future__ import annotations

import re

from tocsin.service.secret import CODE_LENGTH

MOST_CODES = 3
"""Codes of one message that are looked at."""

_CODE = rf"[A-Z0-9](?:[ -]?[A-Z0-9]){{{CODE_LENGTH - 1}}}"
_AROUND = r"[^\w\n>|]"
"""Blanks and marks beside a code, but none with which people quote."""

_CONFIRMED = re.compile(
    rf"^{_AROUND}{{0,3}}CONFIRM{_AROUND}{{1,3}}({_CODE}){_AROUND}{{0,3}}$",
    re.IGNORECASE | re.MULTILINE,
)
_NEW_CODE = re.compile(
    rf"^{_AROUND}{{0,3}}NEW[ ]CODE{_AROUND}{{0,3}}$", re.IGNORECASE | re.MULTILINE
)
_WITHDRAW = re.compile(rf"^{_AROUND}{{0,3}}WITHDRAW{_AROUND}{{0,3}}$", re.IGNORECASE | re.MULTILINE)
_ALONE = re.compile(rf"^{_AROUND}{{0,3}}({_CODE}){_AROUND}{{0,3}}$", re.MULTILINE)
_NAMED = re.compile(rf"\bcode\b[^\w\n]{{1,3}}(?:is[^\w\n]{{1,3}})?({_CODE})\b", re.IGNORECASE)
_WITH_DIGIT = re.compile(rf"\b(?=[A-Z]*[0-9])(?=[0-9]*[A-Z])([A-Z0-9]{{{CODE_LENGTH}}})\b")


def confirmations(body: str) -> tuple[str, ...]:
    """The codes behind the word CONFIRM, each pair on a line of its own."""
    return _first(_CONFIRMED.findall(body))


def asks_for_new_code(body: str) -> bool:
    """Whether somebody asks, on a line of its own, for a code in place of one that is void."""
    return _NEW_CODE.search(body) is not None


def asks_to_withdraw(body: str) -> bool:
    """Whether somebody takes back, on a line of its own, what waits to be confirmed."""
    return _WITHDRAW.search(body) is not None


def proof_codes(body: str) -> tuple[str, ...]:
    """What looks like a code that a contact was mailed: alone on a line, called a code, or with a
    digit in it. Each of them is a try, so ordinary words are none."""
    found = [*_ALONE.findall(body), *_NAMED.findall(body), *_WITH_DIGIT.findall(body)]
    return _first(found)


def _first(codes: list[str]) -> tuple[str, ...]:
    plain = dict.fromkeys(re.sub(r"[ -]", "", each).upper() for each in codes)
    return tuple(plain)[:MOST_CODES]
