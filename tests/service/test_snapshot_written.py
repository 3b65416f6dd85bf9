"""The snapshot: what it says is always readable, and it is written by itself, whole, in order."""

from __future__ import annotations

import datetime as dt
import json
import multiprocessing
import os
import signal
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import override_settings
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase
from tests.cases import cases
from tests.service.desk import Desk
from tests.service.slow_snapshot import snapshot_of as slowly
from tests.service.subscribed import LONG_AGO, subscribed

from tocsin.catalogue.load import load_catalogue
from tocsin.engine.files import write_atomically
from tocsin.engine.home import Home
from tocsin.engine.nightly.newest_snapshot import newest_snapshot
from tocsin.engine.nightly.snapshot import read_snapshot
from tocsin.model.errors import Busy
from tocsin.service import clock, installation
from tocsin.service.subscribers.models import (
    Case,
    KnownType,
    ListNetwork,
    MailingList,
    Network,
    Organisation,
    Proof,
)
from tocsin.service.subscribers.requests.founding import free_slug
from tocsin.service.subscribers.snapshots.due import WRITE, snapshot_is_due
from tocsin.service.subscribers.snapshots.writing import snapshot_of, write_snapshot
from tocsin.service.subscribers.values import any_network
from tocsin.service.work.models import Task

CATALOGUE = load_catalogue()
NOW = dt.datetime(2026, 11, 23, 9, 0, tzinfo=dt.UTC)
HOURS = st.builds(
    lambda hours, microseconds: NOW + dt.timedelta(hours=hours, microseconds=microseconds),
    st.integers(-400, 400),
    st.sampled_from([0, 0, 1, 500_000, 999_999]),
)
TEXTS = st.text(max_size=20).map(lambda text: text.replace("\0", ""))
TYPES = st.sampled_from([*list(CATALOGUE.report_types)[:5], "gone_since", "a\nb"])
VALUES = (
    "AS64496",
    "AS64497",
    "192.0.2.0/24",
    "198.51.100.0/25",
    "2001:db8::/48",
    "XA",
    "example.org",
)
NETWORKS = st.lists(
    st.tuples(
        st.sampled_from(VALUES),
        st.sampled_from(["active", "frozen", "ended"]),
        HOURS,
        st.none() | HOURS,
        st.lists(st.tuples(st.sampled_from(["valid", "ended", "revoked"]), HOURS), max_size=2),
    ),
    max_size=5,
    unique_by=lambda each: (each[0], each[1] == "ended"),
)
LISTS = st.lists(
    st.tuples(
        st.sampled_from(["asn", "cidr", "geo", "domain"]),
        st.booleans(),
        st.lists(TYPES, max_size=3),
        st.just(LONG_AGO) | HOURS,
        st.none() | HOURS,
        st.lists(st.integers(0, 9), max_size=3),
    ),
    max_size=4,
)
ORGANISATIONS = st.lists(
    st.tuples(
        TEXTS,
        st.sampled_from(["owner", "national_cert"]),
        st.sampled_from(["active", "frozen", "closed"]),
        NETWORKS,
        LISTS,
    ),
    max_size=3,
)
CASES = st.lists(
    st.tuples(
        st.sampled_from(["fixed", "false_positive"]),
        st.sampled_from(["in_force", "open", "ended"]),
        st.sampled_from(["192.0.2.1", "192.0.2.0/25", "2001:db8::1"]),
        st.none() | st.integers(0, 65_535),
        st.just("") | TYPES,
        st.sampled_from(["", "declared:x"]),
        TEXTS,
        st.lists(st.integers(0, 9), max_size=3),
    ),
    max_size=3,
)


