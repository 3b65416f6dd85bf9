"""The lists file: what is read from it, and how mistakes in it are told."""

from __future__ import annotations

import datetime as dt
import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.engine.nightly.audience_worlds import World, report_type

from tocsin.catalogue.entries import Catalogue
from tocsin.catalogue.load import load_catalogue
from tocsin.engine.nightly.lists_form.places import lines_of
from tocsin.engine.nightly.snapshot import MOST_PROBLEMS, Snapshot, read_snapshot
from tocsin.engine.nightly.snapshot_warnings import MOST_OVERLAPS, counts_of, warnings_of
from tocsin.engine.nightly.subscribers import FilterKind, Validity
from tocsin.model.errors import SnapshotError
from tocsin.model.severity import Severity

GOOD = """{"format": "tocsin-lists/1",
 "organisations": [
  {"id": "isp", "name": "ISP", "kind": "owner", "networks": [
    {"asn": 64496},
    {"cidr": "192.0.2.0/24", "valid_from": "2026-11-22"},
    {"domain": "Example.org."}]},
  {"id": "cert", "name": "CERT", "kind": "national_cert", "networks": [{"country": "XX"}]}],
 "lists": [
  {"id": 1, "name": "isp", "organisation": "isp", "filter": "asn", "delta": true},
  {"id": 2, "name": "isp", "organisation": "isp", "filter": "cidr",
   "valid_to": "2026-12-01T06:00:00+01:00", "least_severity": "high"},
  {"id": 3, "name": "cert", "organisation": "cert", "filter": "geo",
   "types": {"except": ["type_a"]}}],
 "suppressions": [
  {"id": "s", "lists": [1, 2], "address": "192.0.2.1", "kind": "fixed", "before": "2026-11-22"}]}
"""

CATALOGUE = Catalogue({}, {}, {}, {"type_a": report_type(aliases=("old",))}, {}, "test")


def _read(folder: Path, content: str | bytes, catalogue: Catalogue | None = None) -> Snapshot:
    path = folder / "lists.json"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_snapshot(path, catalogue)


def _problems(folder: Path, content: str, catalogue: Catalogue | None = None) -> list[str]:
    """Each mistake as `line: what`, sorted."""
    with pytest.raises(SnapshotError) as caught:
        _read(folder, content, catalogue)
    assert all(problem.where.endswith("lists.json") for problem in caught.value.problems)
    return [f"{problem.line}: {problem.what}" for problem in caught.value.problems]


def test_a_good_file_reads_as_it_says(tmp_path: Path) -> None:
    snapshot = _read(tmp_path, GOOD, CATALOGUE)
    one, two, three = (snapshot.lists[number] for number in (1, 2, 3))
    assert [str(network) for network in one.networks] == ["AS64496"]
    assert (one.delta, one.national_cert, one.least_severity) == (True, False, Severity.INFO)
    day = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    end = dt.datetime(2026, 12, 1, 5, tzinfo=dt.UTC)
    assert [network.valid for network in two.networks] == [Validity(day, end)]
    assert two.least_severity is Severity.HIGH
    assert (three.national_cert, three.filter) == (True, FilterKind.GEO)
    assert not three.takes(report_type())
    assert [network.value for network in snapshot.organisations["isp"].networks] == [
        "64496",
        "192.0.2.0/24",
        "example.org",
    ]
    assert snapshot.suppressions[0].lists == {1, 2}


def test_boundaries_are_those_of_networks_that_reach_a_list_strictly_within(
    tmp_path: Path,
) -> None:
    snapshot = _read(tmp_path, GOOD)
    day = dt.datetime(2026, 11, 22, tzinfo=dt.UTC)
    week = dt.timedelta(days=7)
    end = dt.datetime(2026, 12, 1, 5, tzinfo=dt.UTC)
    assert snapshot.boundaries(day - week, day + 2 * week) == (day, end)
    assert snapshot.boundaries(day, end) == ()


def test_white_space_and_order_do_not_change_the_hash_and_content_does(tmp_path: Path) -> None:
    said = json.loads(GOOD)
    shuffled = {key: said[key] for key in sorted(said, reverse=True)}
    shuffled["lists"] = shuffled["lists"][::-1]
    first = _read(tmp_path, GOOD).sha256
    assert _read(tmp_path, json.dumps(shuffled, indent=7)).sha256 == first
    assert _read(tmp_path, GOOD.replace("64496", "64497")).sha256 != first


