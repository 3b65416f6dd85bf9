"""Whatever the mail server does, each message is at it once, or its outbox says why not."""

from __future__ import annotations

import datetime as dt
import errno
from collections.abc import Iterator

import pytest
from django.core.mail import EmailMessage
from django.test import override_settings
from tests.service.desk import Desk
from tests.service.plain_composer import PlainComposer, deliveries

from tocsin.service import clock
from tocsin.service.delivery import crew
from tocsin.service.delivery.connection import Connection
from tocsin.service.delivery.journal import Journal
from tocsin.service.delivery.models import Delivery, DeliveryForm, DeliveryState
from tocsin.service.delivery.pacing import Rates
from tocsin.service.delivery.sending import Sender, Sent
from tocsin.service.fakes.smtp_server import FakeSmtp, fake_smtp

WAITING, SENT, FAILED = DeliveryState.WAITING, DeliveryState.SENT, DeliveryState.FAILED


@pytest.fixture
def server() -> Iterator[FakeSmtp]:
    """A mail server; letters of the service go to it as well."""
    with (
        fake_smtp() as fake,
        override_settings(
            EMAIL_BACKEND="django.core.mail.backends.smtp.EmailBackend",
            EMAIL_HOST=fake.host,
            EMAIL_PORT=fake.port,
            EMAIL_TIMEOUT=20,
        ),
    ):
        yield fake


@pytest.fixture
def night(desk: Desk, server: FakeSmtp) -> Desk:
    """Six messages to two domains, by turns."""
    names = [f"noc{number}@example.{zone}" for number in range(3) for zone in ("org", "net")]
    deliveries(names, clock.now())
    return desk


def sender_of(connections: int = 2, rates: Rates | None = None) -> Sender:
    return Sender(
        clock.now, connections=connections, rates=rates or Rates(), compose=PlainComposer.of
    )


def send(connections: int = 2, rates: Rates | None = None) -> Sent:
    return sender_of(connections, rates).send_due()


def states() -> dict[str, int]:
    found: dict[str, int] = {}
    for each in Delivery.objects.all():
        found[f"{each.state} {each.reason}".strip()] = (
            found.get(f"{each.state} {each.reason}".strip(), 0) + 1
        )
    return found


def once_each(server: FakeSmtp) -> None:
    wanted = set(Delivery.objects.filter(state=SENT).values_list("message_id", flat=True))
    assert server.times() == dict.fromkeys(wanted, 1)


def test_all_are_sent_once_over_several_connections(night: Desk, server: FakeSmtp) -> None:
    assert send() == Sent(6)
    assert send() == Sent(0)
    assert states() == {"sent": 6}
    once_each(server)


def test_a_soft_refusal_is_tried_again_with_growing_pauses(night: Desk, server: FakeSmtp) -> None:
    server.dials.recipients["example.net"] = "450 4.2.1 busy"
    send()
    assert states() == {"sent": 3, "waiting refused": 3}
    assert {each.reply for each in Delivery.objects.filter(state=WAITING)} == {"450 4.2.1 busy"}
    pauses = []
    for _ in range(5):
        due = Delivery.objects.filter(state=WAITING).values_list("due_at", flat=True)[0]
        pauses.append(due - clock.now())
        night.pass_time(due - clock.now())
        assert send().taken == 3
    assert pauses == sorted(set(pauses))
    server.dials.recipients.clear()
    night.pass_time(dt.timedelta(hours=4))
    send()
    assert states() == {"sent": 6}
    once_each(server)


def test_what_is_refused_for_three_days_is_given_up(night: Desk, server: FakeSmtp) -> None:
    server.dials.recipients["example.net"] = "450 4.2.1 busy"
    for _ in range(14):
        send()
        night.pass_time(dt.timedelta(hours=6))
    assert states() == {"sent": 3, "failed given_up": 3}


def test_a_hard_refusal_is_marked_with_the_servers_words(night: Desk, server: FakeSmtp) -> None:
    server.dials.recipients["noc1@example.net"] = "550 5.1.1 nobody\u202e here".encode().decode(
        "latin-1"
    )
    server.dials.messages["noc2@example.net"] = "554 5.7.1 no"
    send()
    assert states() == {"sent": 4, "failed refused": 2}
    assert Delivery.objects.get(address="noc2@example.net").reply == "554 5.7.1 no"
    assert send() == Sent(0)


