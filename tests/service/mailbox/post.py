"""Hands for the tests of mail: simple readers, a postman, and a person's answers."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from email.message import EmailMessage
from itertools import count

from django.core.mail import EmailMessage as Letter
from tests.service.desk import Desk

from tocsin.service import clock
from tocsin.service.mailbox.header_facts import read_header
from tocsin.service.mailbox.models import CameBy, IncomingMessage
from tocsin.service.mailbox.read_message import reading_with
from tocsin.service.mailbox.readers import Readers
from tocsin.service.mailbox.reading.mail_text import MailText
from tocsin.service.mailbox.store import READ, Envelope, store_message
from tocsin.service.subscribers.cases.objection_value import Objection
from tocsin.service.subscribers.changes.value import WantedChange
from tocsin.service.subscribers.values import any_network
from tocsin.service.subscribers.wanted import Wanted
from tocsin.service.texts import harmless
from tocsin.service.work.worker import work_off
from tocsin.service.works import WORKS

REQUESTS = "request_report@tocsin.example.org"
CHANGES = "report_admin@tocsin.example.org"
OBJECTIONS = "botnets@tocsin.example.org"
SENDER = "reports@tocsin.example.org"

COMPLETE = """\
name: Ada Example
organisation: Example Access Networks
networks: AS64496
recipients: noc@example.org
phone: +1 202 555 0100
"""

_numbers = count(1)


def simple_text(message: EmailMessage) -> MailText:
    """The first part as text, without what is quoted with a `>`."""
    header = read_header(message.as_bytes())
    part = next((each for each in message.walk() if each.get_content_type() == "text/plain"), None)
    content = part.get_payload(decode=True) if part is not None else b""
    assert isinstance(content, bytes)
    lines = [each for each in content.decode("utf-8", "replace").splitlines() if each[:1] != ">"]
    body = harmless("\n".join(lines), 100_000, lines=True)
    return MailText(header.from_address, "", header.subject, body)


def simple_request(mail: MailText) -> Wanted:
    """Lines such as `networks: AS64496`."""
    said = dict(each.split(": ", 1) for each in mail.body.splitlines() if ": " in each)
    return Wanted(
        full_name=said.get("name", ""),
        organisation=said.get("organisation", ""),
        networks=tuple(any_network(each) for each in said.get("networks", "").split()),
        recipients=tuple(said.get("recipients", "").split()),
        phone=said.get("phone", ""),
    )


def simple_change(mail: MailText) -> WantedChange:
    """Nothing but the note."""
    return WantedChange(note=mail.body)


def simple_objection(mail: MailText, now: dt.datetime) -> Objection:
    """Nothing but the note."""
    return Objection(note=mail.body)


READERS = Readers(simple_text, simple_request, simple_change, simple_objection)
SIMPLE = {**WORKS, READ: reading_with(READERS)}


@dataclass(slots=True)
class Post:
    """A postman between people and the service."""

    desk: Desk
    sent: list[IncomingMessage] = field(default_factory=list)

    def deliver(self, raw: bytes, envelope: Envelope | None = None) -> IncomingMessage:
        """Hand a message over, have it read, and see what became of it."""
        stored = store_message(raw, envelope or Envelope(), CameBy.LISTENER, clock.now())
        self.work()
        stored.refresh_from_db()
        self.sent.append(stored)
        return stored

    def work(self) -> None:
        """Let the worker do what is due, with the simple readers."""
        work_off(SIMPLE, clock.now)


def mail(
    body: str,
    sender: str = "Ada Example <ada@example.org>",
    to: str = REQUESTS,
    subject: str = "Reports",
    **headers: str,
) -> bytes:
    """A person's mail."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    message["Message-ID"] = f"<{next(_numbers)}@mail.example.org>"
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    message.set_content(body)
    return message.as_bytes()


def answer_to(letter: Letter, body: str, sender: str = "ada@example.org", to: str = "") -> bytes:
    """An answer to a letter that the service has sent."""
    ours = letter.extra_headers["Message-ID"]
    subject = f"Re: {letter.subject}"
    return mail(body, sender, to or REQUESTS, subject, In_Reply_To=ours)
