"""Small worlds of routes and geography, and a naive reading of them to hold the atlas against."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from pathlib import Path

from tocsin.engine.atlas import Atlas, BuiltAtlas, build_atlas, load_atlas, save_atlas

DAY = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
AnyNetwork = IPv4Network | IPv6Network
Host = IPv4Address | IPv6Address


@dataclass(frozen=True)
class Route:
    prefix: str
    asn: int
    peers: int = 1


@dataclass(frozen=True)
class Spot:
    prefix: str
    country: str = ""
    region: str = ""
    city: str = ""
    naics: int = 0
    sector: str = ""


def build(
    directory: Path,
    routes: Sequence[Route],
    spots: Sequence[Spot] = (),
    *,
    at: dt.datetime = DAY,
) -> BuiltAtlas:
    """Write the world as CSV and build it."""
    directory.mkdir(parents=True, exist_ok=True)
    routes_csv, places_csv = directory / "routes.csv", directory / "places.csv"
    routes_csv.write_text(
        "prefix,asn,peers\n" + "".join(f"{r.prefix},{r.asn},{r.peers}\n" for r in routes)
    )
    places_csv.write_text(
        "prefix,country,region,city,naics,sector\n"
        + "".join(
            f"{s.prefix},{s.country},{s.region},{s.city},{s.naics or ''},{s.sector}\n"
            for s in spots
        )
    )
    return build_atlas([routes_csv] if routes else [], [places_csv] if spots else [], at=at)


def opened(directory: Path, built: BuiltAtlas) -> Atlas:
    """Keep it, and open what was kept."""
    info = save_atlas(built, directory / "kept", force=True)
    return load_atlas(directory / "kept", info.name)


def atlas(directory: Path, routes: Sequence[Route], spots: Sequence[Spot] = ()) -> Atlas:
    """Build, keep and open a world."""
    return opened(directory, build(directory, routes, spots))


def longest(host: Host, prefixes: Sequence[str]) -> AnyNetwork | None:
    """The longest of the prefixes that holds the address."""
    networks = [ip_network(prefix) for prefix in prefixes]
    holding = [net for net in networks if net.version == host.version and host in net]
    return max(holding, key=lambda net: net.prefixlen, default=None)


def naive_origins(host: Host, routes: Sequence[Route]) -> Counter[int]:
    """Peers by origin of the longest route that holds the address."""
    best = longest(host, [route.prefix for route in routes])
    found: Counter[int] = Counter()
    for route in routes:
        if best is not None and ip_network(route.prefix) == best:
            found[route.asn] += route.peers
    return found


def naive_spot(host: Host, spots: Sequence[Spot]) -> Spot | None:
    """The last row of the longest place that holds the address."""
    best = longest(host, [spot.prefix for spot in spots])
    rows = [spot for spot in spots if best is not None and ip_network(spot.prefix) == best]
    return rows[-1] if rows else None


def around(prefixes: Sequence[str]) -> list[Host]:
    """The first and last address of each prefix and their neighbours outside."""
    hosts: set[Host] = set()
    for prefix in prefixes:
        net = ip_network(prefix)
        greatest = (1 << net.max_prefixlen) - 1
        first, last = int(net[0]), int(net[-1])
        for number in (max(first - 1, 0), first, last, min(last + 1, greatest)):
            hosts.add(IPv4Address(number) if isinstance(net, IPv4Network) else IPv6Address(number))
    mapped = ip_network("::ffff:0:0/96")
    return sorted((host for host in hosts if host not in mapped), key=lambda h: (h.version, h))


def host(text: str) -> Host:
    """An address as the naive side reads it."""
    return ip_address(text)
