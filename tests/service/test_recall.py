"""Taking rows back: who is told of it, what links show afterwards, and what is not done twice."""

from __future__ import annotations

import csv
import datetime as dt
import io
import shutil
import zipfile

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client
from tests.fakes.small_home import DAY, event
from tests.service.commands import called
from tests.service.objecting_world import World
from tests.service.sent_night import WHO, corrections, sent_night

from tocsin.engine.judgements.book import Book
from tocsin.engine.nightly.package import latest_published
from tocsin.engine.reports import Wanted, list_reports
from tocsin.model.errors import TransientError
from tocsin.service import clock
from tocsin.service.audit.record import Actor
from tocsin.service.delivery.brake import recalling
from tocsin.service.delivery.brake.part import Part, PartKind
from tocsin.service.delivery.content import content_of
from tocsin.service.delivery.models import (
    Delivery,
    DeliveryKind,
    DeliveryState,
    NightList,
    Recall,
    RecalledReport,
    Report,
)
from tocsin.service.delivery.standing import standings
from tocsin.service.delivery.taking import notice_nights
from tocsin.service.subscribers.models import ListMode, RecipientState

FILE = "2026-11-22-event4_sinkhole-alpha-asn.csv"

CORRECTION = """\
We take back 2 events that we have reported to this list. They should not have been in
these reports:

  2026-11-22-event4_sinkhole-alpha-asn.csv: 2 rows

Why: The sinkhole answered for a crawler.

The links to these reports, and the API, do not show them any more. All other rows stand. If you
have opened tickets, blocked addresses or written to customers for one of these events, please undo
that; if you have done nothing with them, you need do nothing now.

The files that come with this message hold the rows, with the id of the event before each.

The events:

{events}
--
List: alpha-asn
Recall: {number}
"""


@pytest.fixture
def given(world: World) -> World:
    """A night that was sent to two people: two rows of sensor s1, one of s2."""
    return sent_night(world, "noc@example.org", "abuse@example.org")


def recalled(message: EmailMultiAlternatives) -> list[dict[str, str]]:
    """The rows in the file of a correction."""
    (name, content, _) = message.attachments[0]
    assert name == f"{FILE.removesuffix('.csv')}-recalled.csv.zip"
    text = zipfile.ZipFile(io.BytesIO(content)).read(name.removesuffix(".zip")).decode()
    return list(csv.DictReader(io.StringIO(text)))


def linked() -> bytes:
    """What the link of the first mail gives now."""
    first = next(each for each in mail.outbox if "Report: " in each.subject)
    place = str(first.body).split("http://testserver")[1].split(maxsplit=1)[0]
    got = Client().get(place)
    return b"".join(got.streaming_content) if got.status_code == 200 else b""  # type: ignore[attr-defined]


def test_a_sensor_is_recalled_from_exactly_those_who_were_sent_its_rows(given: World) -> None:
    later = given.alpha.recipient("later@example.org")
    assert linked().count(b"\n") == 4
    said = called(given, "recall", "--sensor", "s1", "--date", str(DAY), *WHO)
    assert (said["rows"], said["reports"]) == (2, 1)
    found = corrections(given)
    assert sorted(each.to[0] for each in found) == ["abuse@example.org", "noc@example.org"]
    assert later.address not in {each.to[0] for each in found}
    rows = recalled(found[0])
    assert [each["src_ip"] for each in rows] == ["192.0.2.10", "192.0.2.11"]
    assert all(each["recalled_event"] in found[0].body for each in rows)
    events = "".join(f"  {each['recalled_event']}\n" for each in rows)
    body = str(found[0].body)
    assert body.partition("Leave this list: ")[0] == CORRECTION.format(
        events=events, number=said["recall"]
    )
    assert linked().count(b"\n") == 2
    assert b"192.0.2.12" in linked()


def test_a_recall_called_twice_is_one(given: World) -> None:
    words = ("recall", "--sensor", "s1", "--from", str(DAY), "--to", str(DAY), *WHO)
    first = called(given, *words)
    assert len(corrections(given)) == 2
    again = called(given, *words)
    assert (again["recall"], again["judgement"]) == (first["recall"], first["judgement"])
    assert len(corrections(given)) == 2
    assert len(Book(given.small.home).read()) == 1


