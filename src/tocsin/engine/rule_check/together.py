"""What is wrong with correlations that load: examples that fail, what never holds, what is double.

Of two correlations that say the same of one report type, one may hold whenever the other does:
then each harm is told twice.
"""

from __future__ import annotations

from collections.abc import Iterator

from tocsin.catalogue.correlations import Correlation, CorrelationKind
from tocsin.catalogue.entries import Catalogue
from tocsin.engine.classify.correlation_examples import failed_series
from tocsin.engine.classify.correlation_reading import read_correlation
from tocsin.engine.rule_check.finding import Finding, Kind
from tocsin.model.errors import CatalogueError


def check_correlations(catalogue: Catalogue) -> Iterator[Finding]:
    """Everything that is wrong with them; CatalogueError if one cannot be read as Sigma."""
    every = catalogue.correlations
    unread = [problem for each in every if (problem := read_correlation(each))]
    if unread:
        raise CatalogueError(
            f"{len(unread)} correlation{'s' * (len(unread) != 1)} cannot be read as Sigma",
            todo="mend the files below",
            problems=unread,
        )
    for each in every:
        for problem in failed_series(each, catalogue):
            yield Finding(Kind.EXAMPLE, each, problem)
        if _never_holds(each):
            what = f"it can never hold: all of a group have the same {each.column}"
            place = ("correlation", "group-by", each.group_by.index(each.column))
            todo = "take it out of group-by, or count another column"
            yield Finding(Kind.NEVER, each, each.problem(place, what, todo))
        yield from _told_twice(each, every)


def _never_holds(correlation: Correlation) -> bool:
    counted = correlation.kind is CorrelationKind.VALUE_COUNT and correlation.threshold > 1
    return counted and correlation.column in correlation.group_by


def _told_twice(correlation: Correlation, every: tuple[Correlation, ...]) -> Iterator[Finding]:
    for other in every:
        same = _says_as_much(other, correlation) and _says_as_much(correlation, other)
        # Of two that are equal the first is right.
        if other.id == correlation.id or (same and correlation.id < other.id):
            continue
        shared = sorted({*correlation.report_types}.intersection(other.report_types))
        if shared and _says_as_much(other, correlation):
            what = (
                f"whenever it holds, {other.title!r} ({other.id}) holds too, "
                f"and tells the same as records of {shared[0]!r}"
            )
            problem = correlation.problem(("correlation",), what, "take one of them out")
            yield Finding(Kind.SHADOWED, correlation, problem, other.id)
            return


def _says_as_much(wide: Correlation, narrow: Correlation) -> bool:
    """Whether `wide` surely holds whenever `narrow` does, for the same group, and says the same."""
    return (
        wide.kind is narrow.kind
        and set(wide.group_by) == set(narrow.group_by)
        and wide.column == narrow.column
        and wide.timespan >= narrow.timespan
        and _asks_no_more(wide, narrow)
        and (wide.says, wide.columns) == (narrow.says, narrow.columns)
    )


def _asks_no_more(wide: Correlation, narrow: Correlation) -> bool:
    if wide.kind is CorrelationKind.TEMPORAL:
        return {*wide.rules} <= {*narrow.rules}
    return {*wide.rules} >= {*narrow.rules} and wide.threshold <= narrow.threshold
