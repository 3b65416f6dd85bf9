"""`tocsin catalogue`: what reports, columns and sources there are; do they hold together."""

from __future__ import annotations

import difflib
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, cast

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from tocsin.catalogue.check import check_catalogue
from tocsin.catalogue.difference import difference
from tocsin.catalogue.entries import OBSERVED, Catalogue, Observation, ReportType, Source
from tocsin.catalogue.families import Family
from tocsin.catalogue.files import SHIPPED
from tocsin.catalogue.load import load_catalogue, load_files
from tocsin.catalogue.nearest import nearest
from tocsin.catalogue.published import read_published
from tocsin.catalogue.publishing import described_types, published_schema, row_schema
from tocsin.catalogue.reference import compare_pages, reference_pages, write_pages
from tocsin.catalogue.reference_words import sentence_of_subject
from tocsin.catalogue.update import apply, complete, try_out
from tocsin.catalogue.version import canonical
from tocsin.catalogue.whole_files import write_whole
from tocsin.cli.catalogue_update import difference_shown, difference_value
from tocsin.cli.exit_codes import REJECTED
from tocsin.cli.options import DEFAULT_HOME, HomeOption, JsonOption, NowOption, moment
from tocsin.cli.output import command
from tocsin.cli.shown import plural
from tocsin.engine.home import Home
from tocsin.model.columns import Column
from tocsin.model.errors import UsageError

app = typer.Typer(help="What reports, columns and sources there are.")

REFERENCE = Path("docs/reference")


