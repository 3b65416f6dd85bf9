"""The header of a CSV report: its names, and whether it is one."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from tocsin.engine.sources.csv_cells import Fault, split_cells

KNOWN_NAMES = frozenset(
    {
        "timestamp", "date", "time", "first_seen", "last_seen", "ip", "ip_address", "src_ip",
        "dst_ip", "cidr", "prefix", "network", "asn", "src_asn", "dst_asn", "geo", "src_geo",
        "dst_geo", "country", "port", "src_port", "dst_port", "hostname", "host", "domain",
        "url", "email", "infection", "tag", "md5", "sha1", "sha256", "tgt", "drone", "cc", "c&c",
    }
)  # fmt: skip
"""Names of which every report that was ever given has at least one; lower case."""

_MOST_NAMES = 500
_MOST_NAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Header:
    """names: the columns, in order. cells: how many cells the header line has, which is more if
    it ends in commas."""

    names: tuple[str, ...]
    cells: int


def decode(raw: bytes) -> tuple[str, bool]:
    """The text of a record, NUL taken out, and whether it had to be read as Latin-1."""
    try:
        return raw.decode().replace("\0", ""), False
    except UnicodeDecodeError:
        return raw.decode("latin-1").replace("\0", ""), True


def parse_header(raw: bytes) -> Header | str:
    """Read the header line (without line end and BOM), or say what is wrong with it."""
    if b"\0" in raw:
        return "the header line has NUL bytes in it"
    text, _ = decode(raw)
    cells = split_cells(text)
    if isinstance(cells, Fault):
        return f"the header line is broken: {cells.value}"
    names = list(cells)
    while names and not names[-1].strip():
        names.pop()
    wrong = _complaint(names)
    return wrong or Header(tuple(names), len(cells))


class OtherHeader:
    """Finds header lines of other columns: files put together whose rows would be misread."""

    def __init__(self, raw: bytes, header: Header) -> None:
        first = split_cells(decode(raw)[0])
        name = first[0].encode() if isinstance(first, list) else b""
        self._begins = (name + b",", b'"' + name + b'",')
        self._names = header.names

    def among(self, records: Sequence[bytes]) -> int:
        """The number of the first record that is such a line, -1 if there is none."""
        for number, record in enumerate(records):
            if record.startswith(self._begins) and self._is_other(record):
                return number
        return -1

    def _is_other(self, record: bytes) -> bool:
        found = parse_header(record)
        if isinstance(found, str) or found.names == self._names[: len(found.names)]:
            return False
        return 2 * len({*found.names} & {*self._names}) >= len(found.names)


def _complaint(names: list[str]) -> str:
    if not names:
        return "the header line has no names"
    if len(names) == 1:
        return _one_name(names[0])
    if not KNOWN_NAMES & {plain(name) for name in names}:
        return "the first line is no header of a report: none of its names is known"
    if len(names) > _MOST_NAMES or max(map(len, names)) > _MOST_NAME_LENGTH:
        return "the header line has too many names, or too long ones"
    if not all(name.strip() for name in names):
        return "the header line has a column without a name"
    twice = sorted(name for name, count in Counter(names).items() if count > 1)
    return f"the header line names {_some(twice)} twice" if twice else ""


def _one_name(line: str) -> str:
    for separator, word in ((";", "semicolons"), ("\t", "tabs"), ("|", "bars")):
        cells = {plain(cell.strip('"')) for cell in line.split(separator)}
        if len(cells) > 1 and cells & KNOWN_NAMES:
            return f"the columns are separated by {word}, not by commas"
    return "the first line is no header of a report: it has no commas"


def plain(name: str) -> str:
    """A column's name as it is compared: lower case, words joined with `_`."""
    return re.sub(r"\s+", "_", name.strip().lower())


def _some(names: Iterable[str]) -> str:
    return ", ".join(name[:40] for name in list(names)[:5])
