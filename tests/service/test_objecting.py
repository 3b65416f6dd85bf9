"""From a row in a real report to a case, to the next night's reports, and what was counted."""

from __future__ import annotations

import datetime as dt

from django.test import Client
from tests.fakes.small_home import DAY, event
from tests.service.objecting_world import ADMIN, FALSE, FIXED, World
from tests.service.subscribed import member_of, subscribed

from tocsin.engine.reports import Wanted, list_reports, read_report
from tocsin.service import clock
from tocsin.service.audit.models import AuditLine
from tocsin.service.subscribers.cases.decisions import end_case
from tocsin.service.subscribers.cases.objecting import open_cases
from tocsin.service.subscribers.cases.objection_reading import MOST_SUBJECTS
from tocsin.service.subscribers.cases.objection_value import Objection
from tocsin.service.subscribers.models import (
    Case,
    CaseState,
    Network,
    RequestChannel,
)
from tocsin.service.subscribers.requests.asking import Arrival


def test_a_false_positive_keeps_such_rows_out_and_counts_them(world: World) -> None:
    world.small.collect_events([event(1), event(2, "192.0.2.11")])
    world.night()
    assert world.rows() == 2
    (case,) = world.says(FALSE, "192.0.2.10")
    assert case.state == CaseState.IN_FORCE
    assert (case.report_type, case.rule) == ("event4_sinkhole", "declared:tocsin-ndjson")
    (row,) = case.rows
    assert (row["day"], row["subject"], row["lists"]) == (
        "2026-11-22",
        "192.0.2.10",
        [world.alpha.list.pk],
    )
    world.replay()
    assert world.rows() == 1
    for _ in range(2):
        world.count()
        case.refresh_from_db()
        assert (case.suppressed, case.sightings) == (1, {"2026-11-22": 1})


def test_what_is_seen_after_a_repair_is_reported_again(world: World) -> None:
    world.small.collect_events([event(3600)])
    world.night()
    (case,) = world.says(FIXED, "192.0.2.10", at=dt.datetime(2026, 11, 22, 2, tzinfo=dt.UTC))
    world.replay()
    assert world.rows() == 0
    world.count()
    case.refresh_from_db()
    assert case.suppressed == 1
    end_case(case, ADMIN, clock.now())
    (case,) = world.says(FIXED, "192.0.2.10", at=dt.datetime(2026, 11, 22, 0, 30, tzinfo=dt.UTC))
    world.replay()
    assert world.rows() == 1
    world.count()
    assert sum(Case.objects.values_list("suppressed", flat=True)) == 0


def test_a_case_that_is_ended_early_hides_nothing_any_more(world: World) -> None:
    world.small.collect_events([event(1)])
    world.night()
    (case,) = world.says(FALSE, "192.0.2.10")
    browser = world.desk.signed_in(world.alpha.account)
    browser.post(f"/organisations/alpha/cases/{case.pk}/end")
    world.replay()
    assert world.rows() == 1
    assert not end_case(case, ADMIN, clock.now())


def test_the_same_objection_is_answered_with_the_case_there_is(world: World) -> None:
    world.small.collect_events([event(1)])
    world.night()
    first = world.says(FALSE, "192.0.2.10")
    assert world.says(FALSE, "192.0.2.10") == first
    assert Case.objects.count() == 1
    assert len(world.says(FIXED, "192.0.2.10")) == 1
    assert Case.objects.count() == 2


def test_rows_of_a_network_that_is_no_longer_theirs_are_not_theirs_to_object_to(
    world: World,
) -> None:
    world.small.collect_events([event(1)])
    world.night()
    Network.objects.update(state="frozen")
    (case,) = world.says(FALSE, "192.0.2.10")
    assert case.state == CaseState.REFUSED


def test_nobody_objects_to_what_others_were_sent(world: World) -> None:
    subscribed("beta", ["198.51.100.0/24"], domain="example.net")
    world.small.collect_events([event(1, "198.51.100.7")])
    world.night()
    for kind in (FALSE, FIXED):
        (case,) = world.says(kind, "198.51.100.7")
        assert (case.state, case.rows) == (CaseState.REFUSED, [])
    world.replay()
    found = list_reports(world.small.home.root, Wanted(day=DAY, list="beta"))
    assert sum(each.slice.rows for each in found) == 1


