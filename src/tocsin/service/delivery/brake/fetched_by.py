"""Who is to be told of what somebody has fetched: the people behind a link, a key or an account."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.service.accounts.models import User
from tocsin.service.api.models import ApiKey
from tocsin.service.delivery.links import Holder
from tocsin.service.delivery.planning import addressees_of
from tocsin.service.subscribers.changes.telling import admins_of
from tocsin.service.subscribers.models import (
    AbuseContact,
    Contact,
    ContactState,
    MailingList,
    Recipient,
)


@dataclass(frozen=True, slots=True)
class Given:
    """Who was given rows: an address, and as what it is told.

    list: with a recipient or a person of its organisation, by number, or without both for a
    tester. Without a list: one who did not ask; contact: by number, None if it is on file no more;
    of: the contact's own address, of which the message may have been a copy.
    """

    address: str
    list: int | None = None
    recipient: int | None = None
    person: int | None = None
    contact: int | None = None
    of: str = ""


def fetched_by(holder: str, number: int, now: dt.datetime) -> Sequence[Given] | None:
    """Who is told of what that holder has fetched of that list; None if nobody knows whose it was.

    Of a key whoever made it, or the admins if that is nobody of theirs any more. Nobody for the
    service's own people: they see recalls on the page of the brake.
    """
    said = holder[1:].partition(".")[0]
    kind, key = holder[:1], int(said) if said.isdecimal() else 0
    if kind == "c":
        contact = AbuseContact.objects.filter(pk=key).first()
        return [Given(contact.address, contact=key, of=contact.address)] if contact else None
    mailing_list = MailingList.objects.select_related("organisation").filter(pk=number).first()
    if mailing_list is None:
        return None
    if kind == "t":
        return _testers(holder, mailing_list, now) or None
    find = {"r": _of_recipient, "k": _of_key, "u": _of_account}.get(kind)
    return find(key, mailing_list) if find is not None else None


def _of_recipient(number: int, mailing_list: MailingList) -> Sequence[Given] | None:
    rows = Recipient.objects.filter(pk=number, list=mailing_list)
    return [Given(each.address, mailing_list.pk, each.pk) for each in rows] or None


def _testers(holder: str, mailing_list: MailingList, now: dt.datetime) -> list[Given]:
    if Holder.of_tester(mailing_list).name != holder:
        return []
    to = addressees_of(mailing_list, now)
    return [Given(each.address, mailing_list.pk) for each in to if each.recipient is None]


def _of_key(number: int, mailing_list: MailingList) -> Sequence[Given] | None:
    key = ApiKey.objects.filter(pk=number, organisation=mailing_list.organisation_id).first()
    if key is None:
        return None
    contacts = mailing_list.organisation.contacts.filter(state=ContactState.ACTIVE)
    theirs = list(contacts.filter(address=key.made_by)) or admins_of(mailing_list.organisation)
    return [_person(each, mailing_list) for each in theirs] or None


def _of_account(number: int, mailing_list: MailingList) -> Sequence[Given] | None:
    user = User.objects.filter(pk=number).first()
    if user is None:
        return None
    contacts = mailing_list.organisation.contacts.filter(account=user)
    theirs = [_person(each, mailing_list) for each in contacts]
    return theirs or ([] if user.is_of_staff else None)


def _person(contact: Contact, mailing_list: MailingList) -> Given:
    return Given(contact.address, mailing_list.pk, person=contact.pk)
