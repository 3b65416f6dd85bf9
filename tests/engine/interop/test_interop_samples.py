"""Every report type in every vocabulary: valid, whole, and about the same machine and time."""

from __future__ import annotations

import base64
import datetime as dt
import ipaddress
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.fakes.interop_rows import (
    ID,
    REPORTER,
    catalogue,
    misfits,
    row_of,
    validator,
    vocabularies,
)

from tocsin.catalogue.entries import ReportType, SubjectKind
from tocsin.catalogue.interop_load import VOCABULARIES
from tocsin.engine.interop.export import line_of
from tocsin.engine.interop.read import read_back
from tocsin.engine.interop.translate import Translator
from tocsin.model.columns import ColumnKind
from tocsin.model.terms import Tlp

TYPES = sorted(catalogue().report_types)
EVERY = pytest.mark.parametrize("name", VOCABULARIES)

Said = Mapping[str, Any]


def said_in(name: str, entry: ReportType, cells: Mapping[str, str], tlp: Tlp = Tlp.AMBER) -> Said:
    """The object as a reader gets it: through the line that is written."""
    translator = Translator(vocabularies()[name], entry, REPORTER)
    line = line_of(translator.object_of(row_of(entry, cells, tlp)))
    assert line.isascii()
    assert line.count(b"\n") == 1
    found = json.loads(line)
    assert isinstance(found, dict)
    return found


# --- naive readers: what somebody who knows only the format would take out of an object ---------


def _intelmq(said: Said) -> tuple[str, dt.datetime, set[str], set[int]]:
    sides = ("source", "destination")
    names = ("ip", "network", "fqdn", "account")
    who = {
        str(said[f"{side}.{name}"]) for side in sides for name in names if f"{side}.{name}" in said
    }
    ports = {said[f"{side}.port"] for side in sides if f"{side}.port" in said}
    moment = dt.datetime.fromisoformat(said["time.source"])
    return said["classification.identifier"], moment, who, ports


def _idea(said: Said) -> tuple[str, dt.datetime, set[str], set[int]]:
    sides = [*said.get("Source", []), *said.get("Target", [])]
    names = ("IP4", "IP6", "Hostname", "Email")
    who = {each for side in sides for name in names for each in side.get(name, [])}
    ports = {port for side in sides for port in side.get("Port", [])}
    moment = dt.datetime.fromisoformat(said["DetectTime"])
    return said["_Tocsin"]["ReportType"], moment, who, ports


def _xarf(said: Said) -> tuple[str, dt.datetime, set[str], set[int]]:
    (kind,) = [tag.removeprefix("tocsin:") for tag in said["tags"] if tag.startswith("tocsin:")]
    ports = {said["source_port"]} if "source_port" in said else set()
    return kind, dt.datetime.fromisoformat(said["timestamp"]), {said["source_identifier"]}, ports


READERS: dict[str, Callable[[Said], tuple[str, dt.datetime, set[str], set[int]]]] = {
    "intelmq": _intelmq,
    "idea": _idea,
    "xarf": _xarf,
}


def _names_of(entry: ReportType, cell: str) -> set[str]:
    """The subject in every form that a vocabulary may give it."""
    names = {cell, cell.rpartition("@")[2], re.sub(r"^[a-z]+://([^/:]+).*$", r"\1", cell)}
    if entry.subject.kind is SubjectKind.PREFIX:
        names.add(str(ipaddress.ip_network(cell)))
    return names


@EVERY
@pytest.mark.parametrize("type_id", TYPES)
def test_a_sample_is_valid_and_about_the_same_subject_port_time_and_type(
    name: str, type_id: str
) -> None:
    entry = catalogue().report_types[type_id]
    said = said_in(name, entry, entry.sample)
    assert misfits(name, said) == []
    kind, moment, who, ports = READERS[name](said)
    assert kind == type_id
    assert moment == dt.datetime.fromisoformat(entry.sample["timestamp"]).replace(tzinfo=dt.UTC)
    if entry.subject.kind is not SubjectKind.NONE:
        assert who & _names_of(entry, entry.sample[entry.subject.column])
    port = entry.sample.get(entry.subject_port, "")
    assert not port or int(port) in ports


