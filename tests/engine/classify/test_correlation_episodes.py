"""Correlations in SQL and from first principles find the same episodes."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import duckdb
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases

from tocsin.catalogue.correlations import (
    Aggregate,
    AggregateKind,
    Correlation,
    CorrelationKind,
)
from tocsin.catalogue.rules import Evidence
from tocsin.catalogue.yaml_lines import Document
from tocsin.engine.classify.correlation_find import Episode, find_episodes

DAY = dt.date(2026, 11, 22)
BEGIN = int(dt.datetime(2026, 11, 22, tzinfo=dt.UTC).timestamp()) * 1_000_000
END = BEGIN + 86_400_000_000
MINUTE = 60_000_000

SCAN = Correlation(
    id="00000000-0000-4000-8000-000000000001",
    title="A correlation",
    kind=CorrelationKind.EVENT_COUNT,
    rules=("a", "b"),
    kinds=("darknet",),
    group_by=("src_ip", "dst_port"),
    timespan=dt.timedelta(minutes=10),
    threshold=3,
    column="",
    report_types=("event4_honeypot_darknet",),
    evidence=Evidence.CONTENT,
    says={},
    columns={},
    aggregates={
        "count": Aggregate(AggregateKind.SUM, "packets"),
        "tag": Aggregate(AggregateKind.DISTINCT, "dst_ip"),
        "max_pps": Aggregate(AggregateKind.PEAK, "packets"),
        "avg_pps": Aggregate(AggregateKind.RATE, "packets"),
        "duration": Aggregate(AggregateKind.SECONDS),
        "end_time": Aggregate(AggregateKind.LAST),
        "family": Aggregate(AggregateKind.ONE, "dst_ip"),
    },
    hits=(),
    misses=(),
    document=Document("scan.yml", None, {}),
)


@dataclass(frozen=True)
class Seen:
    """One observation; `at` in minutes after the day's beginning."""

    at: int
    src_ip: str | None = "192.0.2.1"
    dst_port: int | None = 23
    dst_ip: str | None = "198.51.100.1"
    packets: int | None = 1
    by: int = 0
    sensor: str = "s"
    terms: str = "t"
    number: int = -1
    """Of an observation that comes more than once; it is the same then in all else."""

    @property
    def moment(self) -> int:
        return BEGIN + self.at * MINUTE


def id_of(place: int, each: Seen) -> bytes:
    """Each has its own, but for those that say the same number."""
    number = place if each.number < 0 else 1_000_000 + each.number
    return number.to_bytes(16)


def found_by_sql(correlation: Correlation, seen: Sequence[Seen]) -> list[Episode]:
    columns = {
        "_t": pa.array([each.moment for each in seen], pa.int64()),
        "_id": pa.array([id_of(n, each) for n, each in enumerate(seen)], pa.binary(16)),
        "_received": pa.array([0] * len(seen), pa.timestamp("us", tz="UTC")),
        "_by": pa.array([each.by for each in seen], pa.int16()),
        "src_ip": pa.array([each.src_ip for each in seen], pa.string()),
        "dst_ip": pa.array([each.dst_ip for each in seen], pa.string()),
        "dst_port": pa.array([each.dst_port for each in seen], pa.int64()),
        "packets": pa.array([each.packets for each in seen], pa.int64()),
        "_sensor": pa.array([each.sensor for each in seen], pa.string()),
        "_source": pa.array(["x"] * len(seen), pa.string()),
        "_terms": pa.array([each.terms for each in seen], pa.string()),
    }
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.register("observed", pa.table(columns))
        return find_episodes(connection, correlation, DAY)


# --- from first principles ------------------------------------------------------------------


def naive(correlation: Correlation, seen: Sequence[Seen]) -> list[tuple[object, ...]]:
    groups: dict[tuple[object, object], list[Seen]] = defaultdict(list)
    for each in seen:
        if each.src_ip is not None and each.dst_port is not None:
            groups[each.src_ip, each.dst_port].append(each)
    return sorted(
        (key, *episode)
        for key, members in groups.items()
        for episode in _episodes(correlation, members)
    )


def _holds(correlation: Correlation, members: Sequence[Seen], moment: int) -> bool:
    span = correlation.timespan // dt.timedelta(microseconds=1)
    within = [each for each in members if moment - span < each.moment <= moment]
    if correlation.kind is CorrelationKind.EVENT_COUNT:
        found = len(within)
    elif correlation.kind is CorrelationKind.VALUE_SUM:
        found = sum(each.packets or 0 for each in within)
    elif correlation.kind is CorrelationKind.VALUE_COUNT:
        found = len({each.dst_ip for each in within} - {None})
    else:
        found = len({each.by for each in within})
    return found >= correlation.threshold


