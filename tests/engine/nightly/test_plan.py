"""Which files a run takes: each exactly once, late ones as delayed."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases

from tocsin.catalogue.entries import Catalogue
from tocsin.catalogue.load import load_catalogue
from tocsin.engine.intake.ledger import BatchRecord, Output
from tocsin.engine.nightly.plan import Based, Plan, choose_files
from tocsin.engine.nightly.planned import PlannedFile
from tocsin.model.errors import RunError

CATALOGUE: Catalogue = load_catalogue()
DAY = dt.date(2026, 11, 22)
BEFORE = DAY - dt.timedelta(days=1)
ADDED = ("warnings", "observations", "held", "judgements")
"""What plans of earlier releases do not have."""


def _record(
    name: str,
    day: dt.date,
    report_type: str = "event4_sinkhole",
    *,
    window: str = "event",
    held: bool = False,
    historical: bool = False,
) -> BatchRecord:
    output = Output(name, f"sha-{name}", 5, day.isoformat(), report_type, held=held)
    return BatchRecord("b", "s", window, "", "", [], historical, [], [output], "")


def _choose(*records: BatchRecord, partial: bool = False) -> list[PlannedFile]:
    return list(choose_files(DAY, records, {}, CATALOGUE, partial=partial).files)


def _taken(file: PlannedFile) -> dict[str, PlannedFile]:
    return {file.name: file}


def test_a_file_of_the_day_is_taken_and_not_delayed() -> None:
    (file,) = _choose(_record("a", DAY))
    assert (file.own, file.delayed) == (True, False)


def test_a_file_of_an_earlier_day_is_delayed() -> None:
    (file,) = _choose(_record("a", BEFORE))
    assert file.delayed


def test_a_feed_by_receipt_is_never_delayed() -> None:
    (file,) = _choose(_record("a", BEFORE, window="received"))
    assert not file.delayed


def test_a_type_with_a_long_window_is_not_delayed_within_it() -> None:
    (near,) = _choose(_record("a", DAY - dt.timedelta(days=6), "botnet_cc"))
    (far,) = _choose(_record("b", DAY - dt.timedelta(days=7), "botnet_cc"))
    assert (near.delayed, far.delayed) == (False, True)


def test_files_of_days_to_come_historical_ones_and_observations_are_left() -> None:
    tomorrow = DAY + dt.timedelta(days=1)
    observed = Output("o", "", 5, DAY.isoformat(), "", kind="packet")
    records = [
        _record("a", tomorrow),
        _record("b", DAY, historical=True),
        BatchRecord("b", "s", "event", "", "", [], False, [], [observed], ""),
    ]
    assert _choose(*records) == []


def test_a_partial_run_leaves_rows_that_wait_for_their_time() -> None:
    held = _record("a", DAY, held=True)
    assert _choose(held, partial=True) == []
    assert len(_choose(held)) == 1


def test_a_file_that_a_run_has_taken_is_not_taken_again_but_its_ids_are_known() -> None:
    old = _record("old", BEFORE)
    new = _record("new", BEFORE)
    (first,) = choose_files(BEFORE, [old], {}, CATALOGUE, partial=False).files
    chosen = choose_files(DAY, [old, new], _taken(first), CATALOGUE, partial=False)
    assert [file.name for file in chosen.files] == ["new"]
    assert [file.name for file in chosen.seen] == ["old"]


def test_a_long_window_reads_files_of_earlier_runs_again_without_owning_them() -> None:
    old = _record("old", BEFORE, "botnet_cc")
    (first,) = choose_files(BEFORE, [old], {}, CATALOGUE, partial=False).files
    (again,) = choose_files(DAY, [old], _taken(first), CATALOGUE, partial=False).files
    assert (again.name, again.own) == ("old", False)


def test_records_of_a_type_that_is_gone_stop_the_run() -> None:
    with pytest.raises(RunError, match="scan_gone"):
        _choose(_record("a", DAY, "scan_gone"))


_days = st.integers(0, 9).map(lambda n: DAY - dt.timedelta(days=n))


@settings(deadline=None, max_examples=cases(33))
@given(st.lists(st.tuples(_days, _days, st.sampled_from(["event", "received"])), max_size=12))
def test_every_file_belongs_to_exactly_one_run_and_is_on_time_or_delayed(
    arrivals: list[tuple[dt.date, dt.date, str]],
) -> None:
    """Files arrive on any day after theirs; runs are made night by night."""
    taken: dict[str, PlannedFile] = {}
    owners: dict[str, list[dt.date]] = {}
    for back in range(9, -1, -1):
        night = DAY - dt.timedelta(days=back)
        there = [
            _record(f"f{n}", min(days), window=window)
            for n, (*days, window) in enumerate(arrivals)
            if max(days) <= night
        ]
        for file in choose_files(night, there, taken, CATALOGUE, partial=False).files:
            assert file.own
            owners.setdefault(file.name, []).append(night)
            taken[file.name] = file
            late = dt.date.fromisoformat(file.day) < night
            window = arrivals[int(file.name[1:])][2]
            assert file.delayed == (late and window == "event")
    assert all(len(nights) == 1 for nights in owners.values())
    assert len(owners) == len(arrivals)


def test_a_plan_reads_back_as_it_was_written() -> None:
    (file,) = _choose(_record("a", DAY))
    plan = Plan(
        day=DAY.isoformat(),
        revision=2,
        planned_at="2026-11-23T00:30:00+00:00",
        partial=False,
        catalogue="c",
        snapshot="s",
        atlases=("a",),
        files=(file,),
        seen=(),
        absent_days=7,
        shared_networks=(("192.0.2.0/28", 3),),
        missing_sources=("feed",),
        warnings=("the atlas was old",),
        delta_base=Based("2026-11-15", 1),
        replay_of=1,
        held=(replace(file, name="withheld"),),
        judgements="j",
    )
    assert Plan.from_json(plan.to_json()) == plan


def test_a_plan_of_an_earlier_release_has_no_warnings_and_holds_nothing() -> None:
    plan = Plan(
        day=DAY.isoformat(),
        revision=1,
        planned_at="2026-11-23T00:30:00+00:00",
        partial=False,
        catalogue="c",
        snapshot="s",
        atlases=(),
        files=(),
        seen=(),
        absent_days=7,
        shared_networks=(),
    )
    said = {name: value for name, value in plan.to_json().items() if name not in ADDED}
    assert Plan.from_json(said) == plan
