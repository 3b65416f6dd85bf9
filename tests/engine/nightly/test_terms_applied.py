"""What terms hide, row by row, in tables where every row may have terms of its own."""

from __future__ import annotations

import dataclasses
import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.engine.nightly.published_worlds import Row, matched, report_type, row

from tocsin.catalogue.entries import (
    DomainColumn,
    DomainForm,
    Subject,
    SubjectKind,
    SubjectRole,
)
from tocsin.engine.nightly.terms_applied import apply_terms, source_token
from tocsin.model.errors import RunError
from tocsin.model.terms import Credit, Terms

SINKHOLE = report_type(
    "event4_sinkhole",
    ["timestamp", "src_ip", "dst_ip", "dst_port", "infection", "public_source"],
    subject="src_ip",
)
BLOCKLIST = report_type("blocklist", ["timestamp", "ip", "source"], subject="ip")
NEITHER = report_type("event4_scan", ["timestamp", "ip"], subject="ip")
SHOWN: Row = {
    "src_ip": "192.0.2.10",
    "dst_ip": "203.0.113.5",
    "dst_port": 80,
    "infection": "bot",
    "public_source": "Example CERT",
}


def _seen(terms: Terms, **cells: object) -> Row:
    seen = apply_terms(matched(SINKHOLE, [row(1, terms=terms) | SHOWN | cells]), SINKHOLE)
    found: dict[str, object] = seen.to_pylist()[0]
    return found


def test_masked_columns_are_emptied_and_no_others() -> None:
    seen = _seen(Terms(masked=frozenset({"dst_ip", "dst_port", "no_column_of_this_type"})))
    assert seen["dst_ip"] is None
    assert seen["dst_port"] is None
    assert (seen["src_ip"], seen["infection"]) == ("192.0.2.10", "bot")


def test_the_subject_is_never_masked() -> None:
    assert _seen(Terms(masked=frozenset({"src_ip"})))["src_ip"] == "192.0.2.10"


def test_terms_bind_only_their_own_rows() -> None:
    strict, free = Terms(masked=frozenset({"dst_ip"})), Terms()
    rows = [row(number, terms=[strict, free][number % 2]) | SHOWN for number in range(5)]
    halves = [matched(SINKHOLE, rows[:2]), matched(SINKHOLE, rows[2:])]
    seen = apply_terms(pa.concat_tables(halves), SINKHOLE)
    assert seen.column("dst_ip").to_pylist() == [None, "203.0.113.5", None, "203.0.113.5", None]


def test_masked_names_are_taken_out_of_cells_without_a_column() -> None:
    terms = Terms(masked=frozenset({"dst_hostname"}))
    both = json.dumps({"dst_hostname": "trap.example.net", "note": "x"})
    assert _seen(terms, _extra=both)["_extra"] == '{"note":"x"}'
    assert _seen(terms, _extra='{"dst_hostname": "trap.example.net"}')["_extra"] is None
    assert _seen(terms, _extra='{"note": "x"}')["_extra"] == '{"note": "x"}'


@pytest.mark.parametrize(
    ("terms", "written", "shown"),
    [
        (Terms(), "Example CERT", "Example CERT"),
        (Terms(), None, None),
        (Terms(credit_text="Sensors Ltd"), "Example CERT", "Example CERT"),
        (Terms(credit_text="Sensors Ltd"), None, "Sensors Ltd"),
        (Terms(credit=Credit.LABEL, credit_text="partner-7"), "Example CERT", "partner-7"),
        (Terms(credit=Credit.LABEL, credit_text="partner-7"), None, "partner-7"),
        (Terms(credit=Credit.LABEL), "Example CERT", None),
        (Terms(credit=Credit.HIDDEN), "Example CERT", None),
        (Terms(credit=Credit.HIDDEN, credit_text="left over"), "Example CERT", None),
    ],
)
def test_the_giver_is_shown_as_they_want_to_be(
    terms: Terms, written: str | None, shown: str | None
) -> None:
    assert _seen(terms, public_source=written)["public_source"] == shown


def test_credit_stands_in_source_where_there_is_no_public_source() -> None:
    hidden = Terms(credit=Credit.HIDDEN)
    table = matched(BLOCKLIST, [row(1, terms=hidden) | {"source": "Example List"}])
    assert apply_terms(table, BLOCKLIST).column("source").to_pylist() == [None]


def test_a_type_without_either_column_shows_no_credit() -> None:
    table = matched(NEITHER, [row(1, terms=Terms(credit_text="X"), ip="192.0.2.1")])
    assert apply_terms(table, NEITHER).equals(table)


def test_a_row_without_terms_is_shown_to_nobody() -> None:
    table = matched(SINKHOLE, [row(1) | SHOWN])
    position = table.column_names.index("_terms")
    table = table.set_column(position, "_terms", pa.nulls(1, pa.string()))
    with pytest.raises(RunError, match="carry no terms"):
        apply_terms(table, SINKHOLE)


def test_no_rows_stay_no_rows() -> None:
    table = matched(SINKHOLE, [])
    assert apply_terms(table, SINKHOLE).equals(table)


TERMS = st.builds(
    Terms,
    credit=st.sampled_from(Credit),
    credit_text=st.sampled_from(["", "a", "b; c"]),
    masked=st.frozensets(st.sampled_from(["src_ip", "dst_ip", "dst_port", "infection"])),
)


