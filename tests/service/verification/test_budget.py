"""However many workers ask at once, a registry is asked no more than its budget."""

from __future__ import annotations

import datetime as dt
import threading

import pytest
from django.db import connection, connections

from tocsin.service.subscribers.models import RegistryAnswer, RegistryUse
from tocsin.service.subscribers.values import any_network
from tocsin.service.verification.budget import LONGEST_CLOSED, Budget, close, keep, known
from tocsin.service.verification.facts import RegistryFacts
from tocsin.service.verification.registry import RegistryUnreachable

NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
HOST = "rdap.example.org"


@pytest.mark.django_db(transaction=True)
def test_workers_that_ask_at_once_share_one_budget() -> None:
    if connection.vendor == "sqlite":
        pytest.skip("the database in memory has no room for several workers; PostgreSQL has")
    budget, outcomes = Budget(per_minute=7, per_day=100), []

    def worker() -> None:
        for _ in range(5):
            try:
                budget.take(HOST, NOW)
            except RegistryUnreachable:
                outcomes.append(False)
            else:
                outcomes.append(True)
        connections.close_all()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (outcomes.count(True), outcomes.count(False)) == (7, 13)
    assert RegistryUse.objects.get().in_day == 7


@pytest.mark.django_db
def test_a_server_is_left_alone_for_a_day_at_most() -> None:
    budget = Budget(per_minute=7, per_day=100)
    budget.take(HOST, NOW)
    close(HOST, dt.timedelta(days=400), NOW)
    with pytest.raises(RegistryUnreachable):
        budget.take(HOST, NOW + LONGEST_CLOSED - dt.timedelta(seconds=1))
    budget.take(HOST, NOW + LONGEST_CLOSED)


@pytest.mark.django_db
def test_an_answer_is_known_for_its_time_and_forgotten_in_the_end() -> None:
    network, day = any_network("192.0.2.0/24"), dt.timedelta(days=1)
    keep(network, RegistryFacts(handle="A"), NOW)
    keep(network, RegistryFacts(handle="B"), NOW)
    assert known(network, day, NOW + day / 2) == RegistryFacts(handle="B")
    assert known(network, day, NOW + day) is None
    keep(any_network("AS64496"), RegistryFacts(), NOW + 100 * day)
    assert RegistryAnswer.objects.count() == 1
