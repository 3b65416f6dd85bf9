"""From a finished night to messages, and what keeps a report from going out."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from tests.fakes.small_home import DAY, event
from tests.service.objecting_world import World
from tests.service.subscribed import LONG_AFTER, LONG_AGO

from tocsin.engine.reports import find_report
from tocsin.service import clock
from tocsin.service.delivery.models import Delivery, DeliveryState, Link, Outcome, Report
from tocsin.service.delivery.sending import send_due
from tocsin.service.delivery.taking import notice_nights
from tocsin.service.subscribers.models import ListMode, Network, NetworkState, Proof, RecipientState

TITLE = "Infected machines calling a sinkhole"
FILE = "2026-11-22-event4_sinkhole-alpha-asn.csv"


@pytest.fixture
def night(world: World) -> World:
    """A night with a report for `alpha`, taken and planned, and one person who gets it."""
    world.alpha.recipient("noc@example.org")
    world.small.collect_events([event(1), event(2, "192.0.2.11")])
    world.night()
    return world


def _plan(world: World) -> None:
    notice_nights(clock.now())
    world.desk.work()


def _sent() -> list[EmailMultiAlternatives]:
    send_due(clock.now)
    return [each for each in mail.outbox if "Report: " in each.subject]  # type: ignore[misc]


def _outcomes() -> list[str]:
    return list(Report.objects.values_list("outcome", flat=True))


def test_a_report_is_mailed_once_with_its_file_and_its_link(night: World) -> None:
    _plan(night)
    _sent()
    _plan(night)
    sent = _sent()
    assert [each.to for each in sent] == [["noc@example.org"]]
    message = sent[0]
    assert message.subject == f"[alpha-asn] Tocsin alpha {TITLE} Report: 2026-11-22"
    (name, content, mime) = message.attachments[0]
    assert (name, mime) == (f"{FILE}.zip", "application/zip")
    inside = zipfile.ZipFile(io.BytesIO(content)).read(FILE)
    link = next(line for line in message.body.splitlines() if line.startswith("Download: "))
    got = Client().get(link.removeprefix("Download: http://testserver"))
    assert b"".join(got.streaming_content) == inside  # type: ignore[attr-defined]
    assert inside.count(b"\n") == 3
    assert f'filename="{FILE}"' in got.headers["Content-Disposition"]
    assert _outcomes() == [Outcome.PLANNED]
    assert Delivery.objects.get().state == DeliveryState.SENT


def test_a_list_in_shadow_is_sent_nothing_and_says_so(night: World) -> None:
    night.alpha.list.mode = ListMode.SHADOW
    night.alpha.list.save()
    _plan(night)
    assert _sent() == []
    assert _outcomes() == [Outcome.SHADOW]


def test_a_list_without_recipients_is_told_apart(night: World) -> None:
    night.alpha.list.recipients.all().delete()
    _plan(night)
    assert _outcomes() == [Outcome.NOBODY]


def test_who_left_between_plan_and_sending_is_sent_nothing(night: World) -> None:
    _plan(night)
    night.alpha.list.recipients.update(state=RecipientState.LEFT)
    assert _sent() == []
    found = Delivery.objects.get()
    assert (found.state, found.reason) == (DeliveryState.DROPPED, "recipient_gone")


def test_a_link_is_void_once_its_recipient_has_left(night: World) -> None:
    _plan(night)
    body = str(_sent()[0].body)
    path = body.split("http://testserver")[1].split(maxsplit=1)[0]
    assert Client().get(path).status_code == 200
    night.alpha.list.recipients.update(state=RecipientState.LEFT)
    assert Client().get(path).status_code == 404


def test_rows_of_a_network_that_has_ended_are_cut_from_what_is_sent(world: World) -> None:
    world.alpha.recipient("noc@example.org")
    second = Network.objects.create(
        organisation=world.alpha.organisation,
        kind="asn",
        value="64497",
        valid_from=LONG_AGO,
    )
    Proof.objects.create(network=second, method="staff", made_at=LONG_AGO, ends_at=LONG_AFTER)
    world.small.collect_events([event(1), event(2, "198.51.100.9")])
    world.night()
    assert world.rows() == 2
    _plan(world)
    second.state = NetworkState.FROZEN
    second.save()
    (message,) = _sent()
    (_, content, _) = message.attachments[0]
    inside = zipfile.ZipFile(io.BytesIO(content)).read(FILE).decode()
    assert "192.0.2.10" in inside
    assert "198.51.100.9" not in inside
    whole = find_report(world.small.home.root, FILE)
    assert whole.slice.rows == 2


def test_nothing_goes_out_when_all_networks_are_frozen(night: World) -> None:
    _plan(night)
    Network.objects.update(state=NetworkState.FROZEN)
    assert _sent() == []
    assert Delivery.objects.get().reason == "nothing_left"


def test_ids_are_stored_as_hashes_alone(night: World) -> None:
    _plan(night)
    body = str(_sent()[0].body)
    given = body.split("/dl/")[1].split(maxsplit=1)[0]
    assert len(given) == 50
    link = Link.objects.get()
    assert given not in str(vars(link))


def test_a_day_made_anew_is_not_mailed_twice(night: World) -> None:
    _plan(night)
    assert len(_sent()) == 1
    night.replay()
    _plan(night)
    assert len(_sent()) == 1
    assert _outcomes() == [Outcome.PLANNED, Outcome.LATER]


def test_numbers_of_a_file_of_the_operator_are_no_lists_of_ours(night: World) -> None:
    night.desk.pass_time(dt.timedelta(days=1))
    later = DAY + dt.timedelta(days=1)
    night.small.collect_events([event(86_401)], now=clock.now())
    number = night.alpha.list.pk
    night.small.write_lists(
        {
            "format": "tocsin-lists/1",
            "organisations": [
                {"id": "other", "name": "Other", "kind": "owner", "networks": [{"asn": 64496}]}
            ],
            "lists": [{"id": number, "name": "other", "organisation": "other", "filter": "asn"}],
        }
    )
    night.small.night(later)
    _plan(night)
    assert [each.outcome for each in Report.objects.filter(day=later)] == [Outcome.INVALID]
