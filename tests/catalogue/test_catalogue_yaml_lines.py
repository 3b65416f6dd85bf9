"""YAML with places, and without surprises."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.cases import cases

from tocsin.catalogue.yaml_lines import MOST_BYTES, MOST_DEPTH, Plain, read_yaml


def read(text: str) -> Plain:
    document, problems = read_yaml(text.encode(), "x.yaml")
    assert problems == ()
    return document.data


def told(content: bytes) -> list[str]:
    return [str(problem) for problem in read_yaml(content, "x.yaml")[1]]


@pytest.mark.parametrize("word", ["NO", "no", "yes", "on", "07:00", "1.10", "0x1f", "010", "1e3"])
def test_words_that_yaml_reads_as_other_things_stay_words(word: str) -> None:
    assert read(f"a: {word}") == {"a": word}


def test_numbers_and_truth_values_are_read_when_plain_and_stay_text_in_quotes() -> None:
    assert read("[12, -3, 0, true, false, null, ~, '12', \"true\"]") == [
        *(12, -3, 0, True, False, None),
        *("~", "12", "true"),
    ]


def test_a_value_in_a_mapping_is_where_its_key_is() -> None:
    document, _ = read_yaml(b"a:\n  b:\n    - x\n    - c: 1\n", "x.yaml")
    assert document.places[("a",)] == (1, 1)
    assert document.places[("a", "b")] == (2, 3)
    assert document.places[("a", "b", 1)] == (4, 7)
    assert document.places[("a", "b", 1, "c")] == (4, 7)


def test_a_problem_without_a_place_of_its_own_is_told_at_the_nearest_around_it() -> None:
    document, _ = read_yaml(b"a:\n  b: 1\n", "x.yaml")
    assert str(document.problem(("a", "b", "c", 3), "wrong")) == "x.yaml:2:3: wrong"


def test_every_repeated_key_is_told_and_the_first_counts() -> None:
    document, problems = read_yaml(b"a: 1\nb: {c: 1, c: {d: 2}}\na: [3]\n", "x.yaml")
    assert document.data == {"a": 1, "b": {"c": 1}}
    assert [(problem.line, problem.column) for problem in problems] == [(2, 11), (3, 1)]


def test_an_alias_bomb_is_refused_without_growing() -> None:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 9)}]" for n in range(1, 30)]
    document, problems = read_yaml("\n".join(["l0: &l0 x", *levels]).encode(), "x.yaml")
    assert [str(each) for each in problems] == [
        "x.yaml:2:10: the alias *l0 is not taken (write it out)"
    ]
    assert document.data is None


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
def test_endless_nesting_is_refused_and_does_not_break_the_reader(opening: str) -> None:
    (said,) = told(opening.encode() * 100_000)
    assert f"more than {MOST_DEPTH} levels within each other (take levels out" in said


def test_a_key_that_is_no_word_is_refused_and_the_rest_is_read() -> None:
    document, problems = read_yaml(b"{[1, {x: y}]: 1, ? {k: v} : [2], a: 3}", "x.yaml")
    assert document.data == {"a": 3}
    assert len(problems) == 2


def test_keys_within_keys_that_are_no_words_are_one_mistake() -> None:
    assert len(told(b"{" * 5_000)) == 1


def test_what_is_to_be_taken_over_is_refused() -> None:
    document, problems = read_yaml(b"a:\n  <<: {b: 1}\n", "x.yaml")
    assert [(each.line, each.what) for each in problems] == [(2, "the key << takes nothing over")]
    assert document.spoiled == {("a",)}


@pytest.mark.parametrize(
    ("content", "place", "todo"),
    [
        (b"a: 1\nb:\n\tc: 1\n", (3, 1), "indent with blanks, never with tabs"),
        (b"a: 1\nb: 'x\nc: 1\nd: 2\n", (2, 4), "mend it; a text"),
        (b"a: 1\nb: [x, y\nc: 1\nd: 2\n", (2, 4), "mend it; a text"),
    ],
)
def test_syntax_is_told_where_it_begins_with_a_cure(
    content: bytes, place: tuple[int, int], todo: str
) -> None:
    (problem,) = read_yaml(content, "x.yaml")[1]
    assert (problem.line, problem.column) == place
    assert problem.todo.startswith(todo)


def test_bytes_that_are_no_utf_8_are_told_with_their_line() -> None:
    assert told(b"a: 1\nb: caf\xe9\n") == ["x.yaml:2: the file is not UTF-8 (save it as UTF-8)"]


def test_a_file_that_is_too_large_is_not_read() -> None:
    assert "larger" in told(b"#" * (MOST_BYTES + 1))[0]


def test_a_byte_order_mark_is_no_content() -> None:
    assert read_yaml(b"\xef\xbb\xbfa: 1", "x.yaml")[0].data == {"a": 1}


plain = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(plain)
@settings(max_examples=cases(80), deadline=None)
def test_what_is_written_is_read_back(value: Plain) -> None:
    text = yaml.safe_dump(value)
    document, problems = read_yaml(text.encode(), "x.yaml")
    assert (document.data, problems) == (value, ())


@given(st.binary(max_size=200))
@example(b"*0")
@settings(max_examples=cases(50), deadline=None)
def test_no_content_whatever_breaks_the_reader(content: bytes) -> None:
    document, problems = read_yaml(content, "x.yaml")
    assert document.data is None or isinstance(document.data, dict | list | str | int)
    assert all(problem.where == "x.yaml" for problem in problems)
