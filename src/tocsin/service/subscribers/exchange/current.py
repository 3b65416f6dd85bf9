"""What the database holds, as the values that files hold; a few organisations at a time."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from tocsin.engine.nightly.subscribers import FilterKind, OrganisationKind
from tocsin.service.subscribers.exchange.forms import (
    ContactForm,
    ListForm,
    NetworkForm,
    OrganisationForm,
    ProofForm,
    RecipientForm,
)
from tocsin.service.subscribers.in_batches import in_batches
from tocsin.service.subscribers.models import (
    Contact,
    ContactRole,
    ContactState,
    MailingList,
    Network,
    NetworkState,
    Organisation,
    Proof,
    Recipient,
    RecipientKind,
    RecipientState,
)

_BATCH = 200
_PARTS = ("contacts", "networks__proofs", "lists__recipients", "lists__networks")


def all_forms() -> Iterator[OrganisationForm]:
    """All organisations, by slug."""
    numbers = Organisation.objects.order_by("slug").values_list("pk", flat=True)
    for batch in in_batches(list(numbers), _BATCH):
        found = Organisation.objects.filter(pk__in=batch).prefetch_related(*_PARTS)
        yield from map(form_of, found.order_by("slug"))


def forms_of(slugs: Iterable[str]) -> dict[str, OrganisationForm]:
    """Those of the organisations that exist, by slug."""
    found = Organisation.objects.filter(slug__in=list(slugs)).prefetch_related(*_PARTS)
    return {each.slug: form_of(each) for each in found}


def form_of(organisation: Organisation) -> OrganisationForm:
    """An organisation. Of a network that ended and began again only what is now is told."""
    networks: dict[object, NetworkForm] = {}
    for network in sorted(organisation.networks.all(), key=lambda each: each.pk):
        form = _network(network)
        if not form.has_ended or form.network not in networks:
            networks[form.network] = form
    return OrganisationForm(
        slug=organisation.slug,
        name=organisation.name,
        kind=OrganisationKind(organisation.kind),
        country=organisation.country,
        mail_domains=tuple(organisation.mail_domains),
        notes=organisation.notes,
        state=organisation.state,
        contacts=tuple(map(_contact, _sorted(organisation.contacts.all()))),
        networks=tuple(networks[key] for key in sorted(networks, key=str)),
        lists=tuple(map(_list, sorted(organisation.lists.all(), key=lambda each: each.pk))),
    )


def _sorted(contacts: Iterable[Contact]) -> list[Contact]:
    return sorted(contacts, key=lambda each: each.address)


def _contact(contact: Contact) -> ContactForm:
    return ContactForm(
        contact.address,
        contact.full_name,
        contact.phone,
        ContactRole(contact.role),
        contact.state == ContactState.REMOVED,
        contact.state,
    )


def _network(network: Network) -> NetworkForm:
    proofs = sorted(network.proofs.all(), key=lambda each: each.pk)
    return NetworkForm(
        network.network,
        network.label,
        network.state == NetworkState.ENDED,
        network.state,
        network.holder,
        tuple(map(_proof, proofs)),
    )


def _proof(proof: Proof) -> ProofForm:
    return ProofForm(
        proof.method, proof.state, _moment(proof.made_at), _moment(proof.ends_at), proof.note
    )


def _list(mailing_list: MailingList) -> ListForm:
    recipients = sorted(mailing_list.recipients.all(), key=lambda each: each.address)
    return ListForm(
        name=mailing_list.name,
        filter=FilterKind(mailing_list.filter),
        all_networks=mailing_list.all_networks,
        networks=tuple(sorted({each.network for each in mailing_list.networks.all()})),
        except_types=tuple(mailing_list.except_types),
        least_severity=mailing_list.least_severity,
        format=mailing_list.format,
        compressed=mailing_list.compressed,
        delivery=mailing_list.delivery,
        delta=mailing_list.delta,
        language=mailing_list.language,
        mode=mailing_list.mode,
        redirect_to=mailing_list.redirect_to,
        proof_of_life=mailing_list.proof_of_life,
        extra_columns=tuple(mailing_list.extra_columns),
        recipients=tuple(map(_recipient, recipients)),
    )


def _recipient(recipient: Recipient) -> RecipientForm:
    ended = recipient.state in (RecipientState.LEFT, RecipientState.REMOVED)
    return RecipientForm(recipient.address, RecipientKind(recipient.kind), ended, recipient.state)


def _moment(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
