"""The file that goes with a message: the report, in a zip unless the list wants it plain."""

from __future__ import annotations

import io
import zipfile
from dataclasses import dataclass

_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest time that a zip can name, so that the same report makes the same zip."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file and what it is."""

    name: str
    content: bytes
    mime: str


def zipped(name: str, content: bytes) -> Attachment:
    """A zip that holds exactly one file."""
    entry = zipfile.ZipInfo(name, _TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    entry.create_system = 3
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr(entry, content)
    return Attachment(f"{name}.zip", held.getvalue(), "application/zip")


def plain(name: str, content: bytes) -> Attachment:
    """The file itself."""
    return Attachment(name, content, "text/csv")