@EVERY
@pytest.mark.parametrize("type_id", TYPES)
def test_a_sample_is_read_back_with_all_its_cells(name: str, type_id: str) -> None:
    entry = catalogue().report_types[type_id]
    back = read_back(vocabularies()[name], catalogue(), dict(said_in(name, entry, entry.sample)))
    assert back is not None
    assert (back.id, back.entry.id) == (ID, type_id)
    assert back.cells == row_of(entry, entry.sample).cells
    assert back.subject == entry.sample.get(entry.subject.column, "")
    assert back.port == entry.sample.get(entry.subject_port, "")


HOSTILE = (
    '=cmd|"/c calc"!A1',
    "\x1b[31mred\x07",
    "\u202egnp.exe\u2028",
    "{type}{organisation}",
    " blanks around ",
    "\ttab\x0b\x0c",
    "x" * 5000,
    "<script>alert(1)</script>",
    "http://[::1",
    "http://a b/",
    "javascript:alert(1)",
    "0",
    "-1",
    "0.0.0.0",
    "192.0.2.0/24",
    "2001:db8::/32",
    "::/0",
    "0.0.0.0/0",
    "192.0.2.1/32",
    "éxample.örg",
    "a@b@example.org",
    "CVE-1-2;cve-2021-44228",
    "'; DROP TABLE rows; --",
    "\U0001f4a9",
    "A",
)


def _cell(kind: ColumnKind) -> st.SearchStrategy[str]:
    if kind is ColumnKind.INTEGER:
        edges = st.sampled_from([0, 1, 65535, 65536, 4294967295, 4294967296])
        return (edges | st.integers(-(2**63), 2**63 - 1)).map(str)
    if kind is ColumnKind.TIME:
        seconds = st.integers(31_536_000, 4_000_000_000)
        moments = seconds.map(lambda count: dt.datetime.fromtimestamp(count, dt.UTC))
        return moments.map(lambda moment: moment.strftime("%Y-%m-%d %H:%M:%S"))
    if kind is ColumnKind.ADDRESS:
        return st.ip_addresses().map(str) | st.sampled_from(HOSTILE)
    text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\n\0"))
    return text | st.sampled_from(HOSTILE)


@st.composite
def rows(draw: st.DrawFn) -> tuple[ReportType, dict[str, str]]:
    entry = catalogue().report_types[draw(st.sampled_from(TYPES))]
    cells = {"timestamp": draw(_cell(ColumnKind.TIME))}
    chosen = draw(st.lists(st.sampled_from(entry.columns), max_size=30, unique=True))
    for column in chosen:
        if column.name != "timestamp":
            cells[column.name] = draw(_cell(column.kind))
    return entry, cells


@EVERY
@given(made=rows(), tlp=st.sampled_from(Tlp))
@settings(max_examples=cases(50), deadline=None)
def test_whatever_stands_in_the_cells_the_object_is_valid_and_whole(
    name: str, made: tuple[ReportType, dict[str, str]], tlp: Tlp
) -> None:
    entry, cells = made
    said = said_in(name, entry, cells, tlp)
    assert misfits(name, said) == []
    back = read_back(vocabularies()[name], catalogue(), dict(said))
    assert back is not None
    assert back.cells == row_of(entry, cells).cells


@EVERY
@pytest.mark.parametrize("type_id", TYPES)
def test_hostile_strings_in_every_text_column_stay_data(name: str, type_id: str) -> None:
    entry = catalogue().report_types[type_id]
    cells = dict(entry.sample)
    texts = [each for each in entry.columns if each.kind is ColumnKind.TEXT]
    for number, column in enumerate(texts):
        cells[column.name] = HOSTILE[number % len(HOSTILE)]
    said = said_in(name, entry, cells)
    assert misfits(name, said) == []
    back = read_back(vocabularies()[name], catalogue(), dict(said))
    assert back is not None
    assert back.cells == row_of(entry, cells).cells


@EVERY
@pytest.mark.parametrize("type_id", TYPES)
def test_numbers_beyond_their_bounds_fill_no_field(name: str, type_id: str) -> None:
    entry = catalogue().report_types[type_id]
    numbers = [each.name for each in entry.columns if each.kind is ColumnKind.INTEGER]
    for cell in ("-1", "0", "65536", "4294967296", "9223372036854775807"):
        cells = {**entry.sample, **dict.fromkeys(numbers, cell)}
        said = said_in(name, entry, cells)
        assert misfits(name, said) == []
        back = read_back(vocabularies()[name], catalogue(), dict(said))
        assert back is not None
        assert back.cells == row_of(entry, cells).cells


