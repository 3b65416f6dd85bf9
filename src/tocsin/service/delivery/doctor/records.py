"""What the DNS says of the domain that mail is from: SPF, DKIM, DMARC, and names of addresses."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

import dkim

from tocsin.service.delivery.connection import Sign
from tocsin.service.delivery.doctor.finding import Finding, Health, MailDns
from tocsin.service.verification.spf import Spf, record_of
from tocsin.service.verification.spf_macros import Broken, Undecided
from tocsin.service.verification.suffixes import registered_domain

_PROBE = b"From: probe@%s\r\nTo: probe@%s\r\nSubject: probe\r\n\r\nprobe\r\n"


def spf_findings(dns: MailDns, domain: str, leaves_from: Sequence[str]) -> Iterator[Finding]:
    """Whether the envelope's domain allows the addresses from which mail leaves."""
    try:
        if not leaves_from:
            yield _spf_alone(domain, record_of(dns, domain))
        for each in leaves_from:
            found = Spf(dns, ipaddress.ip_address(each)).result(domain)
            yield _spf_of(domain, each, found)
    except Broken as error:
        todo = "correct the record: receivers take a broken one as none, or refuse"
        yield Finding("SPF", Health.BAD, f"the record is broken: {error}", domain, todo)
    except Undecided as error:
        yield Finding("SPF", Health.UNKNOWN, f"{error} depends on the sender of a mail", domain)


def _spf_alone(domain: str, record: str | None) -> Finding:
    if record is None:
        return _spf_of(domain, "the address from which mail leaves", "none")
    todo = "say from which address mail leaves, with --leaves-from"
    return Finding("SPF", Health.UNKNOWN, f"there is a record: {record}", domain, todo)


def _spf_of(domain: str, address: str, found: str) -> Finding:
    if found == "pass":
        return Finding("SPF", Health.GOOD, f"{address} may send", domain)
    mechanism = f"ip6:{address}" if ":" in address else f"ip4:{address}"
    if found == "none":
        todo = f'add a TXT record such as "v=spf1 {mechanism} -all"'
        return Finding("SPF", Health.BAD, "there is no record", domain, todo)
    todo = f"add {mechanism} to the record, before its `all`"
    return Finding("SPF", Health.BAD, f"the record says {found} of {address}", domain, todo)


def dkim_finding(dns: MailDns, domain: str, selector: str, sign: Sign | None) -> Finding:
    """Whether what we sign can be checked with the key that the DNS has."""
    if not selector:
        todo = "set mail.dkim_key and mail.dkim_selector, unless the mail server signs"
        return Finding("DKIM", Health.HINT, "the service does not sign", domain, todo)
    where = f"{selector}._domainkey.{domain}"
    texts = [each for each in dns.texts(where) if "p=" in each]
    if not texts:
        todo = 'publish the public key there: "v=DKIM1; k=rsa; p=..."'
        return Finding("DKIM", Health.BAD, "there is no key", where, todo)
    if sign is None:
        said = "there is a key; whether the mail server signs with it, the probe tells"
        return Finding("DKIM", Health.GOOD, said, where)
    probe = _PROBE % (domain.encode(), domain.encode())
    if _verifies(sign(probe), texts[0]):
        return Finding("DKIM", Health.GOOD, "signatures of our key are right", where)
    todo = "publish the public half of the key that mail.dkim_key names"
    return Finding("DKIM", Health.BAD, "the key there is not the one we sign with", where, todo)


def _verifies(message: bytes, text: str) -> bool:
    try:
        return bool(dkim.verify(message, dnsfunc=lambda *_args, **_more: text.encode()))
    except dkim.DKIMException:
        return False


def dmarc_finding(dns: MailDns, domain: str) -> Finding:
    """Whether the domain says what is done with mail that is neither of SPF nor of DKIM."""
    places = dict.fromkeys((f"_dmarc.{domain}", f"_dmarc.{registered_domain(domain)}"))
    for where in places:
        found = [each for each in dns.texts(where) if each.lower().startswith("v=dmarc1")]
        if len(found) > 1:
            todo = "leave one"
            return Finding("DMARC", Health.BAD, f"there are {len(found)} records", where, todo)
        if found:
            return _policy(found[0], where)
    where = next(iter(places))
    todo = 'add a TXT record such as "v=DMARC1; p=quarantine"; large providers ask for one'
    return Finding("DMARC", Health.BAD, "there is no record", where, todo)


def _policy(record: str, where: str) -> Finding:
    tags = dict(part.strip().partition("=")[::2] for part in record.split(";"))
    policy = tags.get("p", "").strip().lower()
    if policy in ("quarantine", "reject"):
        return Finding("DMARC", Health.GOOD, f"p={policy}", where)
    if policy == "none":
        todo = "once all mail of the domain passes, say p=quarantine or p=reject"
        return Finding("DMARC", Health.HINT, "p=none: nobody is to refuse forgeries", where, todo)
    todo = "say p=none, p=quarantine or p=reject"
    return Finding("DMARC", Health.BAD, f"no policy that there is: {record}", where, todo)


def name_finding(dns: MailDns, address: str) -> Finding:
    """Whether an address has a name that leads back to it; many receivers want that."""
    names = dns.names(address)
    if not names:
        todo = "ask whoever gave you the address for a PTR record with the server's name"
        return Finding("PTR", Health.BAD, "the address has no name", address, todo)
    same = ipaddress.ip_address(address)
    for each in names:
        if same in map(ipaddress.ip_address, dns.addresses(each)):
            return Finding("PTR", Health.GOOD, f"{each}, and back", address)
    todo = f"give {names[0]} an A or AAAA record with the address, or correct the PTR record"
    return Finding("PTR", Health.BAD, f"{names[0]} does not lead back", address, todo)
