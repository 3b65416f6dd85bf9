"""A real listener on the loopback interface, and what it says to a mail server."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError
from tests.service.desk import Desk
from tests.service.mailbox.post import CHANGES, REQUESTS, mail

from tocsin.model.errors import StorageFull
from tocsin.service import clock, installation
from tocsin.service.mailbox import listen
from tocsin.service.mailbox.addresses import ours
from tocsin.service.mailbox.listen import Keep, listener
from tocsin.service.mailbox.models import CameBy, IncomingMessage
from tocsin.service.mailbox.store import Envelope, file_of, store_message

MOST = 100_000
Kept = list[tuple[bytes, Envelope]]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def listening(keep: Keep, place: str = "") -> Iterator[Callable[[], Any]]:
    """A listener; call what is given to connect to it."""
    where = place or f"smtp:127.0.0.1:{free_port()}"
    made = listener(where, keep, frozenset(ours(installation.configuration().mail)), MOST)
    made.start()
    protocol, _, rest = where.partition(":")
    kind = smtplib.LMTP if protocol == "lmtp" else smtplib.SMTP
    try:
        if rest[0] == "/":
            yield lambda: smtplib.LMTP(rest)
        else:
            host, _, port = rest.rpartition(":")
            yield lambda: kind(host, int(port), local_hostname="mx.example.org", timeout=30)
    finally:
        made.stop()


@pytest.fixture
def kept() -> Kept:
    return []


@pytest.fixture
def client(kept: Kept, db: None) -> Iterator[Any]:
    with (
        listening(lambda raw, envelope: kept.append((raw, envelope))) as connect,
        connect() as client,
    ):
        yield client


def test_a_message_to_us_is_stored_and_only_then_acknowledged(client: Any, kept: Kept) -> None:
    assert client.sendmail("ada@example.org", [REQUESTS], mail("x")) == {}
    raw, envelope = kept[0]
    assert raw.replace(b"\r\n", b"\n").startswith(b"From: Ada Example <ada@example.org>\n")
    assert envelope == Envelope("ada@example.org", (REQUESTS,), "127.0.0.1", "mx.example.org")


def test_a_bounce_has_an_empty_sender(client: Any, kept: Kept) -> None:
    client.sendmail("", [REQUESTS], mail("x"))
    row = store_message(*kept[0], CameBy.LISTENER, clock.now())
    assert row.sender == ""


def test_other_addresses_are_refused(client: Any, kept: Kept) -> None:
    client.ehlo()
    for address in ("root@tocsin.example.org", "request_report@example.net", "postmaster"):
        client.mail("ada@example.org")
        assert client.rcpt(address)[0] == 550
        client.rset()
    assert kept == []


def test_capitals_in_our_address_do_not_matter(client: Any, kept: Kept) -> None:
    client.sendmail("ada@example.org", [REQUESTS.upper()], mail("x"))
    assert kept[0][1].recipients == (REQUESTS,)


def test_one_recipient_at_a_time(client: Any, kept: Kept) -> None:
    refused = client.sendmail("ada@example.org", [REQUESTS, CHANGES], mail("x"))
    assert refused[CHANGES][0] == 452
    assert len(kept) == 1


def test_the_limit_is_announced_and_kept(client: Any, kept: Kept) -> None:
    client.ehlo()
    assert client.esmtp_features["size"] == str(MOST)
    with pytest.raises(smtplib.SMTPSenderRefused) as told:
        client.sendmail("ada@example.org", [REQUESTS], mail("x" * MOST))
    assert told.value.smtp_code == 552
    client.rset()
    client.mail("ada@example.org")
    client.rcpt(REQUESTS)
    assert client.data(mail("x\n" * MOST))[0] == 552  # that does not say beforehand how large it is
    client.sendmail("ada@example.org", [REQUESTS], mail("small"))
    assert len(kept) == 1


def test_a_long_line_is_taken(client: Any, kept: Kept) -> None:
    raw = b"From: a@example.org\r\n\r\n" + b"x" * 50_000 + b"\r\n"
    client.sendmail("ada@example.org", [REQUESTS], raw)
    assert kept[0][0] == raw


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (StorageFull("no room", where="disk", todo="free some"), 452),
        (DatabaseError("the database is gone"), 451),
        (RuntimeError("a fault of ours"), 451),
    ],
)
def test_what_fails_may_work_later(db: None, error: Exception, code: int) -> None:
    def failing(raw: bytes, envelope: Envelope) -> None:
        raise error

    with listening(failing) as connect, connect() as client:
        with pytest.raises(smtplib.SMTPDataError) as told:
            client.sendmail("ada@example.org", [REQUESTS], mail("x"))
        assert told.value.smtp_code == code


def test_lmtp_over_a_socket(db: None, kept: Kept, tmp_path: Path) -> None:
    place = f"lmtp:{tmp_path / 'in.sock'}"
    (tmp_path / "in.sock").touch()  # as one that was killed leaves it
    keep: Keep = lambda raw, envelope: kept.append((raw, envelope))  # noqa: E731
    with listening(keep, place) as connect, connect() as client:
        client.sendmail("ada@example.org", [REQUESTS], mail("x"))
    assert len(kept) == 1


def test_lmtp_over_a_port(db: None, kept: Kept) -> None:
    keep: Keep = lambda raw, envelope: kept.append((raw, envelope))  # noqa: E731
    with listening(keep, f"lmtp:127.0.0.1:{free_port()}") as connect, connect() as client:
        client.sendmail("ada@example.org", [REQUESTS], mail("x"))
    assert len(kept) == 1


def test_beyond_so_many_sessions_clients_are_sent_away(
    db: None, kept: Kept, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listen, "MOST_SESSIONS", 2)
    keep: Keep = lambda raw, envelope: kept.append((raw, envelope))  # noqa: E731
    with listening(keep) as connect:
        with connect(), connect():
            with pytest.raises(smtplib.SMTPConnectError) as told:
                connect()
            assert told.value.smtp_code == 421
        with connect() as client:
            client.sendmail("ada@example.org", [REQUESTS], mail("x"))
    assert len(kept) == 1


@pytest.mark.django_db(transaction=True)
def test_from_the_wire_to_file_and_row(desk: Desk) -> None:
    def keep(raw: bytes, envelope: Envelope) -> None:
        store_message(raw, envelope, CameBy.LISTENER, clock.now())

    with listening(keep) as connect, connect() as client:
        for _ in range(2):
            client.sendmail("ada@example.org", [REQUESTS], mail("x", Message_ID_Of_Test="1"))
    rows = list(IncomingMessage.objects.all())
    assert len(rows) == 2
    assert {(row.came_by, row.sender, row.recipient) for row in rows} == {
        (CameBy.LISTENER, "ada@example.org", REQUESTS)
    }
    assert all(file_of(row.sha256).stat().st_size == row.size for row in rows)
