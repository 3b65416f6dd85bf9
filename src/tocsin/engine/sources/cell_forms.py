"""What can be made of a cell: addresses, hosts and times as others write them.

A cell of which nothing can be made stays as it is; whoever reads its column says what is wrong.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

from tocsin.catalogue.reading import Form

_PADDED = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)")
_MOMENT = re.compile(r"(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)Z")
_DIGEST = re.compile(r"[0-9a-fA-F]{2}(?::?[0-9a-fA-F]{2}){7,63}")
_DECIMAL = re.compile(r"[0-9]{1,100}")
_HOST_PORT = re.compile(
    r"(?:\[(?P<six>[^\[\]/\s]+)\]|(?P<host>[^\[\]/\s:]+))(?::(?P<port>\d{1,5}))?"
)
_WILDCARD = re.compile(r"(?:\d{1,3}\.){1,3}(?:[xX*](?:\.[xX*]){0,2})")
_MOST_DIGITS = 16
_MOST_ADDRESSES = 1 << 24


def address(cell: str) -> str:
    """An IPv4 address whose numbers have zeros before them, `192.000.002.007`, without these.

    Decimal, as the lists of the DShield project write it; others would read them as octal.
    """
    text = cell.strip()
    if not _PADDED.fullmatch(text):
        return text
    return ".".join(str(int(part)) for part in text.split("."))


def host(cell: str) -> str:
    """The host of a URL, or of `host:port`; brackets around an IPv6 address go."""
    return _host_and_port(cell)[0] or cell


def port(cell: str) -> str:
    """The port of a URL, or of `host:port`; "" where none is said."""
    return _host_and_port(cell)[1]


def milliseconds(cell: str) -> str:
    """Milliseconds since 1970 as seconds."""
    text = cell.strip()
    if not text.isascii() or not text.isdigit() or len(text) > _MOST_DIGITS:
        return cell
    return f"{int(text) // 1000}.{int(text) % 1000:03d}"


def date(cell: str) -> str:
    """A day written `20261122` as `2026-11-22`, a moment `20261122041209Z` likewise."""
    found = _DAY.fullmatch(cell.strip())
    if found:
        return "-".join(found.groups())
    moment = _MOMENT.fullmatch(cell.strip())
    return "{}-{}-{}T{}:{}:{}Z".format(*moment.groups()) if moment else cell


def fingerprint(cell: str) -> str:
    """The digits of a digest as reports show them: pairs of capitals with colons between."""
    text = cell.strip()
    if not _DIGEST.fullmatch(text):
        return cell
    digits = text.replace(":", "").upper()
    return ":".join(digits[place : place + 2] for place in range(0, len(digits), 2))


def hexadecimal(cell: str) -> str:
    """A decimal number of any length in hexadecimal capitals, in whole bytes: serial numbers."""
    text = cell.strip()
    if not text.isascii() or not _DECIMAL.fullmatch(text):
        return cell
    digits = f"{int(text):X}"
    return digits.zfill(len(digits) + len(digits) % 2)


def networks(cell: str) -> list[str]:
    """The prefixes that a range or a wildcard stands for, or the cell itself.

    Taken are `192.0.2.x`, `192.0.*.*`, `192.0.2.1-192.0.2.9`, `192.0.2.1-9` and what is an
    address or a prefix already.
    """
    text = cell.strip()
    if _WILDCARD.fullmatch(text) and text.count(".") == 3:
        parts = [part for part in text.split(".") if part.isdigit()]
        return [f"{'.'.join([*parts, *['0'] * (4 - len(parts))])}/{8 * len(parts)}"]
    first, dash, last = (part.strip() for part in text.partition("-"))
    if not dash:
        return [text]
    if last.isdigit():
        last = f"{first.rpartition('.')[0]}.{last}"
    try:
        begin, end = ipaddress.ip_address(first), ipaddress.ip_address(last)
        # Cut into prefixes, what is too broad for anybody would be told piece by piece.
        if int(end) - int(begin) >= _MOST_ADDRESSES and begin.version == 4:
            return [text]
        found = _spanned(begin, end)
    except (TypeError, ValueError):
        return [text]
    return found


_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _spanned(first: _Address, last: _Address) -> list[str]:
    """Single addresses without a length, so that they read as such."""
    found = ipaddress.summarize_address_range(first, last)
    return [
        str(net.network_address) if net.prefixlen == net.max_prefixlen else str(net)
        for net in found
    ]


def _host_and_port(cell: str) -> tuple[str, str]:
    text = cell.strip()
    if "//" not in text:
        found = _HOST_PORT.fullmatch(text)
        return (found["six"] or found["host"], found["port"] or "") if found else ("", "")
    try:
        parts = urlsplit(text)
        return parts.hostname or "", str(parts.port or "")
    except ValueError:
        return "", ""


FORMS: Mapping[Form, Callable[[str], str]] = MappingProxyType(
    {
        Form.ADDRESS: address,
        Form.HOST: host,
        Form.PORT: port,
        Form.MILLISECONDS: milliseconds,
        Form.DATE: date,
        Form.LOWER: str.lower,
        Form.FINGERPRINT: fingerprint,
        Form.HEXADECIMAL: hexadecimal,
    }
)
"""An explicit list."""
