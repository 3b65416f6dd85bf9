"""What a row's terms hide: masked columns are emptied, the giver is shown as they want to be.

Everything that people see is made from rows that went through here, so what terms hide stands in
none of Tocsin's own columns either.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.catalogue.entries import DomainColumn, ReportType, SubjectKind
from tocsin.engine.intake.domains import domain_of
from tocsin.engine.nightly.masking import Masking
from tocsin.model.errors import RunError
from tocsin.model.terms import Credit, Terms

NO_ALIASES: Final[Mapping[str, str]] = MappingProxyType({})

_CREDITED = ("public_source", "source")
_GIVER = (*_CREDITED, "sensor")
_ORIGIN = ("_sensor", "_file", "_line")

_UNNAMED = "~"

_Flags = NDArray[np.bool_]


def apply_terms(
    table: pa.Table, report_type: ReportType, aliases: Mapping[str, str] = NO_ALIASES
) -> pa.Table:
    """The rows as their terms allow them to be seen; same columns, same order.

    `table` has the type's columns and Tocsin's own. `aliases`: older name -> name of a column,
    of the whole catalogue. The subject's own column is never emptied: without it nobody could
    act on the row. Where the giver is not named, `_source` holds the source's token. RunError
    for a row without terms.
    """
    terms, numbers = _distinct_terms(table.column("_terms"))
    hidden = [hidden_columns(each, report_type, aliases) for each in terms]
    credited = next((name for name in _CREDITED if report_type.column(name)), "")
    givers = [_giver_columns(each, report_type, aliases) - {credited} for each in terms]
    for name in report_type.column_names:
        table = _without(table, name, _rows([name in each for each in hidden], numbers))
        table = _without(table, name, _rows([name in each for each in givers], numbers))
    if credited:
        table = _replaced(table, credited, _credits(table.column(credited), terms, numbers))
    maskings = [_of_cells(each, report_type, aliases) for each in terms]
    table = _replaced(table, "_extra", _extras(table.column("_extra"), maskings, numbers))
    unnamed = _rows([each.credit is not Credit.NAME for each in terms], numbers)
    for name in _ORIGIN:
        table = _without(table, name, unnamed)
    table = _replaced(table, "_source", _sources(table.column("_source"), unnamed))
    return _with_seen_domains(table, report_type, hidden, numbers)


def source_token(name: str) -> str:
    """What stands for a source that is not named: the same for the same name, and no name.

    `~`, which no name has, and sixteen hexadecimal digits; a token stands for itself. Who can
    guess the name can tell that it is the one.
    """
    if name.startswith(_UNNAMED):
        return name
    return _UNNAMED + hashlib.sha256(name.encode()).hexdigest()[:16]


def hidden_columns(
    terms: Terms, report_type: ReportType, aliases: Mapping[str, str] = NO_ALIASES
) -> frozenset[str]:
    """The type's columns that the terms mask, and those that tell where a masked address lies."""
    return _hidden(Masking(terms.masked, report_type, aliases), report_type)


def _giver_columns(
    terms: Terms, report_type: ReportType, aliases: Mapping[str, str]
) -> frozenset[str]:
    """The columns that name a giver who does not want it."""
    if terms.credit is Credit.NAME:
        return frozenset()
    return _hidden(Masking(_GIVER, report_type, aliases), report_type)


def _hidden(masking: Masking, report_type: ReportType) -> frozenset[str]:
    return frozenset(name for name in report_type.column_names if masking.hides_column(name))


def _of_cells(terms: Terms, report_type: ReportType, aliases: Mapping[str, str]) -> Masking:
    """What is hidden among the cells without a column."""
    giver = () if terms.credit is Credit.NAME else _GIVER
    return Masking({*terms.masked, *giver}, report_type, aliases)


def _distinct_terms(column: pa.ChunkedArray) -> tuple[list[Terms], NDArray[np.int64]]:
    """The different terms of the rows, and which of them each row has."""
    if column.null_count:
        raise RunError(
            f"{column.null_count} of the rows carry no terms, so nobody may see them",
            todo="collect their files again, and replay the day",
        )
    encoded = _one_array(column.dictionary_encode())
    terms = [Terms.from_text(text) for text in encoded.dictionary.to_pylist()]
    return terms, encoded.indices.to_numpy().astype(np.int64)


def _one_array(column: pa.ChunkedArray) -> pa.Array:
    combined = column.unify_dictionaries().combine_chunks()
    if not isinstance(combined, pa.ChunkedArray):
        return combined
    return combined.chunk(0) if combined.num_chunks else pa.array([], column.type)


