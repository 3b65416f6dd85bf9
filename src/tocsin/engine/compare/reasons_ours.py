"""Why rows of ours are not in the other system's reports: the first of these reasons that holds.

The other system is known by its reports of that day alone: what they cannot show is `unknown`.

list_not_there     it has no report of that list, of any type: see `--renamed`
not_read           its report of that list and type has something that could not be read
type_not_there     it has no report of that type, of any list
other_day          the row is of another day: it came late, and is in a delayed report of ours
repeated           it has the same, fewer times
other_time         it has the subject and port, at another time
other_port         it has the subject, with another port or none
other_type         it has the subject for that list, in a report of another type
other_list         it has the subject in a report of that type, for another list
network_not_there  none of its rows for that list lies where this one does: in no network of the
                   list that holds the subject, of no AS or country that the subject is of
report_not_there   it has reports of that type, and none for that list
unknown            nothing of this: its sources, limits, filters or terms are not known
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping

import duckdb
import pyarrow as pa

from tocsin.engine.nightly.subscribers import FilterKind, ReportList

_MASK = (1 << 64) - 1
_BOUNDS = ("first_hi", "first_lo", "last_hi", "last_lo")
_NETWORKS = pa.schema(
    [("list", pa.string()), ("network", pa.int64()), *((name, pa.uint64()) for name in _BOUNDS)]
)


def explain_ours(
    connection: duckdb.DuckDBPyConnection,
    day: dt.date,
    lists: Mapping[str, ReportList],
    tolerance: int,
) -> None:
    """Fill the table `why` for the rows of `only_` that are ours.

    tolerance: seconds by which the times of the same row may differ.
    """
    first = int(dt.datetime.combine(day, dt.time(), dt.UTC).timestamp())
    connection.execute(_SIDES)
    _write_networks(connection, lists)
    span = {"first": first, "after": first + 86_400, "tolerance": tolerance}
    for rank, (reason, where) in enumerate(_REASONS.items()):
        asked = {name: value for name, value in span.items() if f"${name}" in where}
        connection.execute(
            f"INSERT INTO why SELECT id, {rank}, '{reason}' FROM ours o WHERE {where}", asked
        )


_SIDES = """
CREATE TABLE theirs AS SELECT * FROM rows WHERE side = 0;
CREATE TABLE ours AS
SELECT o.*, r.hi, r.lo, r.asn, r.geo
FROM (SELECT * FROM only_ WHERE side = 1) o
JOIN (SELECT list, type, subject, port, seconds, any_value(hi) hi, any_value(lo) lo,
             any_value(asn) asn, any_value(geo) geo
      FROM rows WHERE side = 1 GROUP BY ALL) r
USING (list, type, subject, port, seconds);
"""


def _there(*same: str, more: str = "") -> str:
    """That the old reports have a row with the same in these columns."""
    said = " AND ".join(f"t.{name} = o.{name}" for name in same)
    return f"EXISTS (SELECT 1 FROM theirs t WHERE {said}{more})"


def _lies_elsewhere(filter_: str, column: str) -> str:
    """An old report without the column cannot show it."""
    any_said = _there("list", more=f" AND t.{column} <> ''")
    same = _there("list", column)
    return f"(o.list LIKE '%-{filter_}' AND o.{column} <> '' AND {any_said} AND NOT {same})"


_NEAR = " AND abs(t.seconds - o.seconds) <= $tolerance"
_NO_NETWORK_MET = """(
    o.id IN (SELECT id FROM held_by) AND NOT EXISTS (
        SELECT 1 FROM held_by h JOIN met USING (list, network) WHERE h.id = o.id)
)"""
_HAS_ROWS = "o.list IN (SELECT list FROM theirs)"
_REASONS = {
    "list_not_there": "o.list NOT IN (SELECT list FROM old_reports)",
    "not_read": "(o.list, o.type) IN (SELECT (list, type) FROM old_reports WHERE NOT readable)",
    "type_not_there": "o.type NOT IN (SELECT type FROM old_reports)",
    "other_day": "(o.seconds < $first OR o.seconds >= $after)",
    "repeated": _there("list", "type", "subject", "port", more=_NEAR),
    "other_time": _there("list", "type", "subject", "port"),
    "other_port": _there("list", "type", "subject"),
    "other_type": _there("list", "subject"),
    "other_list": _there("type", "subject"),
    "network_not_there": f"{_HAS_ROWS} AND ({_lies_elsewhere('asn', 'asn')} OR "
    f"{_lies_elsewhere('geo', 'geo')} OR {_NO_NETWORK_MET})",
    "report_not_there": "(o.list, o.type) NOT IN (SELECT (list, type) FROM old_reports)",
}


def _write_networks(connection: duckdb.DuckDBPyConnection, lists: Mapping[str, ReportList]) -> None:
    """Tables of which networks of `cidr` lists hold our rows, and which were met by theirs."""
    rows = list(_networks(lists))
    columns = list(zip(*rows, strict=True)) or [()] * len(_NETWORKS)
    given = pa.table(
        [pa.array(column, kind.type) for column, kind in zip(columns, _NETWORKS, strict=True)],
        schema=_NETWORKS,
    )
    connection.register("given_networks", given)
    connection.execute(f"CREATE TABLE held_by AS SELECT r.id, r.list, n.network FROM {_INSIDE}")
    theirs = _INSIDE.replace("ours r", "theirs r")
    connection.execute(f"CREATE TABLE met AS SELECT DISTINCT r.list, n.network FROM {theirs}")
    connection.unregister("given_networks")


_INSIDE = """
ours r JOIN given_networks n ON r.list = n.list
AND (r.hi > n.first_hi OR (r.hi = n.first_hi AND r.lo >= n.first_lo))
AND (r.hi < n.last_hi OR (r.hi = n.last_hi AND r.lo <= n.last_lo))
"""


def _networks(lists: Mapping[str, ReportList]) -> Iterator[tuple[object, ...]]:
    for name, each in lists.items():
        for number, network in enumerate(each.networks):
            if network.kind is FilterKind.CIDR:
                first, last = network.prefix.first, network.prefix.last
                yield name, number, first >> 64, first & _MASK, last >> 64, last & _MASK
