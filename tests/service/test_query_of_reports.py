"""`reports/query` over real nights: whose rows it finds, and what it refuses."""

from __future__ import annotations

import csv
import datetime as dt
import io
import os
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest
from pytest_django import DjangoAssertNumQueries
from tests.fakes.small_home import DAY, event
from tests.service.objecting_world import World
from tests.service.subscribed import LONG_AFTER, LONG_AGO, Subscribed, subscribed

from tocsin.engine.nightly.slices import read_slice
from tocsin.engine.reports import Wanted, list_reports
from tocsin.service import clock
from tocsin.service.api.query.answering import Answer, query
from tocsin.service.api.query.indexing import WHOLE_DAYS, index_nights
from tocsin.service.api.query.places import Scope
from tocsin.service.api.query.refusal import QueryRefused
from tocsin.service.delivery.models import Outcome, Report
from tocsin.service.delivery.taking import notice_nights
from tocsin.service.subscribers.models import ListMode, MailingList, Network, NetworkState, Proof

DAYS = (DAY - dt.timedelta(days=1), DAY + dt.timedelta(days=1))
OWN = {"asn": 64496}


@pytest.fixture
def night(world: World) -> World:
    """A night with rows of `alpha` and of `beta`, taken and planned."""
    subscribed("beta", ("AS64497",), domain="example.net")
    world.alpha.recipient("noc@example.org")
    world.small.collect_events(
        [
            event(1, tag="mirai;iot"),
            event(2, "192.0.2.11", infection='other "bot"', dst_port=None, family="two\r\nlines"),
            event(3, "198.51.100.9"),
        ]
    )
    world.night()
    _plan(world)
    return world


def _plan(world: World) -> None:
    notice_nights(clock.now())
    world.desk.work()


def scope_of(*each: Subscribed) -> Scope:
    """The lists of an organisation, as a key would have them."""
    organisations = [one.organisation for one in each]
    rows = MailingList.objects.filter(organisation__in=organisations)
    return Scope(list(rows.select_related("organisation")))


def _ask(world: World, query_: object = None, **said: object) -> Answer:
    asked = {"query": OWN if query_ is None else query_, **said}
    return query(scope_of(world.alpha), asked, DAYS, clock.now())


def _addresses(answer: Answer) -> list[object]:
    assert answer.rows is not None
    return [row.cells["src_ip"] for row in answer.rows]


def test_rows_are_those_of_the_reports_newest_first(night: World) -> None:
    answer = _ask(night).to_json()
    report = list_reports(night.small.home.root, Wanted(day=DAY, list="alpha"))[0]
    content = read_slice(report.pack, report.slice).decode()
    rows = list(csv.DictReader(io.StringIO(content)))
    for row in rows:
        row["timestamp"] += "Z"
    as_text = [{name: str(cell) for name, cell in row.items()} for row in answer]  # type: ignore[attr-defined]
    assert as_text == [{**row, "type": "event4_sinkhole"} for row in rows[::-1]]
    newest: dict[str, object] = answer[0]  # type: ignore[assignment]
    assert list(newest) == [*rows[0], "type"]
    assert (newest["timestamp"], newest["src_asn"]) == ("2026-11-22 00:00:02Z", 64496)
    assert (newest["dst_port"], newest["infection"]) == ("", 'other "bot"')


def test_nobody_finds_rows_of_another(night: World) -> None:
    everything = query(scope_of(night.alpha), {}, DAYS, clock.now(), any_network=True)
    assert sorted(map(str, _addresses(everything))) == ["192.0.2.10", "192.0.2.11"]
    both = _ask(night, {"asn": ["64496", "64497"], "ip": "0.0.0.0/0"})
    assert len(_addresses(both)) == 2


def test_a_question_has_to_name_a_network_of_ones_own(night: World) -> None:
    for asked in ({}, {"asn": 64497}, {"type": "sinkhole"}, {"geo": "XA"}, {"asn": ""}):
        with pytest.raises(QueryRefused, match="No supported report filters found"):
            _ask(night, asked)
    for elsewhere in ("198.51.100.9", "198.51.100.0/24", "2001:db8::1"):
        with pytest.raises(QueryRefused, match="No supported report filters found"):
            _ask(night, {"ip": elsewhere})
    assert _addresses(_ask(night, {"ip": "233.252.0.1"})) == []  # of no AS in the atlas
    with pytest.raises(QueryRefused, match="no report list 'beta'"):
        _ask(night, report=["beta"])


NAMED = """\
prefix,asn,as_name
192.0.2.0/24,64497,EXAMPLE-TWO Example Two
198.51.100.0/24,64496,EXAMPLE-ONE Example One
203.0.113.0/24,64498,
2001:db8::/32,64499,
"""


def test_what_was_theirs_on_the_days_that_are_asked_for_may_be_asked_for(night: World) -> None:
    today = clock.now().date()
    night.small.build_atlas(dt.datetime.combine(today, dt.time(1), dt.UTC), NAMED)
    assert _addresses(_ask(night, {"ip": "192.0.2.10"})) == ["192.0.2.10"]
    assert _addresses(_ask(night, {"ip": "198.51.100.9"})) == []
    tomorrow = today + dt.timedelta(days=1)
    with pytest.raises(QueryRefused, match="No supported report filters found"):
        query(
            scope_of(night.alpha),
            {"query": {"ip": "192.0.2.10"}},
            (tomorrow, tomorrow),
            clock.now() + dt.timedelta(days=1),
        )


