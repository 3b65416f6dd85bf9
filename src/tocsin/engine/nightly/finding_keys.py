"""What a finding is: its subject, its report type, its port and its infection.

That is the order of the ledger too. So a key is one number that sorts as the ledger does, and
everything of one finding stands together once the numbers are sorted.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.engine.lake.parquet import CODED
from tocsin.engine.nightly.distinct import one_array
from tocsin.engine.nightly.range_rows import RangeRows, indices_of, text_ranks
from tocsin.model.address import Flags, Ints

_MOST = 1 << 62

_NAMES = {
    "report_type": "report_type",
    "hi": "subject_hi",
    "lo": "subject_lo",
    "length": "subject_len",
    "name": "subject",
    "port": "port",
    "infection": "infection",
}
"""The columns of `FindingKeys.table`, and what they are called in the ledger."""


@dataclass(frozen=True)
class Groups:
    """Rows of one key put together, numbered in the order of the keys.

    of_row: the group of each row. order: the rows sorted by group, those of one as they came.
    first: the first row of each group.
    """

    of_row: Ints
    order: Ints
    first: Ints

    @property
    def count(self) -> int:
        """How many there are."""
        return len(self.first)

    @classmethod
    def by(cls, keys: Ints) -> Groups:
        """Groups of rows of equal keys."""
        # Stable, since that is quick where rows come in sorted runs.
        order = np.argsort(keys, kind="stable")
        ordered = keys[order]
        fresh: Flags = np.ones(len(keys), np.bool_)
        fresh[1:] = ordered[1:] != ordered[:-1]
        of_row: Ints = np.empty(len(keys), np.int64)
        of_row[order] = np.cumsum(fresh) - 1
        return cls(of_row, order, order[fresh])


@dataclass(frozen=True)
class FindingKeys:
    """Of rows of the day and then of the ledger: columns of _NAMES, and each one's type.

    types: its number among `type_names`. windowed: of each type, whether the rows of two nights
    tell of the same events.
    """

    table: pa.Table
    types: Ints
    type_names: tuple[str, ...]
    windowed: Flags

    @classmethod
    def of(cls, read: RangeRows, rows: Ints, before: pa.Table) -> FindingKeys:
        """`rows`: those that are evidence. `before`: a table of FINDINGS."""
        known = before.select(list(_NAMES.values())).rename_columns(list(_NAMES))
        infection = _or_empty(one_array(read.rows, "infection"))
        today = read.rows.select(list(_NAMES)[1:-1])
        today = today.append_column("infection", infection).append_column(
            "report_type", _report_types(read)
        )
        taken = today.select(list(_NAMES)).take(pa.array(rows))
        table = pa.concat_tables([taken, known]).unify_dictionaries().combine_chunks()
        column = one_array(table, "report_type")
        names = tuple(column.dictionary.to_pylist())
        long = {unit.report_type for unit, _, _ in read.units if unit.windowed}
        windowed = np.array([name in long for name in names], np.bool_)
        return cls(table, indices_of(column, 0), names, windowed)

    def grouped(self, subjects: Ints) -> Groups:
        """The rows by finding, in the order of the ledger. `subjects`: ranks, of all rows."""
        what, many = np.zeros(len(subjects), np.int64), 1
        report_type, port, infection = (
            one_array(self.table, name) for name in ("report_type", "port", "infection")
        )
        for ranks, size in (_ranked(report_type), _ports(port), _ranked(infection)):
            if many * size >= _MOST:
                what, many = _dense(what)
            what, many = what * size + ranks, many * size
        if many * (int(subjects.max(initial=0)) + 1) >= _MOST:
            what, many = _dense(what)
        return Groups.by(subjects * many + what)


def _report_types(read: RangeRows) -> pa.DictionaryArray:
    names = sorted({unit.report_type for unit, _, _ in read.units})
    of_units = [names.index(unit.report_type) for unit, _, _ in read.units]
    lengths = [last - first for _, first, last in read.units]
    numbers = np.repeat(np.array(of_units, np.int32), lengths)
    return pa.DictionaryArray.from_arrays(pa.array(numbers), pa.array(names, pa.string()))


def _or_empty(column: pa.DictionaryArray) -> pa.DictionaryArray:
    """The column with an empty text where there is none."""
    if not column.null_count:
        return column
    empty = column.dictionary.index("").as_py()
    texts = column.dictionary
    if empty < 0:
        empty, texts = len(texts), pa.concat_arrays([texts, pa.array([""])])
    numbers = pa.array(indices_of(column, empty), CODED.index_type)
    return pa.DictionaryArray.from_arrays(numbers, texts)


def _ranked(column: pa.DictionaryArray) -> tuple[Ints, int]:
    return text_ranks(column.dictionary)[indices_of(column, 0)], len(column.dictionary) + 1


def _ports(ports: pa.Int64Array) -> tuple[Ints, int]:
    """By number, those without one behind the others."""
    if ports.null_count == len(ports):
        return np.zeros(len(ports), np.int64), 1
    least, greatest = pc.min(ports).as_py(), pc.max(ports).as_py()
    if greatest - least >= len(ports) + (1 << 17) or greatest >= _MOST:
        ranks, size = _dense(pc.fill_null(ports, greatest).to_numpy())
        missing = ports.is_null().to_numpy(zero_copy_only=False)
        return np.where(missing, size, ranks), size + 1
    filled = pc.fill_null(ports, greatest + 1).to_numpy()
    return filled - least, greatest - least + 2


def _dense(numbers: Ints) -> tuple[Ints, int]:
    values, ranks = np.unique(numbers, return_inverse=True)
    return ranks.astype(np.int64), len(values)
