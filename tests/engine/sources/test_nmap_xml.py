"""nmap's XML as lines of JSON: whole hosts, whatever stands around them."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.fakes.small_home import SmallHome

from tocsin.catalogue.files import SHIPPED
from tocsin.catalogue.load import load_files
from tocsin.engine.sources.nmap_xml import nmap_lines

EXAMPLE = load_files(SHIPPED, None).examples["nmap"]["content"].encode()
HEAD = b'<?xml version="1.0"?>\n<!DOCTYPE nmaprun>\n<nmaprun start="1795320000">\n'


class Drops(io.BytesIO):
    """Gives so many bytes at a time."""

    def __init__(self, content: bytes, size: int) -> None:
        super().__init__(content)
        self._size = size

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(self._size)


def rewritten(content: bytes, size: int = 1 << 20) -> bytes:
    return b"".join(nmap_lines(Drops(content, size)))


def rows(content: bytes) -> list[dict[str, object]]:
    return [json.loads(line) for line in rewritten(content).splitlines() if line[:1] == b"{"]


def faults(content: bytes) -> list[tuple[int, str]]:
    """Line and words of what could not be read."""
    lines = rewritten(content).split(b"\n")
    return [(n, line[1:].decode()) for n, line in enumerate(lines, 1) if line.startswith(b"!")]


def host(address: str, *ports: int, within: bytes = b"") -> bytes:
    opened = "".join(
        f'<port protocol="tcp" portid="{port}"><state state="open"/></port>\n' for port in ports
    )
    said = f'<host><address addr="{address}" addrtype="ipv4"/>\n<ports>\n{opened}'
    return said.encode() + within + b"</ports></host>\n"


def collected(small: SmallHome, content: bytes, name: str = "nmap.xml") -> tuple[int, int, int]:
    """Rows, accepted and rejected of a file."""
    path = small.put(name, content)
    found = small.collect(path, source="nmap", switched_off=("reserved",))
    pieces = [piece for record in found.records for piece in record.pieces]
    assert all(piece.adds_up for piece in pieces)
    counts = [(piece.rows, piece.accepted, sum(piece.rejected.values())) for piece in pieces]
    rows, accepted, rejected = (sum(each) for each in zip(*counts, strict=True))
    return rows, accepted, rejected


def test_each_open_port_is_a_row_on_the_line_on_which_it_begins() -> None:
    closed = b'<port protocol="tcp" portid="9"><state state="open|filtered"/></port>\n'
    content = HEAD + host("192.0.2.1", 22, 80, within=closed) + host("192.0.2.2") + b"</nmaprun>"
    lines = rewritten(content).split(b"\n")
    found = [(number, json.loads(line)) for number, line in enumerate(lines, 1) if line]
    assert [(number, row["ip"], row["port"]) for number, row in found] == [
        (6, "192.0.2.1", "22"),
        (7, "192.0.2.1", "80"),
    ]


def test_scripts_keep_their_structure_and_services_the_way_they_were_found() -> None:
    script = (
        b'<port protocol="tcp" portid="443"><state state="open"/>'
        b'<service name="http" method="probed"><cpe>cpe:/a:x:y</cpe></service>'
        b'<script id="ssl-cert" output="o"><table key="subject"><elem key="commonName">n</elem>'
        b'</table><table key="list"><elem>a</elem><elem>b</elem></table></script></port>\n'
    )
    (row,) = rows(HEAD + host("192.0.2.1", within=script) + b"</nmaprun>")
    assert row["service"] == {"probed": {"name": "http", "cpe": ["cpe:/a:x:y"]}}
    said = {"output": "o", "subject": {"commonName": "n"}, "list": {"0": "a", "1": "b"}}
    assert row["scripts"] == {"ssl-cert": said}


@given(st.integers(0, len(EXAMPLE)), st.integers(1, 700))
def test_the_same_is_said_however_it_is_read_and_nothing_changes_when_more_is_written(
    cut: int, size: int
) -> None:
    whole = rewritten(EXAMPLE)
    assert rewritten(EXAMPLE, size) == whole
    try:
        part = rewritten(EXAMPLE[:cut], size)
    except ValueError:
        assert b"<nmaprun" not in EXAMPLE[:cut] or b">" not in EXAMPLE[:cut].split(b"<nmaprun")[1]
        return
    # What was cut off is told without a line end: it may still become something else.
    kept = part[: part.rindex(b"\n")].rstrip(b"\n") if b"\n" in part else b""
    assert whole.startswith(kept)
    assert (b"192.0.2.22" in kept) == (b"</host>" in EXAMPLE[:cut])


def test_of_a_file_that_was_cut_off_whole_hosts_are_taken_and_the_rest_is_told(
    tmp_path: Path,
) -> None:
    end = EXAMPLE.rindex(b"</host>")
    small = SmallHome.make(tmp_path)
    whole = collected(SmallHome.make(tmp_path / "other"), EXAMPLE)
    path = small.put("nmap.xml", EXAMPLE[:end])
    (record,) = small.collect(path, source="nmap", switched_off=("reserved",)).records
    (piece,) = record.pieces
    assert (piece.rows, piece.accepted) == (whole[0], whole[1] - 1)
    assert piece.rejected == {"unreadable": 1}
    (reject,) = pq.read_table(small.home.root / record.rejects).to_pylist()
    assert reject["detail"] == "the file ends within the host 2001:db8::22"
    assert EXAMPLE.split(b"\n")[reject["line"] - 1].startswith(b"<host ")


def test_a_file_that_ends_between_hosts_is_whole_as_far_as_it_goes(tmp_path: Path) -> None:
    end = EXAMPLE.index(b"</host>") + len("</host>\n")
    assert collected(SmallHome.make(tmp_path), EXAMPLE[:end]) == (2, 2, 0)


def test_of_a_file_that_has_grown_the_new_hosts_are_taken(tmp_path: Path) -> None:
    small = SmallHome.make(tmp_path)
    end = EXAMPLE.index(b"</host>") + len("</host>\n")
    path = small.put("nmap.xml", EXAMPLE[:end])
    small.collect(path, source="nmap", switched_off=("reserved",))
    again = small.collect(small.put("nmap.xml", EXAMPLE), source="nmap", switched_off=("reserved",))
    assert again.already == 2
    assert sum(piece.rows for record in again.records for piece in record.pieces) == 18


def test_packed_it_is_the_same(tmp_path: Path) -> None:
    plain = collected(SmallHome.make(tmp_path / "a"), EXAMPLE)
    packed = collected(SmallHome.make(tmp_path / "b"), gzip.compress(EXAMPLE), "nmap.xml.gz")
    assert packed == plain


@pytest.mark.parametrize(
    "content",
    [
        b"<html></html>",
        b"{}",
        b"Starting Nmap 7.95",
        b'<!DOCTYPE nmaprun [<!ENTITY a "aaaa">]><nmaprun>&a;</nmaprun>',
        b'<!DOCTYPE nmaprun [<!ENTITY % a SYSTEM "file:///etc/passwd"> %a;]><nmaprun/>',
        b'<!DOCTYPE nmaprun [<!ATTLIST host a CDATA "x">]><nmaprun/>',
        b"<nmap",
    ],
)
def test_what_is_no_result_of_nmaps_is_refused_as_a_whole(tmp_path: Path, content: bytes) -> None:
    small = SmallHome.make(tmp_path)
    found = small.collect(small.put("nmap.xml", content), source="nmap")
    assert (found.records, len(found.refused)) == ([], 1)


def test_no_other_file_is_opened() -> None:
    content = b'<!DOCTYPE nmaprun SYSTEM "file:///etc/passwd"><nmaprun>&x;' + host("192.0.2.1", 22)
    assert "root:" not in rewritten(content + b"</nmaprun>").decode()


@pytest.mark.parametrize(
    "bad",
    [b"<port portid='1'></host>\n", b"a & b\n", b"\xff\xfe\n", b"&undefined;\n", b"<\x00>\n"],
)
def test_from_a_mistake_on_nothing_is_read_and_what_was_before_is_taken(bad: bytes) -> None:
    content = HEAD + host("192.0.2.1", 22) + bad + host("192.0.2.2", 22) + b"</nmaprun>"
    assert [row["ip"] for row in rows(content)] == ["192.0.2.1"]
    ((line, why),) = faults(content)
    assert line == 8
    assert why.startswith("from here on it is no XML")


def test_what_follows_the_end_of_the_document_is_told() -> None:
    whole = HEAD + host("192.0.2.1", 22) + b"</nmaprun>\n"
    ((line, why),) = faults(whole + whole)
    assert line == 9
    assert "no XML" in why


@pytest.mark.parametrize(
    ("within", "why"),
    [
        (b"<x>" * 30 + b"</x>" * 30, "more than 24 elements within one another"),
        (b'<x a="' + b"a" * (5 << 20) + b'"/>', "a tag of more than 4194304 bytes"),
        (
            b'<x a="' + b"a" * (1 << 20) + b'"/>' + (b'<x a="' + b"b" * (1 << 20) + b'"/>') * 4,
            "more than 4194304 characters",
        ),
    ],
)
def test_a_host_that_is_too_large_is_told_and_left_out(within: bytes, why: str) -> None:
    content = HEAD + host("192.0.2.1", 22, within=within) + host("192.0.2.2", 22) + b"</nmaprun>"
    ((_, told),) = faults(content)
    assert why in told
    assert "192.0.2.1" not in {row["ip"] for row in rows(content)}


def test_tables_that_lie_too_deep_are_not_kept() -> None:
    inner = b'<table key="a">' * 9 + b'<elem key="b">x</elem>' + b"</table>" * 9
    script = (
        b'<port protocol="tcp" portid="1"><state state="open"/>'
        b'<script id="s" output="o">' + inner + b'<elem key="c">y</elem></script></port>'
    )
    (row,) = rows(HEAD + host("192.0.2.1", within=script) + b"</nmaprun>")
    said = json.dumps(row["scripts"])
    assert "x" not in said
    assert '"c": "y"' in said


def test_a_document_in_one_line_has_its_rows_below_one_another() -> None:
    content = HEAD.replace(b"\n", b"") + host("192.0.2.1", 22, 80).replace(b"\n", b"")
    assert [row["port"] for row in rows(content + b"</nmaprun>")] == ["22", "80"]
