"""The same events as records in the lake, committed in the ledger, as intake would leave them."""

from __future__ import annotations

import hashlib
from dataclasses import asdict
from functools import cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bench.world.events import Events
from bench.world.scale import COLLECTED_AT, DAY, below, dice
from bench.world.types import SOURCE, TYPES
from tocsin.catalogue.entries import Catalogue, ReportType
from tocsin.catalogue.load import load_catalogue
from tocsin.engine.atlas import Atlas
from tocsin.engine.atlas.lookup import Found
from tocsin.engine.files import canonical_json, sha256_of, write_atomically
from tocsin.engine.home import Home
from tocsin.engine.home_catalogue import cached_catalogue
from tocsin.engine.intake.ledger import BatchRecord, Ledger, Output, PieceAccount
from tocsin.engine.lake.layout import records_name
from tocsin.engine.lake.parquet import write_parquet
from tocsin.engine.lake.schema import record_schema

_FILLED_OF_TEN = 4
_WORDS = pa.array([f"some text of a banner, number {number:05}" for number in range(2_000)])


def write_records(home: Home, events: Events, part: int, atlas: Atlas) -> None:
    """One batch: a file for each type, and the record that commits them."""
    catalogue = cached_catalogue(home.catalogue)
    cells = _cells(events, atlas)
    ids = dice(3, part, len(events)).integers(0, 1 << 63, (len(events), 2)).astype(np.uint64)
    name = hashlib.sha256(f"{part}".encode()).hexdigest()[:16]
    batch = f"{COLLECTED_AT:%Y%m%dT%H%M%SZ}-{name}"
    order = np.argsort(events.type_number, kind="stable")
    bounds = np.searchsorted(events.type_number[order], np.arange(len(TYPES) + 1))
    outputs = []
    for number, type_id in enumerate(TYPES):
        rows = order[bounds[number] : bounds[number + 1]]
        if not len(rows):
            continue
        table = _table(catalogue, type_id, cells, ids, events, rows)
        file = records_name(DAY, type_id, batch, held=False)
        write_parquet(table, home.lake / file)
        checksum = sha256_of(home.lake / file)
        outputs.append(Output(file, checksum, len(rows), DAY.isoformat(), type_id))
    record = _record(batch, part, len(events), outputs, catalogue, atlas)
    draft = home.root / "drafts" / f"{batch}.json"
    write_atomically(draft, canonical_json(asdict(record)))
    Ledger(home.ledger).commit(draft)


def _cells(events: Events, atlas: Atlas) -> dict[str, pa.Array]:
    source, target = atlas.find(events.source), atlas.find(events.target)
    return {
        **events.cells(),
        **_places("src_", source),
        **_places("dst_", target),
        "severity": pa.repeat("medium", len(events)),
        "_origins": source.column("origins"),
        "_countries": _one_each(source.column("country")),
    }


def _places(side: str, found: Found) -> dict[str, pa.Array]:
    names = {"asn": "asn", "geo": "country", "region": "region", "city": "city"}
    return {f"{side}{name}": found.column(column) for name, column in names.items()}


def _one_each(country: pa.Array) -> pa.Array:
    known = np.asarray(country.is_valid())
    bounds = np.concatenate([[0], np.cumsum(known)]).astype(np.int32)
    offsets = pa.array(bounds, mask=np.append(~known, False))
    return pa.ListArray.from_arrays(offsets, country.drop_null())


def _table(
    catalogue: Catalogue,
    type_id: str,
    cells: dict[str, pa.Array],
    ids: NDArray[np.uint64],
    events: Events,
    rows: NDArray[np.int64],
) -> pa.Table:
    report_type = catalogue.report_types[type_id]
    schema = record_schema(report_type, catalogue)
    taken = pa.array(rows)
    own = _own(events, ids, rows)
    columns = []
    for field in schema:
        if field.name in own:
            column = own[field.name]
        elif field.name in cells:
            column = cells[field.name].take(taken)
        else:
            column = _filler(report_type, field.name, events.number[rows])
        columns.append(column.cast(field.type))
    return pa.table(columns, schema=schema)


def _own(events: Events, ids: NDArray[np.uint64], rows: NDArray[np.int64]) -> dict[str, pa.Array]:
    many = len(rows)
    identifiers = pa.py_buffer(np.ascontiguousarray(ids[rows]))
    constant = {
        "_source": SOURCE,
        "_rule": "declared:tocsin-ndjson",
        "_file": "0" * 64,
        "_atlas": "bench",
        "_terms": _terms(),
    }
    return {
        "_id": pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), many, [None, identifiers]),
        "_received": pa.repeat(pa.scalar(COLLECTED_AT), many),
        "_sensor": pa.array([f"sensor-{n:02}" for n in range(64)]).take(
            pa.array(events.sensor[rows])
        ),
        "_line": pa.array(rows + 1),
        "_severity": pa.repeat(pa.scalar(30, pa.uint8()), many),
        "_subject_hi": pa.array(events.source.hi[rows]),
        "_subject_lo": pa.array(events.source.lo[rows]),
        "_subject_len": pa.repeat(pa.scalar(128, pa.uint8()), many),
        "_domains": pa.nulls(many, pa.list_(pa.string())),
        "_extra": pa.nulls(many, pa.string()),
        **{name: pa.repeat(value, many) for name, value in constant.items()},
    }


@cache
def _terms() -> str:
    return load_catalogue().source("tocsin-ndjson").terms.to_text()


def _filler(report_type: ReportType, name: str, numbers: NDArray[np.uint64]) -> pa.Array:
    """Columns that the events say nothing of: four cells of ten are filled."""
    salt = 1_000 + list(report_type.column_names).index(name)
    empty = pa.array(below(numbers, salt, 10) >= _FILLED_OF_TEN)
    column = report_type.column(name)
    assert column is not None
    values = below(numbers, salt + 1_000, len(_WORDS))
    words = pa.array(values) if column.kind.value == "integer" else _word(column.kind.value, values)
    return pc.if_else(empty, pa.scalar(None, words.type), words)


def _word(kind: str, values: NDArray[np.int64]) -> pa.Array:
    if kind == "decimal":
        return pa.array([f"{number}.5" for number in range(len(_WORDS))]).take(pa.array(values))
    if kind == "boolean":
        return pa.array(["true", "false"]).take(pa.array(values % 2))
    return _WORDS.take(pa.array(values))


def _record(
    batch: str, part: int, rows: int, outputs: list[Output], catalogue: Catalogue, atlas: Atlas
) -> BatchRecord:
    piece = PieceAccount(
        file="0" * 64,
        name=f"bench-{part:03}.ndjson",
        first_line=1,
        rows=rows,
        accepted=rows,
        held=0,
        dropped={},
        rejected={},
        notes={},
        set_aside={},
        unknown_columns=(),
        records={output.report_type: output.rows for output in outputs},
        observations={},
    )
    return BatchRecord(
        batch=batch,
        source=SOURCE,
        window="event",
        received=COLLECTED_AT.isoformat(),
        catalogue=catalogue.version,
        atlases=(atlas.info.name,),
        historical=False,
        pieces=(piece,),
        outputs=outputs,
        rejects="",
    )
