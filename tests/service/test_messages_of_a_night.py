"""From a night to the message that lies in the mailbox: headers, parts, files, trend."""

from __future__ import annotations

import datetime as dt
import io
import json
import zipfile
from email.message import Message
from typing import cast
from xml.etree import ElementTree

import pytest
from django.core import mail
from django.core.mail import EmailMultiAlternatives
from django.test import override_settings
from tests.fakes.small_home import DAY, event
from tests.service.objecting_world import World

from tocsin.configuration.load import ReporterNames
from tocsin.configuration.service import DeliveryRules, ServicePlace
from tocsin.service import clock, installation
from tocsin.service.delivery.compose.trend import DAYS
from tocsin.service.delivery.models import NightList, Outcome, Report
from tocsin.service.delivery.sending import send_due
from tocsin.service.delivery.taking import notice_nights
from tocsin.service.delivery.trends import trends_of
from tocsin.service.letters.write import write
from tocsin.service.subscribers.models import Delivery as Preference
from tocsin.service.subscribers.models import Network, NetworkState, Proof
from tocsin.service.subscribers.models.mailing_list import ReportFormat

FILE = "2026-11-22-event4_sinkhole-alpha-asn"
ONE_DAY = dt.timedelta(days=1)


def plan(world: World) -> None:
    notice_nights(clock.now())
    world.desk.work()


def sent() -> list[EmailMultiAlternatives]:
    send_due(clock.now)
    return [each for each in mail.outbox if "List-Id" in each.extra_headers]  # type: ignore[misc]


def part(message: EmailMultiAlternatives, kind: str) -> Message:
    """The first part of that kind; with its line ends as they are."""
    return next(each for each in message.message().walk() if each.get_content_type() == kind)


def file_of(message: EmailMultiAlternatives) -> tuple[str, bytes]:
    """Name and bytes of the file that a reader saves."""
    found = [each for each in message.message().walk() if each.get_content_disposition()]
    (one,) = [each for each in found if each.get_content_disposition() == "attachment"]
    return str(one.get_filename()), cast("bytes", one.get_payload(decode=True))


def unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def prefers(world: World, form: str, *, compressed: bool) -> None:
    world.alpha.list.format = form
    world.alpha.list.compressed = compressed
    world.alpha.list.save()


def text_of(message: EmailMultiAlternatives) -> str:
    return str(message.body)


@pytest.fixture
def night(world: World) -> World:
    """A night with two rows for `alpha`, and one person who gets them."""
    world.alpha.recipient("noc@example.org")
    world.small.collect_events([event(1), event(2, "192.0.2.11", infection="=1+1")])
    world.night()
    plan(world)
    return world


def test_headers_tell_a_mail_program_what_it_is_and_what_belongs_together(night: World) -> None:
    (first,) = sent()
    headers = first.message()
    assert headers["From"] == "Tocsin <reports@tocsin.example.org>"
    assert headers["List-Id"] == "alpha <alpha-asn.tocsin.example.org>"
    assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["Precedence"] == "list"
    assert headers["In-Reply-To"] == headers["References"]
    night.desk.pass_time(ONE_DAY)
    night.small.collect_events([event(86_401)], now=clock.now())
    night.night(DAY + ONE_DAY)
    plan(night)
    second = sent()[1].message()
    assert second["References"] == headers["References"]
    assert second["Message-ID"] != headers["Message-ID"]


def test_every_mail_is_dated_in_utc(night: World) -> None:
    write("webhook_off", "admin@example.org", "a letter", {}, clock.now())
    night.desk.work()
    send_due(clock.now)
    assert {"List-Id" in each.extra_headers for each in mail.outbox} == {True, False}
    for each in mail.outbox:
        assert str(each.message()["Date"]).endswith(" +0000")


def test_a_name_of_the_service_beyond_ascii_is_encoded(night: World) -> None:
    other = installation.configuration().model_copy(
        update={"service": ServicePlace(name="Glöckner")}
    )
    with override_settings(TOCSIN_CONFIGURATION=other):
        (message,) = sent()
    assert message.message()["From"].startswith("=?utf-8?")
    assert "<reports@tocsin.example.org>" in message.message()["From"]


