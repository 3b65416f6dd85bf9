"""Which events the rules of a source take: all rules in one go over what the events say.

Each question is put to each distinct value of its column once, in SQL. What a value answers is kept
as bits, one for each clause that the value does not speak against; a row fits the clauses
whose bits all its values have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.engine.classify.cell_tests import NUMBER
from tocsin.engine.classify.clauses import Question
from tocsin.engine.classify.compiled import Ruleset
from tocsin.engine.classify.database import database
from tocsin.engine.intake.hosts import read_hosts
from tocsin.engine.lake.coded import is_coded

Flags = NDArray[np.bool_]
Numbers = NDArray[np.int64]
Bits = NDArray[np.uint64]

_WIDTH = 64
_SAMPLE = 1_024
_MANY_QUESTIONS = 5
_NEARLY_ALL = 0.97
_WORTH_LOOKING_UP = 3
_NUMBER = f"CASE WHEN regexp_full_match(v, '{NUMBER}') THEN TRY_CAST(v AS DOUBLE) END"


@dataclass(frozen=True, slots=True)
class Taken:
    """The events of one outcome (`Rule.outcomes`): row numbers, ascending, and each one's rule.

    The rule is the first that takes the event, by its place in the ruleset.
    """

    outcome: str
    rows: Numbers
    rules: Numbers


def verdicts(cells: Mapping[str, pa.StringArray], rows: int, ruleset: Ruleset) -> tuple[Taken, ...]:
    """What becomes of the rows; `cells`: columns of text of so many rows, coded or
    not, those that there are.

    Outcomes come in the order of the ruleset; one that nothing becomes is left out.
    """
    # The clauses of all rules in their order, so that the least bit is the first rule.
    numbered = [(number, clause) for number, own in enumerate(ruleset.clauses) for clause in own]
    rule_of = np.array([number for number, _ in numbered], np.int64)
    fitting = [np.full(rows, ~np.uint64(0)) for _ in range(0, len(numbered), _WIDTH)]
    for column in ruleset.columns:
        asked = [clause.get(column) for _, clause in numbered]
        answers = _answers(cells.get(column), asked)
        for word in range(len(fitting)):
            fitting[word] &= answers.bits(asked[word * _WIDTH : (word + 1) * _WIDTH])
    found = (_of_outcome(name, fitting, rule_of, ruleset) for name in ruleset.outcomes)
    return tuple(taken for taken in found if len(taken.rows))


@dataclass(frozen=True, slots=True)
class _Answers:
    """What a column's values answer, and which value each row has; without codes, one a row."""

    flags: Mapping[Question, Flags]
    codes: Numbers | None

    def bits(self, asked: Sequence[Question | None]) -> Bits:
        """Of each row the bits of the clauses that its value does not speak against.

        asked: the question of each clause, None where it asks nothing of this column.
        """
        bit_of: dict[Question, int] = {}
        unasked = 0
        for place, question in enumerate(asked):
            if question is None:
                unasked |= 1 << place
            else:
                bit_of[question] = bit_of.get(question, 0) | 1 << place
        values = np.full(len(next(iter(self.flags.values()))), np.uint64(unasked))
        for question, bit in bit_of.items():
            values |= self.flags[question] * np.uint64(bit)
        return values if self.codes is None else values[self.codes]


def answered(
    column: pa.Array | None, rows: int, questions: Sequence[Question]
) -> dict[Question, Flags]:
    """Of each question what each row answers; without a column all rows say nothing."""
    found = _answers(column, questions)
    if found.codes is not None:
        return {question: flags[found.codes] for question, flags in found.flags.items()}
    return {name: np.broadcast_to(flags, (rows,)) for name, flags in found.flags.items()}


def _answers(
    column: pa.Array | None,
    asked: Sequence[Question | None],
) -> _Answers:
    questions = tuple(dict.fromkeys(question for question in asked if question is not None))
    nothing = pa.nulls(1, pa.string())
    if column is None:
        # One value for all rows: the missing one.
        return _Answers(_ask(nothing, questions), None)
    encoded = coded(column, len(questions))
    if not is_coded(encoded.type):
        return _Answers(_ask(column, questions), None)
    values = pa.concat_arrays([encoded.dictionary, nothing])
    codes = pc.fill_null(encoded.indices, len(values) - 1).to_numpy(zero_copy_only=False)
    return _Answers(_ask(values, questions), codes)


def coded(column: pa.Array, questions: int) -> pa.Array:
    """The column by its distinct values, if these are worth finding for so many questions.

    It takes as long as asking all values some questions does.
    """
    if is_coded(column.type):
        return column
    sample = column.slice(0, _SAMPLE)
    worth = questions >= _MANY_QUESTIONS or len(sample.unique()) < _NEARLY_ALL * len(sample)
    return column.dictionary_encode() if worth else column


