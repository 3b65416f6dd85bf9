"""Rows for the tests of other vocabularies: made of cells, as a report would have them."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from functools import cache

from jsonschema import Draft202012Validator, FormatChecker

from tocsin.catalogue.entries import Catalogue, ReportType
from tocsin.catalogue.files import SHIPPED
from tocsin.catalogue.interop_entries import OtherVocabulary
from tocsin.catalogue.interop_load import load_vocabularies
from tocsin.catalogue.load import load_catalogue
from tocsin.engine.interop.row import Reporter, Row, cells_of_line, taken_apart
from tocsin.engine.nightly.cells import Cell, plain_line
from tocsin.model.columns import ColumnKind
from tocsin.model.terms import Tlp

REPORTER = Reporter("Example CERT", "reports@example.org", "cert-xx.example.org")
ID = "6a1e7e2c-0000-4000-8000-00000000002a"


@cache
def catalogue() -> Catalogue:
    return load_catalogue()


@cache
def vocabularies() -> Mapping[str, OtherVocabulary]:
    return load_vocabularies(catalogue())


def row_of(entry: ReportType, cells: Mapping[str, str], tlp: Tlp = Tlp.AMBER) -> Row:
    """The row with these cells as a report of that type writes it."""
    typed: list[Cell] = []
    for column in entry.columns:
        cell = cells.get(column.name, "")
        typed.append(_typed(column.kind, cell) if cell else None)
    header = plain_line([column.name for column in entry.columns]).rstrip("\n")
    line = plain_line(typed).removesuffix("\n")
    return Row(header, line, cells_of_line(taken_apart(header), line), ID, tlp)


def _typed(kind: ColumnKind, cell: str) -> Cell:
    if kind is ColumnKind.INTEGER:
        return int(cell)
    if kind is ColumnKind.TIME:
        return dt.datetime.fromisoformat(cell).replace(tzinfo=dt.UTC)
    return cell


@cache
def validator(name: str) -> Draft202012Validator:
    """What holds objects against the schema that ships for a vocabulary."""
    path = SHIPPED / "interop" / f"{name}.schema.json"
    return Draft202012Validator(json.loads(path.read_text()), format_checker=FormatChecker())


def misfits(name: str, said: object) -> list[str]:
    """In what an object departs from the schema."""
    return [error.message[:300] for error in validator(name).iter_errors(said)]
