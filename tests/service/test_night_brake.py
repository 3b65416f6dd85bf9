"""The night brake, from a night that differs to what is sent and what is not."""

from __future__ import annotations

import datetime as dt
import io
import zipfile

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import Client, override_settings
from tests.fakes.small_home import DAY, event, ndjson
from tests.service.objecting_world import World

from tocsin.service import clock, installation
from tocsin.service.accounts.models import User
from tocsin.service.audit.models import AuditLine
from tocsin.service.delivery.brake.part import PartKind
from tocsin.service.delivery.models import (
    Delivery,
    Hold,
    HoldState,
    Night,
    NightFigure,
    NightState,
    Outcome,
    Report,
)
from tocsin.service.delivery.sending import send_due
from tocsin.service.delivery.taking import notice_nights

TYPE = "event4_sinkhole"
RULE = "declared:tocsin-ndjson"
_OTHERS = """\
extends: tocsin-ndjson
title: Other sensors
description: Other sensors of the tests.
filters:
  reserved_allowed: [documentation]
"""


def past(world: World, *, days: int = 8, **rows: int) -> None:
    """Nights before, with figures of a type, a source, a rule and the list."""
    names = {"type": TYPE, "source": "sensors", "rule": RULE, "list": str(world.alpha.list.pk)}
    for back in range(1, days + 1):
        night = Night.objects.create(
            day=DAY - dt.timedelta(days=back),
            revision=1,
            state=NightState.CHECKED,
            manifest="0" * 64,
            taken_at=clock.now(),
        )
        for kind, name in names.items():
            count = rows.get(kind, 1000)
            if count:
                NightFigure.objects.create(night=night, kind=kind, name=name, rows=count, reports=1)


def take(world: World) -> None:
    """Take, look over and plan what is there."""
    notice_nights(clock.now())
    world.desk.work()


def sent() -> list[EmailMultiAlternatives]:
    """Send what is due; the reports that were mailed so far."""
    send_due(clock.now)
    return [each for each in mail.outbox if "Report" in each.subject and each.attachments]  # type: ignore[misc]


def inside(message: EmailMultiAlternatives) -> str:
    """The CSV of a mail."""
    (name, content, _) = message.attachments[0]
    return zipfile.ZipFile(io.BytesIO(content)).read(name.removesuffix(".zip")).decode()


def decide(world: World, hold: Hold, decision: str, note: str = "looked at it") -> None:
    """A reviewer decides on the page."""
    address = "reviewer@tocsin.example.org"
    user = User.objects.filter(email=address).first() or world.desk.reviewer(address)
    browser = world.desk.signed_in(user)
    answer = browser.post(f"/staff/brake/{hold.pk}/decide", {"decision": decision, "note": note})
    assert answer.status_code == 302
    world.desk.work()


def outcomes() -> list[str]:
    """What became of the reports of the day."""
    return list(Report.objects.filter(day=DAY).order_by("pk").values_list("outcome", flat=True))


@pytest.fixture
def busy(world: World) -> World:
    """A night with 210 rows of one address, and one of another, for one person."""
    world.alpha.recipient("noc@example.org")
    many = [event(n, src_port=n + 1, dst_port=n + 1) for n in range(210)]
    world.small.collect_events([*many, event(1000, "192.0.2.77")])
    world.night()
    return world


def test_an_ordinary_night_is_not_held(busy: World) -> None:
    past(busy)
    take(busy)
    assert not Hold.objects.exists()
    assert len(sent()) == 1
    kinds = set(NightFigure.objects.filter(night__day=DAY).values_list("kind", "name", "rows"))
    assert ("type", TYPE, 211) in kinds
    assert ("list", str(busy.alpha.list.pk), 211) in kinds


def test_a_jump_of_a_type_holds_its_reports_until_they_are_released(busy: World) -> None:
    past(busy, type=10)
    take(busy)
    (hold,) = Hold.objects.all()
    assert (hold.kind, hold.name, hold.why, hold.rows) == ("type", TYPE, "jump", 211)
    assert hold.median_rows == 10
    assert hold.samples[0]["src_ip"] == "192.0.2.10"
    assert outcomes() == [Outcome.HELD]
    assert sent() == []
    decide(busy, hold, "release")
    assert outcomes() == [Outcome.PLANNED]
    assert len(sent()) == 1
    decide(busy, hold, "drop")
    assert Hold.objects.get().state == HoldState.RELEASED
    assert len(sent()) == 1
    assert AuditLine.objects.filter(verb="hold.released").count() == 1


