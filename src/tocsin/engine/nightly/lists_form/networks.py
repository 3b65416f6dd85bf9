"""The four forms of a network, and the time in which it is valid."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from tocsin.catalogue.entries import DomainForm
from tocsin.engine.intake.domains import domain_of
from tocsin.engine.nightly.lists_form.fields import Fields, Mistakes, shown
from tocsin.engine.nightly.lists_form.places import Path
from tocsin.engine.nightly.subscribers import ALWAYS, FilterKind, SubscribedNetwork, Validity
from tocsin.model.address import parse_address, parse_network

FORMS: Final = {
    "asn": FilterKind.ASN,
    "cidr": FilterKind.CIDR,
    "country": FilterKind.GEO,
    "domain": FilterKind.DOMAIN,
}
"""The key that says what a network is -> the filter that takes it."""

_KEYS: Final = (*FORMS, "valid_from", "valid_to")

GREATEST_ASN = 2**32 - 1

_COUNTRY = re.compile(r"[A-Z]{2}")


def read_networks(fields: Fields, mistakes: Mistakes) -> list[tuple[Path, SubscribedNetwork]]:
    """The networks under the key `networks` that are right, each with its place."""
    read: list[tuple[Path, SubscribedNetwork]] = []
    for number, said in enumerate(fields.array("networks")):
        place = (*fields.at("networks"), number)
        network = _read_network(said, place, mistakes)
        if network is not None:
            read.append((place, network))
    return read


def read_validity(fields: Fields) -> Validity:
    """`valid_from` (inclusive) and `valid_to` (exclusive) of an object; always, if none is said."""
    if "valid_from" not in fields and "valid_to" not in fields:
        return ALWAYS
    valid = Validity(fields.moment("valid_from"), fields.moment("valid_to"))
    if valid.is_empty:
        fields.wrong("valid_to", "valid_to is not later than valid_from")
        return ALWAYS
    return valid


def within(networks: Iterable[SubscribedNetwork], valid: Validity) -> list[SubscribedNetwork]:
    """The networks as far as they are valid within a time."""
    met = ((network, network.valid.meet(valid)) for network in networks)
    return [SubscribedNetwork(n.kind, n.value, both) for n, both in met if both is not None]


def _read_network(said: object, path: Path, mistakes: Mistakes) -> SubscribedNetwork | None:
    fields = Fields(said, path, mistakes, required=(), optional=_KEYS)
    forms = [key for key in fields if key in FORMS]
    if len(forms) != 1:
        if isinstance(said, dict):
            known = ", ".join(FORMS)
            mistakes.add(path, f"{shown(said)} is no network", f"say exactly one of {known}")
        return None
    try:
        value = _VALUES[forms[0]](fields.raw(forms[0]))
    except ValueError as error:
        fields.wrong(forms[0], str(error))
        return None
    return SubscribedNetwork(FORMS[forms[0]], value, read_validity(fields))


def _asn(said: object) -> str:
    if isinstance(said, int) and not isinstance(said, bool) and 0 < said <= GREATEST_ASN:
        return str(said)
    raise ValueError(f"asn is {shown(said)}, not a whole number from 1 to {GREATEST_ASN}")


def _cidr(said: object) -> str:
    if not isinstance(said, str):
        raise ValueError(f"cidr is {shown(said)}, not a text such as '192.0.2.0/24'")
    return str(parse_network(said))


def _country(said: object) -> str:
    if isinstance(said, str) and _COUNTRY.fullmatch(said):
        return said
    raise ValueError(f"country is {shown(said)}, not two capital letters (ISO 3166)")


def _domain(said: object) -> str:
    if isinstance(said, str) and not _is_address(said):
        # Read as records are, so that both sides agree; the label in front lets through a
        # top-level domain, which a registry may answer for but no host is named by alone.
        normal = domain_of(f"x.{said}", DomainForm.NAME)
        if normal:
            return normal.removeprefix("x.")
    raise ValueError(f"domain is {shown(said)}, not a name such as 'example.org'")


def _is_address(text: str) -> bool:
    try:
        parse_address(text)
    except ValueError:
        return False
    return True


_VALUES: Final = {"asn": _asn, "cidr": _cidr, "country": _country, "domain": _domain}
