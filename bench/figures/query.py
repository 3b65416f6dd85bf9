"""Questions to the published rows of 30 days, as subscribers and a national CERT put them.

One day is written; the other days are the same files under other names, so that their pages are
in memory already when the first day's are, as on a machine whose memory holds what is asked most.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from bench.measure import Clock, Value
from bench.world.published_days import (
    COUNTRY_LIST,
    Days,
    address_of,
    link_days,
    make_days,
    word_of,
)
from tocsin.engine.search.conditions import Condition
from tocsin.engine.search.database import Budget, Database
from tocsin.engine.search.fields import fields_of
from tocsin.engine.search.find import count_values, find_rows
from tocsin.engine.search.statements import Asked
from tocsin.engine.search.values import Order

DAYS = 30
SMALL, LARGE = 1_500, 3
"""Places of AS by size: one in the middle, and one of the largest."""

ALL = "questions of all kinds"

RARE = "a large AS with a rare word"
"""Of this every file is opened: it has to end before a search is given up, and no more."""

GIVEN_UP = 30.0
"""Seconds after which the service gives a search up."""

MUST = 1.0
"""Seconds within which 95 of 100 questions of each kind are to be answered."""

ROUNDS = 20
"""So often each kind is asked."""

Question = Callable[[], object]


def ours(_: str, place: str, rows: int, rounds: int) -> Value:
    """Seconds within which 95 of 100 questions are answered, by kind, and of all together."""
    folder = Path(place)
    shutil.rmtree(folder, ignore_errors=True)
    days = make_days(folder, rows)
    indexing = Clock()
    link_days(days, DAYS)
    indexed = indexing.seconds
    database = Database("1GB", 2)
    walls: dict[str, list[float]] = {}
    owns: dict[str, list[float]] = {}
    for kind, question in _questions(database, days, rounds):
        wall, own = time.perf_counter(), time.process_time()
        question()
        walls.setdefault(kind, []).append(time.perf_counter() - wall)
        owns.setdefault(kind, []).append(time.process_time() - own)
    database.close()
    rest = [each for found in walls.values() for each in found]
    spent = [each for found in owns.values() for each in found]
    p95 = {kind: _p95(found) for kind, found in walls.items()}
    processor = {kind: _p95(found) for kind, found in owns.items()}
    return {
        "seconds": _p95(rest),
        "indexed": indexed,
        "bytes": days.bytes,
        "p95": p95 | {ALL: _p95(rest)},
        "processor": processor | {ALL: _p95(spent)},
    }


def _p95(found: list[float]) -> float:
    return sorted(found)[int(len(found) * 0.95)]


def _questions(database: Database, days: Days, rounds: int) -> Iterator[tuple[str, Question]]:
    """Some questions of each kind."""
    for number in range(rounds):
        small, large = SMALL + number * 37, LARGE + number
        own, much = [small], [large]
        yield "a small AS", _rows(database, days, own, Condition("asn", (str(small),)))
        yield "a large AS", _rows(database, days, much, Condition("asn", (str(large),)))
        address = address_of(large, number)
        yield "an address", _rows(database, days, much, Condition("ip", (address,)))
        prefix = f"{address_of(large, 256 * number).rpartition('.')[0]}.0/24"
        yield "a prefix", _rows(database, days, much, Condition("ip", (prefix,)))
        yield "values counted for an AS", _counts(database, days, own, "type")
        yield from _by_line(database, days, number)
        country = [COUNTRY_LIST + number]
        yield "the newest of a country", _rows(database, days, country)
        yield "values counted for a country", _counts(database, days, country, "asn")


def _by_line(database: Database, days: Days, number: int) -> Iterator[tuple[str, Question]]:
    """Questions of which indexes tell a part, and lines of rows the rest, or published files."""
    small, large = SMALL + number * 37, LARGE + number
    of_small, of_large = (Condition("asn", (str(each),)) for each in (small, large))
    own, much = [small], [large]
    frequent, rare = Condition("text", (word_of(number)[:-2],)), Condition("text", (word_of(7),))
    yield "a small AS with a word", _rows(database, days, own, of_small, frequent)
    yield "a large AS with a frequent word", _rows(database, days, much, of_large, frequent)
    yield "ports counted for a small AS", _counts(database, days, own, "port", of_small)
    if number % 10 == 0:
        # Every file is opened for it: often asked, it would be all that is measured.
        yield RARE, _rows(database, days, much, of_large, rare)


def _rows(database: Database, days: Days, lists: list[int], *said: Condition) -> Question:
    return lambda: find_rows(
        database,
        days.places(lists, DAYS),
        _asked(days, *said),
        Budget(600),
        order=Order.DESCENDING,
        most=1_000,
    )


def _counts(
    database: Database, days: Days, lists: list[int], field: str, *said: Condition
) -> Question:
    return lambda: count_values(
        database, days.places(lists, DAYS), _asked(days, *said), field, Budget(600)
    )


def _asked(days: Days, *said: Condition) -> Asked:
    return Asked(said, fields_of(days.catalogue), days.catalogue.column_aliases)
