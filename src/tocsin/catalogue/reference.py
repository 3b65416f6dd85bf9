"""The reference pages, made from the catalogue: an index, a page a type, columns, sources."""

from __future__ import annotations

import pathlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from tocsin.catalogue.entries import Catalogue, ReportType
from tocsin.catalogue.reference_sources import sources_page
from tocsin.catalogue.reference_words import (
    area_link,
    code,
    codes,
    listed,
    sentence_of_subject,
    table,
)
from tocsin.catalogue.whole_files import write_whole
from tocsin.model.columns import Column, ColumnKind

MARK: Final = "<!-- Made from the catalogue by `tocsin catalogue reference`; edits are lost. -->"

_TEXTS: Final = (
    ("meaning", "What a row says"),
    ("why", "Why it matters"),
    ("fix", "What to do"),
    ("method", "How it is seen"),
)

_KINDS: Final[Mapping[ColumnKind, str]] = {
    ColumnKind.TEXT: "Any text, in quotes. Line breaks in it are replaced by blanks.",
    ColumnKind.INTEGER: "A whole number, bare.",
    ColumnKind.DECIMAL: "A decimal number as the source wrote it, in quotes.",
    ColumnKind.TIME: "`YYYY-MM-DD HH:MM:SS`, UTC, in quotes.",
    ColumnKind.ADDRESS: "An IPv4 or IPv6 address (RFC 5952), in quotes; in some types a prefix.",
    ColumnKind.BOOLEAN: "A truth value in the source's own word, in quotes.",
    ColumnKind.LIST: "Words joined with `;`, in quotes.",
}


def reference_pages(catalogue: Catalogue, retired: Iterable[str] = ()) -> Mapping[str, str]:
    """Path below docs/reference -> Markdown. Provisional types are left out."""
    types = [entry for entry in catalogue.report_types.values() if not entry.provisional]
    pages = {
        "README.md": _index(catalogue, types),
        "columns.md": _columns_page(catalogue, types, frozenset(retired)),
        "sources.md": sources_page(catalogue),
    }
    for report_type in types:
        pages[f"report-types/{report_type.id}.md"] = _type_page(catalogue, report_type)
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


def _index(catalogue: Catalogue, types: Sequence[ReportType]) -> str:
    parts = [
        "# Reports",
        f"{len(types)} report types, by the kind of harm they tell of. A report holds the rows of "
        "one day, one type and one list; there is none where there was nothing to tell.",
        "See also the [columns](columns.md) and the [sources](sources.md).",
    ]
    for area in catalogue.areas.values():
        within = sorted((t for t in types if t.area == area.id), key=lambda t: t.id)
        parts += [f"## {area.title}", area.description]
        rows = [
            (f"[{code(t.id)}](report-types/{t.id}.md)", t.title, t.severity.word) for t in within
        ]
        parts.append(table(("Type", "Report", "Severity"), rows) if rows else "No report yet.")
    return "\n\n".join(parts)


def _type_page(catalogue: Catalogue, report_type: ReportType) -> str:
    area = catalogue.areas[report_type.area]
    facts = [
        ("Type", code(report_type.id)),
        ("Kind of harm", area_link(area)),
        ("Severity", f"{report_type.severity.word}, where a row does not say otherwise"),
        ("Taxonomy (RSIT)", code(report_type.taxonomy) if report_type.taxonomy else "none stated"),
        ("Covers", _window(report_type)),
        ("File", code(f"2026-11-22-{report_type.id}-example-isp-asn.csv")),
    ]
    if report_type.aliases:
        facts.append(("Earlier names", codes(report_type.aliases)))
    parts = [f"# {report_type.title}", table(("", ""), facts)]
    for key, title in _TEXTS:
        if key in report_type.text:
            parts += [f"## {title}", report_type.text[key]]
    parts += ["## Who gets it", sentence_of_subject(report_type)]
    parts += ["## Rows", "\n".join(f"- {line}" for line in _row_rules(report_type))]
    parts += ["## Columns", _type_columns(report_type)]
    if report_type.column_aliases:
        pairs = [(code(old), code(new)) for old, new in report_type.column_aliases.items()]
        parts += ["## Earlier names of columns", table(("In older files", "Now"), pairs)]
    return "\n\n".join(parts)


def _window(report_type: ReportType) -> str:
    if report_type.window_days == 1:
        return "one day, 00:00 to 24:00 UTC"
    return f"the {report_type.window_days} days that end with the day of the report, UTC"


def _row_rules(report_type: ReportType) -> Iterator[str]:
    counting = report_type.counting
    yield f"Events that agree in {codes(report_type.aggregation_key)} are one row."
    told = [name for name in (counting.count, counting.first_seen, counting.last_seen) if name]
    if told:
        verb = "tells" if len(told) == 1 else "tell"
        yield f"{codes(told)} {verb} of all of them; the other columns are the first event's."
    else:
        yield "The row is the first of these events, whole."
    if report_type.delta:
        same = _identity_in_words(report_type)
        yield f"Lists that ask for changes get, between two Sundays, rows that are new in {same}."
    else:
        yield "Lists that ask for changes get this report whole every day."


def _identity_in_words(report_type: ReportType) -> str:
    left_out = [name for name in report_type.column_names if name not in report_type.identity]
    if len(left_out) < len(report_type.identity):
        return f"any column but {codes(left_out)}"
    return codes(report_type.identity)


def _type_columns(report_type: ReportType) -> str:
    rows = [
        (
            code(column.name),
            column.kind.value,
            code(report_type.sample[column.name]) if column.name in report_type.sample else "",
            column.description,
        )
        for column in report_type.columns
    ]
    return table(("Column", "Kind", "Example", "Meaning"), rows)


def _columns_page(
    catalogue: Catalogue, types: Sequence[ReportType], retired: frozenset[str]
) -> str:
    kinds = [(kind.value, words) for kind, words in _KINDS.items()]
    used = sorted(catalogue.columns.values(), key=lambda column: column.name)
    rows = []
    for column in used:
        within = sum(1 for entry in types if column.name in entry.column_names)
        where = "older files" if column.name in retired else str(within)
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
            table(("Column", "Kind", "Types", "Meaning"), rows),
        ]
    )


def _column_notes(column: Column) -> Iterator[str]:
    if column.zero_is_missing:
        yield "0 in a source means unknown."
    if column.sensitive:
        yield "Treated with care."
    if column.fleeting:
        yield "Another one each time, so no sign of a new row."
    if column.aliases:
        yield f"Earlier: {listed([code(name) for name in column.aliases])}."
