"""What an approved request makes: organisation, contact, networks, lists, recipients."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.utils.text import slugify

from tocsin.engine.nightly.subscribers import FilterKind, OrganisationKind
from tocsin.service import installation
from tocsin.service.accounts.models import User
from tocsin.service.audit.models import ActorKind
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.mailbox.words import words
from tocsin.service.subscribers.changes.covering import cover
from tocsin.service.subscribers.changes.steps import Did, Step
from tocsin.service.subscribers.changes.telling import note_change
from tocsin.service.subscribers.changes.value import WantedChange
from tocsin.service.subscribers.changes.value import from_json as from_json_change
from tocsin.service.subscribers.models import (
    Claim,
    Contact,
    ContactRole,
    ContactState,
    ListMode,
    MailingList,
    Network,
    NetworkState,
    Organisation,
    Proof,
    ProofMethod,
    RecipientKind,
    Request,
    RequestKind,
)
from tocsin.service.subscribers.recipients.membership import add_recipient
from tocsin.service.subscribers.snapshots.due import snapshot_is_due
from tocsin.service.subscribers.values import FILTERS, NetworkKind
from tocsin.service.subscribers.wanted import Wanted, from_json
from tocsin.service.verification.facts import facts_from_json


def found(
    request: Request, claims: Sequence[Claim], reviewer: User, note: str, now: dt.datetime
) -> Organisation:
    """Make, or add to, what the granted claims of a request give. In the caller's transaction."""
    wanted = from_json(request.wanted)
    actor = Actor(ActorKind.STAFF, reviewer.email)
    if request.kind == RequestKind.CHANGE and request.organisation is not None:
        return _add_to(request.organisation, request, claims, reviewer, note, now)
    organisation = request.organisation or _organisation(wanted, request, claims, actor, now)
    _contact(organisation, wanted, request, actor, now)
    networks = [_network(organisation, each, reviewer, note, actor, now) for each in claims]
    for kind in dict.fromkeys(FILTERS[each.network.kind] for each in networks):
        mailing_list = _list(organisation, kind, actor, now)
        for address in wanted.recipients:
            add_recipient(
                mailing_list,
                address,
                RecipientKind.PERSON,
                actor,
                now,
                confirmed=address == request.requester,
            )
    snapshot_is_due(now)
    return organisation


def _add_to(
    organisation: Organisation,
    request: Request,
    claims: Sequence[Claim],
    reviewer: User,
    note: str,
    now: dt.datetime,
) -> Organisation:
    """Add the networks of a change. People and recipients were added when it was confirmed."""
    actor = Actor(ActorKind.STAFF, reviewer.email)
    networks = [_network(organisation, each, reviewer, note, actor, now) for each in claims]
    change = from_json_change(request.change) if request.change else WantedChange()
    cover(organisation, networks, change, actor, now, _list)
    steps = [
        Step(Did.NETWORK_ADDED, each.pk, f"network {each.network} added: reports come from now on")
        for each in networks
    ]
    note_change(organisation, request.requester, steps, now, request)
    return organisation


def _organisation(
    wanted: Wanted,
    request: Request,
    claims: Iterable[Claim],
    actor: Actor,
    now: dt.datetime,
) -> Organisation:
    countries = [each.value for each in claims if each.kind == NetworkKind.COUNTRY]
    organisation = Organisation.objects.create(
        slug=free_slug(wanted.organisation),
        name=wanted.organisation,
        kind=(OrganisationKind.NATIONAL_CERT if countries else OrganisationKind.OWNER).value,
        country=countries[0] if countries else "",
        mail_domains=_own_domains(request.requester),
        founded_at=now,
    )
    _note(organisation, "organisation.founded", organisation, actor, now, {"name": str(wanted)})
    return organisation


def _own_domains(address: str) -> list[str]:
    """The domain whose addresses get reports without a time of waiting; none where anybody can
    have an address."""
    return [] if words().is_free_mail(address) else [address.rpartition("@")[2]]


def free_slug(name: str) -> str:
    """A slug that no organisation has yet."""
    # Names of lists begin as slugs, and take no underline.
    base = slugify(name).replace("_", "-")[:56].strip("-") or "organisation"
    taken = set(Organisation.objects.filter(slug__startswith=base).values_list("slug", flat=True))
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return base if base not in taken else next(each for each in numbered if each not in taken)


def _contact(
    organisation: Organisation, wanted: Wanted, request: Request, actor: Actor, now: dt.datetime
) -> None:
    contact, new = Contact.objects.get_or_create(
        organisation=organisation,
        address=request.requester,
        defaults={
            "full_name": wanted.full_name,
            "phone": wanted.phone,
            "role": ContactRole.ADMIN,
            # The address was confirmed with the request.
            "state": ContactState.ACTIVE,
            "since": now,
        },
    )
    if new:
        contact.account = User.objects.filter(email=contact.address).first() or (
            User.objects.create_user(contact.address)
        )
        contact.save(update_fields=["account"])
        _note(organisation, "contact.added", contact, actor, now, {"address": contact.address})


def _network(
    organisation: Organisation,
    claim: Claim,
    reviewer: User,
    note: str,
    actor: Actor,
    now: dt.datetime,
) -> Network:
    facts = facts_from_json(claim.facts)
    # A frozen one is active again: it has been proven and decided anew.
    network, _ = Network.objects.exclude(state=NetworkState.ENDED).update_or_create(
        organisation=organisation,
        kind=claim.kind,
        value=claim.value,
        defaults={
            "state": NetworkState.ACTIVE,
            "frozen_reason": "",
            **Network.columns_of(claim.network),
            "holder": facts.holder,
            "holder_id": facts.holder_id,
            "registry": facts.registry,
            "facts": claim.facts,
            "found_facts": {},
            "warned_at": None,
            "looked_up_at": now,
            "valid_from": now,
        },
    )
    days = installation.configuration().proof.valid_days
    Proof.objects.create(
        network=network,
        method=claim.method or ProofMethod.STAFF,
        evidence={"facts": claim.facts, **claim.evidence},
        note=note,
        decided_by=reviewer,
        made_at=now,
        ends_at=now + dt.timedelta(days=days),
    )
    _note(organisation, "network.added", network, actor, now, {"method": claim.method or "staff"})
    return network


def _list(
    organisation: Organisation, kind: FilterKind, actor: Actor, now: dt.datetime
) -> MailingList:
    existing = organisation.lists.filter(
        filter=kind.value, all_networks=True, valid_to=None
    ).first()
    if existing:
        return existing
    mailing_list = MailingList.objects.create(
        organisation=organisation,
        name=_free_list_name(organisation.slug, kind),
        filter=kind.value,
        mode=ListMode.LIVE,
        valid_from=now,
    )
    _note(organisation, "list.made", mailing_list, actor, now, {"filter": kind.value})
    return mailing_list


def _free_list_name(slug: str, kind: FilterKind) -> str:
    taken = set(
        MailingList.objects.filter(name__startswith=slug, filter=kind.value).values_list(
            "name", flat=True
        )
    )
    if slug not in taken:
        return slug
    numbered = (f"{slug[:60]}-{number}" for number in range(2, len(taken) + 3))
    return next(each for each in numbered if each not in taken)


def _note(
    organisation: Organisation,
    verb: str,
    subject: Any,
    actor: Actor,
    now: dt.datetime,
    after: Mapping[str, Any],
) -> None:
    record(
        actor,
        verb,
        Subject(type(subject).__name__.lower(), str(subject.pk), str(subject)),
        now,
        organisation=organisation.pk,
        after=after,
    )
