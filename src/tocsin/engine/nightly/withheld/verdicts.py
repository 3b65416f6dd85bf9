"""What judgements say of events, batch by batch, without a loop over rows.

Texts are asked once for each distinct value, addresses once for each judgement that has any
chance in the batch: a judgement costs what it looks at, and not the rows that it does not mean.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.engine.judgements.values import Judgement, Kind, What, micros
from tocsin.engine.nightly.lake_rows import ID
from tocsin.engine.nightly.withheld.asked import COLUMN_OF
from tocsin.engine.nightly.withheld.reasons import Reason
from tocsin.engine.nightly.withheld.several import sensors_in
from tocsin.model.address import ALL_ONES, MASK_64, Flags, Ints, Network, UInt64s

_REASONS: Final = {
    Kind.HOLD: Reason.ON_HOLD,
    Kind.DISTRUST: Reason.DISTRUSTED,
    Kind.WITHDRAWAL: Reason.WITHDRAWN,
}
_SUBJECT: Final = ("_subject_hi", "_subject_lo", "_subject_len")


@dataclass(frozen=True, slots=True)
class Verdicts:
    """Of each event of a batch, `(n,)`: the first reason to withhold it, 0 for none, and whether
    it is to be believed at all: what is on hold may be, what is distrusted or withdrawn not."""

    reasons: NDArray[np.uint8]
    discredited: Flags


@dataclass(frozen=True)
class Judge:
    """Judgements that a unit has to ask (see `asked`)."""

    judgements: Sequence[Judgement]

    @cached_property
    def columns(self) -> list[str]:
        """The columns of events that this hangs on; `_id` comes as ID."""
        names = ["timestamp"]
        for what in sorted({each.what for each in self.judgements}):
            if what is What.ADDRESS:
                names += _SUBJECT
            else:
                names.append(COLUMN_OF.get(what, "_id"))
        return names

    @property
    def holds(self) -> bool:
        """Whether anything can be on hold."""
        return any(each.kind is Kind.HOLD for each in self.judgements)

    def of(self, batch: pa.RecordBatch) -> Verdicts:
        """The verdicts on a batch that has at least `columns`."""
        batch_ = _Batch(batch)
        masks = {kind: self._meant(kind, batch_) for kind in _REASONS}
        reasons = np.zeros(batch.num_rows, np.uint8)
        for kind, mask in masks.items():
            reasons[mask & (reasons == 0)] = _REASONS[kind]
        return Verdicts(reasons, masks[Kind.DISTRUST] | masks[Kind.WITHDRAWAL])

    def _meant(self, kind: Kind, batch: _Batch) -> Flags:
        found = np.zeros(len(batch), np.bool_)
        for what, judgements in self._by_what(kind).items():
            if what is What.ADDRESS:
                found |= batch.addresses(judgements, wider=kind is Kind.HOLD)
            elif what is What.EVENT:
                found |= batch.events(judgements)
            else:
                found |= batch.texts(what, judgements)
        return found

    def _by_what(self, kind: Kind) -> Mapping[What, list[Judgement]]:
        sorted_out: dict[What, list[Judgement]] = defaultdict(list)
        for each in self.judgements:
            if each.kind is kind:
                sorted_out[each.what].append(each)
        return sorted_out


@dataclass(frozen=True)
class _Batch:
    """Some events, and which of them judgements of one kind mean."""

    rows: pa.RecordBatch

    def __len__(self) -> int:
        return int(self.rows.num_rows)

    @cached_property
    def moments(self) -> Ints:
        """Microseconds since 1970."""
        cast = self.rows.column("timestamp").cast(pa.int64())
        return np.asarray(cast.to_numpy(zero_copy_only=False), np.int64)

    def texts(self, what: What, judgements: Sequence[Judgement]) -> Flags:
        """Events with one of the texts, within its judgement's span."""
        by_value: dict[str, list[Judgement]] = defaultdict(list)
        for each in judgements:
            by_value[each.value].append(each)
        column = self.rows.column(COLUMN_OF[what])
        coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        codes = pc.fill_null(coded.indices, -1).to_numpy(zero_copy_only=False)
        found = np.zeros(len(self), np.bool_)
        for code, text in enumerate(coded.dictionary.to_pylist()):
            meaning = [each for said in _said(what, text) for each in by_value.get(said, ())]
            if meaning:
                rows = np.flatnonzero(codes == code)
                found[rows[self._in_any_span(rows, meaning)]] = True
        return found

    def events(self, judgements: Sequence[Judgement]) -> Flags:
        """Events with one of the ids."""
        high, low = (self._numbers(name) for name in ID)
        found = np.zeros(len(self), np.bool_)
        for each in judgements:
            number = int(each.value, 16)
            same = (high == np.uint64(number >> 64)) & (low == np.uint64(number & MASK_64))
            rows = np.flatnonzero(same)
            found[rows[self._in_any_span(rows, [each])]] = True
        return found

    def addresses(self, judgements: Sequence[Judgement], *, wider: bool) -> Flags:
        """Events whose subject lies in one of the prefixes; if `wider`, or around it."""
        subjects = self._subjects
        found = np.zeros(len(self), np.bool_)
        by_length: dict[int, list[Judgement]] = defaultdict(list)
        for each in judgements:
            by_length[each.network.length].append(each)
        for length, group in by_length.items():
            candidates = subjects.below_any([each.network for each in group], length)
            for each in group:
                rows = candidates[subjects.inside(candidates, each.network)]
                found[rows[self._in_any_span(rows, [each])]] = True
                if wider:
                    found[subjects.around(each.network)] = True
        return found

    @cached_property
    def _subjects(self) -> _Subjects:
        high, low = (self._numbers(name) for name in _SUBJECT[:2])
        return _Subjects(high, low, self._numbers("_subject_len", missing=128), self._located)

    @property
    def _located(self) -> Flags:
        return np.asarray(self.rows.column("_subject_hi").is_valid())

    def _numbers(self, name: str, *, missing: int = 0) -> UInt64s:
        filled = pc.fill_null(self.rows.column(name), missing)
        return np.asarray(filled.to_numpy(zero_copy_only=False), np.uint64)

    def _in_any_span(self, rows: Ints, judgements: Iterable[Judgement]) -> Flags:
        moments = self.moments[rows]
        found = np.zeros(len(rows), np.bool_)
        for each in judgements:
            if each.kind is Kind.HOLD:
                return np.ones(len(rows), np.bool_)
            inside = moments < micros(each.end)
            if each.start is not None:
                inside &= moments >= micros(each.start)
            found |= inside
        return found


