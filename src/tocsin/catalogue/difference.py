"""What a published schema has that the catalogue lacks, and what the catalogue has that it lacks.

Reports are only ever appended to: what is new comes behind what there is, and what a schema has
left out stays.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

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
    pairs = [(each, catalogue.report_type(each.id)) for each in published]
    known = [(each, held) for each, held in pairs if held is not None and not held.provisional]
    new = tuple(each for each, held in pairs if held is None or held.provisional)
    appended = {held.id: _lacking(each.columns, held, catalogue) for each, held in known}
    gained = {name: columns for name, columns in appended.items() if columns}
    named = [
        *(c for columns in gained.values() for c in columns),
        *(c for t in new for c in t.columns),
    ]
    described = catalogue.columns.keys() | catalogue.column_aliases.keys()
    met = {held.id for _, held in known}
    return Difference(
        types=new,
        appended=gained,
        columns=tuple(dict.fromkeys(name for name in named if name not in described)),
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


def _lacking(columns: Iterable[str], held: ReportType, catalogue: Catalogue) -> tuple[str, ...]:
    names = {*held.column_names, *held.column_aliases}
    return tuple(
        name
        for name in columns
        if name not in names and catalogue.column_aliases.get(name) not in names
    )


def _missing(known: Iterable[tuple[PublishedType, ReportType]]) -> dict[str, tuple[str, ...]]:
    left_out = {
        held.id: tuple(name for name in held.column_names if name not in each.columns)
        for each, held in known
    }
    return {name: columns for name, columns in left_out.items() if columns}