def test_one_event_is_recalled_by_its_id(given: World) -> None:
    report = list_reports(given.small.home.root, Wanted(day=DAY))[0]
    explained = called(given, "explain", report.file, "2")
    called(given, "recall", "--event", explained["event"], "--date", str(DAY), *WHO)
    rows = recalled(corrections(given)[0])
    assert [each["recalled_event"] for each in rows] == [explained["event"]]
    assert rows[0]["src_ip"] == explained["cells"]["src_ip"]


@pytest.mark.parametrize("what", [("--rule", "declared:tocsin-ndjson"), ("--source", "sensors")])
def test_a_rule_or_a_source_takes_all_its_rows(given: World, what: tuple[str, str]) -> None:
    said = called(given, "recall", *what, "--date", str(DAY), *WHO)
    assert said["rows"] == 3
    (judgement,) = Book(given.small.home).read()
    assert (said["judgement"], said["made_anew"]) == (judgement.id, [])
    assert len(corrections(given)) == 2
    assert linked() == b""


def test_a_replay_by_todays_judgements_follows_a_recall(given: World) -> None:
    called(given, "recall", "--sensor", "s1", "--date", str(DAY), *WHO)
    given.small.replay_today()
    assert given.rows() == 1


@pytest.mark.parametrize("what", [("--sensor", "s1", 1), ("--source", "sensors", 0)])
def test_a_recall_makes_its_days_anew_once(given: World, what: tuple[str, str, int]) -> None:
    words = ("recall", *what[:2], "--date", str(DAY), *WHO)
    assert called(given, *words)["made_anew"] == []
    for made in ([str(DAY)], []):
        said = called(given, *words, replays=True)
        assert (said["made_anew"], said["not_made_anew"]) == (made, [])
        assert given.rows() == what[2]
    newest = latest_published(given.small.home.root, DAY)
    assert newest is not None
    assert newest.revision == 2
    notice_nights(clock.now())
    given.desk.work()
    assert len(corrections(given)) == 2
    assert len([each for each in mail.outbox if "Report: " in each.subject]) == 2


def test_a_day_that_cannot_be_made_anew_now_is_told_and_made_by_the_same_recall_again(
    given: World,
) -> None:
    words = ("recall", "--source", "sensors", "--date", str(DAY), *WHO)
    with given.small.home.lock("nightly"):
        done = called(given, *words, replays=True, code=4)
    assert (done["not_made_anew"], done["made_anew"]) == ([str(DAY)], [])
    assert linked() == b""
    assert called(given, *words, replays=True)["made_anew"] == [str(DAY)]


def test_a_dry_run_changes_nothing(given: World) -> None:
    said = called(given, "recall", "--sensor", "s1", "--date", str(DAY), "--dry-run", *WHO)
    assert (said["rows"], said["recall"]) == (2, None)
    assert not Recall.objects.exists()
    assert Book(given.small.home).read() == ()
    assert linked().count(b"\n") == 4


def test_what_nobody_was_sent_is_told_to_nobody(given: World) -> None:
    assert called(given, "recall", "--sensor", "s9", "--date", str(DAY), *WHO)["rows"] == 0
    assert corrections(given) == []
    assert not RecalledReport.objects.exists()


def test_who_has_left_is_not_written_to(given: World) -> None:
    given.alpha.list.recipients.filter(address="noc@example.org").update(state=RecipientState.LEFT)
    called(given, "recall", "--sensor", "s1", "--date", str(DAY), *WHO)
    assert [each.to for each in corrections(given)] == [["abuse@example.org"]]
    gone = Delivery.objects.get(kind=DeliveryKind.CORRECTION, state=DeliveryState.DROPPED)
    assert gone.reason == "recipient_gone"


def test_what_waits_to_be_sent_goes_out_without_the_rows(world: World) -> None:
    world.alpha.recipient("noc@example.org")
    world.small.collect_events([event(1, sensor="s1"), event(2, "192.0.2.12", sensor="s2")])
    world.night()
    notice_nights(clock.now())
    world.desk.work()
    called(world, "recall", "--sensor", "s1", "--date", str(DAY), *WHO)
    assert corrections(world) == []
    assert linked().count(b"\n") == 2


def test_a_message_under_way_is_waited_for(given: World) -> None:
    Delivery.objects.filter(address="noc@example.org").update(
        state=DeliveryState.SENDING, leased_until=clock.now() + dt.timedelta(hours=1), lease="x"
    )
    called(given, "recall", "--sensor", "s1", "--date", str(DAY), *WHO)
    assert corrections(given) == []
    Delivery.objects.filter(address="noc@example.org").update(
        state=DeliveryState.SENT, lease="", leased_until=None
    )
    given.desk.pass_time(dt.timedelta(minutes=5))
    assert len(corrections(given)) == 2


