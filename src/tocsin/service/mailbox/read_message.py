"""The task that reads one message: checked, authenticated, routed, and its end written down."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from tocsin.configuration.service import MailPlace
from tocsin.service import clock, installation
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.delivery.bounces.bounce import CameBack, NotReturned
from tocsin.service.delivery.bounces.incoming import take_back
from tocsin.service.delivery.bounces.read import read_returned
from tocsin.service.mailbox.addresses import Purpose, ours, purpose_of
from tocsin.service.mailbox.authentication import Met, evidence_of, met_spf
from tocsin.service.mailbox.automatic import BOUNCE, LOOP, automatic
from tocsin.service.mailbox.header_facts import HeaderFacts, read_header
from tocsin.service.mailbox.models import IncomingMessage, MessageState
from tocsin.service.mailbox.outcome import Outcome, ignored, refused
from tocsin.service.mailbox.parsing import Malformed, defects_of, parse
from tocsin.service.mailbox.readers import Readers
from tocsin.service.mailbox.reading.mail_text import MailText
from tocsin.service.mailbox.replies import once, once_a_day, tell_staff
from tocsin.service.mailbox.routing import read_for_objection, route
from tocsin.service.mailbox.store import file_of
from tocsin.service.outside import outside
from tocsin.service.subscribers.cases.objection_reading import ReadObjection
from tocsin.service.subscribers.models import Contact, ContactState
from tocsin.service.work.worker import Payload, Work

_DAY = dt.timedelta(days=1)
_TOO_MANY = "too_many"
_log = structlog.get_logger("tocsin.mailbox")
_SYSTEM = Actor.system("mailbox")


@dataclass(frozen=True, slots=True)
class Found:
    """What reading has found: an end, or a text that is to be routed.

    objection: what the reports have on it, if it is one. came_back: what it brings back of ours.
    """

    outcome: Outcome | None = None
    mail: MailText | None = None
    evidence: dict[str, Any] = field(default_factory=dict)
    objection: ReadObjection | None = None
    came_back: CameBack | None = None


def reading_with(readers: Readers) -> Work:
    """The work of reading, with those readers of texts."""

    def _read(payload: Payload) -> Found:
        message = IncomingMessage.objects.get(pk=payload["message"])
        if message.state != MessageState.WAITING:
            return Found()
        raw = file_of(message.sha256).read_bytes()
        found = look_at(raw, message.sender, readers, _purpose(message), _met(message))
        return _with_reports(found, message, readers, clock.now())

    def _write_down(payload: Payload, found: Found, now: dt.datetime) -> None:
        rows = IncomingMessage.objects.select_for_update()
        message = rows.get(pk=payload["message"])
        if message.state == MessageState.WAITING:
            _settle(message, found, readers, now)

    return Work(_read, _write_down, _delayed, _failed)


def _delayed(payload: Payload, _: str, now: dt.datetime) -> None:
    """It is tried again. Who objects sees rows come once more meanwhile, and is told why."""
    message = IncomingMessage.objects.get(pk=payload["message"])
    purpose = _purpose(message)
    known = Contact.objects.filter(address=message.from_address, state=ContactState.ACTIVE)
    if purpose is Purpose.OBJECTIONS and known.exists():
        _say("mail_delayed", message, now)


def _failed(payload: Payload, error: str, now: dt.datetime) -> None:
    """It has failed for good, so far as we can tell: it goes on waiting, and people are told."""
    message = IncomingMessage.objects.get(pk=payload["message"])
    message.reason = "failed"
    message.explanation = error[:2000]
    message.save(update_fields=["reason", "explanation"])
    _say("mail_failed", message, now)
    tell_staff(message, f"This mail could not be read: {error}", now, key="failed")


def _say(text: str, message: IncomingMessage, now: dt.datetime) -> None:
    """A letter about a message to who wrote it, unless that was a machine."""
    if _purpose(message) is Purpose.BOUNCES:
        return
    try:
        header = read_header(file_of(message.sha256).read_bytes())
    except OSError:
        return
    if not _early_end(header, message.sender, installation.configuration().mail):
        once(text, str(message.pk), message, {"about": message.subject}, now)


def _purpose(message: IncomingMessage) -> Purpose | None:
    return purpose_of(message.recipient, installation.configuration().mail)


def _met(message: IncomingMessage) -> Met | None:
    """Who handed it over, if our listener is where mail arrives, with no server before it."""
    if not installation.configuration().mailbox.meets_senders or message.peer is None:
        return None
    return Met(message.peer, message.sender or "", message.helo)


def look_at(
    raw: bytes,
    sender: str | None,
    readers: Readers,
    purpose: Purpose | None = None,
    met: Met | None = None,
) -> Found:
    """Read a message as far as that needs nothing but the message and the DNS.

    purpose: of the address of ours that it came to. met: see Met, None if that was not us.
    """
    header = read_header(raw)
    mail_place = installation.configuration().mail
    early = _early_end(header, sender, mail_place)
    if _brings_back(purpose, early):
        return _read_returned(raw)
    if early:
        return Found(early)
    try:
        parsed = parse(raw)
    except Malformed as error:
        return Found(refused("malformed", str(error)))
    trusted = installation.configuration().mailbox.trusted_servers
    resolver = outside().resolver
    spf = met_spf(resolver, met) if met is not None else None
    evidence = evidence_of(raw, header, resolver.texts, trusted, spf)
    evidence["defects"] = list(defects_of(parsed))
    try:
        return Found(mail=readers.text(parsed), evidence=evidence)
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        # The stdlib's own reading of headers and parts fails at some that are made to break it.
        # No traceback: one of a thousand calls within each other takes half a minute to be shown.
        _log.error("unreadable", error=repr(error))
        return Found(refused("malformed", f"It cannot be read: {type(error).__name__}."))


def _brings_back(purpose: Purpose | None, early: Outcome | None) -> bool:
    """Whether it is read as what comes back: to the address for that, or to the sender's."""
    reason = early.reason if early is not None else ""
    if purpose is Purpose.BOUNCES:
        return reason != LOOP
    return purpose is Purpose.SENDER and reason == BOUNCE


