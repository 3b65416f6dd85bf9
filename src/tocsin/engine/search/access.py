"""Whose rows a search may find: what the night gave to the lists, and what is theirs still."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

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
    subject_within,
    under_domain,
)
from tocsin.engine.search.values import Place, Without

AUDIENCE = "_audience"
_TELLS_NONE = Clause("coalesce(len(_domains), 0) = 0")


def may_see(place: Place, index: AudienceIndex) -> Clause:
    """The rows of a place that its lists may see."""
    given = one_of_numbers(AUDIENCE, index.numbers_of(place.whole))
    cut = [_cut(each, place.report_type, index) for each in place.cut]
    bounds = index.bounds_of(place.lists)
    if bounds is None:
        return NEVER
    return all_of([_between(bounds), any_of([given, *cut]), _kept(place.without)])


def may_see_several(places: Sequence[Place], indexes: Sequence[AudienceIndex]) -> Clause:
    """The same for several places that differ in their day alone, none of them cut, by their place
    in the list of files.
    """
    if len(places) == 1:
        return may_see(places[0], indexes[0])
    bounds, files, numbers = [], [], []
    for number, (place, index) in enumerate(zip(places, indexes, strict=True)):
        theirs = index.numbers_of(place.whole)
        bound = index.bounds_of(place.whole)
        if bound is not None:
            bounds.append(bound)
            files += [number] * len(theirs)
            numbers += theirs
    if not bounds:
        return NEVER
    pairs = (
        "(file_index, _audience) IN "
        "(SELECT (unnest(CAST(? AS UBIGINT[])), unnest(CAST(? AS INTEGER[]))))"
    )
    around = Bounds(
        min(each.first_hi for each in bounds),
        max(each.last_hi for each in bounds),
        min(each.first_lo for each in bounds),
        max(each.last_lo for each in bounds),
    )
    return all_of([_between(around), Clause(pairs, (files, numbers)), _kept(places[0].without)])


def _cut(wanted: ReportList, report_type: ReportType, index: AudienceIndex) -> Clause:
    numbers = one_of_numbers(AUDIENCE, index.numbers_of([wanted.id]))
    return all_of([numbers, still_theirs(wanted, report_type)])


def still_theirs(wanted: ReportList, report_type: ReportType) -> Clause:
    """That a network which the list has now brings it the row.

    The names by which a list of domains got it may be masked; if the row tells none at all, any
    domain of the list counts. A row that tells names of others alone is the list's no more.
    """
    if wanted.filter is FilterKind.DOMAIN and wanted.networks:
        return any_of([_TELLS_NONE, *_brought(wanted.networks, report_type)])
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
        else:
            yield under_domain(each.value)


def _between(bounds: Bounds) -> Clause:
    """What lets row groups be left out: files are sorted by subject."""
    if bounds.first_hi == bounds.first_lo == 0 and bounds.last_hi == bounds.last_lo == 2**64 - 1:
        return ALWAYS
    return Clause(
        f"(_subject_hi BETWEEN {HALF} AND {HALF} AND _subject_lo BETWEEN {HALF} AND {HALF})",
        (bounds.first_hi, bounds.last_hi, bounds.first_lo, bounds.last_lo),
    )


def _kept(without: Without) -> Clause:
    said = (
        ("split_part(_rule, '@', 1)", without.rules),
        ("_source", without.sources),
        ("_sensor", without.sensors),
        ("_id", without.ids),
    )
    named = [
        Clause(
            f"coalesce({what} NOT IN ({', '.join('?' for _ in values)}), TRUE)",
            tuple(sorted(values)),
        )
        for what, values in said
        if values
    ]
    same = (
        f"NOT coalesce(_subject_hi = {HALF} AND _subject_lo = {HALF} "
        "AND coalesce(_subject_len, 128) = ?, FALSE)"
    )
    return all_of([*named, *(Clause(same, each) for each in sorted(without.subjects))])
