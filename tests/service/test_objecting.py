"""From a row in a real report to a case, to the next night's reports, and what was counted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.test import Client, override_settings
from tests.fakes.small_home import DAY, NIGHT, SmallHome, event
from tests.service.desk import Desk
from tests.service.subscribed import LONG_AGO, Subscribed, member_of, subscribed

from tocsin.engine.nightly.subscribers import SuppressionKind
from tocsin.engine.reports import Wanted, list_reports, read_report
from tocsin.model.errors import UsageError
from tocsin.service import clock
from tocsin.service.accounts.models import StaffRole, User
from tocsin.service.audit.models import AuditLine
from tocsin.service.audit.record import Actor
from tocsin.service.subscribers.asking import Arrival
from tocsin.service.subscribers.case_decisions import decide_case, end_case
from tocsin.service.subscribers.cases_daily import COUNTING
from tocsin.service.subscribers.models import (
    Case,
    CaseState,
    Network,
    Organisation,
    RequestChannel,
)
from tocsin.service.subscribers.objecting import MOST_SUBJECTS, open_cases
from tocsin.service.subscribers.objection_links import objection_link
from tocsin.service.subscribers.objection_value import Objection
from tocsin.service.subscribers.snapshot import write_snapshot

FALSE, FIXED = SuppressionKind.FALSE_POSITIVE, SuppressionKind.FIXED
REPORT = "2026-11-22-event4_sinkhole-alpha-asn.csv"
ONE_DAY = dt.timedelta(days=1)
ADMIN = Actor.person("admin@example.org")


@dataclass
class World:
    """A home with nights, and an organisation whose reports they make."""

    desk: Desk
    small: SmallHome
    alpha: Subscribed

    def night(self, day: dt.date = DAY) -> None:
        """Run the night of a day with what the service says now."""
        written = write_snapshot(self.small.home, clock.now())
        self.small.night_engine().run(day, written.path, NIGHT + (day - DAY), partial=False)

    def replay(self, day: dt.date = DAY) -> None:
        """Make a day anew with what the service says now."""
        written = write_snapshot(self.small.home, clock.now())
        self.small.replay(day, lists=written.path)

    def rows(self, day: dt.date = DAY) -> int:
        """How many rows the organisation got."""
        found = list_reports(self.small.home.root, Wanted(day=day, list="alpha"))
        return sum(each.slice.rows for each in found)

    def says(
        self,
        kind: SuppressionKind | None,
        *subjects: str,
        channel: RequestChannel = RequestChannel.PORTAL,
        **fields: object,
    ) -> list[Case]:
        """What the admin says of subjects."""
        objection = Objection(kind=kind, subjects=subjects, note="looked at it", **fields)  # type: ignore[arg-type]
        arrival = Arrival(channel, self.alpha.admin.address)
        return open_cases(self.alpha.admin, objection, arrival, clock.now())

    def count(self) -> None:
        """Let the daily work count."""
        payload = {"day": clock.now().date().isoformat()}
        COUNTING.inner(payload, COUNTING.outer(payload), clock.now())


@pytest.fixture
def world(desk: Desk, tmp_path: Path) -> Iterator[World]:
    small = SmallHome.make(tmp_path)
    with override_settings(TOCSIN_HOME=small.home):
        yield World(desk, small, subscribed())


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


# --- the link of a report -----------------------------------------------------------------


def path_of(link: str) -> str:
    return urlsplit(link).path


def form(**fields: str) -> dict[str, str]:
    return {"kind": "fixed", "address": "192.0.2.10", "reason": "reinstalled", **fields}


def test_the_link_of_a_report_acts_as_its_recipient(world: World) -> None:
    recipient = world.alpha.recipient("noc@example.org")
    world.small.collect_events([event(1)])
    world.night()
    path = path_of(objection_link(world.alpha.list, REPORT, recipient))
    page = Client().get(path).content.decode()
    assert REPORT in page
    assert "noc@example.org" in page
    Client().post(path, form())
    case = Case.objects.get()
    assert (case.claimant, case.state) == ("noc@example.org", CaseState.IN_FORCE)
    Client().post(path, form(kind="false_positive"))
    case = Case.objects.order_by("-pk")[0]
    assert case.state == CaseState.UNCONFIRMED
    Client().post(world.desk.link_to("noc@example.org"), {"answer": "confirm"})
    case.refresh_from_db()
    assert case.state == CaseState.IN_FORCE
    assert [each.pk for each in case.lists.all()] == [world.alpha.list.pk]


def test_a_link_without_a_recipient_tells_nobody_who_gets_the_list(world: World) -> None:
    world.alpha.recipient("noc@example.org")
    world.small.collect_events([event(1)])
    world.night()
    path = path_of(objection_link(world.alpha.list, REPORT))
    answers = [
        Client().post(path, form(claimant=address)).content
        for address in ("eve@example.net", "noc@example.org")
    ]
    assert answers[0] == answers[1]
    assert Case.objects.get().state == CaseState.UNCONFIRMED
    assert world.desk.letters_to("eve@example.net") == []
    Client().post(world.desk.link_to("noc@example.org"), {"answer": "confirm"})
    assert Case.objects.get().state == CaseState.IN_FORCE


def test_the_link_is_void_when_the_recipient_or_the_list_is_gone(world: World) -> None:
    recipient = world.alpha.recipient("noc@example.org")
    path = path_of(objection_link(world.alpha.list, REPORT, recipient))
    assert Client().get(path).status_code == 200
    recipient.round += 1
    recipient.save()
    assert Client().get(path).status_code == 410
    assert Client().post(path, form()).status_code == 410
    general = path_of(objection_link(world.alpha.list, REPORT))
    assert Client().get(general).status_code == 200
    world.alpha.list.valid_to = clock.now()
    world.alpha.list.save()
    assert Client().get(general).status_code == 410
    assert Client().get(general[:-1] + "x").status_code == 404


@pytest.mark.parametrize(
    "wrong",
    [
        {"address": "nonsense"},
        {"at": "2030-01-01 00:00"},
        {"at": "yesterday"},
        {"port": "70000"},
        {"reason": " "},
        {"kind": "else"},
    ],
)
def test_what_cannot_be_read_is_told_in_the_form(world: World, wrong: dict[str, str]) -> None:
    recipient = world.alpha.recipient("noc@example.org")
    path = path_of(objection_link(world.alpha.list, REPORT, recipient))
    assert Client().post(path, form(**wrong)).status_code == 422
    assert not Case.objects.exists()


# --- staff ---------------------------------------------------------------------------------


def open_one(world: World) -> Case:
    network = world.alpha.organisation.networks.get()
    Network.objects.filter(pk=network.pk).update(kind="cidr", value="192.0.2.0/24")
    world.alpha.list.filter = "cidr"
    world.alpha.list.save()
    (case,) = world.says(FALSE, "192.0.2.99")
    assert case.state == CaseState.OPEN
    return case


def test_staff_accept_for_a_time_and_the_claimant_is_told(world: World) -> None:
    case = open_one(world)
    staff = world.desk.signed_in(world.desk.reviewer())
    assert b"192.0.2.99" in staff.get("/staff/cases/").content
    staff.post(f"/staff/cases/{case.pk}", {"decision": "accept", "days": "90", "words": "seen"})
    case.refresh_from_db()
    assert case.state == CaseState.IN_FORCE
    assert case.moment == clock.now() + 90 * ONE_DAY
    letter = world.desk.letters_to("admin@example.org")[-1]
    assert "has been accepted" in letter.subject
    assert AuditLine.objects.get(verb="case.accepted").actor == "reviewer@tocsin.example.org"


def test_staff_refuse_with_words_only_and_for_a_year_at_most(world: World) -> None:
    case, user = open_one(world), world.desk.reviewer()
    with pytest.raises(UsageError, match="without a reason"):
        decide_case(case, user, " ", clock.now(), accept=False)
    with pytest.raises(UsageError, match="366 days"):
        decide_case(case, user, "", clock.now(), accept=True, days=366)
    decide_case(case, user, "It was right.", clock.now(), accept=False)
    assert "It was right." in world.desk.letters_to("admin@example.org")[-1].body
    with pytest.raises(UsageError, match="somebody else may have decided"):
        decide_case(case, user, "", clock.now(), accept=True)


def test_an_auditor_looks_and_does_not_decide(world: World) -> None:
    case = open_one(world)
    user = User.objects.create_user("auditor@tocsin.example.org", staff_role=StaffRole.AUDITOR)
    auditor = world.desk.signed_in(user)
    assert b"Accept" not in auditor.get(f"/staff/cases/{case.pk}").content
    auditor.post(f"/staff/cases/{case.pk}", {"decision": "accept"})
    case.refresh_from_db()
    assert case.state == CaseState.OPEN
    customer = world.desk.signed_in(world.alpha.account)
    assert customer.get("/staff/cases/").status_code == 403


def test_cases_are_seen_by_their_own_organisation_alone(world: World) -> None:
    case = open_one(world)
    other = subscribed("beta", ["AS64497"], domain="example.net")
    stranger = world.desk.signed_in(other.account)
    assert stranger.get("/organisations/alpha/cases/").status_code == 404
    for slug in ("alpha", "beta"):
        answer = stranger.post(f"/organisations/{slug}/cases/{case.pk}/end")
        assert answer.status_code == 404
    member = world.desk.signed_in(member_of(world.alpha))
    assert b"192.0.2.99" in member.get("/organisations/alpha/cases/").content
    assert member.post(f"/organisations/alpha/cases/{case.pk}/end").status_code == 404
    case.refresh_from_db()
    assert case.state == CaseState.OPEN


def test_an_objection_is_made_in_the_portal(world: World) -> None:
    world.small.collect_events([event(1)])
    world.night()
    browser = world.desk.signed_in(world.alpha.account)
    browser.post("/organisations/alpha/cases/", form(kind="false_positive"))
    assert Case.objects.get().state == CaseState.IN_FORCE
    page = browser.get("/organisations/alpha/cases/").content.decode()
    assert "declared:tocsin-ndjson" in page


def test_nothing_is_hidden_for_a_frozen_organisation(world: World) -> None:
    Organisation.objects.update(state="frozen")
    with pytest.raises(UsageError, match="nothing can be changed"):
        world.says(FIXED, "192.0.2.10")


def test_what_is_over_ends_by_itself_and_late_rows_are_still_hidden_before(world: World) -> None:
    world.small.collect_events([event(1)])
    world.night()
    (case,) = world.says(FALSE, "192.0.2.10")
    (asked,) = world.says(FIXED, "192.0.2.10", channel=RequestChannel.MAIL)
    world.desk.pass_time(31 * ONE_DAY)
    world.count()
    case.refresh_from_db()
    asked.refresh_from_db()
    assert (case.state, asked.state) == (CaseState.IN_FORCE, CaseState.ENDED)
    world.desk.pass_time(14 * ONE_DAY)
    world.count()
    case.refresh_from_db()
    assert case.state == CaseState.ENDED
    assert case.moment > LONG_AGO


def test_shadow_lists_show_what_would_have_been_sent(world: World) -> None:
    world.alpha.list.mode = "shadow"
    world.alpha.list.save()
    world.alpha.recipient("noc@example.org")
    world.small.collect_events([event(1)])
    world.night()
    browser = world.desk.signed_in(world.alpha.account)
    page = browser.get(f"/organisations/alpha/lists/{world.alpha.list.pk}/reports")
    text = page.content.decode()
    assert "What would have been sent" in text
    assert REPORT in text
    assert "noc@example.org" in text
