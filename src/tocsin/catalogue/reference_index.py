"""The index of the reports, by the kind of harm; many of one kind also by family."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from tocsin.catalogue.entries import Catalogue, ReportType
from tocsin.catalogue.reference_related import Relations
from tocsin.catalogue.reference_words import code, table
from tocsin.model.severity import Severity

_SEVERITIES: Final = {
    Severity.CRITICAL: "exploited now, or a compromise is very likely",
    Severity.HIGH: "close to it: end-of-life or internal-only services, partial leaks",
    Severity.MEDIUM: "can be abused against others, or shows passwords in clear",
    Severity.LOW: "departs from good practice, hard to exploit",
    Severity.INFO: "an inventory, nothing wrong by itself",
}

_MOST_TOGETHER = 20
"""Reports of one kind of harm that a single table still shows at a glance."""


def index_page(catalogue: Catalogue, types: Sequence[ReportType], relations: Relations) -> str:
    """All reports with their severities, and where their pages are."""
    words = [(severity.word, text) for severity, text in _SEVERITIES.items()]
    parts = [
        "# Reports",
        f"{len(types)} report types, by the kind of harm they tell of. A report holds the rows of "
        "one day, one type and one list; there is none where there was nothing to tell.",
        "See also the [columns](columns.md) and the [sources](sources.md).",
        "A severity is that of the type; a row may carry another, and then the row's counts.",
        table(("Severity", "Meaning"), words),
    ]
    for area in catalogue.areas.values():
        within = sorted((t for t in types if t.area == area.id), key=lambda t: t.id)
        parts += [f"## {area.title}", area.description, *_tables(within, relations)]
    earlier = [(code(alias), _link(each)) for each in types for alias in each.aliases]
    if earlier:
        parts += ["## Earlier names", "Reports and files of earlier years have other names."]
        parts.append(table(("Earlier", "Now"), sorted(earlier)))
    return "\n\n".join(parts)


def _tables(types: Sequence[ReportType], relations: Relations) -> Iterator[str]:
    if not types:
        yield "No report yet."
    elif len(types) <= _MOST_TOGETHER:
        yield _table(types, relations)
    else:
        families = sorted({relations.family(each) for each in types})
        for family in families:
            yield f"### {family or 'Others'}"
            yield _table([t for t in types if relations.family(t) == family], relations)


def _table(types: Sequence[ReportType], relations: Relations) -> str:
    rows = []
    for each in types:
        twin = relations.twin(each)
        if twin is not None and each.subject.version == 6:
            continue  # stands beside its twin
        rows.append((_link(each), _link(twin) if twin else "", each.title, each.severity.word))
    return table(("Type", "For IPv6", "Report", "Severity"), rows)


def _link(report_type: ReportType) -> str:
    return f"[{code(report_type.id)}](report-types/{report_type.id}.md)"
