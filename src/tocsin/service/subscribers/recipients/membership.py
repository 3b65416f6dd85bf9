"""Recipients of lists: how an address comes to get reports, and how it leaves.

Whether a recipient is sent to is said by `sent_to` alone: it has agreed, `active_from` has come,
and mail is not known never to reach it. `waiting` becomes `active` once a day, for people to see;
nothing hangs on that.
"""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from tocsin.model.errors import UsageError
from tocsin.service import installation
from tocsin.service.accounts.models import canonical_address
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.letters.compose import link_to
from tocsin.service.letters.write import write
from tocsin.service.subscribers.models import (
    Contact,
    ContactRole,
    ContactState,
    MailingList,
    Organisation,
    OrganisationState,
    Recipient,
    RecipientKind,
    RecipientState,
)
from tocsin.service.subscribers.recipients.address_health import heard_from
from tocsin.service.subscribers.recipients.dead_addresses import is_dead

CONFIRM = "confirm-recipient"
LEAVE = "leave"

MOST_ASKS = 3
"""How often an address is asked to confirm before its admin has to talk to it in another way."""

UNCONFIRMED_FOR = dt.timedelta(days=30)
"""How long an address may leave the question open."""

SENT_TO = (RecipientState.WAITING, RecipientState.ACTIVE)
"""The states of those that are on a list; one that waits is sent to from `active_from` on."""


def add_recipient(
    mailing_list: MailingList,
    address: str,
    kind: RecipientKind,
    actor: Actor,
    now: dt.datetime,
    *,
    confirmed: bool = False,
) -> Recipient:
    """Put an address on a list. In the caller's transaction.

    A person is asked to confirm, unless this address has been confirmed already; a role address is
    vouched for by the actor. Outside the organisation's domains either waits. Whoever has left is
    a person, and is asked anew, whoever wants them back and as what.
    """
    address = canonical_address(address)
    kind = _kind_of(mailing_list, address, kind)
    wait = waiting_time(mailing_list.organisation, address)
    agreed = confirmed or kind == RecipientKind.ROLE
    recipient, new = Recipient.objects.get_or_create(
        list=mailing_list,
        address=address,
        defaults={
            "kind": kind,
            "state": state_of(agreed=agreed, wait=wait),
            "active_from": now + wait,
            "confirmed_at": now if confirmed else None,
            "vouched_by": actor.name if kind == RecipientKind.ROLE else "",
            "since": now,
        },
    )
    if not new and recipient.state in (RecipientState.LEFT, RecipientState.REMOVED):
        _take_back(recipient, kind, actor, wait, now, agreed=agreed)
    elif not new:
        return recipient
    _note(recipient, "recipient.added", actor, now)
    if recipient.state == RecipientState.UNCONFIRMED:
        ask_to_confirm(recipient, now)
    return recipient


def _kind_of(mailing_list: MailingList, address: str, kind: RecipientKind) -> RecipientKind:
    left = mailing_list.recipients.filter(address=address, state=RecipientState.LEFT)
    return RecipientKind.PERSON if left.exists() else kind


def state_of(*, agreed: bool, wait: dt.timedelta) -> RecipientState:
    """In which state a new recipient begins."""
    if not agreed:
        return RecipientState.UNCONFIRMED
    return RecipientState.WAITING if wait else RecipientState.ACTIVE


def waiting_time(organisation: Organisation, address: str) -> dt.timedelta:
    """How long a new recipient waits: not at all within the organisation's domains."""
    domain = address.rpartition("@")[2]
    own = any(domain == each or domain.endswith(f".{each}") for each in organisation.mail_domains)
    hours = installation.configuration().proof.recipient_wait_hours
    return dt.timedelta() if own else dt.timedelta(hours=hours)


def ask_to_confirm(recipient: Recipient, now: dt.datetime) -> None:
    """Mail the address a link by which it agrees. In the caller's transaction."""
    recipient.asks += 1
    recipient.save(update_fields=["asks"])
    write(
        "recipient_confirm",
        recipient.address,
        f"recipient_confirm {reference(recipient)}.{recipient.asks}",
        {
            "organisation": recipient.list.organisation.name,
            "list": str(recipient.list),
            "confirm": {"link": [CONFIRM, reference(recipient)]},
            "days": UNCONFIRMED_FOR.days,
        },
        now,
        organisation=recipient.list.organisation_id,
        language=recipient.list.language,
    )


@transaction.atomic
def ask_again(recipient: Recipient, actor: Actor, now: dt.datetime) -> None:
    """Mail the question once more; UsageError if it is answered, or was asked often enough."""
    recipient = _locked(recipient)
    if recipient.list.organisation.state != OrganisationState.ACTIVE:
        raise UsageError(
            f"nothing is sent for {recipient.list.organisation} now", where=str(recipient.list)
        )
    if recipient.state != RecipientState.UNCONFIRMED:
        raise UsageError(
            f"{recipient.address} is {recipient.get_state_display()}",
            where=str(recipient.list),
            todo="nothing: there is no question that waits for an answer",
        )
    if recipient.asks >= MOST_ASKS:
        raise UsageError(
            f"{recipient.address} has been asked {recipient.asks} times",
            where=str(recipient.list),
            todo="ask the person to look for our letter, or take the address off the list",
        )
    ask_to_confirm(recipient, now)
    _note(recipient, "recipient.asked_again", actor, now)


