"""The page of sources."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Final

from tocsin.catalogue.entries import Catalogue, Filters, Location, Source, Window
from tocsin.catalogue.reading import ColumnFrom, Reading, Step
from tocsin.catalogue.reference_words import code, codes, listed, table
from tocsin.model.terms import Credit, Terms

_WINDOWS: Final[Mapping[Window, str]] = {
    Window.EVENT: "of its event",
    Window.RECEIVED: "of its arrival",
}

_LOCATIONS: Final[Mapping[Location, str]] = {
    Location.KEEP: "the source's; the atlas fills what it left open",
    Location.OVERWRITE: "the atlas's",
}

_CREDITS: Final[Mapping[Credit, str]] = {
    Credit.NAME: "by name",
    Credit.LABEL: "by a label",
    Credit.HIDDEN: "not at all",
}


def sources_page(catalogue: Catalogue) -> str:
    """All sources with their terms, clock and filters."""
    parts = [
        "# Sources",
        "A source is an input with its format, its terms and its clock. A site describes its own "
        "in `catalogue/sources/NAME.yaml` below its home; `extends: shadowserver-csv` takes over "
        "whatever is not said.",
    ]
    for name, source in sorted(catalogue.sources.items()):
        parts += [f"## {code(name)}", source.title + ".", source.description]
        parts.append(table(("", ""), _facts(source)))
        if source.reading is not None:
            parts += _reading(source.reading)
    return "\n\n".join(part for part in parts if part)


def _facts(source: Source) -> list[tuple[str, str]]:
    expected = f"{source.expected_by:%H:%M} UTC" if source.expected_by else "no time of day"
    return [
        ("Format", code(source.format)),
        ("Files", codes(source.files) or "named on the command line"),
        ("A row's day is that", _WINDOWS[source.window]),
        ("Expected by", expected),
        ("Oldest event", _span(source.max_age)),
        ("Held if ahead of the clock by", _span(source.tolerance)),
        ("Zone of times without one", source.zone),
        ("Location is", _LOCATIONS[source.location]),
        (
            "Cells that say nothing",
            listed([code(cell) if cell else "empty" for cell in source.missing]),
        ),
        ("Filters", listed(list(_filters(source.filters))) or "none"),
        ("TLP", code(source.terms.tlp.word)),
        ("Released to", listed(list(_released(source.terms))) or "nobody"),
        ("Counted in statistics", "yes" if source.terms.statistics else "no"),
        ("Giver is shown", _CREDITS[source.terms.credit]),
        ("Masked columns", codes(sorted(source.terms.masked)) or "none"),
    ]


def _reading(reading: Reading) -> Iterator[str]:
    """How the rows of a format of others become events."""
    kinds = codes(reading.report_types)
    yield f"Its rows are {kinds}." if kinds else "Rules decide what its rows are."
    yield from (_step(step) for step in reading.steps)
    for name, paths in reading.places:
        yield f"{code(name)} is what lies at {' or else '.join(map(code, paths))}."
    yield table(("Column", "from"), [(code(each.column), _from(each)) for each in reading.columns])


def _step(step: Step) -> str:
    items = "prefix" if step.networks else "value" if step.values else "item"
    beside = f", {codes([name for name, _ in step.along])} along with it" if step.along else ""
    return f"Each {items} of {codes(step.names)} is an event{beside}."


def _from(column: ColumnFrom) -> str:
    if column.file_day:
        return "the day of the file"
    if column.event_number:
        return "the number of the event within its row"
    if column.value:
        return f"always {code(column.value)}"
    between = " and " if column.joined is not None else " or else "
    said = between.join(map(code, column.names))
    said += f", of it {code(column.match)}" if column.match else ""
    return said + (f", as {column.form.value}" if column.form else "")


def _span(span: dt.timedelta) -> str:
    minutes = int(span.total_seconds()) // 60
    for unit, size in (("day", 1440), ("hour", 60)):
        if minutes % size == 0:
            number = minutes // size
            return f"{number} {unit}{'s' * (number != 1)}"
    return f"{minutes} minute{'s' * (minutes != 1)}"


def _filters(filters: Filters) -> Iterator[str]:
    if filters.reserved:
        allowed = sorted(filters.reserved_allowed)
        yield "reserved space" + (f" (except {', '.join(allowed)})" if allowed else "")
    if filters.allow_list:
        yield "allow list"
    if filters.impossible:
        yield "impossible rows"
    if filters.repeats:
        yield "repeated rows"


def _released(terms: Terms) -> Iterator[str]:
    if terms.owners:
        yield "owners of networks"
    if terms.national_certs:
        yield "national CERTs"
    if terms.lists:
        yield "lists " + ", ".join(str(number) for number in sorted(terms.lists))
