"""Numbers in place of values: equal where the values are equal, whatever batch they came in."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tocsin.engine.lake.parquet import CODED
from tocsin.engine.nightly import interned
from tocsin.engine.nightly.interned import interning

_WORDS = st.none() | st.sampled_from(["", "a", "b", "ab"])
_LISTS = st.none() | st.lists(st.sampled_from([0, 1, 64496, 64497]), max_size=3)
_TEXT_LISTS = st.none() | st.lists(st.sampled_from(["XA", "XB", ""]), max_size=3)
_KINDS = {
    "coded texts": (_WORDS, CODED),
    "lists of numbers": (_LISTS, pa.list_(pa.uint32())),
    "lists of texts": (_TEXT_LISTS, pa.list_(pa.string())),
}


@pytest.mark.parametrize("kept", [interned.MOST_KEPT, 1])
@pytest.mark.parametrize("kind", list(_KINDS))
@given(data=st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_numbers_are_equal_where_values_are(
    monkeypatch: pytest.MonkeyPatch, kind: str, kept: int, data: st.DataObject
) -> None:
    monkeypatch.setattr(interned, "MOST_KEPT", kept)
    values, stored = _KINDS[kind]
    batches = data.draw(st.lists(st.lists(values, max_size=6), max_size=4))
    intern = interning()
    seen: list[tuple[object, int]] = []
    for batch in batches:
        plain = pa.array(batch, pa.string() if stored == CODED else stored)
        column = plain.dictionary_encode() if stored == CODED else plain
        numbers = intern("column", column.slice(len(batch) // 2)).to_pylist()
        seen += zip(batch[len(batch) // 2 :], numbers, strict=True)
    for value, number in seen:
        for other, another in seen:
            assert (value == other) == (number == another)


def test_columns_do_not_share_their_numbers_and_others_stay_as_they_are() -> None:
    intern = interning()
    words = pa.array(["a", "b"]).dictionary_encode()
    assert intern("one", words).to_pylist() == intern("two", words).to_pylist()
    ports = pa.array([80, None], pa.int64())
    assert intern("port", ports) is ports
