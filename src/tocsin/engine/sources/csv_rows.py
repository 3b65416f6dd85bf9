"""Many CSV records at once: the fast way where it is exact, record by record where it is not."""

from __future__ import annotations

import csv
from collections.abc import Sequence

from tocsin.engine.sources.csv_cells import Fault, split_cells
from tocsin.engine.sources.csv_header import decode

Row = list[str] | Fault
_FEW = 8


def decode_all(records: Sequence[bytes]) -> tuple[list[str], int, int]:
    """The records' texts without NUL; how many were read as Latin-1, and how many had NULs."""
    joined = b"\n".join(records)
    nuls = 0
    if b"\0" in joined:
        nuls = sum(b"\0" in record for record in records)
    else:
        try:
            texts = joined.decode().split("\n")
        except UnicodeDecodeError:
            texts = []
        if len(texts) == len(records):
            return texts, 0, 0
    decoded = [decode(record) for record in records]
    return [text for text, _ in decoded], sum(latin1 for _, latin1 in decoded), nuls


def split_rows(texts: Sequence[str]) -> list[Row]:
    """One row, or what is wrong with it, per text; the same as `split_cells` on each."""
    if not any("\r" in text for text in texts):
        try:
            rows: list[Row] = list(csv.reader(texts, strict=True))
        except csv.Error:
            rows = []
        # A row may take several texts but never none: as many rows as texts is one of each.
        if len(rows) == len(texts):
            return rows
    if len(texts) <= _FEW:
        return [split_cells(text) for text in texts]
    middle = len(texts) // 2
    return [*split_rows(texts[:middle]), *split_rows(texts[middle:])]
