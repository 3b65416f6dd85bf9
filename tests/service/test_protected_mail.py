"""Mail of a night, and letters, with OpenPGP: signed, encrypted, or without data for a dead key."""

from __future__ import annotations

import contextlib
import datetime as dt
import email
import os
from collections.abc import Iterator
from email.message import Message
from pathlib import Path

import pytest
from django.core import mail
from django.core.mail import EmailMessage
from django.test import Client, override_settings
from pydantic import SecretStr
from pysequoia import Tsk, decrypt
from tests.fakes.small_home import DAY, event
from tests.service import openpgp_keys as keys
from tests.service.commands import called
from tests.service.desk import Desk
from tests.service.objecting_world import World
from tests.service.subscribed import subscribed
from tests.service.test_openpgp_mime import GnuPG, armour, gnupg, two_parts

from tocsin.model.errors import ConfigurationError
from tocsin.service import clock, installation
from tocsin.service.audit.record import Actor
from tocsin.service.delivery.brake.correcting import GRACE
from tocsin.service.delivery.models import Delivery, DeliveryState
from tocsin.service.delivery.openpgp.service_key import service_key
from tocsin.service.delivery.sending import send_due
from tocsin.service.delivery.taking import notice_nights
from tocsin.service.letters.models import Letter, LetterState
from tocsin.service.subscribers.changes.feed import make_change
from tocsin.service.subscribers.models import ListMode, Recipient, RecipientKey
from tocsin.service.subscribers.recipients.keys import ask_for_key, set_key
from tocsin.service.subscribers.recipients.keys_daily import LOOKING_AFTER

NOC = "noc@example.org"
ADMIN = Actor.person("admin@example.org")
__all__ = ["gnupg"]


@contextlib.contextmanager
def with_key(folder: Path, said: str, password: str = "", mode: int = 0o600) -> Iterator[Path]:
    """A service with a secret key in a file."""
    path = folder / "service-key.asc"
    path.write_text(said)
    path.chmod(mode)
    # Two keys may be written within one tick of the clock of the file system.
    os.utime(path, ns=(path.stat().st_atime_ns, hash(said) % 10**18))
    configuration = installation.configuration()
    place = configuration.mail.model_copy(
        update={"openpgp_key": str(path), "openpgp_password": SecretStr(password)}
    )
    with override_settings(TOCSIN_CONFIGURATION=configuration.model_copy(update={"mail": place})):
        yield path


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Tsk]:
    """The key with which the service signs."""
    secret = keys.key("reports@tocsin.example.org")
    with with_key(tmp_path, str(secret)):
        yield secret


@pytest.fixture
def noc(world: World) -> Recipient:
    """Somebody who gets a report of a night."""
    found = world.alpha.recipient(NOC)
    world.small.collect_events([event(1, sensor="s1"), event(2, "192.0.2.11", sensor="s2")])
    world.night()
    notice_nights(clock.now())
    world.desk.work()
    return found


def put(recipient: Recipient, said: bytes) -> None:
    make_change(
        recipient.list.organisation,
        ADMIN,
        lambda: [set_key(recipient, said, ADMIN, clock.now())],
        clock.now(),
    )


def sent() -> EmailMessage:
    """The report that was sent."""
    send_due(clock.now)
    (found,) = [each for each in mail.outbox if "List-Id" in each.extra_headers]
    return found


def raw(message: EmailMessage) -> bytes:
    return message.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]


def kinds(message: Message) -> list[str]:
    return [each.get_content_type() for each in message.walk()]


def opened(message: EmailMessage, secret: Tsk, service: Tsk) -> Message:
    """What is inside, after its signature was verified."""
    _, sealed = two_parts(raw(message))
    found = decrypt(
        armour(sealed),
        decryptor=secret.decryptor(),
        store=lambda _: [service.extract_certificate()],
    )
    assert len(found.valid_sigs) == 1
    assert found.bytes is not None
    return email.message_from_bytes(found.bytes)


