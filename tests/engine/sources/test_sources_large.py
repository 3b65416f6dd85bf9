"""A slice read by compiled loops is the slice read line by line."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.strategies.source_files import a_source

from tocsin.engine.sources import json_large, tape, tocsin_ndjson
from tocsin.engine.sources import survey as surveys
from tocsin.engine.sources.compression import members, open_member
from tocsin.engine.sources.raw import RawGroup, ReadSlice, Survey
from tocsin.engine.sources.row_bytes import RowBytes
from tocsin.engine.sources.survey import survey

_TEXT = st.text(alphabet='ab é"\\\t\0:,}{', max_size=40)
_VALUE = st.one_of(
    _TEXT,
    st.integers(-5, 70_000),
    st.sampled_from([None, True, False, 1.5, 1e300, [], ["x", "y"], {"a": 1}]),
)
_TARGET = st.sampled_from(["special", "blocklist", "Not a word", ["special", "blocklist"], 7, None])
_KEYS = ("timestamp", "ip", "tag", "sensor", "hostname_confirmed", "port")
_OBJECT = st.builds(
    lambda target, said, compact: json.dumps(
        target | said, ensure_ascii=False, separators=(",", ":") if compact else None
    ).encode(),
    st.one_of(
        st.builds(lambda word: {"report_type": word}, _TARGET),
        st.just({"observation": "flow"}),
        st.just({"observation": "flow", "report_type": "special"}),
        st.just({}),
    ),
    st.dictionaries(st.sampled_from(_KEYS), _VALUE),
    st.booleans(),
)
_ODD = st.sampled_from(
    [
        b"",
        b"  \t",
        b"\r",
        b"{",
        b'{"report_type": "special", "tag": "\xff"}',
        b'{"report_type": "special", "tag": "x", "tag": "y"}',
        b'{"report_type": "special", "port": 01}',
        b'{"report_type": "special", "port": 1.}',
        b'{"report_type": "special", "port": NaN}',
        b'{"report_type": "special", "tag": "a text longer than a word\x01 with a control"}',
        b'{"report_type": "special", "tag": "a text longer than a word \xff"}',
        b'{"report_type": "special", "tag": "no end of a text',
        b'{"report_type": "special", "tag": "x"} ',
        b'{"report_type": "special", "tag": "x"}\r',
        b'{"report_type": "special", "tag": "x"}x',
        b'{"report_type": "special", "tag": "\\ud800"}',
        b'{"report_type": "special", "tag": "' + b"z" * 70 + b'"}',
    ]
)
_COMMON = st.sampled_from(
    [
        b'{"report_type": "special", "ip": "192.0.2.1", "port": %d, "tag": "%s"}' % (port, tag)
        for port in (0, 80, 8080)
        for tag in (b"", b"a", "é".encode(), b"-")
    ]
)
_LINES = st.lists(st.one_of(_COMMON, _COMMON, _OBJECT, _ODD), min_size=1, max_size=40)


def _account(read: ReadSlice) -> dict[str, Any]:
    rows: dict[Any, list[Any]] = {}
    for group in read.groups:
        rows.setdefault((group.targets, group.observation), []).extend(_rows(group))
    return {
        "groups": {kind: sorted(found, key=lambda row: row[0]) for kind, found in rows.items()},
        "rejects": sorted(read.rejects, key=lambda reject: reject.line),
        "dropped": dict(read.dropped),
        "notes": dict(read.notes),
        "rows": read.rows,
    }


def _rows(group: RawGroup) -> Sequence[tuple[Any, ...]]:
    cells = [
        {name: cell for name, cell in row.items() if cell is not None}
        for row in pa.Table.from_batches(group.cells.to_batches()).to_pylist()
    ]
    return list(
        zip(
            group.lines.tolist(),
            group.ids.to_pylist(),
            cells,
            list(group.raws),
            group.sensors.to_pylist(),
            group.confirmed.tolist(),
            strict=True,
        )
    )


def _read(path: Path, found: Survey) -> list[dict[str, Any]]:
    member = members(path)[0]
    read = []
    with open_member(member, most_bytes=1 << 30) as content:
        for part in found.slices:
            source = a_source("tocsin-ndjson")
            read.append(
                tocsin_ndjson.read_slice(content, part, found, source=source, report_type="")
            )
    return [_account(each) for each in read]


def _survey(path: Path, size: int) -> Survey:
    return survey(
        members(path)[0], "tocsin-ndjson", known={}, slice_records=size, most_bytes=1 << 30
    )


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    lines=_LINES,
    ending=st.sampled_from([b"\n", b"\r\n"]),
    mark=st.sampled_from([b"", b"\xef\xbb\xbf"]),
    size=st.sampled_from([3, 10_000]),
)
def test_every_row_is_the_same(
    tmp_path: Path, lines: list[bytes], ending: bytes, mark: bytes, size: int
) -> None:
    path = tmp_path / "a.ndjson"
    first = b'{"report_type": "special", "ip": "192.0.2.1"}'
    path.write_bytes(mark + ending.join([first, *lines]))
    plain = _survey(path, size)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(surveys, "_WORTH_COMPILED", 0)
        assert _survey(path, size) == plain
        expected = _read(path, plain)
        patch.setattr(tocsin_ndjson, "WORTH_COMPILED", 0)
        assert _read(path, plain) == expected


def test_a_record_that_is_too_long_is_rejected_and_its_neighbours_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    row = b'{"report_type": "special", "ip": "192.0.2.1", "tag": "%s"}\n'
    path.write_bytes(row % b"a" + row % (b"b" * (1 << 20)) + row % b"c" + row % b"a")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tocsin_ndjson, "WORTH_COMPILED", 0)
        (read,) = _read(path, _survey(path, 100))
    assert [(each.line, each.reason) for each in read["rejects"]] == [(2, "too_long")]
    assert [line for line, *_ in read["groups"][("special",), ""]] == [1, 3, 4]


def test_rows_of_many_contents_stay_apart() -> None:
    parts = [RowBytes.of([b"%d" % number, b"again %d" % number]) for number in range(300)]
    joined = RowBytes.joined(parts)
    assert list(joined) == [row for part in parts for row in part]
    assert joined[598] == b"299"


_ROW = b'{"report_type": "special", "ip": "192.0.2.1"}\n'


def test_a_line_without_end_does_not_stay_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tape, "_MOST_FIRST", 1 << 20)
    monkeypatch.setattr(tocsin_ndjson, "_MOST_AT_ONCE", 1 << 20)
    monkeypatch.setattr(tocsin_ndjson, "WORTH_COMPILED", 0)
    path = tmp_path / "a.ndjson"
    path.write_bytes(_ROW + b"a" * (24 << 20) + b"\n" + _ROW)
    tracemalloc.start()
    found = _survey(path, 100)
    (read,) = _read(path, found)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20 << 20
    assert len(read["groups"][("special",), ""]) == 2


def test_blank_lines_need_no_room_for_their_values(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(_ROW + b"\n" * 5_000 + _ROW)
    found = _survey(path, 100)
    (expected,) = _read(path, found)
    monkeypatch.setattr(tocsin_ndjson, "WORTH_COMPILED", 0)
    monkeypatch.setattr(tocsin_ndjson, "_MOST_BLANK", 1_000)
    monkeypatch.setattr(json_large, "room", _no_room)
    assert _read(path, found) == [expected]
    assert expected["notes"]["blank_lines"] == 5_000


def _no_room(lines: int, values: int) -> None:
    raise AssertionError(f"room for {lines} lines of {values} values")