@pytest.mark.parametrize("type_id", TYPES)
def test_a_victim_is_never_reported_as_an_attacker(type_id: str) -> None:
    entry = catalogue().report_types[type_id]
    said = said_in("xarf", entry, entry.sample)
    if said["category"] == "connection":
        assert entry.subject.role.value == "culprit"


@pytest.mark.parametrize("type_id", ["event4_honeypot_ddos_amp", "event4_honeypot_ddos_target"])
def test_the_target_of_a_flood_is_a_target_everywhere(type_id: str) -> None:
    entry = catalogue().report_types[type_id]
    victim = entry.sample[entry.subject.column]
    assert said_in("intelmq", entry, entry.sample)["destination.ip"] == victim
    assert said_in("idea", entry, entry.sample)["Target"][0]["IP4"] == [victim]
    assert said_in("xarf", entry, entry.sample)["threat_type"] == "ddos_victim"


@pytest.mark.parametrize("type_id", TYPES)
def test_what_is_known_of_one_side_is_of_one_machine(type_id: str) -> None:
    """`asn` and `src_asn` in a row are of two machines; a side takes all of it from one of them."""
    entry = catalogue().report_types[type_id]
    cells = {**entry.sample, "timestamp": "2026-11-22 00:00:00"}
    marks = {"http_referer_": 64497, "": 64498, "src_": 64499}
    for before, number in marks.items():
        if entry.column(f"{before}asn"):
            cells[f"{before}asn"] = str(number)
    said = said_in("intelmq", entry, cells)
    sides = [before for before in marks if entry.column(f"{before}ip")]
    if sides and type_id != "event4_honeypot_ddos_amp":
        assert said["source.asn"] == marks[sides[0]]


def test_evidence_that_was_changed_is_not_read_back() -> None:
    entry = catalogue().report_types["event4_sinkhole"]
    said = dict(said_in("xarf", entry, entry.sample))
    item = said["evidence"][0]
    content = base64.b64decode(item["payload"]).replace(b"192.0.2.10", b"192.0.2.11")
    changed = {**item, "payload": base64.b64encode(content).decode()}
    assert read_back(vocabularies()["xarf"], catalogue(), said) is not None
    others: list[list[object]] = [[changed], [], [{}], ["x"], [{**item, "payload": "!"}]]
    for evidence in others:
        said["evidence"] = evidence
        assert read_back(vocabularies()["xarf"], catalogue(), said) is None


@pytest.mark.parametrize("name", ["intelmq", "idea"])
def test_an_object_that_was_changed_or_is_somebody_elses_is_not_read_back(name: str) -> None:
    entry = catalogue().report_types["event4_sinkhole"]
    said = dict(said_in(name, entry, entry.sample))
    for path in ("source.asn", "Category"):
        changed = {**said, path: ["Test"] if path == "Category" else "many"}
        if path in said:
            assert read_back(vocabularies()[name], catalogue(), changed) is None
    assert read_back(vocabularies()[name], catalogue(), {}) is None
    assert read_back(vocabularies()[name], catalogue(), {"_Tocsin": 1, "feed.name": 2}) is None


@EVERY
def test_the_schemas_are_schemas_and_refuse_what_is_wrong(name: str) -> None:
    validator(name).check_schema(validator(name).schema)
    entry = catalogue().report_types["event4_sinkhole"]
    said = dict(said_in(name, entry, entry.sample))
    for key in said:
        wrong = {**said, key: {"nothing": "like it"}}
        assert misfits(name, wrong) or key.startswith("_"), key
    assert misfits(name, {**said, "a key that nobody knows": 1})


def test_the_word_of_the_traffic_light_protocol_is_never_a_laxer_one() -> None:
    entry = catalogue().report_types["event4_sinkhole"]
    order = ["WHITE", "GREEN", "AMBER", "RED"]
    words = [said_in("intelmq", entry, entry.sample, tlp)["tlp"] for tlp in Tlp]
    assert words == ["WHITE", "GREEN", "AMBER", "RED", "RED"]
    assert [order.index(word) for word in words] == sorted(order.index(word) for word in words)
    for tlp in Tlp:
        assert said_in("idea", entry, entry.sample, tlp)["_Tocsin"]["TLP"] == tlp.word
        assert f"tlp:{tlp.word}" in said_in("xarf", entry, entry.sample, tlp)["tags"]
