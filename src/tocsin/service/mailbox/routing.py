"""Where a person's mail goes: by the thread that it belongs to, then by the address."""

from __future__ import annotations

import datetime as dt
import re

from tocsin.model.errors import UsageError
from tocsin.service import installation
from tocsin.service.letters.models import Letter
from tocsin.service.mailbox.addresses import Purpose, ours
from tocsin.service.mailbox.change_thread import on_change
from tocsin.service.mailbox.conversation import go_on, open_new, too_many_letters
from tocsin.service.mailbox.models import IncomingMessage
from tocsin.service.mailbox.outcome import Outcome, ignored, refused, taken
from tocsin.service.mailbox.readers import Readers
from tocsin.service.mailbox.reading.mail_text import MailText
from tocsin.service.mailbox.replies import may_write_to, once, once_a_day, tell_staff
from tocsin.service.mailbox.thread import Thread, thread_of
from tocsin.service.subscribers import changing, objecting
from tocsin.service.subscribers.asking import Arrival
from tocsin.service.subscribers.change_value import WantedChange
from tocsin.service.subscribers.models import (
    Contact,
    ContactState,
    RequestChannel,
    RequestKind,
)
from tocsin.service.subscribers.objection_value import Objection

_OF_CONTACTS = (Purpose.CHANGES, Purpose.OBJECTIONS)
"""What contacts on file alone may write to."""

_WITH_CODES = ("proof", "proof_renewal")
"""The letters that hold a code which proves a network."""

_SHORT_NAME = re.compile(r"\[([a-z0-9-]{1,64})\]")


def route(message: IncomingMessage, mail: MailText, readers: Readers, now: dt.datetime) -> Outcome:
    """Do what a person's mail asks for. In the caller's transaction."""
    thread = thread_of(message)
    arrival = Arrival(
        RequestChannel.MAIL, message.from_address, message.message_id, message.evidence
    )
    purpose = ours(installation.configuration().mail).get(message.recipient)
    request, letter = thread.request, thread.letter
    if (
        letter is not None
        and letter.text in _WITH_CODES
        and letter.recipient == message.from_address
    ):
        # Even if it is who asked: a ticket system that sends the letter back tells no code.
        return _of_somebody_asked(letter, message, mail, now)
    if request is not None and request.requester == message.from_address:
        if request.kind == RequestKind.CHANGE:
            outcome = on_change(request, thread, message, mail, arrival, readers, now)
            return outcome or _of_contact(
                Purpose.CHANGES, thread, message, mail, arrival, readers, now
            )
        if request.is_open or purpose not in _OF_CONTACTS:
            in_thread = letter is not None
            return go_on(request, message, mail, arrival, readers, now, in_thread=in_thread)
    elif letter is not None and letter.request and letter.recipient == message.from_address:
        return _of_somebody_asked(letter, message, mail, now)
    return _by_address(purpose, thread, message, mail, arrival, readers, now)


def _by_address(
    purpose: Purpose | None,
    thread: Thread,
    message: IncomingMessage,
    mail: MailText,
    arrival: Arrival,
    readers: Readers,
    now: dt.datetime,
) -> Outcome:
    if purpose is Purpose.REQUESTS:
        return open_new(message, mail, arrival, readers, now)
    if purpose in _OF_CONTACTS:
        return _of_contact(purpose, thread, message, mail, arrival, readers, now)
    if purpose is Purpose.SENDER:
        once_a_day("mail_wrong_address", message, {}, now)
        return ignored("wrong_address", "Nobody is written to at that address.")
    return refused("not_for_us", "None of our addresses is named as its recipient.")


def _of_somebody_asked(
    letter: Letter, message: IncomingMessage, mail: MailText, now: dt.datetime
) -> Outcome:
    """A contact of a registry answers in words: they decide nothing, and staff read them."""
    tell_staff(message, mail.body, now, letter.request)
    once("mail_use_link", str(letter.pk), message, {"number": letter.request}, now, letter.request)
    return taken("for_staff", "It is for people to read.", request=letter.request)


def _of_contact(
    purpose: Purpose,
    thread: Thread,
    message: IncomingMessage,
    mail: MailText,
    arrival: Arrival,
    readers: Readers,
    now: dt.datetime,
) -> Outcome:
    contacts = list(
        Contact.objects.filter(address=message.from_address, state=ContactState.ACTIVE)
        .select_related("organisation")
        .order_by("organisation__slug")
    )
    if not contacts:
        once_a_day("mail_not_on_file", message, {}, now)
        return refused("not_on_file", "Its sender is a contact of no organisation.")
    if not may_write_to(message, now):
        # A forger would have all admins asked again and again.
        return too_many_letters()
    if purpose is Purpose.CHANGES:
        # Which of several organisations is meant, the change asks by itself.
        return _change(contacts[0], readers.change(mail), message, arrival, now)
    contact = _meant(contacts, thread, message.subject)
    if contact is None:
        slugs = [each.organisation.slug for each in contacts]
        about = message.sha256[:16]
        once("mail_which_organisation", about, message, {"organisations": slugs}, now)
        return ignored("which_organisation", "Its sender is a contact of several organisations.")
    return _object(contact, readers.objection(mail, now), message, arrival, now)


def _change(
    contact: Contact,
    change: WantedChange,
    message: IncomingMessage,
    arrival: Arrival,
    now: dt.datetime,
) -> Outcome:
    try:
        request = changing.open_change(contact, change, arrival, now)
    except UsageError as error:
        return _not_possible(error, message, now)
    return taken("change", request=request.pk, organisation=request.organisation_id)


def _object(
    contact: Contact,
    objection: Objection,
    message: IncomingMessage,
    arrival: Arrival,
    now: dt.datetime,
) -> Outcome:
    try:
        cases = objecting.open_cases(contact, objection, arrival, now)
    except UsageError as error:
        return _not_possible(error, message, now)
    if not cases:
        asked = "Its sender is asked for what is missing."
        return taken("objection_unclear", asked, organisation=contact.organisation_id)
    return taken("objection", f"{len(cases)} cases.", organisation=contact.organisation_id)


def _not_possible(error: UsageError, message: IncomingMessage, now: dt.datetime) -> Outcome:
    """What cannot be done now is told to who asked for it, with what they can do."""
    context = {"why": error.what, "todo": error.todo, "about": message.subject}
    once("mail_not_possible", message.sha256[:16], message, context, now)
    return refused("not_possible", error.what)


def _meant(contacts: list[Contact], thread: Thread, subject: str) -> Contact | None:
    """The contact of the organisation that is meant; None if there are several, and no word."""
    if len(contacts) == 1:
        return contacts[0]
    named = set(_SHORT_NAME.findall(subject.lower()))
    by_thread = [each for each in contacts if each.organisation_id == thread.organisation]
    by_name = [each for each in contacts if each.organisation.slug in named]
    found = by_thread or by_name
    return found[0] if len(found) == 1 else None
