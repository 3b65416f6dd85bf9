"""Contents of source files, good and bad lines mixed, and reading them whole for comparison."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from hypothesis import strategies as st

from tocsin.catalogue.entries import Filters, Source
from tocsin.engine.sources.compression import members, open_member
from tocsin.engine.sources.formats import FORMATS
from tocsin.engine.sources.raw import RawGroup, ReadSlice, Survey
from tocsin.engine.sources.survey import survey
from tocsin.model.terms import Terms

CSV = "shadowserver-csv"
NDJSON = "tocsin-ndjson"
MOST = 1 << 30
HEADER = b"timestamp,ip,port,tag\n"


def a_source(format_name: str = CSV, *, repeats: bool = False) -> Source:
    """A source with nothing special about it."""
    source = Source("sensor-one", format_name, "Sensor one", Terms())
    return replace(source, filters=Filters(repeats=repeats))


@dataclass
class Whole:
    """All slices of a content, put together."""

    survey: Survey
    reads: list[ReadSlice]
    rows: list[tuple[int, tuple[str, ...], str, dict[str, str], str, bytes]] = field(
        default_factory=list
    )
    """Per accepted row: line, targets, observation, cells that are there, id, bytes."""
    rejects: list[tuple[int, str, str, bytes]] = field(default_factory=list)
    dropped: Counter[str] = field(default_factory=Counter)
    notes: Counter[str] = field(default_factory=Counter)

    @property
    def groups(self) -> list[RawGroup]:
        return [group for read in self.reads for group in read.groups]

    @property
    def reasons(self) -> list[tuple[int, str]]:
        return [(line, reason) for line, reason, _, _ in self.rejects]

    @property
    def lines(self) -> list[int]:
        return [line for line, *_ in self.rows]

    @property
    def cells(self) -> list[dict[str, str]]:
        return [cells for _, _, _, cells, _, _ in self.rows]

    @property
    def ids(self) -> list[str]:
        return [identity for *_, identity, _ in self.rows]


def read_whole(
    path: Path,
    format_name: str = CSV,
    *,
    slice_records: int = 250_000,
    known: Mapping[int, str] | None = None,
    repeats: bool = False,
) -> Whole:
    """Survey a file's only member, read every slice, and check the sums on the way."""
    (member,) = members(path)
    found = survey(
        member, format_name, known=known or {}, slice_records=slice_records, most_bytes=MOST
    )
    whole = Whole(found, [])
    source = a_source(format_name, repeats=repeats)
    for part in found.slices:
        with open_member(member, most_bytes=MOST) as content:
            content.read(part.offset)
            read = FORMATS[format_name].read_slice(
                content, part, found, source=source, report_type="special"
            )
        assert read.rows == part.records
        accepted = sum(map(len, read.groups))
        assert read.rows == accepted + len(read.rejects) + sum(read.dropped.values())
        _add(whole, read)
    whole.rows.sort(key=lambda row: row[0])
    return whole


def _add(whole: Whole, read: ReadSlice) -> None:
    whole.reads.append(read)
    whole.dropped.update(read.dropped)
    whole.notes.update(read.notes)
    whole.rejects += [(one.line, one.reason, one.detail, one.raw) for one in read.rejects]
    for group in read.groups:
        assert len(group) == group.cells.num_rows == len(group.ids) == len(group.sensors)
        for number, cells in enumerate(group.cells.to_pylist()):
            there = {name: cell for name, cell in cells.items() if cell is not None}
            whole.rows.append(
                (
                    int(group.lines[number]),
                    group.targets,
                    group.observation,
                    there,
                    group.ids[number].as_py().hex(),
                    group.raws[number],
                )
            )


