"""What a national CERT may see of organisations in its country: nothing, unless staff say so."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction
from django.db.models import Prefetch, Q

from tocsin.model.errors import UsageError
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.models import (
    Contact,
    ContactState,
    Delegation,
    DelegationLevel,
    Network,
    NetworkState,
    Organisation,
    OrganisationState,
)
from tocsin.service.subscribers.values import NetworkKind
from tocsin.service.texts import harmless


@dataclass(frozen=True, slots=True)
class Seen:
    """What a CERT sees of one organisation. contacts: empty unless its level allows them."""

    name: str
    networks: tuple[str, ...]
    contacts: tuple[str, ...] = ()


@transaction.atomic
def delegate(
    cert: Organisation,
    country: str,
    level: DelegationLevel,
    note: str,
    actor: Actor,
    now: dt.datetime,
) -> Delegation:
    """Let a national CERT see organisations of a country that it answers for.

    UsageError if it is no national CERT, does not answer for that country now, or no note says why.
    """
    note = harmless(note, 2000, lines=True)
    if not note:
        raise UsageError(
            "no note is given", where="note", todo="say on what ground this is granted"
        )
    if country not in countries_of(cert):
        raise UsageError(
            f"{cert.name} does not answer for {country or 'that country'}",
            where="country",
            todo="it has to ask for the country and be approved first",
        )
    before = Delegation.objects.select_for_update().filter(cert=cert, country=country).first()
    if before is not None and before.level == level and before.note == note:
        return before
    was = {"level": before.level, "note": before.note} if before else None
    row, _ = Delegation.objects.update_or_create(
        cert=cert, country=country, defaults={"level": level, "note": note, "since": now}
    )
    after = {"country": country, "level": level.value}
    _record("delegation.granted", row, actor, now, before=was, after=after, note=note)
    return row


@transaction.atomic
def withdraw(cert: Organisation, country: str, note: str, actor: Actor, now: dt.datetime) -> bool:
    """Let it see nothing any more; False if it did not."""
    row = Delegation.objects.select_for_update().filter(cert=cert, country=country).first()
    if row is None:
        return False
    was = {"country": country, "level": row.level, "note": row.note}
    _record("delegation.withdrawn", row, actor, now, before=was, after=None, note=note)
    row.delete()
    return True


def countries_of(cert: Organisation) -> frozenset[str]:
    """The countries that a national CERT answers for now; none for everybody else."""
    if not cert.is_national_cert or cert.state != OrganisationState.ACTIVE:
        return frozenset()
    active = cert.networks.filter(kind=NetworkKind.COUNTRY.value, state=NetworkState.ACTIVE)
    return frozenset(active.values_list("value", flat=True))


def delegations_of(cert: Organisation) -> list[Delegation]:
    """Those in force: a country that it no longer answers for gives it nothing."""
    countries = countries_of(cert)
    return list(cert.delegations.filter(country__in=countries).order_by("country"))


def seen_by(cert: Organisation, delegation: Delegation) -> list[Seen]:
    """The organisations of that country, as far as the level goes, by name.

    One is of the country if its seat is there, or networks of it are registered there. Of one
    with its seat elsewhere only those networks are shown.
    """
    theirs = Q(organisation__country=delegation.country) | _registered_in(delegation.country)
    networks = Network.objects.filter(theirs, state=NetworkState.ACTIVE).exclude(
        kind=NetworkKind.COUNTRY.value
    )
    shown = Organisation.objects.filter(state=OrganisationState.ACTIVE).filter(
        Q(country=delegation.country) | Q(pk__in=networks.values("organisation"))
    )
    contacts = Contact.objects.filter(state=ContactState.ACTIVE).order_by("full_name", "pk")
    found = shown.exclude(pk=cert.pk).order_by("name", "pk")
    prefetched = found.prefetch_related(
        Prefetch("networks", networks, to_attr="shown_networks"),
        Prefetch("contacts", contacts, to_attr="shown_contacts"),
    )
    with_contacts = delegation.level == DelegationLevel.CONTACTS
    return [_seen(each, with_contacts=with_contacts) for each in prefetched]


def _registered_in(country: str) -> Q:
    return Q(facts__country=country)


def _seen(organisation: Organisation, *, with_contacts: bool) -> Seen:
    networks: Iterable[Network] = getattr(organisation, "shown_networks")  # noqa: B009
    contacts: Iterable[Contact] = getattr(organisation, "shown_contacts")  # noqa: B009
    return Seen(
        organisation.name,
        tuple(str(each.network) for each in networks),
        tuple(str(each) for each in contacts) if with_contacts else (),
    )


def _record(
    verb: str,
    row: Delegation,
    actor: Actor,
    now: dt.datetime,
    *,
    before: Mapping[str, object] | None,
    after: Mapping[str, object] | None,
    note: str,
) -> None:
    subject = Subject("delegation", str(row.pk), str(row))
    record(
        actor, verb, subject, now, organisation=row.cert_id, before=before, after=after, note=note
    )
