"""What a registry is to us; the real one asks by RDAP, the fake one has dials."""

from __future__ import annotations

from typing import Protocol

from tocsin.model.errors import TransientError
from tocsin.service.subscribers.values import NetworkValue
from tocsin.service.verification.facts import RegistryFacts


class RegistryUnreachable(TransientError):
    """A registry does not answer, answers with nonsense, or has been asked enough for now."""


class Registry(Protocol):
    """Who holds what: it may be slow, refuse, be dead, or not tell the truth."""

    def look_up(self, network: NetworkValue, *, fresh: bool = False) -> RegistryFacts:
        """What is registered; facts without a handle if nothing is.

        fresh: ask now, whatever was said before. Raises RegistryUnreachable for what may work
        later.
        """
        ...


class Resolver(Protocol):
    """The DNS."""

    def texts(self, name: str) -> tuple[str, ...]:
        """The TXT records of a name; none if there are none. RegistryUnreachable as above."""
        ...

    def addresses(self, host: str) -> tuple[str, ...]:
        """The A and AAAA records of a host; none if there are none. RegistryUnreachable as
        above."""
        ...

    def exchanges(self, domain: str) -> tuple[str, ...]:
        """The hosts of a domain's MX records; none if there are none. RegistryUnreachable as
        above."""
        ...

    def has_mail(self, domain: str) -> bool:
        """Whether the domain says which hosts take its mail (and not that none does)."""
        ...

    def name_servers(self, domain: str) -> tuple[str, ...]:
        """The names of a domain's name servers, small letters, no dot at the end; none if the
        domain does not exist. RegistryUnreachable as above."""
        ...
