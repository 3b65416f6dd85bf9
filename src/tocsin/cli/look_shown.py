"""What `tocsin look` shows to people: sections of aligned words and numbers, worst first."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from tocsin.cli.reasons import detail_in_words, reason_in_words
from tocsin.cli.shown import bar, most_first, number, one_line, plural, short
from tocsin.engine.atlas.lookup import Atlas
from tocsin.engine.look.frequent import Frequent
from tocsin.engine.look.look import FileLook, Look
from tocsin.engine.look.tally import Example, Tally
from tocsin.engine.look.types import Told
from tocsin.model.severity import Severity

_MOST_FILES = 100
_MOST_EXAMPLES = 8
_WIDE = 46
_APART = 6
_TOLD = {
    Told.OPTION: "as you say",
    Told.NAME: "told by the file's name",
    Told.COLUMNS: "told by its columns",
    Told.NOTHING: "named after the file",
    Told.ROWS: "its rows tell their types, or rules do",
}


def shown(seen: Look, top: int, atlas: Atlas | None) -> RenderableType:
    """The whole of a look, at most `top` lines a list."""
    sections = [_files(seen)]
    if any(each.read for each in seen.files):
        sections.append(_rows(seen.tally))
    sections += _strangers(seen.files)
    if seen.tally.examples:
        sections.append(_examples(seen.tally, named=len(seen.files) > 1))
    if seen.tally.kept:
        sections += _figures(seen, top, atlas)
    apart = [part for section in sections for part in (Text(""), section)]
    return Group(*apart[1:])


# --- files and rows -----------------------------------------------------------------------


def _files(seen: Look) -> RenderableType:
    files = seen.files
    if len(files) == 1:
        return _one_file(files[0], seen)
    table = _table()
    table.add_column(plural(len(files), "file"), max_width=60)
    table.add_column("Type", max_width=36)
    for heading in ("Rows", "Kept", "Dropped", "Rejected"):
        table.add_column(heading, justify="right", no_wrap=True)
    for each in files[:_MOST_FILES]:
        if each.read:
            counts = [number(n) for n in (each.rows, each.kept, each.dropped, each.rejected)]
            table.add_row(short(_name(each)), short(_type(each, seen)), *counts)
        else:
            table.add_row(short(_name(each)), Text("not read", style="yellow"))
    if len(files) > _MOST_FILES:
        table.add_row(Text(f"and {number(len(files) - _MOST_FILES)} more", style="dim"))
    return table


def _name(each: FileLook) -> str:
    """The file's name, behind that of the archive it lies in."""
    archive, mark, inside = each.place.rpartition("!")
    lies_within = mark and inside.endswith(each.name)
    return f"{PurePath(archive).name}!{each.name}" if lies_within else each.name


def _type(each: FileLook, seen: Look) -> str:
    if not each.type.id:
        return each.source
    return f"{each.type.id} (provisional)" if each.type.id in seen.provisional else each.type.id


def _one_file(each: FileLook, seen: Look) -> RenderableType:
    title = Text(one_line(_name(each)), style="bold")
    if not each.read:
        return title
    said = [each.source, _size(each.size)]
    if each.type.id:
        said.insert(1, _type(each, seen))
    return Group(title, Text(f"{', '.join(said)}; {_TOLD[each.type.told]}", style="dim"))


def _size(size: int) -> str:
    amount = float(size)
    for unit in ("bytes", "KB", "MB", "GB"):
        if amount < 1000:
            return f"{amount:,.0f} {unit}" if unit == "bytes" else f"{amount:,.1f} {unit}"
        amount /= 1000
    return f"{amount:,.1f} TB"


