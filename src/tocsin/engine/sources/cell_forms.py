"""What can be made of a cell: addresses, hosts and times as others write them.

A cell of which nothing can be made stays as it is; whoever reads its column says what is wrong.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from decimal import ROUND_DOWN, Decimal
from types import MappingProxyType
from urllib.parse import urlsplit

from tocsin.catalogue.reading import Form

_PADDED = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_DAY = re.compile(r"(\d{4})(\d\d)(\d\d)")
_HOST_PORT = re.compile(
    r"(?:\[(?P<six>[^\[\]/\s]+)\]|(?P<host>[^\[\]/\s:]+))(?::(?P<port>\d{1,5}))?"
)
_WILDCARD = re.compile(r"(?:\d{1,3}\.){1,3}(?:[xX*](?:\.[xX*]){0,2})")
_SECONDS = re.compile(r"\d{1,12}(?:\.\d{0,18})?(?:[eE]\+?\d{1,2})?", re.ASCII)
_HEXADECIMAL = re.compile(r"(?:0[xX])?[0-9a-fA-F]{1,16}")
_FLAGS_NUMBER = re.compile(r"0[xX][0-9a-fA-F]{1,8}|\d{1,4}", re.ASCII)
_FLAGS = "CEUAPRSF"
_FLAGS_END = 1 << 16
_MICROSECOND = Decimal("0.000001")
_LAST_SECOND = Decimal(10**10)
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


def seconds(cell: str) -> str:
    """Seconds since 1970 with any fraction or exponent: to the microsecond, as times are read."""
    text = cell.strip()
    if not _SECONDS.fullmatch(text):
        return cell
    number = Decimal(text)
    return str(number.quantize(_MICROSECOND, ROUND_DOWN)) if number < _LAST_SECOND else cell


def milliseconds(cell: str) -> str:
    """Milliseconds since 1970 as seconds."""
    text = cell.strip()
    if not text.isascii() or not text.isdigit() or len(text) > _MOST_DIGITS:
        return cell
    return f"{int(text) // 1000}.{int(text) % 1000:03d}"


def nanoseconds(cell: str) -> str:
    """Nanoseconds since 1970 as seconds, what is below a microsecond cut off."""
    text = cell.strip()
    if not text.isascii() or not text.isdigit() or len(text) > _MOST_DIGITS + 6:
        return cell
    return f"{int(text) // 10**9}.{int(text) % 10**9 // 1000:06d}"


def hexadecimal(cell: str) -> str:
    """A number in hexadecimal digits, `0x2b` or `2b`, in decimal ones."""
    text = cell.strip()
    return str(int(text, 16)) if _HEXADECIMAL.fullmatch(text) else cell


def tcp_flags(cell: str) -> str:
    """The flags of a TCP packet as letters out of `CEUAPRSF`, in this order.

    Taken are the number, decimal or with `0x`, and letters in any order, with dots for those that
    are not set, as nfdump prints them. No flag at all is "".
    """
    text = cell.strip()
    if _FLAGS_NUMBER.fullmatch(text):
        number = int(text, 16 if text[:2] in ("0x", "0X") else 10)
        return _flags(number) if number < _FLAGS_END else cell
    letters = set(text.upper()) - {"."}
    return "".join(each for each in _FLAGS if each in letters) if letters <= set(_FLAGS) else cell


def tcp_flags_in_hex(cell: str) -> str:
    """The same of hexadecimal digits without `0x`, as Suricata writes them."""
    text = cell.strip()
    return tcp_flags(f"0x{text}") if _HEXADECIMAL.fullmatch(text) else cell


def _flags(number: int) -> str:
    """The eight lowest bits, CWR first; the ninth, which once was a nonce, has no letter."""
    return "".join(each for bit, each in enumerate(reversed(_FLAGS)) if number >> bit & 1)[::-1]


def date(cell: str) -> str:
    """A day written `20261122` as `2026-11-22`."""
    found = _DAY.fullmatch(cell.strip())
    return "-".join(found.groups()) if found else cell


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
        Form.SECONDS: seconds,
        Form.MILLISECONDS: milliseconds,
        Form.NANOSECONDS: nanoseconds,
        Form.HEXADECIMAL: hexadecimal,
        Form.TCP_FLAGS: tcp_flags,
        Form.TCP_FLAGS_IN_HEX: tcp_flags_in_hex,
        Form.DATE: date,
        Form.LOWER: str.lower,
    }
)
"""An explicit list."""
