"""The addresses at which the service is written to."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass
from enum import StrEnum

from tocsin.configuration.service import MailPlace


class Purpose(StrEnum):
    """What an address of ours is for, the most particular first.

    bounces: what comes back; an address of its own for each message, the name of which goes on with
    a `+`.
    """

    BOUNCES = "bounces"
    REQUESTS = "requests"
    CHANGES = "changes"
    OBJECTIONS = "objections"
    SENDER = "sender"


def ours(mail: MailPlace) -> dict[str, Purpose]:
    """Our addresses, in small letters, and what each is for."""
    return {f"{getattr(mail, each)}@{mail.domain}".lower(): each for each in reversed(Purpose)}


def purpose_of(address: str, mail: MailPlace) -> Purpose | None:
    """What an address is for; None if it is none of ours."""
    known, said = ours(mail), address.lower()
    if said in known:
        return known[said]
    name, at, domain = said.rpartition("@")
    base = known.get(f"{name.partition('+')[0]}{at}{domain}")
    return base if base is Purpose.BOUNCES else None


@dataclass(frozen=True, slots=True)
class Ours(Container[str]):
    """All addresses of ours, those of single messages too, to be asked with `in`."""

    mail: MailPlace

    def __contains__(self, address: object) -> bool:
        """Whether it is one."""
        return isinstance(address, str) and purpose_of(address, self.mail) is not None


def addressed_to(recipients: Iterable[str], mail: MailPlace) -> str:
    """Which address of ours is meant; "" if none of them is ours.

    Where several are, the one with the most particular purpose.
    """
    order = list(Purpose)
    found = [(purpose_of(each, mail), each.lower()) for each in recipients]
    meant = [(order.index(purpose), each) for purpose, each in found if purpose is not None]
    return min(meant, key=lambda each: each[0], default=(0, ""))[1]
