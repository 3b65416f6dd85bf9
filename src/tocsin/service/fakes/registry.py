"""A registry without a network: it says what it is told to, or does not answer."""

from __future__ import annotations

from dataclasses import dataclass, field

from tocsin.service.subscribers.values import NetworkValue
from tocsin.service.verification.facts import RegistryFacts
from tocsin.service.verification.registry import RegistryUnreachable


@dataclass(slots=True)
class FakeRegistry:
    """Facts by network. dead: it does not answer. asked: what was asked, in order."""

    facts: dict[NetworkValue, RegistryFacts] = field(default_factory=dict)
    dead: bool = False
    asked: list[NetworkValue] = field(default_factory=list)

    def look_up(self, network: NetworkValue, *, fresh: bool = False) -> RegistryFacts:  # noqa: ARG002
        """See Registry."""
        self.asked.append(network)
        if self.dead:
            raise RegistryUnreachable("does not answer", where="fake registry", todo="try later")
        return self.facts.get(network, RegistryFacts())


@dataclass(slots=True)
class FakeResolver:
    """Texts, name servers, addresses and mail servers by name, and the domains that take no mail.

    dead: it does not answer.
    """

    records: dict[str, tuple[str, ...]] = field(default_factory=dict)
    without_mail: set[str] = field(default_factory=set)
    servers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    hosts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    mail_servers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    dead: bool = False

    def texts(self, name: str) -> tuple[str, ...]:
        """See Resolver."""
        self._answer()
        return self.records.get(name, ())

    def addresses(self, host: str) -> tuple[str, ...]:
        """See Resolver."""
        self._answer()
        return self.hosts.get(host, ())

    def exchanges(self, domain: str) -> tuple[str, ...]:
        """See Resolver."""
        self._answer()
        return self.mail_servers.get(domain, ())

    def has_mail(self, domain: str) -> bool:
        """See Resolver."""
        self._answer()
        return domain not in self.without_mail

    def name_servers(self, domain: str) -> tuple[str, ...]:
        """See Resolver."""
        self._answer()
        return self.servers.get(domain, (f"ns1.{domain}", f"ns2.{domain}"))

    def _answer(self) -> None:
        if self.dead:
            raise RegistryUnreachable("does not answer", where="fake resolver", todo="try later")
