"""Sigma's conditions as what is wanted of single cells.

Loading pySigma takes a fifth of a second, so that this module is imported where rules are
compiled and nowhere else.
"""

from __future__ import annotations

import re
from typing import Final

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from sigma.conditions import (
    ConditionAND,
    ConditionFieldEqualsValueExpression,
    ConditionItem,
    ConditionOR,
    ConditionValueExpression,
)
from sigma.exceptions import SigmaFeatureNotSupportedByBackendError
from sigma.types import (
    CompareOperators,
    SigmaBool,
    SigmaCasedString,
    SigmaCIDRExpression,
    SigmaCompareExpression,
    SigmaExists,
    SigmaNull,
    SigmaNumber,
    SigmaRegularExpression,
    SigmaRegularExpressionFlag,
    SigmaString,
    SpecialChars,
)

from tocsin.engine.classify.cell_tests import (
    MANY,
    SINGLE,
    Expression,
    Missing,
    Number,
    Part,
    Text,
    Within,
    folded,
)
from tocsin.engine.classify.database import database
from tocsin.engine.classify.wanted import AllOf, AnyOf, NotSo, OfCell, Wanted
from tocsin.model.address import parse_network

Condition = ConditionItem | ConditionFieldEqualsValueExpression | ConditionValueExpression | None

_PREFIXES: Final = re.compile(r"^Invalid (regular expression|Input Error): ")
_OPERATORS: Final = {
    CompareOperators.LT: "<",
    CompareOperators.LTE: "<=",
    CompareOperators.GT: ">",
    CompareOperators.GTE: ">=",
}


def wanted_of(cond: Condition) -> Wanted:
    """A condition as a tree; SigmaError for what is not taken."""
    if isinstance(cond, ConditionFieldEqualsValueExpression):
        return of_cell(cond)
    if not isinstance(cond, ConditionItem):
        raise unsupported("a value without a column")
    parts = tuple(wanted_of(arg) for arg in cond.args)
    if isinstance(cond, ConditionAND):
        return AllOf(parts)
    return AnyOf(parts) if isinstance(cond, ConditionOR) else NotSo(parts[0])


def of_cell(cond: ConditionFieldEqualsValueExpression) -> Wanted:  # noqa: PLR0911 - kinds
    """What one column of a selection wants of a cell, in one value; SigmaError."""
    value, column = cond.value, cond.field
    if isinstance(value, SigmaExists):
        missing = OfCell(column, Missing())
        return NotSo(missing) if value.exists else missing
    if isinstance(value, SigmaNull):
        return OfCell(column, Missing())
    if isinstance(value, SigmaString):
        return OfCell(column, text_of(value))
    if isinstance(value, SigmaBool):
        return OfCell(column, Text(("true" if value.boolean else "false",), cased=False))
    if isinstance(value, SigmaNumber):
        return OfCell(column, Number("=", _number(value)))
    if isinstance(value, SigmaCompareExpression):
        return OfCell(column, Number(_OPERATORS[value.op], _number(value.number)))
    if isinstance(value, SigmaRegularExpression):
        return OfCell(column, Expression(_expression(value)))
    if isinstance(value, SigmaCIDRExpression):
        return OfCell(column, Within(parse_network(value.cidr)))
    raise unsupported(f"a value of the kind {type(value).__name__}")


def text_of(value: SigmaString) -> Text:
    """A text with its wildcards; what was escaped is as it is meant."""
    cased = isinstance(value, SigmaCasedString)
    return Text(tuple(_part(part, cased=cased) for part in value.s), cased)


def _part(part: object, *, cased: bool) -> Part:
    if isinstance(part, str):
        if "\0" in part:
            raise unsupported("a NUL in a value")
        return part if cased else folded(part)
    if isinstance(part, SpecialChars):
        return MANY if part is SpecialChars.WILDCARD_MULTI else SINGLE
    raise unsupported("a placeholder")


def _number(value: object) -> int:
    try:
        return int(str(value))
    except ValueError:
        # Whole numbers that no floating-point number says exactly come as fractions from pySigma.
        raise unsupported(f"the number {value}, which is too large to compare with,") from None


def _expression(value: SigmaRegularExpression) -> str:
    said = str(value.regexp)
    if "\0" in said:
        raise unsupported("a NUL in a value")
    return f"(?i){said}" if SigmaRegularExpressionFlag.IGNORECASE in value.flags else said


def expression_fault(pattern: str) -> str:
    """What RE2 has against an expression, empty for nothing.

    Rows are judged by Arrow's and batches by DuckDB's, which are not of the same age.
    """
    try:
        pc.match_substring_regex(pa.array([""]), pattern)
        with database().cursor() as connection:
            connection.execute("SELECT regexp_matches('', ?)", [pattern])
    except (pa.ArrowInvalid, duckdb.Error) as error:
        return _PREFIXES.sub("", " ".join(str(error).split()))
    return ""


def unsupported(what: str) -> SigmaFeatureNotSupportedByBackendError:
    """The error for what Sigma has and Tocsin does not take."""
    return SigmaFeatureNotSupportedByBackendError(f"{what} is not taken")
