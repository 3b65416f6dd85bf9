"""`reports/query`: rows of reports by what is in them, or how often values occur in them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, replace
from functools import partial

from tocsin.catalogue.entries import Catalogue
from tocsin.catalogue.nearest import nearest
from tocsin.engine.home_catalogue import home_catalogue
from tocsin.engine.search.database import Budget, Database
from tocsin.engine.search.fields import TYPE, fields_of
from tocsin.engine.search.find import count_values, find_rows
from tocsin.engine.search.statements import Asked
from tocsin.engine.search.values import Cell, Place, Row
from tocsin.service import installation
from tocsin.service.api.atlases import covers
from tocsin.service.api.query.as_names import by_number
from tocsin.service.api.query.asking import MOST, Question, Said, read_question
from tocsin.service.api.query.own_filters import names_own
from tocsin.service.api.query.places import Days, Scope, places
from tocsin.service.api.query.refusal import NOT_OWN, QueryRefused
from tocsin.service.api.query.searching import SECONDS, database


@dataclass(frozen=True)
class Answer:
    """One of three: rows, values with their counts, or the names of fields.

    after: what to say as `after` to go on behind the last row; "" where there is nothing more.
    shown: in which places the rows are.
    """

    rows: tuple[Row, ...] | None = None
    counts: tuple[tuple[Cell, int], ...] | None = None
    fields: tuple[str, ...] | None = None
    after: str = ""
    shown: tuple[Place, ...] = ()

    def to_json(self) -> list[object]:
        """As `reports/query` answers: an array of rows, of value and count, or of names."""
        if self.rows is not None:
            return [row_json(each) for each in self.rows]
        if self.counts is not None:
            return [{"value": value, "count": count} for value, count in self.counts]
        return list(self.fields or ())


def row_json(row: Row) -> dict[str, str | int]:
    """A row: the columns of its report in order, integers bare, "" where there is nothing.

    Behind them `type`, by which clients know the report type: rows of all types come mixed.
    """
    return {**cells_json(row), TYPE: row.report_type.id}


def cells_json(row: Row) -> dict[str, str | int]:
    """The columns alone."""
    return {name: _as_reported(cell) for name, cell in row.cells.items()}


def _as_reported(cell: Cell) -> str | int:
    """As reports have it, where a row is a line: what is published is what the source said."""
    if not isinstance(cell, str):
        return "" if cell is None else cell
    return cell.replace("\r", " ").replace("\n", " ").replace("\0", " ")


def query(
    scope: Scope,
    said: Said,
    days: Days,
    now: dt.datetime,
    *,
    any_network: bool = False,
    only: str = "",
) -> Answer:
    """Answer a question about the reports of these days to the lists of a scope.

    any_network: whether a question may be put that names no network of theirs. only: the id of
    the one report type that is looked at.
    QueryRefused (400) for what cannot be asked; UsageError (400) for what is too much;
    TransientError (503) when it takes too long.
    """
    catalogue = home_catalogue(installation.home())
    question = read_question(said, catalogue)
    if question.help:
        return Answer(fields=tuple(fields_of(catalogue).names))
    theirs = _named(scope, question)
    question = replace(question, conditions=by_number(question.conditions, now))
    where = partial(covers, first=days[0], last=days[1], now=now)
    if not any_network and not names_own(question.conditions, theirs.networks(now), where):
        raise QueryRefused(NOT_OWN)
    found = places(theirs, days, question.conditions, catalogue, now, only)
    return _answered(database(), question, found, catalogue)


def _named(scope: Scope, question: Question) -> Scope:
    """The lists that are asked for, all of which have to be there."""
    known = {each.name for each in scope.lists}
    for name in question.reports:
        if name not in known:
            raise QueryRefused(
                f"there is no report list {name[:100]!r}",
                todo=nearest(name[:100], known, listed="reports/subscribed names them"),
            )
    return scope.named(question.reports) if question.reports else scope


def _answered(
    searched: Database, question: Question, found: list[Place], catalogue: Catalogue
) -> Answer:
    asked = Asked(question.conditions, fields_of(catalogue), catalogue.column_aliases)
    budget = Budget(SECONDS)
    if question.facet:
        counts = count_values(searched, found, asked, question.facet, budget)
        return Answer(counts=tuple(counts[: question.limit]))
    skip, most = _page(question)
    if most <= 0:
        return Answer(rows=())
    rows = find_rows(
        searched,
        found,
        asked,
        budget,
        order=question.order,
        # One more tells whether there are more.
        most=most + 1,
        skip=skip,
        after=question.after,
    )
    more = str(rows[most - 1].mark) if len(rows) > most else ""
    told = tuple(rows[:most])
    given = {(each.mark.day, each.mark.stem) for each in told}
    shown = tuple(each for each in found if (each.day, each.unit.stem) in given)
    return Answer(rows=told, after=more, shown=shown)


def _page(question: Question) -> tuple[int, int]:
    """How many rows are passed over, and how many are given out at most."""
    if question.after is not None:
        return 0, question.limit
    skip = (question.page - 1) * question.limit
    return skip, min(question.limit, MOST - skip)
