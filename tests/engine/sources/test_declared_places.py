"""Places, objects taken apart by their values, and paths that lead to all items of a list."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from tests.fakes.small_home import SmallHome

from tocsin.engine.sources.json_paths import follow
from tocsin.model.errors import CatalogueError

MOMENT = "2026-11-22T04:12:09Z"


@pytest.fixture
def small(tmp_path: Path) -> SmallHome:
    return SmallHome.make(tmp_path)


def reading(small: SmallHome, columns: Mapping[str, object], **more: object) -> None:
    said = {"report_types": ["event4_sinkhole"], "columns": {"timestamp": "at", **columns}, **more}
    source = {
        "title": "A test",
        "format": "ndjson",
        "reading": said,
        "terms": {"tlp": "amber"},
        "filters": {"reserved_allowed": ["documentation"]},
    }
    small.write_source("partner", yaml.safe_dump(source))


def rows(small: SmallHome, *said: Mapping[str, object]) -> list[dict[str, object]]:
    content = b"".join(json.dumps({"at": MOMENT, **each}).encode() + b"\n" for each in said)
    (record,) = small.collect(small.put("x.json", content), source="partner").records
    assert all(piece.adds_up and not piece.rejected for piece in record.pieces)
    files = sorted((small.home.lake / "records").rglob("*.parquet"))
    found = [row for path in files for row in pq.read_table(path).to_pylist()]
    return sorted(found, key=lambda row: (row["_line"], str(row["src_ip"])))


def test_a_place_is_the_first_of_its_paths_that_leads_to_something(small: SmallHome) -> None:
    places = {"answer": ["chain.0", "last"], "tls": "answer.tls"}
    reading(small, {"src_ip": "ip", "tag": "answer.tag", "family": "tls.name"}, places=places)
    first, second, third = rows(
        small,
        {"ip": "192.0.2.1", "chain": [{"tag": "a"}], "last": {"tag": "b", "tls": {"name": "x"}}},
        {"ip": "192.0.2.2", "chain": [], "last": {"tag": "b", "tls": {"name": "x"}}},
        {"ip": "192.0.2.3"},
    )
    assert (first["tag"], first["family"]) == ("a", None)
    assert (second["tag"], second["family"]) == ("b", "x")
    assert (third["tag"], third["family"], third["_extra"]) == (None, None, None)


def test_what_places_lead_into_is_not_kept_and_a_column_of_their_name_is(small: SmallHome) -> None:
    reading(small, {"src_ip": "ip", "tag": "answer.tag"}, places={"answer": "last"})
    (row,) = rows(small, {"ip": "192.0.2.1", "last": {"tag": "b", "x": 1}, "answer": {"tag": "no"}})
    assert row["tag"] == "b"
    assert json.loads(str(row["_extra"])) == {"answer": '{"tag":"no"}'}


def test_an_object_is_taken_apart_by_its_values_whatever_their_keys(small: SmallHome) -> None:
    columns = {"src_ip": "ip", "tag": "data.tag", "dst_port": "data.port"}
    reading(small, columns, each=[{"of": "data", "as": "values"}])
    found = rows(
        small,
        {
            "ip": "192.0.2.1",
            "data": {"one": {"tag": "a", "port": 1}, "two": {"tag": "b", "port": 2}},
        },
        {"ip": "192.0.2.2", "data": {}},
        {"ip": "192.0.2.3", "data": [{"tag": "c"}]},
        {"ip": "192.0.2.4", "data": "text"},
    )
    assert sorted(str(row["tag"]) for row in found) == ["None", "None", "a", "b", "c"]
    assert len({row["_id"] for row in found}) == 5


def test_a_path_leads_to_all_items_of_a_list(small: SmallHome) -> None:
    reading(small, {"src_ip": "ip", "tag": "found.*.name", "family": "found.*"})
    said = [{"name": "a"}, {"x": 1}, {"name": "b"}, 7]
    first, second = rows(small, {"ip": "192.0.2.1", "found": said}, {"ip": "192.0.2.2", "found": 1})
    assert (first["tag"], second["tag"], second["family"]) == ("a;b", None, None)


@pytest.mark.parametrize(
    ("value", "way", "found"),
    [
        ({"a": {"n": "1"}, "b": {"n": "2"}}, ("*", "n"), ["1", "2"]),
        ([["1"], ["2", "3"]], ("*", "*"), [["1"], ["2", "3"]]),
        ([], ("*",), []),
        ("text", ("*",), []),
        (None, ("*", "n"), []),
    ],
)
def test_all_items_are_those_of_lists_and_objects(
    value: object, way: tuple[str, ...], found: object
) -> None:
    assert follow(value, way) == found


def test_columns_that_are_joined_say_nothing_where_none_of_them_does(small: SmallHome) -> None:
    reading(small, {"src_ip": "ip", "tag": {"of": ["a", "b"], "with": "+"}})
    found = rows(
        small,
        {"ip": "192.0.2.1", "a": "1", "b": "2"},
        {"ip": "192.0.2.2"},
        {"ip": "192.0.2.3", "b": "2"},
        {"ip": "192.0.2.4", "a": "1"},
        {"ip": "192.0.2.5"},
    )
    assert [row["tag"] for row in found] == ["1+2", None, "2", "1", None]


def test_a_place_has_a_name_as_columns_have(small: SmallHome) -> None:
    reading(small, {"src_ip": "ip"}, places={"Not.One": "last"})
    with pytest.raises(CatalogueError) as caught:
        rows(small, {"ip": "192.0.2.1"})
    assert "'Not.One' is no name for a place" in caught.value.message()


def test_of_many_rows_each_keeps_its_own_cells(small: SmallHome) -> None:
    reading(small, {"src_ip": "ip", "tag": "x.tag"}, each=[{"of": "x.items"}])
    said = [
        {"ip": f"192.0.2.{n % 250}", "x": {"tag": str(n), "items": [1] * (n % 3)}}
        for n in range(9_000)
    ]
    found = rows(small, *said)
    assert sorted(int(str(row["tag"])) for row in found) == sorted(
        n for n in range(9_000) for _ in range(max(n % 3, 1))
    )
    assert len({row["_id"] for row in found}) == len(found)
