"""The files that go with a message, in a zip unless the list wants them plain."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass

_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can name, so that the same report makes the same zip."""


class TooLarge(Exception):
    """The file would be larger than what may be attached."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file and what it is."""

    name: str
    content: bytes
    mime: str


def plain(name: str, pieces: Iterable[bytes], mime: str, most: int) -> Attachment:
    """The file itself; TooLarge, before much more than `most` bytes are made."""
    held: list[bytes] = []
    size = 0
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size > most:
            raise TooLarge
    return Attachment(name, b"".join(held), mime)


def zipped(name: str, files: Iterable[tuple[str, Iterable[bytes]]], most: int) -> Attachment:
    """A zip with these files; TooLarge, before much more than `most` bytes are made."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for inner, pieces in files:
            with archive.open(_entry(inner), "w", force_zip64=False) as stream:
                for piece in pieces:
                    stream.write(piece)
                    if held.tell() > most:
                        raise TooLarge
    if held.tell() > most:
        raise TooLarge
    return Attachment(name, held.getvalue(), "application/zip")


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    entry.create_system = 3
    return entry
