"""The database itself refuses to change or remove a line of the audit, whoever asks it how."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError, connection, transaction
from tests.service.desk import Desk, now

from tocsin.service.audit.models import AuditLine
from tocsin.service.audit.record import Actor, Subject, record

TABLE = AuditLine._meta.db_table


def by_sql(statement: str) -> Callable[[], object]:
    """As somebody with a shell of the database does it."""

    def done() -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    return done


def saved() -> None:
    """As a slip in our own code would do it."""
    line = AuditLine.objects.get()
    line.note = "it was otherwise"
    line.save()


ATTEMPTS = {
    "update": by_sql(f"UPDATE {TABLE} SET actor = 'somebody else'"),
    "update of one column to itself": by_sql(f"UPDATE {TABLE} SET note = note"),
    "delete": by_sql(f"DELETE FROM {TABLE}"),
    "update of a queryset": lambda: AuditLine.objects.update(note="otherwise"),
    "delete of a queryset": lambda: AuditLine.objects.all().delete(),
    "delete of a queryset in one statement": lambda: AuditLine.objects.all()._raw_delete("default"),
    "bulk update": lambda: AuditLine.objects.bulk_update(
        [AuditLine(pk=line.pk, note="otherwise") for line in AuditLine.objects.all()], ["note"]
    ),
    "save": saved,
}


@pytest.mark.parametrize("attempt", ATTEMPTS.values(), ids=ATTEMPTS)
def test_no_line_is_changed_or_removed(desk: Desk, attempt: Callable[[], object]) -> None:
    record(Actor.system("test"), "thing.done", Subject("thing", "1", "A thing"), now())
    before = list(AuditLine.objects.values())
    assert len(before) == 1
    with pytest.raises(DatabaseError, match="only ever added"), transaction.atomic():
        attempt()
    assert list(AuditLine.objects.values()) == before


def test_a_line_removes_itself_for_nobody(desk: Desk) -> None:
    record(Actor.system("test"), "thing.done", Subject("thing", "1"), now())
    with pytest.raises(TypeError):
        AuditLine.objects.get().delete()
    record(Actor.system("test"), "thing.done", Subject("thing", "2"), now())
    assert AuditLine.objects.count() == 2
