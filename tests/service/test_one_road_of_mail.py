"""All mail takes one road: letters, codes to sign in and probes are signed as reports are."""

from __future__ import annotations

import contextlib
import datetime as dt
import email
import re
from collections.abc import Iterator
from pathlib import Path

import dkim
import pytest
from django.core import mail
from django.core.cache import cache
from django.core.mail import EmailMessage
from django.test import Client, override_settings
from pysequoia import Tsk
from tests.service import openpgp_keys as keys
from tests.service.desk import Desk, now
from tests.service.subscribed import subscribed
from tests.service.test_dkim_signature import PUBLIC, pem
from tests.service.test_openpgp_mime import armour, two_parts
from tests.service.test_protected_mail import put, raw, service, with_key

from tocsin.service import clock, installation
from tocsin.service.audit.record import Actor
from tocsin.service.delivery.doctor.openpgp import openpgp_findings
from tocsin.service.delivery.doctor.server import probe_finding
from tocsin.service.fakes.smtp_server import FakeSmtp, fake_smtp
from tocsin.service.letters.models import Letter, LetterState
from tocsin.service.subscribers.models import Contact, ContactState, Organisation
from tocsin.service.subscribers.recipients.keys import ask_for_key

__all__ = ["service"]

SERVICE = Path(installation.__file__).parent
NOC = "noc@example.org"
ADMIN = Actor.person("admin@example.org")


@pytest.fixture(autouse=True)
def nothing_counted() -> None:
    """Rate limits count in the cache, which outlives a test."""
    cache.clear()


def ask_for_code(address: str = NOC) -> None:
    organisation, _ = Organisation.objects.get_or_create(
        slug="alpha", defaults={"name": "Alpha", "founded_at": now()}
    )
    Contact.objects.create(
        organisation=organisation, full_name="Ada", address=address,
        state=ContactState.ACTIVE, since=now(),
    )  # fmt: skip
    assert Client().post("/accounts/login/code/", {"email": address}).status_code == 302


def write_letter() -> None:
    ask_for_key(subscribed().recipient(NOC), ADMIN, clock.now())


def probe() -> EmailMessage:
    return EmailMessage("Probe", "Text\n", "reports@tocsin.example.org", [NOC])


def signs(secret: Tsk, whole: bytes) -> bool:
    content, signature = two_parts(whole)
    return keys.is_signed_by(content, armour(signature), secret)


def is_of_our_domain(whole: bytes) -> bool:
    record = b"v=DKIM1; k=rsa; p=" + PUBLIC
    return bool(dkim.verify(whole, dnsfunc=lambda name, timeout=5: record))


@contextlib.contextmanager
def with_dkim(path: Path) -> Iterator[None]:
    path.write_bytes(pem())
    configuration = installation.configuration()
    place = configuration.mail.model_copy(update={"dkim_key": str(path), "dkim_selector": "s1"})
    with override_settings(TOCSIN_CONFIGURATION=configuration.model_copy(update={"mail": place})):
        yield


@pytest.fixture
def server() -> Iterator[FakeSmtp]:
    """A mail server that the service uses."""
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


def test_letters_codes_and_probes_go_over_the_wire_with_both_signatures(
    desk: Desk, server: FakeSmtp, service: Tsk, tmp_path: Path
) -> None:
    with with_dkim(tmp_path / "dkim.pem"):
        write_letter()
        desk.work()
        ask_for_code("ada@example.org")
        assert probe_finding(probe(), clock.now()).health == "good"
    assert len(server.taken) >= 3
    assert {each.message["Subject"] for each in server.taken} >= {
        "Probe",
        "[Tocsin] Your code to sign in",
    }
    for each in server.taken:
        assert is_of_our_domain(each.raw)
        assert signs(service, each.raw)
    # Connections do not stay open behind them.
    assert server.met == len(server.taken)


