"""What reads the texts of mails; tests put simple readers in its place."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from email.message import EmailMessage

from tocsin.service.mailbox.reading import mail_text as texts
from tocsin.service.mailbox.reading import read
from tocsin.service.mailbox.reading.mail_text import MailText
from tocsin.service.subscribers.cases.objection_value import Objection
from tocsin.service.subscribers.changes.value import WantedChange
from tocsin.service.subscribers.wanted import Wanted


@dataclass(frozen=True, slots=True)
class Readers:
    """From a message to its text, and from that to what is asked for."""

    text: Callable[[EmailMessage], MailText] = texts.mail_text
    request: Callable[[MailText], Wanted] = read.read_request
    change: Callable[[MailText], WantedChange] = read.read_change
    objection: Callable[[MailText, dt.datetime], Objection] = read.read_objection
