"""The version of a catalogue: a hash over what it means, however its files are laid out."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from enum import Enum
from functools import lru_cache
from typing import TypeAlias

from tocsin.catalogue.correlations import Correlation
from tocsin.catalogue.entries import Area, Observation, ReportType, Source
from tocsin.catalogue.families import Family
from tocsin.catalogue.rules import Rule
from tocsin.model.columns import Column

Canonical: TypeAlias = "dict[str, Canonical] | list[Canonical] | str | int | bool | None"
Canonicals: TypeAlias = Mapping[
    str, Column | str | Area | ReportType | Source | Rule | Observation | Correlation
]

FORMAT = 1


def canonical_form(
    columns: Mapping[str, Column],
    column_aliases: Mapping[str, str],
    areas: Mapping[str, Area],
    report_types: Mapping[str, ReportType],
    sources: Mapping[str, Source],
    rules: Mapping[str, Rule],
    observations: Mapping[str, Observation],
    correlations: Mapping[str, Correlation],
    families: Mapping[str, Family],
) -> dict[str, Canonical]:
    """The whole catalogue as JSON values; nothing of it depends on files.

    Order counts where it means something (a report's columns) and nowhere else.
    """
    parts: dict[str, Canonicals] = {
        "columns": columns,
        "column_aliases": column_aliases,
        "areas": areas,
        "report_types": report_types,
        "sources": sources,
    }
    plain = {name: canonical(held) for name, held in parts.items()}
    if rules:
        # Whose rules they are is a matter of what sources extend; without rules it means nothing.
        plain["rules"] = canonical(rules)
        plain["extends"] = {name: source.extends for name, source in sources.items()}
    if observations:
        plain["observations"] = canonical(observations)
    if correlations:
        plain["correlations"] = canonical(correlations)
    if families:
        plain["families"] = {name: list(each.aliases) for name, each in families.items()}
    return {"format": FORMAT, **plain}


def version_of(form: Mapping[str, Canonical]) -> str:
    """SHA-256 of the canonical form, hexadecimal."""
    text = json.dumps(form, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def canonical(value: object) -> Canonical:
    """A value of the catalogue as JSON; TypeError for what no catalogue holds."""
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
        fields = [f for f in dataclasses.fields(value) if f.metadata.get("canonical", True)]
        return {field.name: canonical(getattr(value, field.name)) for field in fields}
    raise TypeError(f"a catalogue holds no {type(value).__name__}")