def unsubscribe_headers(recipient: Recipient) -> dict[str, str]:
    """The headers by which a mail program offers leaving with one click (RFC 8058).

    None for a role or machine address: it does not leave, its admin takes it off.
    """
    if recipient.kind != RecipientKind.PERSON:
        return {}
    return one_click(link_to(LEAVE, reference(recipient), installation.secret()))


def one_click(link: str) -> dict[str, str]:
    """The headers of RFC 8058 for a link whose page takes the POST of a mail program."""
    return {
        "List-Unsubscribe": f"<{link}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def reference(recipient: Recipient) -> str:
    """What the links that are mailed to a recipient stand for."""
    return f"{recipient.pk}.{recipient.round}"


@transaction.atomic
def confirm_recipient(recipient: Recipient, now: dt.datetime) -> bool:
    """The address agrees; False if it was not asked (any more)."""
    recipient = Recipient.objects.select_for_update().get(pk=recipient.pk)
    if recipient.state != RecipientState.UNCONFIRMED:
        return False
    wait = max(dt.timedelta(), recipient.active_from - now)
    recipient.state = state_of(agreed=True, wait=wait)
    recipient.confirmed_at = now
    recipient.save(update_fields=["state", "confirmed_at"])
    _note(recipient, "recipient.confirmed", Actor.person(recipient.address), now)
    heard_from(recipient.address, now)
    return True


@transaction.atomic
def leave(recipient: Recipient, now: dt.datetime) -> bool:
    """A person leaves the list. False for a role address, and for the last that is sent to.

    Of the last one's wish the admins are told: they take it off, or name another.
    """
    recipient = _locked(recipient)
    if recipient.kind != RecipientKind.PERSON or recipient.state not in (
        *SENT_TO,
        RecipientState.UNCONFIRMED,
    ):
        return False
    if is_last(recipient):
        _tell_of_wish(recipient, now)
        return False
    _end(recipient, RecipientState.LEFT, Actor.person(recipient.address), now)
    return True


@transaction.atomic
def remove(recipient: Recipient, actor: Actor, now: dt.datetime) -> None:
    """An admin removes a recipient, the last one as well, and one that still waits."""
    recipient = _locked(recipient)
    if recipient.state not in (RecipientState.LEFT, RecipientState.REMOVED):
        _end(recipient, RecipientState.REMOVED, actor, now)


def _locked(recipient: Recipient) -> Recipient:
    """The recipient as it is now. The list is locked: of the last two, one only may leave."""
    MailingList.objects.select_for_update().get(pk=recipient.list_id)
    return Recipient.objects.select_for_update().get(pk=recipient.pk)


def is_last(recipient: Recipient) -> bool:
    """Whether nobody else on the list is sent to, and reached."""
    others = Recipient.objects.filter(~is_dead(), list=recipient.list_id, state__in=SENT_TO)
    return recipient.state in SENT_TO and not others.exclude(pk=recipient.pk).exists()


def sent_to(mailing_list: MailingList, now: dt.datetime) -> list[Recipient]:
    """Those whom reports of the list go to at that moment."""
    return list(
        mailing_list.recipients.filter(
            ~is_dead(), state__in=SENT_TO, active_from__lte=now
        ).order_by("pk")
    )


def _take_back(
    recipient: Recipient,
    kind: RecipientKind,
    actor: Actor,
    wait: dt.timedelta,
    now: dt.datetime,
    *,
    agreed: bool,
) -> None:
    recipient.kind = kind
    recipient.state = state_of(agreed=agreed, wait=wait)
    recipient.active_from = now + wait
    recipient.confirmed_at = None
    recipient.vouched_by = actor.name if kind == RecipientKind.ROLE else ""
    recipient.links_only = False
    recipient.round += 1
    recipient.asks = 0
    recipient.since = now
    recipient.save()


def _tell_of_wish(recipient: Recipient, now: dt.datetime) -> None:
    organisation = recipient.list.organisation
    admins = Contact.objects.filter(
        organisation=organisation, role=ContactRole.ADMIN, state=ContactState.ACTIVE
    )
    for address in admins.values_list("address", flat=True):
        write(
            "recipient_wants_out",
            address,
            f"recipient_wants_out {reference(recipient)} {now.date()} {address}",
            {
                "organisation": organisation.name,
                "list": str(recipient.list),
                "recipient": recipient.address,
            },
            now,
            organisation=organisation.pk,
            language=recipient.list.language,
        )


def _end(recipient: Recipient, state: RecipientState, actor: Actor, now: dt.datetime) -> None:
    recipient.state = state
    recipient.round += 1
    recipient.save(update_fields=["state", "round"])
    _note(recipient, f"recipient.{state}", actor, now)


def _note(recipient: Recipient, verb: str, actor: Actor, now: dt.datetime) -> None:
    record(
        actor,
        verb,
        Subject("recipient", str(recipient.pk), str(recipient)),
        now,
        organisation=recipient.list.organisation_id,
        after={"state": recipient.state, "address": recipient.address},
    )