def test_what_is_dropped_goes_to_nobody(busy: World) -> None:
    past(busy, list=10)
    take(busy)
    decide(busy, Hold.objects.get(kind=PartKind.LIST), "drop")
    assert outcomes() == [Outcome.DROPPED]
    assert sent() == []


def test_staff_read_the_name_of_a_list_in_letter_and_page(busy: World) -> None:
    said = installation.configuration()
    desk = said.mail.model_copy(update={"staff": "desk@tocsin.example.org"})
    with override_settings(TOCSIN_CONFIGURATION=said.model_copy(update={"mail": desk})):
        past(busy, list=1)
        take(busy)
    name = str(busy.alpha.list)
    (letter,) = busy.desk.letters_to("desk@tocsin.example.org")
    assert f"list {name}\n" in str(letter.body)
    assert "211 rows in 1 report; median 1 a night" in str(letter.body)
    decide(busy, Hold.objects.get(), "shadow")
    user = User.objects.get(email="reviewer@tocsin.example.org")
    page = busy.desk.signed_in(user).get("/staff/brake/").content.decode()
    assert page.count(f"list {name}<") == 2


def test_of_two_holds_the_last_one_lets_a_report_go(busy: World) -> None:
    past(busy, type=10, source=10)
    take(busy)
    of_type, of_source = (Hold.objects.get(kind=each) for each in ("type", "source"))
    decide(busy, of_source, "release")
    assert outcomes() == [Outcome.HELD]
    decide(busy, of_type, "release")
    assert len(sent()) == 1


def test_a_decision_needs_a_reason(busy: World) -> None:
    past(busy, type=10)
    take(busy)
    decide(busy, Hold.objects.get(), "release", "  ")
    assert Hold.objects.get().state == HoldState.HELD


def test_rows_of_a_source_that_is_dropped_are_cut_and_the_rest_is_sent(world: World) -> None:
    world.alpha.recipient("noc@example.org")
    world.small.collect_events([event(1), event(2, "192.0.2.11")])
    world.small.write_source("others", _OTHERS)
    rows = [event(n, "192.0.2.99", src_port=n + 1, dst_port=n + 1) for n in range(210)]
    world.small.collect(world.small.put("other.ndjson", ndjson(rows)), source="others")
    world.night()
    past(world)
    for night in Night.objects.filter(day__lt=DAY):
        NightFigure.objects.create(night=night, kind="source", name="others", rows=10, reports=1)
    take(world)
    (hold,) = Hold.objects.all()
    assert (hold.kind, hold.name) == ("source", "others")
    assert outcomes() == [Outcome.HELD]
    decide(world, hold, "drop")
    (message,) = sent()
    content = inside(message)
    assert "192.0.2.10" in content
    assert "192.0.2.99" not in content
    link = message.body.split("http://testserver")[1].split(maxsplit=1)[0]
    got = b"".join(Client().get(str(link)).streaming_content)  # type: ignore[attr-defined]
    assert got.decode() == content


def test_a_link_to_what_is_held_shows_nothing(busy: World) -> None:
    past(busy)
    take(busy)
    (message,) = sent()
    link = str(message.body).split("http://testserver")[1].split(maxsplit=1)[0]
    assert Client().get(link).status_code == 200
    Report.objects.update(outcome=Outcome.HELD)
    assert Client().get(link).status_code == 404


def test_an_address_in_many_reports_is_held(busy: World) -> None:
    said = installation.configuration()
    rules = said.brake.model_copy(update={"address_reports": 1})
    with override_settings(TOCSIN_CONFIGURATION=said.model_copy(update={"brake": rules})):
        take(busy)
    held = {each.name: each for each in Hold.objects.all()}
    assert set(held) == {"192.0.2.10", "192.0.2.77"}
    decide(busy, held["192.0.2.10"], "drop")
    decide(busy, held["192.0.2.77"], "release")
    (message,) = sent()
    assert inside(message).count("\n") == 2
    assert "192.0.2.77" in inside(message)


