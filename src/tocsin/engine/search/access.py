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


def may_see(places: Sequence[Place], indexes: Sequence[AudienceIndex]) -> Clause:
    """The rows of some places that their lists may see, by their place in the list of files.

    The places differ in their days, types and whole lists alone; if lists are cut, their subjects
    are all prefixes or all something else.
    """
    bounds = [index.bounds_of(each.lists) for each, index in zip(places, indexes, strict=True)]
    known = [each for each in bounds if each is not None]
    if not known:
        return NEVER
    first = places[0]
    whole = _given([each.whole for each in places], indexes)
    cut = [
        all_of([_given([(each.id,)] * len(places), indexes), still_theirs(each, first.report_type)])
        for each in first.cut
    ]
    around = Bounds(
        min(each.first_hi for each in known),
        max(each.last_hi for each in known),
        min(each.first_lo for each in known),
        max(each.last_lo for each in known),
    )
    return all_of([_between(around), any_of([whole, *cut]), _kept(first.without)])


def _given(lists: Sequence[Iterable[int]], indexes: Sequence[AudienceIndex]) -> Clause:
    """That a row went to one of the lists that are named for its file."""
    by_file = [index.numbers_of(each) for each, index in zip(lists, indexes, strict=True)]
    if len(by_file) == 1:
        return one_of_numbers(AUDIENCE, by_file[0])
    files = [file for file, numbers in enumerate(by_file) for _ in numbers]
    if not files:
        return NEVER
    return Clause(
        "(file_index, _audience) IN "
        "(SELECT (unnest(CAST(? AS UBIGINT[])), unnest(CAST(? AS INTEGER[]))))",
        (files, [each for numbers in by_file for each in numbers]),
    )


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
