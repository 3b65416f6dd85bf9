"""One name for each family of malware, whatever a sensor calls it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.catalogue.families import ALIKE, Family, folded
from tocsin.engine.joined_texts import joined
from tocsin.engine.lake.coded import is_coded

NAMED: Final = ("infection", "family")
"""The columns whose cells are families."""

SAID: Final = "family_said"
"""Beside the columns of a record: what stood there before."""


@dataclass(frozen=True)
class FamilyNames:
    """What may be said for a family, as it is compared, and the family's name for each."""

    keys: pa.StringArray
    names: pa.StringArray


def family_names(families: Mapping[str, Family]) -> FamilyNames:
    """The names of families by all that is said for them, their own names among it."""
    found = {
        folded(said): family.name
        for family in families.values()
        for said in (*family.aliases, family.name)
    }
    return FamilyNames(pa.array(found, pa.string()), pa.array(found.values(), pa.string()))


def with_family_names(columns: Mapping[str, pa.Array], known: FamilyNames) -> dict[str, pa.Array]:
    """The columns with one name for each family that is known; `family_said` is what was said.

    Two different things that were said stand there with `;` between them.
    """
    found = dict(columns)
    said: list[pa.Array] = []
    for name in NAMED:
        if name not in columns:
            continue
        renamed = _renamed(columns[name], known)
        if renamed is not None:
            found[name], before = renamed
            said.append(before)
    if said:
        before = said[0] if len(said) == 1 else _both(*said)
        found[SAID] = pc.coalesce(before, columns[SAID]) if SAID in columns else before
    return found


def _renamed(column: pa.Array, known: FamilyNames) -> tuple[pa.Array, pa.Array] | None:
    """The cells by their families' names, and of those that changed what they were; None if none.

    Each distinct value is looked at once.
    """
    coded = column if is_coded(column.type) else column.dictionary_encode()
    values = coded.dictionary
    names = pc.coalesce(known.names.take(_places(values, known)), values)
    changed = pc.not_equal(names, values)
    codes = coded.indices
    if not pc.any(changed.take(codes)).as_py():
        return None
    before = pc.if_else(changed, values, pa.scalar(None, pa.string()))
    return names.take(codes), before.take(codes)


def _places(values: pa.StringArray, known: FamilyNames) -> pa.Int32Array:
    """Where each value stands among the known ones, null for the others."""
    lower = pc.ascii_lower(values)
    for alike in ALIKE:
        lower = pc.replace_substring(lower, alike, "-")
    return pc.index_in(lower, value_set=known.keys)


def _both(first: pa.Array, second: pa.Array) -> pa.Array:
    """What was said in either column, and in both where they differ."""
    said = pc.coalesce(first, second)
    differ = pc.fill_null(pc.not_equal(first, second), False)
    if not pc.any(differ).as_py():
        return said
    return pc.if_else(differ, joined([first, second], ";"), said)
