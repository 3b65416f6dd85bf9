"""Contents that are rewritten as lines of JSON, by the example of Zeek's logs."""

from __future__ import annotations

import gzip
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.fakes.small_home import SmallHome

SOURCE = """\
title: Connections that Zeek saw
format: zeek
files: ["conn*.log*"]
examples: {takes: [conn.log], leaves: [x.json]}
reading:
  report_types: [event4_honeypot_darknet]
  columns:
    timestamp: {of: ts, as: milliseconds}
    src_ip: id.orig_h
    src_port: id.orig_p
    tag: {of: tunnel_parents}
terms: {tlp: amber, credit: {form: name}}
filters: {reserved_allowed: [documentation]}
"""

HEAD = """\
#separator \\x09
#set_separator\t,
#empty_field\t(empty)
#unset_field\t-
#path\tconn
#fields\tts\tid.orig_h\tid.orig_p\thistory\ttunnel_parents
#types\ttime\taddr\tport\tstring\tset[string]
"""
MOMENT = 1_795_312_800_000


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    made = SmallHome.make(tmp_path)
    made.write_source("zeek-here", SOURCE)
    return made


def row(second: int, tail: str = "-\t(empty)") -> str:
    return f"{MOMENT + 1000 * second}\t192.0.2.{second % 250}\t{4000 + second}\t{tail}\n"


def rows_of(small: SmallHome) -> list[dict[str, object]]:
    files = sorted((small.home.lake / "records").rglob("*.parquet"))
    rows = [each for path in files for each in pq.read_table(path).to_pylist()]
    return sorted(rows, key=lambda each: int(each["_line"]))


def test_rows_have_the_cells_and_the_lines_of_the_log(small: SmallHome) -> None:
    text = HEAD + row(1, "S\\x09\\xc3\\xa9\ta,b\\x2c") + row(2) + "#close\t2026\n"
    (record,) = small.collect(small.put("conn.log", text.encode()), source="zeek-here").records
    assert record.pieces[0].accepted == record.pieces[0].rows == 2
    first, second = rows_of(small)
    assert (first["_line"], second["_line"]) == (8, 9)
    assert (first["src_ip"], first["src_port"]) == ("192.0.2.1", 4001)
    assert first["tag"] == "a;b,"
    assert "S\\t\u00e9" in str(first["_extra"])
    assert second["tag"] is None


def test_a_row_that_does_not_fit_its_names_is_rejected_with_its_line_and_why(
    small: SmallHome,
) -> None:
    text = HEAD + row(1) + "too\tfew\n" + row(2)
    (record,) = small.collect(small.put("conn.log", text.encode()), source="zeek-here").records
    (piece,) = record.pieces
    assert (piece.accepted, piece.rejected) == (2, {"unreadable": 1})
    (reject,) = pq.read_table(small.home.root / record.rejects).to_pylist()
    assert (reject["line"], reject["detail"]) == (9, "it has 2 cells, and #fields 5")


def test_the_same_records_however_the_log_is_cut_and_packed(
    small: SmallHome, tmp_path: Path
) -> None:
    text = (HEAD + "".join(row(n) for n in range(500)) + HEAD + row(501)).encode()
    small.collect(small.put("conn.log", text), source="zeek-here")
    other = SmallHome.make(tmp_path / "other")
    other.write_source("zeek-here", SOURCE)
    packed = other.put("conn.log.gz", gzip.compress(text))
    other.collect(packed, source="zeek-here", slice_rows=7)
    assert [each["_id"] for each in rows_of(small)] == [each["_id"] for each in rows_of(other)]
    assert len(rows_of(other)) == 501


def test_of_a_log_that_has_grown_the_new_rows_are_taken(small: SmallHome) -> None:
    text = HEAD + row(1) + row(2)
    small.collect(small.put("conn.log", text.encode()), source="zeek-here")
    grown = small.collect(small.put("conn.log", (text + row(3)).encode()), source="zeek-here")
    assert (grown.already, grown.records[0].pieces[0].rows) == (2, 1)
    assert len(rows_of(small)) == 3


def test_what_is_no_such_content_is_refused_as_a_whole(small: SmallHome) -> None:
    found = small.collect(small.put("conn.log", b"ts,ip\n1,2\n"), source="zeek-here")
    assert not found.records
    assert "does not begin with #separator" in found.refused[0].why
