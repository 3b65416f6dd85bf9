"""Every method says what a key needs for it, and no key opens what is not its own."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from tests.service.api_client import Program, made_key, program, text_of
from tests.service.desk import Desk, now
from tests.service.founded import founded

from tocsin.service.api.methods import METHODS, PUBLIC
from tocsin.service.api.models import ApiKey
from tocsin.service.delivery.links import Holder, links_for
from tocsin.service.delivery.models import Night, NightList, NightState, Outcome, Report
from tocsin.service.subscribers.models import MailingList

GROUPS: dict[str, str | None] = {
    "test/ping": None,
    "key/info": None,
    "reports/subscribed": "reports",
    "reports/types": "reports",
    "reports/list": "reports",
    "reports/download": "reports",
    "reports/query": "reports",
    "reports/stats": "reports",
    "reports/schema": "reports",
    "reports/device-info": "reports",
    "net/asn": None,
    "research/asn": None,
}
"""A new method needs a row here: the group that a key needs, None if any key will do."""

MARKER = "markerofb"


@pytest.fixture
def keys(desk: Desk) -> tuple[Program, Program, str]:
    """Programs of A and of B, each with a report; and the id of B's."""
    a, b = founded("alpha", "AS64496"), founded(MARKER, "AS64497")
    night = Night.objects.create(
        day="2026-11-22", revision=1, state=NightState.CHECKED, manifest="0" * 64, taken_at=now()
    )
    for each, asn in ((a, 64496), (b, 64497)):
        number = each.lists.get().pk
        NightList.objects.create(
            night=night, list=number, organisation=each.slug, networks=[f"asn {asn}"]
        )
        Report.objects.create(
            night=night, day=night.day, list=number, report_type="event4_sinkhole",
            file=f"2026-11-22-event4_sinkhole-{each.slug}-asn.csv", rows=1, bytes=1,
            sha256="0" * 64, pack="packs/event4_sinkhole.pack", offset=0, outcome=Outcome.PLANNED,
        )  # fmt: skip
    of_a, of_b = program(made_key(a)), program(made_key(b, MARKER))
    report = Report.objects.select_related("night").get(list=b.lists.get().pk)
    holder = Holder.of_key(ApiKey.objects.get(name=MARKER).pk)
    (link,) = links_for([(report, holder)], now()).values()
    return of_a, of_b, link


def test_every_method_has_a_row_and_every_row_a_method() -> None:
    assert {name: method.group for name, method in METHODS.items()} == GROUPS


def test_without_a_key_nothing_is_answered_but_what_is_nobodys_own(desk: Desk) -> None:
    for name in METHODS:
        got = Client().get(f"/api2/{name}")
        assert got.status_code == (400 if name in PUBLIC else 405), name
        posted = Client().post(f"/api2/{name}", b"{}", content_type="application/json")
        assert posted.status_code in (400, 401), name


def test_a_key_without_the_group_gets_nothing_of_it(keys: tuple[Program, Program, str]) -> None:
    ApiKey.objects.update(groups=[])
    for name, group in GROUPS.items():
        status = keys[0].post(name).status_code
        assert (status == 403) == (group is not None), name


def test_no_key_sees_anything_of_another_organisation(keys: tuple[Program, Program, str]) -> None:
    of_a, of_b, link = keys
    assert MARKER in text_of(of_b.post("reports/list"))
    fields: tuple[dict[str, Any], ...] = (
        {},
        {"date": "-365:now"},
        {"reports": [MARKER, f"{MARKER}-asn"], "report": f"{MARKER}-asn"},
        {"id": link},
        {"type": "event4_sinkhole", "detail": True},
        {"query": {"asn": 64497}},
        {"query": {"ip": "198.51.100.9"}},
    )
    for name in METHODS:
        for each in fields:
            said = text_of(of_a.post(name, **each))
            # A name that was asked for is named when it is refused.
            told = said.replace(f"no list '{MARKER}' is open", "").replace(
                f"no list '{MARKER}-asn' is open", ""
            )
            assert MARKER not in told, (name, each)
            assert link not in told, (name, each)
    assert of_a.error("reports/download", id=link)[0] == 404
    assert of_a.error("reports/list", reports=f"{MARKER}-asn") == (
        400,
        of_a.error("reports/list", reports="nobodys-asn")[1].replace("nobodys", MARKER),
    )


def test_a_list_that_changes_hands_takes_no_reports_along(
    keys: tuple[Program, Program, str],
) -> None:
    """By hand in the database alone: the night knows for whom it was made."""
    of_a, _, _ = keys
    first = MailingList.objects.get(name=MARKER)
    first.organisation = MailingList.objects.get(name="alpha").organisation
    first.save()
    assert MARKER not in str([each["file"] for each in of_a.get("reports/list")])
