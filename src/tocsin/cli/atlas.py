"""`tocsin atlas`: build the map of the address space, list the maps there are, ask one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.atlas_shown import (
    atlas_counts,
    atlas_value,
    interval_table,
    interval_value,
    list_table,
)
from tocsin.cli.atlas_update import update
from tocsin.cli.exit_codes import REJECTED
from tocsin.cli.file_options import FilesCommand, GeoOption, NamesOption, RoutesOption
from tocsin.cli.options import DEFAULT_HOME, HomeOption, JsonOption, parse_moment
from tocsin.cli.output import Output, command
from tocsin.engine.atlas import (
    AtlasInfo,
    atlas_for,
    build_atlas,
    list_atlases,
    load_atlas,
    save_atlas,
    verify_atlas,
)
from tocsin.engine.home import Home
from tocsin.model.address import parse_address
from tocsin.model.errors import AtlasError, UsageError

app = typer.Typer(help="The map of the address space: whose an address is, and where it lies.")
app.command("update", cls=FilesCommand)(update)


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
    routes: RoutesOption = None,
    geo: GeoOption = None,
    names: NamesOption = None,
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
            {**atlas_value(info), "new": info.name not in known, "notes": list(built.notes)},
            f"Atlas {info.name} {word}: {atlas_counts(info)}.",
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
        output.figures({"atlases": [atlas_value(info) for info in infos]}, list_table(infos))
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
            interval_value(number, interval, origins, info),
            interval_table(number, interval, origins, info),
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
