"""One report as a slice of a pack, and reading it so that damage is noticed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tocsin.model.errors import RunError

_CHUNK = 1 << 20


@dataclass(frozen=True, slots=True)
class Slice:
    """One report within a pack; `file` is the report's name, `sha256` that of its bytes."""

    file: str
    list: int
    list_name: str
    filter: str
    rows: int
    offset: int
    length: int
    sha256: str

    def to_json(self) -> dict[str, object]:
        """As indexes and manifests keep it."""
        # By hand: there are a hundred thousand, and `asdict` copies every word of each.
        return {name: getattr(self, name) for name in self.__slots__}


def slice_chunks(pack: Path, report: Slice) -> Iterator[bytes]:
    """A report's bytes in pieces; RunError, after the last, if they are not those written.

    Whoever passes pieces on before the end must be able to take them back.
    """
    digest, left = hashlib.sha256(), report.length
    try:
        with pack.open("rb") as stream:
            stream.seek(report.offset)
            while left and (piece := stream.read(min(left, _CHUNK))):
                digest.update(piece)
                left -= len(piece)
                yield piece
    except FileNotFoundError as error:
        raise _damaged(pack, report, "the pack is gone") from error
    if left:
        raise _damaged(pack, report, f"the pack ends {left} bytes too early")
    if digest.hexdigest() != report.sha256:
        raise _damaged(pack, report, "the bytes are not those that were written")


def read_slice(pack: Path, report: Slice) -> bytes:
    """A report's bytes, checked."""
    return b"".join(slice_chunks(pack, report))


def _damaged(pack: Path, report: Slice, what: str) -> RunError:
    return RunError(
        f"{report.file}: {what}",
        where=str(pack),
        todo=f"make the day again: tocsin replay --date {report.file[:10]}",
    )
