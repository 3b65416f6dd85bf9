"""Rows that the index of a night finds in part: their lines are read, to tell the rest.

A few lines are read in no time, and a value that many rows have is soon met when they are read in
order. What would take more lines than a search may read is left to published files.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence

from tocsin.engine.search.cells_hold import Cells, Test, Unsure, line_test
from tocsin.engine.search.database import Budget, Database
from tocsin.engine.search.night_search import Sought, first_marks, rows_meant
from tocsin.engine.search.night_terms import terms_of
from tocsin.engine.search.pack_rows import Lines, columns_in, lines_of
from tocsin.engine.search.statements import Asked, among, groups_of
from tocsin.engine.search.values import Cell, Mark, Order, Place

MOST_LINES = 15_000
"""So many lines a search reads at most to tell which rows are meant, at some 40 microseconds."""

TIMES_COUNTED = 2
"""So many times as many where values are counted: it is known before that none is read in vain."""

AS_LINES = 50
"""A row that has to be looked up in its published file takes as long as so many lines."""

_LEAST = 250
"""So many lines are read at a time at least."""

Values = Callable[[Cells], Iterable[Cell]]
"""What is counted of a row; Unsure if its line does not tell."""


class Walk:
    """The lines that one search reads, for questions of which the index tells a part."""

    def __init__(self, database: Database, asked: Asked, budget: Budget) -> None:
        self._database, self._asked, self._budget = database, asked, budget
        self._left = MOST_LINES
        self._tests: dict[tuple[str, tuple[str, ...]], Test] = {}

    def first_met(
        self, nights: Sequence[Sought], order: Order, after: Mark | None, wanted: int
    ) -> tuple[list[tuple[Mark, Place]], list[Place]]:
        """The first rows of some nights, in order, and places that are left to files.

        nights: in the order of their days. Of a night all is left, or nothing.
        """
        found: list[tuple[Mark, Place]] = []
        left: list[Place] = []
        for night in nights:
            if len(found) >= wanted:
                break
            met = self._night(night, order, after, wanted - len(found))
            if met is None:
                left += [place for place, _ in night.places]
            else:
                found += met
        return found, left

    def _night(
        self, night: Sought, order: Order, after: Mark | None, wanted: int
    ) -> list[tuple[Mark, Place]] | None:
        """The first rows of a night; None if it takes too many lines to tell."""
        if not self._left:
            return None
        may_read = self._left
        given = first_marks(night, order, after, may_read + 1)
        found: list[tuple[Mark, Place]] = []
        done, size = 0, max(wanted, _LEAST)
        while done < len(given) and len(found) < wanted:
            some = given[done : done + min(size, self._left)]
            met = self._met(dict(some)) if some else None
            if met is not None:
                found += [each for each in some if each[0] in met]
                done, size = done + len(some), 2 * size
            # A night with more rows than may be read is not read to the bound in vain.
            if met is None or (
                len(given) > may_read and _too_seldom(len(found), done, may_read, wanted)
            ):
                self._left = 0
                return None
        return found[:wanted]

    def _met(self, given: Mapping[Mark, Place]) -> set[Mark] | None:
        """Which of some rows are meant; None if too many of them are in no line."""
        self._left -= len(given)
        met, unsure = set(), dict(given)
        for here in lines_of(given):
            test = self._test(here)
            for mark, cells in here.cells.items():
                try:
                    if test(cells):
                        met.add(mark)
                except Unsure:
                    continue
                del unsure[mark]
        if AS_LINES * len(unsure) > self._left:
            return None
        self._left -= AS_LINES * len(unsure)
        return met | self._looked_up(unsure)

    def _test(self, here: Lines) -> Test:
        report_type, asked = here.place.report_type, self._asked
        key = report_type.id, here.columns
        if key not in self._tests:
            terms = terms_of(asked.conditions, report_type, asked.fields)
            held = columns_in(here.columns, report_type, asked.aliases)
            beside = terms.beside if terms is not None else ()
            self._tests[key] = line_test(beside, report_type, asked.fields, held)
        return self._tests[key]

    def _looked_up(self, given: Mapping[Mark, Place]) -> set[Mark]:
        """Which of some rows are meant, by their published files."""
        places = {(mark.day, mark.stem): place for mark, place in given.items()}
        marks: dict[tuple[int, int], Mark] = {}
        rows: dict[int, list[int]] = {}
        for mark in given:
            file = id(places[mark.day, mark.stem])
            marks[file, mark.row] = mark
            rows.setdefault(file, []).append(mark.row)
        groups = groups_of(places.values(), self._asked)
        asked_for = [among(each, [rows[id(place)] for place in each.places]) for each in groups]
        met = set()
        for group, table in zip(groups, self._database.run(asked_for, self._budget), strict=True):
            found = (table.column(name).to_pylist() for name in ("file", "row"))
            met |= {marks[id(group.places[file]), row] for file, row in zip(*found, strict=True)}
        return met

    def counted(
        self, nights: Sequence[Sought], values: Callable[[Lines], Values]
    ) -> tuple[list[tuple[Place, Counter[Cell]]], list[Place]]:
        """What is counted of the rows of each place, and places that are left to files.

        If all rows together are more than may be read, nothing is, and all is left.
        """
        most = TIMES_COUNTED * self._left
        if sum(map(rows_meant, nights)) > most:
            return [], [place for night in nights for place, _ in night.places]
        counts: list[tuple[Place, Counter[Cell]]] = []
        left: list[Place] = []
        for night in nights:
            given = dict(first_marks(night, Order.ASCENDING, None, most))
            places = {id(place): place for place in given.values()}
            rows = Counter(map(id, given.values()))
            for here in lines_of(given):
                told = self._counts(here, values(here), rows[id(here.place)])
                if told is not None:
                    counts.append((places.pop(id(here.place)), told))
            left += places.values()
        return counts, left

    def _counts(self, here: Lines, values: Values, rows: int) -> Counter[Cell] | None:
        """What is counted in lines of a place; None if they do not tell all of its rows."""
        if len(here.cells) != rows:
            return None
        test, counts = self._test(here), Counter[Cell]()
        try:
            for cells in here.cells.values():
                if test(cells):
                    counts.update(values(cells))
        except Unsure:
            return None
        return counts


def _too_seldom(found: int, done: int, may_read: int, wanted: int) -> bool:
    """Whether twice as many as were met so far, line by line, would come to too few."""
    return 2 * found * may_read < wanted * done
