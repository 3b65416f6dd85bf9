"""Whom the registries' files name is compared for all networks every day, and what has changed
there is what the registry is asked for first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.db import transaction
from django.test import override_settings
from tests.service.desk import Desk, now
from tests.service.proven import contact, facts, held, organisation_with_admin, registered

from tocsin.configuration.service import ProofRules
from tocsin.engine.home import Home
from tocsin.service import installation
from tocsin.service.audit.models import AuditLine
from tocsin.service.subscribers.models import (
    AbuseContact,
    ContactOrigin,
    Network,
    NetworkState,
)
from tocsin.service.subscribers.values import any_network
from tocsin.service.verification.comparison import COMPARE_DAILY
from tocsin.service.verification.facts import RegistryFacts
from tocsin.service.verification.files_daily import COMPARE_FILES, COMPARING_FILES
from tocsin.service.works import DAILY

TECH = contact("technical", "tech@example.org")
NAMES = [f"192.0.2.{number}/32" for number in range(4)]
KNOWN = replace(facts(TECH), file_id="aaa-1", named=("abuse@example.org Example",))
DAY = dt.timedelta(days=1)
TODAY = {"day": "2026-11-24"}


@pytest.fixture
def home(desk: Desk, tmp_path: Path) -> Iterator[Path]:
    with override_settings(TOCSIN_HOME=Home(tmp_path)):
        yield tmp_path


def holders(home: Path, *ids: str) -> None:
    """The file of delegations, with a row for each of the first addresses that has an id."""
    folder = home / "maps" / "ripencc"
    folder.mkdir(parents=True, exist_ok=True)
    rows = (
        f"ripencc|XX|ipv4|192.0.2.{number}|1|20100101|assigned|{each}\n"
        for number, each in enumerate(ids)
        if each
    )
    (folder / "delegated-ripencc-extended-latest").write_text("".join(rows))


def named(network: str, address: str, origin: ContactOrigin = ContactOrigin.REGISTRY_FILE) -> None:
    AbuseContact.objects.create(
        **AbuseContact.columns_of(any_network(network)),
        address=address,
        organisation_name="Example",
        origin=origin,
        source="ripencc",
        seen_at=now(),
    )


def have(desk: Desk, *known: RegistryFacts) -> None:
    """Networks of one organisation, in the order of their turns."""
    organisation = organisation_with_admin()
    for number, (name, each) in enumerate(zip(NAMES, known, strict=False)):
        network = held(organisation, name, each)
        network.look_again_at = now() + number * dt.timedelta(minutes=1)
        network.save()
        registered(desk, name, each)


def compare_files() -> None:
    """As a worker does that dies once before the mark."""
    found = COMPARING_FILES.outer(TODAY)
    for _ in range(2):
        with transaction.atomic():
            COMPARING_FILES.inner(TODAY, found, now())


def first_in_line() -> list[str]:
    return list(Network.objects.filter(look_again_at=None).values_list("value", flat=True))


def test_another_holder_in_the_file_puts_a_network_first(desk: Desk, home: Path) -> None:
    have(desk, *(replace(KNOWN, named=()) for _ in NAMES))
    holders(home, "aaa-1", "aaa-1", "bbb-2")
    compare_files()
    # One has another holder, and one is not in the file any more.
    assert first_in_line() == [NAMES[2], NAMES[3]]
    assert desk.registry.asked == []
    known = Network.objects.values_list("facts__file_id", flat=True)
    assert set(known) == {"aaa-1"}, "the answer of the registry is compared with what was known"


def test_others_named_in_the_bulk_file_put_a_network_first(desk: Desk, home: Path) -> None:
    have(desk, *(replace(KNOWN, file_id="") for _ in NAMES))
    named("192.0.2.0/24", "abuse@example.org")
    named(NAMES[1], "other@example.net")
    named(NAMES[2], "mine@example.net", ContactOrigin.MANUAL)
    compare_files()
    assert first_in_line() == [NAMES[1]]


def test_files_that_are_not_there_put_nobody_first(desk: Desk, home: Path) -> None:
    have(desk, *(replace(KNOWN, named=()) for _ in NAMES))
    compare_files()
    assert first_in_line() == []


def test_what_a_first_import_names_is_kept_and_puts_nobody_first(desk: Desk, home: Path) -> None:
    have(desk, facts(TECH), facts(TECH))
    named(NAMES[1], "abuse@example.org")
    compare_files()
    assert first_in_line() == []
    assert list(Network.objects.values_list("facts__named", flat=True)) == [
        [],
        ["abuse@example.org Example"],
    ]


def test_the_registry_is_asked_first_for_what_changed_then_for_what_no_file_names(
    desk: Desk, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configured = installation.configuration()
    rules = ProofRules(compared_per_day=3, documentation_allowed=True)
    monkeypatch.setattr(
        "django.conf.settings.TOCSIN_CONFIGURATION", configured.model_copy(update={"proof": rules})
    )
    told = replace(KNOWN, named=())
    have(desk, told, told, facts(TECH), told)
    desk.registry.facts[any_network(NAMES[3])] = facts(
        TECH, holder="Quite Another Company", holder_id="ORG-NEW", range=NAMES[3]
    )
    holders(home, "aaa-1", "aaa-1", "", "bbb-2")
    Network.objects.filter(value=NAMES[2]).update(facts=facts_of_no_file())
    desk.pass_time(DAY)
    compare_files()
    assert first_in_line() == [NAMES[3]]
    desk.work()
    desk.pass_time(dt.timedelta(hours=14))
    desk.work()
    assert {str(each) for each in desk.registry.asked} == {NAMES[0], NAMES[2], NAMES[3]}
    frozen = Network.objects.get(state=NetworkState.FROZEN)
    assert frozen.value == NAMES[3]
    line = AuditLine.objects.get(verb="network.registry_changed", subject_id=str(frozen.pk))
    assert "holder in the registry's file: aaa-1 -> bbb-2" in str(line.after)


def facts_of_no_file() -> dict[str, object]:
    """As they were stored before there were files."""
    return {"registry": "ripencc", "handle": "EX-NET", "range": NAMES[2]}


def test_files_are_compared_before_the_registries_are_asked() -> None:
    assert DAILY[COMPARE_FILES] < DAILY[COMPARE_DAILY]
