"""Mail of the person who asks, on a request of theirs: answers, a confirmation, a code."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from tocsin.service import installation
from tocsin.service.mailbox.codes import asks_for_new_code, confirmations, proof_codes
from tocsin.service.mailbox.models import IncomingMessage
from tocsin.service.mailbox.outcome import Outcome, ignored, taken
from tocsin.service.mailbox.readers import Readers
from tocsin.service.mailbox.reading.mail_text import MailText
from tocsin.service.mailbox.replies import may_write_to, once, tell_staff
from tocsin.service.mailbox.words import words
from tocsin.service.subscribers.models import Claim, ClaimState, Request, RequestState
from tocsin.service.subscribers.requests import asking
from tocsin.service.subscribers.requests.asking import Arrival
from tocsin.service.subscribers.wanted import Question, Wanted, from_json
from tocsin.service.texts import harmless
from tocsin.service.verification import claims

_FREE_MAIL = Question(
    "free_mail",
    "You write from an address that anybody can have. Please write to us from an address of your "
    "organisation; that makes a new request, and this one ends by itself.",
)


def open_new(
    message: IncomingMessage, mail: MailText, arrival: Arrival, readers: Readers, now: dt.datetime
) -> Outcome:
    """A request that is new."""
    if not may_write_to(message, now):
        return too_many_letters()
    wanted = readers.request(mail)
    also = _besides(message.from_address)
    request = asking.open_request(wanted, arrival, now, also=also)
    return taken("new_request", request=request.pk)


def go_on(
    request: Request,
    message: IncomingMessage,
    mail: MailText,
    arrival: Arrival,
    readers: Readers,
    now: dt.datetime,
    *,
    in_thread: bool,
) -> Outcome:
    """The requester writes on; in_thread: in answer to a letter of ours, and not only so named."""
    request = Request.objects.select_for_update().get(pk=request.pk)
    if request.state == RequestState.UNCONFIRMED and (codes := confirmations(mail.body)):
        return _confirm(request, codes, message, now)
    if request.state in (RequestState.ASKED, RequestState.UNCONFIRMED):
        return _answer(request, message, mail, arrival, readers, now)
    if in_thread and (tried := on_proof(request, message, mail, now)):
        return tried
    tell_staff(message, mail.body, now, request.pk)
    return taken("for_staff", "It is for people to read.", request=request.pk)


def on_proof(
    request: Request, message: IncomingMessage, mail: MailText, now: dt.datetime
) -> Outcome | None:
    """A code that a contact of a registry was mailed, or a wish for another; None if it is neither.

    Call it for a requester who answers a letter of ours.
    """
    if request.state != RequestState.PROVING:
        return None
    codes = proof_codes(mail.body)
    open_claims = list(request.claims.filter(state=ClaimState.ASKED))
    if codes and open_claims:
        return _try_codes(open_claims, codes, request, message, now)
    return _new_codes(open_claims, request, now) if asks_for_new_code(mail.body) else None


def _confirm(
    request: Request, codes: tuple[str, ...], message: IncomingMessage, now: dt.datetime
) -> Outcome:
    right = any(asking.is_confirmation_code(request, each) for each in codes)
    if right and asking.confirm_request(request, now):
        return taken("confirmed", request=request.pk)
    _not_understood(request, message, now)
    return ignored("wrong_code", "Its code is not that of the newest letter.", request=request.pk)


def _answer(
    request: Request,
    message: IncomingMessage,
    mail: MailText,
    arrival: Arrival,
    readers: Readers,
    now: dt.datetime,
) -> Outcome:
    if not may_write_to(message, now):
        return too_many_letters(request.pk)
    later = readers.request(mail)
    if request.reviewed_from or request.claims.exists():
        # Staff have asked, in words, and are answered in words.
        tell_staff(message, mail.body, now, request.pk)
        later = replace(later, note=later.note or harmless(mail.body, 5000, lines=True))
    if not _says_more(request, later):
        _not_understood(request, message, now)
        return ignored("nothing_new", "It says nothing new.", request=request.pk)
    asking.answer_request(request, later, arrival, now, also=_besides(request.requester))
    return taken("answer", request=request.pk)


def _says_more(request: Request, later: Wanted) -> bool:
    """Whether an answer changes anything.

    Another name below it does not alone: a ticket system that answers has one of its own.
    """
    before = from_json(request.wanted)
    known = replace(later, full_name=before.full_name or later.full_name)
    merged = before.with_answer(known)
    return replace(merged, unclear=()) != replace(before, unclear=()) or bool(later.unclear)


def _try_codes(
    open_claims: list[Claim],
    codes: tuple[str, ...],
    request: Request,
    message: IncomingMessage,
    now: dt.datetime,
) -> Outcome:
    """Each right code proves its network; a wrong one is a try at every network that waits."""
    proven = 0
    for code in codes:
        for claim in [each for each in open_claims if _is_code_of(each, code)] or open_claims:
            proven += claims.try_code(claim, code, now)
    if proven:
        return taken("code_right", f"{proven} proven.", request=request.pk)
    rounds = ".".join(f"{each.pk}-{each.round}" for each in open_claims)
    about = f"{request.pk} {rounds}"[:120]
    once("mail_code_wrong", about, message, {"number": request.pk}, now, request.pk)
    return ignored("wrong_code", "None of its codes is right.", request=request.pk)


def _is_code_of(claim: Claim, code: str) -> bool:
    """Whether it is what one of the contacts of a network was mailed; that alone is no try."""
    secret = installation.secret()
    return any(
        secret.is_code(claims.PROOF, claims.code_reference(claim, each), code)
        for each in claim.asked_of
    )


def _new_codes(open_claims: list[Claim], request: Request, now: dt.datetime) -> Outcome:
    """Mail new codes for those networks whose code has been tried in vain too often."""
    mailed = sum(claims.new_code(each, now) for each in open_claims)
    if mailed:
        return taken("new_code", f"For {mailed} networks.", request=request.pk)
    return ignored("no_new_code", "No code is void, or there were enough.", request=request.pk)


def _not_understood(request: Request, message: IncomingMessage, now: dt.datetime) -> None:
    reference = asking.confirmation_reference(request)
    context = {
        "number": request.pk,
        "questions": request.questions,
        "code": {"code": [asking.CONFIRM, reference]},
    }
    once("mail_not_understood", reference, message, context, now, request.pk)


def _besides(address: str) -> tuple[Question, ...]:
    return (_FREE_MAIL,) if words().is_free_mail(address) else ()


def too_many_letters(request: int | None = None) -> Outcome:
    """A mail that would bring about one letter too many."""
    return ignored("too_many_letters", "Its sender got too many letters today.", request=request)
