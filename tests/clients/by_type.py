"""A collector that names types and lists, parses what it downloads, and remembers ids for days.

Written from the described behaviour of collectors of today: one call with `types`, `reports` and
`-2:now`, CSV by link, a cache of seen ids, and the type taken out of the file's name.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tests.clients.api2 import Api2, fetch

_FILE = re.compile(r"\d{4}-\d\d-\d\d-(?P<type>[a-z0-9_]+)-.+\.csv")

Row = dict[str, str]


@dataclass
class ByType:
    """What it collects; `seen` are the ids that it has had."""

    api: Api2
    downloads: str
    types: Sequence[str] = ()
    reports: Sequence[str] = ()
    seen: set[str] = field(default_factory=set)

    def lists(self) -> list[str]:
        """The mailing lists that the key may read."""
        found = self.api.call("reports/subscribed")
        assert isinstance(found, list)
        return found

    def collect(self) -> Iterator[tuple[str, Row]]:
        """Rows of reports not seen yet, each with the type of its report."""
        wanted: dict[str, object] = {"date": "-2:now", "limit": 50}
        if self.types:
            wanted["types"] = list(self.types)
        if self.reports:
            wanted["reports"] = list(self.reports)
        for each in self.api.reports(**wanted):
            number = str(each["id"])
            if number in self.seen:
                continue
            kind = _type_of(str(each["file"]))
            text = fetch(f"{self.downloads}{number}").decode("utf-8")
            for row in csv.DictReader(io.StringIO(text, newline=""), strict=True):
                yield kind, row
            # Only what was read to its end is not asked for again.
            self.seen.add(number)


def _type_of(file: str) -> str:
    found = _FILE.fullmatch(file)
    assert found is not None, file
    return found["type"]
