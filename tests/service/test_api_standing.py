"""What of its reports a key is shown, and what is void, as the world goes on after the night."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from django.test import Client
from tests.fakes.small_home import event
from tests.service.api_client import Program, made_key, program, text_of
from tests.service.api_night import entry, files, night_of_two, take
from tests.service.objecting_world import World
from tests.service.subscribed import LONG_AFTER, LONG_AGO

from tocsin.service import clock, installation
from tocsin.service.api.keys import revoke_key
from tocsin.service.api.models import ApiKey
from tocsin.service.audit.record import Actor
from tocsin.service.delivery.models import Night, Outcome, Report
from tocsin.service.subscribers.models import (
    ListMode,
    MailingList,
    Network,
    NetworkState,
    OrganisationState,
    Proof,
)


@pytest.fixture
def night(world: World) -> World:
    return night_of_two(world)


@pytest.fixture
def who(night: World) -> Program:
    return program(made_key(night.alpha.organisation))


def test_of_a_day_made_anew_the_newest_is_shown_and_the_old_id_still_works(
    night: World, who: Program
) -> None:
    old = entry(who)["id"]
    night.replay()
    take(night)
    assert Night.objects.count() == 2
    new = entry(who)["id"]
    assert new != old
    assert len(who.get("reports/download", id=old)) == 2
    assert who.get("reports/stats", type="event4_sinkhole")[1:] == [
        ["2026-11-22", "event4_sinkhole", 2]
    ]


def test_what_is_held_is_not_shown_nor_is_it_in_a_later_revision(
    night: World, who: Program
) -> None:
    link = entry(who)["id"]
    held = Report.objects.filter(report_type="event4_sinkhole", night__revision=1)
    undecided = (Outcome.WAITING, Outcome.HELD, Outcome.DROPPED)
    for outcome in undecided:
        held.update(outcome=outcome)
        assert files(who) == ["2026-11-22-device_id-alpha-asn.csv"]
        assert who.get("reports/stats")[1:] == [["2026-11-22", "device_id", 1]]
        assert who.error("reports/download", id=link)[0] == 404
    night.replay()
    take(night)
    for outcome in undecided:
        held.update(outcome=outcome)
        assert files(who) == ["2026-11-22-device_id-alpha-asn.csv"]


def test_what_is_held_stays_so_though_its_list_is_called_otherwise_by_then(
    night: World, who: Program
) -> None:
    night.replay()
    take(night)
    number = night.alpha.list.pk
    kind = Report.objects.filter(report_type="event4_sinkhole", list=number)
    kind.filter(night__revision=1).update(outcome=Outcome.HELD)
    kind.filter(night__revision=2).update(
        file="2026-11-22-event4_sinkhole-renamed-asn.csv", outcome=Outcome.LATER
    )
    assert files(who) == ["2026-11-22-device_id-alpha-asn.csv"]


def test_what_was_kept_back_of_an_unfinished_day_tells_nothing_of_the_day(
    night: World, who: Program
) -> None:
    shown = files(who)
    night.replay()
    take(night)
    Night.objects.filter(revision=2).update(partial=True)
    Report.objects.filter(night__revision=2).update(outcome=Outcome.HELD)
    assert files(who) == shown


def test_what_is_decided_is_shown_whether_it_was_mailed_or_not(who: Program) -> None:
    for outcome in (Outcome.PLANNED, Outcome.SHADOW, Outcome.NOBODY, Outcome.INVALID):
        Report.objects.update(outcome=outcome)
        assert len(files(who)) == 2, outcome


def test_a_list_in_shadow_is_shown(night: World, who: Program) -> None:
    MailingList.objects.update(mode=ListMode.SHADOW)
    assert len(files(who)) == 2


def test_a_key_of_one_list_reads_that_one_alone(night: World) -> None:
    organisation = night.alpha.organisation
    other = MailingList.objects.create(
        organisation=organisation, name="other", filter="asn", mode="live", valid_from=LONG_AGO
    )
    narrow = program(made_key(organisation, lists=frozenset([other.pk])))
    assert narrow.get("reports/subscribed") == ["other-asn"]
    assert narrow.get("reports/list") == []
    wide = program(made_key(organisation, "wide"))
    assert wide.get("reports/subscribed") == ["alpha-asn", "other-asn"]
    assert narrow.error("reports/download", id=entry(wide)["id"])[0] == 404


def test_nothing_of_another_organisation_is_seen(night: World, who: Program) -> None:
    beta = program(made_key(MailingList.objects.get(name="beta").organisation))
    theirs = entry(beta)["id"]
    assert who.error("reports/download", id=theirs)[0] == 404
    for method in ("reports/list", "reports/stats", "reports/subscribed", "reports/types"):
        content = text_of(who.post(method, date="-3:now"))
        assert "beta" not in content
        assert theirs not in content
    assert "198.51.100" not in text_of(who.post("reports/download", id=entry(who)["id"]))
    refused = who.error("reports/device-info", query={"ip": "198.51.100.7"})
    assert refused == (400, "No supported report filters found")
    assert beta.get("reports/device-info", query={"ip": "198.51.100.7"})["devices"]


def test_an_id_of_a_mail_or_of_another_key_is_none_of_this_key(night: World, who: Program) -> None:
    other = program(made_key(night.alpha.organisation, "other"))
    assert who.error("reports/download", id=entry(other)["id"])[0] == 404
    assert who.error("reports/download", id="x" * 50)[0] == 404


def test_links_are_void_once_the_key_is_revoked(night: World, who: Program) -> None:
    link = entry(who)["id"]
    assert Client().get(f"/dl/{link}").status_code == 200
    revoke_key(ApiKey.objects.get(), Actor.person("admin@example.org"), clock.now())
    assert Client().get(f"/dl/{link}").status_code == 404


def test_links_are_void_while_the_organisation_is_frozen(night: World, who: Program) -> None:
    link = entry(who)["id"]
    night.alpha.organisation.state = OrganisationState.FROZEN
    night.alpha.organisation.save()
    assert Client().get(f"/dl/{link}").status_code == 404


def test_rows_of_a_network_that_has_ended_are_not_given_out(world: World) -> None:
    installation.home().service.mkdir(exist_ok=True)
    second = Network.objects.create(
        organisation=world.alpha.organisation, kind="asn", value="64497", valid_from=LONG_AGO
    )
    Proof.objects.create(network=second, method="staff", made_at=LONG_AGO, ends_at=LONG_AFTER)
    world.small.collect_events([event(1), event(2, "198.51.100.9")])
    world.night()
    take(world)
    who = program(made_key(world.alpha.organisation))
    assert entry(who)["rows"] == 2
    second.state = NetworkState.FROZEN
    second.save()
    found = entry(who)
    assert "rows" not in found
    assert [each["src_ip"] for each in who.get("reports/download", id=found["id"])] == [
        "192.0.2.10"
    ]
    assert who.get("reports/stats")[1:] == [["2026-11-22", "event4_sinkhole", 1]]
    Network.objects.update(state=NetworkState.FROZEN)
    assert who.get("reports/list") == []
    assert who.get("reports/stats")[1:] == []
    assert who.error("reports/download", id=found["id"])[0] == 404


def test_a_list_that_has_ended_is_not_read(night: World, who: Program) -> None:
    link = entry(who)["id"]
    MailingList.objects.filter(name="alpha").update(valid_to=clock.now())
    assert who.get("reports/subscribed") == []
    assert who.get("reports/list") == []
    assert who.error("reports/download", id=link)[0] == 404


def test_a_report_that_is_not_kept_is_gone(night: World, who: Program) -> None:
    link = entry(who)["id"]
    for packs in Path(night.small.home.runs).rglob("packs"):
        shutil.rmtree(packs)
    assert who.error("reports/download", id=link) == (410, "this report is not kept any more")


def test_an_unfinished_day_is_no_report(world: World) -> None:
    installation.home().service.mkdir(exist_ok=True)
    world.small.collect_events([event(1)])
    world.night()
    take(world)
    Night.objects.update(partial=True)
    assert program(made_key(world.alpha.organisation)).get("reports/list") == []
