"""Mail of who asked for a change, on that change: answers, a word that takes it back, a code."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from tocsin.service.mailbox.codes import asks_to_withdraw
from tocsin.service.mailbox.conversation import on_proof, too_many_letters
from tocsin.service.mailbox.models import IncomingMessage
from tocsin.service.mailbox.outcome import Outcome, ignored, taken
from tocsin.service.mailbox.readers import Readers
from tocsin.service.mailbox.reading.mail_text import MailText
from tocsin.service.mailbox.replies import may_write_to, once, tell_staff
from tocsin.service.mailbox.thread import Thread
from tocsin.service.subscribers.changes import changing
from tocsin.service.subscribers.changes.answer import says_nothing
from tocsin.service.subscribers.changes.value import WantedChange
from tocsin.service.subscribers.models import Request, RequestState
from tocsin.service.subscribers.requests.asking import Arrival
from tocsin.service.texts import harmless

_ASKED, _UNCONFIRMED = RequestState.ASKED, RequestState.UNCONFIRMED


def on_change(
    request: Request,
    thread: Thread,
    message: IncomingMessage,
    mail: MailText,
    arrival: Arrival,
    readers: Readers,
    now: dt.datetime,
) -> Outcome | None:
    """What a mail comes to for a change that its sender asked for; None if it is a new change.

    The subject of an answer is ours, and is not read.
    """
    if thread.letter is not None:
        mail = replace(mail, subject="")
        known = _withdrawn(request, mail, now) or on_proof(request, message, mail, now)
        if known is not None:
            return known
    change = readers.change(mail)
    if says_nothing(change):
        if request.state == _ASKED and request.claims.exists():
            # Staff have asked, in words, and are answered in words.
            tell_staff(message, mail.body, now, request.pk)
            change = WantedChange(note=harmless(mail.body, 5000, lines=True))
        elif request.state != _ASKED and thread.letter is not None:
            return _mere_words(request, message, mail, now)
    if request.state in (_ASKED, _UNCONFIRMED) and not may_write_to(message, now):
        return too_many_letters(request.pk)
    if changing.answer_change(request, change, arrival, now):
        return taken("answer", request=request.pk, organisation=request.organisation_id)
    return None


def _withdrawn(request: Request, mail: MailText, now: dt.datetime) -> Outcome | None:
    if not asks_to_withdraw(mail.body) or request.state not in (_ASKED, _UNCONFIRMED):
        return None
    contact = changing.requester_of(request)
    if contact is None or not changing.drop_change(request, request.round, contact, now):
        return None
    return taken("withdrawn", request=request.pk, organisation=request.organisation_id)


def _mere_words(
    request: Request, message: IncomingMessage, mail: MailText, now: dt.datetime
) -> Outcome:
    """Words that say nothing new: a "thank you" must not make the links to a draft void."""
    tell_staff(message, mail.body, now, request.pk)
    if request.state != _UNCONFIRMED:
        return taken("for_staff", "It is for people to read.", request=request.pk)
    context = {"number": request.pk, "organisation": request.organisation_name}
    once("mail_change_waits", f"{request.pk}.{request.round}", message, context, now, request.pk)
    return ignored("nothing_new", "It says nothing new.", request=request.pk)
