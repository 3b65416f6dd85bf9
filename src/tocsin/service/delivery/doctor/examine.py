"""All that `tocsin doctor mail` looks at, in the order in which one puts it right."""

from __future__ import annotations

import datetime as dt
import ipaddress
from collections.abc import Callable, Iterator, Sequence

from django.core.mail import EmailMessage

from tocsin.configuration.service import MailPlace
from tocsin.service.delivery.doctor.finding import Finding, Health, MailDns
from tocsin.service.delivery.doctor.openpgp import openpgp_findings
from tocsin.service.delivery.doctor.records import (
    dkim_finding,
    dmarc_finding,
    name_finding,
    spf_findings,
)
from tocsin.service.delivery.doctor.server import probe_finding, server_findings
from tocsin.service.delivery.signing import signature_of
from tocsin.service.letters.write import message_id_of
from tocsin.service.verification.registry import RegistryUnreachable


def examine(
    mail: MailPlace, dns: MailDns, leaves_from: Sequence[str], to: str, now: dt.datetime
) -> list[Finding]:
    """Look at everything. leaves_from: addresses; if none, those of the mail server. to: "" for
    no probe."""
    found = server_findings(mail)
    addresses: list[str] = []
    found += _looked("addresses", mail.host, lambda: _addresses(mail, dns, leaves_from, addresses))
    found += _looked("SPF", mail.domain, lambda: spf_findings(dns, mail.domain, addresses))
    sign = signature_of(mail)
    found += _looked(
        "DKIM", mail.domain, lambda: [dkim_finding(dns, mail.domain, mail.dkim_selector, sign)]
    )
    found += _looked("DMARC", mail.domain, lambda: [dmarc_finding(dns, mail.domain)])
    for each in addresses:
        found += _looked("PTR", each, lambda address=each: [name_finding(dns, address)])  # type: ignore[misc]
    found += openpgp_findings(now)
    if to:
        found.append(probe_finding(_probe(mail, to, now), now))
    return found


def _addresses(
    mail: MailPlace, dns: MailDns, leaves_from: Sequence[str], found: list[str]
) -> Iterator[Finding]:
    found += leaves_from or _public(_of_host(mail.host, dns))
    if not found:
        said = "it is not known from which address mail leaves for the world"
        todo = "say it with --leaves-from"
        yield Finding("addresses", Health.UNKNOWN, said, mail.host or "mail.host", todo)


def _of_host(host: str, dns: MailDns) -> tuple[str, ...]:
    try:
        return (str(ipaddress.ip_address(host)),)
    except ValueError:
        return dns.addresses(host) if host else ()


def _public(addresses: Sequence[str]) -> list[str]:
    """Behind a server on this machine or in a private network there is another one."""
    return [each for each in addresses if ipaddress.ip_address(each).is_global]


def _looked(
    what: str, where: str, look: Callable[[], Sequence[Finding] | Iterator[Finding]]
) -> list[Finding]:
    """What a look has found; that the DNS does not answer is a finding, too."""
    try:
        return list(look())
    except RegistryUnreachable as error:
        return [Finding(what, Health.UNKNOWN, error.what, error.where or where, error.todo)]


def _probe(mail: MailPlace, to: str, now: dt.datetime) -> EmailMessage:
    sender = f"{mail.sender}@{mail.domain}"
    return EmailMessage(
        subject="Probe of the mail service",
        body=f"This is a probe of {now:%Y-%m-%d %H:%M:%S} UTC, asked for by an operator.\n"
        "If you did not ask for it, somebody has mistyped an address: do nothing.\n",
        from_email=sender,
        to=[to],
        headers={
            "Message-ID": message_id_of(f"probe {to} {now.isoformat()}"),
            "Auto-Submitted": "auto-generated",
        },
    )
