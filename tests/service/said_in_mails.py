"""What mails may say, without a night behind them: for tests of how it is said."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

from tocsin.catalogue.load import load_catalogue
from tocsin.service.delivery.compose.attachment import Attachment
from tocsin.service.delivery.compose.body import Said, Stranger
from tocsin.service.delivery.compose.facts import Links, Made, Note, ReportFacts, Told, facts_of
from tocsin.service.delivery.compose.trend import Trend
from tocsin.service.languages import words

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
    language: str = "en",
) -> ReportFacts:
    """Of DAY, attached unless `note` says why not."""
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
        words(language),
    )


def messages(language: str) -> dict[str, Said]:
    """Messages of every kind, by the names of their goldens."""
    one = Said(
        kind="report",
        language=language,
        service="Tocsin",
        portal=PORTAL,
        day=DAY,
        reports=[report(language=language)],
        list="alpha-asn",
        name="alpha",
        leave=f"{PORTAL}/l/leave/1.0/proof",
    )
    few = replace(
        report(events=2, language=language), links=Links(f"{PORTAL}/dl/x", f"{PORTAL}/types/y")
    )
    stranger = Stranger(
        "abuse@example.net",
        words(language).origins["rdap"],
        ("192.0.2.0/25", "AS64496"),
        3,
        f"{PORTAL}/l/contact-opt-out/abuse@example.net/proof",
        language,
    )
    contact = replace(
        one, kind="contact", list="", name="", leave="", reports=[few], stranger=stranger
    )
    evil = replace(
        report(language=language), title="<img src=x>\x1b[31m\u202e", meaning="`<i>` & </p>\x00"
    )
    return {
        "report": one,
        "digest": replace(one, kind="digest", leave="", reports=_of_a_day(language)),
        "contact": contact,
        "copy": replace(contact, stranger=replace(stranger, opt_out="")),
        "hostile-words": replace(
            one,
            service='Evil <b>"bold"</b>',
            name="a\r\nBcc: eve@example.com",
            reports=[evil],
        ),
    }


def _of_a_day(language: str) -> list[ReportFacts]:
    return [
        report(language=language),
        report("scan_telnet", note=Note.TOO_LARGE, events=2_000_000, language=language),
        report("event4_honeypot_brute_force", delayed=True, events=1, language=language),
        report("blocklist", note=Note.LINK, partial=True, events=7, language=language),
    ]
