"""Queries that are put together once a process, and filled with values each time they are asked.

Django takes longer to put a statement together than a database to answer it: of what is asked at
every call of a program the text is kept, and of nothing the answer.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Collection, Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any, Generic, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connections
from django.db.models import Expression, QuerySet

Row = TypeVar("Row")

Value = str | int | dt.date | None
"""What one place of a statement is filled with; None for what is not asked."""

Given = Value | Collection[str] | Collection[int]
"""One value, or several for `__in`."""

_ABSENT, _ONE = -2, -1
_MOST = 1024
"""Of so many values for one `__in` a statement is kept; with more it is put together anew."""


class Hole(Expression):
    """The place of a value: of which of what is given, and of which of several."""

    def __init__(self, given: int, which: int) -> None:
        super().__init__()
        self.place = (given, which)

    def as_sql(self, compiler: Any, connection: Any) -> tuple[str, tuple[Any, ...]]:  # noqa: ARG002
        """Called by Django; the hole itself stands where the value will be."""
        return "%s", (self,)


@dataclass(frozen=True, slots=True)
class _Kept:
    """A statement: its text, and what fills it: values that are always the same, and holes."""

    queryset: Any
    compiler: Any
    converters: Any
    text: str
    values: tuple[object, ...]


class Statement(Generic[Row]):
    """A query, made by a function that is called with a hole for each value that is given.

    Several values for one `__in` are a tuple of holes, and None stays None, so that the function
    may leave a condition out. Each form of what is given is put together once. Several keys of
    another table are asked for as `other__pk__in`: `other__in` wants numbers at once.
    """

    def __init__(self, make: Callable[..., QuerySet[Any, Row]]) -> None:
        self._make = make
        self._kept: dict[tuple[str, tuple[int, ...]], _Kept] = {}

    def rows(self, *given: Given, most: int | None = None) -> list[Row]:
        """What is found, so many at most; nothing, unasked, where several are given and none is."""
        several = [_several(each) for each in given]
        sizes = [len(each) for each in several if each is not None]
        if 0 in sizes:
            return []
        if max(sizes, default=0) > _MOST:
            return list(self._make(*given)[:most])
        form = tuple(_form(*each) for each in zip(given, several, strict=True))
        kept = self._kept_for(form)
        text = kept.text
        values = [
            _filled(each.place, given, several) if isinstance(each, Hole) else each
            for each in kept.values
        ]
        if most is not None:
            text, values = f"{text} LIMIT %s", [*values, most]
        return _read(kept, answer_of(text, values))

    def one(self, *given: Given) -> Row | None:
        """The first row, if there is one."""
        return next(iter(self.rows(*given)), None)

    def _kept_for(self, form: tuple[int, ...]) -> _Kept:
        # What one database is asked is nothing for another: tests serve several.
        key = _connection().vendor, form
        if key not in self._kept:
            made = self._make(*(_holes(given, size) for given, size in enumerate(form)))
            self._kept[key] = _put_together(made)
        return self._kept[key]


def answer_of(text: str, values: Sequence[object]) -> list[Any]:
    """The rows that a statement is answered with; dates and times are given as Python has them."""
    with _cursor() as cursor:
        cursor.execute(text, [_adapted(each) for each in values])
        return cast("list[Any]", cursor.fetchall())


def _connection() -> Any:
    # Not `django.db.connection`, which looks for it again at each of a hundred questions.
    return connections[DEFAULT_DB_ALIAS]


def _put_together(queryset: Any) -> _Kept:
    compiler = queryset.query.get_compiler(using=DEFAULT_DB_ALIAS)
    text, values = compiler.as_sql()
    converters = compiler.get_converters([each[0] for each in compiler.select])
    return _Kept(queryset, compiler, converters, text, tuple(values))


def _several(given: Given) -> Sequence[str | int] | None:
    is_one = given is None or isinstance(given, str | int | dt.date)
    return None if is_one else sorted(cast("Collection[Any]", given))


def _form(given: Given, several: Sequence[object] | None) -> int:
    """How many holes: several are filled up to a power of two, so that there are few forms."""
    if several is None:
        return _ABSENT if given is None else _ONE
    return 1 << (len(several) - 1).bit_length()


def _holes(given: int, size: int) -> object:
    if size < 0:
        return None if size == _ABSENT else Hole(given, _ONE)
    return tuple(Hole(given, which) for which in range(size))


def _filled(
    place: tuple[int, int],
    given: Sequence[Given],
    several: Sequence[Sequence[str | int] | None],
) -> object:
    number, which = place
    some = several[number]
    return given[number] if some is None else some[min(which, len(some) - 1)]


def _adapted(value: object) -> object:
    if isinstance(value, dt.datetime):
        return _connection().ops.adapt_datetimefield_value(value)
    return _connection().ops.adapt_datefield_value(value) if isinstance(value, dt.date) else value


def _cursor() -> Any:
    """A cursor that sends text and values apart, so that PostgreSQL can keep its plan as well."""
    connection = _connection()
    if connection.vendor != "postgresql":
        return connection.cursor()
    # Needs psycopg, which is not there for SQLite alone.
    from django.db.backends.postgresql import base  # noqa: PLC0415

    connection.close_if_health_check_failed()
    connection.ensure_connection()
    bound: Any = base.ServerBindingCursor
    return connection._prepare_cursor(bound(connection.connection))


def _read(kept: _Kept, rows: list[Any]) -> list[Any]:
    """Rows as the queryset has them: Django's own reading, of a statement that is answered."""
    compiler = copy(kept.compiler)
    compiler.connection = _connection()
    compiler.execute_sql = lambda *_, **__: [rows]
    compiler.get_converters = lambda _: kept.converters
    return list(kept.queryset._iterable_class(_Answered(kept.queryset, compiler)))


class _Answered:
    """What Django's reading of rows asks of a queryset."""

    def __init__(self, queryset: Any, compiler: Any) -> None:
        self.db = DEFAULT_DB_ALIAS
        self.model = queryset.model
        self.query = self
        self._fields = queryset._fields
        self._known_related_objects = queryset._known_related_objects
        self._compiler = compiler

    def get_compiler(self, using: str) -> Any:  # noqa: ARG002 - Django's form
        """The one that has the answer."""
        return self._compiler
