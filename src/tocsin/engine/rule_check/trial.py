"""What a rule makes of a log: read as its source is, judged, and nothing stored.

Memory is bounded by a slice of the file: counts are kept, and a few rows of each kind.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from tocsin.catalogue.build_rules import SENSOR
from tocsin.catalogue.entries import Location, Source
from tocsin.catalogue.rules import Event, Rule, observed
from tocsin.engine.classify.by_rules import ForOutcome, by_rules, canonical
from tocsin.engine.classify.compiled import Ruleset, compile_rules, rules_of
from tocsin.engine.classify.family_names import family_names
from tocsin.engine.classify.verdicts import verdicts
from tocsin.engine.classify.wanted import Decided, takes
from tocsin.engine.intake.filters import SWITCHES, without_filters
from tocsin.engine.intake.judge import judge
from tocsin.engine.intake.observe import observe
from tocsin.engine.intake.texts import without_nul
from tocsin.engine.intake.typed_group import Circumstances
from tocsin.engine.intake.verdicts import Verdicts
from tocsin.engine.look.at_hand import AtHand
from tocsin.engine.rule_check.nearly import Numbers, nearly
from tocsin.engine.rule_check.possible import alternatives
from tocsin.engine.rule_check.rows_of_file import groups_of
from tocsin.engine.sources.raw import RawGroup
from tocsin.model.errors import UsageError

_END_OF_TIME = dt.datetime(9999, 1, 1, tzinfo=dt.UTC)
_MASKED = "***"

Progress = Callable[[str, int, int], None]
"""Called with what is going on, how far it is, and of how much."""


@dataclass(frozen=True, slots=True)
class TrialRequest:
    """Which rule, on which file. `now` is the clock reading.

    source: the source that the file is of, empty for the rule's own. most: so many rows of each
    kind are shown.
    """

    rule: Rule
    file: Path
    now: dt.datetime
    source: str = ""
    most: int = 3


@dataclass(frozen=True, slots=True)
class Made:
    """A record or observation that a row would become: its cells that say something, as text."""

    line: int
    cells: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class NearMiss:
    """A row that the rule leaves for one column, and what of that is not as wanted."""

    line: int
    lacks: Decided


@dataclass(slots=True)
class OfOutcome:
    """What the rows that the rule takes come to, for one of its outcomes.

    made: rows that become records or observations. turned_away: rows that the intake would
    reject, by reason. elsewhere: rows that go to a rule that is asked earlier, by its id.
    """

    made: int = 0
    turned_away: Counter[str] = field(default_factory=Counter)
    elsewhere: Counter[str] = field(default_factory=Counter)
    first: list[Made] = field(default_factory=list)


@dataclass(slots=True)
class Trial:
    """All that was seen of a file; `events == taken + left + not_asked`.

    events: what its rows held. not_asked: events that say themselves what they are. unreadable:
    rows that could not be read, by reason. dropped: rows that were read past, by reason. near: of
    those left, how many lacked one column, by column; near_rows: the first of each.
    """

    source: str
    events: int = 0
    taken: int = 0
    not_asked: int = 0
    unreadable: Counter[str] = field(default_factory=Counter)
    dropped: Counter[str] = field(default_factory=Counter)
    outcomes: dict[str, OfOutcome] = field(default_factory=dict)
    near: Counter[str] = field(default_factory=Counter)
    near_rows: list[NearMiss] = field(default_factory=list)

    @property
    def left(self) -> int:
        """Events that the rule does not take."""
        return self.events - self.taken - self.not_asked


def try_rule(request: TrialRequest, at_hand: AtHand, progress: Progress) -> Trial:
    """Try a rule of the catalogue at hand; filters of the source are not applied.

    UsageError for a source whose rules do not include it; CatalogueError for rules that cannot be
    read; InputError for a file that cannot.
    """
    source = _source(request, at_hand)
    trying = _Trying(request, source, at_hand)
    for part in groups_of(request.file, source, request.now, progress):
        trying.found.unreadable.update(reject.reason for reject in part.rejects)
        trying.found.dropped.update(part.dropped)
        for group in part.groups:
            trying.add(group)
    return trying.found


def _source(request: TrialRequest, at_hand: AtHand) -> Source:
    rule, catalogue = request.rule, at_hand.catalogue
    source = catalogue.source(request.source or rule.service)
    if rule.service not in catalogue.lineage(source.name):
        raise UsageError(
            f"the rule is not asked about {source.name}",
            todo=f"its source is {rule.service}, and those that extend it",
        )
    return without_filters(source, SWITCHES)


class _Trying:
    def __init__(self, request: TrialRequest, source: Source, at_hand: AtHand) -> None:
        self.found = Trial(source.name)
        self.found.outcomes = {name: OfOutcome() for name in request.rule.outcomes}
        self._rule = request.rule
        self._most = request.most
        named = family_names(at_hand.catalogue.families)
        self._own = replace(compile_rules([request.rule]), families=named)
        self._all = rules_of(at_hand.catalogue, source.name)
        if at_hand.atlas is None:
            # Without an atlas the source's own word on places is better than none.
            source = replace(source, location=Location.KEEP)
        self._given = Circumstances(
            catalogue=at_hand.catalogue,
            source=source,
            atlases=at_hand.atlases,
            allowed=(),
            received=_END_OF_TIME,
            historical=True,
        )

    def add(self, group: RawGroup) -> None:
        self.found.events += len(group)
        if group.targets or group.observation:
            self.found.not_asked += len(group)
            return
        aliases = self._given.catalogue.column_aliases
        columns = {n: without_nul(group.cells.column(n)) for n in group.cells.column_names}
        cells = {**canonical(columns, aliases), SENSOR: group.sensors}
        taken = _rows_taken(cells, len(group), self._own)
        self.found.taken += len(taken)
        self._note_others(cells, len(group), taken)
        if len(taken):
            for part in by_rules(group.take(taken), self._own, aliases):
                self._add_made(part)
        self._add_near(group, cells)

    def _note_others(self, cells: Mapping[str, pa.Array], rows: int, taken: Numbers) -> None:
        """Count the rows that go to rules that are asked earlier."""
        for each in verdicts(cells, rows, self._all):
            outcome = self.found.outcomes.get(each.outcome)
            if outcome is None:
                continue
            ours = each.rules[np.isin(each.rows, taken)]
            for number, count in zip(*np.unique(ours, return_counts=True), strict=True):
                first = self._all.rules[int(number)]
                if first.id != self._rule.id:
                    outcome.elsewhere[first.id] += int(count)

    def _add_made(self, part: ForOutcome) -> None:
        if part.observation:
            kept_as = observe(part.group, "", self._given)
            kept = kept_as.verdicts.kept
            self._note_made(part, kept_as.table.filter(pa.array(kept)), kept_as.verdicts)
        else:
            report_type = self._given.catalogue.report_types[part.report_type]
            judged = judge(part.group, report_type, "", self._given)
            self._note_made(part, judged.table, judged.verdicts)

    def _note_made(self, part: ForOutcome, table: pa.Table, found: Verdicts) -> None:
        name = observed(part.observation) if part.observation else part.report_type
        outcome = self.found.outcomes[name]
        outcome.made += table.num_rows
        outcome.turned_away.update(found.counts())
        room = self._most - len(outcome.first)
        for row in table.slice(0, max(room, 0)).to_pylist():
            outcome.first.append(Made(int(row["_line"]), _shown(row)))

    def _add_near(self, group: RawGroup, cells: Mapping[str, pa.Array]) -> None:
        (clauses,) = self._own.clauses
        found = nearly(cells, len(group), clauses)
        for place, column in enumerate(found.columns):
            rows = found.rows[found.places == place]
            room = self._most if not self.found.near[column] else 0
            self.found.near[column] += len(rows)
            for row in rows[:room].tolist():
                event = {
                    name: cell
                    for name in self._own.columns
                    if name in cells and (cell := cells[name][row].as_py()) is not None
                }
                lacks = self._masked(self._lacks(column, event))
                self.found.near_rows.append(NearMiss(int(group.lines[row]), lacks))
        self.found.near = +self.found.near

    def _lacks(self, column: str, event: Event) -> Decided:
        """What an event lacks that would fit but for that column."""
        (wanted,) = self._own.wanted
        for alternative in alternatives(wanted):
            part = alternative.get(column)
            others = (each for name, each in alternative.items() if name != column)
            if part is not None and all(takes(each, event) for each in others):
                return Decided(column, part, held=False, cell=event.get(column))
        raise ValueError(f"the event does not nearly fit for {column}")

    def _masked(self, decided: Decided) -> Decided:
        hidden = decided.column in (*self._rule.masks, *self._rule.removes)
        if not hidden or decided.cell is None:
            return decided
        return Decided(decided.column, decided.part, decided.held, _MASKED)


def _rows_taken(cells: Mapping[str, pa.Array], rows: int, own: Ruleset) -> Numbers:
    for each in verdicts(cells, rows, own):
        return each.rows  # every outcome has the same
    return np.zeros(0, np.int64)


def _shown(row: Mapping[str, object]) -> dict[str, str]:
    said = dict(_said(row))
    # What has no column comes last.
    rest = said.pop("_extra", "")
    return {**said, "_extra": rest} if rest else said


def _said(row: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    for name, cell in row.items():
        if cell is None or cell == "" or (name.startswith("_") and name != "_extra"):
            continue
        if isinstance(cell, dt.datetime):
            yield name, f"{cell:%Y-%m-%d %H:%M:%S}"
        elif isinstance(cell, list):
            yield name, ";".join(str(each) for each in cell)
        else:
            yield name, str(cell)
