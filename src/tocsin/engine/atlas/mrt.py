"""Dumps of routing tables in MRT form (RFC 6396): what each peer of a collector announces.

mrtparse reads the records. What a record of TABLE_DUMP_V2 says of its prefix is read here: of
each entry only the AS path counts, and the library decodes all attributes of it, at twelve times
the cost; where an IPv4 prefix has an IPv6 next hop (RFC 8950), it also loses its place.
"""

from __future__ import annotations

import datetime as dt
import signal
import struct
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol, cast

from tocsin.engine.atlas.as_paths import (
    AS4_PATH,
    AS_PATH,
    End,
    Segment,
    as_path,
    ends_of,
    ends_of_packed,
    hops_of,
    whole_path,
)
from tocsin.engine.atlas.forms import Given
from tocsin.engine.atlas.packed import MOST_OF_DUMP, Unpacked
from tocsin.engine.atlas.rows import Routes
from tocsin.engine.atlas.tables import Complaints
from tocsin.model.address import ALL_ONES, V4_BITS, V4_OFFSET, Network, parse_address
from tocsin.model.errors import AtlasError

# Loading the library makes a closed pipe end the process; Tocsin handles that itself.
_pipe_handler = signal.getsignal(signal.SIGPIPE)
from mrtparse import Reader  # noqa: E402

signal.signal(signal.SIGPIPE, _pipe_handler)

MOST_BYTES = 64 << 30
_TABLE_DUMP, _TABLE_DUMP_V2 = 12, 13
_PEERS = 1
_UNICAST = {2: (4, False), 4: (16, False), 8: (4, True), 10: (16, True)}
"""Subtypes of TABLE_DUMP_V2 that are read: octets of an address; whether entries have a path
number (RFC 8050)."""

_NO_ORIGIN = "entries without an origin AS"


def read_mrt(given: Given, routes: Routes, complaints: Complaints) -> str:
    """The routes of a dump; each origin AS with the number of peers that see it, and with the
    ASes that stand directly before it in their paths.

    The origin is the last AS of the path; where the path ends with a set, every AS of the set
    is one. An empty path is the peer's own. Returns the day of the dump. AtlasError if it is cut
    short, or holds no table.
    """
    before, held, made = len(routes), Counter[str](), ""
    with Unpacked(given.path, most_bytes=MOST_OF_DUMP) as stream:
        dump = _Dump(stream, routes)
        number = 0
        while True:
            number += 1
            try:
                if not dump.advance():
                    break
            except (ValueError, LookupError, struct.error) as error:
                complaints.add(given.path, 0, f"record {number} cannot be read: {error}")
                continue
            held[dump.kind] += 1
            made = made or dump.day
    if len(routes) == before and not complaints.count:
        kinds = ", ".join(f"{count} of {kind}" for kind, count in held.most_common()) or "none"
        raise AtlasError(
            f"holds no routing table; its records: {kinds}",
            where=str(given.path),
            todo="give a dump of the whole table (a RIB), not of updates",
        )
    for kind, count in sorted((held - Counter(dump.tables)).items()):
        routes.left_out[f"records of {kind}"] += count
    return made


class _Record(Protocol):
    """What the library knows of a record's header."""

    data: Mapping[str, object]


