"""The figures of a night, against counting row by row in plain Python."""

from __future__ import annotations

from collections import Counter, defaultdict
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases

from tocsin.engine.lake.layout import Unit
from tocsin.engine.lake.schema import IDENTIFIER
from tocsin.engine.nightly.connection import Room
from tocsin.model.address import parse_network
from tocsin.service.delivery.brake.contained import contained
from tocsin.service.delivery.brake.figures import Count, Figures, PublishedUnit, figures_of
from tocsin.service.delivery.brake.part import Part, PartKind

AUDIENCES = ((), (1,), (1, 2), (3, 2))


class Row(NamedTuple):
    """What of a published row is counted."""

    rule: str
    source: str
    subject: str | None
    audience: int


ROWS = st.lists(
    st.builds(
        Row,
        st.sampled_from(["r1@1", "r1@2", "r2@1", "declared:x"]),
        st.sampled_from(["s1", "s2"]),
        st.sampled_from([None, "192.0.2.1", "192.0.2.2", "2001:db8::/48", "2001:db8::"]),
        st.integers(0, len(AUDIENCES) - 1),
    ),
    max_size=30,
)
UNITS = {
    Unit("event4_sinkhole"): "event4_sinkhole",
    Unit("event4_sinkhole", delayed=True): "event4_sinkhole",
    Unit("scan_ssl"): "scan_ssl",
}


def write_unit(unit: Unit, rows: list[Row], folder: Path) -> PublishedUnit:
    """A published file with nothing but what is counted."""
    networks = [parse_network(each.subject) if each.subject else None for each in rows]
    table = pa.table(
        {
            "_id": pa.array([bytes(16) for _ in rows], IDENTIFIER),
            "_rule": pa.array([each.rule for each in rows], pa.string()),
            "_source": pa.array([each.source for each in rows], pa.string()),
            "_sensor": pa.array([None for _ in rows], pa.string()),
            "_subject_hi": pa.array([n and n.first >> 64 for n in networks], pa.uint64()),
            "_subject_lo": pa.array([n and n.first & (1 << 64) - 1 for n in networks], pa.uint64()),
            "_subject_len": pa.array([n and n.length for n in networks], pa.uint8()),
            "_audience": pa.array([each.audience for each in rows], pa.int32()),
            "tag": pa.array(["x" for _ in rows], pa.string()),
        }
    )
    path = folder / f"{unit.stem}.parquet"
    pq.write_table(table, path, row_group_size=7)
    return PublishedUnit(unit, path, AUDIENCES)


def _naive(given_rows: dict[Unit, list[Row]], least: int) -> Figures:
    rows: Counter[Part] = Counter()
    reports: dict[Part, set[tuple[Unit, int]]] = defaultdict(set)
    every = set()
    for unit, each_rows in given_rows.items():
        for each in each_rows:
            lists = AUDIENCES[each.audience]
            parts = [
                Part(PartKind.TYPE, unit.report_type),
                Part(PartKind.RULE, each.rule.split("@")[0]),
                Part(PartKind.SOURCE, each.source),
            ]
            if each.subject:
                parts.append(Part(PartKind.ADDRESS, each.subject))
            for part in parts if lists else ():
                rows[part] += 1
                reports[part] |= {(unit, each_list) for each_list in lists}
            for each_list in lists:
                part = Part(PartKind.LIST, str(each_list))
                rows[part] += 1
                reports[part].add((unit, each_list))
                every.add((unit, each_list))
    kept = {
        part: Count(rows[part], len(reports[part]))
        for part in rows
        if part.kind is not PartKind.ADDRESS or len(reports[part]) >= least
    }
    return Figures(kept, len(every))


@settings(deadline=None, max_examples=cases(30))
@given(st.lists(ROWS, min_size=3, max_size=3), st.integers(1, 4))
def test_figures_are_those_of_counting_row_by_row(rows: list[list[Row]], least: int) -> None:
    told = dict(zip(UNITS, rows, strict=True))
    with TemporaryDirectory() as name:
        units = [write_unit(unit, each, Path(name)) for unit, each in told.items()]
        found = figures_of(units, least, Room())
    naive = _naive(told, least)
    assert dict(found.counts) == dict(naive.counts)
    assert found.reports == naive.reports
    assert found.seen == {
        unit: count
        for unit in set(UNITS.values())
        if (count := sum(len(each) for key, each in told.items() if key.report_type == unit))
    }


@settings(deadline=None, max_examples=cases(30))
@given(st.lists(ROWS, min_size=3, max_size=3))
def test_reports_that_hold_a_part_are_found(rows: list[list[Row]]) -> None:
    told = dict(zip(UNITS, rows, strict=True))
    parts = [
        Part(PartKind.RULE, "r1"),
        Part(PartKind.SOURCE, "s2"),
        Part(PartKind.ADDRESS, "192.0.2.1"),
        Part(PartKind.ADDRESS, "2001:db8::/48"),
    ]
    with TemporaryDirectory() as name:
        units = [write_unit(unit, each, Path(name)) for unit, each in told.items()]
        found = contained(units, parts)
    figures = _naive(told, 1).counts
    for part in parts:
        count = figures.get(part, Count(0, 0))
        assert len(found[part].lists) == count.reports
        assert len(found[part].samples) == min(3, count.rows)
