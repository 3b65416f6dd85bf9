"""The contact database of IntelMQ's certbund-contact, as its web interface fody hands it out.

An organisation is an object with the columns of its table (`organisation_id`, `name`, `comment`,
`ripe_org_hdl`, `ti_handle`, `first_handle`) and its rows of others: `contacts` (`firstname`,
`lastname`, `tel`, `email`), `asns` (`asn`), `networks` (`address`), `fqdns` (`fqdn`) and
`national_certs` (`country_code`). Its e-mail addresses are both people and recipients,
unless our own export says that one is no person.
"""

from __future__ import annotations

from tocsin.model.errors import Problem
from tocsin.service.subscribers.exchange import foreign
from tocsin.service.subscribers.exchange.cells import Cells
from tocsin.service.subscribers.exchange.forms import ContactForm, OrganisationForm
from tocsin.service.subscribers.models import RecipientKind
from tocsin.service.subscribers.values import NetworkKind


def read_certbund(
    said: object, where: str, line: int, problems: list[Problem], kind: RecipientKind
) -> OrganisationForm | None:
    """An organisation of the file; None, with a problem, if it has no name."""
    cells = Cells(said, where, line, problems)
    name = cells.text("name")
    slug = foreign.slug_in(cells, name)
    if not slug:
        cells.wrong("name", "an organisation needs a name", "give it one")
        return None
    networks = foreign.networks_of(
        {
            NetworkKind.ASN: cells.values(foreign.asn, "asns", inner="asn"),
            NetworkKind.CIDR: cells.values(foreign.prefix, "networks", inner="address"),
            NetworkKind.DOMAIN: cells.values(foreign.domain, "fqdns", inner="fqdn"),
            NetworkKind.COUNTRY: cells.values(
                foreign.country, "national_certs", inner="country_code"
            ),
        }
    )
    people, recipients = _contacts(cells)
    kind_of_it = foreign.kind_of(networks)
    countries = [each.network.value for each in networks if each.network.kind == "country"]
    return OrganisationForm(
        slug=slug,
        name=name,
        kind=kind_of_it,
        country=countries[0] if countries else "",
        mail_domains=foreign.domains_of(people),
        notes=_notes(cells),
        contacts=people,
        networks=networks,
        lists=foreign.lists_of(slug, networks, recipients, kind),
        left_out=_left_out(cells),
        unsaid=foreign.unsaid(kind_of_it),
    )


def _contacts(cells: Cells) -> tuple[tuple[ContactForm, ...], tuple[str, ...]]:
    """The people, and the addresses of all contacts, which are recipients."""
    found: dict[str, ContactForm] = {}
    recipients: dict[str, None] = {}
    for each in cells.objects("contacts"):
        address = foreign.address_of(each, "email")
        if address:
            recipients.setdefault(address)
        if address and each.flag(foreign.OWN_PERSON, default=True):
            name = f"{each.text('firstname')} {each.text('lastname')}".strip()
            phone = each.text("tel", longest=32)
            found.setdefault(address, foreign.person(address, name, phone))
    return tuple(found.values()), tuple(recipients)


def _notes(cells: Cells) -> str:
    said = [cells.text("comment", longest=10_000, lines=True)]
    handles = ("ripe_org_hdl", "ti_handle", "first_handle")
    said += [f"{key}: {cells.text(key, longest=500)}" for key in handles if cells.has(key)]
    return "\n".join(each for each in said if each)


def _left_out(cells: Cells) -> tuple[str, ...]:
    said = [cells, *cells.objects("asns"), *cells.objects("networks"), *cells.objects("fqdns")]
    if any(each.has("annotations") for each in said):
        return ("annotations (tags, inhibitions) have no place here: use filters and objections",)
    return ()
