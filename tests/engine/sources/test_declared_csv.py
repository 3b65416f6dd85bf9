"""CSV of others, read as its source declares."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.strategies.declared_files import declared, read_declared

from tocsin.model.errors import InputError

PLAIN = "columns: {timestamp: When, src_ip: Who}"


def _file(folder: Path, content: str) -> Path:
    path = folder / "partner.csv"
    path.write_bytes(content.encode())
    return path


def test_columns_get_our_names_and_others_keep_theirs(tmp_path: Path) -> None:
    path = _file(tmp_path, "When,Who,Why\n2026-11-22 01:02:03, 192.0.2.1 ,-\n")
    told = read_declared(path, declared("csv", PLAIN))
    assert told.cells == [{"timestamp": "2026-11-22 01:02:03", "src_ip": "192.0.2.1"}]
    assert told.groups[0].cells.column_names == ["timestamp", "src_ip", "Why"]
    assert told.dropped == {"header": 1}
    assert told.rows == 2


@pytest.mark.parametrize(
    ("word", "between"), [("semicolon", ";"), ("bar", "|"), ("tab", "\t"), ("comma", ", ")]
)
def test_cells_are_parted_as_the_source_says(tmp_path: Path, word: str, between: str) -> None:
    lines = [between.join(cells) for cells in (["When", "Who"], ["2026-11-22", '"192.0.2.1"'])]
    source = declared("csv", f"delimiter: {word}\n{PLAIN}")
    told = read_declared(_file(tmp_path, "\n".join(lines) + "\n"), source)
    assert told.cells == [{"timestamp": "2026-11-22", "src_ip": "192.0.2.1"}]


def test_blanks_of_any_number_part_cells(tmp_path: Path) -> None:
    source = declared(
        "csv",
        "delimiter: blanks\ncomment: '#'\nheader: [who, day, time]\n"
        "columns: {timestamp: {of: [day, time], with: ' '}, src_ip: {of: who, as: address}}",
    )
    path = _file(tmp_path, "# who day\r\n192.000.002.007 \t 2026-11-22   01:00:00\r\n#end\r\n")
    told = read_declared(path, source)
    (cells,) = told.cells
    assert (cells["timestamp"], cells["src_ip"]) == ("2026-11-22 01:00:00", "192.0.2.7")
    assert cells["who"] == "192.000.002.007"
    assert told.dropped == {"comment": 2}


def test_a_file_without_the_columns_that_are_wanted_is_refused(tmp_path: Path) -> None:
    path = _file(tmp_path, "a,b\n1,2\n")
    with pytest.raises(InputError, match="names none of When, Who"):
        read_declared(path, declared("csv", PLAIN))


@pytest.mark.parametrize(
    "content", ["<html><body>busy</body></html>\n", '{"When": 1}\n', "\x00\x01\x02\x03\x04\n"]
)
def test_what_is_no_csv_at_all_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(InputError, match="not csv"):
        read_declared(_file(tmp_path, content), declared("csv", PLAIN))


def test_bad_lines_are_rejected_where_they_stand(tmp_path: Path) -> None:
    lines = [
        "When,Who",              # 1
        "2026-11-22,192.0.2.1",  # 2
        "",                      # 3
        'a,"b',                  # 4 open
        'a,"b"c',                # 5 stray
        "a,b,c",                 # 6 too many
        "When,Who",              # 7 the header once more
        "2026-11-22,192.0.2.2",  # 8
        "a",                     # 9 cut
    ]  # fmt: skip
    told = read_declared(_file(tmp_path, "\n".join(lines)), declared("csv", PLAIN))
    assert told.lines == [2, 8]
    assert told.rejects == [
        (4, "unbalanced_quote"),
        (5, "unbalanced_quote"),
        (6, "too_many_cells"),
        (9, "cut_row"),
    ]
    assert told.dropped == {"header": 2}


def test_an_older_shorter_header_is_known_where_the_source_names_the_cells(tmp_path: Path) -> None:
    source = declared("csv", "header: [when, who, more]\ncolumns: {timestamp: when}")
    path = _file(tmp_path, "when,who\n2026-11-22,192.0.2.1\n2026-11-22,192.0.2.2,x\n")
    told = read_declared(path, source)
    assert told.dropped == {"header": 1}
    assert told.cells == [
        {"timestamp": "2026-11-22", "who": "192.0.2.1"},
        {"timestamp": "2026-11-22", "who": "192.0.2.2", "more": "x"},
    ]


LISTS = """\
report_types: [botnet_cc]
each:
  - {of: IP, by: " ", along: {ASN: " ", City: "|"}}
