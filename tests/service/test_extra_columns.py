"""Columns that a list has appended: by every road the same bytes, and nobody else's labels."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from django.core.mail import EmailMultiAlternatives
from django.test import Client, override_settings
from django.urls import reverse
from tests.fakes.small_home import DAY, event
from tests.service.api_client import made_key, program
from tests.service.commands import called
from tests.service.linked import FILE, body_of
from tests.service.objecting_world import World
from tests.service.on_file import put_network
from tests.service.rest_keys import client_of
from tests.service.subscribed import LONG_AGO, subscribed

from tocsin.configuration.load import ReporterNames
from tocsin.engine.interop.evidence import cells_of_evidence
from tocsin.engine.reports import find_report, read_report
from tocsin.model.address import parse_network
from tocsin.model.errors import RunError
from tocsin.service import clock, installation
from tocsin.service.audit.record import Actor
from tocsin.service.delivery import content as content_module
from tocsin.service.delivery.appended import appended_to_file
from tocsin.service.delivery.brake.correcting import GRACE
from tocsin.service.delivery.composing import Composer
from tocsin.service.delivery.models import Delivery, Report
from tocsin.service.delivery.sending import send_due
from tocsin.service.delivery.taking import notice_nights
from tocsin.service.findings.labels import set_labels
from tocsin.service.subscribers.models import (
    MailingList,
    Network,
    NetworkState,
    Organisation,
)
from tocsin.service.subscribers.models.mailing_list import ReportFormat
from tocsin.service.subscribers.values import any_network

ADMIN = Actor.person("admin@example.org")
GOLDEN = Path(__file__).parents[1] / "golden" / "extra-columns.csv"
BOTH = ["finding_id", "label"]
HOSTILE = '=1+1,"<b>http://example.org/'
"""What an owner may call a prefix."""


@pytest.fixture
def night(world: World) -> World:
    """A night of which `alpha` gets three rows of two networks with both columns, `beta` one."""
    beta = subscribed("beta", ["AS64497"], domain="example.net")
    _call(beta.organisation, {"192.0.2.0/24": "of beta", "198.51.100.0/24": "of beta"})
    _call(world.alpha.organisation, {"192.0.2.0/24": "Pool A", "192.0.2.11/32": HOSTILE})
    put_network(world.alpha.organisation, any_network("AS64498"), LONG_AGO)
    world.alpha.recipient("noc@example.org")
    _prefers(extra_columns=BOTH)
    events = [event(1), event(2, "192.0.2.11"), event(3, "203.0.113.7", infection='a "b"')]
    world.small.collect_events([*events, event(4, "198.51.100.9")])
    world.night()
    notice_nights(clock.now())
    world.desk.work()
    return world


def _call(organisation: Organisation, labels: dict[str, str]) -> None:
    said = {parse_network(prefix): label for prefix, label in labels.items()}
    set_labels(organisation, said, ADMIN, clock.now())


def _made(world: World, name: str = FILE) -> bytes:
    """The bytes that the night wrote."""
    return read_report(find_report(world.small.home.root, name).package, name)


def _message() -> EmailMultiAlternatives:
    """What is sent to the recipient, now."""
    rows = Delivery.objects.select_related("list__organisation", "recipient", "recall")
    delivery = rows.latest("pk")
    message = Composer.of([delivery], clock.now()).message(delivery)
    assert isinstance(message, EmailMultiAlternatives)
    return message


def _files(message: EmailMultiAlternatives) -> list[bytes]:
    ((_, content, _),) = message.attachments
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return [archive.read(name) for name in sorted(archive.namelist())]


def _file(message: EmailMultiAlternatives) -> bytes:
    (content,) = _files(message)
    return content


def _link(message: EmailMultiAlternatives) -> str:
    return str(message.body).split("http://testserver", 1)[1].split(maxsplit=1)[0]


def _prefers(**fields: Any) -> None:
    MailingList.objects.filter(name="alpha").update(**fields)


def _rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


def test_every_road_gives_the_same_bytes_with_both_columns(night: World) -> None:
    message = _message()
    mailed = _file(message)
    assert mailed.decode() == GOLDEN.read_bytes().decode()
    by_link = Client().get(_link(message))
    assert body_of(by_link) == mailed
    sha256 = hashlib.sha256(mailed).hexdigest()
    assert by_link.headers["ETag"] == f'"{sha256}"'
    assert by_link.headers["Content-Length"] == str(len(mailed))
    assert "Last-Modified" not in by_link.headers
    size = re.search(r"Size: (.*) bytes, 3 events", str(message.body))
    assert size is not None
    assert re.sub(r"\D", "", size[1]) == str(len(mailed))
    poller = program(made_key(night.alpha.organisation))
    (listed,) = poller.get("reports/list", date=str(DAY))
    assert body_of(Client().get(f"/dl/{listed['id']}")) == mailed
    rows = poller.get("reports/download", id=listed["id"])
    assert [(each["finding_id"], each["label"]) for each in rows] == [
        (each["finding_id"], each["label"]) for each in _rows(mailed)
    ]
    (row,) = poller.get("reports/query", query={"ip": "192.0.2.10"}, date=str(DAY))
    assert not row.keys() & set(BOTH)
    rest = client_of(night.alpha.organisation)
    got = rest.get(f"/api/v1/reports/{FILE}/rows")
    assert (body_of(got), got.headers["ETag"]) == (mailed, f'"{sha256}"')
    person = night.desk.signed_in(night.alpha.account)
    number = Report.objects.get(file=FILE).pk
    assert body_of(person.get(reverse("organisation_report", args=["alpha", number]))) == mailed


def test_ids_are_those_of_the_findings(night: World) -> None:
    rest = client_of(night.alpha.organisation)
    findings = json.loads(body_of(rest.get("/api/v1/findings")))["items"]
    known = {each["id"]: (each["subject"], each["label"]) for each in findings}
    rows = _rows(_file(_message()))
    assert {each["finding_id"]: (each["src_ip"], each["label"]) for each in rows} == known


def test_without_the_preference_nothing_is_changed(night: World) -> None:
    rest = client_of(night.alpha.organisation)
    (said,) = json.loads(body_of(rest.get("/api/v1/reports")))["items"]
    assert (said["whole"], said["rows"], said["bytes"], said["sha256"]) == (True, 3, None, None)
    _prefers(extra_columns=[])
    message = _message()
    made = _made(night)
    assert _file(message) == made == body_of(Client().get(_link(message)))
    (said,) = json.loads(body_of(rest.get("/api/v1/reports")))["items"]
    assert (said["bytes"], said["sha256"]) == (len(made), hashlib.sha256(made).hexdigest())
    _prefers(extra_columns=["label"])
    rows = _rows(body_of(Client().get(_link(message))))
    assert [each["label"] for each in rows] == ["Pool A", HOSTILE, ""]
    assert "finding_id" not in rows[0]


def test_nobody_sees_what_somebody_else_calls_a_prefix(night: World) -> None:
    _call(night.alpha.organisation, {})
    rows = _rows(_file(_message()))
    assert [each["label"] for each in rows] == ["", "", ""]
    assert all(each["finding_id"] for each in rows)


def test_every_form_has_the_columns_and_none_can_be_run(night: World) -> None:
    rows, told = _rows(_file(_message())), {}
    for form in (ReportFormat.HTML, ReportFormat.XML, ReportFormat.TEXT, ReportFormat.JSON):
        _prefers(format=form)
        told[form] = _file(_message()).decode()
    said = json.loads(told[ReportFormat.JSON])
    assert [each["finding_id"] for each in said] == [each["finding_id"] for each in rows]
    assert [each["label"] for each in said] == ["Pool A", HOSTILE, None]
    second, harmless = rows[1]["finding_id"], "&#x27;=1+1,&quot;&lt;b&gt;hxxp://example[.]org/"
    assert f"<td>{second}</td><td>{harmless}</td></tr>" in told[ReportFormat.HTML]
    assert f'<cell column="label">{harmless}</cell></row>' in told[ReportFormat.XML]
    first = told[ReportFormat.TEXT].split("\n\n")[1].splitlines()
    assert first[-2].split() == ["finding_id:", rows[0]["finding_id"]]
    assert first[-1].split(maxsplit=1) == ["label:", "Pool A"]


def test_incidents_have_them_in_their_evidence(night: World) -> None:
    rows = _rows(_file(_message()))
    named = ReporterNames(
        organisation="Example CERT", contact="cert@example.org", domain="example.org"
    )
    other = installation.configuration().model_copy(update={"reporter": named})
    _prefers(format=ReportFormat.XARF)
    with override_settings(TOCSIN_CONFIGURATION=other):
        found = [json.loads(each) for each in _files(_message())]
    evidence = [cells_of_evidence(each["evidence"][0]) for each in found]
    told = [{name: cell for name, cell in each.items() if cell} for each in rows]
    assert sorted(map(str, evidence)) == sorted(map(str, told))
    known = {each["report_id"] for each in found}
    _prefers(extra_columns=[])
    with override_settings(TOCSIN_CONFIGURATION=other):
        assert {json.loads(each)["report_id"] for each in _files(_message())} == known


def test_what_is_recalled_and_what_is_left_have_them(night: World) -> None:
    link = _link(_message())
    send_due(clock.now)
    before = _rows(body_of(Client().get(link)))
    explained = called(night, "explain", FILE, "2")
    who = ("--owner", "Ada", "--reason", "A crawler.")
    called(night, "recall", "--event", explained["event"], "--date", str(DAY), *who)
    night.desk.pass_time(GRACE)
    night.desk.work()
    (taken,) = _rows(_file(_message()))
    assert list(taken)[-2:] == BOTH
    assert {name: taken[name] for name in before[1]} == before[1]
    assert _rows(body_of(Client().get(link))) == [before[0], before[2]]


def test_a_cut_report_has_them(night: World) -> None:
    before = _rows(_file(_message()))
    Network.objects.filter(value="64498").update(state=NetworkState.FROZEN)
    message = _message()
    assert _rows(_file(message)) == before[:2]
    assert body_of(Client().get(_link(message))) == _file(message)


def test_a_large_report_is_read_anew_and_never_held(
    night: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = _message()
    mailed, link = _file(message), _link(message)
    monkeypatch.setattr(content_module, "_IN_MEMORY", 100)
    for first, end in ((0, 10), (900, 1100), (1, len(mailed)), (0, len(mailed))):
        got = Client().get(link, headers={"Range": f"bytes={first}-{end - 1}"})
        assert (got.status_code, body_of(got)) == (206, mailed[first:end])
        assert got.headers["ETag"] == f'"{hashlib.sha256(mailed).hexdigest()}"'


def test_what_was_not_published_so_is_not_given_out(
    night: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A row too few would put each id behind the row of another."""
    link = _link(_message())
    fewer = appended_to_file

    def shortened(*arguments: Any) -> Any:
        found = fewer(*arguments)
        return replace(found, cells=found.cells.slice(1))

    monkeypatch.setattr(content_module, "appended_to_file", shortened)
    with pytest.raises(RunError, match="do not agree"):
        Client().get(link)


def test_tables_of_rest_have_them(night: World) -> None:
    rest = client_of(night.alpha.organisation)
    parquet = {"Accept": "application/vnd.apache.parquet"}
    got = body_of(rest.get(f"/api/v1/reports/{FILE}/rows", headers=parquet))
    table = pq.read_table(io.BytesIO(got))
    assert table.column_names[-2:] == BOTH
    assert table.column("label").to_pylist() == ["Pool A", HOSTILE, None]
    several = json.loads(body_of(rest.get(f"/api/v1/records?first={DAY}&last={DAY}")))["items"]
    assert not [row for row in several if set(BOTH) & set(row)]
    assert json.loads(body_of(rest.get("/api/v1/lists")))["items"][0]["extra_columns"] == BOTH
