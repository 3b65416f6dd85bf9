"""The findings of one range of subjects, a day later."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.engine.intake.hosts import network_texts
from tocsin.engine.nightly.distinct import one_array
from tocsin.engine.nightly.finding_ids import finding_ids
from tocsin.engine.nightly.finding_keys import FindingKeys
from tocsin.engine.nightly.findings_evidence import evidence_of
from tocsin.engine.nightly.findings_step import NEVER, Rules, State, for_all, next_state
from tocsin.engine.nightly.ledger_file import FINDINGS
from tocsin.engine.nightly.range_rows import RangeRows
from tocsin.engine.nightly.source_sets import SourceSets
from tocsin.engine.nightly.subject_ranges import numbers_of
from tocsin.model.address import Addresses, Flags, Ints


def next_range(
    read: RangeRows, subjects: Ints, before: pa.Table, subjects_before: Ints, rules: Rules
) -> pa.Table:
    """The ledger of a range, a table of FINDINGS without metadata, in its order.

    `before`: the range's findings of the day before. `subjects`, `subjects_before`: a number for
    the subject of each row of both, equal for equal ones.
    """
    told = one_array(read.rows, "told").to_numpy(zero_copy_only=False)
    rows = np.flatnonzero(told & (subjects >= 0))
    keys = FindingKeys.of(read, rows, before)
    groups = keys.grouped(np.concatenate([subjects[rows], subjects_before]))
    # Rows of the day come first in a group, so that what is left of the order is theirs.
    order = groups.order[groups.order < len(rows)]
    known: Ints = np.full(groups.count, -1, np.int64)
    known[groups.of_row[len(rows) :]] = np.arange(before.num_rows)

    sets = SourceSets()
    old = State.of(before, sets).at(known)
    owners = groups.of_row[order]
    evidence = evidence_of(read, rows[order], owners, old.last_day, rules.number, sets)
    new = for_all(evidence, groups.count)
    sources = sets.unions(old.sources, new.sources)
    types = keys.types[groups.first]
    state, stays = next_state(
        old,
        new,
        sources,
        windowed=keys.windowed[types],
        awaited=_awaited(types, sources, keys.type_names, sets, rules),
        rules=rules,
    )
    kept = np.flatnonzero(stays)
    said = keys.table.take(pa.array(groups.first[kept]))
    return _ledger(said, before, known[kept], state.at(kept), sets)


def _awaited(
    types: Ints, sources: Ints, names: Sequence[str], sets: SourceSets, rules: Rules
) -> Flags:
    """Which findings one of their sources could have reported again: it reported their type."""
    pairs = sources * len(names) + types
    awaited: Flags = np.zeros(len(sets) * len(names), np.bool_)
    for pair in np.flatnonzero(np.bincount(pairs)).tolist():
        number, name = divmod(pair, len(names))
        awaited[pair] = any((each, names[name]) in rules.reported for each in sets[number])
    found: Flags = awaited[pairs]
    return found


def _ledger(
    keys: pa.Table, before: pa.Table, known: Ints, state: State, sets: SourceSets
) -> pa.Table:
    """Everything in the columns of FINDINGS. `known`: the rows in `before`, -1 for new findings."""
    is_new = known < 0
    subjects, ids = _named(keys.filter(pa.array(is_new)))
    if before.num_rows:
        places = np.where(is_new, before.num_rows - 1 + np.cumsum(is_new), known)
        subjects = pa.concat_arrays([one_array(before, "subject"), subjects]).take(pa.array(places))
        ids = pa.concat_arrays([one_array(before, "id"), ids]).take(pa.array(places))
    states = pa.array(["open", "fixed"]).take(pa.array(state.fixed))
    columns = {
        "id": ids,
        "report_type": keys.column("report_type"),
        "subject": subjects,
        "subject_hi": keys.column("hi"),
        "subject_lo": keys.column("lo"),
        "subject_len": keys.column("length"),
        "port": keys.column("port"),
        "infection": keys.column("infection"),
        "state": states,
        "sources": sets.lists().take(pa.array(state.sources)),
    }
    arrays = [
        columns[field.name].cast(field.type)
        if field.name in columns
        else _stored(getattr(state, field.name), field.type)
        for field in FINDINGS
    ]
    return pa.table(arrays, schema=FINDINGS.remove_metadata())


def _stored(values: Ints, kind: pa.DataType) -> pa.Array:
    """Numbers as the ledger keeps them; NEVER becomes null."""
    array = pa.array(values, pa.int64(), mask=values == NEVER)
    return array.cast(pa.int32()).cast(kind) if pa.types.is_date32(kind) else array.cast(kind)


def _named(new: pa.Table) -> tuple[pa.StringArray, pa.FixedSizeBinaryArray]:
    """The subjects of new findings as texts, and their ids."""
    subjects = one_array(new, "name")
    hi = one_array(new, "hi")
    if hi.null_count < len(hi):
        lengths = numbers_of(one_array(new, "length")).astype(np.uint8)
        networks = Addresses(numbers_of(hi), numbers_of(one_array(new, "lo")))
        subjects = pc.if_else(hi.is_null(), subjects, network_texts(networks, lengths))
    key = (one_array(new, name) for name in ("port", "report_type", "infection"))
    return subjects, finding_ids(subjects, *key)
