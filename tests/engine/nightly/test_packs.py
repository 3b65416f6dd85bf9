"""Packs: every list's report is its rows, in order, and any change of a byte is noticed."""

from __future__ import annotations

import csv
import datetime as dt
import hashlib
import io
import json
from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path
from random import Random

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.engine.nightly.published_worlds import (
    DAY,
    MIDNIGHT,
    Row,
    SomeList,
    matched,
    report_type,
    row,
)

from tocsin.engine.nightly import packs
from tocsin.engine.nightly.packs import PackInfo, write_pack
from tocsin.engine.nightly.slices import read_slice
from tocsin.engine.nightly.subscribers import FilterKind
from tocsin.model.errors import RunError

GOLDEN = Path(__file__).parents[2] / "golden"
COLUMNS = ("timestamp", "src_ip", "src_port", "infection", "tag")
SINKHOLE = report_type("event4_sinkhole", COLUMNS, subject="src_ip")
LISTS = {
    7: SomeList(7, "example-isp"),
    3: SomeList(3, "cert-xx", FilterKind.GEO),
    12: SomeList(12, "example-net", FilterKind.CIDR),
}
AUDIENCES = [(), (7,), (3, 7), (3, 7, 12)]


def _write(
    rows: Sequence[Row] | pa.Table,
    directory: Path,
    *,
    audiences: Sequence[Sequence[int]] = AUDIENCES,
    delayed: bool = False,
) -> PackInfo | None:
    table = rows if isinstance(rows, pa.Table) else matched(SINKHOLE, rows)
    return write_pack(
        table, audiences, LISTS, SINKHOLE, day=DAY, delayed=delayed, directory=directory
    )


def _written(rows: Sequence[Row], directory: Path) -> PackInfo:
    info = _write(rows, directory)
    assert info is not None
    return info


def _second(number: float) -> dt.datetime:
    return MIDNIGHT + dt.timedelta(seconds=number)


ROWS = [
    row(4, at=_second(7.9), audience=2, src_ip="192.0.2.10", src_port=49152, infection="bot"),
    row(3, at=_second(7.9), audience=3, src_ip="192.0.2.10", infection='=cmd|"/c calc"!A1'),
    row(2, at=_second(86399.999), audience=1, src_ip="2001:db8::1", tag="a;b"),
    row(1, at=_second(5), audience=0, src_ip="198.51.100.1"),
    row(9, at=_second(0), audience=2, src_ip="192.0.2.11", infection="two\nlines\r\n\x00", tag=""),
]


@pytest.mark.parametrize("list_id", [3, 7, 12])
def test_a_report_is_the_golden_one(tmp_path: Path, list_id: int) -> None:
    info = _written(ROWS, tmp_path)
    report = next(each for each in info.slices if each.list == list_id)
    assert read_slice(info.path, report) == (GOLDEN / report.file).read_bytes()


def test_the_pack_is_its_reports_end_to_end_by_list(tmp_path: Path) -> None:
    info = _written(ROWS, tmp_path)
    assert [each.list for each in info.slices] == [3, 7, 12]
    assert [each.rows for each in info.slices] == [3, 4, 1]
    content = info.path.read_bytes()
    assert b"".join(read_slice(info.path, each) for each in info.slices) == content
    assert sum(each.length for each in info.slices) == len(content)
    assert info.rows_reported == 4


def test_the_index_tells_of_every_slice(tmp_path: Path) -> None:
    info = _written(ROWS, tmp_path)
    index = json.loads(info.index.read_bytes())
    assert index["format"] == 1
    assert index["columns"] == list(COLUMNS)
    for said in index["reports"]:
        content = info.path.read_bytes()[said["offset"] :][: said["length"]]
        assert hashlib.sha256(content).hexdigest() == said["sha256"]


