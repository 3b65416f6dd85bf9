"""What matching promises, one promise a test."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pytest
from tests.engine.nightly.audience_oracle import Doc, Row
from tests.engine.nightly.audience_worlds import DAY, report_type, snapshot_of, table_of

from tocsin.engine.nightly.match import Matcher

HOUR = dt.timedelta(hours=1)


def _row(**cells: Any) -> Row:
    return {
        "subject": None,
        "origins": [],
        "countries": [],
        "domains": [],
        "severity": 3,
        "terms": {"tlp": "amber", "owners": True, "national_certs": True, "lists": []},
        "timestamp": DAY,
        "last": DAY,
        "rule": None,
        "port": None,
        **cells,
    }


def _document(
    *networks: Doc, kind: str = "owner", filters: tuple[str, ...] = (), **said: Any
) -> Doc:
    """One organisation; a list of each filter, ids from 1."""
    wanted = filters or ("asn", "cidr", "geo", "domain")
    return {
        "format": "tocsin-lists/1",
        "organisations": [{"id": "o", "name": "O", "kind": kind, "networks": list(networks)}],
        "lists": [
            {"id": number, "name": "l", "organisation": "o", "filter": word, **said}
            for number, word in enumerate(wanted, start=1)
        ],
    }


class Case:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def audiences(self, document: Doc, *rows: Row, **type_changes: Any) -> list[tuple[int, ...]]:
        matcher = Matcher(snapshot_of(document, self.folder))
        matched = matcher.match(table_of(list(rows)), report_type(**type_changes))
        return [matched.audiences[number] for number in matched.audience.tolist()]

    def explain(self, document: Doc, row: Row, list_id: int) -> list[str]:
        matcher = Matcher(snapshot_of(document, self.folder))
        cells = table_of([row]).to_pylist()[0]
        return [reason.words for reason in matcher.explain(cells, report_type(), list_id)]


@pytest.fixture
def case(tmp_path: Path) -> Case:
    return Case(tmp_path)


def test_an_overlap_means_one_row_in_each_list(case: Case) -> None:
    document = _document(
        {"asn": 64496}, {"cidr": "192.0.2.0/24"}, {"country": "XX"}, {"domain": "example.org"}
    )
    row = _row(subject="192.0.2.7", origins=[64496], countries=["XX"], domains=["mail.example.org"])
    assert case.audiences(document, row) == [(1, 2, 3, 4)]


def test_two_networks_of_one_list_bring_a_row_once(case: Case) -> None:
    document = _document(
        {"cidr": "192.0.2.0/24"}, {"cidr": "192.0.2.0/25"}, {"asn": 64496}, {"asn": 64497}
    )
    row = _row(subject="192.0.2.7", origins=[64496, 64497])
    assert case.audiences(document, row) == [(1, 2)]


def test_all_origins_count_not_only_the_one_that_most_see(case: Case) -> None:
    document = _document({"asn": 64497})
    assert case.audiences(document, _row(origins=[64496, 64497, 64498])) == [(1,)]


def test_a_row_that_nobody_answers_for_has_the_audience_zero(tmp_path: Path) -> None:
    snapshot = snapshot_of(_document({"asn": 64496}), tmp_path)
    matched = Matcher(snapshot).match(table_of([_row(origins=[64499])]), report_type())
    assert matched.audience.tolist() == [0]
    assert matched.audiences == [()]


def test_an_empty_table_has_only_the_audience_of_nobody(tmp_path: Path) -> None:
    snapshot = snapshot_of(_document({"asn": 64496}), tmp_path)
    matched = Matcher(snapshot).match(table_of([_row()]).slice(0, 0), report_type())
    assert matched.audience.tolist() == []
    assert matched.audiences == [()]


def test_a_snapshot_without_lists_tells_nobody(case: Case) -> None:
    document = {"format": "tocsin-lists/1", "organisations": [], "lists": []}
    assert case.audiences(document, _row(subject="192.0.2.7", origins=[64496])) == [()]


@pytest.mark.parametrize(
    ("subject", "reached"),
    [
        ("192.0.2.0", True),
        ("192.0.2.255", True),
        ("192.0.1.255", False),
        ("192.0.3.0", False),
        ("192.0.2.128/25", True),
        ("192.0.0.0/22", True),
        ("192.0.2.0/24", True),
        ("192.0.3.0/24", False),
        ("2001:db8::1", False),
        (None, False),
    ],
)
def test_a_prefix_brings_what_it_holds_and_what_overlaps_it(
    case: Case, subject: str | None, reached: bool
) -> None:
    document = _document({"cidr": "192.0.2.0/24"}, filters=("cidr",))
    assert case.audiences(document, _row(subject=subject)) == [(1,) if reached else ()]


def test_all_of_one_family_is_nothing_of_the_other(case: Case) -> None:
    rows = [_row(subject="192.0.2.7"), _row(subject="2001:db8::7"), _row(subject="2001:db8::/32")]
    everything_v6 = _document({"cidr": "::/0"}, filters=("cidr",))
    everything_v4 = _document({"cidr": "0.0.0.0/0"}, filters=("cidr",))
    assert case.audiences(everything_v6, *rows) == [(), (1,), (1,)]
    assert case.audiences(everything_v4, *rows) == [(1,), (), ()]


def test_the_last_address_of_all_belongs_to_the_prefix_that_ends_there(case: Case) -> None:
    last = "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"
    document = _document({"cidr": f"{last}/128"}, {"cidr": "255.255.255.0/24"}, filters=("cidr",))
    rows = [_row(subject=last), _row(subject="255.255.255.255"), _row(subject="::1")]
    assert case.audiences(document, *rows) == [(1,), (1,), ()]


@pytest.mark.parametrize(
    ("name", "reached"),
    [
        ("example.org", True),
        ("a.b.example.org", True),
        ("myexample.org", False),
        ("example.org.example.net", False),
        ("org", False),
    ],
)
def test_a_domain_brings_itself_and_what_lies_under_it(
    case: Case, name: str, reached: bool
) -> None:
    document = _document({"domain": "example.org"}, filters=("domain",))
    assert case.audiences(document, _row(domains=[name])) == [(1,) if reached else ()]


def test_a_registry_answers_for_its_top_level_domain(case: Case) -> None:
    document = _document({"domain": "example"}, filters=("domain",))
    assert case.audiences(document, _row(domains=["www.shop.example"])) == [(1,)]


def test_a_network_is_valid_from_a_moment_on_and_before_another(case: Case) -> None:
    begin, end = DAY + 6 * HOUR, DAY + 12 * HOUR
    document = _document(
        {"asn": 64496, "valid_from": begin.isoformat(), "valid_to": end.isoformat()},
        filters=("asn",),
    )
    tick = dt.timedelta(microseconds=1)
    times = [begin - tick, begin, end - tick, end]
    rows = [_row(origins=[64496], timestamp=time) for time in times]
    assert case.audiences(document, *rows) == [(), (1,), (1,), ()]


@pytest.mark.parametrize("bound", ["valid_from", "valid_to"])
def test_a_boundary_at_the_last_moment_of_a_table_counts(case: Case, bound: str) -> None:
    document = _document({"asn": 64496, bound: (DAY + HOUR).isoformat()}, filters=("asn",))
    rows = [_row(origins=[64496]), _row(origins=[64496], timestamp=DAY + HOUR)]
    expected = [(), (1,)] if bound == "valid_from" else [(1,), ()]
    assert case.audiences(document, *rows) == expected


def test_a_network_that_changed_hands_thrice_in_a_day_tells_each_owner_its_hours(
    case: Case,
) -> None:
    document = _document({"asn": 64496})
    document["organisations"] = [
        {
            "id": f"o{number}",
            "name": "O",
            "kind": "owner",
            "networks": [
                {
                    "cidr": "192.0.2.0/24",
                    "valid_from": (DAY + 6 * number * HOUR).isoformat(),
                    "valid_to": (DAY + 6 * (number + 1) * HOUR).isoformat(),
                }
            ],
        }
        for number in range(4)
    ]
    document["lists"] = [
        {"id": number + 1, "name": f"l{number}", "organisation": f"o{number}", "filter": "cidr"}
        for number in range(4)
    ]
    rows = [_row(subject="192.0.2.7", timestamp=DAY + hour * HOUR) for hour in range(24)]
    assert case.audiences(document, *rows) == [(hour // 6 + 1,) for hour in range(24)]


def test_a_row_older_than_the_day_goes_to_whom_the_network_was_then(case: Case) -> None:
    document = _document({"asn": 64496, "valid_to": "2026-11-20"}, filters=("asn",))
    rows = [
        _row(origins=[64496], timestamp=DAY - 24 * days * HOUR, last=DAY) for days in (0, 2, 3, 6)
    ]
    assert case.audiences(document, *rows) == [(), (), (1,), (1,)]


def test_an_organisation_may_hold_a_network_again_after_a_gap(case: Case) -> None:
    document = _document(
        {"asn": 64496, "valid_to": "2026-11-20"},
        {"asn": 64496, "valid_from": "2026-11-22"},
        filters=("asn",),
    )
    rows = [_row(origins=[64496], timestamp=DAY - 24 * days * HOUR) for days in (0, 1, 2, 3)]
    assert case.audiences(document, *rows) == [(1,), (), (), (1,)]


def test_terms_decide_between_owners_certs_and_named_lists(case: Case) -> None:
    network = {"asn": 64496}
    owner = _document(network, filters=("asn",))
    cert = _document(network, kind="national_cert", filters=("asn",))
    nobody = {"tlp": "amber", "owners": False, "national_certs": False, "lists": []}
    offers = [
        {**nobody, "owners": True},
        {**nobody, "national_certs": True},
        {**nobody, "lists": [1]},
        {**nobody, "lists": [2]},
        nobody,
    ]
    rows = [_row(origins=[64496], terms=offer) for offer in offers]
    assert case.audiences(owner, *rows) == [(1,), (), (1,), (), ()]
    assert case.audiences(cert, *rows) == [(), (1,), (1,), (), ()]


def test_a_list_gets_its_least_severity_and_worse(case: Case) -> None:
    document = _document({"asn": 64496}, filters=("asn",), least_severity="medium")
    rows = [_row(origins=[64496], severity=severity) for severity in range(5)]
    assert case.audiences(document, *rows) == [(), (), (1,), (1,), (1,)]


def test_types_may_be_named_by_an_older_name(case: Case) -> None:
    only = _document({"asn": 64496}, filters=("asn",), types={"only": ["old_name"]})
    never = _document({"asn": 64496}, filters=("asn",), types={"except": ["old_name"]})
    row = _row(origins=[64496])
    assert case.audiences(only, row) == [()]
    assert case.audiences(only, row, aliases=("old_name",)) == [(1,)]
    assert case.audiences(never, row) == [(1,)]
    assert case.audiences(never, row, aliases=("old_name",)) == [()]


def test_a_suppression_never_reaches_a_national_cert(case: Case) -> None:
    suppression = {
        "id": "s",
        "lists": [1],
        "address": "192.0.2.7",
        "kind": "false_positive",
        "until": "2027-01-01",
    }
    row, network = _row(subject="192.0.2.7"), {"cidr": "192.0.2.0/24"}
    owner = _document(network, filters=("cidr",)) | {"suppressions": [suppression]}
    cert = _document(network, kind="national_cert", filters=("cidr",))
    assert case.audiences(owner, row) == [()]
    assert case.audiences(cert | {"suppressions": [suppression]}, row) == [(1,)]


def test_a_repair_hides_what_was_last_seen_up_to_it_and_nothing_after(case: Case) -> None:
    document = _document({"cidr": "192.0.2.0/24"}, filters=("cidr",))
    document["suppressions"] = [
        {
            "id": "s",
            "lists": [1],
            "address": "192.0.2.7",
            "kind": "fixed",
            "before": (DAY + HOUR).isoformat(),
        }
    ]
    lasts = [DAY, DAY + HOUR, DAY + HOUR + dt.timedelta(microseconds=1)]
    rows = [_row(subject="192.0.2.7", last=last) for last in lasts]
    neighbours = [_row(subject="192.0.2.8"), _row(subject="192.0.2.0/24")]
    assert case.audiences(document, *rows, *neighbours) == [(), (), (1,), (1,), (1,)]


def test_a_false_positive_is_reported_again_from_its_end_on(case: Case) -> None:
    document = _document({"cidr": "192.0.2.0/24"}, filters=("cidr",))
    document["suppressions"] = [
        {
            "id": "s",
            "lists": [1],
            "address": "192.0.2.7",
            "kind": "false_positive",
            "until": (DAY + HOUR).isoformat(),
        }
    ]
    rows = [_row(subject="192.0.2.7", last=last) for last in (DAY, DAY + HOUR)]
    assert case.audiences(document, *rows) == [(), (1,)]


def test_a_row_that_two_suppressions_mean_counts_for_the_first_by_id(tmp_path: Path) -> None:
    document = _document({"cidr": "192.0.2.0/24"}, filters=("cidr",))
    said = {"lists": [1], "address": "192.0.2.7", "kind": "fixed", "before": "2027-01-01"}
    document["suppressions"] = [{"id": "b", **said}, {"id": "a", **said}]
    rows = table_of([_row(subject="192.0.2.7")] * 3)
    matched = Matcher(snapshot_of(document, tmp_path)).match(rows, report_type())
    assert matched.suppressed == {"a": 3}


def test_a_row_is_explained_by_each_network_that_brings_it(case: Case) -> None:
    document = _document(
        {"cidr": "192.0.2.0/24"},
        {"cidr": "192.0.2.0/25"},
        {"cidr": "192.0.2.128/25"},
        {"cidr": "192.0.2.7", "valid_to": "2026-11-22"},
        {"asn": 64496},
        {"country": "XX"},
        {"domain": "example.org"},
    )
    row = _row(
        subject="192.0.2.7",
        origins=[64496, 64497],
        countries=["XX"],
        domains=["example.org", "a.example.org", "example.net"],
    )
    assert case.explain(document, row, 1) == ["AS64496 originates the ip"]
    assert case.explain(document, row, 2) == [
        "192.0.2.0/24 holds the ip 192.0.2.7",
        "192.0.2.0/25 holds the ip 192.0.2.7",
    ]
    assert case.explain(document, row, 3) == ["the ip lies in XX"]
    assert case.explain(document, row, 4) == [
        "example.org is example.org",
        "a.example.org lies under example.org",
    ]
    assert case.explain(document, _row(subject="192.0.0.0/22"), 2)[:1] == [
        "192.0.2.0/24 overlaps the ip 192.0.0.0/22"
    ]
    assert case.explain(document, row, 99) == []


def test_no_row_is_explained_by_a_prefix_of_the_other_family(case: Case) -> None:
    document = _document({"cidr": "::/0"}, filters=("cidr",))
    assert case.explain(document, _row(subject="192.0.2.7"), 1) == []
    assert case.explain(document, _row(subject="2001:db8::7"), 1) == [
        "::/0 holds the ip 2001:db8::7"
    ]
