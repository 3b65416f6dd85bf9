"""What staff see of the mail that came in, and when the mails themselves are removed."""

from __future__ import annotations

import datetime as dt
import os

from django.test import Client
from pytest_django import DjangoAssertNumQueries
from tests.service.desk import Desk, now
from tests.service.founded import founded

from tocsin.service.audit.models import AuditLine
from tocsin.service.mailbox.models import CameBy, IncomingMessage, MessageState
from tocsin.service.mailbox.pruning import prune_messages
from tocsin.service.mailbox.store import Envelope, file_of, store_message

RAW = (
    "From: {0}\r\nTo: {1}\r\nSubject: {2}\r\nMessage-ID: <{2}@example.net>\r\n\r\nsecret words\r\n"
)
OURS = "request_report@tocsin.example.org"
DAY = dt.timedelta(days=1)


def mailed(sender: str, subject: str, to: str = OURS) -> IncomingMessage:
    raw = RAW.format(sender, to, subject).encode()
    return store_message(raw, Envelope(sender, (to,)), CameBy.PIPE, now())


def read(message: IncomingMessage, state: MessageState, reason: str, **more: object) -> None:
    IncomingMessage.objects.filter(pk=message.pk).update(state=state, reason=reason, **more)


def staff(desk: Desk) -> Client:
    return desk.signed_in(desk.reviewer())


def subjects(browser: Client, **said: str) -> list[str]:
    return [each.subject for each in browser.get("/staff/mail/", said).context["shown"]]


def test_messages_are_found_by_what_staff_know(desk: Desk) -> None:
    organisation = founded("alpha", "AS64496")
    one, two = mailed("ada@example.net", "first"), mailed("ben@example.com", "second")
    read(one, MessageState.TAKEN, "request", request=12, explanation="Opened request 12.")
    read(two, MessageState.IGNORED, "automatic", organisation=organisation.pk)
    mailed("ben@example.com", "third")
    browser = staff(desk)
    assert subjects(browser) == ["third", "second", "first"]
    for said, found in (
        ({"text": "BEN@"}, ["third", "second"]),
        ({"text": "#12"}, ["first"]),
        ({"text": "alpha"}, ["second"]),
        ({"text": "seco"}, ["second"]),
        ({"state": "waiting"}, ["third"]),
        ({"reason": "automatic"}, ["second"]),
        ({"text": "ben", "state": "taken"}, []),
        ({"text": "9" * 40}, []),
        ({"state": "nonsense"}, ["third", "second", "first"]),
    ):
        assert subjects(browser, **said) == found, said
    page = browser.get("/staff/mail/").content.decode()
    for words in ("3 messages", "waits to be read 1", "taken 1", "ignored 1", "refused 0"):
        assert words in page
    assert "Opened request 12." in page
    assert 'href="/staff/requests/12"' in page
    assert 'href="/staff/organisations/alpha/"' in page


def test_what_a_mail_says_is_never_shown_and_its_header_is_text(desk: Desk) -> None:
    message = mailed("ada@example.net", "<b>bold</b>")
    evidence = {"dkim": "<script>alert(1)</script>", "spf": {"result": "pass"}}
    read(message, MessageState.REFUSED, "malformed", evidence=evidence)
    page = staff(desk).get("/staff/mail/").content.decode()
    assert "&lt;b&gt;bold" in page
    assert "<b>bold" not in page
    assert "<script>alert" not in page
    assert "secret words" not in page


def test_a_page_of_mail_is_a_handful_of_queries(
    desk: Desk, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    organisations = [founded(f"o{number}", f"AS{64496 + number}") for number in range(5)]
    IncomingMessage.objects.bulk_create(
        IncomingMessage(
            sha256=f"{number:064}", came_by=CameBy.PIPE, size=1, received_at=now(),
            recipient=OURS, organisation=organisations[number % 5].pk,
        )
        for number in range(120)
    )  # fmt: skip
    browser = staff(desk)
    browser.get("/staff/mail/")
    with django_assert_max_num_queries(8):
        assert len(browser.get("/staff/mail/?page=3").context["shown"]) == 20


def written_at(message: IncomingMessage, moment: dt.datetime) -> None:
    """The file as if it had been written then: the clock of files is that of the machine."""
    os.utime(file_of(message.sha256), (moment.timestamp(),) * 2)


def test_the_bytes_of_old_messages_go_and_their_rows_stay(desk: Desk) -> None:
    old, waiting, again = (mailed(f"{each}@example.net", each) for each in ("a", "b", "c"))
    for each in (old, again):
        read(each, MessageState.TAKEN, "request")
    for each in (old, waiting, again):
        written_at(each, now())
    desk.pass_time(80 * DAY)
    young = mailed("d@example.net", "d")
    read(young, MessageState.TAKEN, "request")
    written_at(young, now())
    desk.pass_time(11 * DAY)
    # The same bytes came once more, to another address of ours.
    raw = file_of(again.sha256).read_bytes()
    second = store_message(raw, Envelope("c@example.net", ("x@y.example",)), CameBy.PIPE, now())
    read(second, MessageState.IGNORED, "duplicate")
    written_at(second, now() - 91 * DAY)
    assert prune_messages(now()) == 1
    assert not file_of(old.sha256).exists()
    assert all(file_of(each.sha256).exists() for each in (waiting, again, young))
    assert IncomingMessage.objects.count() == 5
    assert prune_messages(now()) == 0


def test_pruning_is_done_daily_and_leaves_a_line(desk: Desk) -> None:
    message = mailed("a@example.net", "a")
    read(message, MessageState.TAKEN, "request")
    written_at(message, now())
    desk.work()
    assert file_of(message.sha256).exists()
    desk.pass_time(91 * DAY)
    desk.work()
    assert not file_of(message.sha256).exists()
    line = AuditLine.objects.get(verb="messages.pruned")
    assert line.after == {"files": 1}
