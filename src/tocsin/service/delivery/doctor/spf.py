"""SPF: whether a domain says that mail of its may come from an address (RFC 7208)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass, field

from tocsin.service.delivery.doctor.finding import MailDns

MOST_LOOKUPS = 10
"""Of terms that ask the DNS (RFC 7208, 4.6.4); a receiver that counts more gives up."""

_RESULTS = {"+": "pass", "-": "fail", "~": "softfail", "?": "neutral"}


class Undecided(Exception):
    """The record holds something that depends on more than domain and address."""


class Broken(Exception):
    """A receiver calls it an error (`permerror`), and takes it as no record or worse."""


@dataclass(slots=True)
class Spf:
    """One question; lookups are counted over all of it."""

    dns: MailDns
    address: ipaddress.IPv4Address | ipaddress.IPv6Address
    lookups: int = field(default=0)

    def result(self, domain: str) -> str:
        """pass, fail, softfail, neutral or none. Broken or Undecided if that cannot be said."""
        record = record_of(self.dns, domain)
        if record is None:
            return "none"
        redirect = ""
        for term in record.split()[1:]:
            name, sign, value = term.partition("=")
            if sign and name.isalpha():
                redirect = value if name.lower() == "redirect" else redirect
                continue
            qualifier, mechanism = (term[0], term[1:]) if term[0] in _RESULTS else ("+", term)
            if self._matches(mechanism, domain):
                return _RESULTS[qualifier]
        if not redirect:
            return "neutral"
        self._count()
        found = self.result(_plain(redirect))
        if found == "none":
            raise Broken(f"{redirect} has no record, though it is redirected to")
        return found

    def _matches(self, mechanism: str, domain: str) -> bool:
        name, _, argument = mechanism.partition(":")
        name, _, length = name.partition("/")
        if name in ("ip4", "ip6"):
            return self._is_in(argument)
        target, _, own_length = argument.partition("/")
        target, length = _plain(target or domain), own_length or length
        match name.lower():
            case "all":
                return True
            case "include":
                self._count()
                found = self.result(target)
                if found == "none":
                    raise Broken(f"{target} has no record, though it is included")
                return found == "pass"
            case "a":
                self._count()
                return self._is_one_of(self.dns.addresses(target), length)
            case "mx":
                self._count()
                hosts = self.dns.exchanges(target)
                return any(self._is_one_of(self.dns.addresses(each), length) for each in hosts)
            case "exists" | "ptr":
                raise Undecided(mechanism)
        raise Broken(f"{mechanism} is no mechanism")

    def _is_in(self, network: str) -> bool:
        try:
            return self.address in ipaddress.ip_network(network, strict=False)
        except ValueError as error:
            raise Broken(f"{network} is no network") from error

    def _is_one_of(self, addresses: tuple[str, ...], length: str) -> bool:
        # `/24//64`, or one of the two; the first slash is gone.
        four, _, six = f"/{length}".partition("//")
        for each in addresses:
            found = ipaddress.ip_address(each)
            said = four.strip("/") if found.version == 4 else six
            if self._is_in(f"{each}/{said}" if said else each):
                return True
        return False

    def _count(self) -> None:
        self.lookups += 1
        if self.lookups > MOST_LOOKUPS:
            raise Broken(f"it asks the DNS more than {MOST_LOOKUPS} times")


def record_of(dns: MailDns, domain: str) -> str | None:
    """The record of a domain; Broken if there are several."""
    found = list(_records(dns, domain))
    if len(found) > 1:
        raise Broken(f"{domain} has {len(found)} records, and may have one")
    return found[0] if found else None


def _records(dns: MailDns, domain: str) -> Iterator[str]:
    for each in dns.texts(domain):
        if each.lower() == "v=spf1" or each.lower().startswith("v=spf1 "):
            yield each


def _plain(name: str) -> str:
    if "%" in name:
        raise Undecided(name)
    return name
