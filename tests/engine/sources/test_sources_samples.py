"""The real report samples: read whole, nothing rejected."""

from __future__ import annotations

import csv
from collections import Counter

import pytest
from tests.fakes.shared_data import shared_data
from tests.strategies.source_files import read_whole

from tocsin.engine.sources.compression import members
from tocsin.engine.sources.detect import CSV, detect
from tocsin.engine.sources.file_names import read_file_name

SHORT = {"event4_honeypot_ddos": 3, "event4_microsoft_sinkhole": 1}


def test_all_report_samples_are_read_without_a_reject() -> None:
    paths = sorted((shared_data() / "feeds/shadowserver").glob("*.csv"))
    if not paths:
        pytest.skip("no report samples among the shared data")
    assert len(paths) == 56
    notes: Counter[str] = Counter()
    for path in paths:
        (member,) = members(path)
        assert detect(member, most_bytes=1 << 30).format == CSV
        name = read_file_name(path.name)
        assert name is not None
        whole = read_whole(path)
        with path.open(newline="", encoding="utf-8") as stream:
            header, *rows = csv.reader(stream)
        assert whole.rejects == []
        assert len(whole.rows) == len(rows) == whole.survey.records
        assert whole.notes["short_row"] == SHORT.get(name.report_type, 0)
        notes += whole.notes
        if whole.notes["backslash_quotes"]:
            continue  # the standard library's reader garbles those
        for cells, row in zip(whole.cells, rows, strict=True):
            there = dict(zip(header, row, strict=False))
            assert cells == {key: cell for key, cell in there.items() if cell not in ("", "-")}
    assert notes["backslash_quotes"] == 3


def test_reports_of_the_early_years_are_read_row_by_row() -> None:
    paths = sorted((shared_data() / "feeds/period-2009-2014").glob("*-report*.log"))
    if not paths:
        pytest.skip("no early reports among the shared data")
    for path in paths:
        whole = read_whole(path, slice_records=10)
        assert len(whole.rows) + len(whole.rejects) == whole.survey.records > 0
        assert {reason for _, reason in whole.reasons} <= {"too_many_cells"}
