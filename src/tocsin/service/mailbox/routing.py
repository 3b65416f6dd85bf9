"""Where a person's mail goes: by the thread that it belongs to, then by the address."""

from __future__ import annotations

import datetime as dt

from tocsin.model.errors import TransientError, UsageError
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
from tocsin.service.mailbox.ways import OF_CONTACTS, Way, contacts_of, meant, way_of
from tocsin.service.subscribers.cases import objecting
from tocsin.service.subscribers.cases.objection_reading import ReadObjection, read_objection
from tocsin.service.subscribers.changes import changing
from tocsin.service.subscribers.changes.value import WantedChange
from tocsin.service.subscribers.models import Contact, RequestChannel
from tocsin.service.subscribers.requests.asking import Arrival


def route(
    message: IncomingMessage,
    mail: MailText,
    readers: Readers,
    now: dt.datetime,
    read: ReadObjection | None = None,
) -> Outcome:
    """Do what a person's mail asks for. In the caller's transaction.

    read: what reading has found for it, if it is an objection. TransientError if that turns out to
    be for another than who is meant: it is read once more.
    """
    thread = thread_of(message)
    arrival = arrival_of(message)
    purpose = ours(installation.configuration().mail).get(message.recipient)
    request, letter = thread.request, thread.letter
    way = way_of(message, thread, purpose)
    if way is Way.ASKED and letter is not None:
        return _of_somebody_asked(letter, message, mail, now)
    if way is Way.CHANGE and request is not None:
        outcome = on_change(request, thread, message, mail, arrival, readers, now)
        return outcome or _of_contact(Purpose.CHANGES, thread, message, mail, readers, now, None)
    if way is Way.REQUEST and request is not None:
        in_thread = letter is not None
        return go_on(request, message, mail, arrival, readers, now, in_thread=in_thread)
    return _by_address(purpose, thread, message, mail, readers, now, read)


def _by_address(
    purpose: Purpose | None,
    thread: Thread,
    message: IncomingMessage,
    mail: MailText,
    readers: Readers,
    now: dt.datetime,
    read: ReadObjection | None,
) -> Outcome:
    if purpose is Purpose.REQUESTS:
        return open_new(message, mail, arrival_of(message), readers, now)
    if purpose in OF_CONTACTS:
        return _of_contact(purpose, thread, message, mail, readers, now, read)
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
    readers: Readers,
    now: dt.datetime,
    read: ReadObjection | None,
) -> Outcome:
    contacts = contacts_of(message)
    if not contacts:
        once_a_day("mail_not_on_file", message, {}, now)
        return refused("not_on_file", "Its sender is a contact of no organisation.")
    if not may_write_to(message, now):
        # A forger would have all admins asked again and again.
        return too_many_letters()
    if purpose is Purpose.CHANGES:
        # Which of several organisations is meant, the change asks by itself.
        return _change(contacts[0], readers.change(mail), message, now)
    contact = meant(contacts, thread, message.subject)
    if contact is None:
        slugs = [each.organisation.slug for each in contacts]
        about = message.sha256[:16]
        once("mail_which_organisation", about, message, {"organisations": slugs}, now)
        return ignored("which_organisation", "Its sender is a contact of several organisations.")
    return _object(contact, read, message, now)


def _change(
    contact: Contact,
    change: WantedChange,
    message: IncomingMessage,
    now: dt.datetime,
) -> Outcome:
    try:
        request = changing.open_change(contact, change, arrival_of(message), now)
    except UsageError as error:
        return _not_possible(error, message, now)
    return taken("change", request=request.pk, organisation=request.organisation_id)


def _object(
    contact: Contact, read: ReadObjection | None, message: IncomingMessage, now: dt.datetime
) -> Outcome:
    if read is None:
        raise TransientError(
            "an objection for which nothing has been read",
            where=str(message),
            todo="nothing: it is read once more",
        )
    claimant = objecting.claimant_of(contact, arrival_of(message), now)
    try:
        cases = objecting.open_read(claimant, read, now)
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


def read_for_objection(
    message: IncomingMessage, mail: MailText, readers: Readers, now: dt.datetime
) -> ReadObjection | None:
    """What the reports have on a mail that will be routed as an objection; None for all others.

    Takes as long as the reports take to be read, and writes nothing: call it outside a transaction.
    """
    purpose = ours(installation.configuration().mail).get(message.recipient)
    if purpose is not Purpose.OBJECTIONS:
        return None
    thread = thread_of(message)
    contacts = contacts_of(message)
    contact = meant(contacts, thread, message.subject) if contacts else None
    by_address = way_of(message, thread, purpose) is Way.ADDRESS
    if contact is None or not by_address or not may_write_to(message, now):
        return None
    claimant = objecting.claimant_of(contact, arrival_of(message), now)
    return read_objection(claimant, readers.objection(mail, now), now)


def arrival_of(message: IncomingMessage) -> Arrival:
    """How what it asks for came to us."""
    return Arrival(RequestChannel.MAIL, message.from_address, message.message_id, message.evidence)
