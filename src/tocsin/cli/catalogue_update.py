"""What `tocsin catalogue update` says of a published schema."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from tocsin.catalogue.difference import Difference
from tocsin.cli.shown import plural


def difference_value(found: Difference) -> Mapping[str, object]:
    """For machines."""
    return {
        "report_types": [each.id for each in found.types],
        "appended": {name: list(columns) for name, columns in found.appended.items()},
        "columns": list(found.columns),
        "not_in_schema": {
            "report_types": list(found.missing_types),
            "columns": {name: list(columns) for name, columns in found.missing_columns.items()},
        },
        "severities": {name: list(words) for name, words in found.severities.items()},
    }


def difference_shown(found: Difference, record: Path | None) -> str:
    """For people. `record`: what was written; None if nothing was."""
    return "\n".join(_lines(found, record))


def _lines(found: Difference, record: Path | None) -> Iterator[str]:
    if not found.adds:
        yield "The schema has nothing that this catalogue lacks."
    for each in found.types:
        yield f"New report type {each.id}: {each.title}, {plural(len(each.columns), 'column')}."
    for name, columns in found.appended.items():
        yield f"{name} ends with {_some(columns)} from now on."
    if found.columns:
        yield f"Not described by anybody yet: {_some(found.columns)}."
    if found.missing_types:
        yield f"Not in the schema, and kept: {_some(found.missing_types)}."
    for name, columns in found.missing_columns.items():
        yield f"Not in the schema's {name}, and kept: {_some(columns)}."
    for name, (ours, theirs) in found.severities.items():
        yield f"{name} is {theirs} in the schema and stays {ours} here."
    if record is not None:
        yield f"Written down in {record}."


_SOME = 12


def _some(names: Sequence[str]) -> str:
    more = len(names) - _SOME
    return ", ".join(names[:_SOME]) + (f" and {more} more" if more > 0 else "")
