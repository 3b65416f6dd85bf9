"""Countries by name or code, for national CERTs."""

from __future__ import annotations

import gettext
from collections.abc import Sequence
from functools import cache

import pycountry

from tocsin.service.mailbox.reading.tokens import Kind, Token
from tocsin.service.subscribers.values import NetworkKind, NetworkValue, network_value

_LANGUAGES = ("de", "fr", "es", "pt", "it", "nl", "pl")
_LONGEST_NAME = 7
_IN_BRACKETS = frozenset(("(", "（"))
_BEFORE_CODE = frozenset(
    ("code", "codes", "country", "land", "país", "pays", "of", "for", "is", ":")
)


def countries(tokens: Sequence[Token]) -> tuple[NetworkValue, ...]:
    """The countries that a sentence names, each once: by name, or by two capitals."""
    said = [each for each in tokens if each.kind is not Kind.BREAK]
    found: dict[NetworkValue, bool] = {}
    at = 0
    while at < len(said):
        code, width = _named(said, at)
        if code:
            found[network_value(NetworkKind.COUNTRY, code)] = True
        at += width
    return tuple(found)


def country(said: str) -> NetworkValue | None:
    """The country that a text says, and nothing else: its code, or its name."""
    text = " ".join(said.split()).strip(" .,()")
    if len(text) == 2 and text.isascii() and text.isalpha():
        try:
            return network_value(NetworkKind.COUNTRY, text)
        except ValueError:
            return None
    bare, _, rest = text.partition(" (")
    code = _names().get(bare.lower())
    if code and rest and rest.strip(")").upper() not in (code, ""):
        return None
    return network_value(NetworkKind.COUNTRY, code) if code else None


def _named(said: Sequence[Token], at: int) -> tuple[str, int]:
    token = said[at]
    if len(token.text) == 2 and token.text.isascii() and token.text.isupper():
        return (_code(said, at), 1)
    text = ""
    best, width = "", 1
    for count, each in enumerate(said[at : at + _LONGEST_NAME], 1):
        if each.kind is not Kind.WORD and each.text not in (",", "-"):
            break
        text = f"{text} {each.text.lower()}".strip()
        if code := _names().get(text.replace(" ,", ",")):
            best, width = code, count
    return best, width


def _code(said: Sequence[Token], at: int) -> str:
    """The code at `at`, if what stands before it makes it one: IT and AS are words as well."""
    before = said[at - 1] if at else None
    if before is None or not (before.value in _BEFORE_CODE or before.text in _IN_BRACKETS):
        return ""
    try:
        return network_value(NetworkKind.COUNTRY, said[at].text).value
    except ValueError:
        return ""


@cache
def _names() -> dict[str, str]:
    """Names in small letters to codes, in the languages that pycountry brings and we read."""
    names: dict[str, str] = {}
    for each in pycountry.countries:
        for key in ("name", "official_name", "common_name"):
            if name := getattr(each, key, ""):
                names[name.lower()] = each.alpha_2
    for language in _LANGUAGES:
        try:
            translated = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, [language])
        except OSError:
            continue
        for each in pycountry.countries:
            names.setdefault(translated.gettext(each.name).lower(), each.alpha_2)
    return names
