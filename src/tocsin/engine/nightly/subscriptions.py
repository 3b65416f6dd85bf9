"""What a row's origins, countries, domains and subject grant: the snapshot turned for look-up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.engine.nightly.audience import Grant, GrantSets
from tocsin.engine.nightly.distinct import distinct_rows, numbers_of_lists, one_array
from tocsin.engine.nightly.prefixes import PrefixTable
from tocsin.engine.nightly.subscribers import FilterKind, ReportList
from tocsin.model.address import Addresses, Ints, Network, parse_network

_Number = TypeVar("_Number", np.uint64, np.int64)
_NumberOf = Callable[[object], int]

_HOST = 128


class Subscriptions:
    """Which lists a network brings; built whole from the lists, then only asked."""

    def __init__(self, lists: Iterable[ReportList]) -> None:
        self.sets = GrantSets()
        self._unions: dict[tuple[int, ...], int] = {}
        by_kind = _by_kind(lists)
        self._asns = {
            int(value): self.sets.number(grants)
            for value, grants in by_kind[FilterKind.ASN].items()
        }
        self._countries = {
            value: self.sets.number(grants) for value, grants in by_kind[FilterKind.GEO].items()
        }
        self._domains = {
            value: self.sets.number(grants) for value, grants in by_kind[FilterKind.DOMAIN].items()
        }
        prefixes = {
            parse_network(value): grants for value, grants in by_kind[FilterKind.CIDR].items()
        }
        self._v4 = PrefixTable({p: g for p, g in prefixes.items() if p.is_v4}, self.sets)
        self._v6 = PrefixTable({p: g for p, g in prefixes.items() if not p.is_v4}, self.sets)

    def of_rows(self, table: pa.Table) -> Ints:
        """For each row the number of the set of all grants for it, whatever its time."""
        columns = [
            self._of_lists(table, "_origins", self._of_asn),
            self._of_lists(table, "_countries", self._of_country),
            self._of_lists(table, "_domains", self._of_domain),
            self._of_subjects(table),
        ]
        first, inverse = distinct_rows(columns)
        combinations = zip(*(column[first].tolist() for column in columns), strict=True)
        united = [self._union(numbers) for numbers in combinations]
        return np.array(united, np.int64)[inverse]

    def _union(self, numbers: tuple[int, ...]) -> int:
        """The same few combinations come with every table."""
        found = self._unions.get(numbers)
        if found is None:
            found = self._unions[numbers] = self.sets.union(numbers)
        return found

    # --- members of list columns --------------------------------------------------------

    def _of_lists(self, table: pa.Table, name: str, number_of: _NumberOf) -> Ints:
        return numbers_of_lists(one_array(table, name), number_of, self.sets.union)

    def _of_asn(self, asn: object) -> int:
        return self._asns.get(asn, 0) if isinstance(asn, int) else 0

    def _of_country(self, country: object) -> int:
        return self._countries.get(country, 0) if isinstance(country, str) else 0

    def _of_domain(self, name: object) -> int:
        """The set of every subscribed domain that the name equals or lies under."""
        found: list[int] = []
        rest = name if isinstance(name, str) else ""
        while rest:
            found.append(self._domains.get(rest, 0))
            rest = rest.partition(".")[2]
        return self.sets.union(found)

    # --- subjects -----------------------------------------------------------------------

    def _of_subjects(self, table: pa.Table) -> Ints:
        """The sets of the prefixes that hold the subject, or overlap it where it is a prefix."""
        hi, lo, lengths = (one_array(table, f"_subject_{part}") for part in ("hi", "lo", "len"))
        present = np.asarray(pc.is_valid(hi))
        addresses = Addresses(_filled(hi, 0, np.uint64), _filled(lo, 0, np.uint64))
        length = _filled(lengths, _HOST, np.int64)
        result: Ints = np.zeros(table.num_rows, np.int64)
        is_host, is_v4 = present & (length == _HOST), addresses.is_v4
        for prefixes, rows in ((self._v4, is_host & is_v4), (self._v6, is_host & ~is_v4)):
            result[rows] = prefixes.around(addresses.take(rows))
        wide = np.flatnonzero(present & (length != _HOST))
        result[wide] = self._of_wide_subjects(addresses.take(wide), length[wide])
        return result

    def _of_wide_subjects(self, addresses: Addresses, lengths: Ints) -> Ints:
        """The same for subjects that are prefixes, each distinct one asked once."""
        subjects = [
            Network(first, length)
            for first, length in zip(addresses.to_ints(), lengths.tolist(), strict=True)
        ]
        sets = {
            subject: (self._v4 if subject.is_v4 else self._v6).overlapping(subject)
            for subject in set(subjects)
        }
        return np.array([sets[subject] for subject in subjects], np.int64)


def _by_kind(lists: Iterable[ReportList]) -> dict[FilterKind, dict[str, list[Grant]]]:
    by_kind: dict[FilterKind, dict[str, list[Grant]]] = {
        kind: defaultdict(list) for kind in FilterKind
    }
    for each in lists:
        of_filter = by_kind[each.filter]
        for network in each.networks:
            of_filter[network.value].append(Grant.of(each.id, network.valid))
    return by_kind


def _filled(column: pa.Array, missing: int, kind: type[_Number]) -> NDArray[_Number]:
    filled = pc.fill_null(column, missing).to_numpy(zero_copy_only=False)
    return np.asarray(filled).astype(kind)
