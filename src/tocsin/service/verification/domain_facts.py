"""What is known of the domain of a mail address that is to prove something."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from tocsin.service.subscribers.values import NetworkKind, NetworkValue
from tocsin.service.verification.names import registrable
from tocsin.service.verification.registry import Registry, Resolver
from tocsin.service.verification.words import words_of


@dataclass(frozen=True, slots=True)
class DomainFacts:
    """has_mail: whether it says where its mail goes. name_servers: of what was registered. made:
    the day it was registered, ISO 8601, empty if its registry does not tell."""

    domain: str
    has_mail: bool
    name_servers: tuple[str, ...] = ()
    made: str = ""

    @property
    def is_parked(self) -> bool:
        """Whether its name servers are those of domains that nobody uses."""
        return any(is_parking(each) for each in self.name_servers)


def gather(domain: str, resolver: Resolver, registry: Registry) -> DomainFacts:
    """Ask the DNS and the registry. RegistryUnreachable if either does not answer now."""
    registered = registrable(domain) or domain
    facts = registry.look_up(NetworkValue(NetworkKind.DOMAIN, registered))
    return DomainFacts(
        domain=domain,
        has_mail=resolver.has_mail(domain),
        name_servers=resolver.name_servers(registered),
        made=facts.made,
    )


def is_parking(server: str) -> bool:
    """Whether a name server is a known one of parked domains."""
    words, name = words_of("parking"), f".{server.lower().rstrip('.')}"
    return any(name.endswith(each) if "." in each else f".{each}." in name for each in words)


def domain_to_json(facts: DomainFacts) -> dict[str, Any]:
    """As it is stored."""
    return {**asdict(facts), "name_servers": list(facts.name_servers)}


def domain_from_json(said: Mapping[str, Any]) -> DomainFacts:
    """As `domain_to_json` wrote it."""
    return DomainFacts(**{**said, "name_servers": tuple(said["name_servers"])})
