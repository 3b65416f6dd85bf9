"""The schema of the catalogue for machines, in the form in which the original publishes its own.

    {"scan_ssh": {"name": "...", "classification.taxonomy": "vulnerable",
                  "classification.type": "vulnerable-system", "severity": "medium",
                  "fields": ["timestamp", ...]}, ...}

`catalogue/published.py` reads it. `severity` is ours: the original tells it elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Mapping

from tocsin.catalogue.entries import Catalogue, ReportType
from tocsin.model.columns import Column, ColumnKind


def published_schema(catalogue: Catalogue) -> bytes:
    """All report types that somebody has described: JSON, the same bytes every time."""
    return _json({name: _published(entry) for name, entry in described_types(catalogue).items()})


def described_types(catalogue: Catalogue) -> Mapping[str, ReportType]:
    """The report types that are more than what a file brought along."""
    types = catalogue.report_types.items()
    return {name: entry for name, entry in types if not entry.provisional}


def _published(entry: ReportType) -> Mapping[str, object]:
    said: dict[str, object] = {
        "name": entry.title,
        "severity": entry.severity.word,
        "fields": list(entry.column_names),
    }
    class_, _, type_ = entry.taxonomy.partition("/")
    if class_:
        said["classification.taxonomy"] = class_
        said["classification.type"] = type_
    return said


def row_schema(entry: ReportType) -> bytes:
    """A JSON Schema of a type's rows: cells by column, integers as numbers, empty ones left out."""
    return _json(
        {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": entry.id,
            "description": entry.title,
            "type": "object",
            "required": ["timestamp"],
            "additionalProperties": False,
            "properties": {column.name: _property(column) for column in entry.columns},
        }
    )


_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}$"


def _property(column: Column) -> Mapping[str, object]:
    said: dict[str, object] = {"description": column.description, "type": "string"}
    if column.kind is ColumnKind.INTEGER:
        said["type"] = "integer"
        bounds = {"minimum": column.least, "maximum": column.greatest}
        said |= {word: bound for word, bound in bounds.items() if bound is not None}
    elif column.kind is ColumnKind.TIME:
        said["pattern"] = _TIME
    return said


def _json(said: Mapping[str, object]) -> bytes:
    return json.dumps(said, indent=1, sort_keys=True, ensure_ascii=False).encode() + b"\n"