def _fill(organisations: Any, cases: Any, known: Any) -> None:
    """Put all of it into the database."""
    for place, (name, kind, state, networks, lists) in enumerate(organisations):
        organisation = Organisation.objects.create(
            slug=f"org-{place}", name=name, kind=kind, state=state, founded_at=LONG_AGO
        )
        own = [_network(organisation, *each) for each in networks]
        for number, (filter_, all_networks, types, start, end, chosen) in enumerate(lists):
            made = MailingList.objects.create(
                organisation=organisation,
                name=f"list-{place}-{number}",
                filter=filter_,
                all_networks=all_networks,
                except_types=types,
                valid_from=start,
                valid_to=end,
            )
            for each in {own[n % len(own)].pk for n in chosen} if own else ():
                ListNetwork.objects.create(list=made, network_id=each)
    every = list(MailingList.objects.all())
    for kind, state, address, port, report_type, rule, reason, numbers in cases:
        owner = Organisation.objects.first()
        if owner is not None and every:
            case = Case.objects.create(
                organisation=owner, kind=kind, state=state, address=address, port=port,
                report_type=report_type, rule=rule, reason=reason, moment=NOW,
                claimant="ada@example.org", made_at=NOW,
            )  # fmt: skip
            case.lists.set({every[n % len(every)].pk for n in numbers})
    for name, joins_at in known.items():
        KnownType.objects.create(id=name, seen_at=LONG_AGO, joins_at=joins_at)


def _network(
    organisation: Organisation, value: str, state: str, start: Any, end: Any, proofs: Any
) -> Network:
    network = Network.objects.create(
        organisation=organisation,
        state=state,
        valid_from=start,
        valid_to=end,
        **Network.columns_of(any_network(value)),
    )
    for proof, ends_at in proofs:
        Proof.objects.create(
            network=network, method="staff", state=proof, made_at=LONG_AGO, ends_at=ends_at
        )
    return network


class AnyDatabase(TestCase):
    """Each example has a database of its own."""

    @settings(max_examples=cases(60), deadline=None, suppress_health_check=list(HealthCheck))
    @given(ORGANISATIONS, CASES, st.dictionaries(TYPES, HOURS, max_size=3))
    def test_whatever_is_in_the_database_the_night_can_read_it(
        self, organisations: Any, cases: Any, known: Any
    ) -> None:
        _fill(organisations, cases, known)
        said = snapshot_of(NOW, CATALOGUE)
        assert said == slowly(NOW, CATALOGUE)
        path = installation.home().root / "any.json"
        path.write_text(json.dumps(said), encoding="utf-8")
        snapshot = read_snapshot(path, CATALOGUE)

        active = set(Organisation.objects.filter(state="active").values_list("slug", flat=True))
        assert set(snapshot.organisations) == active
        current = {
            each.pk
            for each in MailingList.objects.select_related("organisation")
            if each.organisation.slug in active
            and (not each.valid_to or each.valid_to > max(NOW, each.valid_from))
        }
        assert set(snapshot.lists) == current
        for slug, organisation in snapshot.organisations.items():
            reported = {str(each) for each in organisation.networks}
            assert reported == _naive(slug)
        for each in snapshot.suppressions:
            case = Case.objects.get(pk=int(each.id.removeprefix("case-")))
            assert case.state == "in_force"
            assert each.lists == {one.pk for one in case.lists.all()} & current


def _naive(slug: str) -> set[str]:
    """The networks of an organisation that have a proof now, and are not frozen or long over.

    Those are left out that begin only when they or their proofs are over.
    """
    found = set()
    for network in Network.objects.filter(organisation__slug=slug):
        proofs = [each for each in network.proofs.all() if each.state == "valid"]
        end = max((each.ends_at for each in proofs), default=NOW)
        proven = end > NOW and network.valid_from < min(end, network.valid_to or end)
        recent = (
            network.state == "ended"
            and network.valid_to is not None
            and network.valid_to > NOW - dt.timedelta(days=8)
        )
        if proven and (network.state == "active" or recent):
            found.add(str(network.network))
    return found


# --- written by itself --------------------------------------------------------------------