@app.command("list")
def list_(
    area: Annotated[
        str,
        typer.Option("--area", help="Only this kind of harm, such as ddos.", show_default=False),
    ] = "",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """List the report types by the kind of harm, the sources, and the kinds of observation."""
    with command("catalogue list", as_json=as_json, home=home) as output:
        catalogue = load_catalogue(Home(home).catalogue)
        if area and area not in catalogue.areas:
            known = ", ".join(catalogue.areas)
            raise UsageError(f"there is no area {area!r}", todo=f"use one of {known}")
        output.figures(_list_value(catalogue, area), _list_shown(catalogue, area))
        output.next("tocsin catalogue show TYPE")


def _chosen(catalogue: Catalogue, area: str) -> Iterator[ReportType]:
    order = list(catalogue.areas)
    entries = catalogue.report_types.values()
    ordered = sorted(entries, key=lambda entry: (order.index(entry.area), entry.id))
    return (entry for entry in ordered if area in ("", entry.area))


def _list_value(catalogue: Catalogue, area: str) -> Mapping[str, object]:
    types = [
        {
            "id": entry.id,
            "title": entry.title,
            "area": entry.area,
            "severity": entry.severity.word,
            "subject": entry.subject.column,
            "window_days": entry.window_days,
            "provisional": entry.provisional,
        }
        for entry in _chosen(catalogue, area)
    ]
    sources = [
        {"name": source.name, "title": source.title, "format": source.format}
        for source in catalogue.sources.values()
    ]
    observations = [
        {"id": each.id, "description": each.description} for each in catalogue.observations.values()
    ]
    return {
        "version": catalogue.version,
        "report_types": types,
        "sources": sources,
        "observations": observations,
    }


def _list_shown(catalogue: Catalogue, area: str) -> RenderableType:
    types = Table("Report type", "Severity", "Report", box=None, pad_edge=False)
    before = ""
    for entry in _chosen(catalogue, area):
        if entry.area != before:
            if before:
                types.add_row("", "", "")
            types.add_row(Text(catalogue.areas[entry.area].title, style="bold"), "", "")
            before = entry.area
        mark = " (provisional)" if entry.provisional else ""
        types.add_row(Text(f"  {entry.id}"), entry.severity.word, Text(entry.title + mark))
    if area:
        return types
    sources = Table("Source", "", box=None, pad_edge=False)
    for source in catalogue.sources.values():
        sources.add_row(Text(f"  {source.name}"), Text(source.title))
    observations = Table("Observation", "", box=None, pad_edge=False)
    for each in catalogue.observations.values():
        observations.add_row(Text(f"  {each.id}"), Text(each.description))
    return Group(types, "", sources, "", observations)


@app.command("show")
def show(
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME", help="A report type, source, column, family or observation."
        ),
    ],
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Show what the catalogue says of a type, source, column, family or kind of observation."""
    with command("catalogue show", as_json=as_json, home=home) as output:
        catalogue = load_catalogue(Home(home).catalogue)
        found = _found(catalogue, name)
        value = cast(dict[str, object], canonical(found))
        output.figures({"entry": _KINDS[type(found)], **value}, _shown(catalogue, found))
        output.next("tocsin catalogue list")


Entry = ReportType | Source | Column | Family | Observation

_KINDS = {
    ReportType: "report type",
    Source: "source",
    Column: "column",
    Family: "family",
    Observation: "observation",
}


def _found(catalogue: Catalogue, name: str) -> Entry:
    column = catalogue.columns.get(catalogue.column_aliases.get(name, name))
    entry = catalogue.report_type(name) or catalogue.sources.get(name) or column
    found = entry or catalogue.family(name) or catalogue.observations.get(name)
    if found is not None:
        return found
    known = [
        *catalogue.report_types,
        *catalogue.sources,
        *catalogue.columns,
        *catalogue.families,
        *catalogue.observations,
    ]
    near = difflib.get_close_matches(name, known, n=3)
    todo = f"{' or '.join(near)} was meant?" if near else "see tocsin catalogue list"
    what = "report type, source, column, family or kind of observation"
    raise UsageError(f"there is no {what} {name!r}", todo=todo)


def _shown(catalogue: Catalogue, found: Entry) -> RenderableType:
    if isinstance(found, ReportType):
        return _type_shown(catalogue, found)
    if isinstance(found, Column):
        within = [t.id for t in catalogue.report_types.values() if t.column(found.name)]
        where = ", ".join(within) or "no report type of today"
        return _facts(
            [
                ("Column", found.name),
                ("Kind", found.kind.value),
                ("Meaning", found.description),
                ("In", where),
            ]
        )
    if isinstance(found, Family):
        said = ", ".join(found.aliases) or "nothing else"
        return _facts([("Family", found.name), ("Also called", said)])
    if isinstance(found, Observation):
        kept = [*OBSERVED, *(f"{name} ({kind.value})" for name, kind in found.columns.items())]
        makes = [each.title for each in catalogue.rules if each.observation == found.id]
        reads = [each.title for each in catalogue.correlations if found.id in each.kinds]
        return _facts(
            [
                ("Observation", f"{found.id}: {found.description}"),
                ("Kept", f"timestamp, {', '.join(kept)}"),
                ("Made by", "; ".join(makes) or "no rule"),
                ("Read by", "; ".join(reads) or "no correlation"),
            ]
        )
    value = cast(dict[str, object], canonical(found))
    return _facts([(key, _plainly(held)) for key, held in value.items() if held != ""])


def _type_shown(catalogue: Catalogue, entry: ReportType) -> RenderableType:
    head = _facts(
        [
            ("Report type", f"{entry.id}: {entry.title}"),
            ("Kind of harm", catalogue.areas[entry.area].title),
            ("Severity", entry.severity.word),
            ("Days", str(entry.window_days)),
            ("Goes to", sentence_of_subject(entry).replace("`", "")),
            ("One row", ", ".join(entry.aggregation_key)),
            *((key.capitalize(), text) for key, text in entry.text.items()),
        ]
    )
    columns = Table("Column", "Kind", "Example", "Meaning", box=None, pad_edge=False)
    for column in entry.columns:
        cell = entry.sample.get(column.name, "")
        columns.add_row(column.name, column.kind.value, Text(cell), Text(column.description))
    return Group(head, "", columns)


def _facts(rows: list[tuple[str, str]]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    for word, text in rows:
        table.add_row(Text(word, style="bold"), Text(text))
    return table


def _plainly(value: object) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{key} {_plainly(held)}" for key, held in value.items() if held != "")
    if isinstance(value, list):
        return " ".join(repr(each) if each == "" else str(each) for each in value) or "none"
    words = {None: "not said", True: "yes", False: "no"}
    return words[value] if value is None or isinstance(value, bool) else str(value)


@app.command("check")
def check(home: HomeOption = DEFAULT_HOME, as_json: JsonOption = False) -> None:
    """Check report types, columns, sources, rules and interop; tell all mistakes with lines."""
    with command("catalogue check", as_json=as_json, home=home) as output:
        checked = check_catalogue(Home(home).catalogue)
        catalogue = checked.catalogue
        # Only here: reading Sigma takes longer than everything else that this file does.
        from tocsin.engine.classify.correlation_examples import failed_correlations
        from tocsin.engine.classify.examples import failed_examples

        found = (
            *checked.lacks,
            *failed_examples(catalogue.rules),
            *failed_correlations(catalogue),
        )
        lacks = [str(problem) for problem in found]
        types = plural(len(catalogue.report_types), "report type")
        sources = plural(len(catalogue.sources), "source")
        columns = plural(len(catalogue.columns), "column")
        rules = plural(len(catalogue.rules), "rule")
        together = plural(len(catalogue.correlations), "correlation")
        held = f"{types}, {columns}, {sources}, {rules}, {together}"
        said = f"The catalogue holds together: {held}."
        output.figures(
            {
                "version": catalogue.version,
                "report_types": len(catalogue.report_types),
                "columns": len(catalogue.columns),
                "sources": len(catalogue.sources),
                "rules": len(catalogue.rules),
                "correlations": len(catalogue.correlations),
                "lacks": lacks,
            },
            "\n".join([said, f"Version {catalogue.version}.", *lacks]),
        )
        if lacks:
            output.finish(REJECTED)
            output.next("add what is missing, and check again")
        else:
            output.next("tocsin catalogue list")


@app.command("update")
def update(
    schema: Annotated[
        Path, typer.Argument(metavar="FILE", help="A published schema of report types, as JSON.")
    ],
    compare: Annotated[
        bool, typer.Option("--check", help="Write nothing; tell what would be added.")
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    now: NowOption = None,
    as_json: JsonOption = False,
) -> None:
    """Add the report types and columns of a newer published schema to the home's catalogue."""
    with command("catalogue update", as_json=as_json, home=home) as output:
        folder = Home(home).catalogue
        published = read_published(schema)
        if not compare:
            complete(folder)
        found = difference(load_catalogue(folder), published)
        record = None
        if found.adds and not compare:
            day = moment(now).date()
            try_out(folder, found, day=day, source=schema.name)
            record = apply(folder, found, day=day, source=schema.name)
        output.figures(
            {**difference_value(found), "record": str(record) if record else None},
            difference_shown(found, record),
        )
        output.next("tocsin catalogue check")


