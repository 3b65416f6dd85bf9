"""Which places the indexes of their nights tell all of, and which have to be read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from tocsin.catalogue.entries import ReportType
from tocsin.engine.search.conditions import takes_type
from tocsin.engine.search.night_index import night_index
from tocsin.engine.search.night_search import Sought, too_broad
from tocsin.engine.search.night_terms import NEVER, Terms, terms_of
from tocsin.engine.search.statements import Asked
from tocsin.engine.search.values import Place, Without

_NOTHING = Without()


class Indexed(NamedTuple):
    """Places by what tells what is asked of their rows.

    told: by night, where its index does. by_line: where the index and lines in packs do. others:
    published files alone do, in order.
    """

    told: list[Sought]
    by_line: list[Sought]
    others: list[Place]


def indexed(places: Sequence[Place], asked: Asked) -> Indexed:
    """The places by what tells of them; those that have none of the rows are left out.

    A place of which rows are kept back, or a list has lost a network since, is one of the others.
    """
    terms: dict[str, Terms | None] = {}
    nights: dict[Path, list[tuple[Place, Terms]]] = defaultdict(list)
    others: list[Place] = []
    for place in places:
        kind = place.report_type
        if kind.id not in terms:
            terms[kind.id] = _asked_of(kind, asked)
        meant = terms[kind.id]
        if meant is None or place.night is None or place.cut or place.without != _NOTHING:
            others.append(place)
        elif not meant.never:
            nights[place.night].append((place, meant))
    opened = list(_opened(nights, others))
    return Indexed(
        [_those(each, beside=False) for each in opened],
        [_those(each, beside=True) for each in opened],
        in_order(places, others),
    )


def in_order(places: Sequence[Place], some: Iterable[Place]) -> list[Place]:
    """Some of the places, in the order of all."""
    wanted = {id(each) for each in some}
    return [each for each in places if id(each) in wanted]


def _those(night: Sought, *, beside: bool) -> Sought:
    """The places of which something is asked that the index does not tell; or the others."""
    return Sought(night.index, [each for each in night.places if bool(each[1].beside) is beside])


def _asked_of(report_type: ReportType, asked: Asked) -> Terms | None:
    if not takes_type(asked.conditions, report_type):
        return NEVER
    return terms_of(asked.conditions, report_type, asked.fields)


def _opened(nights: dict[Path, list[tuple[Place, Terms]]], others: list[Place]) -> Iterator[Sought]:
    """The nights whose index there is; places that it does not tell of go to the others."""
    for path, places in nights.items():
        index = night_index(path)
        if index is None:
            others += [place for place, _ in places]
            continue
        broad = {terms for terms in {each for _, each in places} if too_broad(index, terms)}
        told = []
        for place, terms in places:
            number = index.number(place.unit.stem)
            if terms in broad or number is None or (terms.beside and not _has_lines(place)):
                others.append(place)
            else:
                told.append((place, terms))
        yield Sought(index, told)


def _has_lines(place: Place) -> bool:
    return place.pack is not None and place.pack.exists()