def _episodes(correlation: Correlation, members: Sequence[Seen]) -> list[tuple[int, int, int]]:
    """First and last moment and number of observations of each episode."""
    span = correlation.timespan // dt.timedelta(microseconds=1)
    of_events = correlation.kind is CorrelationKind.EVENT_COUNT
    told = {each.moment for each in members}
    moments = told if of_events else {*told, *(t + span for t in told), BEGIN}
    holding = sorted(t for t in moments if BEGIN <= t < END and _holds(correlation, members, t))
    episodes: list[list[int]] = []
    for moment in holding:
        last = moment if of_events else _until(correlation, members, moment, sorted(moments))
        if episodes and moment - span < episodes[-1][1] + 1:
            episodes[-1][1] = max(episodes[-1][1], last)
        else:
            episodes.append([moment - span + 1, last])
    found = []
    for begin, end in episodes:
        inside = [t.moment for t in members if max(begin, BEGIN) <= t.moment <= min(end, END - 1)]
        if inside:
            found.append((min(inside), max(inside), len(inside)))
    return found


def _until(
    correlation: Correlation, members: Sequence[Seen], moment: int, moments: list[int]
) -> int:
    """The last moment up to which nothing changes; it holds until something comes or goes."""
    later = [each for each in moments if each > moment]
    return (later[0] if later else moment + 1) - 1


hosts = st.sampled_from(["192.0.2.1", "192.0.2.2", None])
targets = st.sampled_from([*(f"198.51.100.{n}" for n in range(5)), None])
observations = st.builds(
    Seen,
    at=st.one_of(st.integers(-12, 60), st.integers(1400, 1445)),
    src_ip=hosts,
    dst_port=st.sampled_from([23, 22, None]),
    dst_ip=targets,
    packets=st.one_of(st.none(), st.integers(0, 4)),
    by=st.integers(0, 1),
)


@settings(max_examples=cases(100), deadline=None)
@given(
    st.lists(observations, max_size=40),
    st.sampled_from(list(CorrelationKind)),
    st.integers(1, 5),
    st.sampled_from([1, 7, 10, 30]),
)
def test_the_episodes_are_those_of_a_naive_reading(
    seen: list[Seen], kind: CorrelationKind, threshold: int, minutes: int
) -> None:
    columns = {CorrelationKind.VALUE_COUNT: "dst_ip", CorrelationKind.VALUE_SUM: "packets"}
    correlation = replace(
        SCAN,
        kind=kind,
        threshold=2 if kind is CorrelationKind.TEMPORAL else threshold,
        timespan=dt.timedelta(minutes=minutes),
        column=columns.get(kind, ""),
    )
    found = [
        (
            (each.group["src_ip"], each.group["dst_port"]),
            each.first,
            each.last,
            each.events,
        )
        for each in found_by_sql(correlation, seen)
    ]
    assert sorted(found) == naive(correlation, seen)


# --- promises one by one ----------------------------------------------------------------------


def test_what_is_worked_out_is_of_the_episodes_observations_within_the_day() -> None:
    seen = [Seen(-5, packets=100), *(Seen(at, dst_ip=f"198.51.100.{at}") for at in (1, 2, 3, 60))]
    (episode,) = found_by_sql(SCAN, [*seen, Seen(3, packets=7, sensor="other", terms="u")])
    assert episode.aggregates == {
        "count": 10,
        "tag": 3,
        "max_pps": 8,
        "avg_pps": 0.08,
        "duration": 120,
        "end_time": BEGIN + 3 * MINUTE,
        "family": "198.51.100.1",
    }
    assert (episode.first, episode.events) == (BEGIN + MINUTE, 4)
    assert (episode.sensors, episode.terms) == (("other", "s"), ("t", "u"))


def test_an_observation_that_comes_again_counts_once() -> None:
    again = replace(SCAN, aggregates={"count": Aggregate(AggregateKind.SUM, "packets")})
    seen = [Seen(1, number=1), Seen(2, number=2), Seen(1, number=1), Seen(2, number=2)]
    assert found_by_sql(again, seen) == []
    (episode,) = found_by_sql(again, [*seen, Seen(3, number=3)])
    assert (episode.events, episode.aggregates) == (3, {"count": 3})


def test_a_threshold_looks_back_over_midnight_and_forward_over_none() -> None:
    before = [Seen(at) for at in (-3, -2, 1)]
    (episode,) = found_by_sql(SCAN, before)
    assert (episode.first, episode.events) == (BEGIN + MINUTE, 1)
    assert found_by_sql(SCAN, [Seen(at) for at in (-4, -3, -2)]) == []
    assert found_by_sql(SCAN, [Seen(at) for at in (1438, 1439, 1440)]) == []


@pytest.mark.parametrize(("pause", "episodes"), [(8, 1), (9, 2), (300, 2)])
def test_what_is_apart_by_a_span_is_another_episode(pause: int, episodes: int) -> None:
    seen = [Seen(at) for at in (1, 2, 3, 3 + pause, 4 + pause, 5 + pause)]
    assert len(found_by_sql(SCAN, seen)) == episodes
