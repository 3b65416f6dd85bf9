"""Clicks, broken sites, leaks, implants, proxies, phish and malware: what rows of each become."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest
from tests.fakes.small_home import SmallHome
from tests.fakes.web_sensors import (
    EXPECTED,
    Row,
    first_row,
    kept_rows,
    take,
    take_example,
    take_rows,
)


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return SmallHome.make(tmp_path)


@pytest.mark.parametrize("source", sorted(EXPECTED))
def test_the_example_of_a_sensor_becomes_these_records(small: SmallHome, source: str) -> None:
    piece = take_example(small, source)
    columns, rows = EXPECTED[source]
    assert kept_rows(small, "records", columns) == rows
    assert piece.rejected == {}


def test_clicks_of_which_nothing_is_proved_are_observations(small: SmallHome) -> None:
    piece = take_example(small, "ad-clicks")
    assert (piece.records, piece.observations) == ({"click_fraud": 2}, {"click": 2})
    columns = ("type", "src_ip", "ad_network", "affiliate_id", "http_host")
    click = ("click", "192.0.2.31", "Example Ads", "a-17", "ads.example.com")
    assert kept_rows(small, "observations", columns) == [click, click]


NOBODY: list[tuple[str, Row]] = [
    ("ad-clicks", {"verdict": "human"}),
    ("ad-clicks", {"verdict": "unknown", "affiliate": None, "ad_network": ""}),
    ("ad-clicks", {"client_ip": None}),
    ("crawler-findings", {"status": "cleaned"}),
    ("crawler-findings", {"status": None}),
    ("crawler-findings", {"url": None, "site": None}),
    ("sinkhole-referers", {"visitors": 2}),
    ("sinkhole-referers", {"visitors": "many"}),
    ("sinkhole-referers", {"referer": "android-app://com.example/"}),
    ("leaked-credentials", {"email": None}),
    ("leaked-credentials", {"email": "someone"}),
    ("leaked-credentials", {"email": ["someone@example.org", {"a": 1}]}),
    ("implant-scans", {"confirmed": False}),
    ("implant-scans", {"confirmed": "maybe"}),
    ("proxy-tests", {"worked": False}),
    ("proxy-tests", {"judge": {"token_seen": False}}),
    ("proxy-tests", {"judge": "yes"}),
    ("proxy-tests", {"judge": None}),
    ("proxy-tests", {"kind": "carrier pigeon"}),
    ("phishtank-json", {"verified": "no"}),
    ("phishtank-json", {"online": "no"}),
    ("openphish-json", {"url": "no page at all"}),
    ("apwg", {"confidence_level": 50}),
    ("apwg", {"status": "removed"}),
    ("honeypot-downloads", {"url": None}),
    ("sandbox-urls", {"simulated": True}),
    ("sandbox-urls", {"url": None}),
]


@pytest.mark.parametrize(("source", "changed"), NOBODY)
def test_what_nobody_should_get_is_dropped_as_no_rule(
    small: SmallHome, source: str, changed: Row
) -> None:
    piece = take_rows(small, source, first_row(source) | dict(changed))
    assert (piece.accepted, piece.dropped, piece.rejected) == (0, {"no_rule": 1}, {})


TURNED_AWAY: list[tuple[str, Row, str]] = [
    ("ad-clicks", {"time": "yesterday"}, "bad_time"),
    ("ad-clicks", {"time": None}, "no_time"),
    ("ad-clicks", {"client_ip": "someone"}, "bad_subject"),
    ("ad-clicks", {"client_ip": {"v4": "192.0.2.1"}}, "bad_subject"),
    ("ad-clicks", {"client_port": 70000}, "impossible"),
    ("crawler-findings", {"ip": None}, "no_subject"),
    ("crawler-findings", {"ip": "www.example.org"}, "bad_subject"),
    ("sinkhole-referers", {"time": "2026-11-24T06:00:00Z"}, "future"),
    ("leaked-credentials", {"time": "2020-01-01"}, "too_old"),
    ("leaked-credentials", {"email": "someone@-.example"}, "bad_subject"),
    ("implant-scans", {"ip": ["192.0.2.1", "192.0.2.2"]}, "bad_subject"),
    ("proxy-tests", {"kind": "socks5", "ip": "2001:db8::92"}, "wrong_family"),
    ("phishtank-json", {"details": []}, "no_subject"),
    ("phishtank-json", {"details": "gone"}, "no_subject"),
    ("apwg", {"ip": None}, "no_subject"),
    ("honeypot-downloads", {"url": "http://files.example.net/x"}, "no_subject"),
    ("honeypot-downloads", {"url": "http://192.0.2.1@files.example.net/x"}, "no_subject"),
    ("sandbox-urls", {"ip": None}, "no_subject"),
    ("urlhaus-json", {"host": "files.example.net", "url": "http://files.example.net/"},
     "no_subject"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "changed", "reason"), TURNED_AWAY)
def test_a_row_that_cannot_be_right_is_rejected_with_its_reason(
    small: SmallHome, source: str, changed: Row, reason: str
) -> None:
    piece = take_rows(small, source, first_row(source) | dict(changed), first_row(source))
    assert piece.rejected == {reason: 1}
    assert piece.accepted == 1


def test_pages_on_names_have_no_address_and_are_rejected_with_that_reason(
    small: SmallHome,
) -> None:
    content = b"https://login.example.org/\nhttp://192.0.2.80@login.example.org/\n"
    assert take(small, "openphish", content).rejected == {"no_subject": 2}


def test_a_list_of_urls_is_of_the_day_in_its_name(small: SmallHome) -> None:
    take(small, "openphish", b"http://192.0.2.80/\n", "2026-11-21-openphish.txt")
    ((moment,),) = kept_rows(small, "records", ["timestamp"])
    assert isinstance(moment, dt.datetime)
    assert moment == dt.datetime(2026, 11, 21, tzinfo=dt.UTC)


# --- the pages --------------------------------------------------------------------------------

PAGES = Path(__file__).parents[2] / "docs" / "operators" / "sensors"
SHOWN = {
    "click-monitor": ["ad-clicks"],
    "web-crawler": ["crawler-findings", "sinkhole-referers"],
    "leaked-credentials": ["leaked-credentials"],
    "implant-scans": ["implant-scans"],
    "proxy-tests": ["proxy-tests"],
    "malware-downloads": ["honeypot-downloads", "sandbox-urls"],
}


@pytest.mark.parametrize("page", sorted(SHOWN))
def test_the_rows_that_a_page_shows_are_taken(tmp_path: Path, page: str) -> None:
    text = (PAGES / f"{page}.md").read_text(encoding="utf-8")
    rows = re.findall(r"^```json\n(.*?)^```", text, re.M | re.S)
    for source, row in zip(SHOWN[page], rows, strict=True):
        (tmp_path / source).mkdir()
        piece = take(SmallHome.make(tmp_path / source), source, row.encode())
        assert (piece.accepted, piece.rejected, piece.set_aside) == (1, {}, {})
