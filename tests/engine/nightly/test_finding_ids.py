"""Ids and subjects of many findings are those of one."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tocsin.engine.intake.hosts import host_text, network_texts
from tocsin.engine.nightly import finding_ids as module
from tocsin.engine.nightly.finding_ids import finding_id, finding_ids
from tocsin.model.address import ALL_ONES, V4_OFFSET, Addresses, Network

_ROWS = st.lists(
    st.tuples(
        st.text(max_size=6),
        st.none() | st.integers(0, 65_535),
        st.text("ab_", max_size=4),
        st.text(max_size=200),
    )
)
_FIRST = st.integers(0, ALL_ONES) | st.integers(V4_OFFSET, V4_OFFSET | 0xFFFFFFFF)


@settings(deadline=None)  # the first example waits for the compiled loop
@given(rows=_ROWS)
def test_ids_of_many_are_the_ids_of_each(rows: list[tuple[str, int | None, str, str]]) -> None:
    kinds = (pa.string(), pa.int64(), pa.string(), pa.string())
    columns = [pa.array([row[n] for row in rows], kind) for n, kind in enumerate(kinds)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_WORTH_COMPILED", 0)
        assert finding_ids(*columns).to_pylist() == [finding_id(*row) for row in rows]


@given(networks=st.lists(st.tuples(_FIRST, st.sampled_from([128, 128, 120, 104, 64, 32, 1, 0]))))
def test_texts_of_many_networks_are_the_texts_of_each(networks: list[tuple[int, int]]) -> None:
    whole = [Network(first & ~(ALL_ONES >> length), length) for first, length in networks]
    firsts = Addresses.from_ints(network.first for network in whole)
    lengths = np.array([network.length for network in whole], np.uint8)
    assert network_texts(firsts, lengths).to_pylist() == [host_text(network) for network in whole]
