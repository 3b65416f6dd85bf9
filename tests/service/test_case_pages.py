"""Objections by the link of a report, and what staff decide on cases."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from django.test import Client
from tests.fakes.small_home import event
from tests.service.objecting_world import FALSE, FIXED, ONE_DAY, REPORT, World
from tests.service.subscribed import LONG_AGO, member_of, subscribed

from tocsin.model.errors import UsageError
from tocsin.service import clock
from tocsin.service.accounts.models import StaffRole, User
from tocsin.service.audit.models import AuditLine
from tocsin.service.subscribers.cases.decisions import decide_case
from tocsin.service.subscribers.cases.objecting import MOST_WAITING
from tocsin.service.subscribers.cases.objection_links import objection_link
from tocsin.service.subscribers.models import (
    Case,
    CaseState,
    Network,
    Organisation,
    RequestChannel,
)

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


def test_nobody_fills_the_mailbox_of_a_recipient(world: World) -> None:
    world.alpha.recipient("noc@example.org")
    world.small.collect_events([event(1)])
    world.night()
    path = path_of(objection_link(world.alpha.list, REPORT))
    answers = {
        Client().post(path, form(claimant="noc@example.org")).content
        for _ in range(MOST_WAITING + 3)
    }
    assert len(answers) == 1
    assert Case.objects.count() == MOST_WAITING


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
