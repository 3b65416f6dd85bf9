"""New report types join after notice."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from django.core import mail
from tests.service.desk import Desk
from tests.service.subscribed import subscribed

from tocsin.catalogue.entries import Catalogue
from tocsin.catalogue.load import load_catalogue
from tocsin.service import clock
from tocsin.service.subscribers.lists.known_types import (
    NOTICE,
    TypeInView,
    compare,
    new_types,
    types_in_view,
)
from tocsin.service.subscribers.models import KnownType
from tocsin.service.subscribers.snapshots.writing import snapshot_of

CATALOGUE = load_catalogue()
TYPES = types_in_view(CATALOGUE)
DAY = {"day": "2026-11-23"}


def excluded(catalogue: Catalogue = CATALOGUE) -> set[str]:
    (said,) = snapshot_of(clock.now(), catalogue)["lists"]
    return set(said.get("types", {}).get("except", ()))


def with_a_new_type(alias: str = "") -> Catalogue:
    """The catalogue with one more type."""
    model = CATALOGUE.report_types["event4_sinkhole"]
    added = replace(model, id="brand_new", aliases=(alias,) if alias else ())
    return replace(CATALOGUE, report_types={**CATALOGUE.report_types, "brand_new": added})


def test_on_the_first_day_all_types_are_known_and_nobody_is_written_to(desk: Desk) -> None:
    subscribed()
    compare(DAY, TYPES, clock.now())
    assert KnownType.objects.count() == len(TYPES)
    assert excluded() == set()
    assert mail.outbox == []


def test_a_new_type_is_announced_once_and_joins_after_its_notice(desk: Desk) -> None:
    subscribed("alpha")
    subscribed("beta", ["AS64497"])  # its admin has the same address
    compare(DAY, TYPES, clock.now())
    grown = types_in_view(with_a_new_type())
    compare(DAY, grown, clock.now())
    compare(DAY, grown, clock.now())
    (letter,) = desk.letters_to("admin@example.org")
    assert "brand_new" in letter.body
    assert "2026-11-30" in letter.subject
    assert "leave out" in letter.body
    known = KnownType.objects.get(pk="brand_new")
    assert known.joins_at == clock.now() + NOTICE
    said = snapshot_of(clock.now(), with_a_new_type())["lists"]
    assert [each["types"]["except"] for each in said] == [["brand_new"]] * 2
    desk.pass_time(NOTICE)
    assert all("types" not in each for each in snapshot_of(clock.now(), with_a_new_type())["lists"])


def test_a_type_that_came_since_the_last_look_waits_as_well(desk: Desk) -> None:
    subscribed()
    compare(DAY, TYPES, clock.now())
    assert excluded(with_a_new_type()) == {"brand_new"}


def test_a_type_that_was_only_renamed_goes_on_without_notice(desk: Desk) -> None:
    subscribed()
    compare(DAY, TYPES, clock.now())
    renamed = with_a_new_type(alias="event4_sinkhole")
    assert excluded(renamed) == set()
    compare(DAY, types_in_view(renamed), clock.now())
    assert desk.letters_to("admin@example.org") == []
    assert excluded(renamed) == set()


def test_who_is_no_admin_is_not_written_to(desk: Desk) -> None:
    each = subscribed()
    each.admin.role = "member"
    each.admin.save()
    compare(DAY, TYPES, clock.now())
    compare(DAY, [*TYPES, TypeInView("x", "X", "DDoS", "low")], clock.now())
    assert desk.letters_to("admin@example.org") == []


def test_new_and_renamed_are_told_apart() -> None:
    types = [TypeInView("a", "", "", ""), TypeInView("b", "", "", "", aliases=("old",))]
    assert new_types(types, frozenset({"old"})) == (types[:1], types[1:])
    assert new_types(types, frozenset({"a", "b"})) == ([], [])


def test_it_is_done_every_day_before_the_snapshot(desk: Desk) -> None:
    desk.has_its_daily_work_to_do()
    desk.work()
    assert KnownType.objects.count() > 100
    desk.pass_time(dt.timedelta(days=1))
    desk.work()
    assert not KnownType.objects.filter(announced_at__isnull=False).exists()
