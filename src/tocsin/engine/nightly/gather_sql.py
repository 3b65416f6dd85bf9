"""The SQL that makes groups of events (see `gather_groups`); `skipped` and `shared` stand by.

In networks that many customers share, an address's sightings are first told apart by source
port; of each key the first so many stay rows of their own, and the rest is one row.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from tocsin.catalogue.entries import ReportType, SubjectKind
from tocsin.engine.nightly.gather_events import BIT, OWNERSHIP, RELEASE, SEGMENT, WORD
from tocsin.engine.nightly.gather_parts import PART
from tocsin.engine.nightly.lake_rows import PLACE

IN_ORDER = f"""
    SELECT {PLACE}, moment AS _first, tail AS _last, events AS _count,
           * EXCLUDE ({PLACE}, head, moment, tail, events)
    FROM grouped ORDER BY head, {PLACE}
"""
"""The groups by time and id of their first events."""

_HEAD = "(epoch_us(events.timestamp)::HUGEINT * 18446744073709551616 + events._id_hi)"
"""An event's time and id as one number, so that what is kept of a group has a fixed size and can
be put aside. Of the id only half fits, which tells events apart where no half is shared."""

_WHOLE_HEAD = "row(events.timestamp, events._id_hi, events._id_lo)"
"""The same with the whole id: slower, for the unit in which two ids share their first half."""

_COUNTED = f"""
    ANTI JOIN skipped ON skipped.{PLACE} = events.{PLACE}
"""

_KEEP = """
    (SELECT max(shared.keep) FROM shared
     WHERE events._subject_hi::UHUGEINT * 18446744073709551616::UHUGEINT
           + events._subject_lo::UHUGEINT BETWEEN shared.first AND shared.last)
"""
"""How many sightings stay rows of their own; NULL outside of shared networks."""


@dataclass(frozen=True)
class GroupsSql:
    """The statements for one report type.

    `masks`: names of columns that collect terms. `whole_ids`: events are ordered by all of their
    ids, not by the first half.
    """

    report_type: ReportType
    masks: Sequence[str]
    whole_ids: bool = False

    def columns(self, *, shared: bool) -> list[str]:
        """The columns of events that grouping reads."""
        counting = self.report_type.counting
        names = ["_id", "timestamp", *self.keys]
        names += filter(None, (counting.count, counting.first_seen, counting.last_seen))
        if shared:
            names += ["_subject_hi", "_subject_lo", *filter(None, [self.report_type.source_port])]
        return list(dict.fromkeys(names))

    @property
    def keys(self) -> list[str]:
        """The columns that must agree, beside those of `_parting`."""
        key = list(self.report_type.aggregation_key)
        subject = self.report_type.subject
        if subject.column in key:
            # The subject as numbers: `192.0.2.1` and its mapped form are one address.
            key.remove(subject.column)
            key += ["_subject_hi", "_subject_lo", "_subject_len"]
            if subject.kind is SubjectKind.DOMAIN:
                key.append(subject.column)
        return [*dict.fromkeys([*key, *OWNERSHIP])]

    def parted(self, count: int) -> str:
        """Events with the number of their part: those that may be one group share it."""
        keys = ", ".join(quoted(name) for name in self.keys)
        return f"SELECT *, (hash({keys}) % {count})::UINTEGER AS {PART} FROM events"

    @property
    def groups(self) -> str:
        """The groups, where no network is shared."""
        keys = ", ".join(self._parting())
        return f"""
            SELECT {self._aggregates()} FROM events {_COUNTED} GROUP BY {keys}
        """

    @property
    def sightings(self) -> str:
        """The groups, but within shared networks one for each source port."""
        keys = self._parting()
        named = ", ".join(f"{key} AS key{number}" for number, key in enumerate(keys))
        port = self.report_type.source_port
        shown = f"CASE WHEN events._keep IS NOT NULL THEN events.{quoted(port)} END" if port else ""
        return f"""
            CREATE OR REPLACE TEMP TABLE sightings AS
            SELECT {named}, max(events._keep) AS keep, {self._aggregates()}
            FROM (SELECT *, {_KEEP} AS _keep FROM events) AS events {_COUNTED}
            GROUP BY {", ".join([*keys, *filter(None, [shown])])}
        """

    @property
    def groups_of_sightings(self) -> str:
        """The groups out of `sightings`."""
        keys = ", ".join(f"key{number}" for number in range(len(self._parting())))
        masks = [f"bit_or({mask}) AS {mask}" for mask in self.masks]
        return f"""
            SELECT {_SAID}, {", ".join(self.masks)} FROM sightings WHERE keep IS NULL
            UNION ALL
            SELECT {_SAID_TOGETHER}, {", ".join(masks)}
            FROM (
                SELECT *, least(
                    keep, row_number() OVER (PARTITION BY {keys}, keep ORDER BY head)
                ) AS place
                FROM sightings WHERE keep IS NOT NULL
            )
            GROUP BY {keys}, keep, place
        """

    def _parting(self) -> list[str]:
        return [f"events.{quoted(name)}" for name in (*self.keys, RELEASE, SEGMENT)]

    def _aggregates(self) -> str:
        """What a group says; terms as bits of the masks."""
        counting = self.report_type.counting
        head = _WHOLE_HEAD if self.whole_ids else _HEAD
        masks = [
            f"bit_or(CASE WHEN events.{WORD} = {word} THEN events.{BIT} ELSE 0 END) AS {mask}"
            for word, mask in enumerate(self.masks)
        ]
        return f"""
            min({head}) AS head,
            arg_min(events.{PLACE}, {head}) AS {PLACE},
            min(events.timestamp) AS moment,
            max(events.timestamp) AS tail,
            count(*) AS events,
            sum(coalesce({_cell(counting.count, "BIGINT")}, 1))::BIGINT AS units,
            min({_cell(counting.first_seen, "TIMESTAMPTZ")}) AS counted_from,
            max({_cell(counting.last_seen, "TIMESTAMPTZ")}) AS counted_to,
            {", ".join(masks)}
        """


_SAID = f"head, {PLACE}, moment, tail, events, units, counted_from, counted_to"
_SAID_TOGETHER = f"""
    min(head), arg_min({PLACE}, head), min(moment), max(tail), sum(events)::BIGINT,
    sum(units)::BIGINT, min(counted_from), max(counted_to)
"""


def _cell(column: str, kind: str) -> str:
    return f"events.{quoted(column)}" if column else f"NULL::{kind}"


def quoted(name: str) -> str:
    """A column's name in SQL."""
    return '"' + name.replace('"', '""') + '"'
