"""One piece of input read and judged: tables of records, rejects, and the account of its rows.

Reads, and writes nothing; `collect` and `look` both stand on it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tocsin.catalogue.entries import ReportType
from tocsin.engine.classify.by_rules import ForOutcome, by_rules
from tocsin.engine.classify.compiled import rules_of
from tocsin.engine.intake.batches import Piece
from tocsin.engine.intake.by_row import ByRow
from tocsin.engine.intake.judge import Judged, judge
from tocsin.engine.intake.ledger import PieceAccount
from tocsin.engine.intake.observe import observe
from tocsin.engine.intake.typed_group import Circumstances
from tocsin.engine.intake.verdicts import Reason, Verdicts
from tocsin.engine.lake.coded import together
from tocsin.engine.sources.blocks import Bytes
from tocsin.engine.sources.compression import open_member
from tocsin.engine.sources.formats import FORMATS
from tocsin.engine.sources.raw import RawGroup, ReadSlice, Reject
from tocsin.engine.sources.seal import Seal
from tocsin.engine.sources.slice_reading import changed
from tocsin.model.errors import InputError

_SKIP_AT_ONCE = 1 << 20


@dataclass(frozen=True, slots=True)
class Sorted:
    """Rows of one kind: records of a type (`kind` empty) or observations of a kind."""

    report_type: str
    kind: str
    held: bool
    table: pa.Table


@dataclass(frozen=True, slots=True)
class Digest:
    """What a piece came to."""

    account: PieceAccount
    tables: tuple[Sorted, ...]
    rejects: tuple[Reject, ...]


def digest(piece: Piece, given: Circumstances, *, most_bytes: int) -> Digest:
    """Read one piece and judge its rows; InputError if the file changed or cannot be read."""
    if piece.survey.sealed is not None and piece.is_whole:
        return _digest_sealed(piece, given, Seal(piece.survey.sealed), most_bytes)
    with open_member(piece.member, most_bytes=most_bytes) as content:
        _skip(content, piece.slice.offset)
        return digest_from(content, piece, given)


def _digest_sealed(piece: Piece, given: Circumstances, seal: Seal, most_bytes: int) -> Digest:
    """A content that need not be hashed again, since its packed bytes are."""
    with open_member(piece.member, most_bytes=most_bytes, seal=seal) as content:
        try:
            found = digest_from(content, piece, given, sealed=True)
            ended = not content.read(1)
        except InputError as error:
            # The survey found nothing wrong with it.
            raise changed() from error
        if not ended or not seal.holds:
            raise changed()
        return found


def digest_from(
    content: Bytes, piece: Piece, given: Circumstances, *, sealed: bool = False
) -> Digest:
    """As `digest`, from a content that stands at the piece's beginning and is left at its end.

    Whoever takes all pieces of a content in turn need not skip to each of them. `sealed`: the
    caller sees to it that the content is the surveyed one.
    """
    survey = replace(piece.survey, sha256="") if sealed else piece.survey
    read = FORMATS[given.source.format].read_slice(
        content, piece.slice, survey, source=given.source, report_type=piece.report_type
    )
    return _Tally(piece, read, given).digest()


def _skip(content: Bytes, offset: int) -> None:
    left = offset
    while left:
        got = len(content.read(min(left, _SKIP_AT_ONCE)))
        if not got:
            raise InputError("the file has become shorter while it was read")
        left -= got


class _Tally:
    """Adds up what became of the rows of one piece."""

    def __init__(self, piece: Piece, read: ReadSlice, given: Circumstances) -> None:
        self.piece = piece
        self.read = read
        self.given = given
        self.accepted = 0
        self.held = 0
        self.dropped = Counter(read.dropped)
        self.rejected = Counter(reject.reason for reject in read.rejects)
        self.notes = Counter(read.notes)
        self.set_aside: Counter[str] = Counter()
        self.unknown: set[str] = set()
        self.rejects = list(read.rejects)
        self.tables: dict[tuple[str, str, bool], list[pa.Table]] = defaultdict(list)

    def digest(self) -> Digest:
        for group in self.read.groups:
            if group.observation:
                self._add_observations(group)
            elif group.targets:
                self._add_records(group)
            else:
                self._add_by_rules(group)
        tables = tuple(
            Sorted(report_type, kind, held, together(parts))
            for (report_type, kind, held), parts in sorted(self.tables.items())
        )
        rejects = sorted(self.rejects, key=lambda reject: reject.line)
        if self._has_secrets:
            rejects = [replace(reject, raw=b"") for reject in rejects]
        return Digest(self._account(tables), tables, tuple(rejects))

    @property
    def _has_secrets(self) -> bool:
        """Whether rows hold what nobody may have whole; no rejected one is kept then."""
        reading = self.given.source.reading
        if reading is not None and reading.others_left:
            return True
        rules = self.given.catalogue.rules_of(self.given.source.name)
        return any(rule.masks or rule.removes for rule in rules)

    def _add_records(self, group: RawGroup) -> None:
        judged: list[tuple[ReportType, Judged]] = []
        for name in group.targets:
            report_type = self.given.catalogue.report_type(name)
            if report_type is not None:
                file = self.piece.survey.sha256
                judged.append((report_type, judge(group, report_type, file, self.given)))
        if not judged:
            self._reject_unknown(group)
            return
        kept = np.logical_or.reduce([verdict.verdicts.kept for _, verdict in judged])
        self._note_missing_targets(group, judged, kept)
        self._turn_away(group, judged[0][1].verdicts, ByRow(group).lost(kept))
        held = np.zeros(len(kept), dtype=np.bool_)
        for report_type, verdict in judged:
            held |= verdict.held
            self._keep(report_type, verdict)
        self._count(group, kept, held)

    def _count(self, group: RawGroup, kept: NDArray[np.bool_], held: NDArray[np.bool_]) -> None:
        by_row = ByRow(group)
        self.accepted += by_row.count(kept)
        self.held += by_row.count(held & kept)
        self.notes["events_left_out"] += by_row.missed(kept)

    def _add_by_rules(self, group: RawGroup) -> None:
        """Rows that rules put into types; each counts once, as accepted if any type takes it."""
        catalogue = self.given.catalogue
        ruleset = rules_of(catalogue, self.given.source.name)
        found = by_rules(group, ruleset, catalogue.column_aliases)
        told, kept, held = (np.zeros(len(group), np.bool_) for _ in range(3))
        judged: list[tuple[ForOutcome, Verdicts]] = []
        for part in found:
            told[part.rows] = True
            if part.observation:
                verdicts = self._observed(part.group)
            else:
                report_type = catalogue.report_types[part.report_type]
                verdict = judge(part.group, report_type, self.piece.survey.sha256, self.given)
                verdicts = verdict.verdicts
                held[part.rows] |= verdict.held
                self._keep(report_type, verdict)
            judged.append((part, verdicts))
            kept[part.rows] |= verdicts.kept
        self._count(group, kept, held)
        lost = ByRow(group).lost(kept)
        self.dropped[Reason.NO_RULE.value] += int((lost & ~told).sum())
        self._turn_away_by_rules(judged, kept, lost)

    def _turn_away_by_rules(
        self,
        judged: Sequence[tuple[ForOutcome, Verdicts]],
        kept: NDArray[np.bool_],
        lost: NDArray[np.bool_],
    ) -> None:
        """A row that no type takes is turned away for the reason that its first type has."""
        told = ~lost
        for part, verdicts in judged:
            missed = int((kept[part.rows] & ~verdicts.kept).sum())
            if missed:
                self.notes[f"not_for:{part.report_type or part.observation}"] += missed
            self._turn_away(part.group, verdicts, ~told[part.rows])
            told[part.rows] = True

    def _keep(self, report_type: ReportType, judged: Judged) -> None:
        self.set_aside.update(judged.set_aside)
        self.unknown |= set(judged.unknown)
        if judged.unlocated:
            self.notes["no_atlas"] += judged.unlocated
        of_kept = judged.held[judged.verdicts.kept]
        for held in (False, True):
            mask = of_kept == held
            if mask.any():
                rows = judged.table if mask.all() else judged.table.filter(pa.array(mask))
                self.tables[report_type.id, "", held].append(rows)

    def _turn_away(self, group: RawGroup, verdicts: Verdicts, away: NDArray[np.bool_]) -> None:
        for reason, rows in verdicts.by_reason(away):
            if reason.drops:
                self.dropped[reason.value] += len(rows)
                continue
            for row in rows:
                self._reject(group, row, reason, verdicts.detail(row))

    def _reject(self, group: RawGroup, row: int, reason: Reason, detail: str) -> None:
        self.rejected[reason.value] += 1
        line = int(group.lines[row])
        self.rejects.append(Reject(line, reason.value, detail, group.raws[row]))

    def _note_missing_targets(
        self, group: RawGroup, judged: Sequence[tuple[ReportType, Judged]], kept: NDArray[np.bool_]
    ) -> None:
        """An event with two addressees may reach one of them only; that is counted, not hidden."""
        for report_type, verdict in judged:
            missed = int((kept & ~verdict.verdicts.kept).sum())
            if missed:
                self.notes[f"not_for:{report_type.id}"] += missed
        if len(judged) < len(group.targets):
            known = {report_type.id for report_type, _ in judged}
            for name in group.targets:
                found = self.given.catalogue.report_type(name)
                if found is None or found.id not in known:
                    self.notes["unknown_second_type"] += int(kept.sum())

    def _reject_unknown(self, group: RawGroup) -> None:
        detail = f"there is no report type {', '.join(group.targets)[:200]}"
        none = np.zeros(len(group), np.bool_)
        for row in np.flatnonzero(ByRow(group).lost(none)).tolist():
            self._reject(group, row, Reason.UNKNOWN_TYPE, detail)

    def _add_observations(self, group: RawGroup) -> None:
        verdicts = self._observed(group)
        self.accepted += int(verdicts.kept.sum())
        self._turn_away(group, verdicts, ~verdicts.kept)

    def _observed(self, group: RawGroup) -> Verdicts:
        """Keep observations; their verdicts."""
        observed = observe(group, self.piece.survey.sha256, self.given)
        kept = observed.table.filter(pa.array(observed.verdicts.kept))
        if kept.num_rows:
            self.tables["", group.observation, False].append(kept)
        return observed.verdicts

    def _account(self, tables: Sequence[Sorted]) -> PieceAccount:
        records: Counter[str] = Counter()
        observations: Counter[str] = Counter()
        for part in tables:
            if part.kind:
                observations[part.kind] += part.table.num_rows
            else:
                records[part.report_type] += part.table.num_rows
        survey = self.piece.survey
        return PieceAccount(
            file=survey.sha256,
            name=self.piece.member.name,
            first_line=self.piece.slice.first_line,
            rows=self.read.rows,
            accepted=self.accepted,
            held=self.held,
            dropped=dict(sorted((+self.dropped).items())),
            rejected=dict(sorted(self.rejected.items())),
            notes=dict(sorted((+self.notes).items())),
            set_aside=dict(sorted(self.set_aside.items())),
            unknown_columns=sorted(self.unknown),
            records=dict(sorted(records.items())),
            observations=dict(sorted(observations.items())),
        )
