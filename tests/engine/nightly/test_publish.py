"""The published tier: sorted for those who look a subject up, and as the terms allow."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.engine.nightly.published_worlds import matched, report_type, row

from tocsin.engine.nightly.publish import audiences_json, published_table, read_audiences
from tocsin.model.errors import RunError
from tocsin.model.terms import Terms

SCAN = report_type("scan_telnet", ["timestamp", "ip", "port", "banner"], subject="ip")


def test_rows_are_by_subject_time_and_id_and_those_without_an_address_last() -> None:
    hosts = ["2001:db8::1", "192.0.2.9", None, "192.0.2.10", "192.0.2.9"]
    rows = [row(9 - number, subject=host, ip=host) for number, host in enumerate(hosts)]
    table = published_table(matched(SCAN, rows), SCAN)
    assert table.column("ip").to_pylist() == [
        "192.0.2.9",
        "192.0.2.9",
        "192.0.2.10",
        "2001:db8::1",
        None,
    ]
    assert table.column("_id").to_pylist()[:2] == [n.to_bytes(16, "big") for n in (5, 8)]


def test_terms_are_applied() -> None:
    terms = Terms(masked=frozenset({"banner"}))
    table = matched(SCAN, [row(1, subject="192.0.2.1", terms=terms, banner="secret")])
    assert published_table(table, SCAN).column("banner").to_pylist() == [None]


def test_audiences_come_back_as_they_went(tmp_path: Path) -> None:
    path = tmp_path / "unit.audiences.json"
    path.write_bytes(audiences_json([(), (3, 7), (12,)]))
    assert read_audiences(path) == [(), (3, 7), (12,)]


def test_audiences_of_another_format_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "unit.audiences.json"
    path.write_text('{"format": 2, "audiences": []}')
    with pytest.raises(RunError, match="format 2"):
        read_audiences(path)
