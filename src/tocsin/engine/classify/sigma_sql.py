"""Sigma to SQL: what a rule asks of each column by itself.

Everything that a rule asks of one column becomes one *question*, which is put to each distinct
value of the column once; `clauses` has what is left over. A question is true or false and never
NULL. Its columns are

    v  the cell as it stands   l  the same with A-Z as a-z   n  as a number, NULL where it is none

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
    ConditionValueExpression,
)
from sigma.conversion.base import TextQueryBackend
from sigma.conversion.state import ConversionState
from sigma.exceptions import SigmaFeatureNotSupportedByBackendError
from sigma.types import (
    CompareOperators,
    SigmaBool,
    SigmaCasedString,
    SigmaCompareExpression,
    SigmaString,
    SpecialChars,
)

from tocsin.engine.classify.clauses import Clauses, all_of, any_of, asked, none_of

Condition = ConditionItem | ConditionFieldEqualsValueExpression | ConditionValueExpression | None

_LOWER = str.maketrans("ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz")
_ESCAPE = "\\"
_OPERATORS = {
    CompareOperators.LT: "<",
    CompareOperators.LTE: "<=",
    CompareOperators.GT: ">",
    CompareOperators.GTE: ">=",
}


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
            raise _unsupported("a value without a column")
        if len(columns) == 1:
            sql = str(self.convert_condition(cond, ConversionState()))
            return asked(str(columns.pop()), sql)
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
        values = sorted({_quoted(_letters(arg.value).translate(_LOWER)) for arg in _leaves(cond)})
        return _certain(f"l IN ({', '.join(values)})")

    def convert_condition_field_eq_val_str(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        """A text, capital letters like small ones."""
        return _text_question("l", cast("SigmaString", cond.value), lower=True)

    def convert_condition_field_eq_val_str_case_sensitive(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        """A text to the letter."""
        return _text_question("v", cast("SigmaString", cond.value), lower=False)

    def convert_condition_field_eq_val_num(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        """A number, however it is written."""
        return _certain(f"n = {_number(cond.value)}")

    def convert_condition_field_eq_val_bool(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        """`true` or `false` as a text."""
        said = cast("SigmaBool", cond.value).boolean
        return _certain(f"l = '{'true' if said else 'false'}'")

    def convert_condition_field_compare_op_val(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        """Less or greater than a number."""
        compared = cast("SigmaCompareExpression", cond.value)
        return _certain(f"n {_OPERATORS[compared.op]} {_number(compared.number)}")

    def convert_condition_field_eq_val_null(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        """The event says nothing."""
        return "v IS NULL"

    def convert_condition_field_exists(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        """The event says something."""
        return "v IS NOT NULL"

    def convert_condition_field_not_exists(
        self, cond: ConditionFieldEqualsValueExpression, state: ConversionState
    ) -> str:
        """The event says nothing."""
        return "v IS NULL"

    explicit_not_exists_expression = True


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


def _text_question(cell: str, value: SigmaString, *, lower: bool) -> str:
    parts = [_part(part, lower=lower) for part in value.s]
    texts = [part for part in parts if isinstance(part, str)]
    shape = tuple(part if isinstance(part, SpecialChars) else "" for part in parts)
    whole, many = _quoted("".join(texts)), SpecialChars.WILDCARD_MULTI
    forms = {
        (): f"{cell} = ''",
        ("",): f"{cell} = {whole}",
        ("", many): f"starts_with({cell}, {whole})",
        (many, ""): f"ends_with({cell}, {whole})",
        (many, "", many): f"contains({cell}, {whole})",
    }
    return _certain(forms.get(shape) or f"{cell} LIKE {_pattern(parts)} ESCAPE '{_ESCAPE}'")


def _part(part: object, *, lower: bool) -> str | SpecialChars:
    if isinstance(part, str):
        return part.translate(_LOWER) if lower else part
    if isinstance(part, SpecialChars):
        return part
    raise _unsupported("a placeholder")


def _pattern(parts: list[str | SpecialChars]) -> str:
    """The value as a pattern of LIKE."""
    said = ""
    for part in parts:
        if isinstance(part, str):
            said += "".join(f"{_ESCAPE}{c}" if c in f"%_{_ESCAPE}" else c for c in part)
        else:
            said += "%" if part is SpecialChars.WILDCARD_MULTI else "_"
    return _quoted(said)


def _letters(value: object) -> str:
    """The letters of a text without wildcards, what was escaped as it is meant."""
    return "".join(str(part) for part in cast("SigmaString", value).s)


def _quoted(text: str) -> str:
    if "\0" in text:
        raise _unsupported("a NUL in a value")
    return "'" + text.replace("'", "''") + "'"


def _number(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        # Whole numbers that no floating-point number says exactly come as fractions from pySigma.
        raise _unsupported(f"the number {value}, which is too large to compare with,") from None


def _certain(sql: str) -> str:
    return f"coalesce({sql}, false)"


def _unsupported(what: str) -> SigmaFeatureNotSupportedByBackendError:
    return SigmaFeatureNotSupportedByBackendError(f"{what} is not taken")