def test_a_code_to_sign_in_is_signed_and_not_encrypted_for_who_gave_a_key(
    desk: Desk, service: Tsk
) -> None:
    """Who has lost the key has to get in all the same, to put another one in its place."""
    noc = subscribed().recipient(NOC)
    put(noc, keys.public(keys.key(NOC)))
    ask_for_code("ada@example.org")
    ask_for_code(NOC)
    for message in mail.outbox[-2:]:
        assert message.subject == "[Tocsin] Your code to sign in"
        assert signs(service, raw(message))
        assert re.search(r"^  \S+$", str(message.body), re.MULTILINE)
        assert b"PGP MESSAGE" not in raw(message)


def test_a_key_that_cannot_be_used_keeps_nobody_from_signing_in(desk: Desk, tmp_path: Path) -> None:
    with with_key(tmp_path, "rubbish"):
        ask_for_code()
        found = openpgp_findings(clock.now())
    message = mail.outbox[-1]
    assert re.search(r"^  \S+$", str(message.body), re.MULTILINE)
    assert email.message_from_bytes(raw(message)).get_content_type() == "text/plain"
    assert [each.health for each in found] == ["bad"]


def test_the_doctor_says_with_which_key_mail_is_signed(desk: Desk, service: Tsk) -> None:
    (found,) = openpgp_findings(clock.now())
    assert found.health == "good"
    assert found.said.replace(" ", "").endswith(service.extract_certificate().fingerprint.upper())


def test_a_letter_waits_while_a_key_cannot_be_used(desk: Desk, tmp_path: Path) -> None:
    with with_key(tmp_path, "rubbish"):
        write_letter()
        desk.work()
    assert not mail.outbox
    assert Letter.objects.filter(recipient=NOC).get().state == LetterState.WAITING


@pytest.mark.parametrize(
    ("dial", "state", "said"),
    [
        ({"recipients": {NOC: "550 5.1.1 nobody here"}}, LetterState.REFUSED, "nobody here"),
        ({"messages": {NOC: "554 5.6.0 not such a one"}}, LetterState.REFUSED, "not such a one"),
        ({"recipients": {NOC: "450 4.2.0 come again"}}, LetterState.WAITING, ""),
        ({"senders": "550 5.7.1 not from you"}, LetterState.WAITING, ""),
    ],
)
def test_a_letter_is_given_up_only_if_it_is_the_letter_that_is_refused(
    desk: Desk, server: FakeSmtp, dial: dict[str, object], state: LetterState, said: str
) -> None:
    for name, value in dial.items():
        setattr(server.dials, name, value)
    write_letter()
    desk.work()
    letter = Letter.objects.filter(recipient=NOC).get()
    assert letter.state == state
    assert said in letter.refusal
    assert bool(letter.refusal) == bool(said)


def test_a_letter_waits_for_a_server_that_is_not_there(desk: Desk, server: FakeSmtp) -> None:
    server.die()
    write_letter()
    desk.work()
    letter = Letter.objects.filter(recipient=NOC).get()
    assert letter.state == LetterState.WAITING
    server.live()
    desk.pass_time(dt.timedelta(hours=1))
    desk.work()
    letter.refresh_from_db()
    assert letter.state == LetterState.SENT
    assert server.times()[letter.message_id] == 1


_SENDS = re.compile(
    r"\bget_connection\(|\bsend_(mail|mass_mail|messages)\(|\bmail_(admins|managers)\("
    r"|\.send\(\)|\bsmtplib\.SMTP(_SSL)?\("
)
_MAY = {
    "delivery/connection.py": "the road itself",
    "delivery/doctor/server.py": "looks at the server, and sends nothing",
    "letters/folder_backend.py": "the files instead of a server",
    "accounts/adapter.py": "what the library for accounts sends, taken from it",
}


def test_nobody_sends_mail_by_another_road() -> None:
    found = {
        str(path.relative_to(SERVICE))
        for path in SERVICE.rglob("*.py")
        if _SENDS.search(path.read_text(encoding="utf-8"))
    }
    assert found == set(_MAY)
