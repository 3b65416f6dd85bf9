"""The ledger: what was taken in, and what became of every row.

    ledger/open.json                            batches begun and not yet all committed
    ledger/batches/<received day>/<id>.json     one commit record per batch
    ledger/contents/<source>/<head>/<sha256>.json   one per content taken in, for finding it again
    ledger/refused/<received day>/<sha256>.json files that were turned away as a whole

A lake file counts only if a commit record names it. Records are written once, after the files
they name, and never changed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from tocsin.engine.files import canonical_json, read_object, write_atomically
from tocsin.engine.intake.batches import Batch, Json

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
class Ledger:
    """The ledger below one directory; only the holder of the intake lock writes to it."""

    root: Path

    # --- batches begun ------------------------------------------------------------------

    def begin(self, batches: Sequence[Batch]) -> None:
        """Note what is going to be done, so that a killed intake can be finished."""
        plan = {"format": FORMAT, "batches": [batch.to_json() for batch in batches]}
        write_atomically(self._open, canonical_json(plan))

    def begun(self) -> list[Batch]:
        """Batches of an intake that has not ended; empty if the last one ended."""
        if not self._open.exists():
            return []
        plan = read_object(self._open)
        return [Batch.from_json(said) for said in cast("list[Json]", plan["batches"])]

    def end(self, batches: Sequence[Batch]) -> None:
        """All batches are committed: make their contents findable, forget the plan."""
        for batch in batches:
            for piece in batch.pieces:
                self._note_content(
                    batch,
                    piece.member.name,
                    piece.survey.sha256,
                    piece.survey.size,
                    piece.survey.head,
                )
        self._open.unlink(missing_ok=True)

    @property
    def _open(self) -> Path:
        return self.root / "open.json"

    # --- batches committed --------------------------------------------------------------

    def commit(self, draft: Path) -> None:
        """The batch that wrote this record is done; from now on its lake files count."""
        write_atomically(self._record_path(draft.stem), draft.read_bytes())

    def committed(self, batch_id: str) -> bool:
        """Whether that batch is done."""
        return self._record_path(batch_id).exists()

    def record(self, batch_id: str) -> BatchRecord:
        """The commit record of one batch."""
        return BatchRecord.from_json(read_object(self._record_path(batch_id)))

    def records(self) -> Iterator[BatchRecord]:
        """All commit records, by the time they were received."""
        for path in sorted((self.root / "batches").glob("*/*.json")):
            yield BatchRecord.from_json(read_object(path))

    def _record_path(self, batch_id: str) -> Path:
        day = f"{batch_id[0:4]}-{batch_id[4:6]}-{batch_id[6:8]}"
        return self.root / "batches" / day / f"{batch_id}.json"

    # --- contents -----------------------------------------------------------------------

    def contents(self, source: str, head: str) -> dict[int, str]:
        """Size -> SHA-256 of what was taken from that source with that beginning."""
        folder = self.root / "contents" / source / head
        entries = [read_object(path) for path in sorted(folder.glob("*.json"))]
        return {cast("int", entry["size"]): cast("str", entry["sha256"]) for entry in entries}

    def names_of(self, source: str, content: str) -> tuple[str, ...]:
        """The names under which a content was first taken in; for explaining a row."""
        for path in sorted((self.root / "contents" / source).glob(f"*/{content}.json")):
            return (cast("str", read_object(path)["name"]),)
        return ()

    def _note_content(self, batch: Batch, name: str, sha256: str, size: int, head: str) -> None:
        path = self.root / "contents" / batch.source / head / f"{sha256}.json"
        if path.exists():
            return
        entry = {
            "format": FORMAT,
            "name": name,
            "sha256": sha256,
            "size": size,
            "received": batch.received.isoformat(),
        }
        write_atomically(path, canonical_json(entry))

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
