"""Whose the addresses of a group are: the located columns, and who is to be told."""

from __future__ import annotations

from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.catalogue.entries import LOCATED, Location, SubjectKind
from tocsin.engine.intake.locate import Located, locate
from tocsin.engine.intake.typed_group import TypedGroup
from tocsin.engine.lake.coded import plain

_UPPER_CASE = ("geo", "region", "city")
"""In capitals in every report, whoever tells them."""


class Ownership:
    """Look-ups for one typed group, each address column once."""

    def __init__(self, cells: TypedGroup) -> None:
        self.cells = cells
        self.report_type = cells.report_type
        self.atlases = cells.given.atlases
        self.keeps = cells.given.source.location is Location.KEEP

    @cached_property
    def atlas_numbers(self) -> NDArray[np.int64]:
        """Per row the number of the atlas of its time, -1 for none."""
        return self.atlases.choose(self.cells.moments)

    def atlas_names(self) -> pa.Array:
        """Per row the name of its atlas, "" for none."""
        numbers = np.unique(self.atlas_numbers)
        if len(numbers) == 1:
            return pa.repeat(self.atlases.name(int(numbers[0])), self.cells.rows)
        names = pa.array([self.atlases.name(number) for number in numbers.tolist()], pa.string())
        return names.take(pa.array(np.searchsorted(numbers, self.atlas_numbers)))

    @cached_property
    def unlocated(self) -> NDArray[np.bool_]:
        """Rows that every pinned atlas is too young for."""
        if not self._located or self.atlases.none_pinned:
            return np.zeros(self.cells.rows, dtype=np.bool_)
        unlocated: NDArray[np.bool_] = self.atlas_numbers < 0
        return unlocated

    @cached_property
    def _located(self) -> dict[str, Located]:
        wanted = {name for name in self.cells.hosts if self._place_columns(name)}
        subject = self.report_type.subject
        if subject.kind in (SubjectKind.ADDRESS, SubjectKind.PREFIX):
            wanted.add(subject.column)
        return {
            name: locate(self.cells.hosts[name], self.atlas_numbers, self.atlases)
            for name in sorted(wanted)
        }

    def _place_columns(self, address_column: str) -> dict[str, str]:
        """Place -> the type's column for it beside this address column."""
        if not address_column.endswith("ip"):
            return {}
        prefix = address_column.removesuffix("ip")
        names = {place: prefix + place for place in LOCATED}
        return {place: name for place, name in names.items() if self.report_type.column(name)}

    def columns(self) -> dict[str, pa.Array]:
        """The located columns: the source's word or the atlas's, by the source's setting."""
        filled = self._told_of_no_address()
        for address_column, located in self._located.items():
            for place, name in self._place_columns(address_column).items():
                cells = located.column(place)
                if self.keeps:
                    cells = pc.coalesce(plain(self.cells.typed[name].values), cells)
                filled[name] = pc.utf8_upper(cells) if place in _UPPER_CASE else cells
        return filled

    def _told_of_no_address(self) -> dict[str, pa.Array]:
        """Places beside no address, as of an organisation: the source alone knows them."""
        if self.report_type.column("ip"):
            return {}
        typed = self.cells.typed
        names = [name for name in _UPPER_CASE if name in typed]
        return {name: pc.utf8_upper(plain(typed[name].values)) for name in names}

    def origins_and_countries(self) -> tuple[pa.Array, pa.Array]:
        """All origins and all countries of the subject, which decide who is told.

        The atlas's; where it knows nothing and the source's word is to be kept, the source's.
        """
        subject = self.report_type.subject.column
        located = self._located.get(subject)
        if located is None:
            nothing = pa.nulls(self.cells.rows, pa.list_(pa.uint32()))
            return nothing, pa.nulls(self.cells.rows, pa.list_(pa.string()))
        origins, countries = located.column("origins"), located.column("countries")
        if self.keeps:
            names = self._place_columns(subject)
            if "asn" in names:
                said = self.cells.typed[names["asn"]].values
                origins = _said_where_unknown(origins, said, pa.uint32())
            if "geo" in names:
                said = _countries(self.cells.typed[names["geo"]].values)
                countries = _said_where_unknown(countries, said, pa.string())
        return origins, countries


def _countries(cells: pa.Array) -> pa.Array:
    upper = pc.utf8_upper(plain(cells))
    two_letters = pc.match_substring_regex(upper, r"^[A-Z]{2}$")
    return pc.if_else(two_letters, upper, pa.scalar(None, pa.string()))


def _said_where_unknown(known: pa.Array, said: pa.Array, kind: pa.DataType) -> pa.Array:
    """The atlas's list, or where it has none the source's single word as a list."""
    unknown = np.asarray(known.is_null()) & np.asarray(said.is_valid())
    if not unknown.any():
        return known
    lists = (
        [word] if take else words
        for words, word, take in zip(known.to_pylist(), said.to_pylist(), unknown, strict=True)
    )
    return pa.array(lists, pa.list_(kind))
