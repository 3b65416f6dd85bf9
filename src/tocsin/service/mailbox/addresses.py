"""The addresses at which the service is written to."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from tocsin.configuration.service import MailPlace


class Purpose(StrEnum):
    """What an address of ours is for, the most particular first."""

    REQUESTS = "requests"
    CHANGES = "changes"
    OBJECTIONS = "objections"
    SENDER = "sender"


def ours(mail: MailPlace) -> dict[str, Purpose]:
    """Our addresses, in small letters, and what each is for."""
    return {f"{getattr(mail, each)}@{mail.domain}".lower(): each for each in reversed(Purpose)}


def addressed_to(recipients: Iterable[str], mail: MailPlace) -> str:
    """Which address of ours is meant; "" if none of them is ours.

    Where several are, the one with the most particular purpose.
    """
    known = ours(mail)
    order = list(Purpose)
    meant = [each.lower() for each in recipients if each.lower() in known]
    return min(meant, key=lambda each: order.index(known[each]), default="")
