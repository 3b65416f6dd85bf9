"""Gathering: the events of a unit become rows, each event counted once.

An event that came twice (same `_id`) counts once; one that an earlier run has sent is left out,
and so is what people's judgements or the limits of rules keep back (`withheld`).
Events with equal aggregation keys become one row, which shows the first of them whole and carries
`_first`, `_last` and `_count` of all. Four things part events that would otherwise be one row:

- whose the subject was (origins, countries, domains): a network that changed hands at noon must
  not tell its new owner of the morning;
- a validity boundary of one of its own subscribed networks, for the same reason;
- to whom their terms release them: an event that nobody may have must not silence, by being the
  stricter one, another witness of the same thing;
- the source port, in networks where many customers share an address: there up to N sightings
  stay rows of their own, since only port and time tell the customer.

Groups are found from the few columns that make them (`gather_groups`); the rows that they show
stay where they are in the lake, and are read from there (`gathered`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from tocsin.catalogue.entries import ReportType
from tocsin.engine.lake.parquet import write_pieces
from tocsin.engine.lake.schema import gathered_schema
from tocsin.engine.nightly.gather_events import Segments
from tocsin.engine.nightly.gather_groups import MOST_ROWS, GatherAccount, Grouped, Grouping
from tocsin.engine.nightly.gathered import GatheredRows
from tocsin.engine.nightly.lake_rows import LakeRows
from tocsin.engine.nightly.withheld.withholding import Withholding

__all__ = ("GatherAccount", "GatherInput", "Grouped", "gather", "group")


@dataclass(frozen=True)
class GatherInput:
    """What one unit is gathered from.

    `seen`: files with rows of the same type that earlier runs sent. `segments`: for a table of
    events the spans of time in which nothing changes hands, which part rows; None where nothing
    does. `shared_networks`: prefixes whose addresses many customers share, with how many
    sightings of a key stay rows of their own. `most_rows`: so many events are grouped at once;
    what comes out does not hang on it. `withholding`: what judgements and limits keep back.
    `carried`: those of `files` that hold what earlier runs had on hold, and did not send.
    """

    report_type: ReportType
    files: Sequence[Path]
    seen: Sequence[Path]
    segments: Segments | None
    shared_networks: Sequence[tuple[str, int]]
    memory_limit: str
    scratch: Path
    most_rows: int = MOST_ROWS
    withholding: Withholding = field(default_factory=Withholding)
    carried: Sequence[Path] = ()

    @cached_property
    def lake(self) -> LakeRows:
        """The unit's rows as they lie in the lake."""
        return LakeRows(self.report_type, self.files)


def group(given: GatherInput, destination: Path) -> Grouped:
    """Find the groups of one unit: a file of GROUPS, by time and id of their first events."""
    given.scratch.mkdir(parents=True, exist_ok=True)
    return Grouping(
        lake=given.lake,
        seen=given.seen,
        segments=given.segments,
        shared_networks=given.shared_networks,
        memory_limit=given.memory_limit,
        scratch=given.scratch,
        most_rows=given.most_rows,
        withholding=given.withholding,
        carried=given.carried,
    ).run(destination)


def gather(given: GatherInput, destination: Path) -> GatherAccount:
    """Gather one unit into a file of whole rows, by time and id; a night needs the groups only."""
    groups = given.scratch / "groups.parquet"
    account = group(given, groups).account
    schema = gathered_schema(given.report_type)
    rows = GatheredRows(given.lake, groups, given.scratch)
    write_pieces(rows.pieces(schema.names), schema, destination)
    groups.unlink()
    return account