def _rows(tally: Tally) -> RenderableType:
    """Every row's fate, and the reasons beside it."""
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(justify="right", no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(style="dim", overflow="fold")
    table.add_row(number(tally.rows), "read")
    table.add_row(number(tally.kept), Text("kept", style="green"))
    for word, reasons, style in (
        ("dropped", tally.dropped, "cyan"),
        ("rejected", tally.rejected, "yellow"),
    ):
        for reason, count in most_first(reasons):
            words = Text(reason_in_words(reason))
            table.add_row(number(count), Text(word, style=style), Text(reason), words)
    return table


def _examples(tally: Tally, *, named: bool) -> RenderableType:
    """A few rejected rows of each reason, the rarest reasons not crowded out."""
    lines: list[RenderableType] = [Text("Rejected, for example", style="bold")]
    for example in _chosen(tally):
        why = one_line(detail_in_words(example.detail) or reason_in_words(example.reason), 80)
        file = f"{one_line(example.file, 60)}, " if named else ""
        place = Text(f"{file}line {number(example.line)}: ")
        raw = one_line(example.raw.decode("utf-8", "replace"), 120)
        lines.append(place.append(why, style="yellow"))
        lines.append(Text(f"    {raw}", style="dim", no_wrap=True, overflow="ellipsis"))
    return Group(*lines)


def _chosen(tally: Tally) -> list[Example]:
    """One of each reason first, then second ones, as long as there is room."""
    by_reason = [tally.examples[reason] for reason, _ in most_first(tally.rejected)]
    turns = [examples[turn] for turn in range(3) for examples in by_reason if turn < len(examples)]
    chosen = turns[:_MOST_EXAMPLES]
    return sorted(chosen, key=lambda example: (example.file, example.line))


def _strangers(files: Sequence[FileLook]) -> Iterator[RenderableType]:
    for each in files:
        if each.stranger is None:
            continue
        table = Table(box=None, pad_edge=False, show_header=False)
        table.add_column(style="dim", no_wrap=True)
        table.add_column(overflow="fold")
        table.add_row("File", Text(one_line(each.place)))
        table.add_row("Format", Text(f"none that is known: {one_line(each.stranger.looks_like)}"))
        if each.stranger.begins:
            table.add_row("Begins", Text(each.stranger.begins))
        if each.stranger.keys:
            table.add_row("Keys", Text(one_line(", ".join(each.stranger.keys))))
        table.add_row("To do", Text(each.stranger.todo))
        yield table


# --- what the rows say --------------------------------------------------------------------


def _figures(seen: Look, top: int, atlas: Atlas | None) -> Iterator[RenderableType]:
    tally = seen.tally
    yield _overview(tally)
    if tally.by_type:
        yield _types(seen, top)
    if tally.observations:
        yield _counted("Observations", tally.observations, top)
    places = []
    if tally.asns:
        names = {asn: _as_name(asn, atlas) for asn, _ in tally.asns.top(top)}
        places.append(
            _bars("Autonomous systems", [(names[asn], n) for asn, n in tally.asns.top(top)])
        )
    if tally.countries:
        places.append(_counted("Countries", tally.countries, top))
    if places:
        yield _SideBySide(places)
    said = []
    if tally.infections:
        said.append(_counted("Infections, families, tags", tally.infections, top))
    if tally.domains:
        said.append(_counted("Domains", tally.domains, top))
    if said:
        yield _SideBySide(said)
    if tally.addresses:
        yield _addresses(tally, top)


def _overview(tally: Tally) -> RenderableType:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    if tally.first and tally.last:
        table.add_row("Seen", _span(tally.first, tally.last))
    if tally.addresses:
        many = "" if tally.addresses.exact else "more than "
        table.add_row("Addresses", f"{many}{number(len(tally.addresses))}")
    if tally.by_severity:
        levels = sorted(tally.by_severity.items(), reverse=True)
        words = (f"{Severity(level).word} {number(count)}" for level, count in levels)
        table.add_row("Severity", ", ".join(words))
    return table


def _types(seen: Look, top: int) -> RenderableType:
    table = _table()
    table.add_column("Report types", max_width=_WIDE)
    table.add_column("Area")
    table.add_column("Records", justify="right", no_wrap=True)
    table.add_column("")
    counted = most_first(seen.tally.by_type)
    for name, count in counted[:top]:
        report_type = seen.catalogue.report_types[name]
        word = f"{name} (provisional)" if report_type.provisional else name
        area = seen.catalogue.areas[report_type.area].title
        table.add_row(short(word), short(area), number(count), _bar(count, counted[0][1]))
    _add_rest(table, len(counted) - top, "type")
    return table


def _addresses(tally: Tally, top: int) -> RenderableType:
    table = _table()
    table.add_column("Worst addresses", no_wrap=True)
    table.add_column("Events", justify="right", no_wrap=True)
    table.add_column("First (UTC)", no_wrap=True)
    table.add_column("Last (UTC)", no_wrap=True)
    table.add_column("AS", no_wrap=True)
    table.add_column("Country", no_wrap=True, overflow="ellipsis", max_width=20)
    for each in tally.addresses.top(top):
        table.add_row(
            each.address,
            number(each.events),
            f"{each.first:%Y-%m-%d %H:%M}",
            f"{each.last:%Y-%m-%d %H:%M}",
            "" if each.asn is None else f"AS{each.asn}",
            Text(each.country or ""),
        )
    return table


# --- pieces -------------------------------------------------------------------------------


class _SideBySide:
    """Renderables beside each other where they fit, else one below the other."""

    def __init__(self, parts: Sequence[RenderableType]) -> None:
        self._parts = parts

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        widths = [Measurement.get(console, options, part).maximum for part in self._parts]
        if sum(widths) + _APART * (len(widths) - 1) <= options.max_width:
            grid = Table.grid(padding=(0, _APART, 0, 0), pad_edge=False)
            grid.add_row(*self._parts)
            yield grid
            return
        for part in self._parts:
            if part is not self._parts[0]:
                yield Text("")
            yield part


def _table() -> Table:
    return Table(box=None, pad_edge=False, header_style="bold")


def _counted(title: str, counts: Frequent[str], top: int) -> Table:
    table = _bars(title, counts.top(top))
    _add_rest(table, len(counts) - top, "other")
    return table


def _bars(title: str, counts: Sequence[tuple[str, int]]) -> Table:
    table = _table()
    table.add_column(title, max_width=_WIDE)
    table.add_column("Records", justify="right", no_wrap=True)
    table.add_column("")
    for word, count in counts:
        table.add_row(short(one_line(word)), number(count), _bar(count, counts[0][1]))
    return table


def _add_rest(table: Table, count: int, word: str) -> None:
    if count > 0:
        table.add_row(Text(f"and {plural(count, word)}", style="dim"))


def _bar(count: int, greatest: int) -> Text:
    return short(bar(count, greatest, 16), style="cyan", overflow="crop")


def _as_name(asn: int, atlas: Atlas | None) -> str:
    name = atlas.as_name(asn) if atlas is not None else None
    return f"AS{asn} {name}" if name else f"AS{asn}"


def _moment(moment: dt.datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M:%S}"


def _span(first: dt.datetime, last: dt.datetime) -> str:
    if first == last:
        return f"{_moment(first)} UTC"
    return f"{_moment(first)} to {_moment(last)} UTC ({_lasting(last - first)})"


def _lasting(span: dt.timedelta) -> str:
    seconds = int(span.total_seconds())
    for length, word in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= 2 * length:
            return plural(round(seconds / length), word)
    return plural(seconds, "second")
