"""The same search over all rows in plain Python: what the real one is held against."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pyarrow.parquet as pq

from tocsin.catalogue.entries import LOCATED, ReportType, SubjectKind
from tocsin.engine.nightly.publish import read_audiences
from tocsin.engine.search.conditions import Condition
from tocsin.engine.search.values import Place
from tocsin.model.address import Network, parse_network
from tocsin.model.columns import Column, ColumnKind
from tocsin.service.subscribers.cases.reported_rows import still_theirs

Row = Mapping[str, Any]


def naive_rows(
    places: Sequence[Place], conditions: Sequence[Condition], *, ascending: bool
) -> list[tuple[Place, Row]]:
    """All rows that may be seen and are asked for, in order."""
    found = [
        ((place.day, row["timestamp"], row["_id"], place.unit.stem, row["n"]), place, row)
        for place in places
        for row in _rows(place)
        if _may_see(place, row) and all(_meets(place.report_type, row, c) for c in conditions)
    ]
    found.sort(key=lambda each: each[0], reverse=not ascending)
    return [(place, row) for _, place, row in found]


def naive_cells(place: Place, row: Row) -> dict[str, str | int | None]:
    """A row as it is given out."""
    return {column.name: _shown(row.get(column.name)) for column in place.report_type.columns}


def naive_counts(found: Sequence[tuple[Place, Row]], field: str) -> dict[str | int, int]:
    """How often each value of a field occurs."""
    counts: Counter[str | int] = Counter()
    for place, row in found:
        if field == "type":
            counts[place.report_type.id] += 1
            continue
        column = _column(place.report_type, field)
        cell = None if column is None else _shown(row.get(column.name))
        if column is None or cell in (None, ""):
            continue
        if column.kind is ColumnKind.LIST:
            counts.update({each for each in str(cell).split(";") if each})
        else:
            counts[cell or 0] += 1
    return dict(counts)


def _rows(place: Place) -> Iterator[Row]:
    audiences = read_audiences(place.audiences)
    with pq.ParquetFile(place.rows) as file:
        for number, row in enumerate(file.read().to_pylist()):
            yield {**row, "n": number, "lists": audiences[row["_audience"]]}


def _may_see(place: Place, row: Row) -> bool:
    without = place.without
    if row["_rule"] in without.rules or row["_source"] in without.sources:
        return False
    if row["_id"] in without.ids:
        return False
    if set(place.whole) & set(row["lists"]):
        return True
    return any(
        each.id in row["lists"] and still_theirs(row, place.report_type, each) for each in place.cut
    )


def _meets(report_type: ReportType, row: Row, condition: Condition) -> bool:
    def holds(said: str) -> bool:
        return _holds(report_type, row, condition.field, said)

    some = not condition.any_of or any(map(holds, condition.any_of))
    return some and all(map(holds, condition.every_of))


def _column(report_type: ReportType, field: str) -> Column | None:
    names = [field]
    if field in ("ip", "port", "hostname", *LOCATED) and report_type.subject.kind in (
        SubjectKind.ADDRESS,
        SubjectKind.PREFIX,
    ):
        names.append(report_type.subject.column[: -len("ip")] + field)
    names.append(report_type.column_aliases.get(field, ""))
    names += ["http_agent", "user_agent"] if field == "agent" else []
    found = (report_type.column(name) for name in names)
    return next((column for column in found if column is not None), None)


def _holds(report_type: ReportType, row: Row, field: str, said: str) -> bool:
    if field in _OVER_SEVERAL and _OVER_SEVERAL[field](report_type, row, said):
        return True
    column = _column(report_type, field)
    if column is None:
        return False
    of_subject = report_type.subject.column[: -len("ip")]
    if (
        column.name == f"{of_subject}asn"
        and said.isdigit()
        and int(said) in (row["_origins"] or ())
    ):
        return True
    if column.name == f"{of_subject}geo" and said.upper() in (row["_countries"] or ()):
        return True
    if column.kind is ColumnKind.ADDRESS and not said.endswith("*"):
        return _address(report_type, row, column, said)
    return _cell(row.get(column.name), column, said)


def _is_type(report_type: ReportType, _: Row, said: str) -> bool:
    word = report_type.id.split("_")
    kinds = {report_type.id, report_type.area, word[0].rstrip("46")}
    return said in (kinds | {word[1]} if word[0].startswith("event") else kinds)


def _anywhere(report_type: ReportType, row: Row, said: str) -> bool:
    kinds_of_text = (ColumnKind.TEXT, ColumnKind.LIST)
    cells = [row.get(c.name) for c in report_type.columns if c.kind in kinds_of_text]
    return any(said.lower().rstrip("*") in cell.lower() for cell in cells if cell)


def _has_domain(_: ReportType, row: Row, said: str) -> bool:
    names = [f".{name}" for name in row["_domains"] or ()]
    return any(name.endswith(f".{said.lower()}") for name in names)


def _ends_in(report_type: ReportType, row: Row, said: str) -> bool:
    return _has_domain(report_type, row, said.removeprefix("."))


def _is_filled(report_type: ReportType, row: Row, said: str) -> bool:
    column = _column(report_type, said)
    told = said == "type" or (said == "domain" and bool(row["_domains"]))
    return told or (column is not None and row.get(column.name) not in (None, ""))


_OVER_SEVERAL = {
    "type": _is_type,
    "text": _anywhere,
    "domain": _has_domain,
    "tld": _ends_in,
    "require": _is_filled,
}


def _cell(cell: Any, column: Column, said: str) -> bool:
    if cell is None:
        return False
    if column.kind is ColumnKind.INTEGER:
        return bool(cell == int(said))
    if column.kind is ColumnKind.TIME:
        return str(_shown(cell)).startswith(said.rstrip("Z"))
    items = cell.lower().split(";") if column.kind is ColumnKind.LIST else [cell.lower()]
    wanted = said.lower()
    if wanted.endswith("*"):
        return any(item.startswith(wanted[:-1]) for item in items)
    return wanted in items


def _address(report_type: ReportType, row: Row, column: Column, said: str) -> bool:
    wanted = parse_network(said)
    if column.name == report_type.subject.column:
        if row["_subject_hi"] is None:
            return False
        first = (row["_subject_hi"] << 64) | row["_subject_lo"]
        subject = Network(first, row["_subject_len"])
        return subject.is_v4 == wanted.is_v4 and subject.overlaps(wanted)
    try:
        cell = parse_network(row.get(column.name) or "")
    except ValueError:
        return False
    return cell.length == 128 and cell.is_v4 == wanted.is_v4 and wanted.covers(cell)


def _shown(cell: Any) -> str | int | None:
    if isinstance(cell, dt.datetime):
        return cell.strftime("%Y-%m-%d %H:%M:%SZ")
    return cell  # type: ignore[no-any-return]
