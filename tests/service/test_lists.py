"""Mailing lists: made, renamed, changed and ended by admins, with every preference."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from django.test import Client
from tests.service.desk import Desk
from tests.service.subscribed import Subscribed, member_of, subscribed

from tocsin.engine.nightly.subscribers import FilterKind
from tocsin.model.errors import UsageError
from tocsin.service import clock
from tocsin.service.audit.models import AuditLine
from tocsin.service.audit.record import Actor
from tocsin.service.subscribers.changes.freezing import unfreeze
from tocsin.service.subscribers.lists.editing import (
    catalogue_of_home,
    change_list,
    end_list,
    make_list,
    wanted_of,
)
from tocsin.service.subscribers.lists.rules import OnFile, WantedList, problems_of
from tocsin.service.subscribers.models import Change, MailingList, Network, Organisation
from tocsin.service.subscribers.snapshots.due import WRITE
from tocsin.service.subscribers.snapshots.writing import snapshot_of
from tocsin.service.work.models import Task

ADMIN = Actor.person("admin@example.org")
LISTS = "/organisations/alpha/lists/"
FORM = {
    "name": "alpha-noc",
    "which": "all",
    "least_severity": "medium",
    "format": "json",
    "compressed": "on",
    "delivery": "digest",
    "delta": "on",
    "language": "en",
    "mode": "shadow",
    "redirect_to": "",
    "except_types": ["blocklist"],
    "extra_columns": ["label", "finding_id"],
}
ON_FILE = OnFile(
    FilterKind.ASN,
    networks={1: "AS64496"},
    types=frozenset({"a", "b"}),
    testers=frozenset({"ada@example.org"}),
    taken=frozenset({"taken"}),
)


def said(number: int) -> dict[str, object]:
    lists = snapshot_of(clock.now(), catalogue_of_home())["lists"]
    return next((each for each in lists if each["id"] == number), {})


@pytest.mark.parametrize(
    ("field", "wanted"),
    [
        ("name", WantedList("Alpha_1")),
        ("name", WantedList("a" * 65)),
        ("name", WantedList("")),
        ("name", WantedList("taken")),
        ("networks", WantedList("x", networks=frozenset())),
        ("networks", WantedList("x", networks=frozenset({2}))),
        ("except_types", WantedList("x", except_types=frozenset({"c"}))),
        ("except_types", WantedList("x", except_types=frozenset({"a", "b"}))),
        ("redirect_to", WantedList("x", mode="redirect", redirect_to="eve@example.net")),
        ("redirect_to", WantedList("x", mode="redirect")),
        ("least_severity", WantedList("x", least_severity="terrible")),
        ("format", WantedList("x", format="doc")),
        ("delivery", WantedList("x", delivery="weekly")),
        ("mode", WantedList("x", mode="loud")),
        ("language", WantedList("x", language="xx")),
        ("extra_columns", WantedList("x", extra_columns=frozenset({"label", "password"}))),
    ],
)
def test_what_cannot_be_is_told_at_its_field(field: str, wanted: WantedList) -> None:
    assert set(problems_of(wanted, ON_FILE)) == {field}


def test_what_can_be_has_no_problems() -> None:
    wanted = WantedList("x", frozenset({1}), frozenset({"a"}), mode="redirect")
    assert problems_of(replace(wanted, redirect_to="ada@example.org"), ON_FILE) == {}
    assert "no network for a list by asn" in problems_of(wanted, OnFile(FilterKind.ASN))["networks"]


def make(desk: Desk, each: Subscribed, **fields: object) -> tuple[Client, MailingList]:
    browser = desk.signed_in(each.account)
    answer = browser.post(f"{LISTS}new/asn", {**FORM, **fields})
    assert answer.status_code == 302, answer.content.decode()
    return browser, MailingList.objects.order_by("-pk")[0]


def test_an_admin_makes_a_list_with_every_preference(desk: Desk) -> None:
    _, made = make(desk, subscribed())
    assert wanted_of(made) == WantedList(
        name="alpha-noc",
        except_types=frozenset({"blocklist"}),
        least_severity="medium",
        format="json",
        delivery="digest",
        delta=True,
        extra_columns=frozenset({"finding_id", "label"}),
    )
    assert made.extra_columns == ["finding_id", "label"]
    assert said(made.pk) == {
        "id": made.pk,
        "name": "alpha-noc",
        "organisation": "alpha",
        "filter": "asn",
        "least_severity": "medium",
        "delta": True,
        "types": {"except": ["blocklist"]},
        "valid_from": "2026-11-23T09:00:00Z",
    }


def test_a_list_has_one_of_the_languages_that_there_are(desk: Desk) -> None:
    browser, made = make(desk, subscribed(), language="fr")
    assert made.language == "fr"
    page = browser.get(f"{LISTS}{made.pk}/").content.decode()
    assert '<option value="fr" selected>Français</option>' in page
    assert '<option value="de">Deutsch</option>' in page
    answer = browser.post(f"{LISTS}{made.pk}/", {**FORM, "language": "xx"})
    assert "xx is not one of the available choices" in answer.content.decode()
    assert problems_of(WantedList("x", language="xx"), ON_FILE)["language"] == (
        "Choose one of de, en, fr."
    )


def test_a_new_list_is_a_shadow_unless_somebody_says_live(desk: Desk) -> None:
    each = subscribed()
    page = desk.signed_in(each.account).get(f"{LISTS}new/asn").content.decode()
    assert re.search(r'<input[^>]*name="mode"[^>]*value="shadow"[^>]*checked', page)
    assert not re.search(r'<input[^>]*name="mode"[^>]*value="live"[^>]*checked', page)
    assert 'value="alpha-2"' in page
    _, made = make(desk, each, mode="live")
    assert made.mode == "live"


def test_a_list_keeps_its_number_when_it_is_renamed(desk: Desk) -> None:
    browser, made = make(desk, subscribed())
    browser.post(f"{LISTS}{made.pk}/", {**FORM, "name": "alpha-soc"})
    assert said(made.pk)["name"] == "alpha-soc"
    line = AuditLine.objects.get(verb="list.changed")
    assert (line.before, line.after) == ({"name": "alpha-noc"}, {"name": "alpha-soc"})


def test_how_a_list_is_sent_has_an_audit_line_of_its_own(desk: Desk) -> None:
    browser, made = make(desk, subscribed())
    browser.post(
        f"{LISTS}{made.pk}/", {**FORM, "mode": "redirect", "redirect_to": "admin@example.org"}
    )
    line = AuditLine.objects.get(verb="list.mode")
    assert line.before == {"mode": "shadow", "redirect_to": ""}
    assert line.after == {"mode": "redirect", "redirect_to": "admin@example.org"}
    browser.post(f"{LISTS}{made.pk}/", {**FORM, "redirect_to": "admin@example.org"})
    made.refresh_from_db()
    assert (made.mode, made.redirect_to) == ("shadow", "")


def test_only_a_confirmed_recipient_or_a_contact_is_a_tester(desk: Desk) -> None:
    each = subscribed()
    each.recipient("yes@example.org")
    each.recipient("no@example.org", state="unconfirmed", confirmed_at=None)
    page = desk.signed_in(each.account).get(f"{LISTS}new/asn").content.decode()
    for address, offered in (("yes", True), ("admin", True), ("no", False)):
        assert (f'value="{address}@example.org"' in page) == offered


def test_chosen_networks_are_told_to_the_night_and_others_are_not(desk: Desk) -> None:
    each = subscribed("alpha", ["AS64496", "AS64497"])
    first = Network.objects.get(value="64496")
    _, made = make(desk, each, which="chosen", networks=[first.pk])
    assert said(made.pk)["networks"] == [{"asn": 64496}]


def test_nobody_chooses_the_network_of_somebody_else(desk: Desk) -> None:
    each, other = subscribed(), subscribed("beta", ["AS64497"], domain="example.net")
    theirs = Network.objects.get(organisation=other.organisation)
    browser = desk.signed_in(each.account)
    answer = browser.post(f"{LISTS}new/asn", {**FORM, "which": "chosen", "networks": [theirs.pk]})
    assert answer.status_code == 422
    with pytest.raises(UsageError, match="no valid network of yours"):
        make_list(
            each.organisation,
            FilterKind.ASN,
            WantedList("x", frozenset({theirs.pk})),
            ADMIN,
            clock.now(),
        )


def test_a_name_is_had_once_for_each_kind(desk: Desk) -> None:
    each = subscribed("alpha", ["AS64496", "192.0.2.0/24"])
    browser, _ = make(desk, each)
    again = browser.post(f"{LISTS}new/asn", FORM)
    assert again.status_code == 422
    assert b"for example alpha-noc-2" in again.content
    assert browser.post(f"{LISTS}new/cidr", FORM).status_code == 302


def test_nothing_changed_writes_nothing(desk: Desk) -> None:
    each = subscribed()
    lines = AuditLine.objects.count()
    assert not change_list(each.list, wanted_of(each.list), ADMIN, clock.now())
    assert AuditLine.objects.count() == lines
    assert not Task.objects.filter(kind=WRITE).exists()


def test_an_ended_list_gets_nothing_and_is_not_changed_any_more(desk: Desk) -> None:
    each = subscribed()
    browser = desk.signed_in(each.account)
    browser.post(f"{LISTS}{each.list.pk}/end")
    assert said(each.list.pk) == {}
    each.list.refresh_from_db()
    assert not end_list(each.list, ADMIN, clock.now())
    with pytest.raises(UsageError, match="has ended"):
        change_list(each.list, WantedList("x"), ADMIN, clock.now())
    assert "Ended" in browser.get(LISTS).content.decode()


def test_of_a_frozen_organisation_nothing_is_changed(desk: Desk) -> None:
    each = subscribed()
    Organisation.objects.update(state="frozen")
    with pytest.raises(UsageError, match="nothing can be changed"):
        change_list(each.list, WantedList("x"), ADMIN, clock.now())
    answer = desk.signed_in(each.account).post(f"{LISTS}new/asn", FORM)
    assert b"nothing can be changed" in answer.content
    assert MailingList.objects.count() == 1


def test_every_admin_is_told_of_a_change(desk: Desk) -> None:
    browser, made = make(desk, subscribed())
    browser.post(f"{LISTS}{made.pk}/", {**FORM, "mode": "live"})
    made_letter, changed = (each.body for each in desk.letters_to("admin@example.org"))
    assert "list alpha-noc-asn made (shadow: made and shown, not sent)" in made_letter
    assert "list alpha-noc-asn changed: mode: shadow -> live" in changed
    modes = AuditLine.objects.filter(verb="list.mode")
    assert [((each.before or {})["mode"], (each.after or {})["mode"]) for each in modes] == [
        ("shadow", "live")
    ]


def not_us(desk: Desk) -> None:
    """The admin opens the link of the last letter, and says that it was not them."""
    Client().post(desk.link_to("admin@example.org"))
    assert Organisation.objects.get().state == "frozen"


def test_a_list_that_nobody_of_them_made_ends(desk: Desk) -> None:
    _, made = make(desk, subscribed())
    not_us(desk)
    made.refresh_from_db()
    assert made.valid_to == clock.now()


@pytest.mark.parametrize("renamed", [False, True])
def test_staff_put_back_what_was_changed_of_a_list(desk: Desk, *, renamed: bool) -> None:
    each = subscribed(networks=("AS64496", "AS64497"))
    browser = desk.signed_in(each.account)
    before = wanted_of(each.list)
    chosen = {"which": "chosen", "networks": [Network.objects.filter(value="64496").get().pk]}
    browser.post(f"{LISTS}{each.list.pk}/", {**FORM, **chosen})
    assert wanted_of(MailingList.objects.get(pk=each.list.pk)) != before
    not_us(desk)
    if renamed:
        MailingList.objects.create(
            organisation=subscribed("beta", [], domain="example.net").organisation,
            name="alpha", filter="asn", valid_from=clock.now(),
        )  # fmt: skip
    change = Change.objects.get()
    unfreeze(each.organisation, desk.reviewer(), "settled", clock.now(), restore=(change.pk,))
    after = wanted_of(MailingList.objects.get(pk=each.list.pk))
    assert after == (replace(before, name="alpha-noc") if renamed else before)


def test_staff_let_a_list_go_on_that_was_ended(desk: Desk) -> None:
    each = subscribed()
    desk.signed_in(each.account).post(f"{LISTS}{each.list.pk}/end")
    not_us(desk)
    each.list.refresh_from_db()
    assert each.list.valid_to is not None
    unfreeze(
        each.organisation,
        desk.reviewer(),
        "settled",
        clock.now(),
        restore=(Change.objects.get().pk,),
    )
    each.list.refresh_from_db()
    assert each.list.valid_to is None


def test_a_member_sees_lists_and_strangers_do_not(desk: Desk) -> None:
    each = subscribed()
    other = subscribed("beta", ["AS64497"], domain="example.net")
    member, stranger = desk.signed_in(member_of(each)), desk.signed_in(other.account)
    pages = [LISTS, f"{LISTS}{each.list.pk}/", f"{LISTS}{each.list.pk}/reports"]
    assert [member.get(page).status_code for page in pages] == [200] * 3
    assert [stranger.get(page).status_code for page in pages] == [404] * 3
    assert [Client().get(page).status_code for page in pages] == [302] * 3
    assert member.post(pages[1], FORM).status_code == 404
    assert member.post(f"{pages[1]}end").status_code == 404
    theirs = f"/organisations/beta/lists/{each.list.pk}/"
    assert stranger.post(theirs, FORM).status_code == 404
    assert stranger.get(f"{LISTS}new/asn").status_code == 404
    assert wanted_of(MailingList.objects.get(pk=each.list.pk)).name == "alpha"


def test_hostile_names_are_shown_as_text(desk: Desk) -> None:
    each = subscribed()
    Organisation.objects.update(name="<script>alert(1)</script>")
    browser = desk.signed_in(each.account)
    for page in (LISTS, f"{LISTS}{each.list.pk}/", "/organisations/alpha/recipients"):
        assert b"<script>alert" not in browser.get(page).content
