"""Organisations of n6, in any of the three forms in which it names their fields.

Those of its database (`org_id`, `actual_name`, `inside_filter_asns`, ...), those of its portal
(`asns`, `fqdns`, `ip_networks`, `notification_emails`, `org_user_logins`), and those of its
directory (`o`, `name`, `n6asn`, `n6cc`, `n6fqdn`, `n6ip-network`,
`n6email-notifications-address`).
"""

from __future__ import annotations

from tocsin.model.errors import Problem
from tocsin.service.subscribers.exchange import foreign
from tocsin.service.subscribers.exchange.cells import Cells
from tocsin.service.subscribers.exchange.forms import ContactForm, OrganisationForm
from tocsin.service.subscribers.mail_addresses import mail_address
from tocsin.service.subscribers.models import RecipientKind
from tocsin.service.subscribers.values import NetworkKind
from tocsin.service.texts import harmless


def read_n6(
    said: object, where: str, line: int, problems: list[Problem], kind: RecipientKind
) -> OrganisationForm | None:
    """An organisation of the file; None, with a problem, if it has no id."""
    cells = Cells(said, where, line, problems)
    identity = next((text for _, text in cells.each("org_id", "o")), "")
    slug = foreign.slug_in(cells, identity)
    if not slug:
        cells.wrong("org_id", "an organisation needs an id", "give it org_id")
        return None
    names = cells.each("actual_name", "name")
    networks = foreign.networks_of(
        {
            NetworkKind.ASN: cells.values(
                foreign.asn, "inside_filter_asns", "asns", "n6asn", inner="asn"
            ),
            NetworkKind.CIDR: cells.values(
                foreign.prefix,
                "inside_filter_ip_networks",
                "ip_networks",
                "n6ip-network",
                inner="ip_network",
            ),
            NetworkKind.DOMAIN: cells.values(
                foreign.domain, "inside_filter_fqdns", "fqdns", "n6fqdn", inner="fqdn"
            ),
            NetworkKind.COUNTRY: cells.values(
                foreign.country, "inside_filter_ccs", "ccs", "n6cc", inner="cc"
            ),
        }
    )
    addresses = cells.values(
        mail_address,
        "email_notification_addresses",
        "notification_emails",
        "notification_addresses",
        "n6email-notifications-address",
        inner="email",
    )
    contacts = _contacts(cells)
    kind_of_it = foreign.kind_of(networks)
    return OrganisationForm(
        slug=slug,
        name=harmless(names[0][1] if names else identity, 200),
        kind=kind_of_it,
        mail_domains=foreign.domains_of(contacts),
        contacts=contacts,
        networks=networks,
        lists=foreign.lists_of(slug, networks, addresses, kind),
        left_out=_left_out(cells),
        unsaid=foreign.unsaid(kind_of_it),
    )


def _contacts(cells: Cells) -> tuple[ContactForm, ...]:
    found: dict[str, ContactForm] = {}
    for each in cells.objects("contact_points"):
        address = foreign.address_of(each, "email")
        if address:
            name = f"{each.text('name')} {each.text('surname')}".strip()
            found[address] = foreign.person(address, name, each.text("phone", longest=32))
    for address in cells.values(mail_address, "users", "org_user_logins", inner="login"):
        found.setdefault(address, foreign.person(address))
    return tuple(found.values())


def _left_out(cells: Cells) -> tuple[str, ...]:
    left = []
    if cells.has("inside_filter_urls", "n6url"):
        left.append("URL patterns have no place here: a list matches domains")
    if cells.has("email_notification_times", "notification_times", "n6email-notifications-times"):
        left.append("times of notification have no place here: reports are made every morning")
    return tuple(left)
