"""What terms hide, row by row, in tables where every row may have terms of its own."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.engine.nightly.published_worlds import Row, matched, report_type, row

from tocsin.engine.nightly.terms_applied import apply_terms
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
@settings(max_examples=80, deadline=None)
def test_applying_terms_again_changes_nothing(said: list[tuple[Terms, str | None]]) -> None:
    rows = [
        row(number, terms=terms) | SHOWN | {"public_source": credit}
        for number, (terms, credit) in enumerate(said)
    ]
    once = apply_terms(matched(SINKHOLE, rows), SINKHOLE)
    assert apply_terms(once, SINKHOLE).equals(once)
    for (terms, _), seen in zip(said, once.to_pylist(), strict=True):
        assert all(seen[name] is None for name in terms.masked - {"src_ip"})