def test_names_of_ases_are_those_of_the_newest_atlas(night: World) -> None:
    with pytest.raises(QueryRefused, match="no AS of that name"):
        _ask(night, {"asn_name": "example-one"})
    night.small.build_atlas(clock.now() - dt.timedelta(hours=1), NAMED)
    for said in ("example-one", "EXAMPLE-ONE Example One", "example-o*", ["example-one", "none"]):
        assert len(_addresses(_ask(night, {"asn_name": said}))) == 2, said
    for said in ("example-two", "example", "one"):
        with pytest.raises(QueryRefused):
            _ask(night, {"asn_name": said})
    assert _addresses(_ask(night, {"ip": "192.0.2.11", "dst_asn_name": "example-one"})) == []


FOUND: tuple[tuple[object, int], ...] = (
    ({"asn": "AS64496"}, 2),
    ({"asn": "|64496"}, 2),
    ({"asn": 64496, "ip": "192.0.2.10/31"}, 2),
    ({"asn": 64496, "ip": "192.0.2.11"}, 1),
    ({"src_ip": "192.0.2.10"}, 1),
    ({"asn": 64496, "type": ["|sinkhole", "|honeypot"]}, 2),
    ({"asn": 64496, "type": "honeypot"}, 0),
    ({"asn": 64496, "tag": ["iot", "mirai"]}, 1),
    ({"asn": 64496, "tag": ["|iot", "|other"]}, 1),
    ({"asn": 64496, "infection": "EXAMPLE*"}, 1),
    ({"asn": 64496, "text": 'R "B'}, 1),
    ({"asn": 64496, "text": "' OR 1=1 --"}, 0),
    ({"asn": 64496, "geo": "xa"}, 2),
    ({"asn": 64496, "require": "dst_port"}, 1),
    ({"asn": 64496, "require": ["infection", "asn"]}, 2),
    ({"asn": 64496, "require": ["|hostname", "|dst_port"]}, 1),
    ({"asn": 64496, "require": ["hostname", "dst_port"]}, 0),
    ({"asn": 64496, "require": "ssl_cipher"}, 0),
    ({"asn": 64496, "require": "domain"}, 0),
    ({"asn": 64496, "tld": "com"}, 0),
    ({"asn": 64496, "timestamp": "2026-11-22 00:00:02"}, 1),
)


def test_fields_and_values(night: World) -> None:
    for asked, count in FOUND:
        assert len(_addresses(_ask(night, asked))) == count, asked


def test_pages_end_with_an_empty_one_and_marks_with_none(night: World) -> None:
    pages = [_addresses(_ask(night, limit="1", page=str(page))) for page in (1, 2, 3, 99_999)]
    assert pages == [["192.0.2.11"], ["192.0.2.10"], [], []]
    first = _ask(night, limit=1, sort="ascending")
    second = _ask(night, limit=5, sort="ascending", after=first.after)
    assert (_addresses(first), _addresses(second)) == (["192.0.2.10"], ["192.0.2.11"])
    assert second.after == ""


def test_facets_count_values_the_most_frequent_first(night: World) -> None:
    assert _ask(night, facet="geo").to_json() == [{"value": "XA", "count": 2}]
    assert _ask(night, facet="type").to_json() == [{"value": "event4_sinkhole", "count": 2}]
    assert _ask(night, facet="dst_port").to_json() == [{"value": 80, "count": 1}]
    tags = _ask(night, facet="tag", limit=1).to_json()
    assert tags == [{"value": "iot", "count": 1}]


def test_help_names_the_fields(night: World) -> None:
    named = _ask(night, {}, help=True).to_json()
    assert {"asn", "ip", "type", "text", "cc_ip", "infection"} <= set(map(str, named))
    assert not [name for name in named if str(name).startswith("_")]


def test_what_is_kept_back_is_not_found_even_when_the_day_is_made_anew(night: World) -> None:
    for outcome in (Outcome.HELD, Outcome.DROPPED, Outcome.WAITING):
        Report.objects.update(outcome=outcome)
        assert _addresses(_ask(night)) == []
    night.replay()
    _plan(night)
    assert _addresses(_ask(night)) == []


def test_lists_in_shadow_find_their_rows_and_lists_that_ended_do_not(night: World) -> None:
    MailingList.objects.update(mode=ListMode.SHADOW)
    assert len(_addresses(_ask(night))) == 2
    MailingList.objects.filter(pk=night.alpha.list.pk).update(valid_to=clock.now())
    with pytest.raises(QueryRefused, match="No supported"):
        _ask(night)
    nothing = query(scope_of(night.alpha), {}, DAYS, clock.now(), any_network=True)
    assert _addresses(nothing) == []


