"""How a change of a feed comes in, is checked against what is on file, and is confirmed.

What was read from a mail is a draft, whoever the mail is from and whatever signatures it bears: an
admin confirms it in the portal, or another admin by a link that was mailed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db import transaction

from tocsin.model.errors import UsageError
from tocsin.service.accounts.models import canonical_address
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.changes import letters
from tocsin.service.subscribers.changes.answer import with_answer
from tocsin.service.subscribers.changes.carrying_out import carry_out, wanted_of
from tocsin.service.subscribers.changes.check import questions_about
from tocsin.service.subscribers.changes.on_file import on_file
from tocsin.service.subscribers.changes.value import WantedChange, from_json, to_json
from tocsin.service.subscribers.models import (
    Contact,
    ContactState,
    Organisation,
    OrganisationState,
    Request,
    RequestChannel,
    RequestKind,
    RequestState,
)
from tocsin.service.subscribers.requests.asking import Arrival
from tocsin.service.subscribers.wanted import to_json as wanted_to_json

FROZEN = (
    "The feed is frozen, since somebody said of a change that it was not theirs. Nothing is "
    "changed until our staff have looked at it."
)

CLOSED = "The organisation is closed; nothing is changed any more."


@transaction.atomic
def open_change(
    contact: Contact, change: WantedChange, arrival: Arrival, now: dt.datetime
) -> Request:
    """Take in a change that a contact on file asks for.

    One letter follows: questions; or what waits to be confirmed, and by whom. From the portal an
    admin's change is carried out at once. Who is a contact of several organisations, and writes a
    mail, is asked which is meant; it does not matter then which contact of theirs is given.
    UsageError if the contact is not active, or is not who speaks.
    """
    _locked(contact.organisation_id)
    contact = Contact.objects.select_related("organisation").get(pk=contact.pk)
    organisation = contact.organisation
    if contact.state != ContactState.ACTIVE or contact.address != canonical_address(arrival.sender):
        raise UsageError(
            f"{arrival.sender} is no active contact of {organisation}",
            where="change",
            todo="let a contact on file ask for it",
        )
    request = Request(
        kind=RequestKind.CHANGE,
        channel=arrival.channel,
        state=RequestState.ASKED,
        requester=contact.address,
        organisation=organisation,
        organisation_name=organisation.name,
        change=to_json(change),
        mail_evidence=dict(arrival.evidence),
        last_message_id=arrival.message_id,
        made_at=now,
    )
    theirs = organisations_of(contact.address)
    if arrival.channel == RequestChannel.MAIL and len(theirs) > 1:
        request.organisation = None
        request.organisation_name = ""
        request.wanted = wanted_to_json(wanted_of(request, change))
        request.questions = ["Which of your organisations is this about?"]
        request.round = 1
        request.save()
        _note(request, "request.made", now, after=request.change)
        letters.ask_which(request, contact, theirs, now)
        return request
    request.save()
    _note(request, "request.made", now, after=request.change)
    _judge(request, contact, change, now)
    return request


@transaction.atomic
def answer_change(
    request: Request, later: WantedChange, arrival: Arrival, now: dt.datetime
) -> bool:
    """Take an answer to what was asked back, or another word on a draft; links become void.

    False if nothing is awaited any more, if somebody else answers, or if it is still to be said
    which organisation is meant.
    """
    organisation = _locked(request.organisation_id)
    request = Request.objects.select_for_update().get(pk=request.pk)
    waits = request.state in (RequestState.ASKED, RequestState.UNCONFIRMED)
    contact = requester_of(request)
    if (
        not waits or organisation is None or contact is None
        or contact.address != canonical_address(arrival.sender)
    ):  # fmt: skip
        return False
    change = with_answer(from_json(request.change), later)
    before = request.change
    request.change = to_json(change)
    request.last_message_id = arrival.message_id or request.last_message_id
    _note(request, "request.answered", now, before=before, after=request.change)
    _judge(request, contact, change, now)
    return True


@transaction.atomic
def choose_organisation(request: Request, turn: int, contact: Contact, now: dt.datetime) -> bool:
    """The requester says which organisation is meant; False if that was not awaited."""
    _locked(contact.organisation_id)
    request = Request.objects.select_for_update().get(pk=request.pk)
    contact = Contact.objects.select_related("organisation").get(pk=contact.pk)
    awaited = request.state == RequestState.ASKED and request.organisation_id is None
    theirs = contact.address == request.requester and contact.state == ContactState.ACTIVE
    if not awaited or request.round != turn or not theirs:
        return False
    request.organisation = contact.organisation
    request.organisation_name = contact.organisation.name
    _note(request, "request.organisation", now, after={"organisation": contact.organisation.slug})
    _judge(request, contact, from_json(request.change), now)
    return True


@transaction.atomic
def confirm_change(request: Request, turn: int, by: Contact, now: dt.datetime) -> bool:
    """An admin confirms a draft; False if this draft does not wait for them (any more).

    Call it for whoever is signed in as that contact, or was mailed the link (`may_confirm_by_link`
    says whether that is enough). If something on file has changed so that the draft does not fit
    any more, it is asked about instead.
    """
    organisation = _locked(request.organisation_id)
    request = Request.objects.select_for_update().get(pk=request.pk)
    by = Contact.objects.select_related("organisation").get(pk=by.pk)
    if organisation is None or not _waits_for(request, turn, by):
        return False
    contact = requester_of(request)
    if contact is None:
        _end(request, RequestState.WITHDRAWN, "Who asked for it is no contact any more.", by, now)
        return False
    if organisation.state != OrganisationState.ACTIVE:
        return False
    change = from_json(request.change)
    if questions_about(change, on_file(organisation)):
        _judge(request, contact, change, now)
        return False
    carry_out(request, change, by, Actor.person(by.address), now)
    return True


@transaction.atomic
def drop_change(request: Request, turn: int, by: Contact, now: dt.datetime) -> bool:
    """An admin, or who asked, says that nothing is to come of a draft or of open questions."""
    _locked(request.organisation_id)
    request = Request.objects.select_for_update().get(pk=request.pk)
    by = Contact.objects.get(pk=by.pk)
    theirs = by.organisation_id == request.organisation_id and (
        by.is_admin or (by.state == ContactState.ACTIVE and by.address == request.requester)
    )
    waits = request.state in (RequestState.ASKED, RequestState.UNCONFIRMED)
    if not waits or request.round != turn or not theirs:
        return False
    _end(request, RequestState.WITHDRAWN, f"Dropped by {by.address}.", by, now)
    return True


def why_still(organisation: Organisation) -> str:
    """Why nothing can be changed; empty if something can."""
    words = {OrganisationState.FROZEN.value: FROZEN, OrganisationState.CLOSED.value: CLOSED}
    return words.get(organisation.state, "")


def may_confirm_by_link(request: Request, by: Contact) -> bool:
    """Whether a mailed link is enough: for another admin than the one whose address asked."""
    return by.is_admin and by.address != request.requester


def organisations_of(address: str) -> list[Contact]:
    """The active contacts that an address is, of organisations that are not closed."""
    contacts = Contact.objects.filter(address=canonical_address(address), state=ContactState.ACTIVE)
    open_ones = contacts.exclude(organisation__state=OrganisationState.CLOSED)
    return list(open_ones.select_related("organisation").order_by("organisation__name", "pk"))


def _judge(request: Request, contact: Contact, change: WantedChange, now: dt.datetime) -> None:
    """Ask, or make it a draft, or carry it out: what comes next for what is wanted now."""
    organisation = contact.organisation
    request.wanted = wanted_to_json(wanted_of(request, change))
    request.round += 1
    if organisation.state != OrganisationState.ACTIVE:
        _end(request, RequestState.REFUSED, why_still(organisation), contact, now)
        letters.say_frozen(request, contact, now)
        return
    request.questions = [each.text for each in questions_about(change, on_file(organisation))]
    request.state = RequestState.ASKED if request.questions else RequestState.UNCONFIRMED
    request.save()
    if request.questions:
        letters.ask(request, contact, change, on_file(organisation), now)
    elif request.channel == RequestChannel.PORTAL and contact.is_admin:
        carry_out(request, change, contact, Actor.person(contact.address), now)
    else:
        admins = [each for each in organisation.contacts.order_by("pk") if each.is_admin]
        others = [each for each in admins if may_confirm_by_link(request, each)]
        letters.say_draft(request, contact, change, others, now)
        for other in others:
            letters.ask_to_confirm(request, contact, other, change, now)


def _waits_for(request: Request, turn: int, by: Contact) -> bool:
    return (
        request.kind == RequestKind.CHANGE
        and request.state == RequestState.UNCONFIRMED
        and request.round == turn
        and by.is_admin
        and by.organisation_id == request.organisation_id
    )


def requester_of(request: Request) -> Contact | None:
    """The contact who asked, if they still are one."""
    return (
        Contact.objects.select_related("organisation")
        .filter(
            organisation=request.organisation_id,
            address=request.requester,
            state=ContactState.ACTIVE,
        )
        .first()
    )


def _locked(organisation: int | None) -> Organisation | None:
    """The organisation, locked: its changes happen one after the other."""
    if organisation is None:
        return None
    return Organisation.objects.select_for_update().get(pk=organisation)


def _end(request: Request, state: RequestState, words: str, by: Contact, now: dt.datetime) -> None:
    request.state = state
    request.decision = words
    request.decided_at = now
    request.round += 1
    request.save()
    _note(request, f"request.{state}", now, after={"reason": words}, by=by.address)


def _note(
    request: Request,
    verb: str,
    now: dt.datetime,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    by: str = "",
) -> None:
    record(
        Actor.person(by or request.requester),
        verb,
        Subject("request", str(request.pk), request.organisation_name),
        now,
        request=request.pk,
        organisation=request.organisation_id,
        before=before,
        after=after,
    )
