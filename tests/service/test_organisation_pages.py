"""The organisation's own pages: what they show, and what their buttons do."""

from __future__ import annotations

import datetime as dt

import pytest
from tests.service.desk import Desk
from tests.service.feeds import contact, feed, registered

from tocsin.service import clock
from tocsin.service.audit.models import AuditLine
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.subscribers.models import (
    Change,
    Contact,
    ContactRole,
    Network,
    Organisation,
    Recipient,
    Request,
)
from tocsin.service.subscribers.recipients.membership import MOST_ASKS

HOSTILE = "<script>alert(1)</script>"


def test_the_overview_says_what_waits_and_what_is_wrong(desk: Desk) -> None:
    isp = feed("AS64496", "AS64497", members=("max",))
    Network.objects.filter(value="64497").update(state="frozen", frozen_reason="sold")
    isp.browser(desk, "ada").post(isp.page("networks/add"), {"networks": "192.0.2.0/24"})
    desk.pass_time(dt.timedelta(days=340))
    page = isp.browser(desk, "max").get(isp.page()).content.decode()
    for words in ("Waits for somebody", "Frozen networks", "sold", "Proofs that end soon", "live"):
        assert words in page


def test_every_page_has_the_same_navigation_with_its_own_place_marked(desk: Desk) -> None:
    isp = feed("AS64496")
    browser = isp.browser(desk, "ada")
    for name in ("", "networks", "people", "recipients", "changes", "history"):
        page = browser.get(isp.page(name)).content.decode()
        assert page.count('aria-current="page"') == 1
        assert f'href="{isp.page(name)}" aria-current="page"' in page


def test_what_others_wrote_is_shown_and_does_nothing(desk: Desk) -> None:
    isp = feed("AS64496")
    contact(isp.organisation, "eve", "eve@example.org", ContactRole.MEMBER)
    Contact.objects.filter(address="eve@example.org").update(full_name=HOSTILE)
    Network.objects.update(label=HOSTILE, holder=HOSTILE)
    record(Actor.person(HOSTILE), "x.y", Subject("x", "1", HOSTILE), clock.now(),
           organisation=isp.organisation.pk)  # fmt: skip
    browser = isp.browser(desk, "ada")
    for name in ("", "networks", "people", "history"):
        page = browser.get(isp.page(name)).content.decode()
        assert HOSTILE not in page
        assert "&lt;script&gt;" in page


def test_the_history_hides_who_of_staff_it_was_and_what_they_noted(desk: Desk) -> None:
    isp = feed("AS64496")
    registered(desk, "AS64500")
    isp.browser(desk, "ada").post(isp.page("networks/add"), {"networks": "AS64500"})
    request = Request.objects.get()
    desk.work()
    staff = desk.signed_in(desk.reviewer("carla@tocsin.example.org"))
    staff.post(
        f"/staff/requests/{request.pk}/decide",
        {"decision": "refuse", "words": "smells of a hijack"},
    )
    page = isp.browser(desk, "ben").get(isp.page("history")).content.decode()
    assert "request refused" in page
    assert "staff" in page
    assert "carla" not in page
    assert "hijack" not in page
    assert "ada@example.org" in page


def test_the_history_is_turned_over_page_by_page_and_loses_no_line(desk: Desk) -> None:
    isp, other = feed("AS64496"), feed("AS64497", slug="other", domain="example.com")
    for number in range(230):
        whose = isp if number % 23 else other
        record(
            Actor.system("test"), "x.y", Subject("x", "1", f"line-{number:03}"), clock.now(),
            organisation=whose.organisation.pk,
        )  # fmt: skip
    browser, path, seen = isp.browser(desk, "ada"), isp.page("history"), []
    while path:
        page = browser.get(path).content.decode()
        seen += [each.split("<")[0] for each in page.split('data-label="About" class="mono">')[1:]]
        older = page.partition('href="?before=')[2].partition('"')[0]
        path = isp.page(f"history?before={older}") if older else ""
    assert seen == [f"line-{number:03}" for number in reversed(range(230)) if number % 23]
    assert browser.get(isp.page("history?before=x' OR 1")).status_code == 200


def test_networks_that_are_none_or_on_file_are_said_at_the_form(desk: Desk) -> None:
    isp = feed("AS64496")
    browser = isp.browser(desk, "ada")
    for said, words in (
        ("AS64496", "on file already"),
        ("192.0.2.0/33", "192.0.2.0/33"),
        ("", "required"),
    ):
        answer = browser.post(isp.page("networks/add"), {"networks": said})
        assert answer.status_code == 422
        assert words in answer.content.decode()
    assert not Request.objects.exists()
    many = "\n".join(f"AS{number}" for number in range(1, 503))
    answer = browser.post(isp.page("networks/add"), {"networks": many})
    assert "More than 500" in answer.content.decode()


def test_a_request_of_the_portal_is_proven_in_the_portal(desk: Desk) -> None:
    isp = feed("AS64496")
    registered(desk, "AS64500")
    isp.browser(desk, "ada").post(isp.page("networks/add"), {"networks": "AS64500"})
    request = Request.objects.get()
    browser = isp.browser(desk, "ben")
    assert browser.get(f"/requests/{request.pk}").status_code == 404
    answer = browser.post(isp.page(f"changes/{request.pk}/prove"))
    assert answer["Location"] == f"/requests/{request.pk}"
    code = str(desk.letters_to("abuse@example.org")[-1].body).split("nobody else:")[1].split()[0]
    claim = request.claims.get()
    browser.post(f"/requests/{request.pk}", {"claim": claim.pk, "code": code})
    claim.refresh_from_db()
    assert claim.state == "proven"


