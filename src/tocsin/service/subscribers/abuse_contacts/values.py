"""A contact, and what it is looked up for, as values."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from tocsin.model.address import Network as Prefix
from tocsin.service.subscribers.models import ContactOrigin
from tocsin.service.subscribers.values import NetworkKind, NetworkValue

ORIGIN_RANK = {origin: rank for rank, origin in enumerate(ContactOrigin)}
"""Manual first, then in the order in which the origins are listed."""


@dataclass(frozen=True, slots=True)
class ContactValue:
    """Whom to tell of a network's harm, and on whose word. is_off: disabled, or opted out."""

    network: NetworkValue
    address: str
    origin: ContactOrigin
    organisation_name: str = ""
    country: str = ""
    is_off: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """What contacts are looked up for; all that is known of it.

    prefix: an address or prefix. origins: the AS numbers that originate it. domain: a name.
    country: two capitals.
    """

    prefix: Prefix | None = None
    origins: tuple[int, ...] = ()
    domain: str = ""
    country: str = ""

    @classmethod
    def of(cls, network: NetworkValue, origins: tuple[int, ...] = (), country: str = "") -> Asked:
        """What a single network tells, and what else is known of it."""
        match network.kind:
            case NetworkKind.CIDR:
                return cls(prefix=network.prefix, origins=origins, country=country)
            case NetworkKind.ASN:
                return cls(origins=(int(network.value), *origins), country=country)
            case NetworkKind.DOMAIN:
                return cls(domain=network.value, origins=origins, country=country)
            case NetworkKind.COUNTRY:
                return cls(country=network.value, origins=origins)

    def networks(self) -> Iterator[NetworkValue]:
        """All networks that it lies in, the most specific first: at most 130 and a few."""
        labels = self.domain.split(".") if self.domain else []
        for begin in range(len(labels)):
            yield NetworkValue(NetworkKind.DOMAIN, ".".join(labels[begin:]))
        if self.prefix is not None:
            yield from _covering(self.prefix)
        for number in dict.fromkeys(self.origins):
            yield NetworkValue(NetworkKind.ASN, str(number))
        if self.country:
            yield NetworkValue(NetworkKind.COUNTRY, self.country)


def _covering(prefix: Prefix) -> Iterator[NetworkValue]:
    shortest = 96 if prefix.is_v4 else 0
    for length in range(prefix.length, shortest - 1, -1):
        first = prefix.first >> (128 - length) << (128 - length)
        yield NetworkValue(NetworkKind.CIDR, str(Prefix(first, length)))
