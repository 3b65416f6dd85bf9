"""Phone numbers with a country prefix, as people group them."""

from __future__ import annotations

import re

import phonenumbers

from tocsin.service.mailbox.reading.tokens import Kind, Token

_NUMBER = re.compile(r"(?<![\w.+/-])(?:\+|00(?=[1-9]))[ \t]?\(?\d[\d \t().\-/\u00a0]{5,26}\d(?!\w)")
_MOST = 200


def phones(text: str) -> list[Token]:
    """The numbers that can be dialled from anywhere, in E.164, in the order of the text."""
    found: list[Token] = []
    for match in _NUMBER.finditer(text):
        if len(found) >= _MOST:
            break
        said = match[0]
        while said:
            value = e164(said)
            if value:
                end = match.start() + len(said)
                found.append(Token(Kind.PHONE, said, match.start(), end, value))
                break
            # What follows a number after a blank may be another one.
            said = said.rpartition(" ")[0].rstrip(" (-/.")
    return found


def e164(said: str) -> str:
    """A number in E.164; empty if it has no country prefix, or cannot be one."""
    text = said.strip().replace("(0)", "")
    if text.startswith("00"):
        text = f"+{text[2:]}"
    try:
        number = phonenumbers.parse(text, None)
    except phonenumbers.NumberParseException:
        return ""
    if not phonenumbers.is_possible_number(number):
        return ""
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
