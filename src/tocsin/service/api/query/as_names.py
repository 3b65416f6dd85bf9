"""Names of ASes that are asked for, as the numbers that rows have: the newest atlas tells."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable

import pyarrow.compute as pc

from tocsin.engine.atlas.lookup import Atlas
from tocsin.engine.search.conditions import Condition
from tocsin.engine.search.fields import AS_NAMES
from tocsin.service.api.atlases import newest_atlas
from tocsin.service.api.query.refusal import QueryRefused

MOST = 256
"""ASes that a name may be that of."""


def by_number(conditions: Iterable[Condition], now: dt.datetime) -> tuple[Condition, ...]:
    """The same conditions, those of names as conditions of numbers.

    A name is meant whole or by its first words, in any case; `*` at the end stands for the rest.
    """
    return tuple(
        Condition(AS_NAMES[each.field], _numbers(each, now)) if each.field in AS_NAMES else each
        for each in conditions
        if each.field not in AS_NAMES or each.values
    )


def _numbers(condition: Condition, now: dt.datetime) -> tuple[str, ...]:
    atlas = newest_atlas(now)
    if atlas is None:
        raise QueryRefused(
            f"{condition.field} cannot be asked for: there is no map with names of ASes here yet",
            todo="ask for asn",
        )
    found = sorted({number for said in condition.values for number in _named(atlas, said.lower())})
    if not found or len(found) > MOST:
        how_many = f"more than {MOST} ASes" if found else "no AS"
        raise QueryRefused(f"{condition.field}: {how_many} of that name", todo="ask for asn")
    return tuple(map(str, found))


def _named(atlas: Atlas, said: str) -> list[int]:
    names = pc.utf8_lower(atlas.layout.names.column("as_name"))
    if said.endswith("*"):
        fits = pc.starts_with(names, said[:-1])
    else:
        fits = pc.or_(pc.equal(names, said), pc.starts_with(names, f"{said} "))
    numbers: list[int] = atlas.layout.names.column("asn").filter(fits).to_pylist()
    return numbers
