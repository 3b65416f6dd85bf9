"""From the text of a column to typed values, each distinct text read once."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.engine.intake.times import parse_time, plain_times
from tocsin.engine.lake.schema import stored_type
from tocsin.model.address import Network, parse_address, parse_network
from tocsin.model.columns import Column, ColumnKind

T = TypeVar("T")

_INTEGER = re.compile(r"[+-]?[0-9]{1,18}")
_DECIMAL = re.compile(r"[+-]?[0-9]*\.?[0-9]+([eE][+-]?[0-9]{1,3})?")
AS_THEY_COME = frozenset({ColumnKind.TEXT, ColumnKind.BOOLEAN, ColumnKind.LIST})
"""Kinds of which any text is a value."""

_WHOLE_ADDRESS = 128
_SAFE_DIGITS = 18


@dataclass(frozen=True, slots=True)
class Distinct(Generic[T]):
    """A column by its distinct values: `values[codes[row]]`, code -1 where the row has none.

    `unreadable` marks rows whose text says something that is no value of the kind.
    """

    values: tuple[T, ...]
    codes: NDArray[np.int64]
    unreadable: NDArray[np.bool_]

    @property
    def present(self) -> NDArray[np.bool_]:
        """Rows that have a value."""
        present: NDArray[np.bool_] = self.codes >= 0
        return present

    def flags(self, test: Callable[[T], bool]) -> NDArray[np.bool_]:
        """Rows that have a value for which `test` holds."""
        verdicts = np.fromiter((test(value) for value in self.values), np.bool_, len(self.values))
        return spread(verdicts, self.codes)


def spread(of_values: NDArray[np.bool_], codes: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Flags of distinct values as flags of rows; a row without a value has False."""
    rows = np.zeros(len(codes), dtype=np.bool_)
    present = codes >= 0
    rows[present] = of_values[codes[present]]
    return rows


def read_distinct(texts: pa.Array, parse: Callable[[str], T]) -> Distinct[T]:
    """Read a text column with a parser that raises ValueError on what it cannot read."""
    encoded = texts.dictionary_encode()
    codes = pc.fill_null(encoded.indices, -1).to_numpy(zero_copy_only=False).astype(np.int64)
    values: list[T] = []
    renumbered = np.full(len(encoded.dictionary) + 1, -1, dtype=np.int64)
    for number, text in enumerate(encoded.dictionary.to_pylist()):
        try:
            value = parse(text)
        except (ValueError, OverflowError):
            continue
        renumbered[number] = len(values)
        values.append(value)
    new_codes = renumbered[codes]  # code -1 reads the spare last place, which holds -1
    unreadable: NDArray[np.bool_] = (codes >= 0) & (new_codes < 0)
    return Distinct(tuple(values), new_codes, unreadable)


def to_array(distinct: Distinct[T], kind: pa.DataType, show: Callable[[T], object]) -> pa.Array:
    """The column as an Arrow array of what `show` makes of each value."""
    dictionary = pa.array([show(value) for value in distinct.values], kind)
    return dictionary.take(pa.array(distinct.codes, mask=~distinct.present))


def parse_integer(text: str) -> int:
    """A whole number of at most 18 digits, as the lake can hold it."""
    if not _INTEGER.fullmatch(text.strip()):
        raise ValueError(text)
    return int(text)


def parse_host(text: str) -> Network:
    """An address or a prefix."""
    return parse_network(text.strip())


def parse_single_host(text: str) -> Network:
    """An address, and nothing wider."""
    return Network(parse_address(text.strip()), _WHOLE_ADDRESS)


def _decimal(text: str) -> str:
    if not _DECIMAL.fullmatch(text.strip()):
        raise ValueError(text)
    return text.strip()


@dataclass(frozen=True, slots=True)
class TypedColumn:
    """A column as the lake stores it, and which of its cells did not fit."""

    values: pa.Array
    unreadable: NDArray[np.bool_]
    impossible: NDArray[np.bool_]


def type_column(column: Column, texts: pa.Array, zone: ZoneInfo) -> TypedColumn:
    """Read one column of texts as its kind; columns of addresses are read by `read_hosts`."""
    none = np.zeros(len(texts), dtype=np.bool_)
    if column.kind is ColumnKind.INTEGER:
        return _type_integers(column, texts)
    if column.kind is ColumnKind.TIME:
        return _type_times(texts, zone)
    if column.kind is ColumnKind.DECIMAL:
        decimals = read_distinct(texts, _decimal)
        return TypedColumn(to_array(decimals, pa.string(), str), decimals.unreadable, none)
    return TypedColumn(texts, none, none)


def _type_times(texts: pa.Array, zone: ZoneInfo) -> TypedColumn:
    quick = plain_times(texts, zone)
    if quick is not None:
        none = np.zeros(len(texts), dtype=np.bool_)
        return TypedColumn(quick, none, none)
    times = read_distinct(texts, lambda text: parse_time(text, zone))
    values = to_array(times, stored_type(ColumnKind.TIME), lambda moment: moment)
    return TypedColumn(values, times.unreadable, np.zeros(len(texts), dtype=np.bool_))


def _type_integers(column: Column, texts: pa.Array) -> TypedColumn:
    values, unreadable = _integers(texts)
    numbers = pc.fill_null(values, 0).to_numpy(zero_copy_only=False)
    impossible = np.zeros(len(texts), dtype=np.bool_)
    if column.least is not None:
        impossible |= numbers < column.least
    if column.greatest is not None:
        impossible |= numbers > column.greatest
    impossible &= np.asarray(values.is_valid())
    if column.zero_is_missing:
        zero = pc.fill_null(pc.equal(values, 0), False)
        values = pc.if_else(zero, pa.scalar(None, pa.int64()), values)
    return TypedColumn(values, unreadable, impossible)


def _integers(texts: pa.Array) -> tuple[pa.Array, NDArray[np.bool_]]:
    """The numbers, and which texts are none."""
    digits = pc.and_(
        pc.ascii_is_decimal(texts), pc.less_equal(pc.binary_length(texts), _SAFE_DIGITS)
    )
    if pc.all(digits).as_py() is not False:  # nulls count as fine
        return texts.cast(pa.int64()), np.zeros(len(texts), dtype=np.bool_)
    integers = read_distinct(texts, parse_integer)
    return to_array(integers, pa.int64(), int), integers.unreadable
