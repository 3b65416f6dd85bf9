"""Findings are put together by key, and stand in the order of the ledger."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.engine.nightly import finding_ids as ids_module
from tocsin.engine.nightly import finding_keys
from tocsin.engine.nightly.finding_ids import finding_id, finding_ids
from tocsin.engine.nightly.finding_keys import FindingKeys
from tocsin.engine.nightly.ledger_file import FINDINGS
from tocsin.engine.nightly.range_rows import RangeRows
from tocsin.engine.nightly.source_sets import SourceSets
from tocsin.engine.nightly.spread import DEALT, UnitRows

Key = tuple[int, str, int | None, str | None]

TYPES = ("scan_telnet", "botnet_cc", "blocklist")
PORTS = st.none() | st.sampled_from([-(1 << 63), -1, 0, 22, 65_535, (1 << 63) - 1])
KEYS = st.lists(
    st.tuples(
        st.integers(0, 3), st.sampled_from(TYPES), PORTS, st.sampled_from([None, "", "a", "é"])
    ),
    max_size=40,
)


def _unit(name: str) -> UnitRows:
    nothing = dict.fromkeys(("name", "port", "infection", "country", "asn", "family", "tags"), "")
    return UnitRows(name, False, Path(), "drones", name == "botnet_cc", True, **nothing)


def _read(keys: list[Key]) -> RangeRows:
    columns = {"port": [key[2] for key in keys], "infection": [key[3] for key in keys]}
    arrays = [
        pa.array(columns.get(field.name, [None] * len(keys)), field.type)
        if not pa.types.is_dictionary(field.type)
        else pa.array(columns.get(field.name, [None] * len(keys)), pa.string()).dictionary_encode()
        for field in DEALT
    ]
    lengths = [sum(key[1] == name for key in keys) for name in TYPES]
    ends = np.cumsum(lengths).tolist()
    units = tuple(
        (_unit(name), end - length, end)
        for name, length, end in zip(TYPES, lengths, ends, strict=True)
    )
    return RangeRows(pa.table(arrays, names=DEALT.names), units)


def _order(key: Key) -> tuple[int, str, bool, int, str]:
    subject, name, port, infection = key
    return subject, name, port is None, port or 0, infection or ""


@settings(deadline=None)
@given(KEYS, st.sampled_from([1 << 62, 1]))
def test_rows_of_one_key_are_one_group_and_groups_are_in_order(keys: list[Key], most: int) -> None:
    keys.sort(key=lambda key: TYPES.index(key[1]))
    before = FINDINGS.empty_table()
    for name in ("report_type", "infection"):
        place = FINDINGS.get_field_index(name)
        before = before.set_column(place, name, before.column(name).dictionary_encode())
    with pytest.MonkeyPatch.context() as patch:
        # However small the numbers must stay.
        patch.setattr(finding_keys, "_MOST", most)
        found = FindingKeys.of(_read(keys), np.arange(len(keys)), before)
        groups = found.grouped(np.array([key[0] for key in keys], np.int64))
    expected = sorted({_order(key) for key in keys})
    assert [_order(keys[row]) for row in groups.first.tolist()] == expected
    assert [expected.index(_order(key)) for key in keys] == groups.of_row.tolist()
    assert [found.type_names[number] for number in found.types] == [key[1] for key in keys]
    assert [bool(found.windowed[n]) for n in found.types] == [key[1] == TYPES[1] for key in keys]


@settings(deadline=None)
@given(KEYS, st.sampled_from([0, 1 << 22]))
def test_ids_of_coded_columns_are_the_ids_of_each(keys: list[Key], possible: int) -> None:
    subjects = pa.array([f"192.0.2.{key[0]}" for key in keys], pa.string())
    names, infections = (
        pa.array([key[place] or "" for key in keys], pa.string()).dictionary_encode()
        for place in (1, 3)
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ids_module, "_WORTH_COMPILED", 0)
        patch.setattr(ids_module, "_POSSIBLE", possible)
        ports = pa.array([key[2] for key in keys], pa.int64())
        found = finding_ids(subjects, ports, names, infections)
    expected = [finding_id(f"192.0.2.{key[0]}", key[2], key[1], key[3] or "") for key in keys]
    assert found.to_pylist() == expected


@settings(deadline=None)
@given(st.lists(st.tuples(*[st.lists(st.sampled_from("abc"))] * 2)))
def test_unions_of_sources_are_unions_of_sets(rows: list[tuple[list[str], list[str]]]) -> None:
    sets = SourceSets()
    ours, theirs = (
        sets.of_lists(pa.array([row[side] for row in rows], pa.list_(pa.string())))
        for side in (0, 1)
    )
    unions = pa.array(sets.unions(ours, theirs))
    found = sets.lists().take(unions).to_pylist()
    assert found == [sorted({*one, *two}) for one, two in rows]
