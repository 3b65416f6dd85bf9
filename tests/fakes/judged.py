"""Judgements in a small home, and what runs make of them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import cast

from tests.fakes.small_home import DAY, EVENING, NIGHT, SmallHome, report_names, rows_of

from tocsin.engine.judgements.book import Book
from tocsin.engine.judgements.checks import new_judgement
from tocsin.engine.judgements.values import Judgement, Kind, What
from tocsin.engine.nightly.run import Finished

ONE_DAY = dt.timedelta(days=1)
FAR = NIGHT + 100 * ONE_DAY
HOST = "192.0.2.10"
IN_TIME, DELAYED = "event4_sinkhole.csv", "event4_sinkhole-delayed.csv"


def judge(
    small: SmallHome,
    kind: Kind,
    what: What,
    value: str,
    *,
    end: dt.datetime = FAR,
    start: dt.datetime | None = None,
    now: dt.datetime = EVENING,
) -> Judgement:
    catalogue = small.night_engine().catalogue
    said = new_judgement(
        kind,
        what,
        value,
        owner="kim",
        reason="being looked at",
        now=now,
        end=end,
        start=start,
        catalogue=catalogue,
    )
    return Book(small.home).add(said)


def hold(small: SmallHome, value: str = HOST, *, end: dt.datetime = FAR) -> Judgement:
    return judge(small, Kind.HOLD, What.ADDRESS, value, end=end)


def release(small: SmallHome, held: Judgement) -> None:
    Book(small.home).take_back(held.id, held.kind, "kim", NIGHT)


def day(number: int) -> dt.date:
    return DAY + number * ONE_DAY


def account(run: Finished, unit: str = "event4_sinkhole") -> Mapping[str, int]:
    units = cast("Mapping[str, Mapping[str, int]]", run.manifest["units"])
    return units[unit]


def adds_up(run: Finished) -> bool:
    units = cast("Mapping[str, Mapping[str, int]]", run.manifest["units"])
    parts = (
        "repeated", "sent_before", "on_hold", "distrusted", "withdrawn", "over_cap",
        "uncorroborated", "merged", "rows",
    )  # fmt: skip
    every = [*units.values(), cast("Mapping[str, int]", run.manifest["totals"])]
    return all(unit["events"] == sum(unit[part] for part in parts) for unit in every)


def alpha_rows(small: SmallHome, run: Finished) -> list[tuple[str, str]]:
    """What the owner of 192.0.2.0/24 is told: in which report, and of whom."""
    names = [name for name in report_names(run) if "-alpha-" in name]
    return sorted(
        (name.partition("-alpha-")[0][11:] + name.partition("-asn")[2], row["src_ip"])
        for name in names
        for row in rows_of(small, run, name)
    )
