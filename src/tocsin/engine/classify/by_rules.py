"""Rows that do not say where they go, given to the rules of their source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tocsin.catalogue.build_rules import SENSOR
from tocsin.catalogue.rules import MAY_BE_FORGED, Evidence, kind_of
from tocsin.engine.classify.compiled import Ruleset
from tocsin.engine.classify.disguise import kept_of, only_where, with_tag
from tocsin.engine.classify.family_names import NAMED, with_family_names
from tocsin.engine.classify.verdicts import Taken, coded, verdicts
from tocsin.engine.intake.texts import without_nul
from tocsin.engine.lake.coded import by_codes, plain
from tocsin.engine.sources.raw import RawGroup
from tocsin.engine.sources.row_bytes import RowBytes

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class ForOutcome:
    """What becomes of some rows of a group: records of a type, or observations of a kind.

    One of both is empty. rows: which rows of the group they are.
    """

    report_type: str
    observation: str
    rows: Numbers
    group: RawGroup


def by_rules(
    group: RawGroup, ruleset: Ruleset, column_aliases: Mapping[str, str]
) -> tuple[ForOutcome, ...]:
    """The rows that rules take, by outcome; a row may be there for several, or for none.

    column_aliases: older name of a column -> its name; events may use either.
    """
    columns = {
        # Those that rules ask have to be looked through anyhow, and go on by their distinct values.
        name: coded(without_nul(group.cells.column(name)), questions)
        if (questions := ruleset.questions(column_aliases.get(name, name)))
        else without_nul(group.cells.column(name))
        for name in group.cells.column_names
    }
    cells = canonical(columns, column_aliases)
    asked = {name: cells[name] for name in ruleset.columns if name in cells}
    if SENSOR in ruleset.columns:
        asked[SENSOR] = group.sensors
    taken = verdicts(asked, len(group), ruleset)
    return tuple(_for_outcomes(group, columns, cells, taken, ruleset, column_aliases))


def canonical(columns: Mapping[str, pa.Array], aliases: Mapping[str, str]) -> dict[str, pa.Array]:
    """The cells by today's names of columns; a column's own name comes first."""
    older = {aliases[name]: cells for name, cells in columns.items() if name in aliases}
    return older | {name: cells for name, cells in columns.items() if name not in aliases}


def _for_outcomes(
    group: RawGroup,
    columns: Mapping[str, pa.Array],
    cells: Mapping[str, pa.Array],
    taken: tuple[Taken, ...],
    ruleset: Ruleset,
    column_aliases: Mapping[str, str],
) -> Iterator[ForOutcome]:
    if not taken:
        return
    # All rows are taken out of the columns in one go, and cut by outcome then.
    rows = np.concatenate([each.rows for each in taken])
    rules = np.concatenate([each.rules for each in taken])
    places = pa.array(rows)
    said = pa.table({name: column.take(places) for name, column in columns.items()})
    whole = RawGroup(
        targets=(),
        observation="",
        cells=_filled(said, cells, rows, rules, ruleset, column_aliases),
        lines=group.lines[rows],
        ids=group.ids.take(places),
        raws=RowBytes.of(group.raws).take(rows),
        sensors=group.sensors.take(places),
        confirmed=group.confirmed[rows],
        rules=by_codes(rules.astype(np.int32), ruleset.marks),
    )
    begin = 0
    for each in taken:
        kind = kind_of(each.outcome)
        report_type = "" if kind else each.outcome
        part = whole.cut(begin, begin + len(each.rows), () if kind else (report_type,), kind)
        yield ForOutcome(report_type, kind, each.rows, _without_empty(part))
        begin += len(each.rows)


def _filled(
    said: pa.Table,
    cells: Mapping[str, pa.Array],
    rows: Numbers,
    rules: Numbers,
    ruleset: Ruleset,
    column_aliases: Mapping[str, str],
) -> pa.Table:
    """The rows' cells with what their rules say."""
    filled = {name: said.column(name).chunk(0) for name in said.column_names}
    used = [ruleset.rules[number] for number in np.unique(rules).tolist()]
    written = {name for rule in used for name in (*rule.columns, *rule.says, "tag", *NAMED)}
    # What is written to has its name of today, so that all that is known of it stands together.
    for name in [name for name in filled if column_aliases.get(name) in written]:
        filled.setdefault(column_aliases[name], filled[name])
        del filled[name]
    nothing = pa.nulls(len(rows), pa.string())
    for number in np.unique(rules).tolist():
        rule, here = ruleset.rules[number], rules == number
        for name, stands in filled.items():
            if (kept := kept_of(rule, column_aliases.get(name, name))) is not None:
                filled[name] = only_where(here, kept(plain(stands)), plain(stands))
        for target, origin in rule.columns.items():
            stood = plain(filled.get(target, nothing))
            moved = plain(cells[origin].take(pa.array(rows))) if origin in cells else nothing
            kept = kept_of(rule, origin)
            filled[target] = only_where(here, kept(moved) if kept else moved, stood)
    for name in sorted({name for rule in used for name in rule.says}):
        words = pa.array([rule.says.get(name) for rule in ruleset.rules], pa.string())
        told = words.take(pa.array(rules))
        filled[name] = pc.coalesce(plain(filled[name]), told) if name in filled else told
    one_way = [rule.evidence is Evidence.ONE_WAY for rule in ruleset.rules]
    if any(rule.evidence is Evidence.ONE_WAY for rule in used):
        tags = plain(filled.get("tag", nothing))
        filled["tag"] = only_where(np.array(one_way)[rules], with_tag(tags, MAY_BE_FORGED), tags)
    return pa.table(with_family_names(filled, ruleset.families))


def _without_empty(group: RawGroup) -> RawGroup:
    """Without columns in which only rows of other types say something."""
    empty = [
        name
        for name in group.cells.column_names
        if name != "timestamp" and group.cells.column(name).null_count == len(group)
    ]
    # A table needs a column to have rows.
    if len(empty) == group.cells.num_columns:
        del empty[0]
    return group.with_cells(group.cells.drop_columns(empty)) if empty else group