def test_a_list_is_written_to_in_its_language(night: World) -> None:
    night.alpha.list.language = "de"
    night.alpha.list.save()
    (message,) = sent()
    assert message.subject.endswith(" Bericht: 2026-11-22")
    assert "Schweregrad: kritisch\n" in text_of(message)
    html = part(message, "text/html")
    assert html["Content-Transfer-Encoding"] == "quoted-printable"
    assert b'<html lang="de">' in cast("bytes", html.get_payload(decode=True))
    assert message.message().as_bytes().isascii()


def test_the_html_part_shows_the_trend_as_a_picture_that_is_no_file(night: World) -> None:
    night.desk.pass_time(ONE_DAY)
    night.small.collect_events([event(86_401)], now=clock.now())
    night.night(DAY + ONE_DAY)
    plan(night)
    first, second = sorted(sent(), key=lambda each: each.subject)
    assert "Trend: " not in text_of(first)
    assert "Trend: 3 events on 2 of the last 30 days, most on 2026-11-22: 2" in text_of(second)
    related = part(second, "multipart/related")
    page, picture = cast("list[Message]", related.get_payload())
    name = str(picture["Content-ID"]).strip("<>")
    assert f'src="cid:{name}"' in cast("bytes", page.get_payload(decode=True)).decode()
    assert picture.get_content_type() == "image/png"
    assert picture.get_content_disposition() == "inline"
    assert file_of(second)[0] == "2026-11-23-event4_sinkhole-alpha-asn.csv.zip"


@pytest.mark.parametrize("compressed", [True, False])
@pytest.mark.parametrize(
    ("form", "ending"),
    [("csv", "csv"), ("html", "html"), ("xml", "xml"), ("text", "txt"), ("json", "json")],
)
def test_a_list_gets_the_form_that_it_prefers(
    night: World, form: str, ending: str, compressed: bool
) -> None:
    prefers(night, form, compressed=compressed)
    (message,) = sent()
    name, content = file_of(message)
    if compressed:
        assert name == f"{FILE}.{ending}.zip"
        content = unzipped(content)[f"{FILE}.{ending}"]
    else:
        assert name == f"{FILE}.{ending}"
    assert b"192.0.2.11" in content
    assert (b"'=1+1" in content or b"&#x27;=1+1" in content) == (form in ("html", "xml", "text"))
    assert f"Attached: {name}" in text_of(message)
    if form == "json":
        assert [each["infection"] for each in json.loads(content)] == ["example-bot", "=1+1"]
    if form == "xml":
        assert len(ElementTree.fromstring(content).findall("row")) == 2


def test_a_plain_csv_has_the_bytes_of_the_report(night: World) -> None:
    prefers(night, ReportFormat.CSV, compressed=False)
    (message,) = sent()
    _, content = file_of(message)
    report = Report.objects.get()
    assert len(content) == report.bytes
    assert b"\r\n" not in content


def test_a_list_that_wants_the_link_alone_gets_no_file(night: World) -> None:
    prefers(night, ReportFormat.LINK, compressed=True)
    (message,) = sent()
    assert message.attachments == []
    assert "Download: http://testserver/dl/" in text_of(message)
    assert "too large" not in text_of(message)


def test_a_file_that_is_too_large_is_left_to_the_link_and_the_mail_says_so(night: World) -> None:
    small = DeliveryRules(largest_attachment=200)  # type: ignore[arg-type] # pydantic reads it
    rules = installation.configuration().model_copy(update={"delivery": small})
    with override_settings(TOCSIN_CONFIGURATION=rules):
        (message,) = sent()
    assert message.attachments == []
    assert "too large for a mail: please fetch it by the link" in text_of(message)


def _with_reporter() -> override_settings:
    named = ReporterNames(
        organisation="Example CERT", contact="cert@example.org", domain="example.org"
    )
    other = installation.configuration().model_copy(update={"reporter": named})
    return override_settings(TOCSIN_CONFIGURATION=other)


def test_incidents_are_a_document_for_each_row_in_one_zip(night: World) -> None:
    prefers(night, ReportFormat.XARF, compressed=True)
    with _with_reporter():
        (message,) = sent()
    name, content = file_of(message)
    assert name == f"{FILE}.xarf.zip"
    documents = {inner: json.loads(said) for inner, said in unzipped(content).items()}
    assert len(documents) == 2
    assert all(inner == f"{each['report_id']}.json" for inner, each in documents.items())
    assert {each["source_identifier"] for each in documents.values()} == {
        "192.0.2.10",
        "192.0.2.11",
    }


