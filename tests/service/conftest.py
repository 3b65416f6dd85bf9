"""What the tests of the service share: a clock, fakes of what is outside, and a worker."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.management.color import no_style
from django.db import connection
from django.test import TransactionTestCase, override_settings
from tests.fakes.remembered import RememberedHome
from tests.service.desk import Desk
from tests.service.objecting_world import World
from tests.service.subscribed import subscribed

from tocsin.service import installation
from tocsin.service.audit.append_only import ALLOWED_IN_SQLITE, FORBIDDEN_IN_SQLITE
from tocsin.service.fakes.registry import FakeRegistry, FakeResolver
from tocsin.service.outside import Outside, instead
from tocsin.service.subscribers.models import MailingList

if TYPE_CHECKING:
    from pytest_django import DjangoDbBlocker

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)


@pytest.fixture(scope="session", autouse=True)
def emptied_with_its_audit(django_db_blocker: DjangoDbBlocker) -> None:
    """Between two tests the audit is emptied as well; SQLite would refuse that."""
    with django_db_blocker.unblock():
        if connection.vendor != "sqlite":
            return
    flush = connection.ops.sql_flush

    def allowed(*args: Any, **kwargs: Any) -> list[str]:
        return [*ALLOWED_IN_SQLITE, *flush(*args, **kwargs), *FORBIDDEN_IN_SQLITE]

    connection.ops.sql_flush = allowed  # type: ignore[method-assign]


@pytest.fixture
def desk(db: None) -> Iterator[Desk]:
    """A service with nothing in its database, at NOW, with fakes of everything outside. Its daily
    work is next due on the day after NOW."""
    # Mail that an earlier test left would be found, and read, by the daily work.
    shutil.rmtree(installation.home().service / "mail", ignore_errors=True)
    registry, resolver = FakeRegistry(), FakeResolver()
    with time_machine.travel(NOW, tick=False) as clock, instead(Outside(registry, resolver)):
        made = Desk(registry, resolver, clock)
        made.has_done_its_daily_work()
        yield made


@pytest.fixture
def world(desk: Desk, tmp_path: Path) -> Iterator[World]:
    """A home with nights, and an organisation `alpha` with AS64496 that gets their reports."""
    small = RememberedHome.make(tmp_path)
    # PostgreSQL numbers on from test to test; the same numbers make the same night, once.
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), [MailingList]):
            cursor.execute(statement)
    with override_settings(TOCSIN_HOME=small.home):
        yield World(desk, small, subscribed())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL only what hangs on a database: the rest is run once, with all other tests."""
    if not os.environ.get("TOCSIN_TEST_POSTGRESQL"):
        return
    uses = {each: _uses_a_database(each) for each in items}
    config.hook.pytest_deselected(items=[each for each in items if not uses[each]])
    items[:] = [each for each in items if uses[each]]


def _uses_a_database(item: pytest.Item) -> bool:
    fixtures = set(getattr(item, "fixturenames", ()))
    of_django = isinstance(getattr(item, "cls", None), type) and issubclass(
        item.cls,  # type: ignore[attr-defined] # of a function of a class
        TransactionTestCase,
    )
    return (
        of_django
        or bool(fixtures & {"db", "transactional_db"})
        or (item.get_closest_marker("django_db") is not None)
    )