def _ask(values: pa.StringArray, questions: Sequence[Question]) -> dict[Question, Flags]:
    """Each question's answer for each value."""
    lower = pc.ascii_lower(values)
    found: dict[Question, Flags] = {}
    texts = [question for question in questions if question.texts]
    if len(texts) >= _WORTH_LOOKING_UP:
        found |= _by_text(lower, texts)
    numbers = [question for question in questions if question.numbers]
    if len(numbers) >= _WORTH_LOOKING_UP:
        found |= _by_number(values, numbers)
    rest = [question for question in questions if question not in found]
    return {**found, **_in_sql(values, lower, rest)} if rest else found


def _by_text(lower: pa.StringArray, questions: Sequence[Question]) -> dict[Question, Flags]:
    """The answers to questions that only some whole texts answer with yes: one look-up for all."""
    texts = sorted({text for question in questions for text in question.texts})
    places = {text: place for place, text in enumerate(texts)}
    codes = pc.index_in(lower, value_set=pa.array(texts, pa.string()))
    found = pc.fill_null(codes, len(texts)).to_numpy(zero_copy_only=False)
    return {
        question: _among([places[text] for text in question.texts], len(texts) + 1)[found]
        for question in questions
    }


def _by_number(values: pa.StringArray, questions: Sequence[Question]) -> dict[Question, Flags]:
    """The same of questions that only some numbers answer with yes."""
    numbers = sorted({number for question in questions for number in question.numbers})
    places = {number: place for place, number in enumerate(numbers)}
    listed = np.array(numbers, np.float64)
    cells = _numbers(values)
    nearest = np.minimum(np.searchsorted(listed, cells), len(listed) - 1)
    found = np.where(listed[nearest] == cells, nearest, len(listed))
    return {
        question: _among([places[each] for each in question.numbers], len(listed) + 1)[found]
        for question in questions
    }


def _numbers(values: pa.StringArray) -> NDArray[np.float64]:
    """The values as numbers, those that are none as NaN."""
    with database().cursor() as connection:
        connection.register("cells", pa.table({"v": values}))
        found = connection.execute(f"SELECT {_NUMBER} AS n FROM cells").fetchnumpy()["n"]
    return np.ma.filled(np.ma.asarray(found, np.float64), np.nan)


def _among(places: Sequence[int], size: int) -> Flags:
    flags = np.zeros(size, np.bool_)
    flags[list(places)] = True
    return flags


def _in_sql(
    values: pa.StringArray, lower: pa.StringArray, questions: Sequence[Question]
) -> dict[Question, Flags]:
    cells = pa.table({"v": values, "l": lower, **_halves(values, questions)})
    named = ", ".join(f"{question.sql} AS q{place}" for place, question in enumerate(questions))
    with database().cursor() as connection:
        connection.register("cells", cells)
        found = connection.execute(
            f"SELECT {named} FROM (SELECT *, {_NUMBER} AS n FROM cells)"
        ).fetchnumpy()
    return {
        question: np.asarray(found[f"q{place}"], np.bool_)
        for place, question in enumerate(questions)
    }


def _halves(values: pa.StringArray, questions: Sequence[Question]) -> dict[str, pa.Array]:
    """The halves of addresses, if one may be asked for."""
    if not any("hi BETWEEN" in question.sql for question in questions):
        return {}
    hosts = read_hosts(values, prefixes=False)
    return {
        name: pa.array(half, mask=~hosts.present)
        for name, half in (("hi", hosts.first.hi), ("lo", hosts.first.lo))
    }


def _of_outcome(name: str, fitting: Sequence[Bits], rule_of: Numbers, ruleset: Ruleset) -> Taken:
    """The rows of an outcome, by the first of its rules that takes each."""
    clauses = [
        place for place, rule in enumerate(rule_of.tolist()) if name in ruleset.rules[rule].outcomes
    ]
    rows, rules = np.zeros(0, np.int64), np.zeros(0, np.int64)
    for word, fits in enumerate(fitting):
        within = np.uint64(sum(1 << place % _WIDTH for place in clauses if place // _WIDTH == word))
        if not within:
            continue
        more = np.flatnonzero((fits & within) != 0)
        more = more[~np.isin(more, rows)] if len(rows) else more
        rows = np.concatenate([rows, more])
        rules = np.concatenate([rules, rule_of[word * _WIDTH + _least_bit(fits[more] & within)]])
    order = np.argsort(rows, kind="stable")
    return Taken(name, rows[order], rules[order])


def _least_bit(bits: Bits) -> NDArray[np.int32]:
    """The place of the least bit of each; none is zero."""
    alone = bits & (~bits + np.uint64(1))
    # A power of two is a floating-point number without loss, and its exponent.
    return np.frexp(alone.astype(np.float64))[1] - 1