def test_every_mistake_is_told_at_once_with_its_line(tmp_path: Path) -> None:
    bad = (
        GOOD.replace('"tocsin-lists/1"', '"tocsin-lists/2"')
        .replace("64496", '"AS64496"')
        .replace("192.0.2.0/24", "192.0.2.1/24")
        .replace('{"domain": "Example.org."}', '{"mail": "example.org"}')
        .replace('"country": "XX"', '"country": "xx"')
        .replace('"delta": true', '"delta": 1')
        .replace('"filter": "cidr"', '"filter": "net"')
        .replace('"id": 3', '"id": 1')
        .replace('"type_a"', '"type_z"')
        .replace('"before"', '"until"')
    )
    assert _problems(tmp_path, bad, CATALOGUE) == [
        "1: format is 'tocsin-lists/2', not 'tocsin-lists/1'",
        "4: asn is 'AS64496', not a whole number from 1 to 4294967295",
        "5: '192.0.2.1/24' has bits set behind its length; 192.0.2.0/24 was meant?",
        "6: unknown key 'mail'",
        "6: {'mail': 'example.org'} is no network",
        "7: country is 'xx', not two capital letters (ISO 3166)",
        "9: delta is 1, not true or false",
        "10: filter is 'net', none of asn, cidr, geo, domain",
        "12: a second list with the id 1",
        "13: there is no report type 'type_z'",
        "15: 'until' has no meaning for the kind fixed",
        "15: the kind fixed needs the key 'before'",
    ]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ('"id": "cert"', '"id": "isp"', "7: a second organisation with the id 'isp'"),
        ('"organisation": "cert"', '"organisation": "c"', "12: there is no organisation 'c'"),
        ('"name": "cert"', '"name": "../x"', "12: the name '../x' cannot be part of a file name"),
        ('"name": "cert"', '"name": "a\\nb"', "12: name is 'a\\nb', not a text of printable"),
        ('"id": 3', '"id": 0', "12: id is 0, not a whole number from 1 to 9223372036854775807"),
        ('"id": 3', '"id": true', "12: id is True, not a whole number"),
        ('"kind": "owner"', '"kind": "friend"', "3: kind is 'friend', none of owner, national"),
        ('"least_severity": "high"', '"least_severity": "bad"', "11: severity 'bad' is none of"),
        ('{"asn": 64496}', '{"asn": 64496, "cidr": "192.0.2.0/24"}', "4: {'asn': 64496, 'cidr'"),
        ('{"asn": 64496}', "7", "4: 7 stands where an object belongs"),
        ('{"asn": 64496}', '{"asn": 64496, "asn": 64497}', "4: the key 'asn' stands here twice"),
        ('"domain": "Example.org."', '"domain": "192.0.2.1"', "6: domain is '192.0.2.1'"),
        ('"domain": "Example.org."', '"domain": "*.example.org"', "6: domain is '*.example"),
        ('"domain": "Example.org."', '"domain": ""', "6: domain is ''"),
        ('"valid_from": "2026-11-22"', '"valid_from": "soon"', "5: valid_from is 'soon', no date"),
        ('"valid_from": "2026-11-22"', '"valid_from": null', "5: valid_from is None, no date"),
        (
            '"valid_from": "2026-11-22"',
            '"valid_from": "2026-11-22", "valid_to": "2026-11-22"',
            "5: valid_to is not later than valid_from",
        ),
        ('{"except": ["type_a"]}', "{}", "13: types says neither or both"),
        ('"lists": [1, 2]', '"lists": [1, 9]', "15: there is no list with the id 9"),
        ('"address": "192.0.2.1"', '"address": "host"', "15: 'host' is not an IP address"),
        ('"delta": true', '"networks": [{"asn": 64499}]', "9: AS64499 is no network of the list"),
        (
            '"delta": true',
            '"networks": [{"domain": "example.org"}]',
            "9: example.org is no network for the filter asn",
        ),
        ('"filter": "geo"', '"filter": "geo", "colour": 1', "12: unknown key 'colour'"),
        (', "filter": "geo"', "", "12: the key 'filter' is missing"),
    ],
)
def test_a_mistake_is_named_in_its_place(old: str, new: str, problem: str, tmp_path: Path) -> None:
    assert old in GOOD
    problems = _problems(tmp_path, GOOD.replace(old, new), CATALOGUE)
    assert any(each.startswith(problem) for each in problems), problems


