"""Which events the rules of a source take: all rules in one go over what the events ask.

Each question is put to each distinct value of its column once, in SQL. Values that give the same
answers are then one, events that are the same in all columns are one, and the rules are put to
each such kind of event, again in SQL. Of 200,000 events there are some hundred to some thousand.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.engine.classify.compiled import Ruleset

Flags = NDArray[np.bool_]
Numbers = NDArray[np.int64]

_NUMBER = r"-?[0-9]{1,15}(\.[0-9]{1,9})?"
_MOST_JOINT = 1 << 40


@dataclass(frozen=True, slots=True)
class Taken:
    """The events that become records of a type: row numbers, ascending, and each one's rule.

    The rule is the first that takes the event, by its place in the ruleset.
    """

    report_type: str
    rows: Numbers
    rules: Numbers


def verdicts(cells: Mapping[str, pa.StringArray], rows: int, ruleset: Ruleset) -> tuple[Taken, ...]:
    """What becomes of the rows; `cells`: columns of so many rows, those that there are.

    Types come in the order of the ruleset; a type that nothing becomes is left out.
    """
    if not rows:
        return ()
    with duckdb.connect(config={"threads": 1}) as connection:
        answers = dict(_answers(connection, cells, rows, ruleset))
        joint = _Joint(rows)
        for answer in answers.values():
            joint.add(answer.kinds, answer.many)
        first, kind_of_row = joint.distinct()
        table = {
            name: pa.array(flags[answer.kinds[first]])
            for answer in answers.values()
            for name, flags in answer.flags.items()
        }
        found = _first_rules(connection, pa.table(table), ruleset)
    taken = ((name, rules[kind_of_row]) for name, rules in found.items())
    return tuple(
        Taken(name, np.flatnonzero(rules >= 0), rules[rules >= 0])
        for name, rules in taken
        if (rules >= 0).any()
    )


@dataclass(frozen=True, slots=True)
class _Answer:
    """A column by what is answered: the kind of each row, and of each kind each answer."""

    kinds: Numbers
    many: int
    flags: Mapping[str, Flags]


def _answers(
    connection: duckdb.DuckDBPyConnection,
    cells: Mapping[str, pa.StringArray],
    rows: int,
    ruleset: Ruleset,
) -> Iterator[tuple[str, _Answer]]:
    for column, questions in ruleset.questions.items():
        encoded = cells.get(column, pa.nulls(rows, pa.string())).dictionary_encode()
        # The last value is the missing one: what it is answered is asked as of any other.
        values = pa.concat_arrays([encoded.dictionary, pa.nulls(1, pa.string())])
        flags = _ask(connection, values, questions)
        joint = _Joint(len(values))
        for flag in flags.values():
            joint.add(flag.astype(np.int64), 2)
        first, kinds = joint.distinct()
        codes = pc.fill_null(encoded.indices, len(values) - 1).to_numpy(zero_copy_only=False)
        of_kinds = {name: flag[first] for name, flag in flags.items()}
        yield column, _Answer(kinds[codes], len(first), of_kinds)


def _ask(
    connection: duckdb.DuckDBPyConnection, values: pa.StringArray, questions: Mapping[str, str]
) -> dict[str, Flags]:
    """Each question's answer for each value."""
    cells = pa.table({"v": values, "l": pc.ascii_lower(values)})
    asked = ", ".join(f"{sql} AS {name}" for sql, name in questions.items())
    number = f"CASE WHEN regexp_full_match(v, '{_NUMBER}') THEN TRY_CAST(v AS DOUBLE) END"
    connection.register("cells", cells)
    found = connection.execute(
        f"SELECT {asked} FROM (SELECT v, l, {number} AS n FROM cells)"
    ).fetchnumpy()
    return {name: np.asarray(found[name], np.bool_) for name in questions.values()}


def _first_rules(
    connection: duckdb.DuckDBPyConnection, answers: pa.Table, ruleset: Ruleset
) -> dict[str, Numbers]:
    """For each report type the first rule that takes each kind of event, -1 for none."""
    cases = []
    for number, name in enumerate(ruleset.report_types):
        whens = " ".join(
            f"WHEN {verdict} THEN {place}"
            for place, (rule, verdict) in enumerate(
                zip(ruleset.rules, ruleset.verdicts, strict=True)
            )
            if name in rule.report_types
        )
        cases.append(f"CASE {whens} ELSE -1 END AS t{number}")
    connection.register("answers", answers)
    found = connection.execute(f"SELECT {', '.join(cases)} FROM answers").fetchnumpy()
    return {
        name: np.asarray(found[f"t{number}"], np.int64)
        for number, name in enumerate(ruleset.report_types)
    }


class _Joint:
    """Numbers of several columns as one number a row."""

    def __init__(self, rows: int) -> None:
        self._joint: Numbers = np.zeros(rows, np.int64)
        self._many = 1

    def add(self, numbers: Numbers, many: int) -> None:
        """One more column, of numbers below `many`."""
        if many == 1:
            return
        if self._many * many > _MOST_JOINT:
            first, self._joint = self.distinct()
            self._many = len(first)
        self._joint = self._joint * many + numbers
        self._many *= many

    def distinct(self) -> tuple[Numbers, Numbers]:
        """The first row of each distinct number, and each row's place among these."""
        encoded = pa.array(self._joint).dictionary_encode()
        places: Numbers = encoded.indices.to_numpy().astype(np.int64)
        first = np.zeros(len(encoded.dictionary), np.int64)
        # Written from the last row to the first, so that the first one stays.
        first[places[::-1]] = np.arange(len(places) - 1, -1, -1)
        return first, places