class _Dump(Reader):  # type: ignore[misc] # the library has no types
    """A dump, record after record; routes go to `routes` as they come.

    kind: what the last record was. day: of when. tables: records of a table, by kind.
    """

    err: str | None

    def __init__(self, stream: Unpacked, routes: Routes) -> None:
        super().__init__(stream)
        self.routes = routes
        self.peers: list[int] = []
        self.kind = ""
        self.day = ""
        self.tables: Counter[str] = Counter()

    def advance(self) -> bool:
        """Read one record; False behind the last one. ValueError if it cannot be read."""
        try:
            next(self)
        except StopIteration:
            return False
        kind = _only(self.data.get("type"))
        error, self.err = self.err, None  # the library never takes it back
        if error is not None and kind in (0, _TABLE_DUMP, _TABLE_DUMP_V2):
            raise ValueError(self.err_msg)
        self._note(kind)
        if kind == _TABLE_DUMP:
            self._old_table()
        return True

    def _note(self, kind: int) -> None:
        kinds = cast("Mapping[int, str]", self.data["type"])
        subtypes = cast("Mapping[int, str]", self.data["subtype"])
        self.kind = kinds[kind]
        if kind == _TABLE_DUMP_V2:
            self.kind += f" {next(iter(subtypes.values()))}"
        if kind == _TABLE_DUMP or (kind == _TABLE_DUMP_V2 and _only(subtypes) in (1, *_UNICAST)):
            self.tables[self.kind] += 1
        seconds = _only(self.data["timestamp"])
        self.day = dt.datetime.fromtimestamp(seconds, dt.UTC).date().isoformat()

    def unpack_td_v2(self, data: bytes, mrt: _Record) -> None:
        """One record of TABLE_DUMP_V2; the library calls this."""
        subtype = _only(mrt.data["subtype"])
        if subtype in _UNICAST:
            self._prefix(data, *_UNICAST[subtype])
        elif subtype == _PEERS:
            super().unpack_td_v2(data, mrt)
            entries = cast("Iterable[Mapping[str, str]]", self.data["peer_entries"])
            self.peers = [int(entry["peer_as"]) for entry in entries]

    def _prefix(self, data: bytes, octets: int, numbered: bool) -> None:
        """A prefix and its entries (RFC 6396, 4.3.2 and 4.3.4)."""
        length = data[4]
        at = 5 + (length + 7) // 8
        if length > octets * 8 or at + 2 > len(data):
            raise ValueError(f"a prefix of {length} bits in {len(data)} bytes")
        network = _network(data[5:at].ljust(octets, b"\0"), length)
        seen: set[tuple[int, int]] = set()
        ends: set[End] = set()
        (entries,) = struct.unpack_from(">H", data, at)
        at += 2
        for _ in range(entries):
            peer, _, size = struct.unpack_from(">HI4xH" if numbered else ">HIH", data, at)
            begin = at + (12 if numbered else 8)
            at = begin + size
            if at > len(data):
                raise ValueError("an entry is longer than its record")
            for end in ends_of_packed(as_path(data[begin:at])) or self._own(peer):
                seen.add((end[0], peer))
                ends.add(end)
        if at != len(data):
            raise ValueError(f"{len(data) - at} bytes behind the last entry")
        self._add(network, Counter(origin for origin, _ in seen), ends, octets)

    def _own(self, peer: int) -> Sequence[End]:
        """The peer's own AS, for a path that is empty."""
        if peer < len(self.peers) and self.peers[peer]:
            return ((self.peers[peer], 0),)
        self.routes.left_out[_NO_ORIGIN] += 1
        return ()

    def _add(
        self, network: Network, origins: Mapping[int, int], ends: Iterable[End], octets: int
    ) -> None:
        if octets == 16 and network.is_v4:
            self.routes.left_out["IPv4 prefixes written as IPv6"] += 1
            return
        before: dict[int, list[int]] = {origin: [] for origin in origins}
        for origin, neighbour in ends:
            if neighbour:
                before[origin].append(neighbour)
        for origin, peers in sorted(origins.items()):
            if origin:
                self.routes.add(network, origin, peers, before[origin])
            else:
                self.routes.left_out["origins that are AS 0"] += 1

    def _old_table(self) -> None:
        """A record of TABLE_DUMP: one prefix as one peer sees it (RFC 6396, 4.2)."""
        text = str(self.data["prefix"])
        octets = 16 if ":" in text else 4
        packed = (parse_address(text) & ((1 << octets * 8) - 1)).to_bytes(octets, "big")
        network = _network(packed, int(cast("int", self.data["length"])))
        attributes = cast("Iterable[Mapping[str, object]]", self.data["path_attributes"])
        paths = {_only(each["type"]): each.get("value") for each in attributes}
        short, long = (hops_of(_segments(paths.get(kind))) for kind in (AS_PATH, AS4_PATH))
        ends = ends_of(whole_path(short, long)) or ((int(str(self.data["peer_as"])), 0),)
        self._add(network, {origin: 1 for origin, _ in ends}, ends, octets)


def _only(named: object) -> int:
    """The number of what the library gives as {number: name}; 0 if it gave nothing."""
    return next(iter(cast("Mapping[int, str]", named or {0: ""})))


def _network(packed: bytes, length: int) -> Network:
    """A prefix; bits behind its length mean nothing (RFC 4271, 4.3)."""
    first = int.from_bytes(packed, "big")
    if len(packed) == 4:
        first, length = first | V4_OFFSET, length + V4_BITS
    if length > 128:
        raise ValueError(f"a prefix of {length} bits")
    return Network(first & ~(ALL_ONES >> length), length)


def _segments(value: object) -> Iterable[Segment]:
    """Segments as the library gives them."""
    for segment in cast("Iterable[Mapping[str, object]]", value or ()):
        numbers = cast("Iterable[str]", segment["value"])
        yield _only(segment["type"]), [int(number) for number in numbers]
