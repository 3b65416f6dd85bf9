"""Taking the domain out of a cell, in the one form that lists are matched against."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from tocsin.catalogue.entries import DomainForm

_LABEL = r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})+")
_DIGITS = re.compile(r"[0-9.]+")


def domain_of(cell: str, form: DomainForm) -> str:
    """The host name in a cell, lower case, A-labels, no trailing dot; "" if there is none.

    An address is no domain. Nothing is resolved and nothing is guessed.
    """
    if form is DomainForm.EMAIL:
        return _normal(cell.rpartition("@")[2]) if "@" in cell else ""
    if form is DomainForm.URL:
        return _normal(_host(cell))
    return _normal(cell)


def _host(url: str) -> str:
    try:
        return urlsplit(url if "://" in url else f"//{url}").hostname or ""
    except ValueError:
        return ""


def _normal(name: str) -> str:
    lowered = name.strip().lower().rstrip(".")
    if not lowered.isascii():
        try:
            lowered = lowered.encode("idna").decode("ascii")
        except UnicodeError:
            return ""
    if _DIGITS.fullmatch(lowered) or not _NAME.fullmatch(lowered):
        return ""
    return lowered