def test_a_report_is_signed_whenever_the_service_has_a_key(noc: Recipient, service: Tsk) -> None:
    del noc
    message = sent()
    content, signature = two_parts(raw(message))
    assert keys.is_signed_by(content, armour(signature), service)
    read = email.message_from_bytes(raw(message))
    assert kinds(read) == [
        "multipart/signed",
        "multipart/mixed",
        "multipart/alternative",
        "text/plain",
        "text/html",
        "application/zip",
        "application/pgp-signature",
    ]
    assert read["Message-ID"] == Delivery.objects.get().message_id
    assert read["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


def test_the_key_is_named_in_the_mail_and_fetched_by_its_page(noc: Recipient, service: Tsk) -> None:
    del noc
    own = service_key()
    assert own is not None
    assert own.grouped in str(sent().body)
    page = Client().get("/openpgp.asc")
    assert page.headers["Content-Type"] == "application/pgp-keys"
    assert page.content == str(service.extract_certificate()).encode()
    assert b"PRIVATE" not in page.content


def test_without_a_key_mail_is_as_it_was(noc: Recipient) -> None:
    del noc
    assert kinds(sent().message())[0] == "multipart/mixed"
    assert Client().get("/openpgp.asc").status_code == 404


def test_who_gave_a_key_gets_everything_encrypted_but_the_headers(
    noc: Recipient, service: Tsk
) -> None:
    ada = keys.key(NOC)
    put(noc, keys.public(ada))
    message = sent()
    for secret in (b"/dl/", b"192.0.2", b".csv", b"sinkhole-alpha"):
        assert secret not in raw(message)
    read = email.message_from_bytes(raw(message))
    assert kinds(read)[0] == "multipart/encrypted"
    assert read["Subject"].startswith("[alpha-asn] ")
    inside = opened(message, ada, service)
    assert "application/zip" in kinds(inside)
    assert str(message.body) == ""


def test_gnupg_reads_what_a_recipient_with_its_key_gets(
    noc: Recipient, service: Tsk, gnupg: GnuPG
) -> None:
    gnupg.run("--import", said=keys.public(service))
    put(noc, gnupg.key(NOC, "future-default"))
    _, sealed = two_parts(raw(sent()))
    done = gnupg.run("--decrypt", said=armour(sealed))
    assert b"GOODSIG" in done.stderr, done.stderr
    assert "application/zip" in kinds(email.message_from_bytes(done.stdout))


def test_encrypted_without_a_key_of_the_service_is_encrypted_all_the_same(noc: Recipient) -> None:
    ada = keys.key(NOC)
    put(noc, keys.public(ada))
    _, sealed = two_parts(raw(sent()))
    assert decrypt(armour(sealed), decryptor=ada.decryptor()).bytes


def test_a_correction_is_encrypted_too(world: World, noc: Recipient, service: Tsk) -> None:
    ada = keys.key(NOC)
    put(noc, keys.public(ada))
    sent()
    called(world, "recall", "--sensor", "s1", "--date", str(DAY), "--owner", "A", "--reason", "why")
    world.desk.pass_time(GRACE)
    world.desk.work()
    send_due(clock.now)
    message = mail.outbox[-1]
    assert " Correction: " in message.subject
    assert b"192.0.2" not in raw(message)
    assert "-recalled.csv.zip" in str(opened(message, ada, service))
    RecipientKey.objects.update(expires_at=clock.now())
    Delivery.objects.update(state=DeliveryState.WAITING, due_at=clock.now())
    send_due(clock.now)
    for each in mail.outbox[-2:]:
        assert "cannot be used any more" in str(each.body)


def test_a_key_of_the_service_that_cannot_be_used_stops_the_sending_and_loses_nothing(
    noc: Recipient, tmp_path: Path
) -> None:
    del noc
    with with_key(tmp_path, "rubbish"), pytest.raises(ConfigurationError):
        send_due(clock.now)
    assert Delivery.objects.get().state != DeliveryState.FAILED
    assert not [each for each in mail.outbox if "List-Id" in each.extra_headers]


def test_a_signed_mail_still_says_that_it_has_files(noc: Recipient, service: Tsk) -> None:
    """By that a gateway that refuses files is sent the link instead."""
    del noc, service
    assert sent().attachments


def _dead(noc: Recipient, how: str) -> None:
    """A key on file that ends, in one of the ways in which it can."""
    put(noc, keys.public(keys.key(NOC)))
    if how == "expired":
        RecipientKey.objects.update(expires_at=clock.now())
    elif how == "unusable":
        RecipientKey.objects.update(state="unusable", reason="revoked by its owner")
    elif how == "damaged":
        RecipientKey.objects.update(armour="rubbish")
    else:
        signing = keys.without_encryption(keys.key(NOC))
        RecipientKey.objects.update(armour=signing)


@pytest.mark.parametrize("how", ["expired", "unusable", "damaged", "not for encryption"])
def test_for_a_dead_key_the_mail_holds_no_data_and_no_link(
    noc: Recipient, service: Tsk, how: str
) -> None:
    _dead(noc, how)
    message = sent()
    whole = raw(message)
    for secret in (b"/dl/", b"192.0.2", b".csv", b"PGP MESSAGE", b"trend"):
        assert secret not in whole
    content, signature = two_parts(whole)
    assert keys.is_signed_by(content, armour(signature), service)
    body = str(message.body)
    assert "cannot be used any more" in body
    assert "http://testserver\n" in body
    assert Delivery.objects.get().state == DeliveryState.SENT


def test_whose_key_is_dead_is_told_in_the_language_of_the_list(noc: Recipient) -> None:
    noc.list.language = "fr"
    noc.list.save()
    _dead(noc, "expired")
    message = sent()
    assert "elle a expiré ou a été" in str(message.body)
    assert "Rapport : " in message.subject


def test_the_tester_of_a_redirected_list_who_gave_a_key_has_it_used(
    noc: Recipient, service: Tsk
) -> None:
    ada = keys.key(NOC)
    put(noc, keys.public(ada))
    noc.list.mode, noc.list.redirect_to = ListMode.REDIRECT, NOC
    noc.list.save()
    Delivery.objects.update(recipient=None)
    assert opened(sent(), ada, service)


def test_letters_are_signed_too(desk: Desk, service: Tsk) -> None:
    noc = subscribed().recipient(NOC)
    ask_for_key(noc, ADMIN, clock.now())
    (letter,) = desk.letters_to(NOC)
    content, signature = two_parts(raw(letter))
    assert keys.is_signed_by(content, armour(signature), service)
    assert "/l/recipient-key/" in str(letter.body)


def test_a_key_with_a_password_opens_with_it_alone(tmp_path: Path, gnupg: GnuPG) -> None:
    said = gnupg.secret_key("locked@example.org", "hunter2").decode()
    with with_key(tmp_path, said, "hunter2"):
        own = service_key()
        assert own is not None
        assert own.signs(dt.datetime.now(dt.UTC))
    for wrong in ("", "hunter3"):
        with (
            with_key(tmp_path, said, wrong),
            pytest.raises(ConfigurationError, match="opened") as told,
        ):
            service_key()
        assert "hunter" not in told.value.message()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_key_that_others_may_read_is_not_used(tmp_path: Path, mode: int) -> None:
    secret = str(keys.key("reports@example.org"))
    with with_key(tmp_path, secret, mode=mode), pytest.raises(ConfigurationError, match="others"):
        service_key()


@pytest.mark.parametrize("what", ["public", "rubbish", "nothing"])
def test_what_is_no_secret_key_is_told_as_such(tmp_path: Path, what: str) -> None:
    said = keys.public(keys.key("reports@example.org")).decode()
    with with_key(tmp_path, said if what == "public" else what) as path:
        if what == "nothing":
            path.unlink()
        with pytest.raises(ConfigurationError, match=r"cannot be read|no secret OpenPGP key"):
            service_key()


def test_a_letter_waits_while_the_key_of_the_service_cannot_be_used(
    desk: Desk, tmp_path: Path
) -> None:
    noc = subscribed().recipient(NOC)
    with with_key(tmp_path, "rubbish"):
        ask_for_key(noc, ADMIN, clock.now())
        desk.work()
        assert Letter.objects.get().state == LetterState.WAITING
    desk.pass_time(dt.timedelta(hours=1))
    assert len(desk.letters_to(NOC)) == 1


def test_staff_are_told_before_the_key_of_the_service_ends_and_mail_goes_on_unsigned(
    desk: Desk, tmp_path: Path
) -> None:
    secret = keys.key("reports@example.org", dt.timedelta(days=10_000))
    end = secret.extract_certificate().expiration
    assert end is not None
    noc = subscribed().recipient(NOC)
    with with_key(tmp_path, str(secret)), _staff("staff@tocsin.example.org"):
        for days in (31, 30, 29, -1, -2):
            desk.clock.move_to(end - dt.timedelta(days=days))
            LOOKING_AFTER.inner({}, None, clock.now())
        told = [str(each.subject) for each in desk.letters_to("staff@tocsin.example.org")]
        assert [each for each in told if "OpenPGP" in each] == [
            f"[Tocsin] The OpenPGP key of the service ends at {end:%Y-%m-%d %H:%M} UTC",
            "[Tocsin] The OpenPGP key of the service has ended",
        ]
        ask_for_key(noc, ADMIN, clock.now())
        assert kinds(desk.letters_to(NOC)[-1].message()) == ["text/plain"]


def _staff(address: str) -> override_settings:
    configuration = installation.configuration()
    place = configuration.mail.model_copy(update={"staff": address})
    return override_settings(TOCSIN_CONFIGURATION=configuration.model_copy(update={"mail": place}))
