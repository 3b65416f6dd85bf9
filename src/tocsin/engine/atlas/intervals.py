"""Cutting the address space at every boundary of every prefix, and painting what holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tocsin.engine.atlas.layout import Int32s, Lengths
from tocsin.model.address import Addresses, Flags, Ints

Keys = NDArray[np.uint32] | NDArray[np.bytes_]


@dataclass(frozen=True, slots=True)
class Layer:
    """Distinct prefixes, and a value (row of some table) for each; all arrays `(n,)`.

    `length` counts in 128 bits, 1 to 128.
    """

    first: Addresses
    length: Lengths
    value: Int32s

    def __len__(self) -> int:
        return len(self.first)

    @property
    def is_v4(self) -> Flags:
        """Which prefixes lie within the mapped IPv4 space."""
        return self.first.is_v4 & (self.length >= 96)

    def take(self, where: Flags) -> Layer:
        """The prefixes that a mask names."""
        return Layer(self.first.take(where), self.length[where], self.value[where])


@dataclass(frozen=True, slots=True)
class Painted:
    """For each interval the value of the most specific prefix (-1: none) and its length (0)."""

    value: Int32s
    length: Lengths


def cut(layers: Sequence[Layer], *, v4: bool) -> tuple[Keys, list[Painted]]:
    """The intervals of one family: their starts, and each layer painted over them.

    The layers must hold prefixes of that family only. The mapped block belongs to IPv4 alone:
    an IPv6 prefix that spans it says nothing about IPv4.
    """
    edges = [_edges(layer, v4=v4) for layer in layers]
    zero = _keys(Addresses.from_ints([0xFFFF << 32 if v4 else 0]), v4=v4)
    starts: Keys = np.unique(
        np.concatenate(
            [zero, *(edge.first for edge in edges), *(edge.after[edge.ends] for edge in edges)]
        )
    )
    return starts, [_paint(starts, layer, edge) for layer, edge in zip(layers, edges, strict=True)]


@dataclass(frozen=True, slots=True)
class _Edges:
    """First key of each prefix, the key behind its last, and whether there is one behind it."""

    first: Keys
    after: Keys
    ends: Flags


def _keys(addresses: Addresses, *, v4: bool) -> Keys:
    return addresses.v4() if v4 else addresses.keys()


def _edges(layer: Layer, *, v4: bool) -> _Edges:
    after = _behind(layer)
    ends = after.is_v4 if v4 else (after.hi != 0) | (after.lo != 0)
    return _Edges(_keys(layer.first, v4=v4), _keys(after, v4=v4), ends)


def _behind(layer: Layer) -> Addresses:
    """The address after the last of each prefix; 0 behind the very last of all."""
    one = np.uint64(1)
    length = layer.length.astype(np.uint64)
    wide = length <= 64
    # Shifts stay below 64 bits on both sides; the half that is not meant is thrown away.
    hi_step = np.where(wide, one << np.where(wide, 64 - length, 0).astype(np.uint64), 0)
    lo_step = np.where(wide, 0, one << np.where(wide, 0, 128 - length).astype(np.uint64))
    lo = layer.first.lo + lo_step.astype(np.uint64)
    carry = (~wide & (lo == 0)).astype(np.uint64)
    hi = layer.first.hi + hi_step.astype(np.uint64) + carry
    return Addresses(hi, lo)


def _paint(starts: Keys, layer: Layer, edges: _Edges) -> Painted:
    """Shorter prefixes first, longer ones over them; those of one length never overlap."""
    value = np.full(len(starts), -1, dtype=np.int32)
    length = np.zeros(len(starts), dtype=np.uint8)
    begin = np.searchsorted(starts, edges.first)
    end = np.where(edges.ends, np.searchsorted(starts, edges.after), len(starts))
    for bits in np.unique(layer.length):
        here = layer.length == bits
        counts = end[here] - begin[here]
        where = _ranges(begin[here], counts)
        value[where] = np.repeat(layer.value[here], counts)
        length[where] = bits
    return Painted(value, length)


def _ranges(begin: Ints, counts: Ints) -> Ints:
    """begin[0], begin[0]+1, ... counts[0] of them, then those of begin[1], and so on."""
    offsets = np.cumsum(counts) - counts
    spread: Ints = np.repeat(begin - offsets, counts)
    return spread + np.arange(len(spread))