def test_a_national_certs_reports_stay_whole(world: World) -> None:
    cert = subscribed("cert-xa", ["XA"], kind="national_cert", domain="example.com")
    world.small.collect_events([event(1)])
    world.night()
    world.says(FALSE, "192.0.2.10")
    objection = Objection(kind=FALSE, subjects=("192.0.2.10",))
    arrival = Arrival(RequestChannel.PORTAL, cert.admin.address)
    (case,) = open_cases(cert.admin, objection, arrival, clock.now())
    assert case.state == CaseState.REFUSED
    world.replay()
    found = list_reports(world.small.home.root, Wanted(day=DAY, list="cert-xa"))
    assert [read_report(each.package, each.file).count(b"192.0.2.10") for each in found] == [1]


def test_what_comes_by_mail_waits_for_the_mailbox_to_confirm(world: World) -> None:
    world.small.collect_events([event(1)])
    world.night()
    (case,) = world.says(FALSE, "192.0.2.10", channel=RequestChannel.MAIL)
    assert case.state == CaseState.UNCONFIRMED
    world.replay()
    assert world.rows() == 1
    link = world.desk.link_to("admin@example.org")
    assert b"Is this objection yours?" in Client().get(link).content
    case.refresh_from_db()
    assert case.state == CaseState.UNCONFIRMED
    Client().post(link, {"answer": "confirm"})
    case.refresh_from_db()
    assert case.state == CaseState.IN_FORCE
    Client().post(link, {"answer": "withdraw"})
    case.refresh_from_db()
    assert case.state == CaseState.IN_FORCE


def test_who_never_said_it_withdraws_it(world: World) -> None:
    (case,) = world.says(FIXED, "192.0.2.10", channel=RequestChannel.MAIL)
    assert case.state == CaseState.REFUSED  # no prefix and no row
    world.small.collect_events([event(1)])
    world.night()
    (case,) = world.says(FIXED, "192.0.2.10", channel=RequestChannel.MAIL)
    Client().post(world.desk.link_to("admin@example.org"), {"answer": "withdraw"})
    case.refresh_from_db()
    assert case.state == CaseState.ENDED


def test_what_is_missing_is_asked_in_one_letter_and_makes_no_case(world: World) -> None:
    assert world.says(None, unclear=("the thing",)) == []
    (letter,) = world.desk.letters_to("admin@example.org")
    for words in ("Which IP addresses", "false positive", "the thing"):
        assert words in letter.body
    assert AuditLine.objects.filter(verb="objection.asked_back").count() == 1


def test_everything_said_ends_in_a_case_or_a_refusal(world: World) -> None:
    subjects = [f"192.0.2.{number % 256}" for number in range(256)]
    cases = world.says(FIXED, *subjects, "nonsense")
    assert len(cases) == MOST_SUBJECTS + 1
    assert cases[-1].address == f"{257 - MOST_SUBJECTS} more"
    assert {each.state for each in cases} == {"refused"}
    assert all(each.decision for each in cases)


def test_an_unknown_report_type_widens_nothing(world: World) -> None:
    world.small.collect_events([event(1)])
    world.night()
    (case,) = world.says(FALSE, "192.0.2.10", report_type="no_such")
    assert (case.state, "no report type no_such" in case.decision) == (CaseState.REFUSED, True)


def test_admins_hear_what_another_has_said(world: World) -> None:
    other = member_of(world.alpha, "second@example.org")
    world.alpha.organisation.contacts.filter(account=other).update(role="admin")
    world.small.collect_events([event(1)])
    world.night()
    world.says(FALSE, "192.0.2.10")
    (letter,) = world.desk.letters_to("second@example.org")
    assert "admin@example.org objects" in letter.subject
    (own,) = world.desk.letters_to("admin@example.org")
    assert "Your objection" in own.subject