def _rows(flags: Sequence[bool], numbers: NDArray[np.int64]) -> _Flags:
    """For each row what is said of its terms."""
    found: _Flags = np.array(flags, dtype=np.bool_)[numbers]
    return found


def _replaced(table: pa.Table, name: str, values: pa.ChunkedArray) -> pa.Table:
    position = table.column_names.index(name)
    field = table.schema.field(position)
    if values.type != field.type:
        values = values.dictionary_encode()
    return table.set_column(position, field, values)


def _plain(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """A column whose texts may be coded, as texts."""
    return column.cast(column.type.value_type) if _is_coded(column) else column


def _is_coded(column: pa.ChunkedArray) -> bool:
    return bool(pa.types.is_dictionary(column.type))


def _without(table: pa.Table, name: str, where: _Flags) -> pa.Table:
    """The table with the column emptied in those rows."""
    if not where.any():
        return table
    column = _plain(table.column(name))
    nothing = pa.scalar(None, column.type)
    return _replaced(table, name, pc.if_else(pa.array(where), nothing, column))


def _credits(
    column: pa.ChunkedArray, terms: Sequence[Terms], numbers: NDArray[np.int64]
) -> pa.ChunkedArray:
    """Label or nothing in place of the name; a given name only where the source wrote none."""
    stated = pa.array([each.credit_text or None for each in terms], pa.string())
    stated = stated.take(pa.array(numbers))
    as_written = np.array([each.credit is Credit.NAME for each in terms], dtype=np.bool_)
    hidden = np.array([each.credit is Credit.HIDDEN for each in terms], dtype=np.bool_)
    stated = pc.if_else(pa.array(hidden[numbers]), pa.scalar(None, pa.string()), stated)
    written = pc.coalesce(_plain(column), stated)
    return pc.if_else(pa.array(as_written[numbers]), written, stated)


def _sources(column: pa.ChunkedArray, unnamed: _Flags) -> pa.ChunkedArray:
    """Tokens in place of the names of sources that are not named."""
    if not unnamed.any():
        return column
    names = _one_array(column.dictionary_encode())
    tokens = pa.array([source_token(name) for name in names.dictionary.to_pylist()], pa.string())
    return pc.if_else(pa.array(unnamed), tokens.take(names.indices), _plain(column))


def _extras(
    column: pa.ChunkedArray, maskings: Sequence[Masking], numbers: NDArray[np.int64]
) -> pa.ChunkedArray:
    """Cells without a column of their own are hidden under whatever name they have."""
    if column.null_count == len(column) or all(masking.is_empty for masking in maskings):
        return column
    texts = column.to_pylist()
    for row, text in enumerate(texts):
        if text is not None:
            texts[row] = _seen_cells(text, maskings[numbers[row]])
    return pa.chunked_array([pa.array(texts, pa.string())])


def _seen_cells(text: str, masking: Masking) -> str | None:
    if masking.is_empty:
        return text
    said = json.loads(text)
    kept = {name: value for name, value in said.items() if not masking.hides(name)}
    if len(kept) == len(said):
        return text
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":")) if kept else None


def _with_seen_domains(
    table: pa.Table,
    report_type: ReportType,
    hidden: Sequence[frozenset[str]],
    numbers: NDArray[np.int64],
) -> pa.Table:
    """Names out of emptied columns leave `_domains`; those that another column shows stay."""
    declared = _domain_columns(report_type)
    where = _rows([any(each.column in names for each in declared) for names in hidden], numbers)
    column = table.column("_domains")
    if not where.any() or column.null_count == len(column):
        return table
    names = column.to_pylist()
    cells = {each.column: table.column(each.column).to_pylist() for each in declared}
    for row in np.flatnonzero(where).tolist():
        seen = {domain_of(cells[each.column][row] or "", each.form) for each in declared}
        names[row] = [name for name in names[row] or () if name in seen] or None
    return _replaced(table, "_domains", pa.chunked_array([pa.array(names, column.type)]))


def _domain_columns(report_type: ReportType) -> tuple[DomainColumn, ...]:
    """The columns whose names domain lists may match, the subject's among them."""
    subject = report_type.subject
    if subject.kind is not SubjectKind.DOMAIN:
        return report_type.domain_columns
    return (DomainColumn(subject.column, subject.domain_form), *report_type.domain_columns)
