"""A day of observations of every kind that a shipped correlation reads, as files of the lake.

Most rows are of few sources that knock at much, the rest of many that are seen a few times, as
darknets and flows are: windows have something to do, and plain groups have many keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bench.world.scale import dice
from tocsin.catalogue.correlations import Correlation
from tocsin.catalogue.entries import Catalogue
from tocsin.engine.lake.parquet import write_parquet
from tocsin.engine.lake.schema import observation_schema, observed_columns
from tocsin.model.columns import ColumnKind

DAY = np.datetime64("2026-11-22", "us")
FILE_ROWS = 250_000
SHARES: Mapping[str, float] = {"darknet": 0.4, "flow": 0.3, "request": 0.15}
"""Of all rows; the other kinds share what is left."""

_HEAVY = 0.65
_HEAVY_SOURCES = 3_000
_LIGHT_PER_ROW = 0.1
_DAY_MICROSECONDS = 86_400_000_000
_PORTS = np.array([23, 2323, 22, 445, 80, 8080, 443, 5555, 6379, 3389], np.int64)

Ints = NDArray[np.int64]


def make_observations(catalogue: Catalogue, folder: Path, rows: int) -> dict[str, list[Path]]:
    """Files by kind; so many rows in all, or a few less."""
    kinds = sorted({kind for each in catalogue.correlations for kind in each.kinds})
    others = [kind for kind in kinds if kind not in SHARES]
    rest = (1 - sum(SHARES.get(kind, 0) for kind in kinds)) / max(len(others), 1)
    return {
        kind: _kind(catalogue, folder, kind, number, int(rows * SHARES.get(kind, rest)))
        for number, kind in enumerate(kinds)
    }


def _kind(catalogue: Catalogue, folder: Path, kind: str, number: int, rows: int) -> list[Path]:
    marks = [f"{rule}@000000000000" for each in _of(catalogue, kind) for rule in each.rules]
    paths = []
    for place, begin in enumerate(range(0, rows, FILE_ROWS)):
        path = folder / f"{kind}-{place}.parquet"
        many = min(FILE_ROWS, rows - begin)
        table = _table(catalogue, kind, sorted(set(marks)), 100 * number + place, many, rows)
        write_parquet(table, path)
        paths.append(path)
    return paths


def _of(catalogue: Catalogue, kind: str) -> list[Correlation]:
    return [each for each in catalogue.correlations if kind in each.kinds]


def _table(
    catalogue: Catalogue, kind: str, marks: list[str], seed: int, rows: int, of_kind: int
) -> pa.Table:
    thrown = dice(1000 + seed)
    heavy = thrown.random(rows) < _HEAVY
    light = thrown.integers(0, max(int(of_kind * _LIGHT_PER_ROW), 1), rows)
    source = np.where(heavy, thrown.zipf(1.3, rows) % _HEAVY_SOURCES, _HEAVY_SOURCES + light)
    schema = observation_schema(catalogue, kind)
    columns: dict[str, pa.Array] = {
        "_id": _ids(thrown.integers(0, 1 << 62, (rows, 2))),
        "_rule": _texts(thrown.integers(0, len(marks), rows), marks),
        "timestamp": pa.array(
            DAY + np.sort(thrown.integers(0, _DAY_MICROSECONDS, rows)),
            schema.field("timestamp").type,
        ),
        "_received": pa.repeat(pa.scalar(DAY.astype("int64")), rows),
        "src_ip": _addresses(source, 10),
        "dst_ip": _addresses(thrown.integers(0, 4096, rows), 11),
        "ip": _addresses(thrown.integers(0, 4096, rows), 11),
        "dst_port": pa.array(_PORTS[thrown.integers(0, len(_PORTS), rows)]),
        "protocol": _texts(thrown.integers(0, 2, rows), ["tcp", "udp"]),
    }
    for name, kept in observed_columns(catalogue, kind).items():
        if name not in columns and kept is ColumnKind.INTEGER:
            # Most things are counted one by one, or a few at a time.
            columns[name] = pa.array(thrown.geometric(0.3, rows))
        elif name not in columns:
            columns[name] = _texts(thrown.integers(0, 20, rows), [f"{name}-{n}" for n in range(20)])
    for name in ("_source", "_sensor", "_file", "_terms"):
        columns[name] = _texts(np.zeros(rows, np.int64), ['{"x":1}'])
    nothing = {field.name: pa.nulls(rows, field.type) for field in schema}
    whole = {**nothing, **columns}
    return pa.table([whole[field.name].cast(field.type) for field in schema], schema=schema)


def _ids(words: Ints) -> pa.FixedSizeBinaryArray:
    content = pa.py_buffer(words.astype(">i8").tobytes())
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(words), [None, content])


def _texts(codes: Ints, texts: list[str]) -> pa.Array:
    whole = pa.DictionaryArray.from_arrays(pa.array(codes.astype(np.int32)), pa.array(texts))
    return whole.cast(pa.string())


def _addresses(numbers: Ints, first: int) -> pa.Array:
    found, codes = np.unique(numbers, return_inverse=True)
    texts = [f"{first}.{n >> 16 & 255}.{n >> 8 & 255}.{n & 255}" for n in found.tolist()]
    return _texts(codes, texts)
