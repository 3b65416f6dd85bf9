"""Moments read from the database as text, and written as the lists file has them.

Making a datetime of each takes longer than all else that is done with a row. The texts are those
of SQLite (`2026-11-23 09:00:00`, or with six digits behind a point) or of PostgreSQL (with as
many digits as are needed, and `+00`); of one database they sort as the moments do.
"""

from __future__ import annotations

from django.db import connection
from django.db.models import CharField, F
from django.db.models.functions import Cast

_SECONDS = len("2026-11-23 09:00:00")


def as_text(column: str) -> Cast:
    """A column of moments as the text that the database makes of it."""
    return Cast(F(column), CharField())


class Moments(dict[str, str]):
    """What the lists file says, by what the database said; many rows say the same."""

    def __missing__(self, said: str) -> str:
        found = self[said] = moment_of(said)
        return found


def moment_of(said: str) -> str:
    """A moment of the database as the lists file has it: UTC, digits of a second if there are."""
    fraction = said[_SECONDS:].removesuffix("+00")
    # PostgreSQL leaves zeros at the end out; the same moment is to be the same text.
    digits = f"{fraction:0<7}" if fraction.strip(".0") else ""
    return f"{said[:10]}T{said[11:_SECONDS]}{digits}Z"


def say_moments_plainly() -> None:
    """Let the database say moments, until this transaction ends, as `moment_of` reads them."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL TIME ZONE 'UTC'")
            cursor.execute("SET LOCAL DATESTYLE = 'ISO'")
