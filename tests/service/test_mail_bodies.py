"""What messages say, whole: both parts of each kind, and what hostile words become in them."""

from __future__ import annotations

import datetime as dt
import os
import re
import unicodedata
from dataclasses import replace
from pathlib import Path

import pytest
from tests.service.said_in_mails import CATALOGUE, COUNTS, DAY, messages, report

from tocsin.service.delivery.compose.body import _IS_HARMLESS, body_of
from tocsin.service.delivery.compose.facts import Links, Made, Note, Told, facts_of
from tocsin.service.delivery.compose.picture import picture_of
from tocsin.service.delivery.compose.trend import DAYS, Trend
from tocsin.service.languages import words
from tocsin.service.letters.compose import compose
from tocsin.service.secret import Secret
from tocsin.service.texts import harmless

GOLDEN = Path(__file__).parents[1] / "golden" / "mails"
MESSAGES = messages("en")
IN_GERMAN = messages("de")
WHOLE = {
    **MESSAGES,
    **{f"{name}.de": IN_GERMAN[name] for name in ("report", "digest", "contact")},
    "digest.fr": messages("fr")["digest"],
}
ALL = MESSAGES["report"]


@pytest.mark.parametrize("name", WHOLE)
def test_a_message_is_the_golden_one(name: str) -> None:
    body = body_of(WHOLE[name])
    text = f"Subject: {body.subject}\n\n{body.text}"
    if os.environ.get("TOCSIN_NEW_GOLDENS"):
        (GOLDEN / f"{name}.txt").write_text(text, "utf-8")
        (GOLDEN / f"{name}.mail.html").write_text(body.html, "utf-8")
    assert text == (GOLDEN / f"{name}.txt").read_text("utf-8")
    assert body.html == (GOLDEN / f"{name}.mail.html").read_text("utf-8")


def test_a_text_has_short_lines_and_no_more_than_links_are_long() -> None:
    for name, said in WHOLE.items():
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


def test_what_is_not_looked_at_letter_by_letter_is_harmless() -> None:
    for each in map(chr, range(0x3000)):
        if _IS_HARMLESS.fullmatch(each) and not each.isspace():
            assert harmless(each, 1) == each
            assert not unicodedata.combining(each)


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
    trend = Trend.of(DAY, {DAY: 1})
    assert facts_of(told, links, made, trend, CATALOGUE, words("en")).trend is None


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
