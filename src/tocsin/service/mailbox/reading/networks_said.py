"""Words that are networks, or are written like one."""

from __future__ import annotations

import ipaddress
import re

from tocsin.model.address import address_text, parse_address
from tocsin.service.mailbox.reading.tokens import Kind, Token
from tocsin.service.subscribers.values import GREATEST_ASN, NetworkKind, NetworkValue, network_value

MOST_OF_A_RANGE = 64
"""AS numbers that one range may stand for."""

_MOST_PREFIXES_OF_A_RANGE = 16

_ASN = re.compile(r"ASN?[-#:=]?(\d{1,12})(?:\.(\d{1,6}))?", re.IGNORECASE)
_ASN_RANGE = re.compile(
    r"ASN?[-#:]?(\d{1,12})(?:-|–|—|\.\.|-->)(?:ASN?[-#:]?)?(\d{1,12})", re.IGNORECASE
)
_QUAD = re.compile(r"\d{1,4}(?:\.\d{1,4}){3}")
_WITH_PORT = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3}):(\d{1,5})")
_RANGE = re.compile(r"(\d{1,3}(?:\.\d{1,3}){3})(?:-|–|—)(\d{1,3}(?:\.\d{1,3}){3}|\d{1,3})")
_RANGE_6 = re.compile(r"([0-9A-Fa-f:]{2,39})(?:-|–|—)([0-9A-Fa-f:]{2,39})")
_PREFIX = re.compile(r"(\d{1,4}(?:\.\d{1,4}){3})/([\d.]{1,15})")
_SHORT_PREFIX = re.compile(r"\d{1,3}(?:\.\d{1,3}){1,2}/\d{1,3}")
_WILD = re.compile(r"(\d{1,3}\.\d{1,3}\.\d{1,3})\.(?:x{1,3}|X{1,3}|\*)")
_WILD_16 = re.compile(r"(\d{1,3}\.\d{1,3})\.(?:[xX]{1,3}|\*)\.(?:[xX]{1,3}|\*)")
_PREFIX_6 = re.compile(r"([0-9A-Fa-f:.]{2,45})/(\d{1,4})")
_ADDRESS_6 = re.compile(r"[0-9A-Fa-f:.]{2,45}")


def network_token(text: str, start: int) -> Token | None:
    """The token of a word that is, or is meant to be, a network; None for other words."""
    end = start + len(text)
    for reader in (_asn, _asn_range, _v4, _v6):
        found = reader(text)
        if found is not None:
            kind, networks = found
            value = networks[0].value.partition("/")[0] if kind is Kind.ADDRESS else ""
            port = _port(text) if kind is Kind.ADDRESS else None
            return Token(kind, text, start, end, value, networks, port=port)
    return None


_Found = tuple[Kind, tuple[NetworkValue, ...]] | None
_WRONG: tuple[Kind, tuple[NetworkValue, ...]] = (Kind.WRONG, ())


def asn_networks(first: int, last: int) -> tuple[NetworkValue, ...]:
    """The AS numbers from first to last; none if there are too many, or one is none."""
    if not 0 < first <= last <= GREATEST_ASN or last - first >= MOST_OF_A_RANGE:
        return ()
    return tuple(NetworkValue(NetworkKind.ASN, str(each)) for each in range(first, last + 1))


def range_networks(first: str, last: str) -> tuple[NetworkValue, ...]:
    """The prefixes that make up the addresses from first to last; none if that is no range."""
    try:
        ends = ipaddress.ip_address(first), ipaddress.ip_address(last)
        found: list[NetworkValue] = []
        for each in ipaddress.summarize_address_range(*ends):
            found.append(network_value(NetworkKind.CIDR, str(each)))
            if len(found) > _MOST_PREFIXES_OF_A_RANGE:
                return ()
    except (ValueError, TypeError):
        return ()
    return tuple(found)


def masked(address: str, mask: str) -> tuple[NetworkValue, ...]:
    """The prefix of an address and a length or a mask, such as 255.255.255.0; none if wrong."""
    try:
        if "." in mask:
            bits = int(ipaddress.IPv4Address(mask))
            inverted = bits ^ 0xFFFFFFFF
            if inverted & (inverted + 1):
                return ()
            mask = str(32 - inverted.bit_length())
        return (network_value(NetworkKind.CIDR, f"{address}/{int(mask)}"),)
    except ValueError:
        return ()


def _asn(text: str) -> _Found:
    found = _ASN.fullmatch(text)
    if not found:
        return None
    number = int(found[1])
    if found[2] is not None:
        low = int(found[2])
        if not (0 < number < 65_536 and low < 65_536):
            return _WRONG
        number = number * 65_536 + low
    networks = asn_networks(number, number)
    return (Kind.ASN, networks) if networks else _WRONG


def _asn_range(text: str) -> _Found:
    found = _ASN_RANGE.fullmatch(text)
    if not found:
        return None
    networks = asn_networks(int(found[1]), int(found[2]))
    return (Kind.ASN, networks) if networks else _WRONG


def _v4(text: str) -> _Found:
    if not text[:1].isdigit() or not text.isascii():
        return None
    if _QUAD.fullmatch(text) or _WITH_PORT.fullmatch(text):
        return _single(text.partition(":")[0])
    if found := _PREFIX.fullmatch(text):
        return _prefixes(masked(found[1], found[2]))
    if found := _RANGE.fullmatch(text):
        last = found[2] if "." in found[2] else f"{found[1].rpartition('.')[0]}.{found[2]}"
        return _prefixes(range_networks(found[1], last))
    return _v4_short(text)


def _v4_short(text: str) -> _Found:
    """192.0.2.x and the like."""
    if found := _WILD.fullmatch(text):
        return _prefixes(masked(f"{found[1]}.0", "24"))
    if found := _WILD_16.fullmatch(text):
        return _prefixes(masked(f"{found[1]}.0.0", "16"))
    if _SHORT_PREFIX.fullmatch(text):
        return _short(text)
    return None


def _short(text: str) -> _Found:
    """192.0.2/24, as routers write it: as many bytes as the length asks for, not one less."""
    octets, _, length = text.partition("/")
    given = octets.count(".") + 1
    if given != 3 or length != "24":
        return _WRONG if given == 3 else None
    return _prefixes(masked(f"{octets}.0", length))


def _v6(text: str) -> _Found:
    if text.count(":") < 2 or not text.isascii():
        return None
    if found := _PREFIX_6.fullmatch(text):
        return _prefixes(masked(found[1], found[2]))
    if found := _RANGE_6.fullmatch(text):
        return _prefixes(range_networks(found[1], found[2]))
    if not _ADDRESS_6.fullmatch(text):
        return None
    try:
        parse_address(text)
    except ValueError:
        # 09:30:00 and hardware addresses look alike: only what has two colons together is meant.
        return _WRONG if "::" in text and text.strip(":") else None
    return _single(text)


def _single(text: str) -> _Found:
    try:
        value = address_text(parse_address(text))
    except ValueError:
        return _WRONG
    return Kind.ADDRESS, (network_value(NetworkKind.CIDR, value),)


def _prefixes(networks: tuple[NetworkValue, ...]) -> _Found:
    return (Kind.PREFIX, networks) if networks else _WRONG


def _port(text: str) -> int | None:
    found = _WITH_PORT.fullmatch(text)
    return int(found[2]) if found and 0 < int(found[2]) < 65_536 else None
