"""Rows of one shape as groups: whole columns, cut by where the rows go."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.engine.sources.json_kinds import BY_RULES, Kind, is_word
from tocsin.engine.sources.json_large import LargeSlice, ShapedRows
from tocsin.engine.sources.raw import RawGroup
from tocsin.engine.sources.row_bytes import RowBytes
from tocsin.engine.sources.slice_reading import without_missing

_ABOUT_THE_ROW = ("report_type", "observation", "hostname_confirmed")
_SENSOR = "sensor"


@dataclass(frozen=True)
class Bulk:
    """What all shapes of a slice share.

    ids, ids_of: the ids of the slice's records, and the place of each row's there. missing: cells
    that say nothing. ruled: rows that do not tell where they go are for rules. foreign: all rows
    are, whatever they say.
    """

    slice: LargeSlice
    ids: pa.FixedSizeBinaryArray
    ids_of: NDArray[np.int64]
    first_line: int
    missing: pa.Array
    ruled: bool
    foreign: bool

    def kinds(self, shaped: ShapedRows) -> tuple[list[Kind | None], NDArray[np.int64]]:
        """The distinct kinds of a shape's rows, and each row's number among them.

        None stands for rows of which the exact reader has to tell what is wrong.
        """
        declared = [key for key in ("report_type", "observation") if key in shaped.keys]
        if self.foreign or (not declared and self.ruled):
            return [BY_RULES], np.zeros(len(shaped.rows), np.int64)
        if len(declared) != 1:
            return [None], np.zeros(len(shaped.rows), np.int64)
        words, numbers = shaped.said(declared[0])
        return [_kind(declared[0], word) for word in words], numbers

    def groups(
        self, shaped: ShapedRows, kinds: list[Kind | None], numbers: NDArray[np.int64]
    ) -> Iterator[tuple[Kind, RawGroup]]:
        """The rows of each kind, in their order."""
        wanted = np.array([kind is not None for kind in kinds], np.bool_)[numbers]
        numbers = numbers[wanted]
        order = np.argsort(numbers, kind="stable")
        whole = self._group(shaped.of(shaped.rows[wanted][order]))
        bounds = np.searchsorted(numbers[order], np.arange(len(kinds) + 1)).tolist()
        for kind, begin, end in zip(kinds, bounds, bounds[1:], strict=False):
            if kind is not None and begin < end:
                yield kind, whole.cut(begin, end, *kind)

    def _said(self, shaped: ShapedRows, key: str) -> pa.Array:
        """A column of texts, null where it says nothing."""
        empty = "" in self.missing.to_pylist()
        texts = shaped.texts(key, empty_is_absent=empty)
        return texts if empty and len(self.missing) == 1 else without_missing(texts, self.missing)

    def _group(self, shaped: ShapedRows) -> RawGroup:
        cells = {key: self._said(shaped, key) for key in shaped.keys if key not in _ABOUT_THE_ROW}
        nothing = pa.nulls(len(shaped.rows), pa.string())
        sensors = cells.pop(_SENSOR, nothing)
        found = self.slice.found
        return RawGroup(
            targets=(),
            observation="",
            # A table needs a column to have rows; every type has a timestamp.
            cells=pa.table(cells or {"timestamp": nothing}),
            lines=shaped.rows + self.first_line,
            ids=self.ids.take(pa.array(self.ids_of[shaped.rows])),
            raws=RowBytes.within(
                self.slice.content, found.begins[shaped.rows], found.ends[shaped.rows]
            ),
            sensors=sensors,
            confirmed=shaped.confirmed("hostname_confirmed")[0],
        )


def _kind(key: str, word: str | None) -> Kind | None:
    if not is_word(word):
        return None
    return ((str(word),), "") if key == "report_type" else ((), str(word))
