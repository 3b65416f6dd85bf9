"""Two real days of a honeypot: every row accounted for, counts equal to DuckDB's own."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from tests.fakes.shared_data import shared_data
from tests.fakes.small_home import SmallHome

from tocsin.engine.intake.ledger import PieceAccount

NOW = dt.datetime(2026, 11, 22, 12, tzinfo=dt.UTC)
BRUTE, MALWARE = "event4_honeypot_brute_force", "malware_url"
SCAN = "event4_honeypot_ssh_scan"
LOGINS = ("cowrie.login.failed", "cowrie.login.success")
FILES = (
    "cowrie.session.file_download",
    "cowrie.session.file_download.failed",
    "cowrie.session.file_upload",
)

ROWS = """
select
    eventid, session, sensor, "timestamp", src_ip, src_port, dst_port, protocol, username, password,
    coalesce(url, regexp_extract(input, '(https?|t?ftp)://[^ ;|&"'']+', 0)) as url
from read_json(?, format = 'newline_delimited', columns = {
    eventid: 'VARCHAR', session: 'VARCHAR', sensor: 'VARCHAR', "timestamp": 'VARCHAR',
    src_ip: 'VARCHAR', src_port: 'BIGINT', dst_port: 'BIGINT', protocol: 'VARCHAR',
    username: 'VARCHAR', password: 'VARCHAR', url: 'VARCHAR', input: 'VARCHAR'
})
"""
LOADING = """
select regexp_matches(url, '://[0-9]+[.][0-9]+[.][0-9]+[.][0-9]+'), count(*) from rows
where url like '%://%' and eventid in (
    'cowrie.command.input', 'cowrie.session.file_download', 'cowrie.session.file_download.failed'
) group by all
"""
COMMANDS_WITH_URL = """
select true, count(*) from rows
where url like '%://%' and eventid = 'cowrie.command.input' group by all
"""
LOOKED_ONLY = """
select true, count(*) from (
    select sensor, session from rows where protocol = 'ssh' group by all
    having count(*) = 1
) semi join (
    select sensor, session from rows group by all
    having bool_or(eventid = 'cowrie.session.connect')
        and bool_or(eventid = 'cowrie.client.version')
        and bool_or(eventid = 'cowrie.session.closed')
        and not bool_or(eventid in ('cowrie.login.failed', 'cowrie.login.success'))
) using (sensor, session)
"""
LOGINS_WITH_PORTS = """
select login."timestamp", login.src_ip, opened.src_port, opened.dst_port, opened.protocol,
    nullif(login.username, ''), case when length(login.password) >= 4
    then left(login.password, 1) || '***' when login.password <> '' then '***' end
from rows as login
left join rows as opened on opened.eventid = 'cowrie.session.connect'
    and opened.session = login.session and opened.sensor = login.sensor
where login.eventid in ('cowrie.login.failed', 'cowrie.login.success')
"""


def _days() -> list[Path]:
    return sorted((shared_data() / "sensors" / "cowrie").glob("cowrie.json.*.gz"))


pytestmark = pytest.mark.skipif(not _days(), reason="the real days are not at hand")


def query(path: Path, words: str) -> list[tuple[object, ...]]:
    """Ask DuckDB, which reads the file itself."""
    with duckdb.connect() as connection:
        connection.execute(f"create table rows as {ROWS}", [str(path)])
        return connection.execute(words).fetchall()


def counts(path: Path, words: str) -> dict[object, int]:
    """What DuckDB counts, by the first column."""
    return {name: int(str(number)) for name, number in query(path, words)}


def take(small: SmallHome, *paths: Path, slice_rows: int) -> dict[str, list[PieceAccount]]:
    collected = small.collect(
        *paths,
        source="cowrie",
        now=NOW,
        historical=True,
        without_atlas=True,
        switched_off=("reserved",),
        slice_rows=slice_rows,
    )
    assert (collected.refused, collected.known) == ([], [])
    found: dict[str, list[PieceAccount]] = {}
    for record in collected.records:
        for piece in record.pieces:
            found.setdefault(piece.name, []).append(piece)
    return found


def total(pieces: list[PieceAccount], part: str) -> Counter[str]:
    added: Counter[str] = Counter()
    for piece in pieces:
        added.update(getattr(piece, part))
    return added


@pytest.mark.parametrize("slice_rows", [250_000, 61])
def test_the_days_come_to_what_duckdb_counts(tmp_path: Path, slice_rows: int) -> None:
    small = SmallHome.make(tmp_path)
    found = take(small, *_days(), slice_rows=slice_rows)
    assert len(found) == len(_days())
    for path in _days():
        pieces = found[path.name.removesuffix(".gz")]
        events = counts(path, "select eventid, count(*) from rows group by all")
        loading = counts(path, LOADING)
        named = sum(loading.values())
        brute = sum(events.get(name, 0) for name in (*LOGINS, *FILES))
        brute += counts(path, COMMANDS_WITH_URL).get(True, 0)
        rows, connects = sum(events.values()), events["cowrie.session.connect"]
        assert sum(piece.rows for piece in pieces) == rows
        assert all(piece.adds_up for piece in pieces)
        looked = counts(path, LOOKED_ONLY)[True]
        assert brute > 0
        assert looked > 0
        told = {BRUTE: brute, MALWARE: loading.get(True, 0), SCAN: looked}
        assert total(pieces, "records") == Counter(told)
        assert total(pieces, "observations") == {"connection": connects}
        assert total(pieces, "dropped") == {"no_rule": rows - brute - connects - looked}
        assert total(pieces, "rejected") == {}
        nameless = named - loading.get(True, 0)
        assert total(pieces, "notes") == Counter({f"not_for:{MALWARE}": nameless})


def test_every_login_of_the_days_has_the_port_of_its_session(tmp_path: Path) -> None:
    small = SmallHome.make(tmp_path)
    take(small, *_days(), slice_rows=61)
    expected: Counter[tuple[object, ...]] = Counter()
    for path in _days():
        for moment, *cells in query(path, LOGINS_WITH_PORTS):
            expected[(dt.datetime.fromisoformat(str(moment)), *cells)] += 1
    files = sorted((small.home.lake / "records").rglob("*.parquet"))
    names = ("timestamp", "src_ip", "src_port", "dst_port", "service", "username", "password")
    told = Counter(
        tuple(row[name] for name in names)
        for path in files
        if BRUTE in path.parts
        for row in pq.read_table(path).to_pylist()
        if row["event_id"] in LOGINS
    )
    assert told == expected
    assert told.total() == 737
    assert all(cells[2] for cells in told)
