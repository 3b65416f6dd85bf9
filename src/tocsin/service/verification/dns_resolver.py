"""The DNS, asked through the resolvers of this machine or the one that is configured."""

from __future__ import annotations

from dataclasses import dataclass

import dns.exception
import dns.name
import dns.rdatatype
import dns.resolver
from dns.rdtypes.ANY.MX import MX
from dns.rdtypes.ANY.NS import NS
from dns.rdtypes.ANY.TXT import TXT
from dns.rdtypes.IN.A import A
from dns.rdtypes.IN.AAAA import AAAA

from tocsin.configuration.load import Configuration
from tocsin.model.errors import ConfigurationError
from tocsin.service.texts import harmless
from tocsin.service.verification.registry import RegistryUnreachable

SECONDS = 5.0
"""For all of one question, with its repetitions."""

MOST_TEXTS = 100
_LONGEST = 1000


def resolver_of(configuration: Configuration) -> DnsResolver:
    """The resolver that `proof.resolver` names as HOST:PORT, or those of this machine."""
    said = configuration.proof.resolver
    if not said:
        return DnsResolver(_of_this_machine())
    host, _, port = (
        said.rpartition(":") if said.count(":") == 1 or "]" in said else (said, "", "53")
    )
    resolver = dns.resolver.Resolver(configure=False)
    try:
        resolver.nameservers = [host.strip("[]")]
        resolver.port = _port(port)
    except ValueError as error:
        raise ConfigurationError(
            f"{said!r} is no address of a resolver",
            where="proof.resolver",
            todo="write 192.0.2.53 or 192.0.2.53:5353 or [2001:db8::53]:5353",
        ) from error
    return DnsResolver(resolver)


def _of_this_machine() -> dns.resolver.Resolver:
    try:
        return dns.resolver.Resolver()
    except dns.resolver.NoResolverConfiguration:
        # Each question says that there is nobody to ask, until there is.
        return dns.resolver.Resolver(configure=False)


def _port(said: str) -> int:
    if not (said.isascii() and said.isdecimal()) or not 0 < int(said) < 1 << 16:
        raise ValueError(said)
    return int(said)


@dataclass(frozen=True, slots=True)
class DnsResolver:
    """See Resolver."""

    resolver: dns.resolver.Resolver
    seconds: float = SECONDS

    def texts(self, name: str) -> tuple[str, ...]:
        """See Resolver."""
        answer = self._ask(name, dns.rdatatype.TXT)
        if answer is None:
            return ()
        found = [each for each in answer if isinstance(each, TXT)][:MOST_TEXTS]
        return tuple(
            harmless(b"".join(each.strings).decode("utf-8", "replace"), _LONGEST) for each in found
        )

    def addresses(self, host: str) -> tuple[str, ...]:
        """See Resolver."""
        kinds = (dns.rdatatype.A, dns.rdatatype.AAAA)
        answers = [self._ask(host, kind) or () for kind in kinds]
        return tuple(
            each.address for answer in answers for each in answer if isinstance(each, A | AAAA)
        )[:MOST_TEXTS]

    def exchanges(self, domain: str) -> tuple[str, ...]:
        """See Resolver."""
        answer = self._ask(domain, dns.rdatatype.MX)
        found = [each for each in answer or () if isinstance(each, MX)][:MOST_TEXTS]
        return tuple(each.exchange.to_text(omit_final_dot=True).lower() for each in found)

    def has_mail(self, domain: str) -> bool:
        """See Resolver: MX, but no null MX (RFC 7505); without MX, the domain's own address."""
        answer = self._ask(domain, dns.rdatatype.MX)
        if answer is not None:
            hosts = [each.exchange for each in answer if isinstance(each, MX)]
            return any(host != dns.name.root for host in hosts)
        return any(
            self._ask(domain, kind) is not None for kind in (dns.rdatatype.A, dns.rdatatype.AAAA)
        )

    def name_servers(self, domain: str) -> tuple[str, ...]:
        """See Resolver."""
        answer = self._ask(domain, dns.rdatatype.NS)
        found = [each for each in answer or () if isinstance(each, NS)]
        return tuple(sorted(each.target.to_text(omit_final_dot=True).lower() for each in found))

    def _ask(self, name: str, kind: dns.rdatatype.RdataType) -> dns.resolver.Answer | None:
        """The records; None if there are none. RegistryUnreachable if nobody says so."""
        try:
            asked = dns.name.from_text(name)
        except (dns.exception.DNSException, UnicodeError):
            return None
        try:
            return self.resolver.resolve(asked, kind, lifetime=self.seconds, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return None
        except (dns.exception.DNSException, OSError) as error:
            raise RegistryUnreachable(
                f"the DNS does not answer ({type(error).__name__})",
                where=harmless(name, 253),
                todo="nothing: asked again later",
            ) from error
