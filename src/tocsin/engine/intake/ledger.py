"""The ledger: what was taken in, and what became of every row.

    ledger/open.json  ledger/open/              batches begun and not yet all committed, and the
                                                rules by which they were begun
    ledger/batches/<received day>/<id>.json     one commit record per batch
    ledger/contents/<source>/<head>/<content>.json  one per content taken in, for finding it again
    ledger/refused/<received day>/<sha256>.json files that were turned away as a whole
    ledger/sessions/<source>.json               sessions that the contents taken in left open

A lake file counts only if a commit record names it. Records are written once, after the files
they name, and never changed.
"""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import cast

from tocsin.engine.files import as_written, canonical_json, read_object, write_atomically
from tocsin.engine.intake.batches import Batch, Json, Piece
from tocsin.engine.sources.sessions import OpenSession

FORMAT = 1


@dataclass(frozen=True, slots=True)
class PieceAccount:
    """The fate of every row of one piece.

    `rows == accepted + sum(dropped) + sum(rejected)`. `held` rows are accepted and wait for
    their time; `records` and `observations` count what accepted rows became, by type or kind.
    """

    file: str
    name: str
    first_line: int
    rows: int
    accepted: int
    held: int
    dropped: Mapping[str, int]
    rejected: Mapping[str, int]
    notes: Mapping[str, int]
    set_aside: Mapping[str, int]
    unknown_columns: Sequence[str]
    records: Mapping[str, int]
    observations: Mapping[str, int]

    @property
    def adds_up(self) -> bool:
        """Whether no row is lost and none counted twice."""
        away = sum(self.dropped.values()) + sum(self.rejected.values())
        return self.rows == self.accepted + away


@dataclass(frozen=True, slots=True)
class Output:
    """A lake file of a batch; `report_type` is empty for observations, `kind` for records."""

    name: str
    sha256: str
    rows: int
    day: str
    report_type: str
    kind: str = ""
    held: bool = False


@dataclass(frozen=True, slots=True)
class BatchRecord:
    """What a batch did: the commit of its outputs."""

    batch: str
    source: str
    window: str
    received: str
    catalogue: str
    atlases: Sequence[str]
    historical: bool
    pieces: Sequence[PieceAccount]
    outputs: Sequence[Output]
    rejects: str
    format: int = field(default=FORMAT)

    @classmethod
    def from_json(cls, said: Json) -> BatchRecord:
        """Read a commit record."""
        plain = dict(said)
        plain["pieces"] = [
            PieceAccount(**cast("dict[str, object]", piece))  # type: ignore[arg-type] # our own file
            for piece in cast("list[object]", said["pieces"])
        ]
        plain["outputs"] = [
            Output(**cast("dict[str, object]", output))  # type: ignore[arg-type] # our own file
            for output in cast("list[object]", said["outputs"])
        ]
        return cls(**plain)  # type: ignore[arg-type] # our own file, written from this class