@given(st.lists(st.tuples(TERMS, st.sampled_from([None, "Example CERT"])), max_size=8))
@settings(max_examples=cases(80), deadline=None)
def test_applying_terms_again_changes_nothing(said: list[tuple[Terms, str | None]]) -> None:
    rows = [
        row(number, terms=terms) | SHOWN | {"public_source": credit}
        for number, (terms, credit) in enumerate(said)
    ]
    once = apply_terms(matched(SINKHOLE, rows), SINKHOLE)
    assert apply_terms(once, SINKHOLE).equals(once)
    for (terms, _), seen in zip(said, once.to_pylist(), strict=True):
        assert all(seen[name] is None for name in terms.masked - {"src_ip"})


# --- names that stand for a masked column ---------------------------------------------------

PASSED_THROUGH = dataclasses.replace(
    report_type(
        "scan_new", ["timestamp", "ip", "dst_ip", "dst_ip_2", "cc", "cc_asn", "note"], subject="ip"
    ),
    column_aliases={"DST_IP": "dst_ip_2", "Trap": "note"},
    provisional=True,
)
ALIASES = {"cc": "cc_ip"}
TRAP = "203.0.113.99"


def _passed_through(masked: set[str], **cells: object) -> Row:
    terms = Terms(masked=frozenset(masked))
    rows = [row(1, terms=terms, ip="192.0.2.1", note="x") | cells]
    seen = apply_terms(matched(PASSED_THROUGH, rows), PASSED_THROUGH, ALIASES)
    found: Row = seen.to_pylist()[0]
    return found


def test_a_second_spelling_and_an_older_name_are_masked_with_the_column_they_stand_for() -> None:
    seen = _passed_through({"cc_ip", "dst_ip"}, dst_ip=TRAP, dst_ip_2=TRAP, cc=TRAP, cc_asn="64496")
    assert TRAP not in seen.values()
    assert seen["cc_asn"] is None
    assert (seen["ip"], seen["note"]) == ("192.0.2.1", "x")


@pytest.mark.parametrize(
    "said", ["cc", "CC", "cc_ip_2", "cc_ip2", "Cc-Ip", "ccIP", "cc.ip", " cc ", "cc_geo", "CC ASN"]
)
def test_cells_without_a_column_are_masked_under_whatever_name(said: str) -> None:
    extra = json.dumps({said: TRAP, "x": "1"})
    assert _passed_through({"cc_ip"}, _extra=extra)["_extra"] == '{"x":"1"}'


def test_a_second_column_of_the_subjects_name_is_masked_though_the_subject_is_not() -> None:
    extra = json.dumps({"IP_2": TRAP, "asn": "64496"})
    seen = _passed_through({"ip"}, _extra=extra)
    assert (seen["ip"], seen["_extra"]) == ("192.0.2.1", '{"asn":"64496"}')


def test_a_column_that_the_type_calls_otherwise_is_masked_by_either_name() -> None:
    renamed = dataclasses.replace(SINKHOLE, column_aliases={"cc_ip": "dst_ip", "ip": "src_ip"})
    for masked in ("cc_ip", "dst_ip"):
        terms = Terms(masked=frozenset({masked, "ip"}))
        extra = json.dumps({"cc_ip": TRAP, "src_asn": "64496"})
        table = matched(renamed, [row(1, terms=terms, _extra=extra) | SHOWN])
        (seen,) = apply_terms(table, renamed).to_pylist()
        assert (seen["dst_ip"], seen["_extra"]) == (None, '{"src_asn":"64496"}')
        assert seen["src_ip"] == "192.0.2.10"


# --- Tocsin's own columns -------------------------------------------------------------------

ORIGIN: Row = {"_source": "secret-circle", "_sensor": "pot-7", "_file": "ab" * 32, "_line": 4}


def test_a_named_giver_keeps_where_the_row_came_from() -> None:
    seen = _seen(Terms(), **ORIGIN)
    assert {name: seen[name] for name in ORIGIN} == ORIGIN


@pytest.mark.parametrize("credit", [Credit.LABEL, Credit.HIDDEN])
def test_who_is_not_named_is_told_by_no_column(credit: Credit) -> None:
    extra = json.dumps({"Source": "secret-circle", "sensor": "pot-7", "x": "1"})
    seen = _seen(Terms(credit=credit), **ORIGIN, _extra=extra)
    assert (seen["_sensor"], seen["_file"], seen["_line"]) == (None, None, None)
    assert seen["_source"] == source_token("secret-circle")
    assert "secret" not in source_token("secret-circle")
    assert seen["_extra"] == '{"x":"1"}'


def test_tokens_tell_sources_apart_and_stand_for_themselves() -> None:
    assert source_token("a") != source_token("b")
    assert source_token(source_token("a")) == source_token("a")


def test_names_out_of_masked_columns_leave_the_names_that_lists_match() -> None:
    named = dataclasses.replace(
        report_type("phishing", ["timestamp", "url", "hostname", "other"], subject="url"),
        subject=Subject("url", SubjectKind.DOMAIN, SubjectRole.HOLDER, DomainForm.URL),
        domain_columns=(
            DomainColumn("hostname", DomainForm.NAME),
            DomainColumn("other", DomainForm.NAME),
        ),
    )
    cells: Row = {
        "url": "http://a.example.org/x",
        "hostname": "trap.example.net",
        "other": "B.example.com",
        "_domains": ["a.example.org", "b.example.com", "trap.example.net"],
    }
    hides = Terms(masked=frozenset({"hostname", "url"}))
    rows = [row(1, terms=hides) | cells, row(2, terms=Terms()) | cells]
    seen = apply_terms(matched(named, rows), named).column("_domains").to_pylist()
    assert seen == [["a.example.org", "b.example.com"], cells["_domains"]]
    only = row(1, terms=hides) | {"hostname": "t.example.net", "_domains": ["t.example.net"]}
    assert apply_terms(matched(named, [only]), named).column("_domains").to_pylist() == [None]
