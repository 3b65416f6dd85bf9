"""What a row says beyond its type's columns, kept as one JSON object."""

from __future__ import annotations

import json
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


def extras(columns: Mapping[str, pa.Array], rows: int) -> pa.Array:
    """One JSON object per row with the cells that are there, null for a row without any."""
    if not columns:
        return pa.nulls(rows, pa.string())
    names = sorted(columns)
    texts = [columns[name].to_pylist() for name in names]
    return pa.array([_row(names, cells) for cells in zip(*texts, strict=True)], pa.string())


def _row(names: list[str], cells: tuple[str | None, ...]) -> str | None:
    said = {name: cell for name, cell in zip(names, cells, strict=True) if cell is not None}
    return json.dumps(said, ensure_ascii=False, separators=(",", ":")) if said else None


def only_where(texts: pa.Array, mask: NDArray[np.bool_]) -> pa.Array:
    """The cells of the rows that the mask names, null elsewhere."""
    return pa.array(
        [text if wanted else None for text, wanted in zip(texts.to_pylist(), mask, strict=True)],
        pa.string(),
    )
