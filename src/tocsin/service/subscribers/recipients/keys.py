"""OpenPGP keys of recipients: how a key comes to be used, and how it goes.

A key holds for an address of an organisation, whichever of its lists sends there. Whoever reads a
mailbox may have the link that was mailed to it, but that link never takes encryption away: by it
a first key is given, or one on file made valid for longer. All else is up to the admins.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping

from django.db import transaction
from django.db.models import QuerySet

from tocsin.model.errors import UsageError
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.delivery.openpgp.certificate import (
    Certificate,
    armoured,
    fingerprint_of,
    is_revoked,
    read_certificate,
    together,
)
from tocsin.service.letters.write import write
from tocsin.service.subscribers.changes.steps import Did, Step
from tocsin.service.subscribers.models import (
    Organisation,
    Recipient,
    RecipientKey,
    RecipientKeyState,
)
from tocsin.service.subscribers.recipients.membership import SENT_TO, reference, waiting_time

KEY = "recipient-key"
"""The purpose of the link by which an address gives its key."""

HELD = (RecipientKeyState.ACTIVE, RecipientKeyState.UNUSABLE)

Address = tuple[int, str]
"""Number of an organisation, and a mail address."""


def keys_now(addresses: Iterable[Address], now: dt.datetime) -> dict[Address, RecipientKey]:
    """The key that holds for each address that has one; an unusable one as well."""
    wanted = set(addresses)
    rows = RecipientKey.objects.filter(
        organisation__in={number for number, _ in wanted},
        address__in={address for _, address in wanted},
        state__in=HELD,
        active_from__lte=now,
    )
    found = {(each.organisation_id, each.address): each for each in rows}  # the newest comes last
    return {address: each for address, each in found.items() if address in wanted}


def is_usable(key: RecipientKey, now: dt.datetime) -> bool:
    """Whether mail can be encrypted to it now."""
    alive = key.expires_at is None or key.expires_at > now
    return key.state == RecipientKeyState.ACTIVE and alive


def held(organisation: Organisation, address: str) -> QuerySet[RecipientKey]:
    """The keys on file of an address, those that wait for their time as well; the newest last."""
    return RecipientKey.objects.filter(
        organisation=organisation, address=address, state__in=HELD
    ).order_by("active_from", "pk")


def set_key(
    recipient: Recipient,
    said: bytes,
    actor: Actor,
    now: dt.datetime,
    *,
    other_address: bool = False,
    by_link: bool = False,
) -> Step | None:
    """Use a key that was uploaded; None if it is on file as it is. In the transaction of a change.

    other_address: it is meant although none of its user ids is of the address. UsageError says
    what is wrong with it, or that this is up to an admin (by_link).
    """
    organisation = recipient.list.organisation
    on_file = list(held(organisation, recipient.address).select_for_update())
    last = on_file[-1] if on_file else None
    same = last is not None and fingerprint_of(said) == last.fingerprint
    if by_link and last is not None and not same:
        raise UsageError(
            f"another key is on file for {recipient.address}",
            where="OpenPGP key",
            todo="an admin of your organisation can put this one in its place",
        )
    if last is not None and same:
        said = together(said, last.armour)
        if is_revoked(said):
            return _revoke(last, said, actor, now)
    found = read_certificate(said, now)
    _is_of(found, recipient.address, sure=other_address or same)
    if last is not None and last.armour == found.armour and is_usable(last, now):
        return None
    return _use(recipient, found, on_file, actor, now, wait=not same)


def _is_of(found: Certificate, address: str, *, sure: bool) -> None:
    if address in found.addresses or sure:
        return
    theirs = ", ".join(sorted(found.addresses)[:5]) or "no address"
    raise UsageError(
        f"this is the key of {theirs}, not of {address}",
        where="OpenPGP key",
        todo="upload another one; an admin may also say that it is meant all the same",
    )


def _use(
    recipient: Recipient,
    found: Certificate,
    on_file: list[RecipientKey],
    actor: Actor,
    now: dt.datetime,
    *,
    wait: bool,
) -> Step:
    organisation, address = recipient.list.organisation, recipient.address
    begin = now + waiting_time(organisation, address) if wait else now
    # One that waits goes at once; the one that is in use holds until the new one's time has come.
    replaced = [each for each in on_file if begin <= now or each.active_from > now]
    before = {"replaced": [[each.pk, each.state] for each in replaced]}
    for each in replaced:
        each.state = RecipientKeyState.REPLACED
        each.save(update_fields=["state"])
    key = RecipientKey.objects.create(
        organisation=organisation,
        address=address,
        fingerprint=found.fingerprint,
        armour=found.armour,
        names=list(found.names),
        expires_at=found.expires_at,
        active_from=begin,
        by=actor.name,
        made_at=now,
    )
    note(key, "recipient_key.set", actor, now)
    line = f"mail to {address} is encrypted with the OpenPGP key {key.grouped}"
    first = f"{begin:%Y-%m-%d %H:%M} UTC" if begin > now else ""
    if first:
        line += f", not before {first}"
    _tell(recipient, key, "set", now, {"begin": first, "names": key.names})
    return Step(Did.OPENPGP_SET, key.pk, line, before)


def _revoke(key: RecipientKey, said: bytes, actor: Actor, now: dt.datetime) -> Step | None:
    """Its owner has revoked it, and says so."""
    if key.reason == REVOKED:
        raise UsageError(
            "this key is revoked", where="OpenPGP key", todo="make a new one, and upload that"
        )
    key.armour = armoured(said)
    make_unusable(key, REVOKED, actor, now)
    line = f"the OpenPGP key {key.grouped} of {key.address} is revoked: its mail holds no data now"
    return Step(Did.OPENPGP_REVOKED, key.pk, line)


REVOKED = "revoked by its owner"


def make_unusable(key: RecipientKey, reason: str, actor: Actor, now: dt.datetime) -> None:
    """Nothing is encrypted to it any more; it stays on file, so that nothing goes out in clear."""
    key.state = RecipientKeyState.UNUSABLE
    key.reason = reason[:200]
    key.save(update_fields=["state", "reason", "armour"])
    note(key, "recipient_key.unusable", actor, now)


def remove_key(recipient: Recipient, actor: Actor, now: dt.datetime) -> Step | None:
    """An admin takes the key away: mail to the address is in clear from now on."""
    keys = list(held(recipient.list.organisation, recipient.address).select_for_update())
    if not keys:
        return None
    before = {"keys": [[each.pk, each.state] for each in keys]}
    for each in keys:
        each.state = RecipientKeyState.REMOVED
        each.save(update_fields=["state"])
        note(each, "recipient_key.removed", actor, now)
    key = keys[-1]
    line = f"OpenPGP key {key.grouped} removed: mail to {recipient.address} is not encrypted"
    _tell(recipient, key, "removed", now, {"removed": True})
    return Step(Did.OPENPGP_REMOVED, key.pk, line, before)


def take_back(step: Step, actor: Actor, now: dt.datetime) -> None:
    """Somebody objects to a key: it goes, and what it replaced is used again."""
    key = RecipientKey.objects.select_for_update().get(pk=step.row)
    if key.state not in HELD:
        return
    key.state = RecipientKeyState.REMOVED
    key.save(update_fields=["state"])
    note(key, "recipient_key.removed", actor, now)
    _again(step.before["replaced"], RecipientKeyState.REPLACED, actor, now)


def put_back(step: Step, actor: Actor, now: dt.datetime) -> None:
    """Use again what was removed, unless there is another key by now."""
    key = RecipientKey.objects.get(pk=step.row)
    if not held(key.organisation, key.address).exists():
        _again(step.before["keys"], RecipientKeyState.REMOVED, actor, now)


def _again(
    keys: Iterable[tuple[int, str]], was: RecipientKeyState, actor: Actor, now: dt.datetime
) -> None:
    states: Mapping[int, str] = dict(keys)
    for each in RecipientKey.objects.select_for_update().filter(pk__in=states, state=was):
        each.state = states[each.pk]
        each.save(update_fields=["state"])
        note(each, "recipient_key.put_back", actor, now)


@transaction.atomic
def ask_for_key(recipient: Recipient, actor: Actor, now: dt.datetime) -> None:
    """Mail an address the link by which it gives its key, once a day. UsageError if it is not
    sent anything."""
    if recipient.state not in SENT_TO:
        raise UsageError(
            f"{recipient.address} is {recipient.get_state_display()}", where=str(recipient.list)
        )
    write(
        "recipient_key_ask",
        recipient.address,
        f"recipient_key_ask {reference(recipient)} {now.date()}",
        {
            "organisation": recipient.list.organisation.name,
            "by": actor.name,
            "give": {"link": [KEY, reference(recipient)]},
        },
        now,
        organisation=recipient.list.organisation_id,
        language=recipient.list.language,
    )
    record(
        actor,
        "recipient_key.asked",
        Subject("recipient", str(recipient.pk), str(recipient)),
        now,
        organisation=recipient.list.organisation_id,
    )


def _tell(
    recipient: Recipient,
    key: RecipientKey,
    what: str,
    now: dt.datetime,
    said: Mapping[str, object],
) -> None:
    """The address itself hears of it as well, in clear: there is nothing secret in it."""
    write(
        "recipient_key_told",
        recipient.address,
        f"recipient_key_told {key.pk} {what}",
        {
            "organisation": recipient.list.organisation.name,
            "address": key.address,
            "key": key.grouped,
            **said,
        },
        now,
        organisation=recipient.list.organisation_id,
        language=recipient.list.language,
    )


def note(key: RecipientKey, verb: str, actor: Actor, now: dt.datetime) -> None:
    """The audit line of a change of a key."""
    record(
        actor,
        verb,
        Subject("recipient_key", str(key.pk), str(key)),
        now,
        organisation=key.organisation_id,
        after={
            "address": key.address,
            "fingerprint": key.fingerprint,
            "state": key.state,
            "active_from": key.active_from.isoformat(),
            "reason": key.reason,
        },
    )


def recipient_of(key: RecipientKey) -> Recipient | None:
    """One of those who are sent to with that key; None if nobody is."""
    found = Recipient.objects.filter(
        list__valid_to=None,
        list__organisation=key.organisation_id,
        address=key.address,
        state__in=SENT_TO,
    )
    return found.select_related("list__organisation").order_by("pk").first()