def test_a_single_incident_is_attached_as_it_is(world: World) -> None:
    world.alpha.recipient("noc@example.org")
    prefers(world, ReportFormat.XARF, compressed=True)
    world.small.collect_events([event(1)])
    world.night()
    plan(world)
    with _with_reporter():
        (message,) = sent()
    name, content = file_of(message)
    assert name == f"{FILE}.xarf.json"
    assert json.loads(content)["source_identifier"] == "192.0.2.10"


def test_incidents_without_a_reporter_are_csv_and_the_mail_says_so(night: World) -> None:
    prefers(night, ReportFormat.XARF, compressed=True)
    (message,) = sent()
    assert file_of(message)[0] == f"{FILE}.csv.zip"
    assert "the file is CSV instead" in text_of(message)


def test_incidents_of_a_network_that_has_ended_are_not_sent(world: World) -> None:
    world.alpha.recipient("noc@example.org")
    prefers(world, ReportFormat.XARF, compressed=True)
    first = Network.objects.get()
    second = Network.objects.create(
        organisation=world.alpha.organisation,
        kind="asn",
        value="64497",
        valid_from=first.valid_from,
    )
    proof = Proof.objects.get()
    Proof.objects.create(
        network=second, method="staff", made_at=proof.made_at, ends_at=proof.ends_at
    )
    world.small.collect_events([event(1), event(2, "198.51.100.9")])
    world.night()
    plan(world)
    second.state = NetworkState.FROZEN
    second.save()
    with _with_reporter():
        (message,) = sent()
    assert json.loads(file_of(message)[1])["source_identifier"] == "192.0.2.10"


def test_a_digest_has_all_files_of_the_day_and_one_thread(world: World) -> None:
    world.alpha.recipient("noc@example.org")
    world.alpha.list.delivery = Preference.DIGEST
    world.alpha.list.save()
    other = {"report_type": "event4_sinkhole_http", "http_url": "/x", "http_host": "example.net"}
    world.small.collect_events([event(1), event(2, "192.0.2.11", **other)])
    world.night()
    plan(world)
    (message,) = sent()
    assert message.subject == "[alpha-asn] Tocsin alpha Reports: 2026-11-22"
    assert [each[0] for each in message.attachments] == [
        f"{FILE}.csv.zip",
        "2026-11-22-event4_sinkhole_http-alpha-asn.csv.zip",
    ]
    assert text_of(message).count("/dl/") == 2


def test_a_delayed_report_says_so(world: World) -> None:
    world.alpha.recipient("noc@example.org")
    world.small.collect_events([event(1)])
    world.night()
    world.desk.pass_time(ONE_DAY)
    world.small.collect_events([event(5, "192.0.2.12")], now=clock.now())
    world.night(DAY + ONE_DAY)
    plan(world)
    late = [each for each in sent() if "(delayed)" in each.subject]
    assert [each.subject.rpartition(" ")[2] for each in late] == ["2026-11-23"]
    assert "Delayed: these events are of earlier days" in text_of(late[0])


def test_the_trend_takes_the_newest_revision_and_what_was_the_lists_own(night: World) -> None:
    sent()
    report = Report.objects.get()
    number = report.list
    owners = {number: "alpha"}
    assert trends_of([report], owners, {})[report.pk].counts == (None,) * (DAYS - 1) + (2,)
    night.replay()
    plan(night)
    newer = Report.objects.get(outcome=Outcome.LATER)
    newer.rows = 7
    newer.save()
    assert trends_of([report], owners, {})[report.pk].events == 7
    Report.objects.filter(pk=newer.pk).update(outcome=Outcome.DROPPED)
    assert trends_of([report], owners, {})[report.pk].known == 0
    Report.objects.filter(pk=newer.pk).update(outcome=Outcome.LATER)
    assert trends_of([report], owners, {number: DAY + ONE_DAY})[report.pk].known == 0
    NightList.objects.filter(list=number).update(organisation="other")
    assert trends_of([report], owners, {})[report.pk].known == 0
