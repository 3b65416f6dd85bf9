"""Days whose reports can not be corrected any more, why, and what is known of them all the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from enum import StrEnum

from tocsin.service import installation
from tocsin.service.delivery.brake.part import Part
from tocsin.service.delivery.models import Delivery, DeliveryState, Night, NightFigure

_ONE_DAY = dt.timedelta(days=1)


class LostWhy(StrEnum):
    """Why nobody can be told."""

    ROWS_GONE = "rows_gone"
    FORGOTTEN = "forgotten"
    NO_NIGHT = "no_night"


@dataclass(frozen=True, slots=True, order=True)
class Lost:
    """Days from first to last (both included) for one reason; words: that reason, for people.

    revision: of the night whose rows are gone, 0 where there is no night. rows, reports: how much
    of the part it gave out; None where that is not known. addresses: to how many addresses messages
    of that day were sent, as far as they are on file; whoever has the rows is among them.
    """

    first: dt.date
    last: dt.date
    revision: int
    why: LostWhy
    words: str
    rows: int | None = None
    reports: int | None = None
    addresses: int | None = None

    def to_json(self) -> dict[str, object]:
        """As the audit and programs have it."""
        said = {**asdict(self), "why": self.why.value}
        return {**said, "first": self.first.isoformat(), "last": self.last.isoformat()}


def lost_nights(nights: Iterable[Night], part: Part) -> Iterator[Lost]:
    """Nights whose published rows are not kept: nobody knows any more which reports had which."""
    kept = installation.configuration().retention.published
    for night in nights:
        figure = NightFigure.objects.filter(night=night, kind=part.kind, name=part.name).first()
        sent = Delivery.objects.filter(day=night.day, state=DeliveryState.SENT).order_by()
        yield Lost(
            first=night.day,
            last=night.day,
            revision=night.revision,
            why=LostWhy.ROWS_GONE,
            words=f"its rows are not kept any more (retention.published: {kept} days)",
            rows=figure.rows if figure is not None else None,
            reports=figure.reports if figure is not None else None,
            addresses=sent.values("address").distinct().count(),
        )


def without_night(
    days: tuple[dt.date, dt.date], known: Collection[dt.date], now: dt.datetime
) -> list[Lost]:
    """Days that are over, and of which there is no night: removed since, or never taken.

    Reports of days to come go out without the rows.
    """
    found: list[Lost] = []
    first, last = days[0], min(days[1], now.date() - _ONE_DAY)
    for number in range((last - first).days + 1):
        day = first + dt.timedelta(days=number)
        if day in known:
            continue
        one = _without(day, now)
        if found and found[-1].why is one.why and found[-1].last == day - _ONE_DAY:
            found[-1] = replace(found[-1], last=day)
        else:
            found.append(one)
    return found


def _without(day: dt.date, now: dt.datetime) -> Lost:
    kept = installation.configuration().retention.links
    if day < now.date() - dt.timedelta(days=kept):
        words = f"what is known of them is not kept any more (retention.links: {kept} days)"
        return Lost(day, day, 0, LostWhy.FORGOTTEN, words)
    return Lost(day, day, 0, LostWhy.NO_NIGHT, "no night was taken, or it has been pruned")
