"""Cells of a report as values of another vocabulary, and such values as cells again.

A cell that is no value of the kind that a field takes does not fill it; it is never bent until it
does. Cells are a stranger's: nothing is resolved, and nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Final
from urllib.parse import urlsplit

from tocsin.catalogue.entries import DomainForm
from tocsin.catalogue.interop_entries import Field
from tocsin.engine.intake.domains import domain_of
from tocsin.model.address import V4_BITS, Network, address_text, parse_address, parse_network

Value = str | int

_TIME: Final = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)", re.ASCII)
_INTEGER: Final = re.compile(r"0|-?[1-9][0-9]{0,17}")
_COUNTRY: Final = re.compile(r"[A-Z]{2}")
_WORD: Final = re.compile(r"[!-~]([ -~]*[!-~])?")
_CVE: Final = re.compile(r"(?<![A-Z0-9])CVE-([0-9]{4})-([0-9]{4,10})(?![0-9])", re.IGNORECASE)
_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+=-]{1,64}@([A-Za-z0-9-]{1,63}\.)+[A-Za-z]{2,63}")
_URL: Final = re.compile(
    r"[A-Za-z][A-Za-z0-9+.-]{0,30}://(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]++|%[0-9A-Fa-f]{2}"
    r"|\[[0-9A-Fa-f:.]++\])++(?:#(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]++|%[0-9A-Fa-f]{2})*+)?"
)
"""What RFC 3986 lets stand in a URI, with the authority that both sides of a report need."""

_HASHES: Final = {32: "md5", 40: "sha1", 64: "sha256"}
_HEXADECIMAL: Final = re.compile(r"[0-9a-f]+")


def value_of(field: Field, cell: str) -> Value | None:
    """What a cell, which is not empty, says in a field; None if it does not fit."""
    value = _KINDS[field.kind](cell)
    if value is None or (field.one_of and value not in field.one_of):
        return None
    if isinstance(value, int):
        too_small = field.least is not None and value < field.least
        too_great = field.greatest is not None and value > field.greatest
        return None if too_small or too_great else value
    return None if field.most and len(value) > field.most else value


def cell_of(kind: str, value: Value) -> str:
    """The cell that a value stands for, if the value tells it whole."""
    text = str(value)
    if kind in ("time", "time_offset"):
        return text[:19].replace("T", " ")
    if kind in ("hash_uri", "cve_uri"):
        return text.partition(":")[2]
    return text


def _text(cell: str) -> str | None:
    return cell.strip() or None


def _word(cell: str) -> str | None:
    word = cell.strip().lower()
    return word if _WORD.fullmatch(word) else None


def _address(cell: str) -> str | None:
    try:
        value = parse_address(cell)
    except ValueError:
        return None
    # Nobody is at 0.0.0.0 or ::, and readers of addresses refuse them.
    return address_text(value) if value & 0xFFFFFFFF or value >> 48 else None


def _prefix(cell: str) -> Network | None:
    try:
        return parse_network(cell) if "/" in cell else None
    except ValueError:
        return None


def _network(cell: str) -> str | None:
    network = _prefix(cell)
    return None if network is None else str(network)


def _of_version(version: int) -> Callable[[str], str | None]:
    def convert(cell: str) -> str | None:
        network = _prefix(cell)
        if network is None:
            address = _address(cell)
            return address if address and (":" in address) is (version == 6) else None
        if network.is_v4 is not (version == 4):
            return None
        if network.length == 128:
            return address_text(network.first)
        # All addresses there are is nobody's network.
        everything = V4_BITS if version == 4 else 0
        return str(network) if network.length > everything else None

    return convert


def _name(cell: str) -> str | None:
    return domain_of(cell, DomainForm.NAME) or None


def _host(cell: str) -> str | None:
    return domain_of(cell, DomainForm.URL) or None


def _owner(cell: str) -> str | None:
    """An address, a prefix or a domain, out of whatever form it has; else the text as it is."""
    network = _prefix(cell)
    if network is not None:
        return str(network)
    form = DomainForm.NAME
    if "://" in cell:
        form = DomainForm.URL
    elif "@" in cell:
        form = DomainForm.EMAIL
    return _address(cell) or domain_of(cell, form) or _text(cell)


def _url(cell: str) -> str | None:
    if not _URL.fullmatch(cell):
        return None
    try:
        return cell if urlsplit(cell).hostname else None
    except ValueError:
        return None


def _email(cell: str) -> str | None:
    return cell if _EMAIL.fullmatch(cell) else None


def _moment(ending: str) -> Callable[[str], str | None]:
    def convert(cell: str) -> str | None:
        found = _TIME.fullmatch(cell)
        return f"{found[1]}T{found[2]}{ending}" if found else None

    return convert


def _integer(cell: str) -> int | None:
    return int(cell) if _INTEGER.fullmatch(cell) else None


def _country(cell: str) -> str | None:
    return cell if _COUNTRY.fullmatch(cell) else None


def _digest(name: str) -> Callable[[str], str | None]:
    def convert(cell: str) -> str | None:
        text = cell.strip().lower()
        is_one = _HASHES.get(len(text)) == name and _HEXADECIMAL.fullmatch(text)
        return text if is_one else None

    return convert


def _hash_uri(cell: str) -> str | None:
    text = cell.strip().lower()
    name = _HASHES.get(len(text))
    return f"{name}:{text}" if name and _HEXADECIMAL.fullmatch(text) else None


def _cve(cell: str) -> str | None:
    found = _CVE.search(cell)
    return f"CVE-{found[1]}-{found[2]}" if found else None


def _cve_uri(cell: str) -> str | None:
    number = _cve(cell)
    return f"cve:{number}" if number else None


_KINDS: Final[Mapping[str, Callable[[str], Value | None]]] = {
    "address": _address,
    "country": _country,
    "cve": _cve,
    "cve_uri": _cve_uri,
    "email": _email,
    "hash_uri": _hash_uri,
    "host": _host,
    "integer": _integer,
    "ipv4": _of_version(4),
    "ipv6": _of_version(6),
    "md5": _digest("md5"),
    "name": _name,
    "network": _network,
    "owner": _owner,
    "sha1": _digest("sha1"),
    "sha256": _digest("sha256"),
    "text": _text,
    "time": _moment("Z"),
    "time_offset": _moment("+00:00"),
    "url": _url,
    "word": _word,
}
"""The kinds of `schema/interop.json`."""
