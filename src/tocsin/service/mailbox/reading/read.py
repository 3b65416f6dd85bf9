"""From the text of a mail to what it asks for."""

from __future__ import annotations

import datetime as dt

from tocsin.service.mailbox.reading.change import wanted_change
from tocsin.service.mailbox.reading.mail_text import MailText
from tocsin.service.mailbox.reading.objection import objection
from tocsin.service.mailbox.reading.request import wanted
from tocsin.service.subscribers.cases.objection_value import Objection
from tocsin.service.subscribers.changes.value import WantedChange
from tocsin.service.subscribers.wanted import Wanted


def read_request(mail: MailText) -> Wanted:
    """A request for reports."""
    return wanted(mail)


def read_change(mail: MailText) -> WantedChange:
    """A change of a feed."""
    return wanted_change(mail)


def read_objection(mail: MailText, now: dt.datetime) -> Objection:
    """An objection to reported rows."""
    return objection(mail, now)
