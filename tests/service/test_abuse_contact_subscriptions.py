"""Contacts in the snapshot: only where a policy says so, and behind those who asked."""

from __future__ import annotations

import datetime as dt
import json
import random
from pathlib import Path

from django.test import Client
from tests.service.desk import Desk, now
from tests.service.founded import founded
from tests.service.slow_contacts import automatic as slowly

from tocsin.catalogue.load import load_catalogue
from tocsin.engine.home import Home
from tocsin.engine.nightly.snapshot import read_snapshot
from tocsin.service import installation
from tocsin.service.audit.models import ActorKind, AuditLine
from tocsin.service.audit.record import Actor
from tocsin.service.letters.compose import link_to
from tocsin.service.subscribers.abuse_contacts import switching
from tocsin.service.subscribers.abuse_contacts.find import chain_of, held_for
from tocsin.service.subscribers.abuse_contacts.importing import bring_in
from tocsin.service.subscribers.abuse_contacts.policies import Policy
from tocsin.service.subscribers.abuse_contacts.reading.lines import Found
from tocsin.service.subscribers.abuse_contacts.subscriptions import automatic
from tocsin.service.subscribers.abuse_contacts.values import Asked
from tocsin.service.subscribers.models import AbuseContact, ContactOrigin
from tocsin.service.subscribers.snapshots.writing import write_snapshot
from tocsin.service.subscribers.values import any_network

OPERATOR = Actor(ActorKind.OPERATOR, "command line")


def has_contacts(*rows: tuple[str, str, str]) -> None:
    read = [Found(any_network(n), address, "", country) for n, address, country in rows]
    bring_in(read, ContactOrigin.REGISTRY_FILE, "x", OPERATOR, now())


def networks_told() -> dict[str, set[str]]:
    """By the name that the test gave the contact."""
    organisations = map(json.loads, automatic(now())[0])
    return {
        each["name"]: {str(next(iter(network.values()))) for network in each["networks"]}
        for each in organisations
    }


def test_without_a_policy_that_says_so_no_contact_is_told(desk: Desk) -> None:
    has_contacts(("192.0.2.0/24", "a@example.org", "XX"))
    assert automatic(now()) == ([], [])
    switching.set_policy(Policy("XA", notify=True), OPERATOR, now())
    assert automatic(now()) == ([], [])
    switching.set_policy(Policy("XX", notify=True), OPERATOR, now())
    assert len(automatic(now())[1]) == 1


def test_who_asked_goes_before_who_did_not_and_the_nearer_before_the_farther(desk: Desk) -> None:
    founded("holder", "192.0.2.64/26", "AS64497", "example.net")
    read = [
        Found(any_network(network), f"{name}@example.org", name, "XX")
        for network, name in (
            ("192.0.2.0/24", "wide"),
            ("192.0.2.128/25", "near"),
            ("192.0.2.96/27", "held"),
            ("AS64496", "asn"),
            ("AS64497", "held-asn"),
            ("www.example.net", "held-domain"),
            ("example.com", "domain"),
        )
    ]
    bring_in(read, ContactOrigin.REGISTRY_FILE, "x", OPERATOR, now())
    switching.set_policy(Policy(notify=True), OPERATOR, now())
    assert networks_told() == {
        "wide": {"192.0.2.0/26"},
        "near": {"192.0.2.128/25"},
        "asn": {"64496"},
        "domain": {"example.com"},
    }


def test_what_is_said_of_many_is_what_is_said_one_by_one(desk: Desk) -> None:
    dice = random.Random(7)
    founded("holder", "192.0.2.64/26", "AS64497", "example.net", "2001:db8:7::/48")
    for origin in (ContactOrigin.RDAP, ContactOrigin.REGISTRY_FILE, ContactOrigin.MANUAL):
        read = [_any_contact(dice) for _ in range(150)]
        bring_in(read, origin, origin.value, OPERATOR, now())
    switching.disable("a3@example.org", "bounces", OPERATOR, now())
    switching.set_policy(Policy("XA", notify=True), OPERATOR, now())
    switching.set_policy(
        Policy("", "event4_sinkhole", True, least_severity="high"), OPERATOR, now()
    )
    switching.set_policy(Policy("XB", "event4_sinkhole", notify=False), OPERATOR, now())
    for not_yet in ((), ("event4_honeypot_ddos",)):
        organisations, lists = automatic(now(), not_yet)
        plain = slowly(now(), not_yet)
        assert len(plain[0]) > 20
        assert (list(map(json.loads, organisations)), list(map(json.loads, lists))) == plain


def _any_contact(dice: random.Random) -> Found:
    length = dice.randrange(24, 33)
    place = dice.randrange(256) >> (32 - length) << (32 - length)
    network = dice.choice(
        (
            f"192.0.2.{place}/{length}",
            f"2001:db8:{dice.randrange(12):x}::/{dice.choice((48, 56))}",
            f"AS{64496 + dice.randrange(9)}",
            dice.choice(("a.example.net", "example.com", "b.example.com", "example.org")),
        )
    )
    name, country = dice.choice(("", 'A "B"\\', "C")), dice.choice(("", "XA", "XB", "XX"))
    return Found(any_network(network), f"a{dice.randrange(20)}@example.org", name, country)


def test_a_manual_contact_replaces_the_automatic_one_and_who_is_off_is_left_out(
    desk: Desk,
) -> None:
    has_contacts(("AS64496", "file@example.org", "XX"), ("AS64497", "off@example.org", "XX"))
    switching.set_by_hand(
        any_network("AS64496"), "hand@example.org", "by hand", "XX", OPERATOR, now()
    )
    switching.disable("off@example.org", "bounces", OPERATOR, now())
    switching.set_policy(Policy(notify=True), OPERATOR, now())
    assert networks_told() == {"by hand": {"64496"}}


