"""A message that we say we have is there, whatever dies."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import os
from pathlib import Path

import pytest
from django.db import DatabaseError
from tests.service.desk import Desk
from tests.service.mailbox.post import CHANGES, REQUESTS, Post, mail

from tocsin.service import clock, installation
from tocsin.service.fakes.imap import FakeMailbox
from tocsin.service.mailbox import store
from tocsin.service.mailbox.fetch import fetch_all
from tocsin.service.mailbox.imap import MailboxUnreachable
from tocsin.service.mailbox.models import CameBy, IncomingMessage, MessageState
from tocsin.service.mailbox.pipe import receive
from tocsin.service.mailbox.recover import recover_messages
from tocsin.service.mailbox.store import READ, Envelope, file_of, store_message
from tocsin.service.work.models import Task


@pytest.fixture(autouse=True)
def emptied(desk: Desk) -> None:
    """No files of other tests."""
    for path in store.directory().glob("??/*"):
        path.unlink()


def aged(path: Path) -> None:
    old = (clock.now() - dt.timedelta(hours=2)).timestamp()
    os.utime(path, (old, old))


def test_file_and_row_hold_the_very_bytes(desk: Desk) -> None:
    raw = mail("Grüße")
    row = store_message(raw, Envelope("ada@example.org"), CameBy.PIPE, clock.now())
    path = file_of(row.sha256)
    assert path.read_bytes() == raw
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert row.sha256 == hashlib.sha256(raw).hexdigest()
    assert (row.state, row.from_address, row.subject) == ("waiting", "ada@example.org", "Reports")


def test_the_same_message_twice_is_one(desk: Desk) -> None:
    raw = mail("once")
    rows = {store_message(raw, Envelope(), CameBy.PIPE, clock.now()).pk for _ in range(3)}
    assert len(rows) == 1
    assert Task.objects.filter(kind=READ).count() == 1


def test_the_same_message_to_two_addresses_is_read_for_each(desk: Desk) -> None:
    raw = mail("both")
    rows = [
        store_message(raw, Envelope("ada@example.org", (to,)), CameBy.LISTENER, clock.now())
        for to in (REQUESTS, CHANGES, REQUESTS)
    ]
    assert [row.recipient for row in rows] == [REQUESTS, CHANGES, REQUESTS]
    assert len({row.pk for row in rows}) == 2
    assert len({row.sha256 for row in rows}) == 1


def test_who_is_killed_between_file_and_row_loses_nothing(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = mail("killed")

    def killed(*args: object, **kwargs: object) -> None:
        raise SystemExit(137)

    with monkeypatch.context() as patched:
        patched.setattr(store, "_row", killed)
        with pytest.raises(SystemExit):
            store_message(raw, Envelope(), CameBy.LISTENER, clock.now())
    (path,) = store.directory().glob("??/*.eml")
    assert not IncomingMessage.objects.exists()
    assert recover_messages(clock.now()) == 0  # too young: its row may be about to come
    aged(path)
    assert recover_messages(clock.now()) == 1
    assert recover_messages(clock.now()) == 0
    row = IncomingMessage.objects.get()
    assert (row.came_by, row.recipient) == (CameBy.RECOVERED, "request_report@tocsin.example.org")


def test_half_written_files_are_removed(desk: Desk) -> None:
    row = store_message(mail("whole"), Envelope(), CameBy.PIPE, clock.now())
    half = file_of(row.sha256).with_name(".x.eml.1.tmp")
    half.write_bytes(b"From: a")
    aged(half)
    recover_messages(clock.now())
    assert not half.exists()
    assert IncomingMessage.objects.count() == 1


def test_a_message_over_the_limit_is_refused_without_its_bytes(desk: Desk) -> None:
    most = installation.configuration().mailbox.most_bytes
    raw = mail("large") + b"x" * most
    row = receive(io.BytesIO(raw), Envelope(), clock.now())
    assert (row.state, row.reason, row.size) == ("refused", "too_large", len(raw))
    assert row.sha256 == hashlib.sha256(raw).hexdigest()
    assert row.from_address == "ada@example.org"
    assert not file_of(row.sha256).exists()
    assert receive(io.BytesIO(raw), Envelope(), clock.now()).pk == row.pk


def test_the_pipe_tells_envelope_and_header_apart(desk: Desk) -> None:
    row = receive(
        io.BytesIO(mail("x", to="someone@example.net")),
        Envelope("", ("REQUEST_REPORT@tocsin.example.org",)),
        clock.now(),
    )
    assert (row.sender, row.recipient) == ("", "request_report@tocsin.example.org")


def test_what_imap_gives_is_marked_only_after_it_is_stored(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    box = FakeMailbox({"1": mail("one"), "2": mail("two")})

    def broken(*args: object) -> None:
        raise DatabaseError("the database is gone")

    with monkeypatch.context() as patched:
        patched.setattr("tocsin.service.mailbox.fetch.store_message", broken)
        with pytest.raises(DatabaseError):
            fetch_all(box, clock.now)
    assert box.seen == []
    assert fetch_all(box, clock.now).stored == 2
    assert box.seen == ["1", "2"]
    assert IncomingMessage.objects.count() == 2


def test_who_dies_between_storing_and_marking_stores_it_once(desk: Desk) -> None:
    box = FakeMailbox({"1": mail("one")}, forgets_marks=1)
    with pytest.raises(MailboxUnreachable):
        fetch_all(box, clock.now)
    assert fetch_all(box, clock.now).stored == 1
    assert IncomingMessage.objects.count() == 1


def test_a_dead_mailbox_and_a_vanished_message_are_tried_again(desk: Desk) -> None:
    box = FakeMailbox({"1": mail("one")}, dead=True)
    with pytest.raises(MailboxUnreachable):
        fetch_all(box, clock.now)
    box.dead, box.vanishing = False, {"1"}
    with pytest.raises(MailboxUnreachable):
        fetch_all(box, clock.now)
    assert not IncomingMessage.objects.exists()


def test_of_a_large_message_imap_fetches_the_header_alone(desk: Desk) -> None:
    most = installation.configuration().mailbox.most_bytes
    raw = mail("large").replace(b"\n", b"\r\n") + b"x" * (5 * most)
    box = FakeMailbox({"1": raw})
    assert fetch_all(box, clock.now).too_large == 1
    assert box.asked == [("1", True)]
    row = IncomingMessage.objects.get()
    assert (row.state, row.reason, row.size) == (MessageState.REFUSED, "too_large", len(raw))
    assert box.seen == ["1"]


def test_a_lost_file_is_waited_for(post: Post) -> None:
    raw = mail("lost")
    row = store_message(raw, Envelope(), CameBy.PIPE, clock.now())
    file_of(row.sha256).unlink()
    post.work()
    row.refresh_from_db()
    assert row.state == MessageState.WAITING
    file_of(row.sha256).write_bytes(raw)
    post.desk.pass_time(dt.timedelta(hours=1))
    post.work()
    row.refresh_from_db()
    assert row.state == MessageState.TAKEN
