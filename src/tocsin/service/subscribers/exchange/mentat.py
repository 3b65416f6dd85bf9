"""Groups of Mentat: their networks, their settings of reporting, their managers.

A group has `name`, `description`, `enabled`, `networks` (`netname`, `network`, a prefix or range),
`managers` and `members` (`login`, `fullname`, `email`), and under `settings_rep` (or
`settings_reporting`) the addresses by severity: `emails_info`, `emails_low`, `emails_medium`,
`emails_high`, `emails_critical`, and `mode`, `locale`.
"""

from __future__ import annotations

from tocsin.engine.nightly.subscribers import OrganisationKind
from tocsin.model.errors import Problem
from tocsin.model.severity import Severity
from tocsin.service.subscribers.exchange import foreign
from tocsin.service.subscribers.exchange.cells import Cells
from tocsin.service.subscribers.exchange.forms import (
    ContactForm,
    ListForm,
    NetworkForm,
    OrganisationForm,
)
from tocsin.service.subscribers.mail_addresses import mail_address
from tocsin.service.subscribers.models import ContactRole, RecipientKind


def read_mentat(
    said: object, where: str, line: int, problems: list[Problem], kind: RecipientKind
) -> OrganisationForm | None:
    """A group of the file; None, with a problem, if it has no name, or is turned off."""
    cells = Cells(said, where, line, problems)
    name = cells.text("name")
    slug = foreign.slug_in(cells, name)
    if not slug:
        cells.wrong("name", "a group needs a name", "give it one")
        return None
    if not cells.flag("enabled", default=True):
        cells.wrong("enabled", f"{name} is turned off", "turn it on if it is to be brought in")
        return None
    found = foreign.ranges(cells, "networks", inner="network")
    networks = tuple(NetworkForm(each) for each in sorted(found))
    settings = cells.inner("settings_rep", "settings_reporting")
    contacts = _contacts(cells)
    return OrganisationForm(
        slug=slug,
        name=name,
        mail_domains=foreign.domains_of(contacts),
        notes=cells.text("description", longest=10_000, lines=True),
        contacts=contacts,
        networks=networks,
        lists=_lists(slug, networks, settings, kind),
        left_out=_left_out(cells, settings),
        unsaid=foreign.unsaid(OrganisationKind.OWNER, "role", "least_severity"),
    )


def _contacts(cells: Cells) -> tuple[ContactForm, ...]:
    found: dict[str, ContactForm] = {}
    for role, key in ((ContactRole.ADMIN, "managers"), (ContactRole.MEMBER, "members")):
        for each in cells.objects(key):
            address = foreign.address_of(each, "email", "login")
            if address:
                found.setdefault(address, ContactForm(address, each.text("fullname"), "", role))
    return tuple(found.values())


def _lists(
    slug: str, networks: tuple[NetworkForm, ...], settings: Cells, kind: RecipientKind
) -> tuple[ListForm, ...]:
    """The addresses of a severity are a list of their own, from that severity on."""
    lists: list[ListForm] = []
    seen: set[str] = set()
    for severity in Severity:
        said = settings.values(mail_address, f"emails_{severity.word}")
        # Who gets the milder ones already gets these.
        fresh = [each for each in said if each not in seen]
        seen.update(fresh)
        if fresh or severity is Severity.INFO:
            name = slug if severity is Severity.INFO else f"{slug}-{severity.word}"
            lists += foreign.lists_of(name, networks, fresh, kind, severity.word)
    return tuple(lists)


def _left_out(cells: Cells, settings: Cells) -> tuple[str, ...]:
    left = []
    if cells.has("filters"):
        left.append("filters of reporting have no place here: use filters and objections")
    if settings.has("redirect"):
        left.append("redirection is not brought in: the lists begin in shadow")
    return tuple(left)
