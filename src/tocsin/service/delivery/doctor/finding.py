"""What the doctor says: one thing looked at, how it is, where, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol


class Health(StrEnum):
    """hint: it works, and could be better. unknown: it could not be looked at."""

    GOOD = "good"
    HINT = "hint"
    BAD = "bad"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Finding:
    """what: SPF, DKIM, ... said: what was seen. where: a name in the DNS, or a server."""

    what: str
    health: Health
    said: str
    where: str
    todo: str = ""


class MailDns(Protocol):
    """The DNS. Each raises RegistryUnreachable if it does not answer; () if there is none."""

    def texts(self, name: str) -> tuple[str, ...]:
        """TXT records."""

    def addresses(self, host: str) -> tuple[str, ...]:
        """A and AAAA records."""

    def exchanges(self, domain: str) -> tuple[str, ...]:
        """Hosts of the MX records."""

    def names(self, address: str) -> tuple[str, ...]:
        """PTR records of an address."""
