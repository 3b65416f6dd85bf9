"""Who is told that an address cannot be reached: those who can put it right, and who share a list.

Nobody is told by an address that is dead itself.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.languages import words
from tocsin.service.letters.staff import write_to_staff
from tocsin.service.letters.write import write
from tocsin.service.subscribers.models import (
    AddressHealth,
    Contact,
    ContactState,
    ListMode,
    MailingList,
    Organisation,
    OrganisationState,
    Recipient,
    RecipientState,
)
from tocsin.service.subscribers.recipients.dead_addresses import dead_among

_ON_A_LIST = (RecipientState.WAITING, RecipientState.ACTIVE)


def tell_of_death(health: AddressHealth, now: dt.datetime) -> None:
    """Tell all organisations that the address is of. In the caller's transaction."""
    theirs = Recipient.objects.filter(address=health.address, state__in=_ON_A_LIST)
    lists = MailingList.objects.filter(
        pk__in=theirs.values("list"), valid_to=None, mode=ListMode.LIVE
    )
    contacts = Contact.objects.filter(address=health.address, state=ContactState.ACTIVE)
    organisations = Organisation.objects.filter(state=OrganisationState.ACTIVE)
    numbers = {
        *lists.values_list("organisation", flat=True),
        *contacts.values_list("organisation", flat=True),
    }
    for organisation in organisations.filter(pk__in=numbers).order_by("pk"):
        own = list(lists.filter(organisation=organisation).order_by("pk"))
        _tell_organisation(health, organisation, own, now)


def _tell_organisation(
    health: AddressHealth,
    organisation: Organisation,
    lists: Sequence[MailingList],
    now: dt.datetime,
) -> None:
    living = {each.pk: living_of(each) for each in lists}
    told = reachable_contacts(organisation)
    context: dict[str, object] = {
        "organisation": organisation.name,
        "address": health.address,
        "why": health.get_cause_display(),
        "said": health.said,
        "lists": [{"name": str(each), "left": len(living[each.pk])} for each in lists],
    }
    for contact in told:
        key = f"address_dead {health.pk}.{health.round} {contact.pk}"
        page = {"slug": organisation.slug, "name": contact.full_name, **context}
        write("address_dead", contact.address, key, page, now, organisation=organisation.pk)
    known = {each.address for each in told}
    for each in lists:
        for recipient in living[each.pk]:
            if recipient.address not in known:
                known.add(recipient.address)
                _tell_recipient(health, organisation, recipient, context, now)
    _tell_staff(health, organisation, [each for each in lists if not living[each.pk]], told, now)
    record(
        Actor.system("bounces"),
        "recipient.unreachable",
        Subject("address", str(health.pk), health.address),
        now,
        organisation=organisation.pk,
        after={"cause": health.cause, "lists": [str(each) for each in lists]},
        note=health.said,
    )


def living_of(mailing_list: MailingList) -> list[Recipient]:
    """Who is on the list, waiting or not, and is not known to be dead."""
    on_it = list(mailing_list.recipients.filter(state__in=_ON_A_LIST).order_by("pk"))
    dead = dead_among(each.address for each in on_it)
    return [each for each in on_it if each.address not in dead]


def reachable_contacts(organisation: Organisation) -> list[Contact]:
    """The admins that mail reaches; the other contacts if it reaches none of them."""
    active = list(organisation.contacts.filter(state=ContactState.ACTIVE).order_by("since", "pk"))
    dead = dead_among(each.address for each in active)
    reached = [each for each in active if each.address not in dead]
    return [each for each in reached if each.is_admin] or reached


def _tell_recipient(
    health: AddressHealth,
    organisation: Organisation,
    recipient: Recipient,
    context: dict[str, object],
    now: dt.datetime,
) -> None:
    key = f"address_dead_others {health.pk}.{health.round} {organisation.pk} {recipient.pk}"
    language = recipient.list.language
    why = words(language).causes.get(health.cause, health.get_cause_display())
    write(
        "address_dead_others",
        recipient.address,
        key,
        {**context, "list": str(recipient.list), "why": why},
        now,
        organisation=organisation.pk,
        language=language,
    )


def _tell_staff(
    health: AddressHealth,
    organisation: Organisation,
    lists: Sequence[MailingList],
    told: Sequence[Contact],
    now: dt.datetime,
) -> None:
    for each in lists:
        context = {
            "organisation": organisation.name,
            "slug": organisation.slug,
            "list": str(each),
            "address": health.address,
            "why": health.get_cause_display(),
            "told": [contact.address for contact in told],
            "phones": _phones(organisation),
        }
        key = f"staff_reaches_nobody {each.pk} {health.pk}.{health.round}"
        write_to_staff("staff_reaches_nobody", key, context, now)


def _phones(organisation: Organisation) -> list[str]:
    """By which staff may reach its people otherwise."""
    active = organisation.contacts.filter(state=ContactState.ACTIVE).order_by("pk")
    return [f"{each.full_name}: {each.phone}" for each in active if each.phone]
