"""What the forms of other programs share: parts of an organisation put together."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from tocsin.engine.nightly.subscribers import OrganisationKind
from tocsin.service.subscribers.abuse_contacts.reading.ranges import prefixes_of
from tocsin.service.subscribers.exchange.cells import Cells
from tocsin.service.subscribers.exchange.forms import (
    ContactForm,
    ListForm,
    NetworkForm,
    RecipientForm,
)
from tocsin.service.subscribers.mail_addresses import mail_address
from tocsin.service.subscribers.models import RecipientKind
from tocsin.service.subscribers.values import FILTERS, NetworkKind, NetworkValue, network_value
from tocsin.service.texts import harmless


def networks_of(kinds: dict[NetworkKind, Iterable[NetworkValue]]) -> tuple[NetworkForm, ...]:
    """Networks by kind, each once, in order."""
    found = {value: None for values in kinds.values() for value in values}
    return tuple(NetworkForm(each) for each in sorted(found))


def kind_of(networks: Iterable[NetworkForm]) -> OrganisationKind:
    """Who answers for a country is a national CERT."""
    countries = any(each.network.kind is NetworkKind.COUNTRY for each in networks)
    return OrganisationKind.NATIONAL_CERT if countries else OrganisationKind.OWNER


def lists_of(
    slug: str,
    networks: Iterable[NetworkForm],
    addresses: Iterable[str],
    kind: RecipientKind,
    least_severity: str = "info",
) -> tuple[ListForm, ...]:
    """A list per kind of network, all with the same recipients, in shadow until staff let it go."""
    recipients = tuple(RecipientForm(each, kind) for each in dict.fromkeys(addresses))
    filters = dict.fromkeys(FILTERS[each.network.kind] for each in networks)
    return tuple(
        ListForm(slug, each, least_severity=least_severity, recipients=recipients)
        for each in filters
    )


def domains_of(contacts: Iterable[ContactForm]) -> tuple[str, ...]:
    """Where the people of an organisation have their addresses."""
    return tuple(dict.fromkeys(each.address.rpartition("@")[2] for each in contacts))


def asn(said: str) -> NetworkValue:
    """An AS number as a program writes it."""
    return network_value(NetworkKind.ASN, said)


def domain(said: str) -> NetworkValue:
    """A domain."""
    return network_value(NetworkKind.DOMAIN, said)


def country(said: str) -> NetworkValue:
    """A country."""
    return network_value(NetworkKind.COUNTRY, said)


def prefix(said: str) -> NetworkValue:
    """A prefix or address."""
    return network_value(NetworkKind.CIDR, said)


def ranges(cells: Cells, *keys: str, inner: str) -> tuple[NetworkValue, ...]:
    """Prefixes of entries that may be ranges `192.0.2.0-192.0.2.255`."""
    read = cells.values(_range, *keys, inner=inner)
    return tuple(dict.fromkeys(value for values in read for value in values))


def _range(said: str) -> tuple[NetworkValue, ...]:
    if "/" in said:
        ipaddress.ip_network(said)  # says in its own words what is wrong with host bits
    return tuple(NetworkValue(NetworkKind.CIDR, str(each)) for each in prefixes_of(said))


def person(address: str, full_name: str = "", phone: str = "") -> ContactForm:
    """A contact; one without a name is called by its address."""
    return ContactForm(address, harmless(full_name or address.partition("@")[0], 200), phone)


def address_of(cells: Cells, *keys: str) -> str:
    """The mail address under the first of the keys that has one; a problem is noted if none."""
    for key in keys:
        if cells.has(key):
            return cells.read(key, mail_address, "")
    return ""
