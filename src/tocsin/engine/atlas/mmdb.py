"""Databases in MaxMind's form: of ASes (routes), of countries and cities (places).

Source of the form: the MaxMind DB file format specification, 2.0, and the fields that MaxMind
describes for its databases. The library yields each network of the search tree once; the places
of the tree where IPv6 leads into the IPv4 networks again (::ffff:0:0/96, 2002::/16, 2001::/32)
are left out by it.
"""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path

import maxminddb

from tocsin.engine.atlas.forms import Given
from tocsin.engine.atlas.mmdb_tree import check_tree
from tocsin.engine.atlas.packed import Unpacked, cannot_be_read
from tocsin.engine.atlas.rows import Geography, Routes, make_where
from tocsin.engine.atlas.tables import Complaints, tidy
from tocsin.model.address import V4_BITS, V4_OFFSET, Network
from tocsin.model.errors import AtlasError

Entry = Mapping[str, object]
_GREATEST_ASN = (1 << 32) - 1
_NOWHERE = -1
_BROKEN = (
    maxminddb.InvalidDatabaseError,
    ValueError,
    TypeError,
    OverflowError,
    SystemError,  # of the library's reader in C, for some kinds of damage
    RecursionError,
)


def read_database_routes(given: Given, routes: Routes, complaints: Complaints) -> str:
    """The networks with the AS that a database names for them. Returns the database's day.

    AtlasError if it is broken, or names no AS.
    """
    before, fields = routes.told + complaints.count, set[str]()
    with _opened(given.path) as database:
        for network, entry in database.networks():
            fields.update(entry.keys())
            asn = entry.get("autonomous_system_number")
            if not asn:
                routes.left_out["networks without an AS"] += 1
            elif not isinstance(asn, int) or not 0 < asn <= _GREATEST_ASN:
                complaints.add(given.path, 0, f"{network}: {str(asn)[:80]!r} is no AS number")
            else:
                routes.add(network, asn)
                if name := _text(entry.get("autonomous_system_organization")):
                    routes.names[asn] = tidy(name)
        if routes.told + complaints.count == before:
            raise _says_nothing(given, database, fields, "AS", "--geo")
        return database.made


def read_database_places(given: Given, geography: Geography, complaints: Complaints) -> str:
    """The networks with country, region and city. Returns the database's day.

    The country is where an address is used, else where it is registered; the region is the
    largest subdivision; names are the English ones. AtlasError if the database is broken, or
    places nothing.
    """
    before, fields = geography.told + complaints.count, set[str]()
    numbers: dict[tuple[str, str, str], int] = {}
    with _opened(given.path) as database:
        for network, entry in database.networks():
            fields.update(entry.keys())
            said = _said(entry)
            try:
                if said not in numbers:
                    country, region, city = said
                    where = make_where(country=country, region=region, city=city)
                    numbers[said] = geography.number(where) if any(where) else _NOWHERE
            except ValueError as error:
                complaints.add(given.path, 0, f"{network}: {error}")
                continue
            if numbers[said] == _NOWHERE:
                geography.left_out["networks without a place"] += 1
            else:
                geography.add(network, numbers[said])
        if geography.told + complaints.count == before:
            raise _says_nothing(given, database, fields, "place", "--routes")
        return database.made


def _said(entry: Entry) -> tuple[str, str, str]:
    """Country, region and city as an entry tells them."""
    regions = entry.get("subdivisions")
    region = regions[0] if isinstance(regions, list) and regions else None
    country = _iso_code(entry.get("country")) or _iso_code(entry.get("registered_country"))
    return country, _name(region), _name(entry.get("city"))


def _iso_code(value: object) -> str:
    return _text(value.get("iso_code")) if isinstance(value, dict) else ""


def _name(value: object) -> str:
    names = value.get("names") if isinstance(value, dict) else None
    return _text(names.get("en")) if isinstance(names, dict) else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _says_nothing(
    given: Given, database: _Database, fields: set[str], what: str, option: str
) -> AtlasError:
    known = ", ".join(sorted(fields)[:12])[:400] or "nothing"
    return AtlasError(
        f"is a database ({database.kind[:80]}) that tells no {what} of any network, only {known}",
        where=str(given.path),
        todo=f"give it as {option}, if that is what it holds",
    )


@dataclass(frozen=True, slots=True)
class _Database:
    """An open database. kind: what it calls itself. made: its day."""

    path: Path
    reader: maxminddb.Reader
    kind: str
    made: str

    def networks(self) -> Iterator[tuple[Network, Entry]]:
        """Every network with its entry. AtlasError where the database is broken."""
        entries = iter(self.reader)
        while True:
            with _in_our_words(self.path):
                network, entry = next(entries, (None, None))
            if network is None:
                return
            if not isinstance(entry, dict):
                raise _broken(self.path, f"it says {str(entry)[:80]!r} of {network}")
            yield _network(network), entry


@contextmanager
def _opened(path: Path) -> Iterator[_Database]:
    with _plain(path) as file:
        with _in_our_words(path):
            reader = maxminddb.open_database(file)
        with closing(reader):
            with _in_our_words(path):
                label = reader.metadata()
                built = dt.datetime.fromtimestamp(label.build_epoch, dt.UTC)
                bits = 128 if label.ip_version == 6 else 32
                check_tree(file, label.node_count, label.record_size, bits)
            yield _Database(
                path,
                reader,
                kind=str(label.database_type),
                made=built.date().isoformat(),
            )


@contextmanager
def _plain(path: Path) -> Iterator[Path]:
    """The file, or an unpacked copy of it: the library's fast reader takes names of files."""
    with Unpacked(path) as stream:
        if not stream.packing:
            yield path
            return
        with tempfile.NamedTemporaryFile(suffix=".mmdb") as copy:
            while piece := stream.read(1 << 20):
                copy.write(piece)
            copy.flush()
            yield Path(copy.name)


@contextmanager
def _in_our_words(path: Path) -> Iterator[None]:
    try:
        yield
    except _BROKEN as error:
        raise _broken(path, str(error)) from error
    except OSError as error:
        raise cannot_be_read(path, error) from error


def _broken(path: Path, what: str) -> AtlasError:
    return AtlasError(f"is a broken database: {what}", where=str(path), todo="fetch the file again")


def _network(network: IPv4Network | IPv6Network) -> Network:
    first = int(network.network_address)
    if isinstance(network, IPv4Network):
        return Network(first | V4_OFFSET, network.prefixlen + V4_BITS)
    return Network(first, network.prefixlen)
