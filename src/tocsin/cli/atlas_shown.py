"""What `tocsin atlas` says of atlases and addresses."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from tocsin.engine.atlas import AtlasInfo, Interval
from tocsin.engine.atlas.fetch import Fetched
from tocsin.engine.atlas.maps import PublicMap, file_name, shown
from tocsin.model.address import address_text


def atlas_counts(info: AtlasInfo) -> str:
    """How much an atlas holds, in words."""
    return (
        f"{info.prefixes_v4:,} IPv4 prefixes, {info.prefixes_v6:,} IPv6 prefixes, "
        f"{info.places:,} places"
    )


def atlas_value(info: AtlasInfo) -> dict[str, object]:
    """The label of an atlas, for machines."""
    return {
        "name": info.name,
        "at": info.at.isoformat(),
        "prefixes_v4": info.prefixes_v4,
        "prefixes_v6": info.prefixes_v6,
        "places": info.places,
        "inputs": [each._asdict() for each in info.inputs],
    }


def list_table(infos: Sequence[AtlasInfo]) -> Table | str:
    """Atlases, one a line."""
    if not infos:
        return "No atlas yet."
    table = Table("Atlas", "Counts from (UTC)", box=None, pad_edge=False)
    for heading in ("IPv4 prefixes", "IPv6 prefixes", "Places"):
        table.add_column(heading, justify="right")
    for info in infos:
        counts = (info.prefixes_v4, info.prefixes_v6, info.places)
        table.add_row(info.name, f"{info.at:%Y-%m-%d %H:%M:%S}", *(f"{one:,}" for one in counts))
    return table


Origins = Sequence[tuple[int, int, str | None]]
"""AS number, peers that see it, name."""


def interval_value(
    number: int, interval: Interval, origins: Origins, info: AtlasInfo
) -> dict[str, object]:
    """What an atlas says of an address, for machines."""
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


def interval_table(number: int, interval: Interval, origins: Origins, info: AtlasInfo) -> Table:
    """What an atlas says of an address, for people."""
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


def maps_table(maps: Sequence[PublicMap]) -> Table | str:
    """The maps that are to be fetched."""
    if not maps:
        return "Every map is switched off in tocsin.toml."
    table = Table("Map", "Used as", "Address", "Checksum", "Licence", box=None, pad_edge=False)
    for each in maps:
        checksum = file_name(each.checksum) if each.checksum else "none"
        table.add_row(each.name, each.use.value, shown(each.url), checksum, each.licence or "?")
    return table


def fetched_table(fetched: Sequence[Fetched]) -> Table:
    """The maps that are at hand now."""
    table = Table("Map", "Used as", "Date", box=None, pad_edge=False)
    table.add_column("Bytes", justify="right")
    for heading in ("SHA-256", "Came", "Licence"):
        table.add_column(heading)
    for each in fetched:
        table.add_row(
            each.of.name,
            each.of.use.value,
            each.day or "not told",
            f"{each.size:,}",
            each.sha256[:16],
            each.came.value,
            each.of.licence or "not told",
        )
    return table
