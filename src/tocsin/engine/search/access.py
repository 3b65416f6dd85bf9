"""Whose rows a search may find: what the night gave to the lists, and what is theirs still."""

from __future__ import annotations

from collections.abc import Iterable

from tocsin.catalogue.entries import ReportType, SubjectKind
from tocsin.engine.nightly.subscribers import FilterKind, ReportList, SubscribedNetwork
from tocsin.engine.search.audience_index import AudienceIndex, Bounds
from tocsin.engine.search.clauses import (
    ALWAYS,
    HALF,
    NEVER,
    Clause,
    all_of,
    any_of,
    one_of_numbers,
    quoted,
    subject_within,
)
from tocsin.engine.search.values import Place, Without

AUDIENCE = "_audience"


def may_see(place: Place, index: AudienceIndex) -> Clause:
    """The rows of a place that its lists may see."""
    given = one_of_numbers(AUDIENCE, index.numbers_of(place.whole))
    cut = [_cut(each, place.report_type, index) for each in place.cut]
    bounds = index.bounds_of(place.lists)
    if bounds is None:
        return NEVER
    return all_of([_between(bounds), any_of([given, *cut]), _kept(place.without)])


def _cut(wanted: ReportList, report_type: ReportType, index: AudienceIndex) -> Clause:
    numbers = one_of_numbers(AUDIENCE, index.numbers_of([wanted.id]))
    return all_of([numbers, still_theirs(wanted, report_type)])


def still_theirs(wanted: ReportList, report_type: ReportType) -> Clause:
    """That a network which the list has now brings it the row.

    A name by which a list of domains got it may be masked; then any domain of the list counts.
    """
    if wanted.filter is FilterKind.DOMAIN:
        return ALWAYS if wanted.networks else NEVER
    return any_of(_brought(wanted.networks, report_type))


def _brought(networks: Iterable[SubscribedNetwork], report_type: ReportType) -> Iterable[Clause]:
    prefixes = report_type.subject.kind is SubjectKind.PREFIX
    for each in networks:
        if each.kind is FilterKind.ASN:
            yield Clause("list_contains(_origins, CAST(? AS UINTEGER))", (int(each.value),))
        elif each.kind is FilterKind.GEO:
            yield Clause("list_contains(_countries, ?)", (each.value,))
        elif each.kind is FilterKind.CIDR:
            yield subject_within(each.prefix, prefixes=prefixes)


def _between(bounds: Bounds) -> Clause:
    """What lets row groups be left out: files are sorted by subject."""
    if bounds.first_hi == bounds.first_lo == 0 and bounds.last_hi == bounds.last_lo == 2**64 - 1:
        return ALWAYS
    return Clause(
        f"(_subject_hi BETWEEN {HALF} AND {HALF} AND _subject_lo BETWEEN {HALF} AND {HALF})",
        (bounds.first_hi, bounds.last_hi, bounds.first_lo, bounds.last_lo),
    )


def _kept(without: Without) -> Clause:
    said = (("_rule", without.rules), ("_source", without.sources), ("_id", without.ids))
    return all_of(
        Clause(
            f"coalesce({quoted(name)} NOT IN ({', '.join('?' for _ in values)}), TRUE)",
            tuple(sorted(values)),
        )
        for name, values in said
        if values
    )
