"""`tocsin doctor mail`: each thing that may be wrong with the sending side is found and told."""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import dns.resolver
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from django.test import override_settings
from tests.service.desk import Desk
from tests.service.mailbox.test_mailbox_command import called

from tocsin.configuration.service import MailPlace
from tocsin.service import clock, installation
from tocsin.service.delivery.doctor.dns import DnsOfMail
from tocsin.service.delivery.doctor.examine import examine
from tocsin.service.delivery.doctor.finding import Finding
from tocsin.service.delivery.signing import signature_of
from tocsin.service.fakes.dns_server import FakeDns, fake_dns
from tocsin.service.fakes.smtp_server import FakeSmtp, fake_smtp

DOMAIN = "reports.example.org"
OURS = "192.0.2.25"


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A private key in a file, and its public half as the DNS has it."""
    path = tmp_path_factory.mktemp("key") / "dkim.pem"
    made = rsa.generate_private_key(65537, 2048)
    path.write_bytes(
        made.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
    )
    public = made.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return path, "".join(public.decode().splitlines()[1:-1])


@pytest.fixture
def names(key: tuple[Path, str]) -> Iterator[FakeDns]:
    """A DNS in which all is well."""
    half = len(key[1]) // 2
    records = {
        (DOMAIN, "TXT"): ['"v=spf1 ip4:192.0.2.0/27 -all"', '"something else"'],
        (f"s1._domainkey.{DOMAIN}", "TXT"): [
            f'"v=DKIM1; k=rsa; p={key[1][:half]}" "{key[1][half:]}"'
        ],
        ("_dmarc.example.org", "TXT"): ['"v=DMARC1; p=reject"'],
        ("25.2.0.192.in-addr.arpa", "PTR"): ["mail.example.org."],
        ("mail.example.org", "A"): [OURS],
    }
    with fake_dns(records) as fake:
        yield fake


@pytest.fixture
def server() -> Iterator[FakeSmtp]:
    with (
        fake_smtp() as fake,
        override_settings(
            EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
            EMAIL_HOST=fake.host,
            EMAIL_PORT=fake.port,
            EMAIL_TIMEOUT=5,
        ),
    ):
        yield fake


def asked(fake: FakeDns, seconds: float = 5.0) -> DnsOfMail:
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = [fake.host], fake.port
    return DnsOfMail(resolver, seconds)


def looked(
    names: FakeDns, server: FakeSmtp, key: Path | None, to: str = "", **more: object
) -> dict[str, Finding]:
    mail = MailPlace(
        host=server.host,
        port=server.port,
        domain=DOMAIN,
        dkim_key=str(key or ""),
        dkim_selector="s1" if key else "",
    )
    configuration = installation.configuration().model_copy(update={"mail": mail})
    with override_settings(TOCSIN_CONFIGURATION=configuration):
        found = examine(mail, asked(names, 0.3), more.get("at", [OURS]), to, clock.now())  # type: ignore[arg-type]
    return {each.what: each for each in found}


def test_where_all_is_well_it_says_so_and_the_probe_arrives_signed(
    desk: Desk, names: FakeDns, server: FakeSmtp, key: tuple[Path, str]
) -> None:
    found = looked(names, server, key[0], "noc@example.net")
    assert {what: each.health for what, each in found.items()} == dict.fromkeys(
        ("TLS", "SPF", "DKIM", "DMARC", "PTR", "probe"), "good"
    )
    (probe,) = server.taken
    assert probe.raw.startswith(b"DKIM-Signature:")
    assert probe.recipient == "noc@example.net"


@pytest.mark.parametrize(
    ("record", "value", "what", "todo"),
    [
        ((DOMAIN, "TXT"), [], "SPF", 'add a TXT record such as "v=spf1 ip4:192.0.2.25 -all"'),
        ((DOMAIN, "TXT"), ['"v=spf1 -all"'], "SPF", "add ip4:192.0.2.25"),
        ((DOMAIN, "TXT"), ['"v=spf1 -all"', '"v=spf1 +all"'], "SPF", "correct the record"),
        ((f"s1._domainkey.{DOMAIN}", "TXT"), [], "DKIM", "publish the public key there"),
        ((f"s1._domainkey.{DOMAIN}", "TXT"), ['"v=DKIM1; p=AAAA"'], "DKIM", "publish the public"),
        (("_dmarc.example.org", "TXT"), [], "DMARC", "add a TXT record"),
        (("_dmarc.example.org", "TXT"), ['"v=DMARC1; p=maybe"'], "DMARC", "say p=none"),
        (("25.2.0.192.in-addr.arpa", "PTR"), [], "PTR", "ask whoever gave you"),
        (("mail.example.org", "A"), ["192.0.2.99"], "PTR", "give mail.example.org"),
    ],
)
def test_what_is_wrong_in_the_dns_is_told_with_what_to_do(
    desk: Desk,
    names: FakeDns,
    server: FakeSmtp,
    key: tuple[Path, str],
    record: tuple[str, str],
    value: list[str],
    what: str,
    todo: str,
) -> None:
    names.records[record] = value
    found = looked(names, server, key[0])
    assert {each.what for each in found.values() if each.health == "bad"} == {what}
    assert found[what].todo.startswith(todo)


def test_a_dns_that_does_not_answer_is_not_taken_for_an_empty_one(
    desk: Desk, names: FakeDns, server: FakeSmtp
) -> None:
    names.dials.failing = True
    found = looked(names, server, None)
    assert {found[what].health for what in ("SPF", "DMARC", "PTR")} == {"unknown"}


def test_behind_a_server_of_this_machine_the_address_is_asked_for(
    desk: Desk, names: FakeDns, server: FakeSmtp
) -> None:
    found = looked(names, server, None, at=[])
    assert found["addresses"].todo == "say it with --leaves-from"
    assert found["SPF"].health == "unknown"
    assert found["DKIM"].health == "hint"


def test_a_server_that_is_not_there_or_refuses_the_probe_is_told(
    desk: Desk, names: FakeDns, server: FakeSmtp
) -> None:
    server.dials.recipients["noc@example.net"] = "550 5.7.1 not from you"
    assert "550 5.7.1 not from you" in looked(names, server, None, "noc@example.net")["probe"].said
    server.die()
    assert looked(names, server, None)["server"].health == "bad"


def _certificate(folder: Path, name: str) -> tuple[ssl.SSLContext, Path]:
    made = rsa.generate_private_key(65537, 2048)
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    alternative: x509.GeneralName = x509.DNSName(name)
    if name[0].isdigit():
        alternative = x509.IPAddress(ipaddress.ip_address(name))
    built = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(made.public_key())
        .serial_number(1)
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2050, 1, 1, tzinfo=dt.UTC))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(made, hashes.SHA256())
    )
    both = folder / f"{name}.pem"
    both.write_bytes(
        built.public_bytes(serialization.Encoding.PEM)
        + made.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(both)
    return context, both


@pytest.mark.parametrize(
    ("name", "password", "what", "health", "said"),
    [
        ("127.0.0.1", "right", "TLS", "good", "certificate right"),
        ("127.0.0.1", "other", "server", "bad", "it does not let us in"),
        ("mail.example.net", "right", "TLS", "bad", "certificate is not accepted"),
    ],
)
def test_tls_and_sign_in_are_tried_as_sending_does(
    desk: Desk,
    names: FakeDns,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    password: str,
    what: str,
    health: str,
    said: str,
) -> None:
    context, trusted = _certificate(tmp_path, name)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    with (
        fake_smtp(tls=context, password="right") as fake,
        override_settings(
            EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
            EMAIL_HOST=fake.host,
            EMAIL_PORT=fake.port,
            EMAIL_USE_TLS=True,
            EMAIL_HOST_USER="tocsin",
            EMAIL_HOST_PASSWORD=password,
            EMAIL_TIMEOUT=5,
        ),
    ):
        to = "noc@example.net" if health == "good" else ""
        found = looked(names, fake, None, to)[what]
        assert (found.health, said in found.said) == (health, True), found
        assert len(fake.taken) == (health == "good")


def test_a_signature_covers_what_leaving_by_one_click_needs(key: tuple[Path, str]) -> None:
    sign = signature_of(MailPlace(domain=DOMAIN, dkim_key=str(key[0]), dkim_selector="s1"))
    assert sign is not None
    raw = b"From: a@example.org\r\nList-Unsubscribe: <x>\r\nList-Unsubscribe-Post: y\r\n\r\nz\r\n"
    signed = sign(raw)
    assert signed.endswith(raw)
    header = signed[: -len(raw)].lower().replace(b"\r\n", b"").replace(b" ", b"")
    assert b"list-unsubscribe:list-unsubscribe-post" in header


def test_the_command_tells_findings_and_ends_accordingly(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    with fake_dns({}) as fake:
        (home / "tocsin.toml").write_text(f'[proof]\nresolver = "{fake.place}"\n')
        done: subprocess.CompletedProcess[bytes] = called(home, "doctor", "mail", "--json")
    assert done.returncode == 1, done.stderr
    found = {each["what"]: each for each in json.loads(done.stdout)["findings"]}
    assert found["server"]["said"] == "no mail server is named"
    assert found["SPF"]["health"] == "bad"
