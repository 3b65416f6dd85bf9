"""What the forms of other programs share: parts of an organisation put together."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable

from tocsin.engine.nightly.subscribers import OrganisationKind
from tocsin.service.subscribers.abuse_contacts.reading.ranges import prefixes_of
from tocsin.service.subscribers.exchange.cells import Cells, slug_of
from tocsin.service.subscribers.exchange.forms import (
    ORGANISATION_KIND,
    PREFERENCES,
    RECIPIENT_KIND,
    ContactForm,
    ListForm,
    NetworkForm,
    RecipientForm,
)
from tocsin.service.subscribers.mail_addresses import mail_address
from tocsin.service.subscribers.models import RecipientKind
from tocsin.service.subscribers.values import FILTERS, NetworkKind, NetworkValue, network_value
from tocsin.service.texts import harmless

OWN_ID = "tocsin_id"
OWN_PERSON = "tocsin_person"
"""What our own export adds where a form cannot say it: the id of an organisation, if it does not
follow from its name, and that a contact is no person. Other programs pass them over."""

_SLUG = re.compile(r"[a-z0-9-]{1,64}")


def slug_in(cells: Cells, name: str) -> str:
    """The id that our own export gave it, or else the one that follows from its name."""
    said = cells.text(OWN_ID)
    return said if _SLUG.fullmatch(said) else slug_of(name)


def unsaid(kind: OrganisationKind, *said: str) -> frozenset[str]:
    """What the form of another program has no place for, but for these fields.

    Who answers for a country is a national CERT; who does not may be one as well.
    """
    fields = {*PREFERENCES, "mail_domains", "country", "role", RECIPIENT_KIND} - set(said)
    if kind is not OrganisationKind.NATIONAL_CERT:
        fields.add(ORGANISATION_KIND)
    return frozenset(fields)


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
    """A contact; one that has no name gets one from its address when it is made."""
    return ContactForm(address, harmless(full_name, 200), phone)


def address_of(cells: Cells, *keys: str) -> str:
    """The mail address under the first of the keys that has one; a problem is noted if none."""
    for key in keys:
        if cells.has(key):
            return cells.read(key, mail_address, "")
    return ""
