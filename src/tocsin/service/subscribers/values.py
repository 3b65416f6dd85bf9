"""Networks as people claim them: one canonical form, and what can be told from it alone."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from enum import StrEnum

import pycountry

from tocsin.catalogue.entries import DomainForm
from tocsin.engine.intake.domains import domain_of
from tocsin.engine.nightly.subscribers import FilterKind
from tocsin.model.address import Network as Prefix
from tocsin.model.address import parse_network

GREATEST_ASN = 2**32 - 1


class NetworkKind(StrEnum):
    """What names a network; the words are the keys of a network in the lists file."""

    ASN = "asn"
    CIDR = "cidr"
    COUNTRY = "country"
    DOMAIN = "domain"


FILTERS = {
    NetworkKind.ASN: FilterKind.ASN,
    NetworkKind.CIDR: FilterKind.CIDR,
    NetworkKind.COUNTRY: FilterKind.GEO,
    NetworkKind.DOMAIN: FilterKind.DOMAIN,
}


@dataclass(frozen=True, slots=True, order=True)
class NetworkValue:
    """A network. Make one with `network_value`; `value` is canonical text."""

    kind: NetworkKind
    value: str

    def __str__(self) -> str:
        return f"AS{self.value}" if self.kind is NetworkKind.ASN else self.value

    @property
    def prefix(self) -> Prefix:
        """The prefix; ValueError for the other kinds."""
        if self.kind is not NetworkKind.CIDR:
            raise ValueError(f"{self} is no prefix")
        return parse_network(self.value)

    def ends(self) -> tuple[str, str]:
        """First and last address as 32 hexadecimal digits, of a prefix; else empty."""
        if self.kind is not NetworkKind.CIDR:
            return "", ""
        prefix = self.prefix
        return f"{prefix.first:032x}", f"{prefix.last:032x}"

    @property
    def addresses(self) -> int:
        """How many addresses a prefix has; 0 for the other kinds, of which it does not tell."""
        return 1 << (128 - self.prefix.length) if self.kind is NetworkKind.CIDR else 0


def network_value(kind: NetworkKind, said: str) -> NetworkValue:
    """Read a network as a person writes it; ValueError says what is wrong, and what would do."""
    return NetworkValue(kind, _READERS[kind](said.strip()))


def any_network(said: str) -> NetworkValue:
    """Read a network of whichever kind: AS64496, 192.0.2.0/24, XX, example.org."""
    text = said.strip()
    if text[:2].upper() == "AS" and text[2:].strip().isdecimal():
        return network_value(NetworkKind.ASN, text)
    if len(text) == 2 and text.isalpha():
        return network_value(NetworkKind.COUNTRY, text)
    if "/" in text or ":" in text or text.replace(".", "").isdecimal():
        return network_value(NetworkKind.CIDR, text)
    if "." not in text.strip("."):
        raise ValueError(f"{said!r} is no network; write AS64496, 192.0.2.0/24 or example.org, say")
    return network_value(NetworkKind.DOMAIN, text)


def _asn(said: str) -> str:
    digits = said[2:].strip() if said[:2].upper() == "AS" else said
    if not (digits.isascii() and digits.isdecimal()) or not 0 < int(digits) <= GREATEST_ASN:
        raise ValueError(f"{said!r} is no AS number; write AS64496, say")
    return str(int(digits))


def _cidr(said: str) -> str:
    try:
        return str(parse_network(said.replace(" ", "")))
    except ValueError as error:
        raise ValueError(str(error)) from None


def _country(said: str) -> str:
    code = said.upper()
    if pycountry.countries.get(alpha_2=code) is None and code not in _NOT_COUNTRIES_BUT_IN_USE:
        raise ValueError(f"{said!r} is no country; write its two letters (ISO 3166)")
    return code


def _domain(said: str) -> str:
    name = said.removeprefix("*.").rstrip(".")
    try:
        ipaddress.ip_address(name)
    except ValueError:
        normal = domain_of(f"x.{name}", DomainForm.NAME).removeprefix("x.")
        if normal:
            return normal
    raise ValueError(f"{said!r} is no domain; write example.org, say")


_NOT_COUNTRIES_BUT_IN_USE = ("XK", "EU", "XA", "XB", "XX")
"""XK is Kosovo, EU is how registries write Europe; XA, XB and XX are set aside for examples."""

_READERS = {
    NetworkKind.ASN: _asn,
    NetworkKind.CIDR: _cidr,
    NetworkKind.COUNTRY: _country,
    NetworkKind.DOMAIN: _domain,
}
