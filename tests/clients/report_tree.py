"""A poller that keeps a tree YYYY/MM/DD of reports: each hour it asks for the last three days.

Written from the described behaviour of clients of today: it knows an id by the file that it made,
and fetches only ids that it has no file of.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.clients.api2 import Api2, fetch

DAYS_BACK = 2
LIMIT = 1000


@dataclass(frozen=True, slots=True)
class ReportTree:
    """A tree, the server it is filled from, and where that hands out files (`.../dl/`)."""

    root: Path
    api: Api2
    downloads: str

    def poll(self, today: dt.date) -> list[Path]:
        """Fetch what is new of the last three days; the files it made."""
        since = today - dt.timedelta(days=DAYS_BACK)
        found = self.api.reports(date=f"{since}:{today}", limit=LIMIT)
        return list(self._fetched(found))

    def _fetched(self, found: list[dict[str, object]]) -> Iterator[Path]:
        for each in found:
            path = self._path(each)
            if path.exists():
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            partial = path.with_suffix(".part")
            partial.write_bytes(fetch(f"{self.downloads}{each['id']}"))
            partial.rename(path)
            yield path

    def _path(self, report: dict[str, object]) -> Path:
        year, month, day = str(report["timestamp"]).split("-")
        # The id alone tells reports apart: a day made anew has the same file name again.
        name = f"{report['id']}_{Path(str(report['file'])).name}"
        return self.root / year / month / day / name
