"""Reading our own format: what a value becomes, and every reason to reject a line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.strategies.source_files import NDJSON, Whole, read_whole

from tocsin.engine.sources import json_template, tocsin_ndjson
from tocsin.engine.sources.json_rows import MOST_DEPTH
from tocsin.model.errors import InputError

GOOD = '{"report_type":"special","timestamp":"2026-11-22 00:00:00","ip":"192.0.2.1"}'


def _read(tmp_path: Path, *lines: str | bytes, repeats: bool = False) -> Whole:
    path = tmp_path / "sensor.ndjson"
    encoded = [line if isinstance(line, bytes) else line.encode() for line in lines]
    path.write_bytes(b"\n".join([*encoded, b""]))
    return read_whole(path, NDJSON, repeats=repeats)


def _value(tmp_path: Path, text: str) -> str | None:
    whole = _read(tmp_path, GOOD, f'{{"report_type":"special","value":{text}}}')
    assert whole.rejects == []
    return whole.cells[1].get("value")


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ('"text"', "text"),
        ('""', None),
        ('"-"', None),
        ("null", None),
        ("true", "true"),
        ("false", "false"),
        ("80", "80"),
        ("-0", "-0"),
        ("123456789012345678901234567890", "123456789012345678901234567890"),
        ("1.50", "1.50"),
        ("1e400", "1e400"),
        ("[]", None),
        ('[1,2.0,true,null,"x"]', "1;2.0;true;;x"),
        ('[[1.50],"a"]', '[[1.50],"a"]'),
        ('{"b":{"c":1e3},"a":null}', '{"b":{"c":1e3},"a":null}'),
        ('{"n":"1"}', '{"n":"1"}'),
        ("{}", "{}"),
        ('"\\u00fc\\n\\""', 'ü\n"'),
        ('"=1+1"', "=1+1"),
    ],
)
def test_a_value_becomes_the_text_that_says_the_same(
    tmp_path: Path, text: str, cell: str | None
) -> None:
    assert _value(tmp_path, text) == cell


@pytest.mark.parametrize(
    ("line", "reason", "detail"),
    [
        ("nonsense", "bad_json", "column 1"),
        ('{"report_type":"special",}', "bad_json", "column 26"),
        (GOOD + GOOD, "bad_json", "Extra data"),
        ('{"report_type":"special","a":NaN}', "bad_json", "NaN is no JSON number"),
        ('{"report_type":"special","a":-Infinity}', "bad_json", "Infinity"),
        ('{"report_type":"special","a":01}', "bad_json", "column"),
        ('{"report_type":"special","a":"\t"}', "bad_json", "control character"),
        ("[1]", "not_an_object", "no object"),
        ("12", "not_an_object", "no object"),
        ('{"report_type":"special","a":1,"a":1}', "duplicate_key", "'a'"),
        ('{"report_type":"special","x":{"b":1,"b":2}}', "duplicate_key", "'b'"),
        ('{"a":1}', "no_report_type", "missing"),
        ("{}", "no_report_type", "missing"),
        ('{"report_type":null}', "no_report_type", "missing"),
        ('{"report_type":"Not a word"}', "no_report_type", "not a word"),
        ('{"report_type":7}', "no_report_type", "not a word"),
        ('{"report_type":[]}', "no_report_type", "not a word"),
        ('{"report_type":["special",["x"]]}', "no_report_type", "not a word"),
        ('{"report_type":{"a":1}}', "no_report_type", "not a word"),
        ('{"observation":["dns"]}', "no_report_type", "observation"),
        ('{"report_type":"special","observation":"dns"}', "two_kinds", "both"),
        (b'{"report_type":"special","a":"\xff"}', "bad_encoding", "UTF-8"),
        (b'{"report_type":"special","a":"\xed\xa0\x80"}', "bad_encoding", "UTF-8"),
        ('{"report_type":"special","a":"\\ud800"}', "bad_encoding", "surrogate"),
        ('{"report_type":"special","\\udfff":[{"x":1}]}', "bad_encoding", "surrogate"),
        ("[" * 100_000, "too_deep", str(MOST_DEPTH)),
        ('{"report_type":"special","a":' + "[" * 16 + "]" * 16 + "}", "too_deep", ""),
        ('{"report_type":"special","a":"' + "x" * (1 << 20) + '"}', "too_long", ""),
        ("{" + ",".join(f'"k{n}":1' for n in range(1001)) + "}", "too_many_keys", "1001"),
    ],
)
def test_a_bad_line_is_rejected_alone(
    tmp_path: Path, line: str | bytes, reason: str, detail: str
) -> None:
    whole = _read(tmp_path, GOOD, "", line, GOOD)
    assert whole.reasons == [(3, reason)]
    assert detail in whole.rejects[0][2]
    assert whole.lines == [1, 4]
    assert whole.notes["blank_lines"] == 1


def test_brackets_in_strings_are_no_depth(tmp_path: Path) -> None:
    text = json.dumps("[{" * 50 + '"\\')
    assert _value(tmp_path, text) == "[{" * 50 + '"\\'
    deepest = "[" * (MOST_DEPTH - 1) + "]" * (MOST_DEPTH - 1)
    assert _value(tmp_path, deepest) == deepest


def test_surrogate_pairs_are_characters(tmp_path: Path) -> None:
    assert _value(tmp_path, '"\\ud83d\\ude00"') == "\U0001f600"


def test_rows_are_grouped_by_where_they_go(tmp_path: Path) -> None:
    whole = _read(
        tmp_path,
        '{"report_type":"special","ip":"192.0.2.1","sensor":"s-1"}',
        '{"observation":"dns_query","src_ip":"192.0.2.2"}',
        '{"report_type":["spam_url","special","spam_url"],"url":"http://example.org/"}',
        '{"report_type":"special","port":53,"sensor":7,"hostname_confirmed":true}',
        '{"report_type":"special","hostname_confirmed":"yes"}',
    )
    groups = {(group.targets, group.observation): group for group in whole.groups}
    assert set(groups) == {(("special",), ""), ((), "dns_query"), (("spam_url", "special"), "")}
    special = groups[("special",), ""]
    assert special.lines.tolist() == [1, 4, 5]
    assert special.sensors.to_pylist() == ["s-1", "7", None]
    assert special.confirmed.tolist() == [False, True, False]
    assert special.cells.column_names == ["ip", "port"]
    assert whole.notes["hostname_confirmed_unclear"] == 1


def test_a_row_without_columns_is_still_a_row(tmp_path: Path) -> None:
    whole = _read(tmp_path, '{"report_type":"special"}')
    assert (whole.lines, whole.cells) == ([1], [{}])


def test_byte_order_mark_crlf_and_blanks_around_are_taken_off(tmp_path: Path) -> None:
    plain = _read(tmp_path, GOOD)
    marked = _read(tmp_path, "\ufeff" + GOOD + "\r")
    assert marked.ids == plain.ids
    assert _read(tmp_path, " \t" + GOOD + " ").cells == plain.cells


def test_identical_lines_are_real_repeats_unless_the_source_says_otherwise(tmp_path: Path) -> None:
    kept = _read(tmp_path, GOOD, GOOD, GOOD)
    assert len(set(kept.ids)) == 3
    dropped = _read(tmp_path, GOOD, GOOD, GOOD, repeats=True)
    assert (dropped.lines, dropped.dropped) == ([1], {"repeat": 2})


def test_a_cut_last_line_is_rejected(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_text(f"{GOOD}\n{GOOD[:-5]}", encoding="utf-8")
    assert read_whole(path, NDJSON).reasons == [(2, "bad_json")]


def test_data_used_as_keys_makes_several_groups_not_one_huge_table(tmp_path: Path) -> None:
    lines = [f'{{"report_type":"special","key{n}":"{n}"}}' for n in range(1200)]
    whole = _read(tmp_path, *lines)
    assert whole.lines == list(range(1, 1201))
    assert max(group.cells.num_columns for group in whole.groups) <= 200
    assert whole.cells[777] == {"key777": "777"}


def test_more_kinds_than_a_slice_may_hold_are_rejected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tocsin_ndjson, "MOST_KINDS", 2)
    whole = _read(tmp_path, *(f'{{"report_type":"type_{n}"}}' for n in (1, 2, 3, 1)))
    assert whole.reasons == [(3, "too_many_kinds")]
    assert whole.lines == [1, 2, 4]


def test_lines_of_one_shape_are_read_alike_with_a_pattern_and_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = ['"a"', '"ü]"', "1", "-1.5e-3", "01", "null", "true", '"\\n"', '"', "[1]", '"x","a":1']
    lines = [
        f'{{"report_type": "special", "n": {number}, "a": {value}, "sensor": "s"}}'
        for number, value in enumerate(values * 60)
    ]
    with_patterns = _read(tmp_path, *lines)
    monkeypatch.setattr(json_template, "WORTH_IT", 1 << 30)
    without = _read(tmp_path, *lines)
    assert with_patterns.rows == without.rows
    assert with_patterns.rejects == without.rejects


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"timestamp,ip\n", "columns"),
        (b"plain text\n" * 30, "no commas"),
        (b'[{"report_type":"special"}]\n', "JSON array"),
        ('{"report_type":"special"}\n'.encode("utf-16"), "UTF-16"),
    ],
)
def test_what_is_no_ndjson_is_refused_whole(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / "a.ndjson"
    path.write_bytes(content)
    with pytest.raises(InputError, match=words):
        read_whole(path, NDJSON)
