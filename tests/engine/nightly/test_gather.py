"""Gathering against a naive reading of the same rules."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cases import cases

from tocsin.catalogue.entries import (
    Catalogue,
    Counting,
    ReportType,
    Subject,
    SubjectKind,
    SubjectRole,
)
from tocsin.engine.lake.parquet import read_parquet, write_parquet
from tocsin.engine.lake.schema import record_schema
from tocsin.engine.nightly.gather import GatherAccount, GatherInput, gather
from tocsin.model.address import Ints, parse_address
from tocsin.model.columns import Column, ColumnKind
from tocsin.model.severity import Severity
from tocsin.model.terms import Terms, Tlp

DAY = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
NOON = DAY + dt.timedelta(hours=12)
CATALOGUE = Catalogue({}, {}, {}, {}, {}, "test")
SHARED = ("192.0.2.4/30", 3)

Row = dict[str, Any]


def _type(**changes: Any) -> ReportType:
    columns = (
        Column("timestamp", ColumnKind.TIME, ""),
        Column("src_ip", ColumnKind.ADDRESS, ""),
        Column("src_port", ColumnKind.INTEGER, ""),
        Column("infection", ColumnKind.TEXT, ""),
        Column("count", ColumnKind.INTEGER, ""),
    )
    said: dict[str, Any] = {
        "id": "test_type",
        "title": "",
        "area": "drones",
        "subject": Subject("src_ip", SubjectKind.ADDRESS, SubjectRole.CULPRIT),
        "columns": columns,
        "severity": Severity.HIGH,
        "taxonomy": "",
        "domain_columns": (),
        "window_days": 1,
        "identity": (),
        "aggregation_key": ("src_ip", "infection"),
        "counting": Counting(count="count"),
        "aliases": (),
        "column_aliases": {},
        "delta": True,
        "text": {},
        "sample": {},
    }
    return ReportType(**{**said, **changes})


def _row(number: int, seconds: int, host: int, **cells: Any) -> Row:
    address = f"192.0.2.{host}"
    value = parse_address(address)
    return {
        "_id": number.to_bytes(16, "big"),
        "_received": DAY,
        "_source": "test",
        "_file": "f",
        "_line": number + 1,
        "_severity": int(Severity.HIGH),
        "_terms": Terms().to_text(),
        "_subject_hi": value >> 64,
        "_subject_lo": value & (2**64 - 1),
        "_subject_len": 128,
        "_origins": [64496],
        "timestamp": DAY + dt.timedelta(seconds=seconds),
        "src_ip": address,
        **cells,
    }


def _at_noon(table: pa.Table) -> Ints:
    """Something changes hands at noon, for everybody."""
    moments = table.column("timestamp").to_pylist()
    return np.array([int(moment >= NOON) for moment in moments], np.int64)


def _gather(
    folder: Path, rows: list[Row], seen: list[Row] | None = None, **changes: Any
) -> tuple[GatherAccount, list[Row]]:
    kind = _type(**changes)
    schema = record_schema(kind, CATALOGUE)
    files = []
    for number, part in enumerate((rows[::2], rows[1::2])):
        files.append(folder / f"in{number}.parquet")
        write_parquet(pa.Table.from_pylist(part, schema=schema), files[-1])
    sent = []
    if seen:
        sent.append(folder / "seen.parquet")
        write_parquet(pa.Table.from_pylist(seen, schema=schema), sent[0])
    given_ = GatherInput(kind, files, sent, _at_noon, [SHARED], "256MB", folder / "scratch")
    account = gather(given_, folder / "out.parquet")
    return account, read_parquet(folder / "out.parquet").to_pylist()


def _expected(rows: list[Row], seen: set[bytes]) -> list[tuple[object, ...]]:
    """The rules of gather.py's docstring, row by row."""
    once: dict[bytes, Row] = {}
    for row in sorted(rows, key=lambda row: (row["_received"], row["_file"], row["_line"])):
        once.setdefault(row["_id"], row)
    groups: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    for row in sorted(once.values(), key=lambda row: (row["timestamp"], row["_id"])):
        if row["_id"] in seen:
            continue
        key: tuple[object, ...] = (
            row["src_ip"],
            row.get("infection"),
            tuple(row["_origins"]),
            row["timestamp"] >= NOON,
        )
        groups[key].append(row)
    told = []
    for key, members in groups.items():
        shared = key[0] in ("192.0.2.4", "192.0.2.5", "192.0.2.6", "192.0.2.7")
        told += _slots(members) if shared else [members]
    return sorted(
        (
            members[0]["_id"],
            len(members),
            members[0]["timestamp"],
            members[-1]["timestamp"],
            members[0].get("count")
            if len(members) == 1
            else sum(
                member.get("count") or 1 if member.get("count") is None else member["count"]
                for member in members
            ),
        )
        for members in told
    )


def _slots(members: list[Row]) -> list[list[Row]]:
    """Each source port its own row, in the order they were first seen; from the third on one."""
    ports: dict[object, list[Row]] = defaultdict(list)
    for member in members:
        ports[member.get("src_port")].append(member)
    listed = list(ports.values())
    kept = listed[: SHARED[1] - 1]
    rest = [member for part in listed[SHARED[1] - 1 :] for member in part]
    if rest:
        kept.append(sorted(rest, key=lambda row: (row["timestamp"], row["_id"])))
    return kept


