"""Tocsin's own form: what `tocsin subscribers export` writes, and reads back."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeVar

from tocsin.engine.nightly.subscribers import FilterKind, OrganisationKind
from tocsin.model.errors import Problem
from tocsin.model.severity import Severity
from tocsin.service.languages import DEFAULT, language_named
from tocsin.service.subscribers.exchange.cells import Cells
from tocsin.service.subscribers.exchange.forms import (
    ContactForm,
    ListForm,
    NetworkForm,
    OrganisationForm,
    RecipientForm,
)
from tocsin.service.subscribers.mail_addresses import mail_address
from tocsin.service.subscribers.models import (
    ContactRole,
    Delivery,
    ListMode,
    RecipientKind,
)
from tocsin.service.subscribers.models.mailing_list import (
    ExtraColumn,
    ProofOfLife,
    ReportFormat,
    in_order,
)
from tocsin.service.subscribers.values import (
    NetworkKind,
    NetworkValue,
    any_network,
    network_value,
)

FORMAT = "tocsin-subscribers/1"
_SLUG = re.compile(r"[a-z0-9-]{1,64}")
_DOMAIN_LENGTH = 253
T = TypeVar("T")


def to_json(form: OrganisationForm) -> dict[str, Any]:
    """An organisation as it stands in the file."""
    return {
        "id": form.slug,
        "name": form.name,
        "kind": form.kind.value,
        "country": form.country,
        "mail_domains": list(form.mail_domains),
        "notes": form.notes,
        "state": form.state,
        "contacts": [_contact(each) for each in form.contacts],
        "networks": [_network(each) for each in form.networks],
        "lists": [_list(each) for each in form.lists],
    }


def _contact(form: ContactForm) -> dict[str, Any]:
    return {
        "address": form.address,
        "full_name": form.full_name,
        "phone": form.phone,
        "role": form.role.value,
        "ended": form.has_ended,
    }


def _network(form: NetworkForm) -> dict[str, Any]:
    return {
        "network": str(form.network),
        "label": form.label,
        "ended": form.has_ended,
        "state": form.state,
        "holder": form.holder,
        "proofs": [
            {
                "method": each.method,
                "state": each.state,
                "made_at": each.made_at,
                "ends_at": each.ends_at,
                "note": each.note,
            }
            for each in form.proofs
        ],
    }


def _list(form: ListForm) -> dict[str, Any]:
    return {
        "name": form.name,
        "filter": form.filter.value,
        "all_networks": form.all_networks,
        "networks": [str(each) for each in form.networks],
        "except_types": list(form.except_types),
        "least_severity": form.least_severity,
        "format": form.format,
        "compressed": form.compressed,
        "delivery": form.delivery,
        "delta": form.delta,
        "language": form.language,
        "mode": form.mode,
        "redirect_to": form.redirect_to,
        "proof_of_life": form.proof_of_life,
        "extra_columns": list(form.extra_columns),
        "recipients": [
            {
                "address": each.address,
                "kind": each.kind.value,
                "ended": each.has_ended,
                "state": each.state,
            }
            for each in form.recipients
        ],
    }


def read_own(
    said: object, where: str, line: int, problems: list[Problem]
) -> OrganisationForm | None:
    """An organisation of the file; None, with a problem, if it has no id or name."""
    cells = Cells(said, where, line, problems)
    slug, name = cells.text("id"), cells.text("name")
    if not _SLUG.fullmatch(slug) or not name:
        cells.wrong("id", "needs an id of a-z, 0-9 and -, and a name", "give it both")
        return None
    return OrganisationForm(
        slug=slug,
        name=name,
        kind=cells.read("kind", OrganisationKind, OrganisationKind.OWNER),
        country=cells.read("country", _country, ""),
        mail_domains=cells.values(_domain, "mail_domains"),
        notes=cells.text("notes", longest=10_000, lines=True),
        state=cells.text("state"),
        contacts=_by(_contact_of, cells.objects("contacts"), lambda each: each.address),
        networks=_by(_network_of, cells.objects("networks"), lambda each: each.network),
        lists=_by(_list_of, cells.objects("lists"), lambda each: each.key),
    )


def _by(
    reader: Callable[[Cells], T | None], cells: list[Cells], key: Callable[[T], object]
) -> tuple[T, ...]:
    """What can be read, each key once: the first counts."""
    found: dict[object, T] = {}
    for each in cells:
        read = reader(each)
        if read is not None and found.setdefault(key(read), read) is not read:
            each.wrong("", "stands there twice", "leave one out")
    return tuple(found.values())


def _contact_of(cells: Cells) -> ContactForm | None:
    address = cells.read("address", mail_address, "")
    if not address:
        cells.wrong("address", "is missing or none", "give it a mail address")
        return None
    return ContactForm(
        address,
        cells.text("full_name"),
        cells.text("phone", longest=32),
        cells.read("role", ContactRole, ContactRole.MEMBER),
        cells.flag("ended", default=False),
    )


def _network_of(cells: Cells) -> NetworkForm | None:
    network = cells.read("network", _any, None)
    if network is None:
        cells.wrong("network", "is missing or none", "write 192.0.2.0/24, AS64496, example.org, XX")
        return None
    return NetworkForm(
        network,
        cells.text("label", longest=100),
        cells.flag("ended", default=False),
        cells.text("state") or "active",
    )


def _list_of(cells: Cells) -> ListForm | None:
    name = cells.text("name")
    kind = cells.read("filter", _filter, None)
    if not _SLUG.fullmatch(name) or kind is None:
        cells.wrong("name", "needs a name of a-z, 0-9 and -, and a filter", "give it both")
        return None
    mode = cells.read("mode", ListMode, ListMode.SHADOW)
    return ListForm(
        name=name,
        filter=kind,
        all_networks=cells.flag("all_networks", default=True),
        networks=tuple(sorted(cells.values(any_network, "networks"))),
        except_types=cells.values(str, "except_types"),
        least_severity=cells.read("least_severity", Severity.from_word, Severity.INFO).word,
        format=cells.read("format", ReportFormat, ReportFormat.CSV).value,
        compressed=cells.flag("compressed", default=True),
        delivery=cells.read("delivery", Delivery, Delivery.PER_REPORT).value,
        delta=cells.flag("delta", default=False),
        language=cells.read("language", language_named, DEFAULT),
        mode=mode.value,
        redirect_to=cells.read("redirect_to", mail_address, ""),
        proof_of_life=cells.read("proof_of_life", ProofOfLife, ProofOfLife.NEVER).value,
        extra_columns=tuple(in_order(cells.values(ExtraColumn, "extra_columns"))),
        recipients=_by(_recipient_of, cells.objects("recipients"), lambda each: each.address),
    )


def _recipient_of(cells: Cells) -> RecipientForm | None:
    address = cells.read("address", mail_address, "")
    if not address:
        cells.wrong("address", "is missing or none", "give it a mail address")
        return None
    return RecipientForm(
        address,
        cells.read("kind", RecipientKind, RecipientKind.PERSON),
        cells.flag("ended", default=False),
    )


def _any(said: str) -> NetworkValue | None:
    return any_network(said)


def _filter(said: str) -> FilterKind | None:
    return FilterKind(said)


def _country(said: str) -> str:
    return network_value(NetworkKind.COUNTRY, said).value


def _domain(said: str) -> str:
    if len(said) > _DOMAIN_LENGTH:
        raise ValueError("is no domain")
    return network_value(NetworkKind.DOMAIN, said).value
