"""What a confirmed change does: at once what can be done at once, and claims of new networks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers import people
from tocsin.service.subscribers.changes import acts
from tocsin.service.subscribers.changes.check import chosen_lists, contacts_meant
from tocsin.service.subscribers.changes.on_file import on_file
from tocsin.service.subscribers.changes.steps import Did, Step
from tocsin.service.subscribers.changes.telling import note_change
from tocsin.service.subscribers.changes.value import WantedChange, to_json
from tocsin.service.subscribers.models import (
    Claim,
    ClaimState,
    Contact,
    ContactRole,
    MailingList,
    NetworkState,
    Organisation,
    Recipient,
    RecipientKind,
    Request,
    RequestState,
)
from tocsin.service.subscribers.recipients.membership import SENT_TO
from tocsin.service.subscribers.wanted import Wanted
from tocsin.service.subscribers.wanted import to_json as wanted_to_json
from tocsin.service.verification.claims import look_up_later, to_review_when_settled
from tocsin.service.verification.offering import offer_once_more


def carry_out(
    request: Request, change: WantedChange, by: Contact, actor: Actor, now: dt.datetime
) -> None:
    """Do it. In the caller's transaction, which holds the organisation and the request locked.

    The change has been checked against what is on file within the same transaction. Networks that
    are added go the way of every claim: proven, then reviewed.
    """
    organisation = by.organisation
    steps = list(_steps(organisation, change, actor, now))
    request.wanted = wanted_to_json(wanted_of(request, change))
    request.state = RequestState.PROVING if change.add else RequestState.APPROVED
    request.confirmed_at = now
    request.decided_at = None if change.add else now
    request.decision = "" if change.add else f"confirmed by {by.address}"
    request.questions = []
    # What is done is done; should staff ask something, only the rest is still to be confirmed.
    request.change = to_json(WantedChange(add=change.add, lists=change.lists, note=change.note))
    request.round += 1
    request.save()
    record(
        actor,
        "request.confirmed",
        Subject("request", str(request.pk), request.organisation_name),
        now,
        request=request.pk,
        organisation=organisation.pk,
        after={"requested_by": request.requester, "confirmed_by": by.address},
    )
    claims = _claims(request, change)
    steps += [
        Step(
            Did.NETWORK_ASKED,
            each.pk,
            f"network {each.network} asked for: it has to be proven, and then our staff look at it",
        )
        for each in claims
    ]
    note_change(organisation, by.address, steps, now, request)
    for claim in claims:
        look_up_later(claim, now)
    offer_once_more(request, now)
    to_review_when_settled(request, now)


def _claims(request: Request, change: WantedChange) -> list[Claim]:
    """The new ones: after a question of staff there are others, which stay as they are."""
    wanted = set(change.add)
    present = {each.network: each for each in request.claims.all()}
    for network, claim in present.items():
        if network not in wanted and claim.state != ClaimState.REFUSED:
            claim.state = ClaimState.REFUSED
            claim.refusal = "It is not asked for any more."
            claim.save(update_fields=["state", "refusal"])
    return [
        Claim.objects.create(request=request, **Claim.columns_of(each))
        for each in change.add
        if each not in present
    ]


def wanted_of(request: Request, change: WantedChange) -> Wanted:
    """The change in the form of a request: for the letters to registries, and for staff.

    Its recipients are those that would get reports of the new networks.
    """
    organisation = request.organisation
    if organisation is None:
        return Wanted(organisation="", networks=change.add, note=change.note)
    contact = organisation.contacts.filter(address=request.requester).first()
    present = Recipient.objects.filter(list__organisation=organisation, state__in=SENT_TO)
    addresses = {*present.values_list("address", flat=True), *change.add_recipients}
    return Wanted(
        full_name=contact.full_name if contact else "",
        organisation=organisation.name,
        networks=change.add,
        recipients=tuple(sorted(addresses - set(change.remove_recipients))),
        phone=contact.phone if contact else "",
        note=change.note,
    )


def _steps(
    organisation: Organisation, change: WantedChange, actor: Actor, now: dt.datetime
) -> Iterator[Step | None]:
    known = on_file(organisation)
    gone = set(change.remove)
    for network in organisation.networks.exclude(state=NetworkState.ENDED):
        if network.network in gone:
            yield acts.end_network(network, actor, now)
    numbers = [each.number for each in chosen_lists(change, known)]
    for mailing_list in MailingList.objects.filter(pk__in=numbers).order_by("pk"):
        yield from _of_list(mailing_list, change, actor, now)
    for said in change.add_contacts:
        yield people.add(organisation, said.address, said.full_name, ContactRole.MEMBER, actor, now)
    for said in change.remove_contacts:
        for meant in contacts_meant(said, known):
            contact = organisation.contacts.get(address=meant.address)
            yield people.remove(contact, actor, now)


def _of_list(
    mailing_list: MailingList, change: WantedChange, actor: Actor, now: dt.datetime
) -> Iterator[Step | None]:
    for address in change.add_recipients:
        yield acts.add_recipient(mailing_list, address, RecipientKind.PERSON, actor, now)
    for recipient in mailing_list.recipients.filter(address__in=change.remove_recipients):
        # Somebody takes the place of the last one at the latest when they have confirmed; that
        # nobody is left has been asked about before.
        yield acts.remove_recipient(recipient, actor, now, sure=True)
    for name, value in change.preferences.items():
        yield acts.set_preference(mailing_list, name, value, actor, now)
