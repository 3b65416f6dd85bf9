"""Complaints: who calls a report unwanted leaves, as by the link to leave; others are talked to."""

from __future__ import annotations

import datetime as dt

from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.delivery.bounces.noting import Sent, note_complaint
from tocsin.service.letters.models import Letter
from tocsin.service.letters.staff import write_to_staff
from tocsin.service.letters.write import write
from tocsin.service.mailbox.outcome import Outcome, ignored, taken
from tocsin.service.subscribers.abuse_contacts.switching import opt_out
from tocsin.service.subscribers.models import MailingList, Recipient, RecipientKind
from tocsin.service.subscribers.recipients.health_letters import reachable_contacts
from tocsin.service.subscribers.recipients.membership import is_last, leave, reference

_UNWANTED = ("abuse", "fraud", "virus", "opt-out", "opt-out-list", "miscategorized", "other")
"""Feedback types of RFC 5965 and after that speak against a message."""

_MAILBOX = Actor.system("bounces")


def take_complaint(sent: Sent, kind: str, message: int | None, now: dt.datetime) -> Outcome:
    """What a complaint comes to. In the caller's transaction."""
    if kind not in _UNWANTED:
        return ignored("no_complaint", f"It is a report of the type {kind}.")
    if not note_complaint(sent, kind, now, message=message):
        return ignored("returned_again", "Of that message a complaint came before.")
    if sent.letter is not None:
        _of_letter(sent.letter, now)
    elif sent.delivery is not None and sent.delivery.contact is not None:
        opt_out(sent.delivery.contact, now)
    elif sent.delivery is not None and sent.delivery.list is not None:
        _of_list(sent, sent.delivery.list, kind, now)
    return taken("complaint", f"By {sent.address}.", organisation=sent.organisation)


def _of_list(sent: Sent, mailing_list: MailingList, kind: str, now: dt.datetime) -> None:
    recipient = sent.recipient
    left = last = False
    if recipient is not None:
        record(
            _MAILBOX,
            "recipient.complained",
            Subject("recipient", str(recipient.pk), str(recipient)),
            now,
            organisation=mailing_list.organisation_id,
            after={"type": kind},
        )
        # Of what was sent before they agreed anew nothing follows.
        if recipient.kind == RecipientKind.PERSON and recipient.since <= sent.at:
            last = is_last(recipient)
            left = leave(recipient, now)
    _tell_admins(sent, mailing_list, recipient, now, left=left, last=last)


def _tell_admins(
    sent: Sent,
    mailing_list: MailingList,
    recipient: Recipient | None,
    now: dt.datetime,
    *,
    left: bool,
    last: bool,
) -> None:
    """Once a week at most for one recipient: who complains of all mails, complains of each."""
    year, week, _ = now.isocalendar()
    whose = reference(recipient) if recipient is not None else sent.address
    organisation = mailing_list.organisation
    context = {
        "organisation": organisation.name,
        "slug": organisation.slug,
        "list": str(mailing_list),
        "recipient": sent.address,
        "left": left,
        "last": last,
    }
    for contact in reachable_contacts(organisation):
        key = f"complaint {mailing_list.pk} {whose} {year}-{week} {contact.pk}"
        page = {"name": contact.full_name, **context}
        write("complaint", contact.address, key, page, now, organisation=organisation.pk)


def _of_letter(letter: Letter, now: dt.datetime) -> None:
    context = {"address": letter.recipient, "letter": letter.text}
    write_to_staff("staff_complaint", f"staff_complaint {letter.pk}", context, now)
