"""What file names tell."""

from __future__ import annotations

import datetime as dt

import pytest

from tocsin.engine.sources.file_names import ReportFileName, read_file_name

DAY = dt.date(2026, 11, 22)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        (
            "2026-11-22-event4_sinkhole_http-example-isp-asn.csv",
            ReportFileName(DAY, "event4_sinkhole_http", "example-isp-asn", delayed=False),
        ),
        (
            "2026-11-22-scan_telnet-1234-example-isp-geo.csv",
            ReportFileName(DAY, "scan_telnet", "1234-example-isp-geo", delayed=False),
        ),
        (
            "2026-11-22-special-example-asn-delayed.csv",
            ReportFileName(DAY, "special", "example-asn-delayed", delayed=True),
        ),
        ("2026-11-22-blocklist.CSV", ReportFileName(DAY, "blocklist", "", delayed=False)),
        ("2026-11-22-SPECIAL-x.log", ReportFileName(DAY, "special", "x", delayed=False)),
        ("2026-11-22-special-a/../b.csv", ReportFileName(DAY, "special", "a/../b", delayed=False)),
        ("2026-02-30-special-x.csv", None),
        ("2026-11-22-.csv", None),
        ("2026-11-22-special-x.txt", None),
        ("special.csv", None),
        ("2026-11-22-../../etc/passwd.csv", None),
        ("", None),
    ],
)
def test_the_first_hyphen_ends_the_type(name: str, expected: ReportFileName | None) -> None:
    assert read_file_name(name) == expected
