"""The life of a finding, told day by day."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pytest
from tests.engine.nightly.published_worlds import (
    DAY,
    MIDNIGHT,
    Row,
    catalogue,
    matched,
    report_type,
    row,
)

from tocsin.catalogue.entries import SubjectKind
from tocsin.engine.lake.parquet import read_parquet, write_parquet
from tocsin.engine.nightly.findings import FINDINGS, finding_id, next_findings
from tocsin.engine.nightly.terms_applied import source_token
from tocsin.model.errors import RunError
from tocsin.model.severity import Severity
from tocsin.model.terms import Terms

SCAN = report_type("scan_telnet", ["timestamp", "ip", "port"], subject="ip", area="exposure")
SINKHOLE = report_type(
    "event4_sinkhole", ["timestamp", "src_ip", "src_port", "infection"], subject="src_ip"
)
CONTROLLER = report_type(
    "botnet_cc", ["timestamp", "ip", "port", "infection"], subject="ip", window_days=7
)
BLOCKLIST = report_type("blocklist", ["timestamp", "ip"], subject="ip", kind=SubjectKind.PREFIX)
ACCOUNT = report_type(
    "compromised_account", ["timestamp", "email"], subject="email", kind=SubjectKind.DOMAIN
)
NOBODYS = report_type("special", ["timestamp", "tag"], subject="", kind=SubjectKind.NONE)
TYPES = {each.id: each for each in (SCAN, SINKHOLE, CONTROLLER, BLOCKLIST, ACCOUNT, NOBODYS)}
CATALOGUE = catalogue(*TYPES.values())


class Ledger:
    """The ledger from day to day; day 0 is DAY."""

    def __init__(self, directory: Path, *, absent_days: int = 3) -> None:
        self.directory = directory
        self.absent_days = absent_days
        self.table: pa.Table | None = None
        self.number = 0

    def day(
        self,
        rows: list[Row] | None = None,
        *,
        of: str = SINKHOLE.id,
        delayed: bool = False,
        silent: bool = False,
        source: str = "sensors",
    ) -> Ledger:
        """Take the next day in; `silent`: no source brought anything of any type."""
        published = []
        if rows:
            path = self.directory / f"{self.number}.parquet"
            write_parquet(matched(TYPES[of], rows), path)
            published = [(of, delayed, path)]
        self.table = next_findings(
            self.table,
            published,
            CATALOGUE,
            DAY + dt.timedelta(days=self.number),
            reported=frozenset() if silent else frozenset((source, name) for name in TYPES),
            absent_days=self.absent_days,
        )
        self.number += 1
        return self

    def all(self) -> list[Row]:
        assert self.table is not None
        assert self.table.schema.equals(FINDINGS, check_metadata=True)
        found: list[Row] = self.table.to_pylist()
        return found

    def one(self) -> Row:
        (found,) = self.all()
        return found


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    return Ledger(tmp_path)


def _at(day: int, hour: int = 12) -> dt.datetime:
    return MIDNIGHT + dt.timedelta(days=day, hours=hour)


def _date(day: int) -> dt.date:
    return DAY + dt.timedelta(days=day)


def _bot(day: int, hour: int = 12, *, count: int = 1, source: str = "sensors") -> Row:
    at = _at(day, hour)
    seen = row(1, at=at, first=at, subject="192.0.2.10", count=count, source=source)
    return seen | {"src_ip": "192.0.2.10", "src_port": 49152 + hour, "infection": "bot"}


def test_what_is_seen_first_is_open(ledger: Ledger) -> None:
    found = ledger.day([_bot(0, count=4)]).one()
    assert found == {
        "id": finding_id("192.0.2.10", None, "event4_sinkhole", "bot"),
        "report_type": "event4_sinkhole",
        "subject": "192.0.2.10",
        "subject_hi": 0,
        "subject_lo": (0xFFFF << 32) | 0xC000020A,
        "subject_len": 128,
        "port": None,
        "infection": "bot",
        "severity": int(Severity.HIGH),
        "first_seen": _at(0),
        "last_seen": _at(0),
        "last_day": _date(0),
        "days_seen": 1,
        "events": 4,
        "sources": ["sensors"],
        "state": "open",
        "absent_days": 0,
        "fixed_on": None,
        "relapsed_on": None,
        "relapses": 0,
    }


def test_rows_of_a_day_are_one_finding_whatever_port_they_called_from(ledger: Ledger) -> None:
    found = ledger.day([_bot(0, 3, count=2), _bot(0, 9, count=5)]).one()
    assert (found["first_seen"], found["last_seen"]) == (_at(0, 3), _at(0, 9))
    assert (found["events"], found["days_seen"]) == (7, 1)


def test_seen_again_the_next_day_it_grows(ledger: Ledger) -> None:
    found = ledger.day([_bot(0)]).day([_bot(1, count=2)]).one()
    assert (found["first_seen"], found["last_seen"]) == (_at(0), _at(1))
    assert (found["days_seen"], found["events"], found["last_day"]) == (2, 3, _date(1))
    assert found["state"] == "open"


def test_absence_counts_only_on_days_on_which_the_source_reported(ledger: Ledger) -> None:
    ledger.day([_bot(0)]).day(silent=True).day(silent=True)
    assert ledger.one()["absent_days"] == 0
    ledger.day(source="another")
    assert ledger.one()["absent_days"] == 0
    ledger.day()
    assert ledger.one()["absent_days"] == 1


def test_a_source_that_is_not_named_counts_for_absence_all_the_same(ledger: Ledger) -> None:
    token = source_token("sensors")
    found = ledger.day([_bot(0, source=token)]).day(source="others").day().one()
    assert (found["sources"], found["absent_days"]) == ([token], 1)


def test_it_is_fixed_after_enough_days_of_reports_without_it(ledger: Ledger) -> None:
    ledger.day([_bot(0)]).day().day(silent=True).day()
    assert (ledger.one()["state"], ledger.one()["fixed_on"]) == ("open", None)
    ledger.day()
    assert (ledger.one()["state"], ledger.one()["fixed_on"]) == ("fixed", _date(4))
    ledger.day().day()
    assert (ledger.one()["state"], ledger.one()["fixed_on"]) == ("fixed", _date(4))
    assert ledger.one()["absent_days"] == 3


def test_any_source_that_reported_it_counts_for_absence(ledger: Ledger) -> None:
    ledger.day([_bot(0, source="one"), _bot(0, source="two")])
    assert ledger.one()["sources"] == ["one", "two"]
    ledger.day(source="two")
    assert ledger.one()["absent_days"] == 1


def test_seen_again_before_it_was_fixed_the_count_starts_anew(ledger: Ledger) -> None:
    ledger.day([_bot(0)]).day().day().day([_bot(3)])
    found = ledger.one()
    assert (found["absent_days"], found["relapses"], found["state"]) == (0, 0, "open")


def test_seen_after_it_was_fixed_it_has_relapsed(ledger: Ledger) -> None:
    ledger.day([_bot(0)]).day().day().day().day([_bot(4)])
    found = ledger.one()
    assert (found["state"], found["absent_days"]) == ("open", 0)
    assert (found["fixed_on"], found["relapsed_on"]) == (_date(3), _date(4))
    assert (found["relapses"], found["days_seen"]) == (1, 2)
    ledger.day().day().day()
    assert (ledger.one()["state"], ledger.one()["fixed_on"]) == ("fixed", _date(7))
    ledger.day([_bot(8)])
    assert (ledger.one()["relapses"], ledger.one()["relapsed_on"]) == (2, _date(8))


def test_a_late_row_of_a_known_day_adds_its_events_and_nothing_else(ledger: Ledger) -> None:
    ledger.day([_bot(0, 12)]).day([_bot(1)]).day([_bot(0, 3)], delayed=True)
    found = ledger.one()
    assert (found["first_seen"], found["last_day"]) == (_at(0, 3), _date(1))
    assert (found["days_seen"], found["events"]) == (2, 3)
    assert found["absent_days"] == 1


def test_a_late_row_of_an_unknown_finding_opens_it(ledger: Ledger) -> None:
    found = ledger.day().day([_bot(-1)], delayed=True).one()
    assert (found["state"], found["last_day"], found["absent_days"]) == ("open", _date(-1), 0)
    assert ledger.day().one()["absent_days"] == 1


def test_a_late_row_shortens_the_absence_to_the_days_after_it(ledger: Ledger) -> None:
    ledger.day([_bot(0)]).day().day()
    assert ledger.one()["absent_days"] == 2
    ledger.day([_bot(1)], delayed=True)
    assert (ledger.one()["absent_days"], ledger.one()["days_seen"]) == (1, 2)


def test_a_late_row_takes_back_a_verdict_of_fixed_that_it_belies(ledger: Ledger) -> None:
    ledger.day([_bot(0)]).day().day().day()
    assert ledger.one()["state"] == "fixed"
    ledger.day([_bot(2)], delayed=True)
    found = ledger.one()
    assert (found["state"], found["absent_days"]) == ("open", 1)
    assert (found["fixed_on"], found["relapsed_on"], found["relapses"]) == (None, None, 0)


def test_a_late_row_that_changes_nothing_about_the_absence_leaves_it_fixed(ledger: Ledger) -> None:
    ledger.day([_bot(0)]).day(silent=True).day().day().day()
    assert ledger.one()["fixed_on"] == _date(4)
    ledger.day([_bot(1)], delayed=True)
    found = ledger.one()
    assert (found["state"], found["fixed_on"], found["days_seen"]) == ("fixed", _date(4), 2)


def test_a_late_row_of_a_day_after_the_verdict_is_a_relapse(ledger: Ledger) -> None:
    ledger.day([_bot(0)]).day().day().day().day()
    ledger.day([_bot(4)], delayed=True)
    found = ledger.one()
    assert (found["state"], found["relapsed_on"], found["relapses"]) == ("open", _date(4), 1)


def test_a_feed_that_is_always_a_day_behind_is_never_absent(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, absent_days=1)
    for day in range(5):
        ledger.day([_bot(day - 1)])
        found = ledger.one()
        assert (found["state"], found["absent_days"], found["days_seen"]) == ("open", 0, day + 1)


def _controller(last: int, *, count: int) -> Row:
    at = _at(last)
    seen = row(1, at=at, first=_at(0), subject="198.51.100.7", count=count)
    return seen | {"ip": "198.51.100.7", "port": 6667, "infection": "bot"}


def test_a_row_of_a_longer_window_without_a_new_event_is_no_sighting(ledger: Ledger) -> None:
    ledger.day([_controller(0, count=4)], of=CONTROLLER.id)
    ledger.day([_controller(0, count=4)], of=CONTROLLER.id)
    found = ledger.one()
    assert (found["days_seen"], found["absent_days"], found["events"]) == (1, 1, 4)
    assert found["port"] == 6667
    ledger.day([_controller(2, count=9)], of=CONTROLLER.id)
    found = ledger.one()
    assert (found["days_seen"], found["absent_days"], found["events"]) == (2, 0, 9)


def test_the_severity_is_that_of_the_latest_evidence(ledger: Ledger) -> None:
    severe = _bot(0) | {"_severity": int(Severity.CRITICAL)}
    mild = _bot(1) | {"_severity": int(Severity.LOW)}
    assert ledger.day([severe]).day([mild]).one()["severity"] == Severity.LOW
    assert ledger.day([severe], delayed=True).one()["severity"] == Severity.LOW


def test_ports_infections_and_prefixes_part_findings(ledger: Ledger) -> None:
    rows = [row(n, subject="192.0.2.1", at=_at(0)) | {"port": 22 + n} for n in range(2)]
    assert [each["port"] for each in ledger.day(rows, of=SCAN.id).all()] == [22, 23]
    prefixes = [row(n, subject=text, at=_at(1)) for n, text in enumerate(["192.0.2.0/24"] * 2)]
    address = row(3, subject="192.0.2.0", at=_at(1))
    ledger.day([*prefixes, address], of=BLOCKLIST.id)
    subjects = [each["subject"] for each in ledger.all() if each["report_type"] == "blocklist"]
    assert subjects == ["192.0.2.0/24", "192.0.2.0"]


def test_a_name_is_a_subject_in_whatever_case(ledger: Ledger) -> None:
    rows = [row(n, at=_at(0)) | {"email": text} for n, text in enumerate(["A@example.org", None])]
    ledger.day(rows, of=ACCOUNT.id)
    ledger.day([row(3, at=_at(1)) | {"email": "a@EXAMPLE.org"}], of=ACCOUNT.id)
    found = ledger.one()
    assert (found["subject"], found["subject_hi"], found["days_seen"]) == ("a@example.org", None, 2)


def test_rows_without_a_subject_or_that_nobody_may_have_are_no_findings(ledger: Ledger) -> None:
    assert ledger.day([row(1, at=_at(0))], of=NOBODYS.id).all() == []
    nobody = Terms(owners=False, national_certs=False)
    kept_back = _bot(1) | {"_terms": nobody.to_text()}
    assert ledger.day([kept_back]).all() == []


def test_what_was_fixed_long_ago_is_forgotten(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, absent_days=1)
    ledger.day([_bot(0)]).day()
    later = DAY + dt.timedelta(days=1 + 400)
    kept = next_findings(ledger.table, [], CATALOGUE, later, reported=frozenset())
    assert kept.num_rows == 1
    after = next_findings(kept, [], CATALOGUE, later + dt.timedelta(1), reported=frozenset())
    assert after.num_rows == 0


def test_more_patience_later_does_not_reopen_what_was_fixed(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path, absent_days=1).day([_bot(0)]).day()
    ledger.absent_days = 7
    assert ledger.day().one()["state"] == "fixed"


def test_hostile_words_are_words(ledger: Ledger) -> None:
    word = "'; DROP TABLE ledger; --\x00\n\"$day"
    hostile = _bot(0) | {"infection": word, "_source": word}
    found = ledger.day([hostile]).day([_bot(1) | {"infection": word}], source=word).one()
    assert (found["infection"], found["days_seen"]) == (word, 2)


def test_a_ledger_written_and_read_is_the_same(tmp_path: Path, ledger: Ledger) -> None:
    table = ledger.day([_bot(0)]).table
    write_parquet(table, tmp_path / "ledger.parquet")
    read = read_parquet(tmp_path / "ledger.parquet")
    kept = next_findings(read, [], CATALOGUE, _date(1), reported=frozenset())
    assert kept.equals(table)


def test_a_ledger_of_another_format_is_refused(ledger: Ledger) -> None:
    table = ledger.day([_bot(0)]).table
    assert table is not None
    strange = table.replace_schema_metadata({b"tocsin.format": b"2"})
    with pytest.raises(RunError, match="format"):
        next_findings(strange, [], CATALOGUE, _date(1), reported=frozenset())


@pytest.mark.parametrize(
    ("key", "expected"),
    [
        (("192.0.2.10", None, "event4_sinkhole", "bot"), "e7e7fba551942d20df42971222c153a9"),
        (("2001:db8::1", 23, "scan_telnet", ""), "b2351c202e157bf7e9e5d72a430d1979"),
        (
            ("a@example.org", None, "compromised_account", "é\x00"),
            "d98c979c0e60d89daf02e409e3774889",
        ),
    ],
)
def test_ids_are_the_same_for_ever(key: tuple[str, int | None, str, str], expected: str) -> None:
    assert finding_id(*key).hex() == expected
