"""SPF: whether a domain says that mail of its may come from an address (RFC 7208).

`ptr` fits nobody: the RFC says not to use it, and large receivers do not look.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from tocsin.model.errors import TransientError
from tocsin.service.verification.spf_macros import (
    Address,
    Broken,
    Undecided,
    expanded,
    macro_values,
)
from tocsin.service.verification.spf_record import Term, is_spf, read_spf

MOST_LOOKUPS = 10
"""Of terms that ask the DNS (RFC 7208, 4.6.4); a receiver that counts more gives up."""

MOST_VOID = 2
"""Of questions to which there is no answer (same place)."""

MOST_HOSTS = 10
"""Of one `mx` (same place)."""

MOST_QUESTIONS = 40
"""In all: a name server that is slow on purpose holds nobody up for longer."""


class SpfDns(Protocol):
    """The DNS as far as SPF asks it. RegistryUnreachable if it does not answer; () for nothing."""

    def texts(self, name: str) -> tuple[str, ...]:
        """TXT records."""

    def addresses(self, host: str) -> tuple[str, ...]:
        """A and AAAA records."""

    def exchanges(self, domain: str) -> tuple[str, ...]:
        """Hosts of the MX records."""


@dataclass(frozen=True, slots=True)
class SpfResult:
    """pass, fail, softfail, neutral, none, permerror or temperror; of which domain."""

    result: str
    domain: str


def spf_of(dns: SpfDns, address: Address, sender: str, helo: str) -> SpfResult:
    """What is to be thought of mail from `sender` (of the envelope; "" for `<>`).

    helo: how the server at that address called itself; with `<>` it stands for the sender.
    """
    local, _, domain = sender.rpartition("@")
    domain = (domain or helo).lower().rstrip(".")
    if not _is_name(domain):
        return SpfResult("none", domain)
    question = Spf(dns, address, f"{local or 'postmaster'}@{domain}", helo)
    try:
        return SpfResult(question.result(domain), domain)
    except TransientError:
        return SpfResult("temperror", domain)
    except (Broken, Undecided):
        return SpfResult("permerror", domain)


@dataclass(slots=True)
class Spf:
    """One question; what is asked of the DNS is counted over all of it.

    sender: None if it is about no single mail: then a term that depends on one is Undecided.
    """

    dns: SpfDns
    address: Address
    sender: str | None = None
    helo: str = ""
    lookups: int = field(default=0)
    void: int = field(default=0)
    questions: int = field(default=0)

    def result(self, domain: str) -> str:
        """pass, fail, softfail, neutral or none. Broken or Undecided if that cannot be said."""
        self._question()
        text = record_of(self.dns, domain)
        if text is None:
            return "none"
        record = read_spf(text)
        for term in record.terms:
            if self._fits(term, domain):
                return term.result
        if not record.redirect:
            return "neutral"
        return self._result_elsewhere(self._name(record.redirect, domain))

    def _fits(self, term: Term, domain: str) -> bool:
        match term.name:
            case "all":
                return True
            case "ip4" | "ip6":
                return term.network is not None and self.address in term.network
            case "include":
                return self._result_elsewhere(self._name(term.target, domain)) == "pass"
        self._count()
        return self._fits_by_name(term, self._name(term.target, domain) or domain)

    def _fits_by_name(self, term: Term, target: str) -> bool:
        match term.name:
            case "a":
                return self._is_one_of(self._addresses(target), term)
            case "mx":
                return self._is_exchange(target, term)
            case "exists":
                return any(":" not in each for each in self._addresses(target))
        if self.sender is None:
            raise Undecided(term.name)
        return False

    def _result_elsewhere(self, name: str) -> str:
        self._count()
        found = self.result(name)
        if found == "none":
            raise Broken(f"{name} has no record, though it is named")
        return found

    def _is_exchange(self, target: str, term: Term) -> bool:
        self._question()
        hosts = self._noted(self.dns.exchanges(target))
        if len(hosts) > MOST_HOSTS:
            raise Broken(f"{target} has more than {MOST_HOSTS} mail servers")
        return any(self._is_one_of(self._addresses(each), term) for each in hosts)

    def _is_one_of(self, addresses: Iterable[str], term: Term) -> bool:
        bits = term.four if self.address.version == 4 else term.six
        whole = ipaddress.ip_network(f"{self.address}/{bits}", strict=False)
        return any(ipaddress.ip_address(each) in whole for each in addresses)

    def _name(self, text: str, domain: str) -> str:
        return expanded(text, macro_values(self.address, domain, self.sender, self.helo))

    def _addresses(self, host: str) -> tuple[str, ...]:
        self._question()
        return self._noted(self.dns.addresses(host))

    def _noted(self, found: tuple[str, ...]) -> tuple[str, ...]:
        self.void += not found
        if self.void > MOST_VOID:
            raise Broken(f"more than {MOST_VOID} names in it do not exist")
        return found

    def _question(self) -> None:
        self.questions += 1
        if self.questions > MOST_QUESTIONS:
            raise Broken(f"it takes more than {MOST_QUESTIONS} questions")

    def _count(self) -> None:
        self.lookups += 1
        if self.lookups > MOST_LOOKUPS:
            raise Broken(f"it asks the DNS more than {MOST_LOOKUPS} times")


def record_of(dns: SpfDns, domain: str) -> str | None:
    """The record of a domain; Broken if there are several."""
    found = [each for each in dns.texts(domain) if is_spf(each)]
    if len(found) > 1:
        raise Broken(f"{domain} has {len(found)} records, and may have one")
    return found[0] if found else None


def _is_name(domain: str) -> bool:
    labels = domain.split(".")
    return len(labels) > 1 and len(domain) <= 253 and all(0 < len(each) < 64 for each in labels)
