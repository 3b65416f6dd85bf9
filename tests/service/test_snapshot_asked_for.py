"""Whatever changes what the snapshot says asks for a new one: each kind of change by itself."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

import pytest
from django.test import Client
from tests.service.desk import Desk, now
from tests.service.proven import (
    asked,
    code_for,
    contact,
    domain_registered,
    facts,
    held,
    organisation_with_admin,
    registered,
)

from tocsin.engine.nightly.subscribers import FilterKind
from tocsin.service.accounts.models import User
from tocsin.service.audit.models import ActorKind
from tocsin.service.audit.record import Actor
from tocsin.service.subscribers import standing
from tocsin.service.subscribers.abuse_contacts import switching
from tocsin.service.subscribers.abuse_contacts.importing import bring_in
from tocsin.service.subscribers.abuse_contacts.policies import Policy
from tocsin.service.subscribers.abuse_contacts.reading.lines import Found
from tocsin.service.subscribers.cases import decisions
from tocsin.service.subscribers.changes import acts, freezing
from tocsin.service.subscribers.changes.feed import make_change
from tocsin.service.subscribers.exchange.bring import bring_in as bring_subscribers_in
from tocsin.service.subscribers.exchange.forms import OrganisationForm, Said
from tocsin.service.subscribers.lists import editing
from tocsin.service.subscribers.lists.rules import WantedList
from tocsin.service.subscribers.models import (
    AbuseContact,
    Case,
    CaseKind,
    CaseState,
    Change,
    ContactOrigin,
    MailingList,
    Network,
    Organisation,
    OrganisationState,
)
from tocsin.service.subscribers.requests import deciding
from tocsin.service.subscribers.snapshots.due import WRITE
from tocsin.service.subscribers.values import any_network
from tocsin.service.verification.claims import try_code
from tocsin.service.verification.freezing import freeze_network, unfreeze_network
from tocsin.service.work.models import Task

ADA = Actor.person("ada@example.org")
OPERATOR = Actor(ActorKind.OPERATOR, "command line")
TECH = contact("technical", "tech@example.org")
DAY = dt.timedelta(days=1)
SEEN = Found(any_network("198.51.100.0/24"), "abuse@example.net")


def asked_for() -> int:
    """How often a snapshot was asked for."""
    return Task.objects.filter(kind=WRITE).count()


def minute(desk: Desk) -> None:
    """Changes of one minute make one snapshot: what is asked for now is counted by itself."""
    desk.pass_time(dt.timedelta(minutes=1))


def held_one(days: float = 365) -> Network:
    organisation = organisation_with_admin()
    MailingList.objects.create(
        organisation=organisation, name="one", filter="cidr", mode="live", valid_from=now()
    )
    return held(organisation, "192.0.2.0/24", facts(TECH), days=days)


def case_of(network: Network, state: CaseState) -> Case:
    case = Case.objects.create(
        organisation=network.organisation,
        kind=CaseKind.FALSE_POSITIVE,
        address="192.0.2.1",
        claimant="ada@example.org",
        state=state,
        moment=now() + DAY,
        made_at=now(),
    )
    case.lists.set(MailingList.objects.all())
    return case


def wanted(name: str) -> WantedList:
    return WantedList(f"example-access-networks-{name}")


def not_us(desk: Desk, network: Network) -> None:
    made = make_change(
        network.organisation, ADA, lambda: [acts.end_network(network, ADA, now())], now()
    )
    assert made is not None
    minute(desk)
    admin = network.organisation.contacts.get()
    assert freezing.not_us(Change.objects.get(pk=made.pk), admin, now())


def unfreeze(desk: Desk, network: Network) -> None:
    Organisation.objects.update(state=OrganisationState.FROZEN)
    freezing.unfreeze(network.organisation, desk.reviewer(), "settled", now())


def unfreeze_one(desk: Desk, network: Network) -> None:
    Network.objects.update(state="frozen")
    unfreeze_network(network, OPERATOR, "settled", now())


def decide(desk: Desk, network: Network) -> None:
    case = case_of(network, CaseState.OPEN)
    decisions.decide_case(case, desk.reviewer(), "seen", now(), accept=True)


def manual(address: str = "abuse@example.net") -> AbuseContact:
    return switching.set_by_hand(SEEN.network, address, "", "XX", OPERATOR, now())


def after_manual(do: Callable[[AbuseContact], object]) -> Callable[[Desk, Network], object]:
    def done(desk: Desk, network: Network) -> object:
        found = manual()
        minute(desk)
        return do(found)

    return done


def enabled(found: AbuseContact) -> object:
    AbuseContact.objects.update(disabled_at=now(), disabled_reason="x")
    return switching.enable(found.address, "again", OPERATOR, now())


CHANGES: dict[str, Callable[[Desk, Network], object]] = {
    "organisation frozen": lambda desk, network: standing.freeze_organisation(
        network.organisation, "odd", desk.reviewer(), now()
    ),
    "organisation closed": lambda desk, network: standing.close_organisation(
        network.organisation, "merged", desk.reviewer(), now()
    ),
    "organisation goes on": unfreeze,
    "somebody objects": not_us,
    "network frozen": lambda _, network: freeze_network(network, "odd", OPERATOR, now()),
    "network goes on": unfreeze_one,
    "network ended": lambda _, network: make_change(
        network.organisation, ADA, lambda: [acts.end_network(network, ADA, now())], now()
    ),
    "list made": lambda _, network: editing.make_list(
        network.organisation, FilterKind.CIDR, wanted("two"), ADA, now()
    ),
    "list changed": lambda _, __: editing.change_list(
        MailingList.objects.get(), wanted("other"), ADA, now()
    ),
    "list ended": lambda _, __: editing.end_list(MailingList.objects.get(), ADA, now()),
    "preference set": lambda _, network: make_change(
        network.organisation,
        ADA,
        lambda: [acts.set_preference(MailingList.objects.get(), "delta", "yes", ADA, now())],
        now(),
    ),
    "case accepted": decide,
    "case ended": lambda _, network: decisions.end_case(
        case_of(network, CaseState.IN_FORCE), ADA, now()
    ),
    "abuse contact set": lambda _, __: manual(),
    "abuse contact disabled": after_manual(
        lambda found: switching.disable(found.address, "bounces", OPERATOR, now())
    ),
    "abuse contact enabled": after_manual(enabled),
    "abuse contact opts out": after_manual(lambda found: switching.opt_out(found, now())),
    "abuse contacts imported": lambda _, __: bring_in(
        [SEEN], ContactOrigin.OPERATOR_FILE, "file", OPERATOR, now()
    ),
    "policy set": lambda _, __: switching.set_policy(
        Policy(country="XX", notify=True), OPERATOR, now()
    ),
    "subscribers imported": lambda _, __: bring_subscribers_in(
        [Said(1, OrganisationForm("beta", "Beta"))], "file", OPERATOR, now()
    ),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_asks_for_a_snapshot(desk: Desk, change: str) -> None:
    network = held_one()
    before = asked_for()
    CHANGES[change](desk, network)
    due = Task.objects.filter(kind=WRITE).order_by("-due_at").first()
    assert asked_for() > before
    assert due is not None
    assert now() < due.due_at <= now() + dt.timedelta(minutes=2)


def test_nothing_is_asked_for_where_nothing_changes(desk: Desk) -> None:
    network = held_one()
    assert not freezing.restorable(network.organisation, now())
    unfreeze_network(network, OPERATOR, "is not frozen", now())
    switching.set_policy(Policy(country="XX"), OPERATOR, now())
    before = asked_for()
    minute(desk)
    assert not switching.set_policy(Policy(country="XX"), OPERATOR, now())
    assert asked_for() == before


def test_a_network_that_is_granted_asks_for_one(desk: Desk) -> None:
    organisation = organisation_with_admin()
    registered(desk, "192.0.2.0/24", facts(TECH))
    domain_registered(desk, "example.org", "2003-01-02")
    for owner in (None, organisation):
        request = asked(desk, "192.0.2.0/24", organisation=owner)
        claim = request.claims.select_related("request").get()
        if claim.state != "proven":
            assert try_code(claim, code_for(desk, TECH.address, "192.0.2.0/24"), now())
        desk.work()
        request.refresh_from_db()
        before = asked_for()
        minute(desk)
        deciding.approve(request, (claim.pk,), _reviewer(desk), "seen", now())
        assert asked_for() == before + 1


def _reviewer(desk: Desk) -> User:
    return User.objects.filter(email="reviewer@tocsin.example.org").first() or desk.reviewer()


def test_a_proof_that_is_renewed_and_one_that_ends_ask_for_one(desk: Desk) -> None:
    registered(desk, "192.0.2.0/24", facts(TECH))
    domain_registered(desk, "example.org", "2003-01-02")
    network = held_one(days=20)
    desk.has_its_daily_work_to_do()
    desk.work()
    before = asked_for()
    Client().post(
        next(
            word.removeprefix("http://testserver")
            for word in str(desk.letters_to(TECH.address)[-1].body).split()
            if "/l/proof/" in word
        ),
        {"answer": "approve"},
    )
    desk.work()
    assert network.proofs.count() == 2
    assert asked_for() == before + 1
    desk.pass_time(21 * DAY)
    desk.work()
    assert asked_for() == before + 2
