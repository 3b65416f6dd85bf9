"""`tocsin atlas update`: fetch the maps that others publish, and build an atlas of them."""

from __future__ import annotations

import datetime as dt
import os
import time
import urllib.request
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from tocsin.cli.atlas_shown import atlas_counts, atlas_value, fetched_table, maps_table
from tocsin.cli.exit_codes import REJECTED
from tocsin.cli.file_options import GeoOption, NamesOption, RoutesOption
from tocsin.cli.options import (
    DEFAULT_HOME,
    HomeOption,
    JsonOption,
    NowOption,
    moment,
    parse_moment,
)
from tocsin.cli.output import Output, command
from tocsin.configuration.load import load_configuration
from tocsin.configuration.maps import Maps
from tocsin.engine.atlas import AtlasInfo, atlas_for, build_atlas, list_atlases, save_atlas
from tocsin.engine.atlas.fetch import Came, Fetched, Fetching
from tocsin.engine.atlas.http_publisher import HttpPublisher
from tocsin.engine.atlas.maps import PublicMap, Use, shown
from tocsin.engine.atlas.packed import digest_of
from tocsin.engine.atlas.publisher import DirectoryPublisher, Publisher
from tocsin.engine.home import Home
from tocsin.engine.nightly.map_ages import MOST_DAYS
from tocsin.model.errors import UsageError


def update(
    list_only: Annotated[
        bool, typer.Option("--list", help="Say which maps there are to fetch, and fetch none.")
    ] = False,
    offline: Annotated[
        Path | None,
        typer.Option(
            "--offline",
            metavar="DIR",
            help="Take the files from a directory, under the names that they are published by.",
            show_default=False,
        ),
    ] = None,
    at: Annotated[
        dt.datetime | None,
        typer.Option(
            "--at",
            metavar="DATE",
            parser=parse_moment,
            help="From when on the atlas counts; else from now on.",
            show_default=False,
        ),
    ] = None,
    routes: RoutesOption = None,
    geo: GeoOption = None,
    names: NamesOption = None,
    force: Annotated[
        bool,
        typer.Option("--force", help="Keep it even if it lost half of the prefixes there were."),
    ] = False,
    home: HomeOption = DEFAULT_HOME,
    as_json: JsonOption = False,
    now: NowOption = None,
) -> None:
    """Fetch the maps that others publish, and build an atlas of them and of files of your own."""
    with command("atlas update", as_json=as_json, home=home) as output:
        if list_only:
            _list(output, load_configuration(Home(home).configuration).maps.wanted())
            return
        place = Home.open(home, create=True)
        settings = load_configuration(place.configuration).maps
        clock = moment(now)
        with place.lock("atlas"):
            fetched = _fetch(output, place, settings, offline, clock)
            _warn(output, fetched, clock.date())
            own = _Files(tuple(routes or ()), tuple(geo or ()), tuple(names or ()))
            _build(output, place, fetched, own, at or clock, force=force)


class _Files:
    """Files of an atlas by what they are used as; those of the operator's own come last."""

    def __init__(self, routes: Sequence[Path], geo: Sequence[Path], names: Sequence[Path]) -> None:
        self.of = {Use.ROUTES: [*routes], Use.GEO: [*geo], Use.NAMES: [*names]}

    def after(self, fetched: Sequence[Fetched]) -> _Files:
        """These files behind the maps that were fetched."""
        maps = {use: [each.path for each in fetched if each.of.use is use] for use in Use}
        return _Files(*([*maps[use], *self.of[use]] for use in Use))

    def digests(self) -> list[tuple[str, str]]:
        """The use and the SHA-256 of each, in order."""
        return [(use.value, digest_of(path)) for use in Use for path in self.of[use]]


def _list(output: Output, wanted: Sequence[PublicMap]) -> None:
    value = [
        {
            "name": each.name,
            "use": each.use.value,
            "url": shown(each.url),
            "checksum": shown(each.checksum) if each.checksum else "",
            "licence": each.licence,
        }
        for each in wanted
    ]
    output.figures({"maps": value}, maps_table(wanted))
    output.next("tocsin atlas update")


def _fetch(
    output: Output, home: Home, settings: Maps, offline: Path | None, now: dt.datetime
) -> tuple[Fetched, ...]:
    wanted = settings.wanted()
    publisher: Publisher
    if offline is None:
        publisher = HttpPublisher(
            silence=settings.silence,
            longest=settings.longest,
            most_bytes=settings.most_bytes,
            proxies=urllib.request.getproxies(),
        )
    elif os.path.isdir(offline):  # noqa: PTH112 - false for a name that is too long, too
        publisher = DirectoryPublisher(offline)
        wanted = publisher.at_hand(wanted)
    else:
        raise UsageError("is no directory", where=str(offline), todo="name one with --offline")
    fetching = Fetching(
        publisher, home.maps, now, settings.attempts, time.sleep, settings.least_names
    )
    with output.progress("Fetching maps", len(wanted)) as advance:
        fetched = fetching.all_of(wanted, advance)
    output.figures({"maps": [_value(each) for each in fetched]}, fetched_table(fetched))
    return fetched


def _warn(output: Output, fetched: Sequence[Fetched], today: dt.date) -> None:
    for each in fetched:
        if each.came is Came.KEPT:
            output.warn(f"{each.of.name} is the copy of {each.fetched[:10]}: {each.problem}")
            output.finish(REJECTED)
        age = (today - dt.date.fromisoformat(each.as_of)).days
        if age > MOST_DAYS:
            output.warn(f"{each.of.name} is {age} days old")


def _build(
    output: Output,
    home: Home,
    fetched: Sequence[Fetched],
    own: _Files,
    at: dt.datetime,
    *,
    force: bool,
) -> None:
    files = own.after(fetched)
    earlier = list_atlases(home.atlases)
    newest = atlas_for(earlier, at)
    if newest and [(each.use, each.sha256) for each in newest.inputs] == files.digests():
        _tell(output, newest, new=False, notes=())
        return
    routes, geo, names = (files.of[use] for use in Use)
    with output.progress("Building the atlas"):
        days = {each.path: each.as_of for each in fetched}
        built = build_atlas(routes, geo, at=at, names=names, days=days)
        info = save_atlas(built, home.atlases, force=force)
    _tell(output, info, new=True, notes=built.notes)
    if not earlier:
        output.warn(
            f"this is the first atlas: events before {info.at:%Y-%m-%d %H:%M:%S} UTC belong to "
            "nobody; --at builds one for those"
        )


def _tell(output: Output, info: AtlasInfo, *, new: bool, notes: Sequence[str]) -> None:
    # What registries reserve is left out every day, and nothing to be warned of.
    for note in notes:
        output.line(note)
    said = "built" if new else "is of these very maps; nothing was built"
    output.figures(
        {**atlas_value(info), "new": new, "notes": list(notes)},
        f"Atlas {info.name} {said}: {atlas_counts(info)}.",
    )
    output.next("tocsin atlas show ADDRESS, or tocsin collect FILE... --source NAME")


def _value(each: Fetched) -> dict[str, object]:
    return {
        "name": each.of.name,
        "use": each.of.use.value,
        "url": shown(each.of.url),
        "file": str(each.path),
        "sha256": each.sha256,
        "bytes": each.size,
        "day": each.day,
        "fetched": each.fetched,
        "licence": each.of.licence,
        "came": each.came.value,
        "problem": each.problem,
    }
