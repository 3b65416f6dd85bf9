"""Which correlation made a record, and of how many observations, as far as the row shows it.

Observations are kept for some days only, and a record does not name them. Of a giver who is not
named the correlation is told by its id alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from tocsin.catalogue.correlations import AggregateKind, Correlation
from tocsin.catalogue.entries import Catalogue
from tocsin.engine.classify.correlation_words import correlation_in_words
from tocsin.engine.explain.row import Row
from tocsin.model.terms import Credit, Terms


@dataclass(frozen=True, slots=True)
class CorrelationReasons:
    """A correlation's judgement of a row.

    because: what it wants, in words. observations: how many there were, None where no column of
    the row says so. changed: it does not say today what it said when it made the record.
    """

    correlation: Correlation
    because: str
    observations: int | None
    changed: bool


def is_correlated(row: Row) -> bool:
    """Whether a correlation made the record, rather than one event of a file."""
    return not row["_file"]


def reasons_of_correlation(
    row: Row, cells: Mapping[str, str], catalogue: Catalogue
) -> CorrelationReasons | None:
    """The judgement of a published row; `cells`: as its report shows them.

    None where no correlation of today's catalogue made it, or its terms do not let that be told.
    """
    if Terms.from_text(cast("str", row["_terms"])).credit is not Credit.NAME:
        return None
    mark = cast("str", row["_rule"])
    identity = mark.partition("@")[0]
    for each in catalogue.correlations:
        if each.id == identity:
            seen = _observations(each, row, cells)
            return CorrelationReasons(each, correlation_in_words(each), seen, each.mark != mark)
    return None


def _observations(correlation: Correlation, row: Row, cells: Mapping[str, str]) -> int | None:
    """What the column says that counts them; of records in one row it says something else."""
    if row["_count"] != 1:
        return None
    for name, each in correlation.aggregates.items():
        if each.kind is AggregateKind.EVENTS and cells.get(name, "").isdecimal():
            return int(cells[name])
    return None
