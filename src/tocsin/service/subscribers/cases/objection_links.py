"""The link in every report by which its reader objects to rows of it."""

from __future__ import annotations

from dataclasses import dataclass

from tocsin.service import installation
from tocsin.service.letters.compose import link_to
from tocsin.service.subscribers.models import MailingList, Recipient
from tocsin.service.subscribers.recipients.membership import SENT_TO

OBJECT = "object"
"""The purpose of the link."""


@dataclass(frozen=True, slots=True)
class Objecting:
    """What a link stands for: a report of a list, and the recipient it was mailed to, if to one."""

    list: MailingList
    recipient: Recipient | None
    report: str


def objection_link(
    mailing_list: MailingList, report_name: str, recipient: Recipient | None = None
) -> str:
    """The whole address of the page on which rows of that report can be objected to.

    recipient: whom the mail goes to; whoever holds the link acts as that recipient then. Without
    one the page asks for the address, and all waits until it has been confirmed.
    """
    reference = objection_reference(mailing_list, report_name, recipient)
    return link_to(OBJECT, reference, installation.secret())


def objection_reference(
    mailing_list: MailingList, report_name: str, recipient: Recipient | None = None
) -> str:
    """What the link stands for; it is void when the recipient is none any more."""
    who = f"{recipient.pk}.{recipient.round}" if recipient is not None else "0.0"
    return f"{mailing_list.pk}.{who}.{report_name}"


def read_reference(reference: str) -> Objecting | None:
    """What a link stands for; None if it is void by now. The link itself was checked before."""
    number, key, turn, report = reference.split(".", 3)
    lists = MailingList.objects.select_related("organisation")
    found = lists.filter(pk=int(number)).first()
    if found is None:
        return None
    if key == "0":
        return Objecting(found, None, report)
    recipient = found.recipients.filter(pk=int(key), round=int(turn), state__in=SENT_TO).first()
    return Objecting(found, recipient, report) if recipient is not None else None