def _told(rows: list[Row]) -> list[tuple[object, ...]]:
    return sorted(
        (row["_id"], row["_count"], row["_first"], row["_last"], row["count"]) for row in rows
    )


_events = st.lists(
    st.builds(
        _row,
        st.integers(0, 40),
        st.integers(0, 86_399),
        st.integers(1, 8),
        src_port=st.one_of(st.none(), st.integers(1, 4)),
        infection=st.one_of(st.none(), st.sampled_from(["a", "b"])),
        count=st.one_of(st.none(), st.integers(0, 5)),
        _origins=st.sampled_from([[64496], [64496, 64497]]),
    ),
    max_size=40,
)


@settings(
    deadline=None,
    max_examples=cases(25),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(_events, st.sets(st.integers(0, 40), max_size=5))
def test_rows_are_what_a_naive_reading_of_the_rules_makes(
    tmp_path: Path, events: list[Row], sent: set[int]
) -> None:
    # One id is one raw row; give rows of one id the same cells, as intake does.
    by_id: dict[bytes, Row] = {}
    events = [
        {**by_id.setdefault(event["_id"], event), "_line": line, "_file": f"f{line % 2}"}
        for line, event in enumerate(events)
    ]
    seen = [_row(number, 0, 1) for number in sent]
    account, rows = _gather(tmp_path, events, seen)
    assert _told(rows) == _expected(events, {row["_id"] for row in seen})
    assert account.adds_up
    assert account.events == len(events)
    assert account.rows == len(rows)


def test_every_event_is_counted_in_exactly_one_row(tmp_path: Path) -> None:
    events = [_row(n, n, 1 + n % 3, infection="x") for n in range(50)]
    account, rows = _gather(tmp_path, events)
    assert sum(row["_count"] for row in rows) == 50
    assert account == GatherAccount(events=50, repeated=0, sent_before=0, merged=47, rows=3)


def test_the_first_sighting_is_shown_whole(tmp_path: Path) -> None:
    late = _row(1, 50, 1, infection="x", src_port=2222)
    early = _row(2, 10, 1, infection="x", src_port=1111)
    _, (row,) = _gather(tmp_path, [late, early])
    assert row["src_port"] == 1111
    assert (row["_first"], row["_last"]) == (early["timestamp"], late["timestamp"])


def test_a_row_takes_the_strictest_of_its_terms(tmp_path: Path) -> None:
    open_ = _row(1, 1, 1, _terms=Terms(tlp=Tlp.CLEAR, masked=frozenset({"a"})).to_text())
    shut = _row(2, 2, 1, _terms=Terms(tlp=Tlp.AMBER, masked=frozenset({"b"})).to_text())
    _, (row,) = _gather(tmp_path, [open_, shut])
    terms = Terms.from_text(row["_terms"])
    assert (terms.tlp, terms.masked) == (Tlp.AMBER, frozenset({"a", "b"}))


def test_a_witness_whom_nobody_may_hear_does_not_silence_another(tmp_path: Path) -> None:
    open_ = _row(1, 1, 1)
    shut = _row(2, 2, 1, _terms=Terms(owners=False, national_certs=False).to_text())
    _, rows = _gather(tmp_path, [open_, shut])
    assert sorted(Terms.from_text(row["_terms"]).owners for row in rows) == [False, True]


def test_a_row_that_is_stored_twice_is_told_once_as_judged_last(tmp_path: Path) -> None:
    first = _row(1, 1, 1, infection="old")
    again = {**first, "_received": NOON, "infection": "new"}
    account, (row,) = _gather(tmp_path, [first, again, first])
    assert (row["infection"], row["_count"]) == ("new", 1)
    assert (account.events, account.repeated, account.rows) == (3, 2, 1)


def test_rows_come_by_time_and_id_and_the_same_bytes_again(tmp_path: Path) -> None:
    events = [_row(n, (n * 37) % 100, 1 + n % 8, infection=str(n)) for n in range(60)]
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    _, rows = _gather(tmp_path / "one", events)
    _gather(tmp_path / "two", list(events))
    assert rows == sorted(rows, key=lambda row: (row["timestamp"], row["_id"]))
    again = (tmp_path / "two" / "out.parquet").read_bytes()
    assert (tmp_path / "one" / "out.parquet").read_bytes() == again


def test_an_older_file_is_read_in_todays_columns(tmp_path: Path) -> None:
    old = _type(
        columns=(
            Column("timestamp", ColumnKind.TIME, ""),
            Column("src_ip", ColumnKind.ADDRESS, ""),
            Column("type", ColumnKind.TEXT, ""),
        )
    )
    path = tmp_path / "old.parquet"
    row = _row(1, 1, 1, type="x")
    write_parquet(pa.Table.from_pylist([row], schema=record_schema(old, CATALOGUE)), path)
    new = _type(column_aliases={"type": "infection"})
    given_ = GatherInput(new, [path], [], None, [], "256MB", tmp_path / "scratch")
    gather(given_, tmp_path / "out.parquet")
    (told,) = read_parquet(tmp_path / "out.parquet").to_pylist()
    assert told["infection"] == "x"
    assert told["src_port"] is None


@pytest.mark.parametrize("rows", [[], [_row(1, 1, 1)]])
def test_nothing_and_a_single_event_add_up(tmp_path: Path, rows: list[Row]) -> None:
    account, told = _gather(tmp_path, rows)
    assert account.adds_up
    assert len(told) == len(rows)
