"""Every evening: keys that end soon or are over are found before the night's mail goes out."""

from __future__ import annotations

import datetime as dt

from tocsin.model.errors import UsageError
from tocsin.service import installation
from tocsin.service.audit.record import Actor
from tocsin.service.delivery.openpgp.certificate import read_certificate
from tocsin.service.delivery.openpgp.service_key import service_key
from tocsin.service.letters.staff import write_to_staff
from tocsin.service.letters.write import write
from tocsin.service.subscribers.changes.telling import admins_of
from tocsin.service.subscribers.models import (
    OrganisationState,
    Recipient,
    RecipientKey,
    RecipientKeyState,
)
from tocsin.service.subscribers.recipients.keys import (
    HELD,
    KEY,
    keys_now,
    make_unusable,
    note,
    recipient_of,
)
from tocsin.service.subscribers.recipients.membership import reference
from tocsin.service.work.worker import Payload, inner_only

LOOK_AFTER = "recipient_keys"
DAILY_AT = dt.time(20)

WARNED = (1, 3, 14)
"""So many days before its end; the last time, the mail of the coming night may be hit by it."""

WARNED_OF_OURS = (1, 3, 14, 30)

_ACTOR = Actor.system("recipient keys")


def look_after(payload: Payload, now: dt.datetime) -> None:  # noqa: ARG001 - the same every day
    """Replace those whose successor's time has come, judge all others, and tell whom it hits."""
    every = RecipientKey.objects.select_for_update(of=("self",)).filter(
        state__in=HELD, active_from__lte=now, organisation__state=OrganisationState.ACTIVE
    )
    keys = list(every)
    holding = keys_now({(each.organisation_id, each.address) for each in keys}, now)
    current = {each.pk for each in holding.values()}
    for each in keys:
        if each.pk not in current:
            each.state = RecipientKeyState.REPLACED
            each.save(update_fields=["state"])
            note(each, "recipient_key.replaced", _ACTOR, now)
        elif each.state == RecipientKeyState.ACTIVE:
            _judge(each, now)
    _own(now)


def _judge(key: RecipientKey, now: dt.datetime) -> None:
    try:
        found = read_certificate(key.armour.encode(), now)
    except UsageError as error:
        make_unusable(key, error.what, _ACTOR, now)
        _tell_unusable(key, now)
        return
    if (key.armour, key.expires_at) != (found.armour, found.expires_at):
        # One part of the key is over, and another holds still.
        key.armour, key.expires_at = found.armour, found.expires_at
        key.save(update_fields=["armour", "expires_at"])
    days = ending_within(key.expires_at, now, WARNED)
    recipient = recipient_of(key)
    if days is not None and recipient is not None:
        write(
            "recipient_key_ends",
            key.address,
            f"recipient_key_ends {key.pk} {key.expires_at} {days}",
            {**_context(key, recipient), "ends": f"{key.expires_at:%Y-%m-%d %H:%M} UTC"},
            now,
            organisation=key.organisation_id,
            language=recipient.list.language,
        )


def ending_within(end: dt.datetime | None, now: dt.datetime, days: tuple[int, ...]) -> int | None:
    """The least of some numbers of days, in rising order, within which something ends."""
    if end is None:
        return None
    return next((each for each in days if end <= now + dt.timedelta(days=each)), None)


def _tell_unusable(key: RecipientKey, now: dt.datetime) -> None:
    recipient = recipient_of(key)
    if recipient is None:
        return
    ended = key.expires_at is not None and key.expires_at <= now
    context = {
        **_context(key, recipient),
        "reason": key.reason,
        "ended": f"{key.expires_at:%Y-%m-%d %H:%M} UTC" if ended else "",
    }
    to = [key.address, *(each.address for each in admins_of(key.organisation))]
    for address in dict.fromkeys(to):
        theirs = address == key.address
        write(
            "recipient_key_unusable" if theirs else "recipient_key_unusable_told",
            address,
            f"recipient_key_unusable {key.pk} {address}",
            context if theirs else {each: context[each] for each in context if each != "give"},
            now,
            organisation=key.organisation_id,
            language=recipient.list.language,
        )


def _context(key: RecipientKey, recipient: Recipient) -> dict[str, object]:
    return {
        "organisation": key.organisation.name,
        "address": key.address,
        "fingerprint": key.grouped,
        "give": {"link": [KEY, reference(recipient)]},
    }


def _own(now: dt.datetime) -> None:
    """The service's own key ends as well."""
    key = service_key()
    if key is None:
        return
    days = ending_within(key.expires_at, now, WARNED_OF_OURS)
    if days is not None:
        over = not key.signs(now)
        write_to_staff(
            "staff_openpgp_key",
            f"staff_openpgp_key {key.fingerprint} {key.expires_at} {0 if over else days}",
            {
                "fingerprint": key.fingerprint,
                "ends": f"{key.expires_at:%Y-%m-%d %H:%M} UTC",
                "file": installation.configuration().mail.openpgp_key,
                "over": over,
            },
            now,
        )


LOOKING_AFTER = inner_only(look_after)
