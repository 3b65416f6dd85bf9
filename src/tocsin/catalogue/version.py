"""The version of a catalogue: a hash over what it means, however its files are laid out."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Hashable, Mapping
from enum import Enum
from functools import lru_cache
from typing import TypeAlias, cast

from tocsin.catalogue.correlations import Correlation
from tocsin.catalogue.entries import Area, Observation, ReportType, Source
from tocsin.catalogue.families import Family
from tocsin.catalogue.kept import Kept
from tocsin.catalogue.rules import Rule
from tocsin.model.columns import Column

Canonical: TypeAlias = "dict[str, Canonical] | list[Canonical] | str | int | bool | None"
Canonicals: TypeAlias = Mapping[
    str, Column | Area | ReportType | Source | Rule | Observation | Correlation
]

FORMAT = 1


def version_of(
    columns: Mapping[str, Column],
    column_aliases: Mapping[str, str],
    areas: Mapping[str, Area],
    report_types: Mapping[str, ReportType],
    sources: Mapping[str, Source],
    rules: Mapping[str, Rule],
    observations: Mapping[str, Observation],
    correlations: Mapping[str, Correlation],
    families: Mapping[str, Family],
) -> str:
    """SHA-256, hexadecimal, of the whole catalogue as JSON; nothing of it depends on files.

    Order counts where it means something (a report's columns) and nowhere else.
    """
    parts: dict[str, Canonicals] = {
        "columns": columns,
        "areas": areas,
        "report_types": report_types,
        "sources": sources,
    }
    # What a catalogue may be without is named only where it is there.
    optional: dict[str, Canonicals] = {
        "rules": rules,
        "observations": observations,
        "correlations": correlations,
    }
    parts |= {name: held for name, held in optional.items() if held}
    texts = {name: _part(held) for name, held in parts.items()}
    texts["format"] = _json(FORMAT)
    texts["column_aliases"] = _json(dict(column_aliases))
    if rules:
        # Whose rules they are is a matter of what sources extend; without rules it means nothing.
        texts["extends"] = _json({name: source.extends for name, source in sources.items()})
    if families:
        texts["families"] = _json({name: list(each.aliases) for name, each in families.items()})
    return hashlib.sha256(_mapping(texts).encode()).hexdigest()


def _json(value: Canonical | Mapping[str, Canonical]) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _mapping(texts: Mapping[str, str]) -> str:
    """A mapping of JSON from the texts of what it holds, as `_json` would write it whole."""
    return "{" + ",".join(f"{_json(name)}:{texts[name]}" for name in sorted(texts)) + "}"


_PARTS: Kept[str] = Kept(32)
_ENTRIES: Kept[str] = Kept(2048)


def _part(entries: Canonicals) -> str:
    """Entries by the names that they have themselves: the same entries have the same ones."""
    made_of = tuple(entries.values())
    return _PARTS.of(made_of, lambda: _mapping({n: _entry(e) for n, e in entries.items()})) or ""


def _entry(value: object) -> str:
    return _ENTRIES.of((value,), lambda: _json(canonical(value))) or ""


def canonical(value: object) -> Canonical:
    """A value of the catalogue as JSON; TypeError for what no catalogue holds."""
    if type(value) is str:  # most are
        return value
    if isinstance(value, Enum):
        return value.name.lower()
    if value is None or isinstance(value, str | int):
        return value
    if isinstance(value, dt.timedelta | dt.time):
        return str(value)
    return _of_column(value) if isinstance(value, Column) else _container(value)


@lru_cache(maxsize=4096)
def _of_column(value: Column) -> Canonical:
    """Most types have most columns in common; what comes out is not to be changed."""
    return _container(value)


def _container(value: object) -> Canonical:
    if isinstance(value, Mapping):
        return {str(key): canonical(held) for key, held in value.items()}
    if isinstance(value, frozenset):
        return sorted((canonical(held) for held in value), key=str)
    if isinstance(value, tuple | list):
        return [canonical(held) for held in value]
    if dataclasses.is_dataclass(value):
        kind = cast(Hashable, type(value))  # as every class is, which mypy does not see here
        return {name: canonical(getattr(value, name)) for name in _meant(kind)}
    raise TypeError(f"a catalogue holds no {type(value).__name__}")


@lru_cache(maxsize=64)
def _meant(kind: type) -> tuple[str, ...]:
    """The names of the fields of a dataclass that mean something."""
    return tuple(f.name for f in dataclasses.fields(kind) if f.metadata.get("canonical", True))