columns: {timestamp: {file: day}, ip: IP, asn: ASN, city: City}
"""


def test_a_row_of_several_addresses_is_several_events_by_position(tmp_path: Path) -> None:
    path = _file(tmp_path, 'IP,Port,ASN,City\n"192.0.2.1 192.0.2.2",80,"1 2","A B | -"\n')
    told = read_declared(path, declared("csv", LISTS))
    assert told.cells == [
        {"timestamp": "2026-11-22", "ip": "192.0.2.1", "asn": "1", "city": "A B", "Port": "80"},
        {"timestamp": "2026-11-22", "ip": "192.0.2.2", "asn": "2"},
    ]
    assert told.lines == [2, 2]
    assert len(set(told.ids)) == 2
    assert told.notes["more_events"] == 1
    assert told.groups[0].targets == ("botnet_cc",)


def test_lists_of_different_lengths_say_nothing_and_are_counted(tmp_path: Path) -> None:
    path = _file(tmp_path, 'IP,Port,ASN,City\n"192.0.2.1 192.0.2.2",80,"1 2 3","A|B"\n')
    told = read_declared(path, declared("csv", LISTS))
    assert ["asn" in cells for cells in told.cells] == [False, False]
    assert [cells["city"] for cells in told.cells] == ["A", "B"]
    assert told.notes["uneven_items"] == 2


def test_a_row_of_too_many_events_is_rejected_alone(tmp_path: Path) -> None:
    crowd = " ".join(["192.0.2.1"] * 1001)
    path = _file(tmp_path, f"IP,Port,ASN,City\n{crowd},80,,\n192.0.2.2,80,,\n")
    told = read_declared(path, declared("csv", LISTS))
    assert told.rejects == [(2, "too_many_events")]
    assert [cells["ip"] for cells in told.cells] == ["192.0.2.2"]


def test_a_range_is_its_prefixes(tmp_path: Path) -> None:
    source = declared("csv", "each: [{of: T, as: networks}]\ncolumns: {timestamp: W, dst_ip: T}")
    path = _file(tmp_path, "W,T\n1,192.0.2.x\n2,192.0.2.254-198.51.100.0\n3,192.0.2.7\n")
    told = read_declared(path, source)
    targets = [cells["dst_ip"] for cells in told.cells]
    assert (targets[0], targets[-1]) == ("192.0.2.0/24", "192.0.2.7")
    assert told.lines[0] == 2
    assert told.lines[-1] == 4
    assert set(told.lines[1:-1]) == {3}


def test_the_same_row_in_the_list_of_another_day_is_another_event(tmp_path: Path) -> None:
    path = _file(tmp_path, "IP,Port,ASN,City\n192.0.2.1,80,1,A\n")
    source = declared("csv", LISTS)
    today, again, tomorrow = (
        read_declared(path, source, day=day).ids
        for day in ("2026-11-22", "2026-11-22", "2026-11-23")
    )
    assert today == again
    assert today != tomorrow


def test_ids_and_cells_do_not_depend_on_slices(tmp_path: Path) -> None:
    rows = "".join(f'"192.0.2.{n} 198.51.100.{n}",80,"1 2","A|B"\n' for n in range(1, 30))
    path = _file(tmp_path, "IP,Port,ASN,City\n" + rows + rows)
    source = declared("csv", LISTS)
    whole, cut = (read_declared(path, source, slice_records=size) for size in (250_000, 7))
    assert whole.events == cut.events
    assert len(set(whole.ids)) == 4 * 29


def test_cells_are_made_of_others(tmp_path: Path) -> None:
    source = declared(
        "csv",
        """\
columns:
  timestamp: {of: [a, b]}
  port: {of: u, as: port}
  hostname: {of: u, as: host}
  tag: {of: t, words: {x: one}}
  family: {of: t, match: "^(?P<cell>[a-z]+)/"}
  protocol: {value: tcp}
""",
    )
    path = _file(tmp_path, "a,b,u,t\n,2026,http://h.example:81/x,x\n2025,2026,h.example:82,ab/c\n")
    told = read_declared(path, source)
    made = [{n: c for n, c in cells.items() if n not in ("u", "t")} for cells in told.cells]
    assert made == [
        {
            "timestamp": "2026",
            "port": "81",
            "hostname": "h.example",
            "tag": "one",
            "protocol": "tcp",
        },
        {
            "timestamp": "2025",
            "port": "82",
            "hostname": "h.example",
            "tag": "ab/c",
            "family": "ab",
            "protocol": "tcp",
        },
    ]
