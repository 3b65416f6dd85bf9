"""URLs that attackers want loaded: found in commands, and taken apart.

Nothing is resolved: the host of a URL is an address only if it is written as one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

import pyarrow as pa
import pyarrow.compute as pc

from tocsin.model.address import address_text, parse_address

_PORTS: Final = MappingProxyType({"http": 80, "https": 443, "ftp": 21, "tftp": 69})
_MOST_LOOKED_THROUGH: Final = 1 << 16
_URL = re.compile(
    r"(?P<quote>['\"])?(?P<url>\b(?:https?|t?ftp)://[^\s'\"<>|;`()\\&][^\s'\"<>|;`()\\]{0,2000})",
    re.IGNORECASE,
)


def first_url(command: str) -> str | None:
    """The first URL in a command, None without one; unquoted it ends where a shell ends it."""
    found = _URL.search(command[:_MOST_LOOKED_THROUGH])
    if found is None:
        return None
    url = found["url"]
    return url if found["quote"] else url.partition("&")[0]


@dataclass(frozen=True, slots=True)
class Url:
    """A URL taken apart. address: its host, if that is one, else ""."""

    scheme: str
    host: str
    address: str
    port: int


def split_url(text: str) -> Url | None:
    """Take a URL apart; None if it has no host, or is of another kind than files are loaded by."""
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return None
    scheme = parts.scheme.lower()
    if not host or scheme not in _PORTS:
        return None
    try:
        address = address_text(parse_address(host))
    except ValueError:
        address = ""
    return Url(scheme, address or host, address, _PORTS[scheme] if port is None else port)


def url_cells(urls: pa.StringArray) -> dict[str, pa.Array]:
    """For each URL the columns of whoever hands out what it names; nulls where it is none."""
    return {
        "url_scheme": each_text(urls, lambda url: _part(url, lambda it: it.scheme)),
        "hostname": each_text(urls, lambda url: _part(url, lambda it: it.host)),
        "ip": each_text(urls, lambda url: _part(url, lambda it: it.address)),
        "port": each_text(urls, lambda url: _part(url, lambda it: str(it.port))),
        "source": each_text(urls, lambda url: _part(url, lambda _: "honeypot")),
    }


def _part(text: str, part: Callable[[Url], str]) -> str | None:
    url = split_url(text)
    return (part(url) or None) if url else None


def each_text(texts: pa.StringArray, change: Callable[[str], str | None]) -> pa.Array:
    """Change every text; each distinct one is looked at once."""
    encoded = pc.dictionary_encode(texts)
    changed = [change(text) for text in encoded.dictionary.to_pylist()]
    return pa.array(changed, pa.string()).take(encoded.indices)
