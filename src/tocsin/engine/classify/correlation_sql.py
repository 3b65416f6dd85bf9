"""A correlation as SQL for DuckDB: from observations to episodes, by window queries.

The relation `observed` has the columns that the correlation asks, and

    _t      the time in microseconds since 1970
    _by     the number of the rule that kept it
    _id, _received, _terms, _source, _sensor   as in the lake

An *episode* is a span of time in which it holds for a group, widened by the observations that made
it hold. What is held against the threshold at a moment t is what the group has in (t - span, t].
Only groups that have enough in all are looked at closer; windows never see the others.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property

from tocsin.catalogue.correlations import (
    Aggregate,
    AggregateKind,
    Correlation,
    CorrelationKind,
)

WITNESSES = ("_terms", "_source", "_sensor")
"""Of whom an episode's observations came, and under which terms: collected for each episode."""

_SECOND = 1_000_000
_GREATEST = 10**18 - 1
"""No column of numbers holds more; a sum that is greater shows this."""

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class CorrelationSql:
    """The statements for one correlation and one day. `observed`: what that relation is called."""

    correlation: Correlation
    day: dt.date
    observed: str = "observed"

    @cached_property
    def begin(self) -> int:
        """The first microsecond of the day."""
        midnight = dt.datetime.combine(self.day, dt.time(), dt.UTC)
        return (midnight - _EPOCH) // dt.timedelta(microseconds=1)

    @property
    def end(self) -> int:
        """The first microsecond after the day."""
        return self.begin + 86_400 * _SECOND

    @property
    def span(self) -> int:
        """The timespan in microseconds."""
        return self.correlation.timespan // dt.timedelta(microseconds=1)

    @property
    def reach(self) -> tuple[int, int]:
        """The times of observations that count: from the first that may be looked back to."""
        return self.begin - self.span + 1, self.end

    @property
    def _group(self) -> str:
        return ", ".join(quoted(name) for name in self.correlation.group_by)

    # --- candidates ---------------------------------------------------------------------

    @property
    def keyed(self) -> str:
        """The observations as numbers, little as windows need: texts are read but once for it."""
        complete = [f"{quoted(n)} IS NOT NULL" for n in self.correlation.group_by]
        column, kind = quoted(self.correlation.column), self.correlation.kind
        measure = {
            CorrelationKind.EVENT_COUNT: "NULL",
            CorrelationKind.VALUE_COUNT: f"hash({column})",
            CorrelationKind.VALUE_SUM: f"greatest(coalesce({column}, 0), 0)",
            CorrelationKind.TEMPORAL: "_by",
        }[kind]
        if kind is CorrelationKind.VALUE_COUNT:
            complete.append(f"{column} IS NOT NULL")
        return f"""
            CREATE OR REPLACE TEMP TABLE keyed AS
            SELECT hash({self._group}) AS _key, _t, {measure} AS _m, hash(_id) AS _h
            FROM {self.observed} WHERE {" AND ".join(complete)}
        """

    @property
    def candidates(self) -> str:
        """Groups that have enough in all: no window of a group can have more."""
        by_sum = self.correlation.kind is CorrelationKind.VALUE_SUM
        return f"""
            CREATE OR REPLACE TEMP TABLE candidates AS
            SELECT (row_number() OVER ())::INTEGER AS _group, _key FROM keyed
            GROUP BY _key
            HAVING {"sum(_m)" if by_sum else "count(*)"} >= {self.correlation.threshold}
        """

    near = """
        CREATE OR REPLACE TEMP TABLE near AS
        SELECT _group, _t, _m, _h FROM keyed JOIN candidates USING (_key)
    """
    """The observations of the candidates."""

    once = "SELECT count(*) = count(DISTINCT _h) FROM near"
    """Whether each observation is there once; a file that was taken in again brings them twice."""

    @property
    def each_once(self) -> str:
        """Those that may matter, each once: of several the one that was received last."""
        return f"""
            CREATE OR REPLACE TEMP TABLE single AS
            SELECT DISTINCT ON (_id) observed.*
            FROM observed SEMI JOIN candidates ON hash({self._group}) = candidates._key
            ORDER BY _id, _received DESC
        """

    # --- spans --------------------------------------------------------------------------

    @property
    def counts_values(self) -> bool:
        """Whether different values count: their spans are found by a window that slides once."""
        return self.correlation.kind in (CorrelationKind.VALUE_COUNT, CorrelationKind.TEMPORAL)

    in_order = "SELECT _group, _t, _m::UBIGINT AS _m FROM near ORDER BY _group, _t"
    """The observations of the candidates as that window needs them."""

    @property
    def spans(self) -> str:
        """When it holds within the day: [_begin, _end), apart from each other, by group.

        Where different values count, `held` has to be what the window found.
        """
        found = {
            CorrelationKind.EVENT_COUNT: self._many_events,
            CorrelationKind.VALUE_SUM: self._enough_held,
        }.get(self.correlation.kind, "FROM held")
        return f"""
            CREATE OR REPLACE TEMP TABLE spans AS
            SELECT _group, greatest(_begin, {self.begin}) AS _begin, _end FROM ({found})
            WHERE _end > {self.begin} AND _begin < {self.end}
        """

    @property
    def _many_events(self) -> str:
        """Moments of events before which, within the span, there are enough others."""
        before = f"lag(_t, {self.correlation.threshold - 1}) OVER (PARTITION BY _group ORDER BY _t)"
        return f"""
            SELECT _group, _t AS _begin, _t + 1 AS _end
            FROM (SELECT _group, _t, {before} AS _before FROM near)
            WHERE _t - _before < {self.span}
        """

    @property
    def _enough_held(self) -> str:
        """Spans in which there is enough: a sum grows by each number, and shrinks by it when the
        span is over.

        Only where the threshold is crossed anything is kept of the running sums. `_key` orders by
        time, and at one moment puts what goes before what comes.
        """
        own = "PARTITION BY _group ORDER BY _key"
        least = self.correlation.threshold
        return f"""
            WITH changes AS (
                SELECT _group, _t * 2 + 1 AS _key, _m AS _change FROM near
                UNION ALL SELECT _group, (_t + {self.span}) * 2, -_m FROM near
            ),
            running AS (
                SELECT *, sum(_change) OVER ({own} ROWS UNBOUNDED PRECEDING) AS _held FROM changes
            ),
            crossings AS (
                SELECT *, lead(_key) OVER ({own}) AS _next
                FROM running WHERE (_held >= {least}) <> (_held - _change >= {least})
            )
            SELECT _group, _key >> 1 AS _begin, _next >> 1 AS _end FROM crossings
            WHERE _held >= {least} AND _next >> 1 > _key >> 1
        """

    # --- episodes -----------------------------------------------------------------------

    @property
    def episodes(self) -> str:
        """Spans that share observations as one, from the first of these within the day."""
        own = "(PARTITION BY _group ORDER BY _begin)"
        fresh = f"(_begin - {self.span} >= lag(_end) OVER {own})"
        return f"""
            CREATE OR REPLACE TEMP TABLE episodes AS
            SELECT _group, _number,
                greatest(min(_begin) - {self.span - 1}, {self.begin}) AS _from,
                least(max(_end), {self.end}) - 1 AS _to
            FROM (
                SELECT _group, _begin, _end, sum(_fresh)
                    OVER (PARTITION BY _group ORDER BY _begin ROWS UNBOUNDED PRECEDING) AS _number
                FROM (SELECT *, coalesce({fresh}, false)::INTEGER AS _fresh FROM spans)
            ) GROUP BY _group, _number
        """

    @property
    def _members(self) -> str:
        """The observations of the episodes."""
        return f"""
            {self.observed} AS observed JOIN candidates ON hash({self._group}) = candidates._key
            JOIN episodes ON episodes._group = candidates._group
                AND observed._t BETWEEN episodes._from AND episodes._to
        """

    @property
    def found(self) -> str:
        """Each episode with its group, its first and last moment, and what is worked out of it."""
        shown = [
            f"{self._aggregate(each)} AS {quoted('=' + name)}"
            for name, each in self.correlation.aggregates.items()
            if each.kind is not AggregateKind.PEAK
        ]
        ends = [f"{edge}({name}) AS {edge}{name}" for name in WITNESSES for edge in ("min", "max")]
        return f"""
            CREATE OR REPLACE TEMP TABLE found AS
            SELECT candidates._group, episodes._number, {self._group},
                min(episodes._from) AS _from, min(episodes._to) AS _to,
                min(observed._t) AS _first, max(observed._t) AS _last, count(*) AS _events,
                {", ".join([*shown, *ends])}
            FROM {self._members}
            GROUP BY candidates._group, episodes._number, {self._group}
        """

    def _aggregate(self, each: Aggregate) -> str:
        column = quoted(each.column)
        seconds = f"((max(observed._t) - min(observed._t)) / {_SECOND})"
        return {
            AggregateKind.EVENTS: "count(*)",
            AggregateKind.FIRST: "min(observed._t)",
            AggregateKind.LAST: "max(observed._t)",
            AggregateKind.SECONDS: f"floor({seconds})::BIGINT",
            AggregateKind.SUM: _bounded(f"sum({column})"),
            AggregateKind.DISTINCT: f"count(DISTINCT {column})",
            AggregateKind.RATE: f"round(sum({column}) / greatest({seconds}, 1), 2)::DOUBLE",
            AggregateKind.ONE: f"min({column})",
        }[each.kind]

    def peaks(self, column: str) -> str:
        """The greatest sum of a column in one second of each episode."""
        return f"""
            SELECT _group, _number, {_bounded("max(_sum)")} AS _peak FROM (
                SELECT candidates._group, episodes._number, sum({quoted(column)}) AS _sum
                FROM {self._members}
                GROUP BY candidates._group, episodes._number, observed._t // {_SECOND}
            ) GROUP BY ALL
        """

    def has_several(self, name: str) -> str:
        """Whether in any episode there is more than one of these WITNESSES."""
        return f"SELECT coalesce(bool_or(min{name} <> max{name}), false) FROM found"

    def witnesses(self, name: str) -> str:
        """All values of one of WITNESSES, of the episodes in which there is more than one."""
        return f"""
            SELECT found._group, found._number, list_sort(list(DISTINCT observed.{name}))
            FROM {self._members}
            JOIN found ON found._group = episodes._group AND found._number = episodes._number
            WHERE found.min{name} <> found.max{name} GROUP BY ALL
        """


def _bounded(total: str) -> str:
    """A sum as a column can hold it, none where there is none."""
    held = f"greatest(least({total}, {_GREATEST}), -{_GREATEST})"
    return f"(CASE WHEN {total} IS NOT NULL THEN {held} END)::BIGINT"


def quoted(name: str) -> str:
    """A column's name in SQL."""
    return '"' + name.replace('"', '""') + '"'