def test_greylisting_costs_one_turn(night: Desk, server: FakeSmtp) -> None:
    server.dials.greylists = True
    send()
    assert states() == {"waiting refused": 6}
    night.pass_time(dt.timedelta(minutes=1))
    send()
    assert states() == {"sent": 6}
    once_each(server)


@pytest.mark.parametrize("step", ["MAIL", "RCPT", "DATA"])
def test_a_connection_that_closes_is_made_anew(night: Desk, server: FakeSmtp, step: str) -> None:
    send_one_first(night, server)
    server.dials.closes_at[step] = 1
    send(1)
    night.pass_time(dt.timedelta(minutes=1))
    send(1)
    assert states() == {"sent": 6}
    once_each(server)


def send_one_first(_: Desk, server: FakeSmtp) -> None:
    assert sender_of(1).send_due(1) == Sent(1)
    assert len(server.taken) == 1


def test_a_server_that_wants_few_messages_a_connection_gets_them_all(
    night: Desk, server: FakeSmtp
) -> None:
    server.dials.most_messages = 2
    send(1)
    assert states() == {"sent": 6}
    assert {each.attempts for each in Delivery.objects.all()} == {1}
    once_each(server)


def test_a_server_that_dies_before_it_answers_may_get_it_twice_by_the_same_id(
    night: Desk, server: FakeSmtp
) -> None:
    server.dials.goes_silently = 1
    send(1)
    assert states() == {"sent": 5, "waiting no_answer": 1}
    night.pass_time(dt.timedelta(minutes=1))
    send(1)
    assert states() == {"sent": 6}
    assert sorted(server.times().values()) == [1, 1, 1, 1, 1, 2]


def test_while_the_server_is_dead_no_attempt_is_counted(night: Desk, server: FakeSmtp) -> None:
    server.die()
    sender = sender_of(3)
    found = sender.send_due()
    assert (found.taken, bool(found.unreachable)) == (6, True)
    assert not sender.is_reachable()
    for each in Delivery.objects.all():
        assert (each.state, each.attempts, each.lease, each.due_at) == (
            WAITING,
            0,
            "",
            each.made_at,
        )
    server.live()
    assert sender.is_reachable()
    assert sender.send_due() == Sent(6)
    once_each(server)


def test_a_night_survives_ten_minutes_without_the_server(night: Desk, server: FakeSmtp) -> None:
    send_one_first(night, server)
    server.dials.seconds = 0.05
    sender = sender_of(2)

    def going() -> bool:
        if len(server.taken) >= 3:
            server.die()
        return True

    sender.going = going
    assert sender.send_due().unreachable or Delivery.objects.filter(state=WAITING).exists()
    for _ in range(10):
        night.pass_time(dt.timedelta(minutes=1))
        assert not sender.is_reachable()
    server.live()
    sender.going = lambda: True
    assert sender.send_due().unreachable == ""
    night.pass_time(dt.timedelta(minutes=1))
    sender.send_due()
    assert states() == {"sent": 6}
    assert max(server.times().values()) <= 2
    assert set(server.times()) == set(Delivery.objects.values_list("message_id", flat=True))


def test_connections_the_server_does_not_want_are_left_alone(
    night: Desk, server: FakeSmtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "REST", 0.1)
    server.dials.most_connections, server.dials.seconds = 1, 0.05
    assert send(4) == Sent(6)
    assert states() == {"sent": 6}
    once_each(server)


def test_when_we_are_not_welcome_at_all_the_night_is_not_lost(
    night: Desk, server: FakeSmtp
) -> None:
    server.dials.senders = "550 5.7.1 sender rejected"
    send()
    assert states() == {"waiting sender_refused": 6}
    server.dials.senders = ""
    night.pass_time(dt.timedelta(minutes=1))
    send()
    assert states() == {"sent": 6}


@pytest.mark.parametrize(
    "reply",
    ["552 5.3.4 message too big", "554 5.7.1 attachment of this type is not allowed"],
)
def test_files_that_a_gateway_refuses_are_left_out_once(
    night: Desk, server: FakeSmtp, reply: str
) -> None:
    server.dials.files = reply
    send()
    send()
    assert states() == {"sent": 6}
    assert {each.form for each in Delivery.objects.all()} == {DeliveryForm.LINK}
    assert all(not each.files for each in server.taken)
    once_each(server)


