"""Looking at files: they tell themselves, every row is accounted for, nothing is written."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import zipfile
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.fakes.shared_data import shared_data
from tests.fakes.small_home import SmallHome, event, ndjson

from tocsin.catalogue.load import load_catalogue
from tocsin.engine.look.addresses import SIGHTINGS, AddressTally
from tocsin.engine.look.at_hand import at_hand
from tocsin.engine.look.frequent import Frequent
from tocsin.engine.look.look import Look, LookRequest, look
from tocsin.engine.look.strangers import stranger
from tocsin.engine.look.types import Told, type_name, types_like
from tocsin.model.address import MASK_64, V4_OFFSET, address_text
from tocsin.model.errors import CatalogueError, InputError

NOW = dt.datetime(2026, 11, 22, 22, 0, tzinfo=dt.UTC)
NOWHERE = Path("/nonexistent/home")

TELNET = """\
"timestamp","ip","protocol","port","hostname","tag","asn","geo","region","city","naics","sector","banner"
"2026-11-22 04:12:09","192.0.2.23","tcp",23,,"telnet",64496,"XA",,,,,"login:"
"2026-11-22 05:00:00","192.0.2.23","tcp",23,,"telnet",64496,"XA",,,,,"login:"
"2026-11-22 06:00:00","198.51.100.4","tcp",23,,"telnet",64497,"XB",,,,,"login:"
"""


def seen(
    *files: Path,
    home: Path = NOWHERE,
    now: dt.datetime = NOW,
    source: str = "",
    report_type: str = "",
    off: tuple[str, ...] = ("reserved",),
) -> Look:
    request = LookRequest(files, now, source=source, report_type=report_type, switched_off=off)
    return look(request, at_hand(home), lambda *_: None)


def put(folder: Path, name: str, content: str | bytes) -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def snapshot(root: Path) -> dict[str, tuple[int, int]]:
    """Every file below a folder, with size and time of change."""
    found = (path for path in root.rglob("*") if path.is_file())
    return {str(path): (path.stat().st_size, path.stat().st_mtime_ns) for path in found}


# --- figures ------------------------------------------------------------------------------


def test_a_report_tells_its_format_by_itself_and_its_type_by_its_name(tmp_path: Path) -> None:
    result = seen(put(tmp_path, "2026-11-22-scan_telnet-example-isp-asn.csv", TELNET))
    (file,) = result.files
    assert (file.source, file.type.id, file.type.told) == (
        "shadowserver-csv",
        "scan_telnet",
        Told.NAME,
    )
    tally = result.tally
    assert (tally.rows, tally.kept, tally.adds_up) == (3, 3, True)
    assert tally.first == dt.datetime(2026, 11, 22, 4, 12, 9, tzinfo=dt.UTC)
    assert tally.last == dt.datetime(2026, 11, 22, 6, 0, 0, tzinfo=dt.UTC)
    assert tally.by_type == {"scan_telnet": 3}
    assert tally.by_area == {"exposure": 3}
    assert tally.asns.top(9) == [(64496, 2), (64497, 1)]
    assert tally.countries.top(9) == [("XA", 2), ("XB", 1)]
    worst = [(each.address, each.events, each.asn) for each in tally.addresses.top(9)]
    assert worst == [("192.0.2.23", 2, 64496), ("198.51.100.4", 1, 64497)]


def test_rows_of_json_name_their_types_themselves(tmp_path: Path) -> None:
    events = [event(5), event(9, infection="other-bot"), {**event(7), "observation": "x"}]
    result = seen(put(tmp_path, "sensor.log", ndjson(events)))
    assert result.files[0].source == "tocsin-ndjson"
    assert result.files[0].type.told is Told.ROWS
    assert result.tally.by_type["event4_sinkhole"] >= 2
    assert ("other-bot", 1) in result.tally.infections.top(9)
    assert result.tally.adds_up


def test_every_row_is_kept_dropped_or_rejected_with_its_true_line(tmp_path: Path) -> None:
    good = json.dumps(event(1))
    reserved = json.dumps(event(2, "127.0.0.1"))
    lines = [good, "", "no json", reserved, json.dumps({"timestamp": "x"}), good]
    result = seen(put(tmp_path, "a.ndjson", "\n".join(lines) + "\n"), off=())
    tally = result.tally
    assert (tally.rows, tally.kept) == (5, 0)
    assert tally.dropped == {"reserved": 3}
    assert tally.rejected == {"bad_json": 1, "no_report_type": 1}
    assert {name: each[0].line for name, each in tally.examples.items()} == {
        "bad_json": 3,
        "no_report_type": 5,
    }
    assert tally.adds_up


def test_a_file_of_2010_looks_good_and_its_age_is_a_remark(tmp_path: Path) -> None:
    old = TELNET.replace("2026-11-22", "2010-02-10")
    result = seen(put(tmp_path, "2010-02-10-scan_telnet-x-geo.csv", old))
    assert (result.tally.kept, result.tally.too_old, result.tally.rejected) == (3, 3, {})


def test_rows_ahead_of_the_clock_are_counted_and_shown(tmp_path: Path) -> None:
    path = put(tmp_path, "2026-11-22-scan_telnet-x-geo.csv", TELNET)
    early = seen(path, now=dt.datetime(2026, 11, 22, 4, 30, tzinfo=dt.UTC)).tally
    assert (early.kept, early.early, early.far_ahead) == (3, 2, 0)
    far = seen(path, now=dt.datetime(2026, 11, 20, tzinfo=dt.UTC)).tally
    assert (far.kept, far.early, far.far_ahead) == (3, 3, 3)


def test_two_slices_are_added_up_as_one(tmp_path: Path) -> None:
    rows = TELNET.splitlines(keepends=True)
    many = rows[0] + "".join(rows[1 + number % 3] for number in range(120_000))
    plain = put(tmp_path, "2026-11-22-scan_telnet-x-asn.csv", many)
    packed = put(tmp_path, "2026-11-22-scan_telnet-y-asn.csv.gz", gzip.compress(many.encode()))
    for path in (plain, packed):
        result = seen(path)
        assert (result.tally.rows, result.tally.kept) == (120_000, 120_000)
        worst = result.tally.addresses.top(1)[0]
        assert (worst.address, worst.events) == ("192.0.2.23", 80_000)
        assert worst.last == dt.datetime(2026, 11, 22, 5, tzinfo=dt.UTC)


# --- types --------------------------------------------------------------------------------


def test_a_file_of_any_name_is_told_by_its_columns(tmp_path: Path) -> None:
    (file,) = seen(put(tmp_path, "download (3).csv", TELNET)).files
    assert (file.type.id, file.type.told) == ("scan_telnet", Told.COLUMNS)
    assert file.type.needs_saying


def test_an_unknown_type_is_read_as_provisional_for_this_look(tmp_path: Path) -> None:
    text = '"timestamp","ip","colour"\n"2026-11-22 01:00:00","192.0.2.1","green"\n'
    result = seen(put(tmp_path, "2026-11-22-scan_novelty-x-asn.csv", text))
    assert result.provisional == ("scan_novelty",)
    assert result.tally.by_type == {"scan_novelty": 1}
    assert result.tally.unknown_columns == set()


def test_a_file_that_nothing_tells_of_is_named_after_itself(tmp_path: Path) -> None:
    text = '"timestamp","ip","colour"\n"2026-11-22 01:00:00","192.0.2.1","green"\n'
    (file,) = seen(put(tmp_path, "My Log (2).csv", text)).files
    assert (file.type.id, file.type.told) == ("my_log_2", Told.NOTHING)


def test_what_is_said_of_the_type_comes_first(tmp_path: Path) -> None:
    path = put(tmp_path, "2026-11-22-scan_novelty-x-asn.csv", TELNET)
    (file,) = seen(path, report_type="scan_telnet").files
    assert (file.type.id, file.type.told) == ("scan_telnet", Told.OPTION)


@given(st.text(max_size=80))
@settings(max_examples=cases(33), deadline=None)
def test_any_file_name_makes_a_usable_type_name(name: str) -> None:
    assert type_name(name).isascii()
    assert type_name(name)[0].isalpha()
    assert type_name(name).replace("_", "a").isalnum()
    assert type_name(name) == type_name(name).lower()


def test_headers_that_are_like_no_type_are_like_none() -> None:
    catalogue = load_catalogue(None)
    assert types_like(["timestamp", "ip"], catalogue) == ()
    assert types_like([], catalogue) == ()
    telnet = catalogue.report_types["scan_telnet"]
    assert types_like(telnet.column_names, catalogue) == ("scan_telnet",)


# --- files that cannot be read ------------------------------------------------------------


def test_a_broken_file_hinders_no_other(tmp_path: Path) -> None:
    good = put(tmp_path, "2026-11-22-scan_telnet-x-asn.csv", TELNET)
    cut = put(tmp_path, "2026-11-22-scan_telnet-y-asn.csv.gz", gzip.compress(TELNET.encode())[:-9])
    result = seen(tmp_path / "missing.csv", cut, good)
    missing, broken, whole = result.files
    assert isinstance(missing.problem, InputError)
    assert isinstance(broken.problem, InputError)
    assert whole.read
    assert (result.tally.rows, result.tally.kept) == (3, 3)


def test_all_entries_of_a_zip_are_looked_at(tmp_path: Path) -> None:
    path = tmp_path / "both.zip"
    with zipfile.ZipFile(path, "w") as packed:
        packed.writestr("2026-11-22-scan_telnet-x-asn.csv", TELNET)
        packed.writestr("events.ndjson", ndjson([event(1)]))
    result = seen(path)
    assert [each.source for each in result.files] == ["shadowserver-csv", "tocsin-ndjson"]
    assert result.tally.rows == 4


@pytest.mark.parametrize(
    ("content", "said", "todo"),
    [
        (b'[{"ip": "192.0.2.1", "when": 1}]', "a JSON array", "one object a line"),
        (b"timestamp;ip;port\n1;2;3\n", "semicolons", "with commas and a header"),
        (b"# c\n1\t2\t3\n", "tabs", "with commas and a header"),
        (b"192.0.2.1,22,ssh\n", "commas", "a header line of column names"),
        (b"; routes\n192.0.2.0/24\t64496\n", "a table of routes", "tocsin atlas build"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "", "hand in text"),
        (b"Nov 22 04:12:09 host sshd[1]: failed\n", "no commas", "JSON, one object a line"),
    ],
)
def test_an_unknown_format_is_described(
    tmp_path: Path, content: bytes, said: str, todo: str
) -> None:
    (file,) = seen(put(tmp_path, "strange", content)).files
    assert file.stranger is not None
    assert said in file.stranger.looks_like
    assert todo in file.stranger.todo
    assert file.stranger.begins.isprintable()


@given(st.binary(max_size=300))
@settings(max_examples=cases(66), deadline=None)
def test_any_bytes_can_be_described(sample: bytes) -> None:
    described = stranger(sample, "it looks odd")
    assert described.begins.isprintable()
    assert described.todo


def test_json_of_others_shows_its_keys(tmp_path: Path) -> None:
    foreign = ndjson([{"eventid": "login", "src_ip": "192.0.2.1"}])
    (file,) = seen(put(tmp_path, "other.json", foreign)).files
    assert file.keys == ("eventid", "src_ip")


def test_a_table_without_times_shows_its_columns(tmp_path: Path) -> None:
    (file,) = seen(put(tmp_path, "places.csv", "prefix,country\n192.0.2.0/24,XA\n")).files
    assert file.columns == ("prefix", "country")


# --- with a home --------------------------------------------------------------------------


def test_a_home_gives_its_sources_its_atlas_and_its_allow_list(tmp_path: Path) -> None:
    small = SmallHome.make(tmp_path)
    small.home.policy.mkdir()
    (small.home.policy / "allow.csv").write_text(
        "what,reason,expires\n192.0.2.99,our own scanner,2027-01-01\n"
    )
    events = [event(1), event(2, "192.0.2.99"), event(3, "198.51.100.8")]
    path = small.put("a.ndjson", ndjson(events))
    result = seen(path, home=small.home.root, source="sensors", off=())
    assert (result.tally.kept, result.tally.dropped) == (2, {"allow_list": 1})
    assert result.tally.asns.top(9) == [(64496, 1), (64497, 1)]
    assert result.tally.countries.top(9) == [("XA", 1), ("XB", 1)]


def test_an_old_row_is_located_with_the_newest_atlas_all_the_same(tmp_path: Path) -> None:
    small = SmallHome.make(tmp_path)
    old = event(1, timestamp="2011-01-01T00:00:00Z")
    result = seen(
        small.put("a.ndjson", ndjson([old])), home=small.home.root, source="sensors", off=()
    )
    assert result.tally.asns.top(9) == [(64496, 1)]
    assert "no_atlas" not in result.tally.notes


def test_without_an_atlas_the_source_is_believed(tmp_path: Path) -> None:
    said = event(1, src_asn=64511, src_geo="XZ")
    result = seen(put(tmp_path, "a.ndjson", ndjson([said])))
    assert result.tally.asns.top(9) == [(64511, 1)]
    assert result.tally.countries.top(9) == [("XZ", 1)]


def test_an_unknown_source_is_refused(tmp_path: Path) -> None:
    with pytest.raises(CatalogueError, match="there is no source 'nonsense'"):
        seen(put(tmp_path, "a.ndjson", ndjson([event(1)])), source="nonsense")


def test_looking_writes_nothing(tmp_path: Path) -> None:
    small = SmallHome.make(tmp_path)
    path = small.put(
        "2026-11-22-scan_novelty-x-asn.csv", TELNET.replace('"tag"', '"mark"').encode()
    )
    before = snapshot(tmp_path)
    seen(path, home=small.home.root)
    seen(path, home=tmp_path / "none")
    assert snapshot(tmp_path) == before
    assert not (tmp_path / "none").exists()


# --- counting -----------------------------------------------------------------------------

HOSTS = st.integers(0, 40).map(lambda number: (V4_OFFSET | 0xC0000200 + number, number * 7))


@given(st.lists(st.lists(HOSTS, max_size=30), max_size=8))
@settings(max_examples=cases(60), deadline=None)
def test_addresses_are_counted_as_one_by_one(pieces: list[list[tuple[int, int]]]) -> None:
    tally = AddressTally(most=1_000)
    for piece in pieces:
        tally.add(_sightings(piece))
    flat = [host for piece in pieces for host in piece]
    counted = Counter(address for address, _ in flat)
    expected = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
    found = [(each.address, each.events) for each in tally.top(99)]
    assert found == [(address_text(address), count) for address, count in expected]
    assert len(tally) == len(counted)
    assert tally.exact


def test_of_very_many_addresses_the_most_frequent_are_kept() -> None:
    tally = AddressTally(most=100)
    for start in range(0, 5_000, 50):
        rare = [(V4_OFFSET + start + number, 0) for number in range(50)]
        tally.add(_sightings([*rare, (V4_OFFSET + 99_999, 5)]))
    worst = tally.top(1)[0]
    assert worst.address == address_text(V4_OFFSET + 99_999)
    assert worst.events == 100
    assert not tally.exact
    assert len(tally) <= 100


def test_of_very_many_words_the_most_frequent_are_kept() -> None:
    frequent: Frequent[str] = Frequent(most=10)
    for number in range(1_000):
        frequent.add({f"word {number}": 1, "often": 1})
    assert frequent.top(1) == [("often", 1_000)]
    assert not frequent.exact
    assert len(frequent) <= 20


def _sightings(hosts: list[tuple[int, int]]) -> pa.Table:
    base = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    columns: list[list[object]] = [
        [address >> 64 for address, _ in hosts],
        [address & MASK_64 for address, _ in hosts],
        [128 for _ in hosts],
        [base + dt.timedelta(seconds=second) for _, second in hosts],
        [64496 for _ in hosts],
        [None for _ in hosts],
    ]
    return pa.table(columns, schema=SIGHTINGS)


# --- real files ---------------------------------------------------------------------------


@pytest.mark.skipif(not shared_data().is_dir(), reason="the real samples are not at hand")
def test_every_real_sample_is_accounted_for() -> None:
    paths = sorted((shared_data() / "feeds").rglob("*.*"))
    result = seen(*paths, off=())
    assert len(result.files) == len(paths)
    assert result.tally.adds_up
    assert result.tally.rows == sum(each.rows for each in result.files)
    unread = [each.name for each in result.files if not each.read]
    assert unread == []
    assert result.tally.kept > 300


def test_what_rules_say_is_counted_as_what_events_say(tmp_path: Path) -> None:
    path = tmp_path / "intelmq-events.json"
    path.write_text(
        '{"classification.type": "scanner", "classification.identifier": "telnet",'
        ' "source.ip": "192.0.2.1", "time.source": "2026-11-22T00:00:00+00:00"}\n'
    )
    assert seen(path).tally.infections.top(1) == [("telnet", 1)]
