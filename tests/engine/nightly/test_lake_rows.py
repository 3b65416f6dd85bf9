"""Files of one type that were written at different times are read in today's columns."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pyarrow as pa

from tocsin.catalogue.load import load_catalogue
from tocsin.engine.lake.parquet import coded_columns, write_parquet
from tocsin.engine.lake.schema import record_schema
from tocsin.engine.nightly.lake_rows import LakeRows
from tocsin.model.columns import Column, ColumnKind

CATALOGUE = load_catalogue()
SINKHOLE = CATALOGUE.report_types["event4_sinkhole"]


def _file(path: Path, names: tuple[str, ...], rows: int) -> Path:
    columns = tuple(SINKHOLE.column(name) or Column(name, ColumnKind.TEXT, "") for name in names)
    schema = record_schema(replace(SINKHOLE, columns=columns), CATALOGUE)
    said = [{name: "x" for name in names if name not in ("timestamp", "src_ip")}] * rows
    write_parquet(pa.Table.from_pylist(said, schema=schema), path)
    return path


def test_a_column_that_only_the_larger_file_has_is_empty_in_the_other(tmp_path: Path) -> None:
    small = _file(tmp_path / "a.parquet", ("timestamp", "src_ip", "tag"), 300)
    large = _file(tmp_path / "b.parquet", ("timestamp", "src_ip", "tag", "infection"), 900)
    assert {"tag", "infection"} <= coded_columns(large)
    lake = LakeRows(SINKHOLE, [small, large])
    pieces = [piece for number in range(2) for _, piece in lake.pieces(number, ["infection"])]
    assert [piece.column("infection").null_count for piece in pieces] == [300, 0]


def test_an_older_name_of_a_coded_column_is_read_as_todays(tmp_path: Path) -> None:
    path = _file(tmp_path / "a.parquet", ("timestamp", "src_ip", "type"), 300)
    assert "type" in coded_columns(path)
    lake = LakeRows(replace(SINKHOLE, column_aliases={"type": "infection"}), [path])
    ((_, piece),) = lake.pieces(0, ["infection"])
    assert piece.column("infection").to_pylist() == ["x"] * 300