@dataclass(frozen=True, slots=True)
class Content:
    """A content that was taken in: bytes, decompressed, and their SHA-256."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Policy:
    """By which rules rows are judged: own catalogue files, lists of networks, what was pruned."""

    catalogue: Path
    allow_list: Path
    known: Path
    pruned_before: dt.date | None


@dataclass(frozen=True, slots=True)
class Ledger:
    """The ledger below one directory; only the holder of the intake lock writes to it."""

    root: Path

    # --- batches begun ------------------------------------------------------------------

    def begin(
        self,
        batches: Sequence[Batch],
        policy: Policy,
        sessions: Mapping[str, OpenSession] | None = None,
    ) -> None:
        """Note what is going to be done, and by which rules, so that it can be finished as begun.

        `sessions`: those that will be open in the end; None if their source has none.
        The plan is written last: without it nothing has been begun.
        """
        folder = self.root / "open"
        shutil.rmtree(folder, ignore_errors=True)
        if policy.catalogue.is_dir():
            shutil.copytree(policy.catalogue, folder / "catalogue")
        if policy.allow_list.is_file():
            write_atomically(folder / "allow.csv", policy.allow_list.read_bytes())
        if policy.known.is_dir():
            shutil.copytree(policy.known, folder / "known")
        before = policy.pruned_before
        plan: Json = {
            "format": FORMAT,
            "pruned_before": before.isoformat() if before else "",
            "batches": [batch.to_json() for batch in batches],
        }
        if sessions is not None:
            plan["sessions"] = {
                "format": FORMAT,
                "source": batches[0].source,
                "open": {key: asdict(session) for key, session in sessions.items()},
            }
        write_atomically(self._open, canonical_json(plan))

    def begun(self) -> list[Batch]:
        """Batches of an intake that has not ended; empty if the last one ended."""
        if not self._open.exists():
            return []
        plan = read_object(self._open)
        with as_written(self._open):
            return [Batch.from_json(said) for said in cast("list[Json]", plan["batches"])]

    def sweep(self) -> None:
        """Remove the rules of an intake that has ended, if a kill left them."""
        if not self._open.exists():
            shutil.rmtree(self.root / "open", ignore_errors=True)

    def policy(self) -> Policy:
        """The rules of the intake that has begun, as they were then."""
        said = str(read_object(self._open)["pruned_before"])
        before = dt.date.fromisoformat(said) if said else None
        folder = self.root / "open"
        return Policy(folder / "catalogue", folder / "allow.csv", folder / "known", before)

    def end(self, batches: Sequence[Batch]) -> None:
        """Nothing of the intake is left to do: make its contents findable, forget the plan."""
        given_up = {
            piece.survey.sha256
            for batch in batches
            if not self.committed(batch.id)
            for piece in batch.pieces
        }
        for batch in batches:
            if not self.committed(batch.id):
                continue
            accepted = {piece.file for piece in self.record(batch.id).pieces if piece.accepted}
            for piece in batch.pieces:
                if piece.survey.sha256 in accepted - given_up:
                    self._note_content(batch, piece)
        sessions = read_object(self._open).get("sessions")
        if isinstance(sessions, dict):
            write_atomically(self._sessions(str(sessions["source"])), canonical_json(sessions))
        self._open.unlink(missing_ok=True)
        shutil.rmtree(self.root / "open", ignore_errors=True)

    @property
    def _open(self) -> Path:
        return self.root / "open.json"

    # --- batches committed --------------------------------------------------------------

    def commit(self, draft: Path) -> None:
        """The batch that wrote this record is done; from now on its lake files count.

        They are on the disk before the record that names them is.
        """
        os.sync()
        write_atomically(self._record_path(draft.stem), draft.read_bytes())

    def committed(self, batch_id: str) -> bool:
        """Whether that batch is done."""
        return self._record_path(batch_id).exists()

    def record(self, batch_id: str) -> BatchRecord:
        """The commit record of one batch."""
        return self._read_record(self._record_path(batch_id))

    def records(self) -> Iterator[BatchRecord]:
        """All commit records, by the time they were received."""
        for path in sorted((self.root / "batches").glob("*/*.json")):
            yield self._read_record(path)

    def _read_record(self, path: Path) -> BatchRecord:
        said = read_object(path)
        with as_written(path):
            return BatchRecord.from_json(said)

    def _record_path(self, batch_id: str) -> Path:
        day = f"{batch_id[0:4]}-{batch_id[4:6]}-{batch_id[6:8]}"
        return self.root / "batches" / day / f"{batch_id}.json"

    # --- contents -----------------------------------------------------------------------

    def contents(self, source: str, head: str, report_type: str) -> list[Content]:
        """What was taken from that source with that beginning, as rows of that type.

        Only contents of which something was accepted: one that was turned away row by row may
        come again once its source, or the atlas, has been put right.
        """
        folder = self.root / "contents" / source / head
        entries = [read_object(path) for path in sorted(folder.glob("*.json"))]
        return [
            Content(cast("int", entry["size"]), str(entry["sha256"]))
            for entry in entries
            if entry["report_type"] == report_type
        ]

    def names_of(self, source: str, content: str) -> tuple[str, ...]:
        """The names under which a content was first taken in; for explaining a row."""
        found = sorted((self.root / "contents" / source).glob(f"*/{content}*.json"))
        return tuple(str(read_object(path)["name"]) for path in found[:1])

    def _note_content(self, batch: Batch, piece: Piece) -> None:
        survey = piece.survey
        name = f"{survey.sha256}-{piece.report_type}" if piece.report_type else survey.sha256
        path = self.root / "contents" / batch.source / survey.head / f"{name}.json"
        if path.exists():
            return
        entry = {
            "format": FORMAT,
            "name": piece.member.name,
            "report_type": piece.report_type,
            "sha256": survey.sha256,
            "size": survey.size,
            "received": batch.received.isoformat(),
        }
        write_atomically(path, canonical_json(entry))

    # --- sessions that go on ------------------------------------------------------------

    def open_sessions(self, source: str) -> Mapping[str, OpenSession]:
        """The sessions that the contents taken in from that source left open."""
        path = self._sessions(source)
        if not path.exists():
            return {}
        said = read_object(path)
        with as_written(path):
            held = cast("Json", said["open"])
            return {key: OpenSession.from_json(session) for key, session in held.items()}

    def _sessions(self, source: str) -> Path:
        return self.root / "sessions" / f"{source}.json"

    # --- files turned away --------------------------------------------------------------

    def refuse(self, source: str, received: dt.datetime, name: str, sha256: str, why: str) -> None:
        """Note a file that could not be taken in as a whole."""
        path = self.root / "refused" / received.date().isoformat() / f"{sha256}.json"
        entry = {
            "format": FORMAT,
            "source": source,
            "received": received.isoformat(),
            "name": name,
            "sha256": sha256,
            "why": why,
        }
        write_atomically(path, canonical_json(entry))
