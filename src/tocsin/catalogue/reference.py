"""The reference pages, made from the catalogue: an index, a page a type, columns, sources."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from tocsin.catalogue.entries import Catalogue, ReportType
from tocsin.catalogue.reference_index import index_page
from tocsin.catalogue.reference_related import Relations
from tocsin.catalogue.reference_sources import sources_page
from tocsin.catalogue.reference_types import type_page
from tocsin.catalogue.reference_words import code, listed, table
from tocsin.catalogue.whole_files import write_whole
from tocsin.model.columns import Column, ColumnKind

MARK: Final = "<!-- Made from the catalogue by `tocsin catalogue reference`; edits are lost. -->"

_KINDS: Final[Mapping[ColumnKind, str]] = {
    ColumnKind.TEXT: "Any text, in quotes. Line breaks in it are replaced by blanks.",
    ColumnKind.INTEGER: "A whole number, bare.",
    ColumnKind.DECIMAL: "A decimal number as the source wrote it, in quotes.",
    ColumnKind.TIME: "`YYYY-MM-DD HH:MM:SS`, UTC, in quotes.",
    ColumnKind.ADDRESS: "An IPv4 or IPv6 address (RFC 5952), in quotes; in some types a prefix.",
    ColumnKind.BOOLEAN: "A truth value in the source's own word, in quotes.",
    ColumnKind.LIST: "Words joined with `;`, in quotes.",
}

_FEW_TYPES = 3
"""As many reports are named beside a column that only they have."""


def reference_pages(
    catalogue: Catalogue,
    retired: Iterable[str] = (),
    families: Mapping[str, str] | None = None,
) -> Mapping[str, str]:
    """Path below docs/reference -> Markdown. Provisional types are left out.

    `retired`: names of columns of older files only. `families`: type -> its family, for people.
    """
    types = [entry for entry in catalogue.report_types.values() if not entry.provisional]
    relations = Relations(types, families or {})
    pages = {
        "README.md": index_page(catalogue, types, relations),
        "columns.md": _columns_page(catalogue, types, frozenset(retired), relations),
        "sources.md": sources_page(catalogue),
    }
    for each in types:
        pages[f"report-types/{each.id}.md"] = type_page(catalogue, each, relations)
    return {path: f"{MARK}\n\n{text.rstrip()}\n" for path, text in sorted(pages.items())}


def compare_pages(directory: pathlib.Path, pages: Mapping[str, str]) -> tuple[str, ...]:
    """Names of pages that are missing, differ, or are left over from an earlier catalogue."""
    differing = [name for name, text in pages.items() if _text_of(directory / name) != text]
    return tuple(sorted([*differing, *_left_over(directory, pages)]))


def write_pages(directory: pathlib.Path, pages: Mapping[str, str]) -> None:
    """Make the directory hold these pages, and none of ours beside them."""
    for name in _left_over(directory, pages):
        (directory / name).unlink()
    for name, text in pages.items():
        path = directory / name
        if _text_of(path) != text:
            write_whole(path, text.encode())


def _left_over(directory: pathlib.Path, pages: Mapping[str, str]) -> list[str]:
    """Pages that we made and that no longer exist; what others wrote is left alone."""
    held = [path.relative_to(directory).as_posix() for path in sorted(directory.rglob("*.md"))]
    ours = (name for name in held if (_text_of(directory / name) or "").startswith(MARK))
    return [name for name in ours if name not in pages]


def _text_of(path: pathlib.Path) -> str | None:
    return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else None


def _columns_page(
    catalogue: Catalogue,
    types: Sequence[ReportType],
    retired: frozenset[str],
    relations: Relations,
) -> str:
    kinds = [(kind.value, words) for kind, words in _KINDS.items()]
    used = sorted(catalogue.columns.values(), key=lambda column: column.name)
    rows = []
    for column in used:
        within = [each for each in types if column.name in each.column_names]
        where = "older files" if column.name in retired else _places(within, relations)
        notes = " ".join(_column_notes(column))
        text = f"{column.description} {notes}".strip()
        rows.append((code(column.name), column.kind.value, where, text))
    return "\n\n".join(
        [
            "# Columns",
            "Every name means the same in every report. A cell with nothing between the commas "
            "says that nothing is known.",
            "## Kinds of cells",
            table(("Kind", "In a report"), kinds),
            "## Names",
            table(("Column", "Kind", "In", "Meaning"), rows),
        ]
    )


def _places(types: Sequence[ReportType], relations: Relations) -> str:
    """Which reports, or how many of them; a twin for IPv6 goes without saying."""
    if len(types) > _FEW_TYPES * 2:
        return f"{len(types)} reports"
    held = [each for each in types if each.subject.version != 6 or not relations.twin(each)]
    if len(held) > _FEW_TYPES:
        return f"{len(types)} reports"
    return ", ".join(f"[{code(each.id)}](report-types/{each.id}.md)" for each in held)


def _column_notes(column: Column) -> Iterator[str]:
    if column.zero_is_missing:
        yield "0 in a source means unknown."
    if column.sensitive:
        yield "Treated with care."
    if column.fleeting:
        yield "Another one each time, so no sign of a new row."
    if column.aliases:
        yield f"Earlier: {listed([code(name) for name in column.aliases])}."