def test_file_names_tell_day_type_list_filter_and_delay(tmp_path: Path) -> None:
    in_time, late = _written(ROWS, tmp_path), _write(ROWS, tmp_path, delayed=True)
    assert late is not None
    assert in_time.slices[0].file == "2026-11-22-event4_sinkhole-cert-xx-geo.csv"
    assert late.slices[0].file == "2026-11-22-event4_sinkhole-cert-xx-geo-delayed.csv"
    assert late.path.name == "event4_sinkhole-delayed.pack"
    assert late.manifest_entries()[0]["pack"] == f"{tmp_path.name}/event4_sinkhole-delayed.pack"
    assert late.manifest_entries()[0]["delayed"] is True


def test_nothing_is_written_when_nobody_gets_anything(tmp_path: Path) -> None:
    assert _write([row(1, audience=0, src_ip="192.0.2.1")], tmp_path) is None
    assert _write([], tmp_path, audiences=[()]) is None
    assert list(tmp_path.iterdir()) == []


def test_a_list_that_the_snapshot_lacks_is_told(tmp_path: Path) -> None:
    with pytest.raises(RunError, match=r"\[99\]"):
        _write(ROWS, tmp_path, audiences=[(), (99,), (7,), (7,)])
    assert list(tmp_path.iterdir()) == []


def test_a_changed_byte_is_told_with_pack_and_report(tmp_path: Path) -> None:
    info = _written(ROWS, tmp_path)
    content = bytearray(info.path.read_bytes())
    content[info.slices[1].offset + 40] ^= 1
    info.path.write_bytes(content)
    assert read_slice(info.path, info.slices[0])
    with pytest.raises(RunError) as told:
        read_slice(info.path, info.slices[1])
    assert info.slices[1].file in str(told.value)
    assert str(info.path) in str(told.value)
    assert "replay --date 2026-11-22" in str(told.value)


def test_a_cut_pack_and_a_missing_one_are_told(tmp_path: Path) -> None:
    info = _written(ROWS, tmp_path)
    info.path.write_bytes(info.path.read_bytes()[:-1])
    with pytest.raises(RunError, match="ends 1 bytes too early"):
        read_slice(info.path, info.slices[-1])
    info.path.unlink()
    with pytest.raises(RunError, match="the pack is gone"):
        read_slice(info.path, info.slices[0])


CELLS = st.text(st.sampled_from('a,"\n\r=;é'), max_size=6) | st.none()
MATCHED_ROWS = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, len(AUDIENCES) - 1), CELLS), max_size=25
)


@given(MATCHED_ROWS, st.randoms(use_true_random=False), st.sampled_from([16, 100, 8 << 20]))
@settings(
    max_examples=cases(60),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_each_list_gets_its_rows_and_the_order_of_the_table_does_not_show(
    tmp_path: Path, said: list[tuple[int, int, str | None]], random: Random, chunk: int
) -> None:
    rows = [
        row(number, at=_second(second), audience=audience, src_ip=f"192.0.2.{number}", tag=tag)
        for number, (second, audience, tag) in enumerate(said)
    ]
    shuffled = rows.copy()
    random.shuffle(shuffled)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(packs, "_CHUNK", chunk)
        info, again = _write(rows, tmp_path / "a"), _write(shuffled, tmp_path / "b")
    expected = _expected(rows)
    if info is None or again is None:
        assert not expected
        return
    assert info.path.read_bytes() == again.path.read_bytes()
    assert info.index.read_bytes() == again.index.read_bytes()
    read = {each.list: _addresses(read_slice(info.path, each)) for each in info.slices}
    assert read == expected
    assert [each.rows for each in info.slices] == [len(read[each.list]) for each in info.slices]


def _expected(rows: Sequence[Row]) -> dict[int, list[str]]:
    """Naively: list by list, the addresses of its rows by time and id."""
    found: dict[int, list[str]] = {}
    for each in sorted(rows, key=itemgetter("timestamp", "_id")):
        for number in AUDIENCES[int(str(each["_audience"]))]:
            found.setdefault(number, []).append(str(each["src_ip"]))
    return found


def _addresses(content: bytes) -> list[str]:
    return [each["src_ip"] for each in csv.DictReader(io.StringIO(content.decode(), newline=""))]
