"""Maps that others publish: which there are, where they lie, and under what terms."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from urllib.parse import urlsplit


class Use(Enum):
    """What a map is used as: the option of `tocsin atlas build` that would take it."""

    ROUTES = "routes"
    GEO = "geo"
    NAMES = "names"


@dataclass(frozen=True, slots=True)
class PublicMap:
    """A map to fetch. url: http or https. checksum: the address of the publisher's checksum
    file, empty if there is none. licence: in a few words, for whoever publishes what is made
    with it."""

    name: str
    use: Use
    url: str
    checksum: str = ""
    licence: str = ""


def file_name(url: str) -> str:
    """The last part of an address's path; ValueError if it would be no name of a file."""
    name = urlsplit(url).path.rpartition("/")[2]
    if not name or name.startswith(".") or not name.isprintable() or len(name.encode()) > 128:
        raise ValueError(f"{shown(url)[:200]!r} does not end with the name of a file")
    return name


def shown(url: str) -> str:
    """The address for messages: scheme, host, port and path. What stands before the host or
    behind the path may be a password or a key."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


_REGISTRY_TERMS = "the registry's terms of use; free to use, credit the registry"


def _registry(name: str, folder: str) -> PublicMap:
    url = f"{folder}/delegated-{name}-extended-latest"
    return PublicMap(name, Use.GEO, url, f"{url}.md5", _REGISTRY_TERMS)


PUBLIC_MAPS: tuple[PublicMap, ...] = (
    PublicMap(
        "iptoasn",
        Use.ROUTES,
        "https://iptoasn.com/data/ip2asn-combined.tsv.gz",
        licence="public domain (PDDL 1.0)",
    ),
    _registry("afrinic", "https://ftp.afrinic.net/pub/stats/afrinic"),
    _registry("apnic", "https://ftp.apnic.net/stats/apnic"),
    _registry("arin", "https://ftp.arin.net/pub/stats/arin"),
    _registry("lacnic", "https://ftp.lacnic.net/pub/stats/lacnic"),
    _registry("ripencc", "https://ftp.ripe.net/pub/stats/ripencc"),
    PublicMap(
        "asnames",
        Use.NAMES,
        "https://ftp.ripe.net/ripe/asnames/asn.txt",
        licence=_REGISTRY_TERMS,
    ),
)
"""What is fetched unless the configuration says otherwise. Later places win over earlier ones of
the same prefix; those of the registries do not overlap but for transfers."""