def test_a_network_ends_only_when_that_is_ticked_and_gets_a_label(desk: Desk) -> None:
    isp = feed("AS64496", "AS64497")
    network = Network.objects.get(value="64497")
    browser = isp.browser(desk, "ada")
    browser.post(isp.page(f"networks/{network.pk}/end"))
    assert isp.networks() == {"AS64496", "AS64497"}
    browser.post(isp.page(f"networks/{network.pk}/label"), {"label": " customers\u202e of B "})
    network.refresh_from_db()
    assert network.label == "customers of B"
    assert not Change.objects.exists()
    browser.post(isp.page(f"networks/{network.pk}/end"), {"sure": "yes"})
    browser.post(isp.page(f"networks/{network.pk}/end"), {"sure": "yes"})
    assert isp.networks() == {"AS64496"}
    assert Change.objects.count() == 1
    assert AuditLine.objects.filter(verb="network.ended").count() == 1
    assert b"No longer reported" in browser.get(isp.page("networks")).content


def test_the_last_recipient_goes_only_when_the_admin_is_sure(desk: Desk) -> None:
    isp = feed("AS64496")
    recipient = Recipient.objects.get()
    browser = isp.browser(desk, "ada")
    page = isp.page(f"recipients/{recipient.pk}/remove")
    answer = browser.post(page, follow=True)
    assert "is the last one" in answer.content.decode()
    recipient.refresh_from_db()
    assert recipient.state == "active"
    browser.post(page, {"sure": "yes"})
    recipient.refresh_from_db()
    assert recipient.state == "removed"


def test_a_role_address_is_vouched_for_and_a_person_is_asked(desk: Desk) -> None:
    isp = feed("AS64496")
    number = isp.organisation.lists.get().pk
    browser = isp.browser(desk, "ada")
    for address, kind in (("queue@example.org", "role"), ("eve@example.org", "person")):
        form = {f"{number}-address": address, f"{number}-kind": kind}
        browser.post(isp.page(f"recipients/{number}/add"), form)
    queue = Recipient.objects.get(address="queue@example.org")
    assert (queue.state, queue.vouched_by) == ("active", "ada@example.org")
    assert not desk.letters_to("queue@example.org")
    eve = Recipient.objects.get(address="eve@example.org")
    first = desk.link_to("eve@example.org")
    browser.post(isp.page(f"recipients/{eve.pk}/again"))
    assert len(desk.letters_to("eve@example.org")) == 2
    assert desk.link_to("eve@example.org") == first
    browser.post(first)
    eve.refresh_from_db()
    assert eve.state == "active"
    wrong = {f"{number}-address": "nobody", f"{number}-kind": "person"}
    answer = browser.post(isp.page(f"recipients/{number}/add"), wrong)
    assert answer.status_code == 422
    assert "no mail address" in answer.content.decode()


def test_nobody_is_asked_to_confirm_again_and_again(desk: Desk) -> None:
    isp = feed("AS64496")
    number = isp.organisation.lists.get().pk
    browser = isp.browser(desk, "ada")
    form = {f"{number}-address": "eve@example.org", f"{number}-kind": "person"}
    browser.post(isp.page(f"recipients/{number}/add"), form)
    eve = Recipient.objects.get(address="eve@example.org")
    for _ in range(20):
        browser.post(isp.page(f"recipients/{eve.pk}/again"))
    assert len(desk.letters_to("eve@example.org")) == MOST_ASKS
    assert "asked 3 of 3 times" in browser.get(isp.page("recipients")).content.decode()
    Organisation.objects.update(state="frozen")
    Recipient.objects.update(asks=0)
    browser.post(isp.page(f"recipients/{eve.pk}/again"))
    assert len(desk.letters_to("eve@example.org")) == MOST_ASKS


@pytest.mark.parametrize("address", ["eve@example.org", "EVE@example.org "])
def test_a_contact_that_was_removed_can_come_again_with_a_new_link(
    desk: Desk, address: str
) -> None:
    isp = feed("AS64496")
    browser = isp.browser(desk, "ada")
    form = {"full_name": "Eve Example", "address": address, "role": "member"}
    browser.post(isp.page("people/add"), form)
    old = desk.link_to("eve@example.org")
    eve = Contact.objects.get(address="eve@example.org")
    browser.post(isp.page(f"people/{eve.pk}/remove"), {"sure": "yes"})
    assert browser.post(old).status_code == 404
    browser.post(isp.page("people/add"), form)
    assert browser.post(old).status_code == 404
    browser.post(desk.link_to("eve@example.org"))
    eve.refresh_from_db()
    assert eve.state == "active"
    browser.post(isp.page("people/add"), form)
    assert Contact.objects.filter(address="eve@example.org").count() == 1


def test_who_removes_themselves_is_shown_the_way_out(desk: Desk) -> None:
    isp = feed("AS64496")
    browser = isp.browser(desk, "ada")
    answer = browser.post(isp.page(f"people/{isp.people['ada'].pk}/remove"), {"sure": "yes"})
    assert answer["Location"] == "/"
    # The session has ended with the contact.
    assert browser.get(isp.page())["Location"].startswith("/accounts/login/")


def test_staff_see_and_change_an_organisation_under_their_own_name(desk: Desk) -> None:
    isp = feed("AS64496", "AS64497")
    network = Network.objects.get(value="64497")
    browser = desk.signed_in(desk.reviewer())
    browser.post(isp.page(f"networks/{network.pk}/end"), {"sure": "yes"})
    line = AuditLine.objects.get(verb="network.ended")
    assert (line.actor_kind, line.actor) == ("staff", "reviewer@tocsin.example.org")
    assert len(desk.letters_to("ada@example.org")) == 1
    browser.post(isp.page("networks/add"), {"networks": "AS64500"})
    assert not Request.objects.exists()
