"""Rows that a rule leaves for one column: found for all at once as one by one."""

from __future__ import annotations

from itertools import pairwise

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.cases import cases
from tests.engine.classify.test_rule_verdicts import a_rule
from tests.strategies.rule_files import COLUMNS, detections, events

from tocsin.catalogue.yaml_lines import Plain
from tocsin.engine.classify.compiled import compile_rules
from tocsin.engine.classify.wanted import Wanted, takes
from tocsin.engine.rule_check.nearly import nearly
from tocsin.engine.rule_check.possible import alternatives


def missed(wanted: Wanted, event: dict[str, str]) -> set[str]:
    """The columns for one of which alone some alternative of several columns does not fit."""
    found = set()
    for alternative in alternatives(wanted):
        unfit = [name for name, part in alternative.items() if not takes(part, event)]
        if len(alternative) > 1 and len(unfit) == 1:
            found.add(unfit[0])
    return set() if takes(wanted, event) else found


@settings(max_examples=cases(100), deadline=None)
@given(detections(), st.lists(events, min_size=1, max_size=20))
def test_what_a_rule_nearly_takes_is_what_lacks_one_column(
    detection: dict[str, Plain], seen: list[dict[str, str]]
) -> None:
    ruleset = compile_rules([a_rule(detection)])
    cells = {name: pa.array([e.get(name) for e in seen], pa.string()) for name in COLUMNS}
    del cells["tag"]
    seen = [{name: cell for name, cell in event.items() if name != "tag"} for event in seen]
    found = nearly(cells, len(seen), ruleset.clauses[0])
    assert all(one < other for one, other in pairwise(found.rows.tolist()))
    said = {
        row: found.columns[place]
        for row, place in zip(found.rows.tolist(), found.places.tolist(), strict=True)
    }
    expected = [missed(ruleset.wanted[0], event) for event in seen]
    assert set(said) == {row for row, columns in enumerate(expected) if columns}
    assert all(column in expected[row] for row, column in said.items())
