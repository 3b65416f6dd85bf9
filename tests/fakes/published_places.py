"""Published files of a few rows, as a night would leave them, for tests of what reads them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa

from tocsin.catalogue.entries import ReportType
from tocsin.engine.lake.layout import Unit
from tocsin.engine.lake.parquet import write_parquet
from tocsin.engine.nightly.packs import write_pack
from tocsin.engine.nightly.publish import audiences_json, published_schema
from tocsin.engine.nightly.subscribers import FilterKind, ReportList
from tocsin.engine.search.night_making import UnitFiles, make_night
from tocsin.engine.search.values import Place, Without
from tocsin.model.address import MASK_64, parse_network

Cells = Mapping[str, Any]


def published_row(
    subject: str, moment: dt.datetime, identifier: int, lists: Sequence[int], **cells: Any
) -> dict[str, Any]:
    """A row as tests write one; `lists` is turned into the number of an audience later."""
    network = parse_network(subject) if subject else None
    return {
        "timestamp": moment,
        "_id": identifier.to_bytes(16, "big"),
        "_rule": "a-rule",
        "_source": "sensors",
        "_subject_hi": None if network is None else network.first >> 64,
        "_subject_lo": None if network is None else network.first & MASK_64,
        "_subject_len": None if network is None else network.length,
        "_lists": tuple(sorted(lists)),
        **cells,
    }


def place_of(
    folder: Path,
    day: dt.date,
    report_type: ReportType,
    rows: Sequence[Cells],
    *,
    whole: tuple[int, ...] = (),
    cut: tuple[ReportList, ...] = (),
    without: Without | None = None,
    delayed: bool = False,
    drop: Sequence[str] = (),
) -> Place:
    """Write rows as a night would; `drop`: columns that the file does not have."""
    unit = Unit(report_type.id, delayed)
    base = folder / day.isoformat()
    base.mkdir(parents=True, exist_ok=True)
    audiences = sorted({tuple(each["_lists"]) for each in rows} | {()})
    ordered = sorted(rows, key=_in_file)
    said = [{**each, "_audience": audiences.index(tuple(each["_lists"]))} for each in ordered]
    table = pa.Table.from_pylist(said, schema=published_schema(report_type)).drop_columns(drop)
    paths = (base / f"{unit.stem}.parquet", base / f"{unit.stem}.audiences.json")
    write_parquet(table, paths[0])
    paths[1].write_bytes(audiences_json(audiences))
    index = folder / "index" / day.isoformat() / f"{unit.stem}.arrow"
    index.unlink(missing_ok=True)
    kept = without or Without()
    pack = base / f"{unit.stem}.pack"
    _write_pack(pack, table, audiences, report_type, day, delayed=delayed)
    night = index.with_name("night")
    return Place(day, unit, report_type, *paths, index, whole, cut, kept, night, pack)


def index_of(places: Iterable[Place]) -> None:
    """Make the index of each night that some places are of."""
    nights: dict[Path, list[UnitFiles]] = {}
    for each in places:
        assert each.night is not None
        assert each.pack is not None
        files = UnitFiles(each.unit, each.report_type, each.rows, each.audiences, each.pack)
        nights.setdefault(each.night, []).append(files)
    for night, units in nights.items():
        make_night(night, units)


def _write_pack(
    pack: Path,
    table: pa.Table,
    audiences: Sequence[Sequence[int]],
    report_type: ReportType,
    day: dt.date,
    *,
    delayed: bool,
) -> None:
    # Columns that the file does not have, the pack of that time did not have either.
    columns = tuple(each for each in report_type.columns if each.name in table.column_names)
    lists = {
        each: ReportList(each, f"list-{each}", "alpha", FilterKind.ASN)
        for lists in audiences
        for each in lists
    }
    write_pack(
        table,
        audiences,
        lists,
        replace(report_type, columns=columns),
        day=day,
        delayed=delayed,
        directory=pack.parent,
    )


def _in_file(row: Cells) -> tuple[Any, ...]:
    nowhere = row["_subject_hi"] is None
    subject = (0, 0) if nowhere else (row["_subject_hi"], row["_subject_lo"])
    return nowhere, subject, row["timestamp"], row["_id"]
