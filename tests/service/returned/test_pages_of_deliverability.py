"""What admins and staff see of addresses that mail does not reach, and what admins can do."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from django.core import mail
from tests.service.returned.postbox import Postbox
from tests.service.returned.samples import sample
from tests.service.subscribed import member_of, subscribed

from tocsin.service.accounts.models import User
from tocsin.service.audit.models import AuditLine
from tocsin.service.delivery.envelope import return_path
from tocsin.service.subscribers.models import Recipient, RecipientState

GONE = "no_address_definite-postfix"
LETTERS = Path(__file__).parent / "letters"


def page_of(postbox: Postbox) -> str:
    browser = postbox.world.desk.signed_in(postbox.world.alpha.account)
    return browser.get("/organisations/alpha/recipients").content.decode()


def staff_page(postbox: Postbox, **said: str) -> str:
    known = User.objects.filter(email="reviewer@tocsin.example.org").first()
    browser = postbox.world.desk.signed_in(known or postbox.world.desk.reviewer())
    return browser.get("/staff/deliverability/", said).content.decode()


def test_an_admin_sees_why_nothing_arrives_and_has_it_tried_again(postbox: Postbox) -> None:
    assert "Try again" not in page_of(postbox)
    postbox.bring(GONE)
    page = page_of(postbox)
    assert "there is no such address, since 2026-11-23" in page
    assert "User unknown in local recipient table" in page
    noc = Recipient.objects.get(address="noc@example.org")
    place = f"/organisations/alpha/recipients/{noc.pk}/try"
    assert place in page
    member = postbox.world.desk.signed_in(member_of(postbox.world.alpha))
    assert "Try again" not in member.get("/organisations/alpha/recipients").content.decode()
    assert member.post(place).status_code == 404
    admin = postbox.world.desk.signed_in(postbox.world.alpha.account)
    answer = admin.post(place, follow=True)
    assert "Reports are sent to noc@example.org again." in answer.content.decode()
    assert postbox.health() == "healthy"
    answer = admin.post(place, follow=True)
    assert "is sent to already" in answer.content.decode()
    line = AuditLine.objects.get(verb="recipient.tried_again")
    assert line.organisation == postbox.world.alpha.organisation.pk


def test_nobody_revives_an_address_of_another_organisation(postbox: Postbox) -> None:
    other = subscribed("beta", ["AS64500"], domain="example.net")
    postbox.bring(GONE)
    noc = Recipient.objects.get(address="noc@example.org")
    browser = postbox.world.desk.signed_in(other.account)
    for slug in ("alpha", "beta"):
        for act in ("try", "attach"):
            place = f"/organisations/{slug}/recipients/{noc.pk}/{act}"
            assert browser.post(place).status_code == 404
    assert postbox.health() == "dead"


def test_an_admin_has_files_attached_again(postbox: Postbox) -> None:
    postbox.bring("content-gateway_virus")
    assert "links only" in page_of(postbox)
    noc = Recipient.objects.get(address="noc@example.org")
    admin = postbox.world.desk.signed_in(postbox.world.alpha.account)
    place = f"/organisations/alpha/recipients/{noc.pk}/attach"
    assert "as the list prefers" in admin.post(place, follow=True).content.decode()
    noc.refresh_from_db()
    assert not noc.links_only
    assert "is sent files already" in admin.post(place, follow=True).content.decode()


def test_staff_see_lists_that_reach_nobody_and_addresses_that_fail(postbox: Postbox) -> None:
    assert "alpha-asn" not in staff_page(postbox)
    postbox.bring(GONE)
    postbox.bring("full-gmail", postbox.delivery("desk@example.org"))
    page = staff_page(postbox)
    assert "mail reaches none" not in page
    for words in ("noc@example.org", "desk@example.org", "the mailbox is full", "alpha-asn"):
        assert words in page
    assert "desk@example.org" not in staff_page(postbox, state="dead")
    assert "noc@example.org" in staff_page(postbox, text="alpha")
    assert "noc@example.org" not in staff_page(postbox, text="nobody")
    postbox.bring(GONE, postbox.delivery("desk@example.org"))
    Recipient.objects.filter(address="desk@example.org").update(state=RecipientState.REMOVED)
    assert "mail reaches none of its 1 recipient<" in staff_page(postbox)
    Recipient.objects.update(state=RecipientState.REMOVED)
    assert "nobody is on it" in staff_page(postbox)
    postbox.bring("abuse-provider")
    assert "Complaints of the last 30 days" in staff_page(postbox)


def test_staff_have_an_address_tried_again(postbox: Postbox) -> None:
    postbox.bring(GONE)
    browser = postbox.world.desk.signed_in(postbox.world.desk.reviewer())
    place = "/staff/deliverability/again"
    page = browser.post(place, {"address": "noc@example.org"}, follow=True).content.decode()
    assert "noc@example.org is sent to again." in page
    assert postbox.health() == "healthy"
    for address in ("noc@example.org", "", "x\0y", "nobody@example.net"):
        page = browser.post(place, {"address": address}, follow=True).content.decode()
        assert "There is no such address that fails." in page


def test_what_a_server_says_is_text_on_every_page(postbox: Postbox) -> None:
    found = postbox.delivery()
    raw = sample(GONE, postbox.ours(found))
    hostile = raw.replace(
        b"User\n    unknown", b"<script>alert(1)</script> \xe2\x80\xae\x1b[31mUser"
    )
    postbox.deliver(hostile, return_path(found.pk))
    for page in (page_of(postbox), staff_page(postbox)):
        assert "<script>alert" not in page
        assert "&lt;script&gt;" in page
        assert "\u202e" not in page
        assert "\x1b" not in page


def test_the_letters_are_as_they_were_reviewed(postbox: Postbox) -> None:
    postbox.world.desk.pass_time(dt.timedelta(hours=1))
    postbox.bring("content-gmail")
    postbox.bring(GONE, postbox.delivery("desk@example.org"))
    postbox.bring("abuse-provider")
    postbox.world.desk.work()
    found = {}
    for each in mail.outbox:
        for name, words in (
            ("recipient_links_only", "gets links instead"),
            ("address_dead", "does not arrive"),
            ("complaint", "has complained"),
        ):
            if words in each.subject:
                found[f"{name} {each.to[0].partition('@')[0]}"] = f"{each.subject}\n\n{each.body}"
    assert set(found) == {each.stem for each in LETTERS.glob("*.txt")}
    for name, text in found.items():
        assert text == (LETTERS / f"{name}.txt").read_text(encoding="utf-8"), name