def test_many_changes_of_a_minute_make_one_file_soon(desk: Desk, tmp_path: Path) -> None:
    subscribed()
    home = Home(tmp_path)
    with override_settings(TOCSIN_HOME=home):
        desk.work()
        first = newest_snapshot(home)
        Organisation.objects.update(name="Alpha One")
        for _ in range(5):
            snapshot_is_due(clock.now())
            desk.pass_time(dt.timedelta(seconds=10))
        assert Task.objects.filter(kind=WRITE).count() == 1
        desk.work()
        assert newest_snapshot(home) == first
        desk.pass_time(dt.timedelta(minutes=2))
        desk.work()
        written = newest_snapshot(home)
        assert written is not None
        assert "Alpha One" in written.path.read_text()
        assert Task.objects.filter(kind=WRITE, state="done").count() == 1


def test_it_is_written_every_day_before_the_night(desk: Desk, tmp_path: Path) -> None:
    home = Home(tmp_path)
    subscribed()
    desk.has_its_daily_work_to_do()
    with override_settings(TOCSIN_HOME=home):
        desk.work()
        first = newest_snapshot(home)
        Organisation.objects.update(state="frozen")  # nobody said that it is due
        desk.clock.move_to(dt.datetime(2026, 11, 24, 0, 10, tzinfo=dt.UTC))
        desk.work()
        written = newest_snapshot(home)
    assert first is not None
    assert written is not None
    assert (first.version, written.version) == (1, 2)
    assert json.loads(written.path.read_text())["organisations"] == []


def test_versions_count_up_and_none_is_ever_changed(desk: Desk, tmp_path: Path) -> None:
    subscribed()
    home, kept = Home(tmp_path), {}
    for number in range(1, 4):
        Organisation.objects.update(name=f"Alpha {number}")
        written = write_snapshot(home, clock.now())
        assert (written.version, written.is_new) == (number, True)
        kept[written.path] = written.path.read_bytes()
    assert all(path.read_bytes() == content for path, content in kept.items())


def test_two_writers_wait_for_each_other(desk: Desk, tmp_path: Path) -> None:
    subscribed()
    home = Home(tmp_path)
    with home.lock("snapshot"), pytest.raises(Busy):
        write_snapshot(home, clock.now())
    with home.lock("snapshot"), override_settings(TOCSIN_HOME=home):
        snapshot_is_due(clock.now())
        desk.pass_time(dt.timedelta(minutes=2))
        desk.work()
    task = Task.objects.get(kind=WRITE)
    assert (task.state, "snapshot" in task.last_error) == ("waiting", True)
    desk.pass_time(dt.timedelta(minutes=1))
    with override_settings(TOCSIN_HOME=home):
        desk.work()
    assert newest_snapshot(home) is not None


def _die_while_writing(home: Home, content: bytes) -> None:
    """What a writer does, killed when the file is there under its temporary name."""

    def killed(*_: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    os.replace = killed  # type: ignore[assignment]
    with home.lock("snapshot"):
        write_atomically(home.snapshots / "lists-000000001.json", content)


def test_a_writer_that_is_killed_leaves_nothing_that_counts(desk: Desk, tmp_path: Path) -> None:
    subscribed()
    home = Home(tmp_path)
    process = multiprocessing.get_context("fork").Process(
        target=_die_while_writing, args=(home, b"{")
    )
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert list(home.snapshots.iterdir())
    assert newest_snapshot(home) is None
    written = write_snapshot(home, clock.now())
    assert (written.version, written.is_new) == (1, True)
    read_snapshot(written.path, CATALOGUE)


@pytest.mark.django_db(transaction=True)
def test_it_is_written_from_a_transaction_of_its_own(desk: Desk, tmp_path: Path) -> None:
    subscribed()
    written = write_snapshot(Home(tmp_path), clock.now())
    assert list(read_snapshot(written.path, CATALOGUE).organisations) == ["alpha"]
    assert not connection.in_atomic_block


def test_a_slug_can_be_the_name_of_a_list(desk: Desk) -> None:
    assert free_slug("Some_Name & Sons") == "some-name-sons"
