"""Sigma to SQL: what a rule asks of each column by itself.

Everything that a rule asks of one column becomes one *question*, which is put to each distinct
value of the column once; `clauses` has what is left over. A question is true or false and never
NULL. Its columns are

    v  the cell as it stands   l  the same with A-Z as a-z   n  as a number, NULL where it is none
    hi, lo  the halves of the address that it is, NULL where it is none

Loading pySigma takes a fifth of a second, so that this module is imported where rules are
compiled and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionItem,
    ConditionOR,
)
from sigma.conversion.base import TextQueryBackend
from sigma.conversion.state import ConversionState
from sigma.types import SigmaCasedString, SigmaString

from tocsin.engine.classify.cell_tests import (
    MANY,
    Expression,
    Missing,
    Number,
    Part,
    Test,
    Text,
    Within,
)
from tocsin.engine.classify.clauses import Clauses, Question, all_of, any_of, asked, none_of
from tocsin.engine.classify.sigma_cells import Condition, of_cell, text_of, unsupported, wanted_of
from tocsin.engine.classify.wanted import AnyOf, NotSo, OfCell, Wanted
from tocsin.model.address import MASK_64, Network

_ESCAPE = "\\"


class ColumnBackend(TextQueryBackend):
    """What is asked of a column as SQL; `clauses` puts columns together."""

    name = "Tocsin's DuckDB"
    formats = {"default": "questions by column"}  # noqa: RUF012 - the base class's form
    or_token = "OR"
    and_token = "AND"
    not_token = "NOT"
    group_expression = "({expr})"
    parenthesize = True
    convert_or_as_in = True

    def clauses(self, cond: Condition) -> Clauses:
        """A condition as clauses; SigmaError for what is not taken, TooManyError."""
        columns = set(_columns(cond))
        if None in columns or not columns:
            raise unsupported("a value without a column")
        if len(columns) == 1:
            sql = f"({self.convert_condition(cond, ConversionState())})"
            texts, numbers = _listed(wanted_of(cond))
            return asked(str(columns.pop()), Question(sql, texts, numbers))
        assert isinstance(cond, ConditionItem)  # noqa: S101 - what else asks several columns
        parts = [self.clauses(arg) for arg in cond.args]
        if isinstance(cond, ConditionOR):
            return any_of(parts)
        return all_of(parts) if isinstance(cond, ConditionAND) else none_of(parts[0])

    # --- what can be asked of a column --------------------------------------------------

    def decide_convert_condition_as_in_expression(
        self, cond: ConditionOR | ConditionAND, state: ConversionState
    ) -> bool:
        """Lists of plain texts are looked up; all else is asked one by one."""
        plain = all(
            isinstance(arg, ConditionFieldEqualsValueExpression)
            and isinstance(arg.value, SigmaString)
            and not isinstance(arg.value, SigmaCasedString)
            for arg in cond.args
        )
        return plain and super().decide_convert_condition_as_in_expression(cond, state)

    def convert_condition_as_in_expression(
        self, cond: ConditionOR | ConditionAND, state: ConversionState
    ) -> str:
        """A list of plain texts."""
        texts = [text_of(cast("SigmaString", arg.value)) for arg in _leaves(cond)]
        values = sorted({_quoted(_letters(text.parts)) for text in texts})
        return _certain(f"l IN ({', '.join(values)})")

    def convert_condition_field_eq_val(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        """What a single value asks."""
        found = of_cell(cond)
        if isinstance(found, NotSo):
            return f"NOT ({_of_cell(found.part)})"
        return _of_cell(found)


def _leaves(cond: Condition) -> Iterator[ConditionFieldEqualsValueExpression]:
    if isinstance(cond, ConditionItem):
        for arg in cond.args:
            yield from _leaves(arg)
    elif isinstance(cond, ConditionFieldEqualsValueExpression):
        yield cond


def _columns(cond: Condition) -> Iterator[str | None]:
    """The columns that a condition asks, None for a value that names none."""
    if isinstance(cond, ConditionItem):
        for arg in cond.args:
            yield from _columns(arg)
    else:
        yield cond.field if isinstance(cond, ConditionFieldEqualsValueExpression) else None


def _listed(wanted: Wanted) -> tuple[frozenset[str], frozenset[int]]:
    """The texts or the numbers one of which a cell has to say; none where more is asked."""
    texts, numbers = set(), set()
    for part in wanted.parts if isinstance(wanted, AnyOf) else (wanted,):
        test = part.test if isinstance(part, OfCell) else None
        if isinstance(test, Text) and not test.cased and _is_whole(test.parts):
            texts.add(_letters(test.parts))
        elif isinstance(test, Number) and test.operator == "=":
            numbers.add(test.number)
        else:
            return frozenset(), frozenset()
    # Of both there is no look-up.
    return (frozenset(texts), frozenset(numbers)) if not (texts and numbers) else (frozenset(),) * 2


def _is_whole(parts: tuple[Part, ...]) -> bool:
    return all(isinstance(part, str) for part in parts)


def _of_cell(found: object) -> str:
    assert isinstance(found, OfCell)  # noqa: S101 - a value asks one cell
    return question(found.test)


def question(test: Test) -> str:
    """A test as SQL that is true or false."""
    if isinstance(test, Missing):
        return "v IS NULL"
    if isinstance(test, Text):
        return _certain(_text("v" if test.cased else "l", test.parts))
    if isinstance(test, Number):
        return _certain(f"n {test.operator} {test.number}")
    if isinstance(test, Expression):
        return _certain(f"regexp_matches(v, {_quoted(test.pattern)})")
    assert isinstance(test, Within)  # noqa: S101 - there is no other
    return _certain(_within(test.network))


def _text(cell: str, parts: tuple[Part, ...]) -> str:
    shape = tuple(part if isinstance(part, int) else "" for part in parts)
    whole = _quoted(_letters(parts))
    forms = {
        (): f"{cell} = ''",
        ("",): f"{cell} = {whole}",
        ("", MANY): f"starts_with({cell}, {whole})",
        (MANY, ""): f"ends_with({cell}, {whole})",
        (MANY, "", MANY): f"contains({cell}, {whole})",
    }
    return forms.get(shape) or f"{cell} LIKE {_pattern(parts)} ESCAPE '{_ESCAPE}'"


def _pattern(parts: tuple[Part, ...]) -> str:
    """The value as a pattern of LIKE."""
    said = ""
    for part in parts:
        if isinstance(part, str):
            said += "".join(f"{_ESCAPE}{c}" if c in f"%_{_ESCAPE}" else c for c in part)
        else:
            said += "%" if part == MANY else "_"
    return _quoted(said)


def _within(network: Network) -> str:
    """Whether an address lies in a network, by halves: either the upper is given or all lower."""
    first, last = network.first, network.last
    upper = f"hi BETWEEN {first >> 64} AND {last >> 64}"
    return f"{upper} AND lo BETWEEN {first & MASK_64} AND {last & MASK_64}"


def _letters(parts: tuple[Part, ...]) -> str:
    return "".join(part for part in parts if isinstance(part, str))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _certain(sql: str) -> str:
    return f"coalesce({sql}, false)"
