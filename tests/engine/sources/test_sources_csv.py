"""Reading CSV reports: every kind of bad line, each with its true line number."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from tests.strategies.source_files import CSV, HEADER, Whole, a_source, read_whole

from tocsin.engine.sources.formats import FORMATS
from tocsin.model.errors import InputError

GOOD = b"2026-11-22 00:00:00,192.0.2.1,80,x"


def _read(tmp_path: Path, content: bytes) -> Whole:
    path = tmp_path / "2026-11-22-special-example-asn.csv"
    path.write_bytes(content)
    return read_whole(path, CSV)


def test_rows_become_columns_with_their_lines(tmp_path: Path) -> None:
    whole = _read(tmp_path, HEADER + GOOD + b'\n"2026-11-22 00:00:01","192.0.2.2","","-"\n')
    assert whole.lines == [2, 3]
    assert whole.cells == [
        {"timestamp": "2026-11-22 00:00:00", "ip": "192.0.2.1", "port": "80", "tag": "x"},
        {"timestamp": "2026-11-22 00:00:01", "ip": "192.0.2.2"},
    ]
    (group,) = whole.groups
    assert group.targets == ("special",)
    assert group.cells.column_names == ["timestamp", "ip", "port", "tag"]
    assert group.sensors.null_count == 2
    assert not group.confirmed.any()
    assert group.raws[0] == GOOD


def test_bad_lines_of_every_kind_keep_their_numbers(tmp_path: Path) -> None:
    lines = [
        GOOD,                      # 2
        b"",                       # 3 blank
        b'a,"b,c,d',               # 4 unbalanced
        GOOD,                      # 5
        b"a,b,c,d,e",              # 6 too many
        b"   ",                    # 7 blank
        b'"x"y,b,c,d',             # 8 a quote within
        HEADER.rstrip(),           # 9 repeated header
        b"a,b",                    # 10 short
        b"x" * (1 << 20) + b"y",   # 11 too long
        GOOD,                      # 12
        b'a,"two',                 # 13 one cell on two lines
        b'lines",c,d',             # 14
        GOOD,                      # 15
        b"cut,here",               # 16 no line end
    ]  # fmt: skip
    whole = _read(tmp_path, HEADER + b"\n".join(lines))
    assert whole.lines == [2, 5, 10, 12, 13, 15]
    assert whole.reasons == [
        (4, "unbalanced_quote"),
        (6, "too_many_cells"),
        (8, "unbalanced_quote"),
        (11, "too_long"),
        (16, "cut_row"),
    ]
    assert whole.dropped == {"repeated_header": 1}
    assert whole.notes == {"blank_lines": 2, "header_lines": 1, "short_row": 1}
    assert whole.cells[4]["ip"] == "two\nlines"


def test_a_rejected_row_keeps_the_first_64_kib_of_its_bytes(tmp_path: Path) -> None:
    whole = _read(tmp_path, HEADER + b"x" * (5 << 20) + b"\n" + GOOD + b"\n")
    assert whole.reasons == [(2, "too_long")]
    assert whole.rejects[0][3] == b"x" * (1 << 16)
    assert whole.lines == [3]


def test_an_unbalanced_quote_swallows_nothing(tmp_path: Path) -> None:
    whole = _read(tmp_path, HEADER + b'a,"b,c,d\n' + (GOOD + b"\n") * 200 + b'a,"b,c,d\n')
    assert whole.reasons == [(2, "unbalanced_quote"), (203, "unbalanced_quote")]
    assert whole.lines == list(range(3, 203))


@pytest.mark.parametrize(("lines", "accepted"), [(64, True), (65, False)])
def test_a_cell_may_run_over_64_lines(tmp_path: Path, lines: int, accepted: bool) -> None:
    cell = b'"' + b"x\n" * (lines - 1) + b'"'
    whole = _read(tmp_path, HEADER + b"a,b,c," + cell + b"\n" + GOOD + b"\n")
    assert (2 in whole.lines) is accepted
    assert whole.lines[-1] == lines + 2
    assert whole.reasons[:1] == ([] if accepted else [(2, "unbalanced_quote")])


def test_line_ends_within_a_cell_stay_as_they_are(tmp_path: Path) -> None:
    whole = _read(tmp_path, HEADER + b'a,b,c,"one\r\ntwo"\r\n' + GOOD + b"\r\n")
    assert whole.cells[0]["tag"] == "one\r\ntwo"
    assert whole.cells[1]["tag"] == "x"
    assert whole.lines == [2, 4]


def test_a_carriage_return_alone_is_a_character(tmp_path: Path) -> None:
    whole = _read(tmp_path, HEADER + b"a,b\rc,d,e\n")
    assert whole.cells[0]["ip"] == "b\rc"


def test_byte_order_mark_and_crlf_are_taken_off(tmp_path: Path) -> None:
    plain = _read(tmp_path, HEADER + GOOD + b"\n")
    marked = _read(tmp_path, b"\xef\xbb\xbf" + (HEADER + GOOD + b"\n").replace(b"\n", b"\r\n"))
    assert marked.cells == plain.cells
    assert marked.ids == plain.ids
    assert marked.lines == [2]


def test_blank_lines_before_the_header_are_counted(tmp_path: Path) -> None:
    whole = _read(tmp_path, b"\n \n" + HEADER + GOOD + b"\n")
    assert whole.lines == [4]
    assert whole.notes == {"blank_lines": 2, "header_lines": 1}


def test_bytes_that_are_no_utf8_are_read_as_latin1_in_their_record_only(tmp_path: Path) -> None:
    utf8 = "a,b,c,M\u00fcnchen\n".encode()
    whole = _read(tmp_path, HEADER + b"a,b,c,M\xfcnchen\n" + utf8)
    assert [cells["tag"] for cells in whole.cells] == ["M\u00fcnchen", "M\u00fcnchen"]
    assert whole.notes["latin1"] == 1


def test_nul_bytes_are_taken_out_and_noted(tmp_path: Path) -> None:
    whole = _read(tmp_path, HEADER + b"a,b\0\0,c\0,\0d\n")
    assert whole.cells == [{"timestamp": "a", "ip": "b", "port": "c", "tag": "d"}]
    assert whole.notes["nul_bytes"] == 1
    assert whole.groups[0].raws == [b"a,b\0\0,c\0,\0d"]


def test_surplus_cells_that_are_empty_do_no_harm(tmp_path: Path) -> None:
    whole = _read(tmp_path, HEADER + GOOD + b',,""\n')
    assert whole.cells[0]["tag"] == "x"
    assert whole.rejects == []


def test_a_header_that_ends_in_a_comma_has_no_nameless_column(tmp_path: Path) -> None:
    whole = _read(tmp_path, HEADER.rstrip() + b",\n" + GOOD + b",\n" + HEADER.rstrip() + b",\n")
    assert whole.groups[0].cells.column_names == ["timestamp", "ip", "port", "tag"]
    assert whole.dropped == {"repeated_header": 1}


def test_a_repeated_header_is_known_in_any_quoting(tmp_path: Path) -> None:
    whole = _read(tmp_path, HEADER + GOOD + b'\n"timestamp",ip,"port","tag"\n' + GOOD + b"\n")
    assert whole.dropped == {"repeated_header": 1}
    assert whole.lines == [2, 4]


def test_quotes_with_backslashes_are_read_where_only_that_fits(tmp_path: Path) -> None:
    whole = _read(tmp_path, HEADER + b'a,b,c,"say \\"hi, there\\", ok"\na,b,c,"C:\\"\n')
    assert [cells["tag"] for cells in whole.cells] == ['say \\"hi, there\\", ok', "C:\\"]
    assert whole.notes["backslash_quotes"] == 1


def test_a_quote_in_an_unquoted_cell_is_a_character(tmp_path: Path) -> None:
    whole = _read(tmp_path, HEADER + b'a,b,c,5" disk\n')
    assert whole.cells[0]["tag"] == '5" disk'


def test_hostile_cells_stay_verbatim(tmp_path: Path) -> None:
    cell = b"=HYPERLINK(1)'; DROP TABLE records; --../../etc/passwd"
    whole = _read(tmp_path, HEADER + b"a,b,c," + cell + b"\n")
    assert whole.cells[0]["tag"] == cell.decode()


def test_a_last_row_that_is_whole_needs_no_line_end(tmp_path: Path) -> None:
    assert _read(tmp_path, HEADER + GOOD).lines == [2]


def test_identical_rows_are_real_repeats_with_ids_of_their_own(tmp_path: Path) -> None:
    whole = _read(tmp_path, HEADER + (GOOD + b"\n") * 3)
    assert len(set(whole.ids)) == 3
    assert whole.dropped == {}


def test_identical_rows_are_dropped_where_the_source_says_so(tmp_path: Path) -> None:
    path = tmp_path / "2026-11-22-special-x.csv"
    path.write_bytes(HEADER + (GOOD + b"\n") * 3 + b"a,b,c,d\n" + GOOD + b"\n")
    for size in (1, 2, 100):
        whole = read_whole(path, CSV, repeats=True, slice_records=size)
        assert whole.lines == [2, 5]
        assert whole.dropped == {"repeat": 3}


def test_a_very_long_cell_is_read_whole(tmp_path: Path) -> None:
    cell = b"x" * 300_000
    whole = _read(tmp_path, HEADER + b"a,b,c," + cell + b'\na,b,"' + cell + b'",d\n')
    assert [len(cells.get("tag", "")) for cells in whole.cells] == [300_000, 1]
    assert len(whole.cells[1]["port"]) == 300_000


def test_a_header_alone_is_a_content_without_rows(tmp_path: Path) -> None:
    whole = _read(tmp_path, HEADER)
    assert (whole.survey.records, len(whole.survey.slices), whole.rows) == (0, 1, [])
    assert whole.groups == []


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "it is empty"),
        (b"\n\n  \n", "nothing but blank lines"),
        (b"timestamp,ip,ip\n", "ip twice"),
        (b"timestamp,,ip\n", "without a name"),
        (b"timestamp;ip;port\n", "semicolons"),
        (b"timestamp\tip\tport\n", "tabs"),
        (b"alpha,beta,gamma\n1,2,3\n", "none of its names is known"),
        (b"hello world\n", "no commas"),
        (b'timestamp,"ip,port\n', "header line is broken"),
        ("timestamp,ip\n".encode("utf-16"), "UTF-16"),
        ("timestamp,ip\n1,2\n".encode("utf-16-le"), "UTF-16"),
        (bytes(range(1, 32)) * 40, "binary"),
        (b"PAR1" + b"x" * 20, "Parquet"),
        (b'{"report_type":"special"}\n', "JSON"),
        (b"<html>\n", "HTML"),
        (b"ip,asn\0,port\n", "NUL"),
        (b"timestamp,ip," + b",".join(b"c%d" % n for n in range(3000)) + b"\n", "too many names"),
    ],
)
def test_what_is_no_report_is_refused_whole_in_clear_words(
    tmp_path: Path, content: bytes, words: str
) -> None:
    with pytest.raises(InputError, match=words) as caught:
        _read(tmp_path, content)
    assert "2026-11-22-special" in str(caught.value)


def test_a_file_that_changed_after_its_survey_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(HEADER + GOOD + b"\n")
    found = read_whole(path).survey
    for content in (HEADER, HEADER + GOOD.replace(b",", b"\n") + b"\n"):
        with pytest.raises(InputError, match="changed"):
            FORMATS[CSV].read_slice(
                BytesIO(content), found.slices[0], found, source=a_source(), report_type="special"
            )


def test_files_of_different_columns_put_together_are_refused(tmp_path: Path) -> None:
    other = b'"timestamp","port","ip","asn"\n'
    with pytest.raises(InputError, match="another header") as caught:
        _read(tmp_path, HEADER + GOOD + b"\n\n" + other + GOOD + b"\n")
    assert caught.value.line == 4


def test_a_header_cut_at_the_end_of_the_file_is_a_cut_row(tmp_path: Path) -> None:
    whole = _read(tmp_path, HEADER + GOOD + b"\ntimestamp,ip")
    assert whole.reasons == [(3, "cut_row")]
