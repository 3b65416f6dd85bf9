"""Many nights with holds coming and going: every event goes out once, and none while on hold."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.fakes.judged import ONE_DAY, adds_up, day, hold, release
from tests.fakes.small_home import EVENING, SmallHome, event

from tocsin.engine.judgements.values import Judgement
from tocsin.engine.nightly.run import Finished

HOSTS = ("192.0.2.1", "192.0.2.2", "192.0.2.3")
NIGHTS = 4

Arrivals = list[tuple[int, int]]
"""Events by number, and how many days they are late."""

_ARRIVALS = st.lists(st.tuples(st.integers(0, 11), st.integers(0, 2)), max_size=6)
_NIGHT = st.tuples(_ARRIVALS, st.sets(st.sampled_from(HOSTS)), st.booleans())


def _host(number: int) -> str:
    return HOSTS[number % len(HOSTS)]


def _infection(number: int, of_day: int) -> str:
    """One a day and number, so that no two events are one row."""
    return f"bot-{of_day}-{number}"


def _published(run: Finished) -> list[tuple[str, str]]:
    """Infection and host of every row, whoever was told."""
    package = run.package
    folder = package.root / "lake" / "published" / str(package.day) / f"r{package.revision}"
    rows = [row for path in folder.glob("*.parquet") for row in pq.read_table(path).to_pylist()]
    return [(row["infection"], row["src_ip"]) for row in rows]


@settings(
    deadline=None,
    max_examples=cases(6),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(st.lists(_NIGHT, min_size=NIGHTS, max_size=NIGHTS))
def test_every_event_goes_out_once_and_none_while_it_is_on_hold(
    nights: list[tuple[Arrivals, set[str], bool]],
) -> None:
    with TemporaryDirectory() as folder:
        small = SmallHome.make(Path(folder))
        arrived: set[str] = set()
        told: Counter[str] = Counter()
        holds: dict[str, Judgement] = {}
        for number, (arrivals, held, replayed) in enumerate(nights):
            arrived |= _collect(small, number, arrivals)
            _hold_just(small, holds, held)
            run = small.night(day(number))
            rows = _published(run)
            assert adds_up(run)
            assert not held & {host for _, host in rows}
            told.update(infection for infection, _ in rows)
            if replayed:
                assert sorted(_published(small.replay(day(number)))) == sorted(rows)
        _hold_just(small, holds, set())
        told.update(infection for infection, _ in _published(small.night(day(NIGHTS))))
        assert _published(small.night(day(NIGHTS + 1))) == []
        assert told == Counter(arrived)


def _collect(small: SmallHome, number: int, arrivals: Arrivals) -> set[str]:
    """Take in the events of an evening, each as often as it stands there, and one of its own."""
    events = [_event(each, number - late) for each, late in dict.fromkeys(arrivals)]
    own = event(number * 86_400 + 40_000, "198.51.100.9", infection=f"own-{number}")
    moment: dt.datetime = EVENING + number * ONE_DAY
    small.collect_events([*events, own], now=moment)
    return {str(each["infection"]) for each in (*events, own)}


def _event(number: int, of_day: int) -> dict[str, object]:
    cells = {"infection": _infection(number, of_day)}
    return {**event(of_day * 86_400 + 60 * number, _host(number), **cells)}


def _hold_just(small: SmallHome, holds: dict[str, Judgement], wanted: set[str]) -> None:
    for host in sorted(holds.keys() - wanted):
        release(small, holds.pop(host))
    for host in sorted(wanted - holds.keys()):
        holds[host] = hold(small, host)