def test_two_lists_may_share_a_name_only_with_different_filters(tmp_path: Path) -> None:
    same = GOOD.replace('"filter": "cidr"', '"filter": "asn"')
    assert _problems(tmp_path, same) == ["10: a second list 'isp' with the filter asn"]


def test_without_a_catalogue_report_types_are_taken_as_they_are(tmp_path: Path) -> None:
    changed = GOOD.replace('"type_a"', '"type_z"')
    assert _read(tmp_path, changed).lists[3].never == {"type_z"}


def test_an_older_name_of_a_type_is_a_type(tmp_path: Path) -> None:
    assert (
        not _read(tmp_path, GOOD.replace('"type_a"', '"old"'), CATALOGUE)
        .lists[3]
        .takes(report_type(aliases=("old",)))
    )


def test_a_list_may_take_a_part_of_its_organisations_networks_for_a_time(tmp_path: Path) -> None:
    part = '"networks": [{"asn": 64496, "valid_to": "2026-12-01"}], "valid_from": "2026-11-01"'
    snapshot = _read(tmp_path, GOOD.replace('"delta": true', part))
    (network,) = snapshot.lists[1].networks
    start, end = (dt.datetime(2026, month, 1, tzinfo=dt.UTC) for month in (11, 12))
    assert network.valid == Validity(start, end)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no JSON"),
        (b'{"format": "tocsin-lists/1",\n "lists": }', "no JSON"),
        (b"\xff\xfe{\x00}\x00", "no UTF-8"),
        (b'{"lists": "\xe9"}', "no UTF-8"),
        (b"[" * 100_000, "no JSON"),
        (b'{"x": ' * 100_000, "no JSON"),
        (b'{"lists": ' + b"9" * 5_000 + b"}", "no JSON"),
    ],
)
def test_what_is_no_json_is_one_clear_error(content: bytes, words: str, tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match=words) as caught:
        _read(tmp_path, content)
    assert caught.value.where.endswith("lists.json")
    assert caught.value.todo


@pytest.mark.parametrize("content", ["[]", "7", "null", '"text"', "{}", '{"lists": {}}', "NaN"])
def test_json_of_another_shape_is_told_as_mistakes(content: str, tmp_path: Path) -> None:
    assert _problems(tmp_path, content)


def test_a_missing_file_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(SnapshotError, match="cannot be read"):
        read_snapshot(tmp_path / "none.json", None)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert len(_read(tmp_path, b"\xef\xbb\xbf" + GOOD.encode()).lists) == 3


def test_of_very_many_mistakes_the_first_are_listed_and_all_are_counted(tmp_path: Path) -> None:
    networks = [{"asn": -number} for number in range(500)]
    organisation = {"id": "o", "name": "O", "kind": "owner", "networks": networks}
    said = {"format": "tocsin-lists/1", "organisations": [organisation], "lists": []}
    with pytest.raises(SnapshotError, match="500 mistakes") as caught:
        _read(tmp_path, json.dumps(said, indent=1))
    assert len(caught.value.problems) == MOST_PROBLEMS
    assert caught.value.problems[0].line < caught.value.problems[-1].line


def test_what_a_world_writes_is_read_without_a_mistake(tmp_path: Path) -> None:
    document = World(5).document(organisations=30, lists=80)
    snapshot = _read(tmp_path, json.dumps(document))
    assert (len(snapshot.lists), len(snapshot.organisations)) == (80, 30)


# --- lines --------------------------------------------------------------------------------

VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.text(max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text(max_size=4), inner, max_size=4)
    ),
    max_leaves=12,
)


