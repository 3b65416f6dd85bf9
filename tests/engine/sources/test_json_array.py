"""JSON arrays, and objects of arrays, taken apart into lines."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.engine.sources.json_array import json_array_lines

_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=4), inner, max_size=3)
    ),
    max_leaves=12,
)
_ITEMS = st.lists(st.dictionaries(st.text(max_size=4), _VALUES, max_size=4), max_size=6)
_INDENTS = st.sampled_from([None, 0, 1, 4])


class Drop(io.BytesIO):
    """A content that comes in parts of so many bytes."""

    def __init__(self, content: bytes, size: int) -> None:
        super().__init__(content)
        self._size = size

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(min(self._size, size or 0))


def lines_of(content: bytes, size: int = 1 << 18) -> list[bytes]:
    return b"".join(json_array_lines(Drop(content, size))).split(b"\n")[:-1]


def items_of(content: bytes, size: int = 1 << 18) -> list[object]:
    return [json.loads(line) for line in lines_of(content, size) if line]


@given(_ITEMS, _INDENTS, st.integers(1, 40), st.booleans())
def test_the_items_are_those_that_a_reader_of_json_sees(
    items: list[dict[str, object]], indent: int | None, size: int, ascii_only: bool
) -> None:
    content = json.dumps(items, indent=indent, ensure_ascii=ascii_only).encode()
    assert items_of(content, size) == items


@given(st.dictionaries(st.text(max_size=4), _ITEMS, min_size=1, max_size=4), _INDENTS)
def test_items_of_an_object_of_arrays_have_the_key_of_their_array(
    arrays: dict[str, list[dict[str, object]]], indent: int | None
) -> None:
    content = json.dumps(arrays, indent=indent).encode()
    wanted = [{"json_key": key} | item for key, items in arrays.items() for item in items]
    assert items_of(content, 7) == wanted


def test_what_is_about_the_list_is_no_row() -> None:
    content = b'{"query_status": "ok", "about": {"pages": [1, 2]}, "data": [{"a": "}]"}], "n": 1}'
    assert items_of(content) == [{"json_key": "data", "a": "}]"}]


def test_an_item_has_the_line_on_which_it_begins_or_the_next_that_is_free() -> None:
    content = b'\n[\n {"a":\n  1},\n\n {"a": 2}, {"a": 3}, {"a": 4},\n {"a": 5}\n]\n'
    lines = lines_of(content)
    assert {n: json.loads(line)["a"] for n, line in enumerate(lines, 1) if line} == {
        3: 1,
        6: 2,
        7: 3,
        8: 4,
        9: 5,
    }


def test_an_item_that_is_far_too_long_is_one_row_that_cannot_be_read() -> None:
    content = b'[{"a": 1},\n{"a": "' + b"x" * (1 << 21) + b'"},\n{"a": 3}]'
    one, two, three = lines_of(content)
    assert two.startswith(b"!an item is longer than")
    assert [json.loads(line)["a"] for line in (one, three)] == [1, 3]


def test_numbers_and_doubtful_items_stay_as_they_were_written() -> None:
    assert lines_of(b'[{"a": 1.50}, {"a": 1, "a": 2}, "x", 7, {"a" 1}]') == [
        b'{"a": 1.50}',
        b'{"a": 1, "a": 2}',
        b'"x"',
        b"7",
        b'{"a" 1}',
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "no bracket begins it"),
        (b" \n", "no bracket begins it"),
        (b"time,ip\n1,[2]\n", "something stands before its bracket"),
        (b'{"a": 1}\n', "no array stands"),
        (b'[{"a": 1},\n{"a": 2}', "line 2: it ends within the array"),
        (b'[{"a": "1', "it ends within the array"),
        (b'[{"a": 1}]\n[{"a": 2}]', "something stands behind the end"),
        (b'[{"a": 1}]\nx', "line 2: something stands behind the end"),
        (b'[{"a": 1]', "a bracket is closed that is not open"),
        (b"]", "a bracket is closed that is not open"),
    ],
)
def test_what_is_no_such_json_or_is_cut_off_is_refused_and_said_why(
    content: bytes, why: str
) -> None:
    with pytest.raises(ValueError, match=why):
        lines_of(content)


def test_a_byte_order_mark_is_no_part_of_it() -> None:
    assert items_of(b'\xef\xbb\xbf[{"a": 1}]') == [{"a": 1}]
