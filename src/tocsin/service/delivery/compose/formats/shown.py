"""A cell as people are shown it: nothing in it can be clicked, run, or turn what stands around it.

For HTML, XML and text alone: machines that read CSV, JSON or XARF get the cell as it is.
"""

from __future__ import annotations

import re

from tocsin.service.texts import harmless

_DOTS = ".\u3002\uff0e\uff61"
"""What browsers take for the dot of a name."""

_PLACE = re.compile(r"(?<=[:\uff1a])[/\\]{2,}[^\s/\\]*")
_DOT = re.compile(rf"(?<=\S)[{_DOTS}](?=[^\W\d_])|(?<=www)[{_DOTS}]", re.IGNORECASE)
_ANY_DOT = re.compile(rf"[{_DOTS}]")
_HTTP = re.compile(r"http(?=s?[:\uff1a])", re.IGNORECASE)
_SLASHES = re.compile(r"(?<!hxxp)(?<!hxxps)[:\uff1a](?=[/\\]{2})", re.IGNORECASE)
_WITHOUT_SLASHES = re.compile(
    r"(mailto|javascript|vbscript|data|file|tel|sms|callto|skype|magnet|news|xmpp|sips?|blob|cid)"
    r"[:\uff1a](?=\S)",
    re.IGNORECASE,
)
_FORMULA = re.compile(r"[=+\-@|%\uff1d\uff0b\uff0d\uff20\u2212]")
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?")
_NO_CHARACTERS = re.compile("[\ufffe\uffff]")


def shown(cell: str) -> str:
    """The cell without control characters, defanged, and with a formula escaped by `'`."""
    plain = cell.strip() if cell.isascii() and cell.isprintable() else _tidy(cell)
    return unformulated(defanged(plain))


def defanged(text: str) -> str:
    """`hxxp://example[.]org/` for http://example.org/: to be read, and not to be opened.

    Every dot before a letter is set in brackets, since programs make links of bare names as well,
    and all dots of the place in a URL. IPv4 addresses that stand alone stay as they are.
    """
    if not any(each in text for each in (".", ":", *_DOTS[1:], "\uff1a")):
        return text
    text = _PLACE.sub(lambda found: _ANY_DOT.sub("[.]", found[0]), text)
    text = _DOT.sub("[.]", text)
    text = _HTTP.sub(lambda found: "HXXP" if found[0].isupper() else "hxxp", text)
    text = _WITHOUT_SLASHES.sub(r"\1[:]", text)
    return _SLASHES.sub("[:]", text)


def unformulated(text: str) -> str:
    """A cell that a spreadsheet would run begins with `'`, by which it stays text; numbers stay."""
    if _FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def _tidy(cell: str) -> str:
    # Putting letters and their marks together makes a text longer at times.
    return _NO_CHARACTERS.sub("", harmless(cell, 4 * len(cell) + 1))