def _walk(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    if not isinstance(value, dict | list):
        return [path]
    inner = value.items() if isinstance(value, dict) else enumerate(value)
    return [path, *(found for key, each in inner for found in _walk(each, (*path, key)))]


@settings(max_examples=cases(66), deadline=None)
@given(VALUES)
def test_each_value_is_found_in_the_order_of_the_text_line_by_line(value: Any) -> None:
    """Indented JSON has one value a line, so the n-th value stands on a line of its own."""
    text = json.dumps(value, indent=1, ensure_ascii=False)
    paths = _walk(value)
    lines = lines_of(text, set(paths))
    found = [lines[path] for path in paths]
    assert found == sorted(set(found))
    said = text.split("\n")
    for path, line in lines.items():
        if path and isinstance(path[-1], str):
            assert said[line - 1].lstrip().startswith(json.dumps(path[-1], ensure_ascii=False))


def test_a_value_that_is_not_there_has_its_containers_line() -> None:
    assert lines_of('{\n"a": [\n{}]}', {("a", 0, "b"), ("c",)}) == {("a", 0, "b"): 3, ("c",): 1}


# --- warnings -----------------------------------------------------------------------------


def _warned(folder: Path, *networks: list[dict[str, Any]], kind: str = "owner") -> list[str]:
    organisations = [
        {"id": f"o{number}", "name": "O", "kind": kind, "networks": each}
        for number, each in enumerate(networks)
    ]
    said = {"format": "tocsin-lists/1", "organisations": organisations, "lists": []}
    return warnings_of(_read(folder, json.dumps(said)))


def test_a_list_that_gets_nothing_is_pointed_out(tmp_path: Path) -> None:
    warnings = warnings_of(_read(tmp_path, GOOD.replace('"filter": "geo"', '"filter": "asn"')))
    assert warnings == ["list 3 (cert, asn) gets nothing: cert has no network for its filter"]
    assert warnings_of(_read(tmp_path, GOOD)) == []


def test_networks_that_two_owners_claim_are_pointed_out(tmp_path: Path) -> None:
    assert _warned(
        tmp_path,
        [{"cidr": "192.0.2.0/24"}, {"asn": 64496}, {"cidr": "192.0.2.0/25"}, {"cidr": "::/8"}],
        [{"cidr": "192.0.2.7"}, {"asn": 64496}, {"cidr": "198.51.100.0/24"}],
    ) == [
        "AS64496 of o1 is also claimed by o0",
        "192.0.2.7/32 of o1 is also claimed by o0, within 192.0.2.0/24",
        "192.0.2.7/32 of o1 is also claimed by o0, within 192.0.2.0/25",
    ]


def test_a_network_that_was_handed_over_is_claimed_once(tmp_path: Path) -> None:
    assert not _warned(
        tmp_path,
        [{"cidr": "192.0.2.0/24", "valid_to": "2026-11-22"}],
        [{"cidr": "192.0.2.0/24", "valid_from": "2026-11-22"}],
    )


def test_national_certs_may_claim_what_owners_do(tmp_path: Path) -> None:
    claim = [{"cidr": "192.0.2.0/24"}]
    assert not _warned(tmp_path, claim, claim, kind="national_cert")


def test_a_prefix_broader_than_8_bits_is_pointed_out_in_either_family(tmp_path: Path) -> None:
    networks = [{"cidr": text} for text in ("0.0.0.0/7", "0.0.0.0/8", "2000::/3", "2000::/8")]
    assert _warned(tmp_path, networks) == [
        "0.0.0.0/7 of o0 is broader than /8",
        "2000::/3 of o0 is broader than /8",
    ]


def test_very_many_overlaps_are_summed_up(tmp_path: Path) -> None:
    claims = [{"asn": number} for number in range(1, 101)]
    warnings = _warned(tmp_path, claims, claims)
    assert len(warnings) == MOST_OVERLAPS + 1
    assert warnings[-1] == "80 more networks are claimed twice"


def test_a_suppression_that_names_no_owners_list_is_pointed_out(tmp_path: Path) -> None:
    warnings = warnings_of(_read(tmp_path, GOOD.replace('"lists": [1, 2]', '"lists": [3]')))
    assert warnings == ["suppression s does nothing: it names no list of a network owner"]


def test_counts_are_by_kind(tmp_path: Path) -> None:
    counts = counts_of(_read(tmp_path, GOOD))
    assert counts["lists"] == {"asn": 1, "cidr": 1, "geo": 1}
    assert counts["networks"] == {"asn": 1, "cidr": 1, "domain": 1, "geo": 1}
    assert counts["organisations"] == {"national_cert": 1, "owner": 1}
    assert counts["suppressions"] == {"fixed": 1}


def test_the_documented_example_is_a_file_without_a_mistake(tmp_path: Path) -> None:
    page = Path(__file__).parents[3] / "docs" / "operators" / "lists.md"
    (example,) = re.findall(r"^```json\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)
    snapshot = _read(tmp_path, example, load_catalogue())
    assert sorted(snapshot.lists) == [1001, 1002, 2001]
    assert warnings_of(snapshot) == []
