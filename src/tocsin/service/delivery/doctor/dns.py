"""The DNS as the doctor asks it, through the resolver that the service uses anyway."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver
import dns.reversename

from tocsin.configuration.load import Configuration
from tocsin.service.texts import harmless
from tocsin.service.verification.dns_resolver import SECONDS, resolver_of
from tocsin.service.verification.registry import RegistryUnreachable

_MOST = 50


@dataclass(frozen=True, slots=True)
class DnsOfMail:
    """See MailDns."""

    resolver: dns.resolver.Resolver
    seconds: float = SECONDS

    @classmethod
    def of(cls, configuration: Configuration) -> DnsOfMail:
        """With the resolver that `proof.resolver` names, or this machine's."""
        return cls(resolver_of(configuration).resolver)

    def texts(self, name: str) -> tuple[str, ...]:
        """See MailDns. Keys are longer than other texts."""
        found = self._ask(name, "TXT")
        return tuple(
            harmless(b"".join(each.strings).decode("utf-8", "replace"), 4000) for each in found
        )

    def addresses(self, host: str) -> tuple[str, ...]:
        """See MailDns."""
        return tuple(str(each) for kind in ("A", "AAAA") for each in self._ask(host, kind))

    def exchanges(self, domain: str) -> tuple[str, ...]:
        """See MailDns."""
        return tuple(each.exchange.to_text(omit_final_dot=True) for each in self._ask(domain, "MX"))

    def names(self, address: str) -> tuple[str, ...]:
        """See MailDns."""
        name = dns.reversename.from_address(address).to_text()
        return tuple(
            harmless(each.target.to_text(omit_final_dot=True), 253)
            for each in self._ask(name, "PTR")
        )

    def _ask(self, name: str, kind: str) -> list[Any]:
        try:
            asked = dns.name.from_text(name)
            answer = self.resolver.resolve(asked, kind, lifetime=self.seconds, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer, dns.name.LabelTooLong, UnicodeError):
            return []
        except (dns.exception.DNSException, OSError) as error:
            raise RegistryUnreachable(
                f"the DNS does not answer ({type(error).__name__})",
                where=harmless(name, 253),
                todo="look at the resolver, or name another one as proof.resolver",
            ) from error
        return list(answer)[:_MOST]
