"""What rows know of their sessions, held against following a log row by row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.strategies.cowrie_logs import Row, closed, connect, cowrie, lines, log, login
from tests.strategies.source_files import Whole, read_whole

from tocsin.engine.sources import session_survey
from tocsin.engine.sources.cowrie import COWRIE, SESSIONS
from tocsin.engine.sources.session_rows import RowReader
from tocsin.engine.sources.sessions import session_key

TOLD = ("src_port", "dst_ip", "dst_port", "service", "start_time", "client_version")


def read(folder: Path, content: bytes, *, slice_records: int = 250_000) -> Whole:
    path = folder / "cowrie.json"
    path.write_bytes(content)
    return read_whole(path, COWRIE, slice_records=slice_records)


def told(whole: Whole) -> dict[int, dict[str, str]]:
    """By line, what each row says of its session."""
    return {
        line: {name: cells[name] for name in TOLD if name in cells}
        for line, _, _, cells, _, _ in whole.rows
    }


# --- against an oracle ----------------------------------------------------------------------


def oracle(rows: Sequence[Row]) -> tuple[dict[int, dict[str, str]], int]:
    """Follow a log row by row: what each row knows, and how many rows are of no known session."""
    sessions: dict[tuple[object, object], dict[str, str]] = {}
    known: dict[int, dict[str, str]] = {}
    unknown = 0
    for number, row in enumerate(rows, 1):
        said = {key: str(cell) for key, cell in row.items()}
        key = (row.get("sensor"), row["session"])
        if said["eventid"] == "cowrie.session.connect":
            sessions[key] = {
                "src_port": said["src_port"],
                "dst_ip": said["dst_ip"],
                "dst_port": said["dst_port"],
                "service": said["protocol"],
                "start_time": said["timestamp"],
            }
        session = sessions.get(key)
        if said["eventid"] == "cowrie.client.version":
            own = {"client_version": said["version"]}
            if session is not None:
                session |= own
        else:
            own = {}
        unknown += session is None
        known[number] = {**(session or {}), **own}
    return known, unknown


@st.composite
def _rows(draw: st.DrawFn) -> Row:
    session = draw(st.sampled_from(["a", "b", "c"]))
    who: dict[str, object] = {"sensor": draw(st.sampled_from(["p", "q", None]))}
    second = draw(st.integers(0, 99))
    kind = draw(st.sampled_from(["connect", "version", "login", "login", "closed"]))
    if kind == "connect":
        return connect(second, session, draw(st.integers(1, 9)), **who)
    if kind == "version":
        version = draw(st.sampled_from(["SSH-2.0-Go", "é{", "\\x"]))
        return cowrie("client.version", second, session, version=version, **who)
    odd = draw(st.sampled_from(["x", '"session": "b"', "{", "é"]))
    make = login if kind == "login" else closed
    return make(second, session, message=odd, **who)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(rows=st.lists(_rows(), min_size=1, max_size=24), size=st.integers(1, 9))
def test_rows_know_what_rows_before_them_have_told_however_the_log_is_cut(
    tmp_path: Path, rows: list[Row], size: int
) -> None:
    whole = read(tmp_path, lines(rows), slice_records=size)
    expected, unknown = oracle(rows)
    assert told(whole) == expected
    assert whole.notes["session_unknown"] == unknown


_ODD = {
    "session": ['"a"', '"\\u0061"', '"a\\u0000"', '["a"]', '[["a"]]', '{"x":1}', "5.0", "null"],
    "sensor": ['"p"', '"p"', '"\\u0070"', '["p"]', '{"x":1}'],
    "eventid": ['"cowrie.session.connect"', '"cowrie.client.version"', '"cowrie.login.failed"',
                '"cowrie.session.closed"', '["KIPP0001"]', '"cowrie\\u002esession.connect"'],
    "protocol": ['"ssh"', '{"x":1}', "[[1.0]]", "5.0", "null", '""'],
    "version": ['"Go"', '{"x":1}', '"session\\": \\"b"', "null"],
}  # fmt: skip
"""What may stand in a line, as it is written there."""


@st.composite
def _odd_line(draw: st.DrawFn) -> str:
    cells = []
    for name, values in _ODD.items():
        key = draw(st.sampled_from([name] * 5 + [f"\\u{ord(name[0]):04x}{name[1:]}"]))
        cells.append(f'"{key}":{draw(st.sampled_from(values))}')
    return ",".join(draw(st.permutations(cells)))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(cells=st.lists(_odd_line(), min_size=2, max_size=16), size=st.integers(1, 7))
def test_rows_however_odd_know_the_same_however_the_log_is_cut(
    tmp_path: Path, cells: list[str], size: int
) -> None:
    content = "".join(
        f'{{{line},"src_ip":"192.0.2.{number}","src_port":{number}}}\n'
        for number, line in enumerate(cells, 1)
    ).encode()
    uncut, cut = read(tmp_path, content), read(tmp_path, content, slice_records=size)
    assert sorted(cut.rows) == sorted(uncut.rows)
    assert cut.notes["session_unknown"] == uncut.notes["session_unknown"]


@pytest.mark.parametrize("name", ['{"x": 1}', '[["a"]]', '[{"x": 1}]'])
def test_an_object_names_no_session(tmp_path: Path, name: str) -> None:
    rows = [json.dumps(row) for row in (connect(1, "?", 1001), login(2, "?"))]
    content = "".join(row.replace('"?"', name) + "\n" for row in rows).encode()
    for size in (1, 9):
        whole = read(tmp_path, content, slice_records=size)
        assert [cells.get("src_port") for cells in whole.cells] == ["1001", None]
        assert whole.notes["session_unknown"] == 0


def test_a_name_may_be_a_number_or_have_escapes(tmp_path: Path) -> None:
    content = log(connect(1, "x", 1001), login(2, "x")).replace(b'"x"', b"5.0", 1)
    content = content.replace(b'"session": "x"', b'"s\\u0065ssion": "\\u0035.0"')
    for size in (1, 9):
        whole = read(tmp_path, content, slice_records=size)
        assert [cells.get("src_port") for cells in whole.cells] == ["1001"] * 2


def test_a_large_slice_tells_what_small_ones_tell(tmp_path: Path) -> None:
    rows: list[Row] = []
    for number in range(3_000):
        rows.append(connect(number, f"s{number}", number % 60_000, sensor=f"pot-{number % 3}"))
        past = max(number - 7, 0)
        rows.append(login(number, f"s{past}", sensor=f"pot-{past % 3}"))
    large = read(tmp_path, lines(rows))
    small = read(tmp_path, lines(rows), slice_records=100)
    assert len(large.survey.slices) == 1
    assert sorted(large.rows) == sorted(small.rows)
    assert told(large) == oracle(rows)[0]


# --- what counts as a session ---------------------------------------------------------------


def test_a_session_is_one_of_its_sensor(tmp_path: Path) -> None:
    content = log(
        connect(1, "a", 1001, sensor="pot-1"),
        connect(2, "a", 1002, sensor="pot-2"),
        login(3, "a", sensor="pot-1"),
        login(4, "a", sensor="pot-2"),
        login(5, "a", sensor="pot-3"),
    )
    whole = read(tmp_path, content)
    assert [cells.get("src_port") for cells in whole.cells] == ["1001", "1002"] * 2 + [None]
    assert whole.notes["session_unknown"] == 1


def test_a_row_that_comes_after_the_end_still_knows_its_session(tmp_path: Path) -> None:
    content = log(connect(1, "a", 1001), closed(2, "a"), login(3, "a"))
    whole = read(tmp_path, content, slice_records=1)
    assert [cells.get("src_port") for cells in whole.cells] == ["1001"] * 3


def test_what_a_row_says_itself_stands(tmp_path: Path) -> None:
    whole = read(tmp_path, log(connect(1, "a", 1001), login(2, "a", src_port=7)))
    assert [cells["src_port"] for cells in whole.cells] == ["1001", "7"]


def test_names_that_are_too_long_and_rows_without_a_session_are_left_alone(
    tmp_path: Path,
) -> None:
    content = log(connect(1, "a" * 129, 1001), login(2, "a" * 129), login(3, ""))
    whole = read(tmp_path, content)
    assert [cells.get("src_port") for cells in whole.cells] == ["1001", None, None]
    assert whole.notes["session_unknown"] == 0


# --- the bounds -----------------------------------------------------------------------------


def test_of_too_many_sessions_the_closed_ones_are_forgotten_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_survey, "MOST_FOLLOWED", 2)
    rows = [connect(1, "a", 1), connect(2, "b", 2), closed(3, "b"), connect(4, "c", 3)]
    content = lines([*rows, login(5, "a"), login(6, "b"), login(7, "c")])
    whole = read(tmp_path, content, slice_records=4)
    assert [cells.get("src_port") for cells in whole.cells[4:]] == ["1", None, "3"]
    assert whole.notes["session_unknown"] == 1


def test_of_too_many_open_sessions_the_oldest_are_forgotten_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_survey, "MOST_FOLLOWED", 2)
    names = ("a", "b", "a", "c")  # opened once more, a session is a new one
    opening = [connect(number, name, number) for number, name in enumerate(names, 1)]
    content = lines([*opening, *(login(5, name) for name in "abc")])
    whole = read(tmp_path, content, slice_records=4)
    assert [cells.get("src_port") for cells in whole.cells[4:]] == ["3", None, "4"]


def test_a_content_hands_on_no_more_than_a_bounded_number_of_sessions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(session_survey, "MOST_HANDED_ON", 3)
    opening = [connect(1, f"s{number}", number + 1) for number in range(5)]
    logins = [login(2, f"s{number}") for number in range(5)]
    whole = read(tmp_path, lines([*opening, *logins]), slice_records=5)
    assert len(whole.survey.slices[1].sessions) == 3
    assert whole.notes["session_unknown"] == 2


# --- lines read quickly ---------------------------------------------------------------------

_CELLS = st.dictionaries(
    st.sampled_from(["session", "sensor", "eventid", "version", "src_port", "message", "data"]),
    st.one_of(
        st.sampled_from(["a", "cowrie.session.connect", "cowrie.client.version", "", '"session": "'
                         '"b"', "\\", "{", "}", "é", "\ud800", "x" * 200, "sensor"]),
        st.integers(0, 9), st.none(), st.booleans(),
        st.just({"session": "inner"}), st.just(["session", "sensor"]),
    ),
    max_size=7,
)  # fmt: skip


@given(cells=_CELLS, ascii_only=st.booleans(), wide=st.booleans())
def test_a_line_that_is_searched_through_says_what_it_says_when_it_is_parsed(
    cells: Mapping[str, object], ascii_only: bool, wide: bool
) -> None:
    text = json.dumps(cells, ensure_ascii=ascii_only, separators=(" , ", " : ") if wide else None)
    record = text.encode("utf-8", "surrogatepass")
    reader = RowReader(SESSIONS)
    quick, exact = reader.read(record), reader._exactly(record)
    assert exact is None or quick == exact
    assert exact is not None or quick is None or "\ud800" in text or "\\ud800" in text


def test_a_line_that_is_no_json_is_of_no_session() -> None:
    reader = RowReader(SESSIONS)
    assert reader.read(b"no json") is None
    assert reader.read(b'{"session": "a\xff"}') is None
    assert reader.time(b"[]") == ""


def test_keys_of_sessions_do_not_run_into_each_other() -> None:
    names = ["", 'a", "b', "a", "b"]
    keys = {session_key(sensor, session) for sensor in names for session in names if session}
    assert len(keys) == 12
