"""Which way a person's mail goes, and for which contact on file; asks the database alone."""

from __future__ import annotations

import re
from enum import Enum, auto

from tocsin.service.mailbox.addresses import Purpose
from tocsin.service.mailbox.models import IncomingMessage
from tocsin.service.mailbox.thread import Thread
from tocsin.service.subscribers.models import Contact, ContactState, RequestKind

OF_CONTACTS = (Purpose.CHANGES, Purpose.OBJECTIONS)
"""What contacts on file alone may write to."""

_WITH_CODES = ("proof", "proof_renewal")
"""The letters that hold a code which proves a network."""

_SHORT_NAME = re.compile(r"\[([a-z0-9-]{1,64})\]")


class Way(Enum):
    """asked: who was asked something answers. change, request: the requester writes on.
    address: as the address says that it was written to."""

    ASKED = auto()
    CHANGE = auto()
    REQUEST = auto()
    ADDRESS = auto()


def way_of(message: IncomingMessage, thread: Thread, purpose: Purpose | None) -> Way:
    """The way that a message goes by its thread."""
    request, letter = thread.request, thread.letter
    answers_own = letter is not None and letter.recipient == message.from_address
    if letter is not None and answers_own and letter.text in _WITH_CODES:
        # Even if it is who asked: a ticket system that sends the letter back tells no code.
        return Way.ASKED
    if request is not None and request.requester == message.from_address:
        if request.kind == RequestKind.CHANGE:
            return Way.CHANGE
        if request.is_open or purpose not in OF_CONTACTS:
            return Way.REQUEST
    elif letter is not None and letter.request and answers_own:
        return Way.ASKED
    return Way.ADDRESS


def contacts_of(message: IncomingMessage) -> list[Contact]:
    """As which contacts on file its sender may write, by organisation."""
    return list(
        Contact.objects.filter(address=message.from_address, state=ContactState.ACTIVE)
        .select_related("organisation")
        .order_by("organisation__slug")
    )


def meant(contacts: list[Contact], thread: Thread, subject: str) -> Contact | None:
    """The contact of the organisation that is meant; None if there are several, and no word."""
    if len(contacts) == 1:
        return contacts[0]
    named = set(_SHORT_NAME.findall(subject.lower()))
    by_thread = [each for each in contacts if each.organisation_id == thread.organisation]
    by_name = [each for each in contacts if each.organisation.slug in named]
    found = by_thread or by_name
    return found[0] if len(found) == 1 else None