def test_a_shadow_goes_on_until_it_is_ended(busy: World) -> None:
    past(busy, type=10)
    take(busy)
    decide(busy, Hold.objects.get(), "shadow")
    assert outcomes() == [Outcome.DROPPED]
    later = DAY + dt.timedelta(days=1)
    busy.desk.pass_time(dt.timedelta(days=1))
    busy.small.collect_events([event(86_401)], now=clock.now())
    busy.night(later)
    take(busy)
    assert [each.outcome for each in Report.objects.filter(day=later)] == [Outcome.DROPPED]
    hold = Hold.objects.get(night__day=later)
    assert (hold.state, hold.why) == (HoldState.SHADOW, "shadow")
    assert sent() == []
    browser = busy.desk.signed_in(busy.desk.reviewer("second@tocsin.example.org"))
    assert TYPE in browser.get("/staff/brake/").content.decode()
    browser.post(f"/staff/brake/{hold.pk}/over")
    assert not Hold.objects.filter(over_at=None).exists()


def test_a_day_made_anew_does_not_show_what_was_dropped(busy: World) -> None:
    past(busy, type=10)
    take(busy)
    decide(busy, Hold.objects.get(), "drop")
    busy.replay()
    take(busy)
    from tocsin.service.delivery.content import content_of  # noqa: PLC0415
    from tocsin.service.delivery.models import NightList  # noqa: PLC0415
    from tocsin.service.delivery.standing import standings  # noqa: PLC0415

    report = Report.objects.get(night__revision=2)
    assert report.outcome == Outcome.DROPPED
    assert sent() == []
    then = NightList.objects.filter(night=report.night)
    (standing,) = standings(then, [busy.alpha.list], clock.now()).values()
    assert content_of(report, standing) is None


def test_a_day_made_anew_is_looked_over_before_anything_of_it_is_shown(busy: World) -> None:
    past(busy, days=1)
    NightFigure.objects.filter(kind="rule").update(name="another")
    NightFigure.objects.filter(kind="type").update(kind="rule", name=RULE)
    take(busy)
    assert len(sent()) == 1
    NightFigure.objects.filter(name=RULE).delete()
    busy.replay()
    notice_nights(clock.now())
    busy.desk.work()
    (hold,) = Hold.objects.all()
    assert (hold.night.state, hold.why) == (NightState.LATER, "new_rule")
    assert outcomes() == [Outcome.PLANNED, Outcome.HELD]
    decide(busy, hold, "release")
    assert outcomes() == [Outcome.PLANNED, Outcome.LATER]
    assert len(sent()) == 1


def test_what_an_unfinished_day_held_does_not_touch_the_day(busy: World) -> None:
    past(busy, type=10)
    take(busy)
    Night.objects.filter(day=DAY).update(partial=True, state=NightState.LATER)
    Report.objects.update(outcome=Outcome.LATER)
    busy.replay()
    take(busy)
    held = Hold.objects.get(night__revision=2)
    assert outcomes() == [Outcome.LATER, Outcome.HELD]
    decide(busy, held, "release")
    assert len(sent()) == 1


def test_what_was_decided_of_a_day_goes_for_its_other_revisions(busy: World) -> None:
    past(busy, type=10)
    take(busy)
    decide(busy, Hold.objects.get(), "release")
    busy.replay()
    take(busy)
    assert Hold.objects.count() == 1
    assert outcomes() == [Outcome.PLANNED, Outcome.LATER]


def test_staff_are_told_once_and_reminded_every_day(busy: World) -> None:
    said = installation.configuration()
    place = said.mail.model_copy(update={"staff": "staff@tocsin.example.org"})
    with override_settings(TOCSIN_CONFIGURATION=said.model_copy(update={"mail": place})):
        past(busy, type=10)
        take(busy)
        assert len(busy.desk.letters_to("staff@tocsin.example.org")) == 1
        busy.desk.has_its_daily_work_to_do()
        busy.desk.pass_time(dt.timedelta(hours=4))
        letters = busy.desk.letters_to("staff@tocsin.example.org")
    assert len(letters) == 2
    assert "type event4_sinkhole" in letters[0].body
    assert "/staff/brake/" in letters[0].body


def test_taking_a_night_twice_holds_it_once(busy: World) -> None:
    past(busy, type=10)
    take(busy)
    take(busy)
    assert Hold.objects.count() == 1
    assert Delivery.objects.count() == 0
