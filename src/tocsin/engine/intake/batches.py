"""What a batch is: whole small files of one source, or a slice of a large one.

A batch's name follows from its content and its parameters, so that doing it twice writes the
same files twice.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import cast

from tocsin.engine.files import canonical_json
from tocsin.engine.sources.raw import Member, Sealed, Slice, Survey
from tocsin.engine.sources.sessions import Sessions

Json = dict[str, object]

_NO_CONTENT = ("path", "inner", "sealed")
"""What is said of a piece and may be otherwise for the same content."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A slice of one content, and the report type that its name told ("" if its rows tell).

    Where rows are timed by their file, its day stands there.
    """

    member: Member
    survey: Survey
    slice: Slice
    report_type: str

    @property
    def is_whole(self) -> bool:
        """Whether it is all of the content."""
        return not self.slice.offset and self.slice.length == self.survey.size

    def to_json(self) -> Json:
        """As `open.json` keeps it."""
        part, whole = self.slice, self.survey
        return {
            "path": str(self.member.path),
            "inner": self.member.inner,
            "name": self.member.name,
            # Said only of those, so that other batches are called as ever.
            **({"rewritten": self.member.rewritten} if self.member.rewritten else {}),
            "report_type": self.report_type,
            "sha256": whole.sha256,
            "size": whole.size,
            "head": whole.head,
            "records": whole.records,
            "skipped_records": whole.skipped_records,
            "skipped_bytes": whole.skipped_bytes,
            "header": whole.header.decode("latin-1"),
            "sealed": None if whole.sealed is None else asdict(whole.sealed),
            "slice": {
                "offset": part.offset,
                "length": part.length,
                "first_line": part.first_line,
                "records": part.records,
                "carried": dict(part.carried),
                "digest": part.digest,
                # Said only where there are some, so that other batches are called as ever.
                **({"sessions": part.sessions} if part.sessions else {}),
            },
        }

    @classmethod
    def from_json(cls, said: Json) -> Piece:
        """Read what `to_json` made."""
        cut = cast("Json", said["slice"])
        part = Slice(
            offset=cast("int", cut["offset"]),
            length=cast("int", cut["length"]),
            first_line=cast("int", cut["first_line"]),
            records=cast("int", cut["records"]),
            carried=cast("Mapping[str, int]", cut["carried"]),
            digest=cast("str", cut["digest"]),
            sessions=cast("Sessions", cut.get("sessions", {})),
        )
        survey = Survey(
            size=cast("int", said["size"]),
            sha256=cast("str", said["sha256"]),
            head=cast("str", said["head"]),
            records=cast("int", said["records"]),
            skipped_records=cast("int", said["skipped_records"]),
            skipped_bytes=cast("int", said["skipped_bytes"]),
            slices=(part,),
            header=cast("str", said["header"]).encode("latin-1"),
            sealed=_sealed(said.get("sealed")),
        )
        member = Member(
            Path(cast("str", said["path"])),
            cast("str", said["inner"]),
            cast("str", said["name"]),
            cast("str", said.get("rewritten", "")),
        )
        return cls(member, survey, part, cast("str", said["report_type"]))


def _sealed(said: object) -> Sealed | None:
    if not isinstance(said, dict):
        return None
    return Sealed(cast("int", said["size"]), cast("str", said["digest"]))


@dataclass(frozen=True, slots=True)
class Batch:
    """The unit of work of intake. `received` is the clock reading at intake.

    `switched_off`: filters of the source that this intake goes without.
    """

    id: str
    source: str
    received: dt.datetime
    atlases: tuple[str, ...]
    historical: bool
    switched_off: tuple[str, ...]
    catalogue: str
    pieces: tuple[Piece, ...]

    def to_json(self) -> Json:
        """As `open.json` keeps it."""
        return {
            "id": self.id,
            "source": self.source,
            "received": self.received.isoformat(),
            "atlases": list(self.atlases),
            "historical": self.historical,
            "switched_off": list(self.switched_off),
            "catalogue": self.catalogue,
            "pieces": [piece.to_json() for piece in self.pieces],
        }

    @classmethod
    def from_json(cls, said: Json) -> Batch:
        """Read what `to_json` made."""
        return cls(
            id=cast("str", said["id"]),
            source=cast("str", said["source"]),
            received=dt.datetime.fromisoformat(cast("str", said["received"])),
            atlases=tuple(cast("list[str]", said["atlases"])),
            historical=cast("bool", said["historical"]),
            switched_off=tuple(cast("list[str]", said["switched_off"])),
            catalogue=cast("str", said["catalogue"]),
            pieces=tuple(Piece.from_json(piece) for piece in cast("list[Json]", said["pieces"])),
        )


def make_batches(
    surveyed: Sequence[tuple[Member, Survey, str]],
    *,
    source: str,
    received: dt.datetime,
    atlases: tuple[str, ...],
    historical: bool,
    switched_off: tuple[str, ...],
    catalogue: str,
    most_rows: int,
) -> list[Batch]:
    """Put surveyed contents into batches of at most `most_rows` rows (one slice may have more).

    Contents keep their order; a content of several slices has batches of its own.
    """
    unnamed = Batch("", source, received, atlases, historical, switched_off, catalogue, ())
    return [_named(replace(unnamed, pieces=pieces)) for pieces in _packed(surveyed, most_rows)]


def _packed(
    surveyed: Sequence[tuple[Member, Survey, str]], most_rows: int
) -> Iterator[tuple[Piece, ...]]:
    together: list[Piece] = []
    rows = 0
    for member, survey, report_type in surveyed:
        pieces = [Piece(member, survey, part, report_type) for part in survey.slices]
        if len(pieces) != 1:
            yield from ((piece,) for piece in pieces)
            continue
        if together and rows + pieces[0].slice.records > most_rows:
            yield tuple(together)
            together, rows = [], 0
        together += pieces
        rows += pieces[0].slice.records
    if together:
        yield tuple(together)


def _named(batch: Batch) -> Batch:
    """Paths and packing are left out of the name: the same content elsewhere is the same batch."""
    said = batch.to_json()
    said["pieces"] = [
        {
            key: value
            for key, value in piece.to_json().items()
            if key not in ("path", "inner", "sealed")
        }
        for piece in batch.pieces
    ]
    digest = hashlib.sha256(canonical_json(said)).hexdigest()
    return replace(batch, id=f"{batch.received:%Y%m%dT%H%M%SZ}-{digest[:16]}")
