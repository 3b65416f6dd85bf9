"""What every form of a file of contacts is read into, and opening such a file."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TextIO

from tocsin.model.errors import InputError, Problem
from tocsin.service.subscribers.values import NetworkValue

_GZIP = b"\x1f\x8b"
LONGEST_LINE = 20_000
"""Characters; the rest of a longer line is not read as part of it."""


@dataclass(frozen=True, slots=True)
class Found:
    """A contact of a network, as a file says it. Texts are harmless, values canonical."""

    network: NetworkValue
    address: str
    organisation_name: str = ""
    country: str = ""


class PassedOver(StrEnum):
    """Why a sound record of a registry gives no contact; these are counted."""

    HOLDER = "a person or organisation"
    OTHER = "neither a network nor who holds one"
    OTHER_COUNTRY = "a network of another country"
    NOT_HELD = "a network that this registry has given to nobody"
    NO_CONTACT = "a network without an abuse contact"
    AS_ABOVE = "a network whose contact is that of the one it lies in"


Read = Found | Problem | PassedOver
"""What a line or record gives: contacts, or what is wrong with it, or why it gives none."""


@contextmanager
def opened(path: Path, encoding: str = "utf-8-sig") -> Iterator[TextIO]:
    """The text of a file, gzip or not. InputError if its compression is broken."""
    with path.open("rb") as raw:
        packed = raw.read(2) == _GZIP
        raw.seek(0)
        stream = gzip.GzipFile(fileobj=raw) if packed else raw
        try:
            yield io.TextIOWrapper(stream, encoding, errors="replace", newline=None)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise InputError(
                f"the file is no whole gzip file: {error}",
                where=str(path),
                todo="fetch it once more",
            ) from error


def numbered(stream: TextIO) -> Iterator[tuple[int, str]]:
    """Lines with their numbers from 1; of a line that never ends only the beginning."""
    number = 0
    while line := stream.readline(LONGEST_LINE):
        number += 1
        yield number, line
        while line and not line.endswith("\n"):
            line = stream.readline(LONGEST_LINE)
