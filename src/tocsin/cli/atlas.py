"""`tocsin atlas`: build the map of the address space, list the maps there are, ask one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from typer.core import TyperCommand

from tocsin.cli.exit_codes import REJECTED
from tocsin.cli.options import DEFAULT_HOME, HomeOption, JsonOption, parse_moment
from tocsin.cli.output import Output, command
from tocsin.engine.atlas import (
    AtlasInfo,
    Interval,
    atlas_for,
    build_atlas,
    list_atlases,
    load_atlas,
    save_atlas,
    verify_atlas,
)
from tocsin.engine.home import Home
from tocsin.model.address import address_text, parse_address
from tocsin.model.errors import AtlasError, UsageError

app = typer.Typer(help="The map of the address space: whose an address is, and where it lies.")

_FILE_OPTIONS = ("--routes", "--geo", "--names")


class FilesCommand(TyperCommand):
    """A command whose options take several files each, as a shell's `*` gives them."""

    # Typer hands a context of its public kind over, but declares the parameter as a private one.
    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """Read `--routes A B` as `--routes A --routes B`; there are no other arguments."""
        return super().parse_args(ctx, spread(args, _FILE_OPTIONS))


def spread(arguments: Sequence[str], options: Collection[str]) -> list[str]:
    """Repeat each of `options` before every further value that follows it."""
    result: list[str] = []
    option, values = "", 0
    for argument in arguments:
        if argument.startswith("-"):
            option, _, value = argument.partition("=")
            values = 1 if value else 0
        elif option in options:
            if values:
                result.append(option)
            values += 1
        result.append(argument)
    return result


def _files(name: str, text: str) -> object:
    return typer.Option(name, metavar="FILE...", help=text, show_default=False)