_WORDS = st.sampled_from(
    ["192.0.2.1", "a", "-", "", "x\ty", "=1+1", "'; drop table", "../../x", "ü", "0", " b "]
)
_QUOTED = st.text(st.sampled_from(list('ab",\n;é\\ ')), max_size=6).map(
    lambda text: '"' + text.replace('"', '""') + '"'
)
_CELL = st.one_of(_WORDS, _WORDS, _QUOTED)
_GOOD_ROW = st.lists(_CELL, min_size=4, max_size=4).map(",".join).map(str.encode)
_ODD_ROW = st.one_of(
    st.lists(_CELL, min_size=1, max_size=6).map(",".join).map(str.encode),
    st.sampled_from(
        [
            b"", b" ", b"\0", b"a,b\0,c,d", b'"a,b,c,d', b'a,b,c,"d', b'"', b'""', b'"x"y,b,c,d',
            b'a,5" disk,c,d', b'a,b,"c \\"q\\", x",d', b"timestamp,ip,port,tag", b"a\rb,c,d,e",
            b"\xff\xfe,b,c,d", b"a,b,c,d,,", b"a,b,c,d,e", b"\xef\xbb\xbfa,b,c,d", b"2026,1,1,t",
        ]
    ),
    st.binary(max_size=12),
)  # fmt: skip
_END = st.sampled_from([b"\n", b"\n", b"\r\n"])


def csv_contents(*, most_rows: int = 30) -> st.SearchStrategy[bytes]:
    """CSV with a good header and rows of every kind; the last line end may be missing."""
    row = st.tuples(st.one_of(_GOOD_ROW, _ODD_ROW), _END).map(b"".join)
    repeated = st.tuples(row, st.integers(1, 3)).map(lambda pair: pair[0] * pair[1])
    body = st.lists(repeated, max_size=most_rows).map(b"".join)
    return st.tuples(body, st.booleans()).map(
        lambda made: HEADER + (made[0].rstrip(b"\r\n") if made[1] else made[0])
    )


_SCALAR = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-9, 10**20),
    st.floats(allow_nan=False),
    st.text(max_size=5),
)
_VALUE = st.recursive(
    _SCALAR,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=2), inner, max_size=2)
    ),
    max_leaves=5,
)
_OBJECT = st.fixed_dictionaries(
    {"timestamp": st.just("2026-11-22 00:00:00")},
    optional={
        "report_type": st.sampled_from(["special", "spam_url", ["special", "spam_url"], 7, "A b"]),
        "observation": st.sampled_from(["dns", "dns", None, "x y"]),
        "sensor": st.sampled_from(["s1", None, 3]),
        "hostname_confirmed": st.sampled_from([True, False, "yes"]),
        "ip": st.sampled_from(["192.0.2.1", "-", ""]),
        "port": st.one_of(st.integers(0, 65535), _VALUE),
        "tag": _VALUE,
    },
)
_JSON_LINE = _OBJECT.map(
    lambda made: json.dumps(made, ensure_ascii=False).encode("utf-8", "replace")
)
_ODD_JSON = st.one_of(
    st.sampled_from(
        [
            b"", b"  ", b"[]", b"1", b"null", b"{", b"{}", b'{"a":1}{"b":2}', b'{"a":NaN}',
            b'{"report_type":"special","a":1,"a":2}', b'{"report_type":"special","b":"\\ud800"}',
            b'{"report_type":"special","b":"\xff"}', b"[" * 40 + b"]" * 40, b"\0", b"timestamp",
            b'{"report_type":"special","b":[[1.50,{"c":1e3}],"x"]}', b'{"report_type":"special"}',
        ]
    ),
    st.binary(max_size=12),
)  # fmt: skip


def ndjson_contents(*, most_rows: int = 30) -> st.SearchStrategy[bytes]:
    """NDJSON that begins with a good line and goes on with lines of every kind."""
    row = st.tuples(st.one_of(_JSON_LINE, _JSON_LINE, _ODD_JSON), _END).map(b"".join)
    repeated = st.tuples(row, st.integers(1, 3)).map(lambda pair: pair[0] * pair[1])
    first = b'{"report_type":"special","timestamp":"2026-11-22 00:00:00","ip":"192.0.2.9"}\n'
    return st.lists(repeated, max_size=most_rows).map(lambda rows: first + b"".join(rows))
