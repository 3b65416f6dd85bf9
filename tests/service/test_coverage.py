"""Who else covers a network, against going through all of them one by one."""

from __future__ import annotations

import ipaddress

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.service.desk import Desk, now
from tests.service.proven import organisation_with_admin

from tocsin.service.subscribers.models import Network, NetworkState, Organisation
from tocsin.service.subscribers.requests.coverage import Relation, who_else
from tocsin.service.subscribers.values import NetworkKind, NetworkValue, any_network


def v4(bits: tuple[int, int]) -> str:
    return str(ipaddress.ip_network((0xC0000000 | bits[0] << 20, bits[1]), strict=False))


def v6(bits: tuple[int, int]) -> str:
    address = (0x20010DB8 << 96) | bits[0] << 88
    return str(ipaddress.ip_network((address, bits[1]), strict=False))


V4 = st.tuples(st.integers(0, 7), st.integers(8, 13)).map(v4)
V6 = st.tuples(st.integers(0, 7), st.integers(36, 41)).map(v6)
DOMAINS = st.lists(st.sampled_from(["a", "b", "ab"]), max_size=3).map(
    lambda labels: ".".join([*labels, "example", "org"])
)
OTHERS = st.sampled_from(["AS64496", "AS64497", "XX", "XA"])
NETWORKS = st.one_of(V4, V6, DOMAINS, OTHERS).map(any_network)


def covers(outer: NetworkValue, inner: NetworkValue) -> bool:
    if outer.kind is not inner.kind:
        return False
    if outer.kind is NetworkKind.CIDR:
        one, other = ipaddress.ip_network(outer.value), ipaddress.ip_network(inner.value)
        return one.version == other.version and other.subnet_of(one)  # type: ignore[arg-type]
    if outer.kind is NetworkKind.DOMAIN:
        return inner.value == outer.value or inner.value.endswith("." + outer.value)
    return outer == inner


def naive(asked: NetworkValue, on_file: list[NetworkValue]) -> set[tuple[str, Relation]]:
    found = set()
    for each in on_file:
        if each == asked:
            found.add((each.value, Relation.SAME))
        elif covers(each, asked):
            found.add((each.value, Relation.COVERS))
        elif covers(asked, each):
            found.add((each.value, Relation.WITHIN))
    return found


@settings(
    max_examples=cases(50),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(on_file=st.lists(NETWORKS, max_size=25, unique=True), asked=NETWORKS)
def test_all_that_cover_it_or_lie_within_it_are_found(
    db: None, on_file: list[NetworkValue], asked: NetworkValue
) -> None:
    with transaction.atomic():
        kept(on_file)
        found = who_else(asked)
        transaction.set_rollback(True)
    assert {(each.network.value, each.relation) for each in found} == naive(asked, on_file)
    assert len(found) == len({each.network.pk for each in found})


def kept(values: list[NetworkValue], state: str = NetworkState.ACTIVE) -> Organisation:
    organisation = Organisation.objects.create(slug="other", name="Other", founded_at=now())
    Network.objects.bulk_create(
        Network(
            organisation=organisation, valid_from=now(), state=state, **Network.columns_of(each)
        )
        for each in values
    )
    return organisation


def test_those_that_cover_come_from_the_broadest_on(desk: Desk) -> None:
    kept([any_network(each) for each in ("192.0.2.0/25", "192.0.2.0/24", "192.0.0.0/16")])
    found = who_else(any_network("192.0.2.0/26"))
    assert [each.network.value for each in found] == [
        "192.0.0.0/16",
        "192.0.2.0/24",
        "192.0.2.0/25",
    ]


def test_what_ended_and_ones_own_is_left_out(desk: Desk) -> None:
    other = kept([any_network("192.0.2.0/24")])
    assert who_else(any_network("192.0.2.0/25"), but_for=other.pk) == []
    assert len(who_else(any_network("192.0.2.0/25"), but_for=other.pk + 1)) == 1
    Network.objects.update(state=NetworkState.ENDED)
    assert who_else(any_network("192.0.2.0/25")) == []


def test_many_within_are_cut_and_the_others_are_not(desk: Desk) -> None:
    kept([any_network(f"198.51.100.{number}/32") for number in range(40)])
    organisation_with_admin()
    assert len(who_else(any_network("198.51.100.0/24"), most=10)) == 10


@pytest.mark.parametrize("asked", ["192.0.2.0/24", "2001:db8::/48", "a.example.org", "AS64496"])
def test_it_takes_three_queries_at_most_and_goes_by_index(desk: Desk, asked: str) -> None:
    kept([any_network(asked)])
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert who_else(any_network(asked))
    assert len(queries) <= 3
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            for query in queries.captured_queries:
                cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
                (first, *_) = [row[3] for row in cursor.fetchall()]
                assert (
                    "kind=? AND value=?" in first
                    or "kind=? AND first>?" in first
                    or ("LIKE" in query["sql"])
                ), (first, query["sql"])
