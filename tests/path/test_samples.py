"""The real report samples in and through: every row accounted for, every cell as it came."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.fakes.shared_data import shared_data
from tests.fakes.small_home import SmallHome, report_names, rows_of

from tocsin.catalogue.entries import Catalogue, ReportType, SubjectKind
from tocsin.catalogue.load import load_catalogue
from tocsin.engine.intake.ledger import Ledger, PieceAccount
from tocsin.model.address import address_text, parse_address
from tocsin.model.columns import ColumnKind

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
EVERYBODY = {
    "format": "tocsin-lists/1",
    "organisations": [
        {
            "id": "everybody",
            "name": "Everybody",
            "kind": "owner",
            "networks": [
                {"cidr": "0.0.0.0/1"},
                {"cidr": "128.0.0.0/1"},
                {"cidr": "::/1"},
                {"cidr": "8000::/1"},
                {"domain": "com"},
                {"domain": "net"},
                {"domain": "org"},
            ],
        }
    ],
    "lists": [
        {"id": 1, "name": "all", "organisation": "everybody", "filter": "cidr"},
        {"id": 2, "name": "names", "organisation": "everybody", "filter": "domain"},
    ],
}

Row = dict[str, str]

ESCAPED = "\ue000"
"""Stands for a quote with a backslash before it while the standard library reads."""


def _samples() -> list[Path]:
    folder = shared_data() / "feeds" / "shadowserver"
    return sorted(folder.glob("*.csv")) if folder.is_dir() else []


pytestmark = pytest.mark.skipif(not _samples(), reason="the real samples are not at hand")


def test_every_row_of_every_sample_goes_through_with_its_cells(tmp_path: Path) -> None:
    small = SmallHome.make(tmp_path)
    small.write_lists(EVERYBODY)
    collected = small.collect(
        *_samples(),
        source="shadowserver-csv",
        now=NOW,
        switched_off=("reserved", "max_age"),
        without_atlas=True,
    )
    assert collected.refused == []
    accounts = {
        piece.name: piece
        for record in Ledger(small.home.ledger).records()
        for piece in record.pieces
    }
    assert set(accounts) == {path.name for path in _samples()}
    run = small.night(now=NOW + dt.timedelta(days=1))
    catalogue = load_catalogue(small.home.catalogue)
    for path in _samples():
        account = accounts[path.name]
        (type_id,) = account.records
        report_type = catalogue.report_types[type_id]
        told = _rows_told(small, run, type_id)
        _check_sample(path, account, report_type, catalogue, told)
    unit_rows = sum(unit["events"] for unit in run.manifest["units"].values())  # type: ignore[attr-defined]
    assert unit_rows == sum(account.accepted for account in accounts.values())


def _rows_told(small: SmallHome, run, type_id: str) -> list[Row]:  # type: ignore[no-untyped-def]
    names = [name for name in report_names(run) if name.split("-")[3] == type_id]
    kind = "all-cidr" if any("all-cidr" in name for name in names) else "names-domain"
    return [row for name in names if kind in name for row in rows_of(small, run, name)]


def _check_sample(
    path: Path,
    account: PieceAccount,
    report_type: ReportType,
    catalogue: Catalogue,
    told: list[Row],
) -> None:
    """Every row told is one that came, cell by cell; those not told are rejected or merged."""
    came = [row for row in _read(path) if row]
    assert account.adds_up
    assert account.rows == len(came), path.name
    names = _both_have(came[0], report_type, catalogue)
    assert {"timestamp"} <= set(names.values())
    expected = Counter(_cells(row, names, report_type) for row in came)
    shown = Counter(tuple((name, row[name]) for name in sorted(names.values())) for row in told)
    assert shown <= expected, (path.name, shown - expected)
    merged_or_rejected = len(came) - sum(shown.values())
    assert sum(shown.values()) <= account.accepted
    if report_type.subject.kind is not SubjectKind.NONE:
        assert merged_or_rejected >= sum(account.rejected.values())
        assert sum(shown.values()) > 0, path.name


def _read(path: Path) -> list[Row]:
    """An independent reader: the standard library's. Escaped quotes are part of their cell."""
    text = path.read_text(encoding="utf-8").replace('\\"', ESCAPED)
    rows = csv.DictReader(io.StringIO(text), restval="")
    return [{name: cell.replace(ESCAPED, '\\"') for name, cell in row.items()} for row in rows]


def _both_have(row: Row, report_type: ReportType, catalogue: Catalogue) -> dict[str, str]:
    """Column of the input -> ours, for those that both have."""
    names: dict[str, str] = {}
    for name in row:
        for new in (name, report_type.column_aliases.get(name), catalogue.column_aliases.get(name)):
            if new and report_type.column(new) and new not in names.values():
                names[name] = new
                break
    return names


def _cells(row: Row, names: dict[str, str], report_type: ReportType) -> tuple[tuple[str, str], ...]:
    return tuple(
        sorted(
            (ours, _normal(row[theirs] or "", ours, report_type)) for theirs, ours in names.items()
        )
    )


def _normal(cell: str, name: str, report_type: ReportType) -> str:
    """What the contract of a report makes of a cell: the only differences there may be."""
    column = report_type.column(name)
    assert column is not None
    if cell in ("", "-"):
        return report_type.severity.word if name == "severity" else ""
    if column.zero_is_missing and cell == "0":
        return ""
    if name.removeprefix("src_").removeprefix("dst_") in ("geo", "region", "city"):
        return cell.upper()
    shown = _SHOWN.get(column.kind)
    return shown(cell) if shown else re.sub(r"[\r\n\0]", " ", cell)


def _address(cell: str) -> str:
    """Canonical, or nothing where the anonymiser left no address."""
    if "/" in cell:
        return cell
    try:
        return address_text(parse_address(cell))
    except ValueError:
        return ""


def _time(cell: str) -> dt.datetime:
    """Certificates have their dates as OpenSSL prints them."""
    if cell.endswith(" GMT"):
        return dt.datetime.strptime(cell, "%b %d %H:%M:%S %Y GMT").replace(tzinfo=dt.UTC)
    return dt.datetime.fromisoformat(cell)


_SHOWN: dict[ColumnKind, Callable[[str], str]] = {
    ColumnKind.TIME: lambda cell: _time(cell).strftime("%Y-%m-%d %H:%M:%S"),
    ColumnKind.ADDRESS: _address,
    ColumnKind.INTEGER: lambda cell: str(int(cell)),
}