def test_a_message_without_files_that_is_refused_all_the_same_has_failed(
    night: Desk, server: FakeSmtp
) -> None:
    server.dials.messages["example.net"] = "554 5.7.1 virus found"
    send()
    send()
    assert states() == {"sent": 3, "failed refused": 3}


def test_no_more_than_its_share_goes_to_a_domain_and_others_go_on(
    night: Desk, server: FakeSmtp
) -> None:
    rates = Rates(0, {"example.net": 2})
    send(rates=rates)
    assert [each.recipient for each in server.taken].count("noc0@example.net") == 1
    assert states() == {"sent": 4, "waiting": 2}
    send(rates=rates)
    assert states() == {"sent": 4, "waiting": 2}
    for sent in (5, 6):
        night.pass_time(dt.timedelta(seconds=30))
        send(rates=rates)
        assert states()["sent"] == sent
    once_each(server)


def test_a_slow_domain_does_not_hold_the_others_up(
    night: Desk, server: FakeSmtp, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "SLOW", 0.2)
    server.dials.slow_domains["example.net"] = 0.6
    send(2)
    assert states() == {"sent": 6}
    domains = [each.recipient.rpartition("@")[2] for each in server.taken]
    # Both connections were at it before it was known to be slow; from then on it had one.
    assert domains[:2] == ["example.org"] * 2
    assert domains[-1] == "example.net"
    once_each(server)


@pytest.mark.parametrize(("line", "taken"), [("going", 0), ("accepted", 1)])
def test_a_disk_that_is_full_stops_sending_and_nothing_goes_twice(
    night: Desk, server: FakeSmtp, monkeypatch: pytest.MonkeyPatch, line: str, taken: int
) -> None:
    def full(_: Journal, __: int) -> None:
        raise OSError(errno.ENOSPC, "no room")

    with monkeypatch.context() as patch:
        patch.setattr(Journal, line, full)
        with pytest.raises(OSError, match="no room"):
            send(1)
    assert len(server.taken) == taken
    send(1)
    assert states() == {"sent": 6}
    once_each(server)


def test_a_composer_that_fails_for_one_lets_the_others_go(night: Desk, server: FakeSmtp) -> None:
    class Failing(PlainComposer):
        def message(self, delivery: Delivery) -> EmailMessage | None:
            if delivery.address == "noc1@example.org":
                raise RuntimeError("damaged")
            return super().message(delivery)

    Sender(clock.now, compose=lambda *_: Failing()).send_due()
    assert states() == {"sent": 5, "waiting not_composed": 1}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("subject", "a\nBcc: eve@example.com"),
        ("subject", "a\rb"),
        ("body", "\ud800"),
        ("to", ["noc@example.org\r\nRCPT TO:<eve@example.com>"]),
    ],
)
def test_a_message_that_cannot_go_over_the_wire_lets_the_others_go(
    night: Desk, server: FakeSmtp, field: str, value: object
) -> None:
    class Hostile(PlainComposer):
        def message(self, delivery: Delivery) -> EmailMessage | None:
            message = super().message(delivery)
            if delivery.address == "noc1@example.org":
                setattr(message, field, value)
            return message

    Sender(clock.now, compose=lambda *_: Hostile()).send_due()
    assert states() == {"sent": 5, "waiting not_composed": 1}
    assert {each.recipient for each in server.taken}.isdisjoint({"eve@example.com"})
    assert all(each.message["Bcc"] is None for each in server.taken)


def test_what_was_composed_long_ago_is_looked_at_anew(night: Desk, server: FakeSmtp) -> None:
    class Late(Connection):
        def open(self) -> None:
            super().open()
            night.pass_time(dt.timedelta(minutes=3))

    Sender(clock.now, connections=1, connect=Late, compose=PlainComposer.of).send_due(6)
    # The first was on its way; the others had become stale, were given back, and not counted.
    assert states() == {"sent": 1, "waiting": 5}
    assert {each.attempts for each in Delivery.objects.filter(state=WAITING)} == {0}