def test_a_list_in_shadow_is_sent_no_correction(given: World) -> None:
    given.alpha.list.mode = ListMode.SHADOW
    given.alpha.list.save()
    called(given, "recall", "--sensor", "s1", "--date", str(DAY), *WHO)
    assert corrections(given) == []


@pytest.mark.parametrize(
    "words",
    [
        ("--date", str(DAY)),
        ("--sensor", "s1"),
        ("--sensor", "s1", "--from", str(DAY)),
        ("--sensor", "s1", "--rule", "declared:tocsin-ndjson", "--date", str(DAY)),
        ("--source", "none", "--date", str(DAY)),
        ("--sensor", "s1", "--from", "2026-11-23", "--to", "2026-11-22"),
    ],
)
def test_what_is_not_clear_is_refused(given: World, words: tuple[str, ...]) -> None:
    assert called(given, "recall", *words, *WHO, code=2)["error"]
    assert not Recall.objects.exists()


def test_a_night_that_is_taken_while_reports_are_looked_through_is_not_missed(
    given: World,
) -> None:
    part = Part(PartKind.SENSOR, "s1")
    asked = recalling.Wanted(part, DAY, DAY, "wrong")
    seen = recalling.look_for(asked, clock.now())
    given.replay()
    notice_nights(clock.now())
    given.desk.work()
    actor = Actor.system("test")
    with pytest.raises(TransientError, match="meanwhile"):
        recalling.recall(asked, seen, actor, clock.now())
    assert not Recall.objects.exists()
    again = recalling.look_for(asked, clock.now())
    made = recalling.recall(asked, again, actor, clock.now())
    assert made.reports.count() == len(made.nights) == 2
    assert [len(each.attachments) for each in corrections(given)] == [1, 1]


def test_a_night_that_is_taken_afterwards_is_cut(given: World) -> None:
    called(given, "recall", "--source", "sensors", "--date", str(DAY), *WHO)
    given.replay()
    notice_nights(clock.now())
    given.desk.work()
    assert Report.objects.filter(night__revision=2).exists()
    (standing,) = standings(
        NightList.objects.filter(night__revision=2), [given.alpha.list], clock.now()
    ).values()
    assert content_of(Report.objects.get(night__revision=2), standing) is None


def _lost(world: World, *days: str) -> list[dict[str, object]]:
    said = called(world, "recall", "--rule", "declared:tocsin-ndjson", *days, *WHO)
    lost: list[dict[str, object]] = said["lost"]
    return lost


def test_days_whose_rows_are_gone_are_named_with_what_is_known_of_them(given: World) -> None:
    shutil.rmtree(given.small.home.lake / "published")
    (lost,) = _lost(given, "--date", str(DAY))
    assert lost == {
        "first": str(DAY),
        "last": str(DAY),
        "revision": 1,
        "why": "rows_gone",
        "words": "its rows are not kept any more (retention.published: 90 days)",
        "rows": 3,
        "reports": 1,
        "addresses": 2,
    }
    assert corrections(given) == []


def test_days_without_a_night_are_named_and_days_to_come_are_none(given: World) -> None:
    lost = _lost(given, "--from", "2025-10-01", "--to", "2026-12-31")
    assert [(each["first"], each["last"], each["why"]) for each in lost] == [
        ("2025-10-01", "2025-10-18", "forgotten"),
        ("2025-10-19", "2026-11-21", "no_night"),
    ]


def test_rows_that_are_pruned_meanwhile_are_counted_to_those_who_have_them(
    given: World,
) -> None:
    report = list_reports(given.small.home.root, Wanted(day=DAY))[0]
    event_id = called(given, "explain", report.file, "2")["event"]
    called(given, "recall", "--sensor", "s1", "--date", str(DAY), *WHO)
    called(given, "recall", "--event", event_id, "--date", str(DAY), *WHO)
    shutil.rmtree(given.small.home.lake / "published")
    found = corrections(given)
    assert len(found) == 4
    assert all(not each.attachments for each in found)
    words = [str(each.body) for each in found]
    assert all(f"  {FILE}: " in each and "cannot be listed any more" in each for each in words)
    assert sum(f"  {FILE}: 2 rows" in each for each in words) == 2
    assert sum(f"  {event_id}\n" in each for each in words) == 2
