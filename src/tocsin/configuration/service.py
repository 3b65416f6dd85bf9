"""The settings of the service: where it is reached, its database, its mail, its rules of review."""

from __future__ import annotations

import re
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ByteSize,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)

from tocsin.configuration.texts import mail_address

_HOST = re.compile(r"[A-Za-z0-9.:-]{1,255}")


def _public_address(text: str) -> str:
    """The address of the portal, without a path."""
    parts = urlsplit(text)
    if parts.scheme not in ("https", "http") or not parts.hostname or "@" in parts.netloc:
        raise ValueError("is no address such as https://reports.example.org")
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("is an address with a path; the portal is reached at the root of its host")
    return text.rstrip("/")


def _host(text: str) -> str:
    if text and not _HOST.fullmatch(text):
        raise ValueError("is no name of a host")
    return text


def _local_part(text: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_.-]{0,63}", text):
        raise ValueError("is no local part of a mail address: small letters, digits, . _ and -")
    return text


def _selector(text: str) -> str:
    if text and not re.fullmatch(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?", text):
        raise ValueError("is no selector: small letters, digits, . and -")
    return text


def _small_host(text: str) -> str:
    if not text or text != text.lower():
        raise ValueError("is no domain in small letters")
    return _host(text)


def _listen(text: str) -> str:
    """Where mail is listened for: `smtp:HOST:PORT`, `lmtp:HOST:PORT` or `lmtp:/a/socket`."""
    if text and not re.fullmatch(r"(smtp|lmtp):(/.+|\[?[A-Za-z0-9.:-]+\]?:\d{1,5})", text):
        raise ValueError("is no place such as lmtp:127.0.0.1:10024, smtp:... or lmtp:/run/a.socket")
    return text


def _web(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("https", "http") or not parts.hostname or "@" in parts.netloc:
        raise ValueError("is no address such as https://example.org/path")
    return text


def _web_or_none(text: str) -> str:
    return _web(text) if text else ""


Port = Annotated[int, Field(ge=0, le=65_535)]
Host = Annotated[str, AfterValidator(_host)]
PerMinute = Annotated[int, Field(ge=0, le=1_000_000)]
Web = Annotated[str, AfterValidator(_web)]
Days = Annotated[int, Field(ge=1, le=3650)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ServicePlace(_Table):
    """The table `[service]`: how people reach the portal, and under which name."""

    address: Annotated[str, AfterValidator(_public_address)] = "http://127.0.0.1:8000"
    name: Annotated[str, Field(min_length=1, max_length=60)] = "Tocsin"
    workers: Annotated[int, Field(ge=1, le=64)] = 2
    proxies: Annotated[int, Field(ge=0, le=10)] = 0
    demonstration: bool = False


class DatabasePlace(_Table):
    """The table `[database]`: a file in the home, or a PostgreSQL server.

    prepared: whether the server keeps plans of what is asked at every call.
    """

    kind: Literal["sqlite", "postgresql"] = "sqlite"
    name: Annotated[str, Field(max_length=200)] = "tocsin"
    host: Annotated[str, Field(max_length=255)] = ""
    port: Port = 5432
    user: Annotated[str, Field(max_length=63)] = ""
    password: SecretStr = SecretStr("")
    prepared: bool = True


class MailPlace(_Table):
    """The table `[mail]`: through which server letters go out, and from whom."""

    host: Host = ""
    port: Port = 25
    encryption: Literal["none", "starttls", "tls"] = "none"
    user: Annotated[str, Field(max_length=255)] = ""
    password: SecretStr = SecretStr("")
    domain: Host = "tocsin.example.org"
    sender: Annotated[str, AfterValidator(_local_part)] = "reports"
    requests: Annotated[str, AfterValidator(_local_part)] = "request_report"
    changes: Annotated[str, AfterValidator(_local_part)] = "report_admin"
    objections: Annotated[str, AfterValidator(_local_part)] = "botnets"
    bounces: Annotated[str, AfterValidator(_local_part)] = "bounces"
    staff: Annotated[str, AfterValidator(mail_address)] = ""
    most_to_staff_per_day: Annotated[int, Field(ge=1)] = 50
    openpgp_key: Annotated[str, Field(max_length=4096)] = ""
    openpgp_password: SecretStr = SecretStr("")
    dkim_key: Annotated[str, Field(max_length=1000)] = ""
    dkim_selector: Annotated[str, AfterValidator(_selector)] = ""

    @model_validator(mode="after")
    def _key_and_its_name(self) -> MailPlace:
        if self.dkim_key and not self.dkim_selector:
            raise ValueError("dkim_key needs dkim_selector, the name of the key in the DNS")
        return self


class DeliveryRules(_Table):
    """The table `[delivery]`: how reports are mailed.

    largest_attachment: of all files of one mail together. per_domain_per_minute: 0 holds nobody
    back; per_domain: the same for single domains.
    """

    workers: Annotated[int, Field(ge=1, le=64)] = 2
    connections: Annotated[int, Field(ge=1, le=100)] = 4
    per_domain_per_minute: Annotated[int, Field(ge=0, le=1_000_000)] = 0
    per_domain: dict[Annotated[str, AfterValidator(_small_host)], PerMinute] = Field(
        default_factory=dict
    )
    largest_attachment: Annotated[ByteSize, Field(ge=0)] = ByteSize(10 << 20)


class MailboxPlace(_Table):
    """The table `[mailbox]`: how mail to the service comes in."""

    listen: Annotated[str, Field(max_length=255), AfterValidator(_listen)] = ""
    imap_host: Host = ""
    imap_port: Port = 993
    imap_user: Annotated[str, Field(max_length=255)] = ""
    imap_password: SecretStr = SecretStr("")
    imap_encryption: Literal["tls", "starttls", "none"] = "tls"
    imap_folder: Annotated[str, Field(max_length=255)] = "INBOX"
    imap_done_folder: Annotated[str, Field(max_length=255)] = ""
    most_bytes: Annotated[ByteSize, Field(ge=1 << 10)] = ByteSize(10 << 20)
    most_per_day: Annotated[int, Field(ge=1)] = 50
    most_letters_per_day: Annotated[int, Field(ge=1)] = 20
    keep_days: Days = 90
    trusted_servers: tuple[Annotated[str, AfterValidator(_host)], ...] = ()
    meets_senders: bool = False


class ReviewRules(_Table):
    """The table `[review]`: when two persons have to agree."""

    two_persons_for_countries: bool = True
    two_persons_above: Annotated[int, Field(ge=0)] = 65_536


class BrakeRules(_Table):
    """The table `[brake]`: from which differences on a part of a night is held for staff."""

    factor: Annotated[float, Field(gt=1, le=1000)] = 5.0
    least_rows: Annotated[int, Field(ge=1)] = 200
    least_reports: Annotated[int, Field(ge=1)] = 20
    least_days: Annotated[int, Field(ge=1, le=28)] = 7
    address_percent: Annotated[float, Field(gt=0, le=100)] = 5.0
    address_reports: Annotated[int, Field(ge=1)] = 10


class ProofRules(_Table):
    """The table `[proof]`: what counts as a network that one can ask for, and for how long."""

    valid_days: Days = 365
    imported_days: Days = 90
    warn_days: Days = 30
    code_days: Days = 14
    most_codes: Annotated[int, Field(ge=1, le=20)] = 3
    compared_per_day: Annotated[int, Field(ge=0)] = 200_000
    broadest_v4: Annotated[int, Field(ge=1, le=32)] = 8
    broadest_v6: Annotated[int, Field(ge=1, le=128)] = 20
    abuse_mailbox_up_to: Annotated[int, Field(ge=1, le=32)] = 20
    recipient_wait_hours: Annotated[int, Field(ge=0, le=720)] = 72
    documentation_allowed: bool = False
    rdap: dict[Annotated[str, Field(pattern=r"^[a-z]+$")], Web] = Field(default_factory=dict)
    resolver: Annotated[str, Field(max_length=255)] = ""
    loopback_allowed: bool = False
    registry_hours: Annotated[int, Field(ge=0, le=720)] = 20
    registry_per_minute: Annotated[int, Field(ge=1)] = 20
    registry_per_day: Annotated[int, Field(ge=1)] = 5_000
    peeringdb_client: Annotated[str, Field(max_length=200)] = ""
    peeringdb_secret: SecretStr = SecretStr("")
    peeringdb_address: Annotated[str, AfterValidator(_web_or_none)] = ""


class ApiRules(_Table):
    """The table `[api]`: how often programs may call."""

    calls_per_minute: Annotated[int, Field(ge=1)] = 600
    public_per_minute: Annotated[int, Field(ge=0)] = 60
