"""Which places the indexes of their nights tell all of, and which have to be read."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path

from tocsin.catalogue.entries import ReportType
from tocsin.engine.search.conditions import takes_type
from tocsin.engine.search.night_index import night_index
from tocsin.engine.search.night_search import Sought, too_broad
from tocsin.engine.search.night_terms import NEVER, Terms, terms_of
from tocsin.engine.search.statements import Asked
from tocsin.engine.search.values import Place, Without

_NOTHING = Without()


def indexed(places: Sequence[Place], asked: Asked) -> tuple[list[Sought], list[Place]]:
    """The places by night, as far as indexes tell what is asked of them; and the others.

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
    told = list(_opened(nights, others))
    order = {id(place): number for number, place in enumerate(places)}
    return told, sorted(others, key=lambda each: order[id(each)])


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
            if terms in broad or index.number(place.unit.stem) is None:
                others.append(place)
            else:
                told.append((place, terms))
        yield Sought(index, told)
