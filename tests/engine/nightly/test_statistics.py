"""The cube against a count in plain Python, and the few rules that a count alone does not show."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.engine.nightly.published_worlds import (
    DAY,
    Row,
    catalogue,
    matched,
    report_type,
    row,
)

from tocsin.catalogue.entries import ReportType, SubjectKind
from tocsin.engine.lake.parquet import write_parquet
from tocsin.engine.nightly import statistics
from tocsin.engine.nightly.statistics import CUBE, statistics_cube
from tocsin.model.terms import Terms

SINKHOLE = report_type(
    "event4_sinkhole",
    ["timestamp", "src_ip", "src_asn", "src_geo", "infection", "family", "tag"],
    subject="src_ip",
)
BRUTE = report_type(
    "event4_honeypot_brute_force",
    ["timestamp", "src_ip", "src_asn", "src_geo", "infection"],
    subject="src_ip",
)
BLOCKLIST = report_type(
    "blocklist",
    ["timestamp", "ip", "asn", "geo", "tag"],
    subject="ip",
    kind=SubjectKind.PREFIX,
    area="spam_relays",
)
ACCOUNT = report_type(
    "compromised_account",
    ["timestamp", "email", "tag"],
    subject="email",
    kind=SubjectKind.DOMAIN,
    area="compromised_hosts",
)
TYPES = {each.id: each for each in (SINKHOLE, BRUTE, BLOCKLIST, ACCOUNT)}
CATALOGUE = catalogue(*TYPES.values())
UNCOUNTED = Terms(statistics=False)

Unit = tuple[str, bool, Sequence[Row]]
Figure = tuple[int, int, int]
KEYS = ("level", "area", "report_type", "country", "asn", "family", "tag", "delayed")


def _cube(units: Sequence[Unit], directory: Path) -> pa.Table:
    published = []
    for number, (name, delayed, rows) in enumerate(units):
        path = directory / f"{number}.parquet"
        write_parquet(matched(TYPES[name], rows), path)
        published.append((name, delayed, path))
    return statistics_cube(published, CATALOGUE, DAY)


def _figures(cube: pa.Table) -> dict[tuple[object, ...], Figure]:
    found = {}
    for each in cube.to_pylist():
        assert each["day"] == DAY
        key = tuple(each[name] for name in KEYS)
        assert key not in found
        found[key] = (each["addresses"], each["rows"], each["events"])
    return found


# --- the oracle -------------------------------------------------------------------------


def _expected(units: Sequence[Unit], most_tags: int) -> dict[tuple[object, ...], Figure]:
    groups: dict[tuple[object, ...], list[Row]] = defaultdict(list)
    for name, delayed, rows in units:
        kind = TYPES[name]
        counted = [each for each in rows if each["_terms"] != UNCOUNTED.to_text()]
        kept = _kept_tags(counted, kind, most_tags)
        for each in counted:
            for key in _keys(each, kind, delayed, kept):
                groups[key].append({**each, "subject": _subject(each, kind)})
    return {key: _figure(rows) for key, rows in groups.items()}


def _figure(rows: Iterable[Row]) -> Figure:
    rows = list(rows)
    subjects = {each["subject"] for each in rows} - {None}
    return len(subjects), len(rows), sum(int(str(each["_count"])) for each in rows)


def _keys(
    each: Row, kind: ReportType, delayed: bool, kept: set[str]
) -> Iterator[tuple[object, ...]]:
    prefix = "src_" if kind.subject.column == "src_ip" else ""
    of_type = (kind.area, kind.id)
    family = "family" if kind.column("family") else "infection"
    yield ("total", None, None, None, None, None, None, delayed)
    yield ("area", kind.area, None, None, None, None, None, delayed)
    yield ("type", *of_type, None, None, None, None, delayed)
    yield ("type_country", *of_type, each.get(f"{prefix}geo"), None, None, None, delayed)
    yield ("type_asn", *of_type, None, each.get(f"{prefix}asn"), None, None, delayed)
    yield ("type_family", *of_type, None, None, each.get(family), None, delayed)
    for tag in {tag if tag in kept else "other" for tag in _tags(each, kind)}:
        yield ("type_tag", *of_type, None, None, None, tag, delayed)


def _tags(each: Row, kind: ReportType) -> set[str]:
    cell = each.get("tag") if kind.column("tag") else None
    return {part.strip(" ") for part in re.split("[;,]", str(cell or ""))} - {""}


def _kept_tags(rows: Iterable[Row], kind: ReportType, most: int) -> set[str]:
    seen: dict[str, list[object]] = defaultdict(list)
    for each in rows:
        for tag in _tags(each, kind) - {"other"}:
            seen[tag].append(_subject(each, kind))
    ranked = sorted(seen, key=lambda tag: (-len(set(seen[tag]) - {None}), -len(seen[tag]), tag))
    return set(ranked[:most])


def _subject(each: Row, kind: ReportType) -> object:
    if kind is ACCOUNT:
        return each.get("email")
    if "_subject_hi" not in each:
        return None
    return (each["_subject_hi"], each["_subject_lo"], each["_subject_len"])


ADDRESSES = st.sampled_from([None, "192.0.2.1", "192.0.2.2", "2001:db8::1"])
PREFIXES = st.sampled_from([None, "192.0.2.1", "192.0.2.0/28", "192.0.2.0/24"])
PLACES = st.sampled_from([None, "XA", "XB"])
NUMBERS = st.sampled_from([None, 64496, 64497])
WORDS = st.sampled_from([None, "", "bot", "worm"])
TAGS = st.sampled_from([None, "", ";", "a", "a;b", "b,c", " a ; a ", "other", "d;other;e"])
TERMS = st.sampled_from([Terms(), Terms(masked=frozenset({"tag"})), UNCOUNTED])


def _rows(name: str) -> st.SearchStrategy[list[Row]]:
    kind = TYPES[name]
    cells = {
        "src_geo": PLACES,
        "geo": PLACES,
        "src_asn": NUMBERS,
        "asn": NUMBERS,
        "infection": WORDS,
        "family": WORDS,
        "tag": TAGS,
        "email": st.sampled_from([None, "a@example.org", "b@example.org"]),
    }
    subjects = {BLOCKLIST.id: PREFIXES, ACCOUNT.id: st.none()}.get(name, ADDRESSES)
    one = st.builds(
        lambda subject, terms, count, said: (
            row(0, subject=subject, terms=terms, count=count) | said
        ),
        subjects,
        TERMS,
        st.integers(1, 5),
        st.fixed_dictionaries({n: s for n, s in cells.items() if kind.column(n)}),
    )
    return st.lists(one, max_size=24).map(
        lambda rows: [{**each, "_id": n.to_bytes(16, "big")} for n, each in enumerate(rows)]
    )


UNITS = st.fixed_dictionaries(
    {(name, delayed): _rows(name) for name in TYPES for delayed in (False, True)}
).map(lambda said: [(name, delayed, rows) for (name, delayed), rows in said.items()])


@given(UNITS, st.sampled_from([1, 2, 1_000]))
@settings(
    max_examples=cases(6),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_every_figure_is_what_counting_by_hand_gives(
    tmp_path: Path, units: list[Unit], most_tags: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(statistics, "MOST_TAGS", most_tags)
        cube = _cube(units, tmp_path)
        assert _cube(units[::-1], tmp_path).equals(cube)
    assert _figures(cube) == _expected(units, most_tags)


# --- told one by one --------------------------------------------------------------------


def _of(cube: pa.Table, level: str, **keys: object) -> Figure:
    found = [
        (each["addresses"], each["rows"], each["events"])
        for each in cube.to_pylist()
        if each["level"] == level and all(each[name] == value for name, value in keys.items())
    ]
    assert len(found) == 1
    return found[0]


def test_a_machine_of_two_types_is_one_machine_in_area_and_total(tmp_path: Path) -> None:
    one = row(1, subject="192.0.2.1", count=4)
    cube = _cube([(SINKHOLE.id, False, [one]), (BRUTE.id, False, [one])], tmp_path)
    assert _of(cube, "area", area="drones") == (1, 2, 8)
    assert _of(cube, "total") == (1, 2, 8)


def test_rows_that_came_late_are_counted_apart(tmp_path: Path) -> None:
    one = row(1, subject="192.0.2.1")
    cube = _cube([(SINKHOLE.id, False, [one]), (SINKHOLE.id, True, [one])], tmp_path)
    assert _of(cube, "total", delayed=False) == (1, 1, 1)
    assert _of(cube, "total", delayed=True) == (1, 1, 1)


def test_rarer_tags_are_one_group_that_counts_each_machine_once(tmp_path: Path) -> None:
    rows = [row(n, subject="192.0.2.1") | {"tag": f"rare-{n:04};common"} for n in range(1_003)]
    cube = _cube([(SINKHOLE.id, False, rows)], tmp_path)
    assert cube.column("tag").drop_null().unique().to_pylist().count("other") == 1
    assert _of(cube, "type_tag", tag="common") == (1, 1_003, 1_003)
    assert _of(cube, "type_tag", tag="other") == (1, 4, 4)
    tags = [each for each in cube.to_pylist() if each["level"] == "type_tag"]
    assert len(tags) == 1_001


def test_hostile_words_are_words(tmp_path: Path) -> None:
    word = "'); DROP TABLE cube; --\x00\n\"$most"
    cube = _cube([(SINKHOLE.id, False, [row(1) | {"family": word, "src_geo": word}])], tmp_path)
    assert _of(cube, "type_family", family=word) == (0, 1, 1)
    assert _of(cube, "type_country", country=word) == (0, 1, 1)


def test_a_day_without_rows_has_an_empty_cube_of_the_same_form(tmp_path: Path) -> None:
    assert statistics_cube([], CATALOGUE, DAY).schema.equals(CUBE, check_metadata=True)
    assert _cube([(SINKHOLE.id, False, [])], tmp_path).num_rows == 0
