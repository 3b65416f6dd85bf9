"""The mail server that we hand mail to: whether it lets us in, by TLS, and takes a probe."""

from __future__ import annotations

import datetime as dt
import ipaddress
import smtplib
import ssl

from django.core.mail import EmailMessage, get_connection
from django.core.mail.backends.smtp import EmailBackend

from tocsin.configuration.service import MailPlace
from tocsin.service.delivery.connection import Broken, Refused, Unreachable, Unsendable
from tocsin.service.delivery.doctor.finding import Finding, Health
from tocsin.service.delivery.outgoing import hand_over_in_any_case


def server_findings(mail: MailPlace) -> list[Finding]:
    """Connect as sending does; what of that went well."""
    where = f"{mail.host}:{mail.port}"
    if not mail.host:
        todo = "set mail.host; until then messages become files in the home"
        return [Finding("server", Health.BAD, "no mail server is named", "mail.host", todo)]
    backend = get_connection()
    if not isinstance(backend, EmailBackend):
        return [Finding("server", Health.UNKNOWN, "mail does not go by SMTP here", where)]
    try:
        backend.open()
        assert backend.connection is not None  # noqa: S101 - it is open
        return [_tls(mail, backend.connection, where)]
    except (smtplib.SMTPException, OSError) as error:
        return [_fault(error, where)]
    finally:
        _closed(backend)


def _fault(error: smtplib.SMTPException | OSError, where: str) -> Finding:
    match error:
        case ssl.SSLCertVerificationError():
            todo = "give the server a certificate for the name in mail.host, or correct that"
            said = f"its certificate is not accepted: {error.verify_message}"
            return Finding("TLS", Health.BAD, said, where, todo)
        case smtplib.SMTPAuthenticationError():
            said, todo = "it does not let us in", "correct mail.user and mail.password"
        case smtplib.SMTPNotSupportedError():
            said, todo = str(error), "correct mail.encryption, or have the server offer it"
            return Finding("TLS", Health.BAD, said, where, todo)
        case _:
            said = f"it does not answer as a mail server does: {type(error).__name__}: {error}"
            todo = "look whether it runs, and whether this machine may connect to it"
    return Finding("server", Health.BAD, said, where, todo)


def _tls(mail: MailPlace, server: smtplib.SMTP, where: str) -> Finding:
    if isinstance(server.sock, ssl.SSLSocket):
        return Finding("TLS", Health.GOOD, f"{server.sock.version()}, certificate right", where)
    server.ehlo_or_helo_if_needed()
    if _is_of_this_machine(mail.host):
        return Finding("TLS", Health.GOOD, "none, which on this machine is right", where)
    todo = "set mail.encryption to starttls or tls"
    if server.has_extn("starttls"):
        return Finding("TLS", Health.BAD, "not used, though it offers STARTTLS", where, todo)
    todo = "have the server offer STARTTLS, and set mail.encryption"
    return Finding("TLS", Health.BAD, "mail goes through the network in the clear", where, todo)


def _is_of_this_machine(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def probe_finding(message: EmailMessage, now: dt.datetime) -> Finding:
    """Send a probe, by the road of all mail; what the server said to it."""
    where = message.to[0]
    try:
        hand_over_in_any_case(message, now)
    except (Refused, Broken, Unreachable, Unsendable) as error:
        todo = "read what the server said; the same happens to reports"
        return Finding("probe", Health.BAD, f"not taken: {error}", where, todo)
    todo = "look into that mailbox: its header tells what SPF, DKIM and DMARC came to"
    return Finding("probe", Health.GOOD, "the server took it", where, todo)


def _closed(backend: EmailBackend) -> None:
    try:
        backend.close()
    except (smtplib.SMTPException, OSError):
        # It was to be closed, and is.
        return
