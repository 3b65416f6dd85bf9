"""What people have decided about a row's event since it was reported."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

import pyarrow as pa

from tocsin.engine.judgements.values import Judgement, Kind, What
from tocsin.engine.lake.schema import MOMENT, OWN
from tocsin.engine.nightly.lake_rows import ID
from tocsin.engine.nightly.withheld.asked import COLUMN_OF
from tocsin.engine.nightly.withheld.verdicts import Judge
from tocsin.model.address import MASK_64

_NUMBERS = ("_subject_hi", "_subject_lo", "_subject_len")


def judged_since(
    row: Mapping[str, object], judgements: Iterable[Judgement], *, hidden: bool
) -> tuple[Judgement, ...]:
    """The judgements by which the event that a row shows would not be sent now.

    `hidden`: nothing is said of its sensor and source. Holds are left out: the row has been sent.
    """
    batch = _one(row)
    return tuple(
        each
        for each in judgements
        if each.ended is None
        and each.kind is not Kind.HOLD
        and not (hidden and each.what in (What.SENSOR, What.SOURCE))
        and bool(Judge([each]).of(batch).discredited[0])
    )


def _one(row: Mapping[str, object]) -> pa.RecordBatch:
    """The row as a batch of events; what it does not have is empty."""
    number = int.from_bytes(cast("bytes", row["_id"]), "big")
    halves = dict(zip(ID, (number >> 64, number & MASK_64), strict=True))
    schema = pa.schema(
        [
            ("timestamp", MOMENT),
            *(OWN.field(name) for name in _NUMBERS),
            *((name, pa.uint64()) for name in ID),
            *((name, pa.string()) for name in COLUMN_OF.values()),
        ]
    )
    said = {**row, **halves}
    return pa.record_batch([[said.get(name)] for name in schema.names], schema=schema)
