"""Networks are compared with the registries every day, and frozen when they are another's."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from django.db import transaction
from tests.service.desk import Desk, now
from tests.service.objecting_world import World
from tests.service.proven import (
    ORGANISATION,
    REQUESTER,
    contact,
    facts,
    held,
    organisation_with_admin,
    registered,
)

from tocsin.catalogue.load import load_catalogue
from tocsin.configuration.service import MailPlace, ProofRules
from tocsin.model.errors import UsageError
from tocsin.service import installation
from tocsin.service.accounts.models import StaffRole, User
from tocsin.service.audit.models import AuditLine
from tocsin.service.audit.record import Actor
from tocsin.service.subscribers.models import Network, NetworkState
from tocsin.service.subscribers.snapshots.writing import snapshot_of
from tocsin.service.subscribers.values import any_network
from tocsin.service.verification.compare import compare
from tocsin.service.verification.comparison import of_one_registry
from tocsin.service.verification.facts import RegistryFacts
from tocsin.service.verification.freezing import freeze_network, unfreeze_network
from tocsin.service.verification.origins_daily import COMPARE_ORIGINS, COMPARING_ORIGINS
from tocsin.service.works import DAILY

TECH = contact("technical", "tech@example.org")
NEW = contact("technical", "noc@new-owner.example.com")
DAY = dt.timedelta(days=1)
OTHERS = facts(NEW, holder="Quite Another Company", holder_id="ORG-NEW")
STAFF = Actor.system("staff")


@pytest.mark.parametrize(
    ("after", "changed"),
    [
        (facts(), False),
        (facts(TECH), False),
        (facts(holder="New Name Of The Same"), False),
        (facts(holder="EXAMPLE ACCESS NETWORKS LTD", holder_id="ORG-9"), False),
        (facts(holder="Example Holding", holder_id="ORG-9"), True),
        (OTHERS, True),
        (RegistryFacts(), True),
        (facts(holder="", holder_id=""), False),
        (facts(holder="REDACTED FOR PRIVACY", holder_id="X"), False),
        (facts(registry="arin", holder_id="EX-7"), False),
        (facts(registry="arin", holder="Quite Another Company"), True),
        (replace(OTHERS, handle="OTHER-OBJECT"), True),
    ],
)
def test_what_a_change_of_holder_is(after: RegistryFacts, *, changed: bool) -> None:
    difference = compare(facts(), after)
    assert difference.holder_changed is changed
    assert difference.is_any is (changed or after != facts())


def test_what_was_not_known_before_cannot_have_changed() -> None:
    assert not compare(RegistryFacts(), OTHERS).holder_changed
    assert not compare(RegistryFacts(), RegistryFacts()).is_any


def test_the_file_of_delegations_keeps_a_renamed_holder_the_same() -> None:
    before, after = replace(facts(), file_id="aaa"), replace(OTHERS, file_id="aaa")
    assert not compare(before, after).holder_changed


def a_day_later(desk: Desk) -> None:
    """The look-ups of a day are spread over it."""
    desk.pass_time(DAY)
    desk.work()
    desk.pass_time(dt.timedelta(hours=14))
    desk.work()


def test_a_change_of_holder_freezes_and_tells_both_sides_and_staff(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured = installation.configuration()
    mail = MailPlace(staff="staff@tocsin.example.org")
    monkeypatch.setattr(
        "django.conf.settings.TOCSIN_CONFIGURATION", configured.model_copy(update={"mail": mail})
    )
    network = held(organisation_with_admin(), "192.0.2.0/24", facts(TECH))
    registered(desk, "192.0.2.0/24", OTHERS)
    a_day_later(desk)
    network.refresh_from_db()
    assert network.state == NetworkState.FROZEN
    assert "names “Quite Another Company” now" in network.frozen_reason
    assert snapshot_of(now(), load_catalogue())["organisations"][0]["networks"] == []
    (told,) = desk.letters_to(REQUESTER)
    assert "Quite Another Company" in str(told.body)
    (new_side,) = desk.letters_to(NEW.address)
    assert "192.0.2.0/24" in str(new_side.subject)
    for secret in (ORGANISATION, "example-access", REQUESTER, "Ada"):
        assert secret not in f"{new_side.subject}{new_side.body}"
    (staff,) = desk.letters_to("staff@tocsin.example.org")
    assert ORGANISATION in str(staff.body)
    assert desk.letters_to(TECH.address) == []
    a_day_later(desk)
    assert len(desk.letters_to(REQUESTER)) == 1
    line = AuditLine.objects.get(verb="network.frozen")
    assert (line.before, line.after) == ({"state": "active"}, {"state": "frozen"})


def test_a_network_that_vanishes_from_the_registry_is_frozen(desk: Desk) -> None:
    network = held(organisation_with_admin(), "192.0.2.0/24", facts(TECH))
    a_day_later(desk)
    network.refresh_from_db()
    assert network.state == NetworkState.FROZEN
    assert "no entry" in network.frozen_reason


def test_a_registry_that_does_not_answer_freezes_nothing(desk: Desk) -> None:
    network = held(organisation_with_admin(), "192.0.2.0/24", facts(TECH))
    registered(desk, "192.0.2.0/24", facts(TECH))
    desk.registry.dead = True
    for _ in range(3):
        a_day_later(desk)
    network.refresh_from_db()
    assert network.state == NetworkState.ACTIVE
    desk.registry.dead = False
    a_day_later(desk)
    asked_before = len(desk.registry.asked)
    network.refresh_from_db()
    assert network.looked_up_at is not None
    assert network.looked_up_at.date() == now().date()
    desk.pass_time(dt.timedelta(hours=7))
    desk.work()
    assert len(desk.registry.asked) == asked_before


def test_other_contacts_and_origins_are_noted_for_staff_alone(desk: Desk) -> None:
    network = held(organisation_with_admin(), "192.0.2.0/24", facts(TECH))
    registered(desk, "192.0.2.0/24", replace(facts(NEW), origins=()))
    a_day_later(desk)
    network.refresh_from_db()
    assert network.state == NetworkState.ACTIVE
    assert network.facts["contacts"][0]["address"] == NEW.address
    line = AuditLine.objects.get(verb="network.registry_changed")
    assert "contacts: tech@example.org (technical) -> noc@new-owner" in str(line.after)
    assert desk.letters_to(REQUESTER) == desk.letters_to(NEW.address) == []
    a_day_later(desk)
    assert AuditLine.objects.filter(verb="network.registry_changed").count() == 1


def test_so_many_a_day_are_looked_up_and_every_one_has_its_turn(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured = installation.configuration()
    rules = ProofRules(compared_per_day=2, documentation_allowed=True)
    monkeypatch.setattr(
        "django.conf.settings.TOCSIN_CONFIGURATION", configured.model_copy(update={"proof": rules})
    )
    organisation = organisation_with_admin()
    names = [f"192.0.2.{number}/32" for number in range(5)]
    for name in names:
        held(organisation, name, facts(TECH))
        registered(desk, name, facts(TECH))
    seen = []
    for _ in range(3):
        desk.registry.asked.clear()
        a_day_later(desk)
        seen.append([str(each) for each in desk.registry.asked])
        desk.pass_time(-dt.timedelta(hours=14))
    assert seen[0] == names[:2]
    assert seen[1] == names[2:4]
    assert seen[2][0] == names[4]


def test_staff_unfreeze_with_a_note_and_what_is_registered_now_counts(desk: Desk) -> None:
    network = held(organisation_with_admin(), "192.0.2.0/24", facts(TECH))
    registered(desk, "192.0.2.0/24", OTHERS)
    a_day_later(desk)
    network = Network.objects.get()
    with pytest.raises(UsageError):
        unfreeze_network(network, STAFF, " ", now())
    assert unfreeze_network(network, STAFF, "They were bought; seen the contract.", now())
    assert not unfreeze_network(network, STAFF, "Again.", now())
    network.refresh_from_db()
    assert (network.state, network.holder) == (NetworkState.ACTIVE, "Quite Another Company")
    assert "go on" in str(desk.letters_to(REQUESTER)[-1].subject)
    a_day_later(desk)
    network.refresh_from_db()
    assert network.state == NetworkState.ACTIVE


def test_freezing_twice_is_freezing_once(desk: Desk) -> None:
    network = held(organisation_with_admin(), "192.0.2.0/24", facts(TECH))
    assert freeze_network(network, "One.", STAFF, now())
    assert not freeze_network(network, "Two.", STAFF, now())
    network.refresh_from_db()
    assert network.frozen_reason == "One."
    assert AuditLine.objects.filter(verb="network.frozen").count() == 1


def test_countries_are_not_looked_up(desk: Desk) -> None:
    held(organisation_with_admin(), "XX", RegistryFacts())
    a_day_later(desk)
    assert any_network("XX") not in desk.registry.asked


def test_what_somebody_else_unfroze_is_not_frozen_again_for_the_same_facts(desk: Desk) -> None:
    network = held(organisation_with_admin(), "192.0.2.0/24", facts(TECH))
    registered(desk, "192.0.2.0/24", OTHERS)
    a_day_later(desk)
    Network.objects.update(state=NetworkState.ACTIVE, frozen_reason="")
    a_day_later(desk)
    network.refresh_from_db()
    assert (network.state, network.found_facts) == (NetworkState.ACTIVE, {})
    registered(desk, "192.0.2.0/24", facts(TECH))
    a_day_later(desk)
    network.refresh_from_db()
    assert network.state == NetworkState.FROZEN


def test_each_registry_is_asked_for_as_many_as_its_budget_leaves_and_no_other_waits_for_it(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured = installation.configuration()
    rules = ProofRules(registry_per_day=3, documentation_allowed=True)
    assert of_one_registry(rules) == 2
    assert of_one_registry(ProofRules()) == 4000
    monkeypatch.setattr(
        "django.conf.settings.TOCSIN_CONFIGURATION", configured.model_copy(update={"proof": rules})
    )
    organisation = organisation_with_admin()
    names = [f"192.0.2.{number}/32" for number in range(4)]
    for name in names:
        held(organisation, name, facts(TECH))
        registered(desk, name, facts(TECH))
    held(organisation, "198.51.100.0/24", facts(TECH, registry="arin"))
    Network.objects.filter(value="198.51.100.0/24").update(registry="arin")
    registered(desk, "198.51.100.0/24", facts(TECH, registry="arin"))
    seen = []
    for _ in range(2):
        desk.registry.asked.clear()
        a_day_later(desk)
        seen.append({str(each) for each in desk.registry.asked})
        desk.pass_time(-dt.timedelta(hours=14))
    assert seen == [{*names[:2], "198.51.100.0/24"}, {*names[2:], "198.51.100.0/24"}]


def test_a_day_suffices_for_all_networks_unless_a_budget_says_otherwise() -> None:
    rules = ProofRules(registry_per_day=100_000, registry_per_minute=150)
    assert min(rules.compared_per_day, of_one_registry(rules)) == 80_000
    assert ProofRules().compared_per_day >= 100_000


def test_staff_see_how_old_the_oldest_comparison_is(desk: Desk) -> None:
    organisation = organisation_with_admin()
    for name, days in (("192.0.2.0/25", 5), ("192.0.2.128/25", 1), ("198.51.100.0/24", None)):
        network = held(organisation, name, facts(TECH))
        network.looked_up_at = None if days is None else now() - days * DAY
        network.save()
    admin = User.objects.create_user("chief@tocsin.example.org", staff_role=StaffRole.ADMIN)
    page = desk.signed_in(admin).get("/staff/work/").content.decode()
    assert "The oldest is of 2026-11-18 09:00." in page
    assert "Of 3 networks 1 were compared more than two days ago, 1 never yet." in page


def test_who_announces_is_compared_for_all_networks_and_no_registry_is_asked(world: World) -> None:
    """192.0.2.0/24 is AS64496's in the atlas of the home."""
    organisation = world.alpha.organisation
    moved = held(organisation, "192.0.2.0/25", replace(facts(TECH), origins=(64500,)))
    same = held(organisation, "192.0.2.128/25", replace(facts(TECH), origins=(64496,)))
    never = held(organisation, "192.0.2.64/26", facts(TECH))
    Network.objects.filter(pk=never.pk).update(facts={})
    frozen = held(organisation, "192.0.2.0/26", replace(facts(TECH), origins=(64500,)))
    Network.objects.filter(pk=frozen.pk).update(state="frozen")
    work = {"day": "2026-11-24"}
    found = COMPARING_ORIGINS.outer(work)
    for _ in range(2):  # a worker that died before the mark does it again
        with transaction.atomic():
            COMPARING_ORIGINS.inner(work, found, now())
    line = AuditLine.objects.get(verb="network.registry_changed")
    assert (line.subject_id, line.organisation) == (str(moved.pk), organisation.pk)
    assert line.after == {"changes": ["origins: AS64500 -> AS64496"]}
    kept = dict(Network.objects.values_list("pk", "facts__origins"))
    assert [kept[each.pk] for each in (moved, same, frozen)] == [[64496], [64496], [64500]]
    assert COMPARING_ORIGINS.outer(work) == []
    assert world.desk.registry.asked == []
    assert COMPARE_ORIGINS in DAILY
