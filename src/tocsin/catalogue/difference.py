"""What a published schema has that the catalogue lacks, and what the catalogue has that it lacks.

Reports are only ever appended to: what is new comes behind what there is, and what a schema has
left out stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from tocsin.catalogue.entries import Catalogue, ReportType
from tocsin.catalogue.published import PublishedType


@dataclass(frozen=True, slots=True)
class Difference:
    """`types`: new ones. `appended`: type -> columns it gains. `columns`: names nobody described.

    Told, and left as they are: `missing_types` and `missing_columns` are ours and not the
    schema's; `severities` are those that the schema sets otherwise, ours first.
    """

    types: tuple[PublishedType, ...]
    appended: Mapping[str, tuple[str, ...]]
    columns: tuple[str, ...]
    missing_types: tuple[str, ...]
    missing_columns: Mapping[str, tuple[str, ...]]
    severities: Mapping[str, tuple[str, str]]

    @property
    def adds(self) -> bool:
        """Whether the catalogue would gain anything."""
        return bool(self.types or self.appended)


def difference(catalogue: Catalogue, published: Sequence[PublishedType]) -> Difference:
    """Hold a schema against the catalogue; older names of types and columns are the same ones."""
    pairs = _by_our_names(catalogue, published)
    known = [(each, held) for each, held in pairs if held is not None]
    new = tuple(each for each, held in pairs if held is None)
    appended = {held.id: _lacking(each, held) for each, held in known}
    gained = {name: columns for name, columns in appended.items() if columns}
    named = [
        *(c for columns in gained.values() for c in columns),
        *(c for t in new for c in t.columns),
    ]
    met = {held.id for _, held in known}
    return Difference(
        types=new,
        appended=gained,
        columns=tuple(dict.fromkeys(name for name in named if name not in catalogue.columns)),
        missing_types=tuple(
            held.id
            for held in catalogue.report_types.values()
            if held.id not in met and not held.provisional
        ),
        missing_columns=_missing(known),
        severities={
            held.id: (held.severity.word, each.severity)
            for each, held in known
            if each.severity not in ("", held.severity.word)
        },
    )


Pair = tuple[PublishedType, ReportType | None]
"""A published type in our words, and ours that it is; None if nobody has described it."""


def _by_our_names(catalogue: Catalogue, published: Iterable[PublishedType]) -> list[Pair]:
    """One pair a type. What a schema says under the type's own name goes before an older one."""
    found: dict[str, Pair] = {}
    for each in sorted(published, key=lambda each: each.id not in catalogue.report_types):
        held = catalogue.report_type(each.id)
        held = None if held is None or held.provisional else held
        said = replace(
            each,
            id=each.id if held is None else held.id,
            columns=tuple(dict.fromkeys(_our_name(name, held, catalogue) for name in each.columns)),
        )
        before = found.get(said.id)
        found[said.id] = (said if before is None else _merged(before[0], said), held)
    return list(found.values())


def _our_name(name: str, held: ReportType | None, catalogue: Catalogue) -> str:
    if held is not None and held.column(name) is None:
        name = held.column_aliases.get(name, name)
    return name if name in catalogue.columns else catalogue.column_aliases.get(name, name)


def _merged(one: PublishedType, other: PublishedType) -> PublishedType:
    columns = tuple(dict.fromkeys((*one.columns, *other.columns)))
    return replace(one, severity=one.severity or other.severity, columns=columns)


def _lacking(each: PublishedType, held: ReportType) -> tuple[str, ...]:
    return tuple(name for name in each.columns if held.column(name) is None)


def _missing(known: Iterable[tuple[PublishedType, ReportType]]) -> dict[str, tuple[str, ...]]:
    left_out = {
        held.id: tuple(name for name in held.column_names if name not in each.columns)
        for each, held in known
    }
    return {name: columns for name, columns in left_out.items() if columns}