@app.command("build", cls=FilesCommand)
def build(
    at: Annotated[
        dt.datetime,
        typer.Option(
            "--at",
            metavar="DATE",
            parser=parse_moment,
            help="From when on the atlas counts: a date or time, UTC unless it names a zone.",
        ),
    ],
    routes: Annotated[
        list[Path] | None,
        _files("--routes", "Tables of prefix and origin AS: pyasn's text form, or CSV."),
    ] = None,
    geo: Annotated[
        list[Path] | None,
        _files("--geo", "CSV of prefix and country, region, city, naics or sector."),
    ] = None,
    names: Annotated[
        list[Path] | None, _files("--names", "Names of ASes: a JSON object, or CSV asn,as_name.")
    ] = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Keep it even if it lost half of the prefixes there were."),
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Build the atlas that counts from DATE on, out of routes and geography."""
    with command("atlas build", as_json=as_json, home=home) as output:
        if not routes and not geo:
            raise UsageError("no input", todo="name files with --routes, --geo or both")
        place = Home.open(home, create=True)
        with place.lock("atlas"):
            known = {info.name for info in list_atlases(place.atlases)}
            with output.progress("Building the atlas"):
                built = build_atlas(routes or [], geo or [], at=at, names=names or [])
                info = save_atlas(built, place.atlases, force=force)
        for note in built.notes:
            output.warn(note)
        word = "was there already" if info.name in known else "built"
        output.figures(
            {**_value(info), "new": info.name not in known, "notes": list(built.notes)},
            f"Atlas {info.name} {word}: {_counts(info)}.",
        )
        output.next("tocsin atlas show ADDRESS, or tocsin collect FILE... --source NAME")


@app.command("list")
def list_(
    check: Annotated[
        bool, typer.Option("--check", help="Read each one whole and compare it with its hash.")
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """List the atlases, oldest first."""
    with command("atlas list", as_json=as_json, home=home) as output:
        directory = Home.open(home, create=False).atlases
        infos = list_atlases(directory)
        output.figures({"atlases": [_value(info) for info in infos]}, _list_table(infos))
        if check:
            _check(output, directory, infos)
        if infos:
            output.next("tocsin atlas show ADDRESS")
        else:
            output.next("tocsin atlas build --routes FILE... --geo FILE... --at DATE")


@app.command("show")
def show(
    address: Annotated[str, typer.Argument(metavar="ADDRESS", help="An IPv4 or IPv6 address.")],
    at: Annotated[
        dt.datetime | None,
        typer.Option(
            "--at",
            metavar="DATE",
            parser=parse_moment,
            help="Ask the atlas of that moment; else the newest.",
            show_default=False,
        ),
    ] = None,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
) -> None:
    """Show all that an atlas says about one address."""
    with command("atlas show", as_json=as_json, home=home) as output:
        number = _address(address)
        directory = Home.open(home, create=False).atlases
        info = _chosen(list_atlases(directory), at)
        atlas = load_atlas(directory, info.name)
        interval = atlas.interval(number)
        origins = [(asn, peers, atlas.as_name(asn)) for asn, peers in interval.origins]
        output.figures(
            _interval_value(number, interval, origins, info),
            _interval_table(number, interval, origins, info),
        )
        output.next("tocsin atlas list")


def _address(text: str) -> int:
    try:
        return parse_address(text)
    except ValueError as error:
        raise UsageError(str(error), todo="give one IPv4 or IPv6 address") from error


def _chosen(infos: Sequence[AtlasInfo], at: dt.datetime | None) -> AtlasInfo:
    if not infos:
        raise AtlasError("there is no atlas yet", todo="build one with tocsin atlas build")
    if at is None:
        return infos[-1]
    info = atlas_for(infos, at)
    if info is None:
        raise AtlasError(
            f"no atlas counts at {at:%Y-%m-%d %H:%M:%S} UTC; the first is {infos[0].name}",
            todo="ask for a later moment, or build an atlas with an earlier --at",
        )
    return info


def _check(output: Output, directory: Path, infos: Iterable[AtlasInfo]) -> None:
    for info in infos:
        try:
            verify_atlas(directory, info.name)
        except AtlasError as error:
            output.warn(error.message())
            output.finish(REJECTED)


def _counts(info: AtlasInfo) -> str:
    return (
        f"{info.prefixes_v4:,} IPv4 prefixes, {info.prefixes_v6:,} IPv6 prefixes, "
        f"{info.places:,} places"
    )


def _value(info: AtlasInfo) -> dict[str, object]:
    return {
        "name": info.name,
        "at": info.at.isoformat(),
        "prefixes_v4": info.prefixes_v4,
        "prefixes_v6": info.prefixes_v6,
        "places": info.places,
        "inputs": [{"file": file, "sha256": sha256} for file, sha256 in info.inputs],
    }


def _list_table(infos: Sequence[AtlasInfo]) -> Table | str:
    if not infos:
        return "No atlas yet."
    table = Table("Atlas", "Counts from (UTC)", box=None, pad_edge=False)
    for heading in ("IPv4 prefixes", "IPv6 prefixes", "Places"):
        table.add_column(heading, justify="right")
    for info in infos:
        counts = (info.prefixes_v4, info.prefixes_v6, info.places)
        table.add_row(info.name, f"{info.at:%Y-%m-%d %H:%M:%S}", *(f"{one:,}" for one in counts))
    return table


_Origins = Sequence[tuple[int, int, str | None]]


def _interval_value(
    number: int, interval: Interval, origins: _Origins, info: AtlasInfo
) -> dict[str, object]:
    return {
        "address": address_text(number),
        "atlas": info.name,
        "first": address_text(interval.first),
        "last": address_text(interval.last),
        "prefix": None if interval.prefix is None else str(interval.prefix),
        "asn": interval.asn,
        "as_name": interval.as_name,
        "origins": [{"asn": asn, "peers": peers, "as_name": name} for asn, peers, name in origins],
        "country": interval.country,
        "region": interval.region,
        "city": interval.city,
        "naics": interval.naics,
        "sector": interval.sector,
        "geo_prefix": None if interval.geo_prefix is None else str(interval.geo_prefix),
    }


def _interval_table(number: int, interval: Interval, origins: _Origins, info: AtlasInfo) -> Table:
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_row("Address", address_text(number))
    table.add_row("Interval", f"{address_text(interval.first)} to {address_text(interval.last)}")
    table.add_row("Route", "none" if interval.prefix is None else str(interval.prefix))
    for asn, peers, name in origins:
        shown = f"AS{asn}" + (f" {name}" if name else "")
        table.add_row("Origin", f"{shown} (seen by {peers})" if len(origins) > 1 else shown)
    places = [part for part in (interval.country, interval.region, interval.city) if part]
    table.add_row("Place", ", ".join(places) or "unknown")
    industry = [str(part) for part in (interval.naics, interval.sector) if part]
    if industry:
        table.add_row("Industry", " ".join(industry))
    if interval.geo_prefix is not None:
        table.add_row("Place from", str(interval.geo_prefix))
    table.add_row("Atlas", info.name)
    return table
