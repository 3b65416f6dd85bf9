"""Turning contacts off and on, setting them by hand, and saying who is told of what."""

from __future__ import annotations

import datetime as dt
from dataclasses import asdict

from django.db import transaction
from django.db.models import QuerySet

from tocsin.model.errors import UsageError
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.abuse_contacts.find import OFF
from tocsin.service.subscribers.abuse_contacts.policies import Policy
from tocsin.service.subscribers.mail_addresses import mail_address
from tocsin.service.subscribers.models import AbuseContact, ContactOrigin, ContactPolicy
from tocsin.service.subscribers.snapshots.due import snapshot_is_due
from tocsin.service.subscribers.values import NetworkValue
from tocsin.service.texts import harmless

OPT_OUT = "contact-opt-out"
"""The purpose of the link by which an address says that it wants to be told nothing."""


def opt_out_reference(contact: AbuseContact) -> str:
    """What its link stands for: the link of an address works for good, since it only ends.

    The address itself: what says that it is a contact may be gone, and come from elsewhere, later.
    """
    return contact.address


@transaction.atomic
def disable(address: str, reason: str, actor: Actor, now: dt.datetime) -> int:
    """Turn an address off for all networks; how many contacts that changed.

    UsageError if it is not known, or no reason is given.
    """
    reason = harmless(reason, 1000, lines=True)
    if not reason:
        raise UsageError("no reason is given", where="reason", todo="say why, for those after you")
    changed = _locked(address).filter(disabled_at=None)
    numbers = list(changed.values_list("pk", flat=True))
    AbuseContact.objects.filter(pk__in=numbers).update(disabled_at=now, disabled_reason=reason)
    if numbers:
        _note("contact.disabled", address, actor, now, {"contacts": len(numbers)}, reason)
    return len(numbers)


@transaction.atomic
def enable(address: str, reason: str, actor: Actor, now: dt.datetime) -> int:
    """Turn an address on again; how many contacts that changed. One that opted out stays off.

    UsageError if it is not known, has opted out, or no reason is given.
    """
    reason = harmless(reason, 1000, lines=True)
    if not reason:
        raise UsageError("no reason is given", where="reason", todo="say why, for those after you")
    known = _locked(address)
    if known.filter(opted_out_at__isnull=False).exists():
        raise UsageError(
            "this address has opted out itself",
            where=address,
            todo="set another contact by hand; only its owner can take that back",
        )
    numbers = list(known.filter(disabled_at__isnull=False).values_list("pk", flat=True))
    AbuseContact.objects.filter(pk__in=numbers).update(disabled_at=None, disabled_reason="")
    if numbers:
        _note("contact.enabled", address, actor, now, {"contacts": len(numbers)}, reason)
    return len(numbers)


@transaction.atomic
def opt_out(contact: AbuseContact, now: dt.datetime) -> bool:
    """The address wants to be told nothing any more; False if it had said so before."""
    waiting = _locked(contact.address).filter(opted_out_at=None)
    numbers = list(waiting.values_list("pk", flat=True))
    AbuseContact.objects.filter(pk__in=numbers).update(opted_out_at=now)
    if numbers:
        by = Actor.person(contact.address)
        _note("contact.opted_out", contact.address, by, now, {"contacts": len(numbers)}, "")
    return bool(numbers)


@transaction.atomic
def set_by_hand(
    network: NetworkValue, said: str, name: str, country: str, actor: Actor, now: dt.datetime
) -> AbuseContact:
    """A manual contact of a network, which goes before all automatic ones. Again changes nothing.

    UsageError if the address is none, or is off.
    """
    try:
        address = mail_address(said)
    except ValueError as error:
        raise UsageError(str(error), where="address", todo="write name@example.org") from None
    if AbuseContact.objects.filter(OFF, address=address).exists():
        raise UsageError(
            "this address is disabled, or has opted out",
            where=address,
            todo="enable it first, or set another one",
        )
    contact, new = AbuseContact.objects.get_or_create(
        kind=network.kind.value,
        value=network.value,
        address=address,
        origin=ContactOrigin.MANUAL,
        defaults={
            **AbuseContact.columns_of(network),
            "organisation_name": harmless(name, 200),
            "country": country,
            "source": "manual",
            "seen_at": now,
        },
    )
    if new:
        _note("contact.set", address, actor, now, {"network": str(network)}, "")
    return contact


@transaction.atomic
def set_policy(policy: Policy, actor: Actor, now: dt.datetime) -> bool:
    """Say whether and how contacts of a country are told of a type; whether that is new."""
    key = {"country": policy.country, "report_type": policy.report_type}
    before = ContactPolicy.objects.select_for_update().filter(**key).first()
    said = {name: value for name, value in asdict(policy).items() if name not in key}
    was = {name: getattr(before, name) for name in said} if before else None
    if was == said:
        return False
    row, _ = ContactPolicy.objects.update_or_create(
        country=policy.country, report_type=policy.report_type, defaults=said
    )
    record(
        actor,
        "contact_policy.set",
        Subject("contactpolicy", str(row.pk), str(row)),
        now,
        before=was,
        after=said,
    )
    snapshot_is_due(now)
    return True


def _locked(address: str) -> QuerySet[AbuseContact]:
    rows = AbuseContact.objects.select_for_update().filter(address=address.strip().lower())
    if not rows.exists():
        raise UsageError(
            "no contact has this address", where=address, todo="tocsin contacts show NETWORK"
        )
    return rows


def _note(
    verb: str,
    address: str,
    actor: Actor,
    now: dt.datetime,
    after: dict[str, object],
    reason: str,
) -> None:
    record(
        actor, verb, Subject("abusecontact", address[:64], address), now, after=after, note=reason
    )
    snapshot_is_due(now)
