"""Statements that are kept find what the same queries find that Django puts together anew."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from typing import Any

import pytest
from django.db.models import QuerySet
from pytest_django import DjangoAssertNumQueries
from tests.service.desk import Desk
from tests.service.many import many_like
from tests.service.subscribed import subscribed

from tocsin.service import clock
from tocsin.service.statements import Statement
from tocsin.service.subscribers.models import Network

LATER = dt.timedelta(days=400)


def _networks(
    organisations: Collection[int], kind: str | None, values: Collection[str], now: dt.datetime
) -> QuerySet[Network]:
    rows = Network.objects.filter(
        organisation__pk__in=organisations, value__in=values, proofs__ends_at__gt=now
    )
    if kind is not None:
        rows = rows.filter(kind=kind)
    return rows.select_related("organisation").order_by("-pk")


@pytest.fixture
def networks(desk: Desk) -> list[Network]:
    for number in range(5):
        asns = tuple(f"AS{64496 + 2 * number + more}" for more in range(2))
        subscribed(f"org-{number}", asns, domain=f"o{number}.example.net")
    return list(Network.objects.order_by("pk"))


def _as_told(rows: list[Network]) -> list[tuple[Any, ...]]:
    """With what was loaded beside, which must not be asked for again."""
    return [(each.pk, each.value, each.valid_from, each.organisation.slug) for each in rows]


def test_each_form_of_what_is_given_finds_what_the_query_finds(
    networks: list[Network], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    statement = Statement(_networks)
    owners = sorted({each.organisation_id for each in networks})
    values = [each.value for each in networks]
    found = 0
    for some in range(1, len(owners) + 1):
        for kind in (None, "asn", "cidr"):
            for now in (clock.now(), clock.now() + 100 * LATER):
                given = (owners[:some], kind, values[some:], now)
                with django_assert_num_queries(1):
                    rows = _as_told(statement.rows(*given))
                assert rows == _as_told(list(_networks(*given)))
                assert _as_told(statement.rows(*given, most=2)) == rows[:2]
                found += len(rows)
    assert found


def test_a_form_is_put_together_once_and_filled_anew(networks: list[Network]) -> None:
    made = []

    def make(value: str, others: Collection[str]) -> QuerySet[Network, tuple[str, dt.datetime]]:
        made.append(value)
        rows = Network.objects.filter(value=value).exclude(value__in=others)
        return rows.values_list("value", "valid_from")

    statement = Statement(make)
    for each in networks:
        assert statement.rows(each.value, {"1", "2"}) == [(each.value, each.valid_from)]
        assert statement.one(each.value, (each.value, "1")) is None
    assert len(made) == 1
    statement.rows("1", ["1", "2", "3"])
    statement.rows("1", frozenset("1234"))
    assert len(made) == 2


def test_nothing_is_asked_where_several_are_given_and_there_are_none(
    networks: list[Network], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(0):
        assert Statement(_networks).rows([], None, ["64496"], networks[0].valid_from) == []


def test_what_is_given_is_a_value_whatever_is_in_it(networks: list[Network]) -> None:
    statement = Statement(lambda value: Network.objects.filter(value=value))
    for value in ("%s", "%%s", "' OR '1'='1", "%(value)s", '"; --', "é😀", "$1", "?"):
        assert statement.rows(value) == []
        Network.objects.filter(pk=networks[0].pk).update(value=value)
        assert statement.one(value) == networks[0]


def test_more_than_a_statement_is_kept_for_are_found_as_well(networks: list[Network]) -> None:
    statement = Statement(
        lambda values: Network.objects.filter(value__in=values).order_by("pk").values_list("pk")
    )
    many_like(networks[0], ({"value": f"{n}", "first": "", "last": ""} for n in range(1500)))
    for some in (1, 2, 1024, 1025, 1500):
        assert len(statement.rows({str(n) for n in range(some)})) == some
    assert len(statement.rows({str(n) for n in range(1500)}, most=7)) == 7