def _read_returned(raw: bytes) -> Found:
    try:
        return Found(came_back=read_returned(raw))
    except Malformed as error:
        return Found(refused("malformed", str(error)))
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        _log.error("unreadable", error=repr(error))
        return Found(refused("malformed", f"It cannot be read: {type(error).__name__}."))


def _early_end(header: HeaderFacts, sender: str | None, mail: MailPlace) -> Outcome | None:
    machine = automatic(header, sender, frozenset(ours(mail)), mail.domain)
    if machine:
        return ignored(machine.reason, machine.explanation)
    if not header.from_address:
        many = len(header.from_addresses) > 1
        why = "It names several senders." if many else "It names no sender that can be answered."
        return refused("no_sender", why)
    return None


def _with_reports(
    found: Found, message: IncomingMessage, readers: Readers, now: dt.datetime
) -> Found:
    """With what the reports have on it, which may take long: here no transaction waits for it."""
    if found.mail is None:
        return found
    _show(message, found)
    if _repeated(message) is not None:
        return found
    read = read_for_objection(message, found.mail, readers, now)
    return replace(found, objection=read)


def _show(message: IncomingMessage, found: Found) -> None:
    message.evidence = found.evidence
    message.aligned = bool(found.evidence.get("aligned"))


def _settle(message: IncomingMessage, found: Found, readers: Readers, now: dt.datetime) -> None:
    _show(message, found)
    outcome = found.outcome or _taken_back(message, found.came_back, now)
    outcome = outcome or _told_of_repeated(message, now)
    if outcome is None and found.mail is not None:
        outcome = route(message, found.mail, readers, now, found.objection)
    if outcome is None:
        raise ValueError(f"{message} was found to be neither ended nor a text")
    message.state = outcome.state
    message.reason = outcome.reason
    message.explanation = outcome.explanation
    message.request = outcome.request
    message.organisation = outcome.organisation
    message.read_at = now
    message.save()
    record(
        _SYSTEM,
        f"message.{outcome.state}",
        Subject("message", str(message.pk), message.subject),
        now,
        request=outcome.request,
        organisation=outcome.organisation,
        after={"from": message.from_address, "reason": outcome.reason},
        note=outcome.explanation,
    )


def _taken_back(
    message: IncomingMessage, came_back: CameBack | None, now: dt.datetime
) -> Outcome | None:
    """However many come from one server: each is about a message of ours, and counts once."""
    if came_back is None:
        return None
    outcome = take_back(message.recipient, came_back, message.pk, now)
    nothing = isinstance(came_back, NotReturned) or outcome.reason == "not_ours"
    if _purpose(message) is Purpose.SENDER and nothing:
        return ignored(BOUNCE, outcome.explanation)
    return outcome


def _told_of_repeated(message: IncomingMessage, now: dt.datetime) -> Outcome | None:
    outcome = _repeated(message)
    if outcome is not None and outcome.reason == _TOO_MANY:
        most = installation.configuration().mailbox.most_per_day
        context = {"most": most, "sender": message.from_address}
        once_a_day("mail_too_many", message, context, now)
    return outcome


def _repeated(message: IncomingMessage) -> Outcome | None:
    """The same once more, by another way; or more than one sender may send in a day.

    Whoever forges an address uses up what is read of such forgeries, and not what is read of mail
    for whose domain a signature vouches.
    """
    same_sender = IncomingMessage.objects.filter(from_address=message.from_address)
    earlier = same_sender.filter(pk__lt=message.pk)
    same = earlier.filter(message_id=message.message_id, recipient=message.recipient)
    if message.message_id and same.exclude(state=MessageState.REFUSED).exists():
        return ignored("duplicate", "It came before, by another way.")
    most = installation.configuration().mailbox.most_per_day
    since = message.received_at - _DAY
    if earlier.filter(received_at__gt=since, aligned=message.aligned).count() < most:
        return None
    return ignored(_TOO_MANY, f"Its sender sent more than {most} within a day.")


READING = reading_with(Readers())
