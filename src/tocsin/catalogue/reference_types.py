"""The page of one report type."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tocsin.catalogue.entries import Catalogue, ReportType
from tocsin.catalogue.reference_examples import (
    example_file,
    example_sentence,
    where_the_service_stands,
)
from tocsin.catalogue.reference_related import Relations
from tocsin.catalogue.reference_words import (
    area_link,
    code,
    codes,
    listed,
    sentence_of_subject,
    table,
)

_TEXTS: Final = (
    ("meaning", "What a row says"),
    ("why", "Why it matters"),
    ("fix", "What to do"),
    ("method", "How it is seen"),
)


def type_page(catalogue: Catalogue, report_type: ReportType, relations: Relations) -> str:
    """All that there is to say of one type, in Markdown."""
    parts = [f"# {report_type.title}", table(("", ""), _facts(catalogue, report_type, relations))]
    for key, title in _TEXTS:
        if key in report_type.text:
            parts += [f"## {title}", report_type.text[key]]
    if report_type.sample:
        parts += ["## An example", f"{example_sentence(report_type)}. In the file:"]
        parts.append(f"```csv\n{example_file(report_type)}\n```")
    parts += ["## Who gets it", sentence_of_subject(report_type)]
    parts += ["## Rows", "\n".join(f"- {line}" for line in _row_rules(report_type))]
    related = [f"- {line}" for line in _related(report_type, relations)]
    if related:
        parts += ["## See also", "\n".join(related)]
    parts += ["## Columns", _columns(report_type)]
    if report_type.column_aliases:
        pairs = [(code(old), code(new)) for old, new in report_type.column_aliases.items()]
        parts += ["## Earlier names of columns", table(("In older files", "Now"), pairs)]
    return "\n\n".join(parts)


def _facts(
    catalogue: Catalogue, report_type: ReportType, relations: Relations
) -> list[tuple[str, str]]:
    twin = relations.twin(report_type)
    facts = [
        ("Type", code(report_type.id)),
        (f"For IPv{twin.subject.version}" if twin else "", _link(twin, twin.id) if twin else ""),
        ("Kind of harm", area_link(catalogue.areas[report_type.area])),
        ("Severity", f"{report_type.severity.word}, where a row does not say otherwise"),
        ("Taxonomy (RSIT)", code(report_type.taxonomy) if report_type.taxonomy else "none stated"),
        ("Port and protocol", where_the_service_stands(report_type)),
        ("Covers", _window(report_type)),
        ("File", code(f"2026-11-22-{report_type.id}-example-isp-asn.csv")),
        ("Earlier names", codes(report_type.aliases) if report_type.aliases else ""),
    ]
    return [(name, value) for name, value in facts if value]


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


def _columns(report_type: ReportType) -> str:
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


def _related(report_type: ReportType, relations: Relations) -> Iterator[str]:
    service = relations.of_service(report_type)
    if service:
        yield f"About the same service: {_links(service)}."
    family = relations.of_family(report_type)
    if family:
        yield f"{relations.family(report_type)}: {_links(family)}."


def _links(types: Sequence[ReportType]) -> str:
    return listed([_link(each, each.title) for each in types])


def _link(report_type: ReportType, text: str) -> str:
    shown = code(text) if text == report_type.id else text
    return f"[{shown}]({report_type.id}.md)"
