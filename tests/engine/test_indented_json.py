"""Our own JSON files have the bytes that the standard library gives."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from tocsin.engine.indented_json import canonical_text

_SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False), st.text(max_size=5)
)
_VALUES = st.recursive(
    _SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.tuples(inner, inner),
        st.dictionaries(st.text(max_size=4), inner, max_size=4),
    ),
)


_TRICKY = st.sampled_from(["},\n {", "],", "\n", "}", '"', "[{"])
_FLAT = st.one_of(
    st.lists(st.dictionaries(_TRICKY, _TRICKY | _SCALARS, max_size=3), min_size=1),
    st.lists(st.lists(_TRICKY | _SCALARS, max_size=3), min_size=1),
)


@given(value=st.one_of(_VALUES, _FLAT, st.dictionaries(_TRICKY, _FLAT, max_size=2)))
def test_the_text_is_that_of_the_standard_library(value: object) -> None:
    expected = json.dumps(value, sort_keys=True, ensure_ascii=False, indent=1)
    assert canonical_text(value) == expected