def test_rows_of_a_network_that_has_ended_are_not_found_any_more(world: World) -> None:
    second = Network.objects.create(
        organisation=world.alpha.organisation, kind="asn", value="64497", valid_from=LONG_AGO
    )
    Proof.objects.create(network=second, method="staff", made_at=LONG_AGO, ends_at=LONG_AFTER)
    world.small.collect_events([event(1), event(2, "198.51.100.9")])
    world.night()
    _plan(world)
    assert _addresses(_ask(world)) == ["192.0.2.10"]
    assert _addresses(_ask(world, {"asn": 64497})) == ["198.51.100.9"]
    second.state = NetworkState.FROZEN
    second.save()
    assert _addresses(_ask(world, {"ip": "0.0.0.0/0"})) == ["192.0.2.10"]
    with pytest.raises(QueryRefused):
        _ask(world, {"asn": 64497})


def test_a_day_made_anew_is_searched_in_its_newest_form(night: World) -> None:
    night.small.collect_events([event(9, "192.0.2.12")])
    night.replay()
    _plan(night)
    assert len(_addresses(_ask(night))) == 2
    assert Report.objects.filter(outcome=Outcome.LATER).exists()
    (mark,) = {row.mark.day for row in _ask(night).rows or ()}
    assert mark == DAY


def test_the_number_of_queries_does_not_grow_with_days_and_lists(
    night: World,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_max_num_queries(12):
        _ask(night)


def test_indexes_are_made_ahead_and_those_of_older_revisions_removed(night: World) -> None:
    folder = night.small.home.cache / "search"
    assert index_nights(clock.now()) == 1
    assert index_nights(clock.now()) == 0
    night.replay()
    _plan(night)
    assert len(_addresses(_ask(night))) == 2
    index_nights(clock.now())
    found = sorted(each.relative_to(folder).as_posix() for each in folder.rglob("*.arrow"))
    assert found == ["2026-11-22/r2/event4_sinkhole.arrow"]
    assert (folder / "2026-11-22/r2/night").exists()


def test_the_index_of_a_night_changes_no_answer(night: World) -> None:
    asked: list[dict[str, object]] = [{"query": each} for each, _ in FOUND]
    asked += [{"facet": each} for each in ("type", "geo", "asn", "dst_port", "tag")]
    asked += [{"sort": "ascending", "limit": 1, "page": page} for page in (1, 2, 3)]
    before = [_ask(night, **each) for each in asked]
    index_nights(clock.now())
    assert [_ask(night, **each) for each in asked] == before


def test_the_index_of_a_night_shows_nothing_that_was_withdrawn_since(world: World) -> None:
    second = Network.objects.create(
        organisation=world.alpha.organisation, kind="asn", value="64497", valid_from=LONG_AGO
    )
    Proof.objects.create(network=second, method="staff", made_at=LONG_AGO, ends_at=LONG_AFTER)
    world.small.collect_events([event(1), event(2, "198.51.100.9")])
    world.night()
    _plan(world)
    index_nights(clock.now())
    second.state = NetworkState.FROZEN
    second.save()
    assert set(_addresses(_ask(world, {"ip": "0.0.0.0/0"}))) == {"192.0.2.10"}
    assert _ask(world, facet="asn").to_json() == [{"value": 64496, "count": 1}]
    Report.objects.update(outcome=Outcome.DROPPED)
    assert _addresses(_ask(world)) == []
    assert _ask(world, facet="type").to_json() == []


def test_old_indexes_of_nights_and_half_written_ones_are_removed(night: World) -> None:
    index_nights(clock.now())
    (made,) = (night.small.home.cache / "search").rglob("night")
    begun, left = (made.with_name(f".night.{number}.tmp") for number in (1, 2))
    old = (clock.now() - dt.timedelta(days=1)).timestamp()
    for path in (begun, left):
        path.write_bytes(b"half")
    os.utime(left, (old, old))
    index_nights(clock.now())
    assert (made.exists(), begun.exists(), left.exists()) == (True, True, False)
    index_nights(clock.now() + dt.timedelta(days=WHOLE_DAYS + 2))
    assert not made.exists()


def test_what_is_not_kept_any_more_is_not_found(night: World) -> None:
    for path in (night.small.home.lake / "published").rglob("*.parquet"):
        path.unlink()
    assert _addresses(_ask(night)) == []
    assert index_nights(clock.now()) == 0


def test_all_pages_together_end_at_ten_thousand_rows(night: World) -> None:
    times = 5_025
    (path,) = (night.small.home.lake / "published").rglob("*.parquet")
    few = pq.read_table(path)
    pq.write_table(few.take(np.repeat(np.arange(few.num_rows), times)), path)
    shutil.rmtree(night.small.home.cache / "search", ignore_errors=True)
    pages = [_ask(night, limit=4_000, page=page).rows or () for page in (1, 2, 3, 4)]
    assert [len(each) for each in pages] == [4_000, 4_000, 2_000, 0]
    assert len({row.mark for page in pages for row in page}) == 10_000
    assert len(_ask(night, limit=20_000).rows or ()) == 10_000
    assert _ask(night, facet="asn").to_json() == [{"value": 64496, "count": 2 * times}]
