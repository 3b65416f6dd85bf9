"""A day of events: who does what when, by columns, a part of the day at a time."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from bench.world.hosts import Hosts
from bench.world.routes import Routes
from bench.world.scale import DAY, SECONDS, Numbers, Scale, below, dice, fraction, mixed
from bench.world.types import TYPES, weights
from tocsin.model.address import Addresses, address_texts

WAYS = 2
"""A host that is seen often does one of so many things each time; seen again doing it, it is the
same row of a report."""

_FAMILIES, _TAGS, _AGENTS, _PATHS, _NAMES = 120, 40, 3_000, 20_000, 5_000
_PORTS = np.array([22, 23, 25, 53, 80, 110, 123, 143, 443, 445, 1433, 3306, 3389, 5060, 8080])
_SERVICES = ("ssh", "telnet", "smtp", "dns", "http", "ntp", "https", "smb", "rdp", "sip")
_SENSORS = 50


def _words(form: str, many: int) -> pa.Array:
    return pa.array([form.format(number) for number in range(many)])


INFECTIONS = _words("bot-{:03}", 400)
FAMILIES = _words("family-{:03}", _FAMILIES)
TAGS = _words("tag-{:02}", _TAGS)
SERVICES = pa.array(_SERVICES)
METHODS = pa.array(["GET", "POST", "HEAD", "PUT"])
PATHS = _words("/cgi-bin/{:05}/login.php", _PATHS)
NAMES = _words("user{:04}", _NAMES)
AGENTS = _words(
    "Mozilla/5.0 (X11; Linux x86_64; rv:{0}.0) AppleWebKit/{0}.36 (KHTML, like Gecko) Safari/{0}",
    _AGENTS,
)
APPLICATIONS = _words("application-{:02}", 30)


@dataclass(frozen=True)
class Events:
    """The events of a part. Each has a host, one of its ways, and a number of its own."""

    host: Numbers
    way: Numbers
    number: Numbers
    second: NDArray[np.int64]
    hosts: Hosts

    def __len__(self) -> int:
        return len(self.host)

    @cached_property
    def habit(self) -> Numbers:
        """What a host does in one of its ways: everything that is the same each time."""
        return mixed(self.host * np.uint64(WAYS) + self.way, 40)

    @cached_property
    def type_number(self) -> NDArray[np.int64]:
        """The report type of each event."""
        bounds = np.cumsum(weights())
        found = np.searchsorted(bounds, fraction(self.habit, 41), side="right")
        return np.minimum(found, len(TYPES) - 1)

    @cached_property
    def source(self) -> Addresses:
        """The address that did it."""
        return self.hosts.addresses(self.host)

    @cached_property
    def sensor(self) -> NDArray[np.int64]:
        """The number of the sensor that saw it."""
        return below(self.number, 42, _SENSORS)

    @cached_property
    def target(self) -> Addresses:
        """The address of the sensor."""
        return self.hosts.addresses(self.sensor.astype(np.uint64) + np.uint64(1 << 60))

    def cells(self) -> dict[str, pa.Array]:
        """What the source says of each event, as texts or numbers."""
        habit, number = self.habit, self.number
        return {
            "timestamp": self.moments(),
            "protocol": self._word(pa.array(["tcp", "udp"]), below(habit, 43, 2)),
            "src_ip": texts_of(self.source),
            "src_port": pa.array(1024 + below(number, 44, 64_000)),
            "dst_ip": texts_of(self.target),
            "dst_port": pa.array(_PORTS[below(habit, 45, len(_PORTS))]),
            "src_hostname": self._numbered("host-", below(self.host, 46, 1 << 31), ".example.net"),
            "infection": self._word(INFECTIONS, self._often(habit, 47, len(INFECTIONS))),
            "family": self._word(FAMILIES, self._often(habit, 48, _FAMILIES)),
            "tag": self._word(TAGS, self._often(habit, 49, _TAGS)),
            "application": self._word(APPLICATIONS, below(habit, 50, len(APPLICATIONS))),
            "service": self._word(SERVICES, below(habit, 51, len(SERVICES))),
            "http_method": self._word(METHODS, self._often(number, 52, len(METHODS))),
            "http_host": self._numbered("www", below(number, 53, 90_000), ".example.org"),
            "http_url": self._word(PATHS, self._often(number, 54, _PATHS)),
            "http_agent": self._word(AGENTS, self._often(number, 55, _AGENTS)),
            "username": self._word(NAMES, self._often(number, 56, _NAMES)),
            "payload_md5": hexadecimal(mixed(habit, 57), mixed(number, 58)),
        }

    def moments(self) -> pa.Array:
        """When each event was seen: whole seconds, UTC."""
        midnight = np.datetime64(DAY.isoformat(), "s")
        return pa.array(midnight + self.second.astype("timedelta64[s]"))

    @staticmethod
    def _word(words: pa.Array, numbers: NDArray[np.int64]) -> pa.Array:
        return words.take(pa.array(numbers))

    @staticmethod
    def _often(numbers: Numbers, salt: int, many: int) -> NDArray[np.int64]:
        """Numbers of which the low ones come most often."""
        return (many * fraction(numbers, salt) ** 3).astype(np.int64)

    @staticmethod
    def _numbered(before: str, numbers: NDArray[np.int64], after: str) -> pa.Array:
        texts = pa.array(numbers).cast(pa.string())
        return pc.binary_join_element_wise(before, texts, after, "")


def events_of(scale: Scale, part: int, routes: Routes) -> Events:
    """The events of one part of the day, in the order of time."""
    rolls, rows = dice(2, scale.events, part), scale.rows_of(part)
    hot = rolls.random(rows) < 0.5
    host = np.where(
        hot,
        (scale.hot * rolls.random(rows) ** 1.15).astype(np.uint64),
        scale.hot + rolls.integers(0, scale.cold, rows),
    ).astype(np.uint64)
    # Hosts that are seldom seen do something else each time.
    way = np.where(hot, rolls.integers(0, WAYS, rows), WAYS * rolls.integers(1, 1 << 20, rows))
    span = SECONDS / scale.parts
    second = np.sort(rolls.random(rows) * span + part * span).astype(np.int64)
    number = np.arange(rows, dtype=np.uint64) + np.uint64(part * scale.part_rows)
    return Events(host, way.astype(np.uint64), number, second, Hosts.of(routes))


def texts_of(addresses: Addresses) -> pa.Array:
    """Addresses as texts."""
    low = addresses.lo.astype(np.int64)
    octets = [pa.array((low >> shift) & 255).cast(pa.string()) for shift in (24, 16, 8, 0)]
    texts = pc.binary_join_element_wise(*octets, ".")
    six = ~addresses.is_v4
    if not six.any():
        return texts
    return pc.replace_with_mask(texts, pa.array(six), pa.array(address_texts(addresses.take(six))))


def hexadecimal(upper: Numbers, lower: Numbers) -> pa.Array:
    """128 bits as 32 digits."""
    wide = np.stack([upper, lower], axis=1).astype(">u8").view(np.uint8).reshape(-1)
    digits = np.frombuffer(b"0123456789abcdef", np.uint8)
    text = digits[np.stack([wide >> 4, wide & 15], axis=1)].reshape(-1)
    bounds = np.arange(len(upper) + 1, dtype=np.int32) * 32
    return pa.StringArray.from_buffers(len(upper), pa.py_buffer(bounds), pa.py_buffer(text))
