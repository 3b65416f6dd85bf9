"""What a published row says of a finding, and a finding without rows that are held or taken back.

The engine's ledger counts all published rows; it learns what was held or recalled only when a day
is made again. Until then these rows are taken out of what it says here. Pure.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass, replace

from tocsin.service.findings.ledger import Finding


@dataclass(frozen=True, slots=True)
class Sighting:
    """A published row: the ids of its finding and of itself, when, and how many events it tells.

    windowed: of a type whose rows of two nights tell of the same events.
    """

    finding: bytes
    row: bytes
    first: dt.datetime
    last: dt.datetime
    count: int
    windowed: bool = False

    @property
    def date(self) -> dt.date:
        """For which it is evidence."""
        return self.last.astimezone(dt.UTC).date()


def without(finding: Finding, kept: Collection[Sighting], back: Collection[Sighting]) -> Finding:
    """The finding, of which `kept` (one at least) were reported lately, without the rows `back`.

    Figures that none of these rows can have made stay as the ledger has them.
    """
    dates = {each.date for each in kept}
    gone = {each.date for each in back} - dates
    found = replace(
        finding,
        first_seen=_first(finding, kept, back),
        last_seen=_last(finding, kept, back),
        days_seen=max(finding.days_seen - len(gone), len(dates)),
        events=_events(finding, kept, back),
    )
    # A relapse of which the only evidence is gone was none.
    if finding.relapsed_on is None or finding.relapsed_on not in gone:
        return found
    is_seen = any(each >= finding.relapsed_on for each in dates)
    return replace(
        found,
        state=finding.state if is_seen else "fixed",
        relapsed_on=None,
        relapses=max(finding.relapses - 1, 0),
    )


def _first(finding: Finding, kept: Collection[Sighting], back: Collection[Sighting]) -> dt.datetime:
    if finding.first_seen not in {each.first for each in back}:
        return finding.first_seen
    return min(each.first for each in kept)


def _last(finding: Finding, kept: Collection[Sighting], back: Collection[Sighting]) -> dt.datetime:
    if finding.last_seen not in {each.last for each in back}:
        return finding.last_seen
    return max(each.last for each in kept)


def _events(finding: Finding, kept: Collection[Sighting], back: Collection[Sighting]) -> int:
    if any(each.windowed for each in kept):
        # The most that one row told.
        most = max(each.count for each in kept)
        made_by_back = finding.events in {each.count for each in back}
        return most if made_by_back else finding.events
    counted = {each.row: each.count for each in back}
    left = finding.events - sum(counted.values())
    return max(left, sum({each.row: each.count for each in kept}.values()))