def _said(what: What, text: str | None) -> Iterable[str]:
    """The words of a cell that judgements may name."""
    if text is None:
        return ()
    if what is What.SOURCE:
        return (text,)
    if what is What.RULE:
        return (text.partition("@")[0],)
    if what is What.TAG:
        return {part.strip().lower() for part in text.split(";")}
    return sensors_in(text) if what is What.SENSOR else (text.lower(),)


@dataclass(frozen=True)
class _Subjects:
    """The subjects of a batch as numbers, `(n,)`; those that are not `located` have none."""

    high: UInt64s
    low: UInt64s
    length: UInt64s
    located: Flags

    @cached_property
    def _prefixes(self) -> Ints:
        return np.flatnonzero((self.length < 128) & self.located)

    def below_any(self, networks: Sequence[Network], length: int) -> Ints:
        """Rows that may lie in one of the networks, all of that length; hardly any others."""
        high, low = _halves(ALL_ONES & ~(ALL_ONES >> length))
        firsts = [_halves(network.first) for network in networks]
        likely = np.isin(self.low & low, np.array([each[1] for each in firsts], np.uint64))
        likely &= np.isin(self.high & high, np.array([each[0] for each in firsts], np.uint64))
        likely &= (self.length >= length) & self.located
        return np.flatnonzero(likely)

    def inside(self, rows: Ints, network: Network) -> Flags:
        """Which of these rows lie in the network; they are as long as it at least."""
        high, low = _halves(ALL_ONES & ~(ALL_ONES >> network.length))
        first_high, first_low = _halves(network.first)
        same: Flags = (self.low[rows] & low) == first_low
        same &= (self.high[rows] & high) == first_high
        return same

    def around(self, network: Network) -> Ints:
        """Rows whose subjects are prefixes that hold the whole network and more."""
        rows = self._prefixes[self.length[self._prefixes] < network.length]
        found = [np.zeros(0, np.int64)]
        for size in np.unique(self.length[rows]).tolist():
            high, low = _halves(network.first & ~(ALL_ONES >> size))
            of_size = rows[self.length[rows] == size]
            found.append(of_size[(self.high[of_size] == high) & (self.low[of_size] == low)])
        return np.concatenate(found)


def _halves(number: int) -> tuple[np.uint64, np.uint64]:
    return np.uint64(number >> 64), np.uint64(number & MASK_64)
