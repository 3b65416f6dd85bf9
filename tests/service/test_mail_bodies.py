"""What messages say, whole: both parts of each kind, and what hostile words become in them."""

from __future__ import annotations

import datetime as dt
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tocsin.catalogue.load import load_catalogue
from tocsin.service.delivery.compose.attachment import Attachment
from tocsin.service.delivery.compose.body import Said, Stranger, body_of
from tocsin.service.delivery.compose.facts import (
    Links,
    Made,
    Note,
    ReportFacts,
    Told,
    facts_of,
)
from tocsin.service.delivery.compose.picture import picture_of
from tocsin.service.delivery.compose.trend import DAYS, Trend
from tocsin.service.letters.compose import compose
from tocsin.service.secret import Secret

GOLDEN = Path(__file__).parents[1] / "golden" / "mails"
DAY = dt.date(2026, 11, 22)
PORTAL = "https://reports.example.org"
CATALOGUE = load_catalogue()
COUNTS = {DAY - dt.timedelta(days=back): (back * 7) % 11 for back in range(24) if back != 5}


def report(
    report_type: str = "event4_sinkhole_http",
    *,
    note: Note = Note.NONE,
    delayed: bool = False,
    partial: bool = False,
    events: int = 1234,
) -> ReportFacts:
    ending = "-delayed" if delayed else ""
    file = f"2026-11-22-{report_type}-alpha-asn{ending}.csv"
    attached = Attachment(f"{file}.zip", b"", "application/zip") if note == Note.NONE else None
    return facts_of(
        Told(file, report_type, DAY, delayed, partial, events, size=events * 181),
        Links(
            f"{PORTAL}/dl/3kTMd9bX",
            f"{PORTAL}/types/{report_type}",
            f"{PORTAL}/l/object/1.2.0.{file}/proof",
        ),
        Made(attached, "csv" if attached else "", note),
        None if delayed else Trend.of(DAY, {**COUNTS, DAY: events}),
        CATALOGUE,
    )


ALL = Said(
    kind="report",
    language="en",
    service="Tocsin",
    portal=PORTAL,
    day=DAY,
    reports=[report()],
    list="alpha-asn",
    name="alpha",
    leave=f"{PORTAL}/l/leave/1.0/proof",
)
STRANGER = Stranger(
    "abuse@example.net",
    "abuse contact in the registry, by RDAP",
    ("192.0.2.0/25", "AS64496"),
    3,
    f"{PORTAL}/l/contact-opt-out/abuse@example.net/proof",
)
MESSAGES = {
    "report": ALL,
    "digest": replace(
        ALL,
        kind="digest",
        leave="",
        reports=[
            report(),
            report("scan_telnet", note=Note.TOO_LARGE, events=2_000_000),
            report("event4_honeypot_brute_force", delayed=True, events=1),
            report("blocklist", note=Note.LINK, partial=True, events=7),
        ],
    ),
    "contact": replace(
        ALL,
        kind="contact",
        list="",
        name="",
        leave="",
        reports=[replace(report(events=2), links=Links(f"{PORTAL}/dl/x", f"{PORTAL}/types/y"))],
        stranger=STRANGER,
    ),
    "copy": replace(
        ALL,
        kind="contact",
        list="",
        name="",
        leave="",
        reports=[replace(report(events=2), links=Links(f"{PORTAL}/dl/x", f"{PORTAL}/types/y"))],
        stranger=replace(STRANGER, opt_out=""),
    ),
    "hostile-words": replace(
        ALL,
        service='Evil <b>"bold"</b>',
        name="a\r\nBcc: eve@example.com",
        reports=[replace(report(), title="<img src=x>\x1b[31m\u202e", meaning="`<i>` & </p>\x00")],
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_is_the_golden_one(name: str) -> None:
    body = body_of(MESSAGES[name])
    text = f"Subject: {body.subject}\n\n{body.text}"
    if os.environ.get("TOCSIN_NEW_GOLDENS"):
        (GOLDEN / f"{name}.txt").write_text(text, "utf-8")
        (GOLDEN / f"{name}.mail.html").write_text(body.html, "utf-8")
    assert text == (GOLDEN / f"{name}.txt").read_text("utf-8")
    assert body.html == (GOLDEN / f"{name}.mail.html").read_text("utf-8")


def test_a_text_has_short_lines_and_no_more_than_links_are_long() -> None:
    for name, said in MESSAGES.items():
        lines = body_of(said).text.splitlines()
        assert not [each for each in lines if len(each) > 100 and "http" not in each], name


def test_nothing_in_a_subject_is_read_as_another_text() -> None:
    spoof = "=?utf-8?q?Your_bank?="
    hidden = spoof.replace("?", "\u200b?")
    for name in (spoof, hidden):
        said = replace(ALL, name=name, reports=[replace(report(), title=name)])
        assert "=?" not in body_of(said).subject
        letter = compose("change_told", {"organisation": name}, Secret(b"x" * 32))
        assert "=?" not in letter.subject


def test_a_language_without_texts_gets_english() -> None:
    assert body_of(replace(ALL, language="xx")) == body_of(ALL)


def test_the_subject_is_the_one_that_readers_of_such_reports_know() -> None:
    said = body_of(ALL).subject
    assert said == f"[alpha-asn] Tocsin alpha {report().title} Report: 2026-11-22"
    assert body_of(MESSAGES["digest"]).subject == "[alpha-asn] Tocsin alpha Reports: 2026-11-22"


def test_a_trend_tells_days_without_events_from_days_that_are_not_known() -> None:
    yesterday = DAY - dt.timedelta(days=1)
    trend = Trend.of(DAY, {DAY: 3, yesterday: 0})
    assert (trend.known, trend.days, trend.events, trend.most, trend.most_on) == (2, 1, 3, 3, DAY)
    assert trend.counts == (None,) * (DAYS - 2) + (0, 3)
    assert trend.first == DAY - dt.timedelta(days=29)


def test_a_single_day_is_no_trend() -> None:
    told = Told("a.csv", "blocklist", DAY, False, False, 1, 1)
    made, links = Made(None, "", Note.LINK), Links("a", "b")
    assert facts_of(told, links, made, Trend.of(DAY, {DAY: 1}), CATALOGUE).trend is None


def test_the_picture_is_small_and_the_same_for_the_same_counts() -> None:
    picture = picture_of(Trend.of(DAY, COUNTS))
    assert picture == picture_of.__wrapped__(Trend.of(DAY, COUNTS))
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 2000
    assert picture_of(Trend.of(DAY, {DAY: 0, DAY - dt.timedelta(days=1): 0})) != picture


def test_in_the_dark_only_colours_change() -> None:
    head = (GOLDEN / "report.mail.html").read_text("utf-8")
    dark = head.split("@media (prefers-color-scheme: dark) {")[1].split("</style>")[0]
    named = re.findall(r"([a-z-]+):", "".join(re.findall(r"\{(.*?)\}", dark)))
    assert set(named) == {"background", "border-color", "color"}
    assert ".quiet" in dark
