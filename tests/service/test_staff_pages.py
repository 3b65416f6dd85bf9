"""Pages of staff beside the queue: organisations, audit, letters, work, people."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries
from tests.service.desk import Desk, now
from tests.service.rights_world import World, make_world

from tocsin.service.accounts.models import StaffRole, User
from tocsin.service.audit.models import ActorKind, AuditLine
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.letters.models import Letter
from tocsin.service.subscribers.models import (
    MailingList,
    Network,
    NetworkState,
    Organisation,
    OrganisationState,
)
from tocsin.service.work.models import Task, TaskState


@pytest.fixture
def world(desk: Desk) -> World:
    """Two organisations, a CERT, and all kinds of people."""
    return make_world(desk)


def _names(browser: Client, **said: str) -> list[str]:
    page = browser.get("/staff/organisations/", said)
    return [each.slug for each in page.context["shown"]]


def test_organisations_are_found_by_name_contact_and_network(world: World) -> None:
    staff = world.browser("auditor")
    assert len(_names(staff)) == 3
    assert _names(staff, text="networks of a") == ["a"]
    assert _names(staff, text="member@a.example") == ["a"]
    assert _names(staff, text="192.0.2.200") == ["a"]
    assert _names(staff, text="XX") == ["cert"]
    assert _names(staff, state="frozen") == []
    assert _names(staff, text="nobody") == []


def test_a_list_of_many_organisations_is_cut_into_pages(
    world: World, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    Organisation.objects.bulk_create(
        Organisation(slug=f"o{n}", name=f"O {n}", founded_at=now()) for n in range(120)
    )
    staff = world.browser("auditor")
    with django_assert_max_num_queries(8):
        assert len(_names(staff, page="3")) == 23


def test_an_organisation_is_frozen_and_goes_on_with_a_reason(world: World) -> None:
    staff, place = world.browser("reviewer"), "/staff/organisations/a/state"
    staff.post(place, {"act": "freeze", "reason": " "})
    world.a.refresh_from_db()
    assert world.a.state == OrganisationState.ACTIVE
    for _ in range(2):
        staff.post(place, {"act": "freeze", "reason": "odd changes"})
    world.a.refresh_from_db()
    assert (world.a.state, world.a.frozen_reason) == (OrganisationState.FROZEN, "odd changes")
    assert "odd changes" in staff.get("/staff/organisations/a/").content.decode()
    staff.post(place, {"act": "unfreeze", "reason": "was us"})
    world.a.refresh_from_db()
    assert world.a.state == OrganisationState.ACTIVE
    lines = AuditLine.objects.filter(organisation=world.a.pk, verb__startswith="organisation.")
    verbs = list(lines.order_by("pk").values_list("verb", flat=True))
    assert verbs == ["organisation.founded", "organisation.frozen", "organisation.unfrozen"]


def test_staff_choose_what_is_put_back_when_a_feed_goes_on(world: World) -> None:
    people, staff = world.browser("admin of A"), world.browser("reviewer")
    recipient, network = world.recipient_a, world.network_a
    for place in (f"recipients/{recipient.pk}/remove", f"networks/{network.pk}/end"):
        people.post(f"/organisations/a/{place}", {"sure": "yes"})
    staff.post("/staff/organisations/a/state", {"act": "freeze", "reason": "odd changes"})
    page = staff.get("/staff/organisations/a/")
    removed, ended = reversed([each.pk for each, _ in page.context["restorable"]])
    assert f"recipient {recipient.address} removed" in page.content.decode()
    said = {"act": "unfreeze", "reason": "was not them", "restore": [removed, "x", "999"]}
    staff.post("/staff/organisations/a/state", said)
    recipient.refresh_from_db()
    network.refresh_from_db()
    assert (recipient.state, network.state) == ("active", "ended")
    staff.post("/staff/organisations/a/state", {"act": "freeze", "reason": "once more"})
    page = staff.get("/staff/organisations/a/")
    assert [each.pk for each, _ in page.context["restorable"]] == [ended]


def test_staff_choose_which_networks_go_on_with_a_feed(world: World) -> None:
    staff, network = world.browser("reviewer"), world.network_a
    place = "/staff/organisations/a/"
    staff.post(f"{place}networks/{network.pk}/state", {"act": "freeze", "reason": "another holder"})
    staff.post(f"{place}state", {"act": "freeze", "reason": "odd"})
    assert "another holder" in staff.get(place).content.decode()
    staff.post(f"{place}state", {"act": "unfreeze", "reason": "settled", "network": [network.pk]})
    network.refresh_from_db()
    assert network.state == NetworkState.ACTIVE


def test_closing_ends_networks_and_lists_and_only_if_meant(world: World) -> None:
    staff, place = world.browser("reviewer"), "/staff/organisations/a/state"
    staff.post(place, {"act": "close", "reason": "merged"})
    world.a.refresh_from_db()
    assert world.a.state == OrganisationState.ACTIVE
    staff.post(place, {"act": "close", "reason": "merged", "sure": "yes"})
    world.a.refresh_from_db()
    assert world.a.state == OrganisationState.CLOSED
    assert Network.objects.get(organisation=world.a).state == NetworkState.ENDED
    assert MailingList.objects.get(organisation=world.a).valid_to == now()
    assert Network.objects.get(organisation=world.b).state == NetworkState.ACTIVE


def test_a_network_is_frozen_alone_and_only_below_its_own_organisation(world: World) -> None:
    staff = world.browser("reviewer")
    place = f"networks/{world.network_a.pk}/state"
    said = {"act": "freeze", "reason": "holder asks"}
    assert staff.post(f"/staff/organisations/cert/{place}", said).status_code == 404
    staff.post(f"/staff/organisations/a/{place}", said)
    world.network_a.refresh_from_db()
    assert world.network_a.state == NetworkState.FROZEN
    staff.post(f"/staff/organisations/a/{place}", {"act": "unfreeze", "reason": "settled"})
    world.network_a.refresh_from_db()
    assert world.network_a.state == NetworkState.ACTIVE


def _lines(browser: Client, **said: str) -> list[str]:
    page = browser.get("/staff/audit/", said)
    return [line.verb for line, _ in page.context["rows"]]


def test_the_audit_is_searched_by_who_what_where_and_when(world: World) -> None:
    staff = world.browser("auditor")
    record(
        Actor(ActorKind.STAFF, "one@tocsin.example.org"),
        "network.frozen",
        Subject("network", "7", "192.0.2.0/24"),
        now() - dt.timedelta(days=3),
        organisation=world.a.pk,
        request=4711,
    )
    for said in (
        {"who": "one@tocsin.example.org"},
        {"who": "one@"},
        {"verb": "network."},
        {"about": "192.0.2"},
        {"organisation": "a", "verb": "network"},
        {"organisation": "networks of a", "verb": "network"},
        {"request": "#4711"},
        {"until": "2026-11-20"},
        {"since": "2026-11-20", "until": "2026-11-20"},
    ):
        assert _lines(staff, **said) == ["network.frozen"], said
    for said in ({"organisation": "no such"}, {"request": "x"}, {"since": "2026-11-30"}):
        assert _lines(staff, **said) == [], said
    assert len(_lines(staff, since="no day")) >= 4


def test_the_audit_is_paged_without_counting_it(world: World) -> None:
    for number in range(120):
        record(Actor.system("x"), "a.b", Subject("x", str(number)), now())
    staff = world.browser("auditor")
    seen: list[int] = []
    before = ""
    while True:
        page = staff.get("/staff/audit/", {"verb": "a.b", "before": before})
        seen += [int(line.subject_id) for line, _ in page.context["rows"]]
        if page.context["next"] is None:
            break
        before = str(page.context["next"])
    assert seen == list(reversed(range(120)))


def test_the_audit_goes_out_as_csv_that_no_spreadsheet_runs(world: World) -> None:
    record(Actor.person("x@example.org"), "a.b", Subject("x", "1", '=cmd|"x"'), now(), note="ü, \n")
    page = world.browser("auditor").get("/staff/audit/audit.csv", {"verb": "a.b"})
    text = b"".join(page).decode()
    [row] = csv.DictReader(io.StringIO(text))
    assert row["subject_name"] == '\'=cmd|"x"'
    assert row["at"] == "2026-11-23 09:00:00"
    assert row["note"] == "ü,"


def test_letters_are_listed_without_what_opens_their_links(desk: Desk, world: World) -> None:
    desk.work()
    letter = Letter.objects.first()
    assert letter is not None
    page = world.browser("auditor").get("/staff/letters/", {"text": letter.recipient})
    content = page.content.decode()
    assert letter.recipient in content
    assert "/l/" not in content
    assert "sent" in content


def test_a_failed_task_is_tried_again_once(world: World) -> None:
    chief = world.browser("staff admin")
    assert "Try again" in chief.get("/staff/work/").content.decode()
    for _ in range(2):
        chief.post(f"/staff/work/{world.task.pk}/again")
    assert Task.objects.get(pk=world.task.pk).state == TaskState.WAITING
    assert AuditLine.objects.filter(verb="task.again").count() == 1


def test_a_staff_admin_says_who_is_of_the_staff(world: World) -> None:
    chief = world.browser("staff admin")
    chief.post("/staff/people/role", {"address": "New@Example.org", "role": "reviewer"})
    assert User.objects.get(email="new@example.org").staff_role == StaffRole.REVIEWER
    chief.post("/staff/people/role", {"address": "new@example.org", "role": ""})
    assert User.objects.get(email="new@example.org").staff_role == StaffRole.NONE
    for said in ({"address": "x", "role": "admin"}, {"address": "x@example.org", "role": "king"}):
        chief.post("/staff/people/role", said)
    assert not User.objects.filter(email="x@example.org").exists()
    line = AuditLine.objects.filter(verb="staff.appointed").first()
    assert line is not None
    assert (line.actor, line.after) == ("chief@tocsin.example.org", {"role": ""})


def test_the_last_staff_admin_stays_one(world: World) -> None:
    chief = world.browser("staff admin")
    chief.post("/staff/people/role", {"address": "chief@tocsin.example.org", "role": "auditor"})
    assert User.objects.get(email="chief@tocsin.example.org").staff_role == StaffRole.ADMIN


def test_lost_second_factors_are_taken_by_another_staff_admin(world: World) -> None:
    lost = world.browser("reviewer")
    chief = world.browser("staff admin")
    assert "Has lost the second factor" in chief.get("/staff/people/").content.decode()
    for address in ("chief@tocsin.example.org", "member@a.example.org", "nobody@example.org"):
        chief.post("/staff/people/factors", {"address": address})
    assert not AuditLine.objects.filter(verb="second_factor.forgotten").exists()
    chief.post("/staff/people/factors", {"address": "reviewer@tocsin.example.org"})
    assert AuditLine.objects.filter(verb="second_factor.forgotten").count() == 1
    assert lost.get("/staff/requests/")["Location"] == "/accounts/2fa/"
