"""Many rows that are like one, in a moment: for promises about large numbers."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.db import connection
from django.db.models import Model

from tocsin.service.subscribers.plain_rows import Value, insert_rows


def many_like(one: Model, differing: Iterable[Mapping[str, Value]]) -> None:
    """Add rows with the values of `one`, saved or not, but for those that are given, by field."""
    fields = [each for each in one._meta.concrete_fields if not each.primary_key]
    same = {
        each.attname: each.get_db_prep_save(getattr(one, each.attname), connection)
        for each in fields
    }
    names = [each.name for each in fields]
    insert_rows(type(one), names, (tuple({**same, **values}.values()) for values in differing))
