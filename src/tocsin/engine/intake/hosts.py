"""A column of addresses or prefixes, as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.engine.intake.cells import Distinct, parse_host, parse_single_host, read_distinct
from tocsin.model.address import (
    V4_BITS,
    Addresses,
    Network,
    address_text,
    address_texts,
)

WHOLE_ADDRESS = 128
_WORTH_COMPILED = 256
_BROADEST_V4 = V4_BITS + 8
_BROADEST_V6 = 8


@dataclass(frozen=True)
class Hosts:
    """One network a row; `first` and `lengths` hold zeros where `present` does not.

    lengths: in 128 bits, `(n,)` uint8. unreadable: rows whose text is neither address nor, where
    they may be, prefix. texts: as the source wrote them. plain: rows that are written as Tocsin
    would write them.
    """

    first: Addresses
    lengths: NDArray[np.uint8]
    present: NDArray[np.bool_]
    unreadable: NDArray[np.bool_]
    texts: pa.StringArray
    plain: NDArray[np.bool_]

    @cached_property
    def is_v4(self) -> NDArray[np.bool_]:
        """Rows whose network lies within the mapped IPv4 space."""
        return self.present & self.first.is_v4 & (self.lengths >= V4_BITS)

    @cached_property
    def wide(self) -> NDArray[np.bool_]:
        """Rows that are prefixes of more than one address."""
        return self.present & (self.lengths < WHOLE_ADDRESS)

    @property
    def too_broad(self) -> NDArray[np.bool_]:
        """Rows with a prefix wider than /8."""
        least = np.where(self.is_v4, _BROADEST_V4, _BROADEST_V6)
        broad: NDArray[np.bool_] = self.present & (self.lengths < least)
        return broad

    def within(self, network: Network) -> NDArray[np.bool_]:
        """Rows of which every address lies in a network."""
        inside = self.first.within(network) & (self.lengths >= network.length)
        found: NDArray[np.bool_] = self.present & inside
        return found

    def network(self, row: int) -> Network:
        """The network of a row that has one."""
        first = (int(self.first.hi[row]) << 64) | int(self.first.lo[row])
        return Network(first, int(self.lengths[row]))

    @cached_property
    def shown(self) -> pa.StringArray:
        """The column as Tocsin writes it, null where there is nothing."""
        texts = self.texts
        if not self.present.all():
            texts = pc.if_else(pa.array(self.present), texts, pa.scalar(None, pa.string()))
        rewritten = self.present & ~self.plain
        if not rewritten.any():
            return texts
        rows = np.flatnonzero(rewritten)
        words = address_texts(self.first.take(rows))
        for number in np.flatnonzero(self.lengths[rows] < WHOLE_ADDRESS).tolist():
            words[number] = str(self.network(int(rows[number])))
        return pc.replace_with_mask(texts, pa.array(rewritten), pa.array(words, pa.string()))


def host_text(network: Network) -> str:
    """An address without a length, a prefix with one."""
    if network.length == WHOLE_ADDRESS:
        return address_text(network.first)
    return str(network)


def network_texts(first: Addresses, lengths: NDArray[np.uint8]) -> pa.StringArray:
    """`host_text` for a column."""
    low = first.lo.astype(np.int64)
    octets = [pa.array((low >> shift) & 255).cast(pa.string()) for shift in (24, 16, 8, 0)]
    texts = pc.binary_join_element_wise(*octets, ".")
    others = ~first.is_v4 | (lengths < WHOLE_ADDRESS)
    rows = np.flatnonzero(others)
    if not len(rows):
        return texts
    words = address_texts(first.take(rows))
    for number in np.flatnonzero(lengths[rows] < WHOLE_ADDRESS).tolist():
        row = rows[number]
        start = (int(first.hi[row]) << 64) | int(first.lo[row])
        words[number] = str(Network(start, int(lengths[row])))
    return pc.replace_with_mask(texts, pa.array(others), pa.array(words, pa.string()))


def read_hosts(texts: pa.StringArray, *, prefixes: bool) -> Hosts:
    """Read a column of texts; with `prefixes` it may hold prefixes, else addresses alone."""
    rows = len(texts)
    first = Addresses(np.zeros(rows, np.uint64), np.zeros(rows, np.uint64))
    read = plain = np.zeros(rows, np.bool_)
    if rows >= _WORTH_COMPILED:
        # Loading compiled loops costs more than they save on few rows.
        from tocsin.engine.kernels.addresses import read_written  # noqa: PLC0415 - see above

        first, read, plain = read_written(texts)
    lengths = np.where(read, np.uint8(WHOLE_ADDRESS), np.uint8(0))
    others = np.flatnonzero(~read & np.asarray(texts.is_valid()))
    unreadable = np.zeros(rows, np.bool_)
    if len(others):
        parse = parse_host if prefixes else parse_single_host
        found = read_distinct(texts.take(pa.array(others)), parse)
        unreadable[others] = found.unreadable
        _place(found, others, first, lengths)
    return Hosts(first, lengths, lengths > 0, unreadable, texts, plain)


def _place(
    found: Distinct[Network],
    rows: NDArray[np.int64],
    first: Addresses,
    lengths: NDArray[np.uint8],
) -> None:
    """Put networks that were read one by one where they belong."""
    addresses = Addresses.from_ints(network.first for network in found.values)
    sizes = np.array([network.length for network in found.values], np.uint8)
    there = found.codes >= 0
    codes, places = found.codes[there], rows[there]
    first.hi[places] = addresses.hi[codes]
    first.lo[places] = addresses.lo[codes]
    lengths[places] = sizes[codes]