@app.command("schema")
def write_schema(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Where to write it.")],
    report_type: Annotated[
        str,
        typer.Option(
            "--type",
            metavar="TYPE",
            help="Only this report type: a JSON Schema of its rows.",
            show_default=False,
        ),
    ] = "",
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Write the schema of all report types, as the original publishes its own."""
    with command("catalogue schema", as_json=as_json, home=home) as output:
        catalogue = load_catalogue(Home(home).catalogue)
        if report_type:
            entry = catalogue.report_type(report_type)
            if entry is None:
                todo = nearest(report_type, catalogue.report_types, most=3)
                raise UsageError(f"there is no report type {report_type!r}", todo=todo)
            types, content = [entry.id], row_schema(entry)
        else:
            types, content = list(described_types(catalogue)), published_schema(catalogue)
        write_whole(file, content)
        of = types[0] if report_type else plural(len(types), "report type")
        output.figures(
            {"file": str(file), "report_types": types, "bytes": len(content)},
            f"The schema of {of} written to {file}.",
        )
        check = "" if report_type else f" update {shlex.quote(str(file))} --check"
        output.next(f"tocsin catalogue{check or ' list'}")


@app.command("reference")
def reference(
    directory: Annotated[
        Path, typer.Argument(help="Where the pages lie.", file_okay=False)
    ] = REFERENCE,
    compare: Annotated[
        bool, typer.Option("--check", help="Write nothing; tell which pages are stale.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write the reference pages of what ships, or check that they are up to date."""
    with command("catalogue reference", as_json=as_json) as output:
        loaded = load_files(SHIPPED, None)
        pages = reference_pages(loaded.catalogue, loaded.retired, loaded.families)
        stale = compare_pages(directory, pages)
        if not compare:
            write_pages(directory, pages)
        verb = "are stale" if compare else "written"
        said = "\n".join(f"  {name}" for name in stale)
        human = f"{plural(len(stale), 'page')} {verb} in {directory}:\n{said}"
        output.figures(
            {"directory": str(directory), "pages": len(pages), "stale": list(stale)},
            human if stale else f"All {len(pages)} pages in {directory} are up to date.",
        )
        if stale and compare:
            output.finish(REJECTED)
            output.next(f"tocsin catalogue reference {directory}")
        else:
            output.next("tocsin catalogue list")
