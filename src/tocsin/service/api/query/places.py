"""Where rows of lists are: in which units of which nights, as far as they may be seen now."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from tocsin.catalogue.entries import Catalogue
from tocsin.configuration.lake_store import lake_store
from tocsin.engine.home import Home
from tocsin.engine.lake.layout import Unit, audiences_name, published_name
from tocsin.engine.lake.store import Store
from tocsin.engine.nightly.package import Package
from tocsin.engine.nightly.subscribers import ReportList, SubscribedNetwork
from tocsin.engine.search.conditions import Condition, takes_type
from tocsin.engine.search.values import Place
from tocsin.model.errors import RunError
from tocsin.service import installation
from tocsin.service.api.query.withheld import Withheld, withheld
from tocsin.service.delivery.models import Night, NightList, Outcome, Report
from tocsin.service.delivery.shown import KEPT_BACK, kept_back_of, shown_nights
from tocsin.service.delivery.standing import NOTHING, Share, is_valid, standings
from tocsin.service.subscribers.lists.lists_now import lists_now
from tocsin.service.subscribers.models import MailingList

Days = tuple[dt.date, dt.date]
"""First and last day, both included."""


@dataclass(frozen=True)
class Scope:
    """Whose rows may be seen: lists with their organisation loaded."""

    lists: Sequence[MailingList]

    def named(self, names: Iterable[str]) -> Scope:
        """Only the lists of these names."""
        wanted = set(names)
        return Scope([each for each in self.lists if each.name in wanted])

    def networks(self, now: dt.datetime) -> list[SubscribedNetwork]:
        """What the lists that are valid answer for now."""
        valid = [each for each in self.lists if is_valid(each, now)]
        return [one for each in lists_now(valid, now).values() for one in each.networks]


class ShownReport(NamedTuple):
    """A report that may be seen, if its list still may see anything."""

    night: int
    list: int
    report_type: str
    delayed: bool


@dataclass(slots=True)
class _Seen:
    """Who may see what of a unit."""

    whole: list[int] = field(default_factory=list)
    cut: list[ReportList] = field(default_factory=list)


def newest_nights(days: Days) -> dict[int, Night]:
    """The newest night of each day that counts for what is shown, by key."""
    rows = shown_nights().filter(day__range=days).order_by("day", "revision")
    by_day = {each.day: each for each in rows}
    return {each.pk: each for each in by_day.values()}


def shown_reports(nights: dict[int, Night], lists: Iterable[int]) -> list[ShownReport]:
    """The reports of these nights and lists that are kept back from nobody.

    What is kept back of a day is kept back as well where the day was made anew, unless it goes out
    by itself.
    """
    numbers, days = list(lists), {each.day for each in nights.values()}
    back = kept_back_of(Report.objects.filter(day__in=days, list__in=numbers))
    kept_back = set(back.values_list("day", "list", "report_type", "delayed"))
    rows = Report.objects.filter(night__in=list(nights), list__in=numbers)
    rows = rows.exclude(outcome__in=KEPT_BACK)
    told = rows.values_list("night_id", "list", "report_type", "delayed", "outcome")
    found = ((each[4], ShownReport(*each[:4])) for each in told)
    return [
        each
        for outcome, each in found
        if outcome != Outcome.LATER or (nights[each.night].day, *each[1:4]) not in kept_back
    ]


def places(
    scope: Scope,
    days: Days,
    conditions: Sequence[Condition],
    catalogue: Catalogue,
    now: dt.datetime,
    only: str = "",
) -> list[Place]:
    """The places with rows that the lists may see now. What is not kept any more is left out.

    only: the id of the one report type that is looked at; "" for all that the conditions take.
    """
    nights = newest_nights(days)
    back = withheld(nights.values())
    seen = _seen(scope, nights, back, now)
    home = installation.home()
    store = lake_store(home, installation.configuration())
    kept = {number: NightFiles(home, store, night) for number, night in nights.items()}
    found = []
    for (number, unit), who in seen.items():
        if only not in ("", unit.report_type):
            continue
        report_type = catalogue.report_types.get(unit.report_type)
        if report_type is not None and takes_type(conditions, report_type):
            files = kept[number].of(unit)
            if files is not None:
                found.append(
                    Place(
                        day=nights[number].day,
                        unit=unit,
                        report_type=report_type,
                        rows=files.rows,
                        audiences=files.audiences,
                        index=files.index,
                        whole=tuple(who.whole),
                        cut=tuple(who.cut),
                        without=back[number].rows,
                        night=files.night,
                        pack=files.pack,
                    )
                )
    return found


def _seen(
    scope: Scope, nights: dict[int, Night], back: Mapping[int, Withheld], now: dt.datetime
) -> dict[tuple[int, Unit], _Seen]:
    lists = {each.pk: each for each in scope.lists}
    then = NightList.objects.filter(night__in=list(nights), list__in=list(lists))
    standing = standings(then, lists.values(), now)
    seen: dict[tuple[int, Unit], _Seen] = defaultdict(_Seen)
    for report in shown_reports(nights, lists):
        if back[report.night].keeps_back(report.report_type, report.list):
            continue
        stands = standing.get((report.night, report.list), NOTHING)
        key = report.night, Unit(report.report_type, report.delayed)
        if stands.share is Share.WHOLE:
            seen[key].whole.append(report.list)
        elif stands.share is Share.CUT and stands.list is not None:
            seen[key].cut.append(stands.list)
    return seen


def reports_in(shown: Iterable[Place], days: Days) -> set[int]:
    """The reports, by key, that may have rows of these places: those of all lists that see them."""
    wanted = {(each.day, each.unit, number) for each in shown for number in each.lists}
    nights = newest_nights(days)
    numbers = {number for *_, number in wanted}
    rows = Report.objects.filter(night__in=list(nights), list__in=numbers)
    told = rows.order_by().values_list("pk", "day", "report_type", "delayed", "list")
    return {
        key
        for key, day, name, delayed, number in told
        if (day, Unit(name, delayed), number) in wanted
    }


@dataclass(frozen=True, slots=True)
class Files:
    """A unit's rows, their audiences, and where their index and that of the night are kept.

    pack: where its reports are; not looked for.
    """

    rows: Path
    audiences: Path
    index: Path
    night: Path
    pack: Path


class NightFiles:
    """The files of a night. Its folders are put together once: a search is about many units."""

    def __init__(self, home: Home, store: Store, night: Night) -> None:
        self._store, self._night = store, night
        self._indexes = index_folder(home) / night.day.isoformat() / f"r{night.revision}"
        self._packs = Package(home.root, night.day, night.revision).path / "packs"
        self._whole = self._indexes / NIGHT

    def of(self, unit: Unit) -> Files | None:
        """Where a unit's rows are; None if they are not kept any more."""
        day, revision = self._night.day, self._night.revision
        names = (each(day, revision, unit) for each in (published_name, audiences_name))
        try:
            rows, audiences = (self._store.fetch(name) for name in names)
        except RunError:
            return None
        index, pack = self._indexes / f"{unit.stem}.arrow", self._packs / f"{unit.stem}.pack"
        return Files(rows, audiences, index, self._whole, pack)


def index_folder(home: Home) -> Path:
    """Where indexes are kept, by day and revision."""
    return home.cache / "search"


NIGHT = "night"
"""The name of the index of a whole night."""
