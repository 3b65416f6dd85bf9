"""Who announces what, and what lies where: the tables that the atlas is built of."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final

ISP: Final = 64496
UNIVERSITY: Final = 64497
HOSTER: Final = 64498
BANK: Final = 64499
SCRUBBER: Final = 64500
MOBILE: Final = 64501
OBSERVATORY: Final = 64502

_NAMES: Final = (
    (ISP, "EXAMPLE-ISP Example Access Networks"),
    (UNIVERSITY, "EXAMPLE-UNI University of Example"),
    (HOSTER, "EXAMPLE-HOST Example Hosting"),
    (BANK, "EXAMPLE-BANK Bank of Example"),
    (SCRUBBER, "EXAMPLE-SCRUB Example Traffic Scrubbing"),
    (MOBILE, "EXAMPLE-MOBILE Example Mobile"),
    (OBSERVATORY, "EXAMPLE-OBS Observatory of the Example Internet"),
)

_ROUTES: Final = (
    # prefix, origin, how many peers see it
    ("192.0.2.0/24", ISP, 40),
    ("192.0.2.128/25", UNIVERSITY, 38),
    ("198.51.100.0/24", HOSTER, 40),
    # Announced by its holder and, while it is being flooded, by those who wash its traffic.
    ("198.51.100.128/26", HOSTER, 27),
    ("198.51.100.128/26", SCRUBBER, 13),
    ("198.51.100.192/26", BANK, 39),
    ("203.0.113.0/24", MOBILE, 40),
    ("203.0.113.224/27", OBSERVATORY, 40),
    ("2001:db8::/32", OBSERVATORY, 22),
    ("2001:db8:100::/40", ISP, 36),
    ("2001:db8:110::/44", UNIVERSITY, 34),
    ("2001:db8:200::/40", HOSTER, 36),
    ("2001:db8:300::/40", MOBILE, 31),
)

_COMMUNICATIONS: Final = (517111, "Communications")
_HOSTING: Final = (518210, "Information Technology")
_PLACES: Final = (
    # prefix, country, region, city, industry (NAICS code and sector)
    ("192.0.2.0/24", "XA", "NORTHLAND", "ALPHAVILLE", *_COMMUNICATIONS),
    ("192.0.2.64/28", "XA", "NORTHLAND", "ALPHAVILLE", 622110, "Healthcare"),
    ("192.0.2.128/25", "XA", "SOUTHLAND", "BETATOWN", 611310, "Education"),
    ("198.51.100.0/24", "XB", "COAST", "PORT GAMMA", *_HOSTING),
    ("198.51.100.192/26", "XB", "COAST", "DELTA CITY", 522110, "Financial Services"),
    ("203.0.113.0/25", "XB", "HILLS", "EPSILON", *_COMMUNICATIONS),
    ("203.0.113.128/25", "XC", "ISLANDS", "ZETA", *_COMMUNICATIONS),
    ("2001:db8:100::/40", "XA", "NORTHLAND", "ALPHAVILLE", *_COMMUNICATIONS),
    ("2001:db8:110::/44", "XA", "SOUTHLAND", "BETATOWN", 611310, "Education"),
    ("2001:db8:200::/40", "XB", "COAST", "PORT GAMMA", *_HOSTING),
    ("2001:db8:300::/40", "XC", "ISLANDS", "ZETA", *_COMMUNICATIONS),
)


def write_maps(folder: Path) -> tuple[Path, Path, Path]:
    """Write the tables of routes, of geography, and of AS names; their paths in this order."""
    folder.mkdir(parents=True, exist_ok=True)
    routes, geography, names = (
        folder / name for name in ("routes.csv", "geography.csv", "as-names.csv")
    )
    _write(routes, "prefix,asn,peers", _ROUTES)
    _write(geography, "prefix,country,region,city,naics,sector", _PLACES)
    _write(names, "asn,as_name", _NAMES)
    return routes, geography, names


def _write(path: Path, header: str, rows: Iterable[tuple[object, ...]]) -> None:
    lines = [header, *(",".join(str(cell) for cell in row) for row in rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
