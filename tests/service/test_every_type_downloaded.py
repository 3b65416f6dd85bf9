"""Every report type as a client fetches it over HTTP: the bytes of the pack, and every cell."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import io
import json
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from urllib.request import Request, urlopen

import pytest
import time_machine
from django.test import override_settings
from tests.fakes.night_of_every_type import (
    CATALOGUE,
    TYPES,
    Told,
    bytes_of,
    cells_of,
    night_of_every_type,
    report_name,
)
from tests.fakes.small_home import DAY
from tests.service.linked import body_of, link_of
from tests.service.rest_keys import client_of
from tests.service.subscribed import LONG_AFTER, LONG_AGO

from tocsin.configuration.service import BrakeRules
from tocsin.engine.home import Home
from tocsin.service import clock, installation
from tocsin.service.api.rows import rows_of
from tocsin.service.delivery.checking import CHECK, CHECKING
from tocsin.service.delivery.models import Report
from tocsin.service.delivery.planning import PLAN, PLANNING
from tocsin.service.delivery.taking import TAKE, TAKING, notice_nights
from tocsin.service.subscribers.models import (
    MailingList,
    Network,
    Organisation,
    Proof,
    Recipient,
)
from tocsin.service.subscribers.values import any_network
from tocsin.service.work.worker import work_off

MORNING = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
NETWORKS = ("192.0.2.0/24", "198.51.100.0/24", "2001:db8::/32", "example.org")
WORKS = {TAKE: TAKING, CHECK: CHECKING, PLAN: PLANNING}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Told:
    return night_of_every_type(tmp_path_factory)


@pytest.fixture
def links(told: Told, transactional_db: None) -> Iterator[dict[str, str]]:
    """The ids of all reports by file name, as their recipient was given them."""
    home = Home.open(_root(told), create=False)
    # One address stands in all of its reports: the night brake would hold them.
    unbraked = installation.configuration().model_copy(
        update={"brake": BrakeRules(address_percent=100, address_reports=100_000)}
    )
    settings = override_settings(TOCSIN_HOME=home, TOCSIN_CONFIGURATION=unbraked)
    with settings, time_machine.travel(MORNING, tick=True):
        recipients = _subscribed()
        notice_nights(clock.now())
        work_off(WORKS, clock.now)
        rows = Report.objects.select_related("night")
        yield {each.file: link_of(each, recipients[each.list]) for each in rows}


def _root(told: Told) -> Path:
    return told.folder.parent / "home"


def _subscribed() -> dict[int, Recipient]:
    """Whom the operator's file calls `everybody`, with a recipient for each list."""
    organisation = Organisation.objects.create(
        slug="everybody", name="Everybody", founded_at=LONG_AGO, mail_domains=["example.org"]
    )
    for each in NETWORKS:
        network = Network.objects.create(
            organisation=organisation,
            valid_from=LONG_AGO,
            **Network.columns_of(any_network(each)),
        )
        Proof.objects.create(network=network, method="staff", made_at=LONG_AGO, ends_at=LONG_AFTER)
    found = {}
    for number, name, kind in ((1, "all", "cidr"), (2, "names", "domain")):
        mailing_list = MailingList.objects.create(
            pk=number,
            organisation=organisation,
            name=name,
            filter=kind,
            mode="live",
            valid_from=LONG_AGO,
        )
        found[number] = Recipient.objects.create(
            list=mailing_list,
            address="noc@example.org",
            kind="person",
            state="active",
            active_from=LONG_AGO,
            since=LONG_AGO,
        )
    return found


def test_every_report_is_fetched_as_it_was_made(
    told: Told,
    links: dict[str, str],
    live_server: object,
) -> None:
    """One test for all, since the night is taken and the server started once."""
    assert set(links) == {report_name(CATALOGUE.report_types[each]) for each in TYPES}
    for name in TYPES:
        report_type = CATALOGUE.report_types[name]
        file = report_name(report_type)
        address = f"{live_server}/dl/{links[file]}"
        body, headers = _fetched(address)
        assert f'filename="{file}"' in headers["Content-Disposition"]
        assert headers["Content-Type"] == "text/csv; charset=utf-8"
        assert body == told.report(report_type), name
        wanted = told.wanted(report_type)
        assert body == bytes_of(report_type, wanted), name
        header, *rows = csv.reader(io.StringIO(body.decode(), newline=""), strict=True)
        assert header == list(report_type.column_names)
        found = [dict(zip(header, row, strict=True)) for row in rows]
        assert found == cells_of(wanted), name
        packed, headers = _fetched(address, **{"Accept-Encoding": "gzip"})
        assert headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed) == body, name
        part, headers = _fetched(address, Range=f"bytes=7-{len(body) // 2}")
        assert part == body[7 : len(body) // 2 + 1], name
    # Searched, they are the same rows with the same cells.
    found_by_type = _records()
    for name in TYPES:
        report_type = CATALOGUE.report_types[name]
        about = {"report_type": name, "report_day": str(DAY)}
        rows_now = rows_of([told.report(report_type)], report_type)
        assert found_by_type[name] == [{**about, **row} for row in rows_now], name


def _records() -> dict[str, list[dict[str, object]]]:
    """All rows of the day by REST, page after page, by their type."""
    client = client_of(Organisation.objects.get())
    found = defaultdict(list)
    page = f"/api/v1/records?first={DAY}&last={DAY}&sort=ascending&limit=5000"
    while page:
        said = json.loads(body_of(client.get(page)))
        for row in said["items"]:
            found[row["report_type"]].append(row)
        page = said["next"]
    return found


def _fetched(address: str, **headers: str) -> tuple[bytes, dict[str, str]]:
    with urlopen(Request(address, headers=headers), timeout=30) as answer:
        return answer.read(), dict(answer.headers)