def test_the_snapshot_with_contacts_is_one_that_the_night_reads(desk: Desk, tmp_path: Path) -> None:
    founded("holder", "192.0.2.0/25")
    has_contacts(
        ("192.0.2.0/24", "a@example.org", "XX"),
        ("AS64496", "a@example.org", "XX"),
        ("example.com", "a@example.org", "XX"),
    )
    catalogue = load_catalogue()
    named = sorted(catalogue.report_types)[:2]
    switching.set_policy(Policy("XX", notify=True, least_severity="low"), OPERATOR, now())
    switching.set_policy(Policy("", named[0], notify=False), OPERATOR, now())
    switching.set_policy(Policy("XX", named[1], True, least_severity="high"), OPERATOR, now())
    written = write_snapshot(Home(tmp_path), now())
    snapshot = read_snapshot(written.path, catalogue)
    contacts = [
        each for each in snapshot.lists.values() if each.organisation.startswith("contact-")
    ]
    assert len(contacts) == 6
    assert {(each.least_severity.word, each.only) for each in contacts} == {
        ("low", None),
        ("high", frozenset({named[1]})),
    }
    desk.pass_time(dt.timedelta(days=1))
    assert not write_snapshot(Home(tmp_path), now()).is_new


def test_the_chain_of_an_address_tells_owner_contact_and_national_cert(desk: Desk) -> None:
    founded("holder", "192.0.2.0/25", recipient="noc@holder.example.org")
    founded("cert-xx", "XX", recipient="cert@cert-xx.example.org")
    has_contacts(("192.0.2.0/24", "abuse@example.org", "XX"), ("AS64496", "as@example.org", ""))

    def told(network: str) -> list[tuple[str, tuple[str, ...]]]:
        steps = chain_of(Asked.of(any_network(network), (64496,), "XX"), now())
        return [(step.kind.value, step.addresses) for step in steps if step.is_taken]

    assert told("192.0.2.1") == [("owner", ("noc@holder.example.org",))]
    assert told("192.0.2.200") == [("contact", ("abuse@example.org",))]
    assert told("203.0.113.1") == [("contact", ("as@example.org",))]
    AbuseContact.objects.all().delete()
    assert told("203.0.113.1") == [("national_cert", ("cert@cert-xx.example.org",))]


def test_opening_the_link_changes_nothing_and_its_button_opts_out_everywhere(desk: Desk) -> None:
    has_contacts(("AS64496", "a@example.org", ""), ("AS64497", "a@example.org", ""))
    contact = AbuseContact.objects.first()
    assert contact is not None
    reference = switching.opt_out_reference(contact)
    link = link_to(switching.OPT_OUT, reference, installation.secret())
    path = link.removeprefix("http://testserver")
    assert Client().get(path).status_code == 200
    assert Client().head(path).status_code == 200
    assert not AbuseContact.objects.filter(opted_out_at__isnull=False).exists()
    assert Client().get(path[:-1]).status_code == 404
    for _ in range(2):
        assert Client().post(path).status_code == 200
    assert AbuseContact.objects.filter(opted_out_at__isnull=False).count() == 2
    assert AuditLine.objects.filter(verb="contact.opted_out").count() == 1
    assert all(each.is_off for each in held_for(Asked(origins=(64496,))))


def test_staff_find_a_network_set_a_contact_and_disable_it(desk: Desk) -> None:
    has_contacts(("192.0.2.0/24", "<script>@example.org", "XX"))
    staff = desk.signed_in(desk.reviewer())
    form = {"network": "192.0.2.0/24", "address": "hand@example.org", "name": "<b>By hand</b>"}
    assert staff.post("/staff/contacts/set", form).status_code == 302
    page = staff.get("/staff/contacts/", {"q": "192.0.2.7"}).content.decode()
    assert page.index("hand@example.org") < page.index("&lt;script&gt;@example.org")
    assert "<script>" not in page
    for wrong in ("999.1.1.1", "%00", "'\"<"):
        assert staff.get("/staff/contacts/", {"q": wrong}).status_code == 200
    off = {"address": "hand@example.org", "reason": "left", "to": "off"}
    assert staff.post("/staff/contacts/switch", off).status_code == 302
    assert b"left" in staff.get("/staff/contacts/", {"q": "hand@example.org"}).content
    staff.post("/staff/contacts/switch", {**off, "to": "on"})
    assert not AbuseContact.objects.get(address="hand@example.org").disabled_at


def test_only_staff_see_contacts_and_only_those_who_may_change_them(desk: Desk) -> None:
    from tests.service.founded import admin_of  # noqa: PLC0415 - only here

    from tocsin.service.accounts.models import StaffRole, User  # noqa: PLC0415

    outsider = desk.signed_in(admin_of(founded("holder", "AS64496")))
    auditor = desk.signed_in(
        User.objects.create_user("audit@example.org", staff_role=StaffRole.AUDITOR)
    )
    form = {"network": "AS64496", "address": "x@example.org", "reason": "x"}
    for client, seen in ((Client(), 302), (outsider, 403), (auditor, 200)):
        assert client.get("/staff/contacts/").status_code == seen
        refused = 302 if seen == 302 else 403
        assert client.post("/staff/contacts/set", form).status_code == refused
        assert client.post("/staff/contacts/switch", form).status_code == refused
    assert not AbuseContact.objects.exists()
