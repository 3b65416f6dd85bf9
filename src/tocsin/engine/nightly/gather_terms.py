"""The terms that occur in a unit by number, and what the terms of many events come to."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.engine.lake.parquet import CODED
from tocsin.engine.nightly.distinct import distinct_rows, single
from tocsin.model.terms import Terms, strictest

_BITS = 62
_NOTHING = (-1, 0, 0)


@dataclass(frozen=True)
class TermsFound:
    """Terms as texts, sorted; the sets of them that groups have are bits of masks.

    `masks`: names of the columns that hold them, 62 terms each.
    """

    texts: tuple[str, ...]

    @classmethod
    def of(cls, texts: Iterable[str | None]) -> TermsFound:
        """Of all that was found; an event without terms adds nothing."""
        return cls(tuple(sorted(text for text in texts if text is not None)))

    @property
    def masks(self) -> tuple[str, ...]:
        """At least one, so that there is something to ask for."""
        return tuple(f"terms{word}" for word in range(max(1, -(-len(self.texts) // _BITS))))

    def numbers(self, column: pa.Array) -> Mapping[str, pa.Array]:
        """Of each event's terms whom they release it to, by number, and their bit, in which mask.

        An event without terms has no bit, and a release of its own.
        """
        encoded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
        known = [*encoded.dictionary.to_pylist(), None]
        codes = pc.fill_null(encoded.indices, len(known) - 1).to_numpy(zero_copy_only=False)
        said = np.array([self._said.get(text, _NOTHING) for text in known], np.int64)
        names = ("_release", "_word", "_bit")
        return {name: pa.array(said[codes, place]) for place, name in enumerate(names)}

    @cached_property
    def _said(self) -> Mapping[str | None, tuple[int, int, int]]:
        """Text -> number of whom it releases a row to, number of its mask, its bit there."""
        releases = [repr(Terms.from_text(text).release) for text in self.texts]
        numbers = {release: number for number, release in enumerate(sorted(set(releases)))}
        return {
            text: (numbers[release], place // _BITS, 1 << place % _BITS)
            for place, (text, release) in enumerate(zip(self.texts, releases, strict=True))
        }

    def strictest(self, masks: Sequence[pa.ChunkedArray]) -> pa.Array:
        """For each row of the masks the strictest of its terms, coded."""
        columns = [single(mask).to_numpy() for mask in masks]
        if not len(columns[0]):
            return pa.array([], CODED)
        first, inverse = distinct_rows(columns)
        sets = zip(*(column[first].tolist() for column in columns), strict=True)
        texts = [self._strictest(words) for words in sets]
        return pa.DictionaryArray.from_arrays(pa.array(inverse, pa.int32()), pa.array(texts))

    @lru_cache(maxsize=4096)  # noqa: B019 - these live as long as one unit
    def _strictest(self, words: tuple[int, ...]) -> str:
        texts = [
            text
            for place, text in enumerate(self.texts)
            if words[place // _BITS] >> place % _BITS & 1
        ]
        return strictest(Terms.from_text(text) for text in texts).to_text()
