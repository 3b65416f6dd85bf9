"""ARIN's bulk files: an archive or single files, text or XML, told apart by what they hold."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path, PurePosixPath

from tocsin.engine.sources.compression import archive, open_member
from tocsin.engine.sources.raw import Member
from tocsin.engine.sources.seal import Readable
from tocsin.model.errors import InputError
from tocsin.service.subscribers.abuse_contacts.reading.arin_record import Item
from tocsin.service.subscribers.abuse_contacts.reading.arin_text import text_records
from tocsin.service.subscribers.abuse_contacts.reading.arin_xml import xml_records

_NAMES = ("arin_db", "nets", "asns", "orgs", "pocs")
_MOST_GROWTH = 200
"""Times the packed size; such files grow ten- to thirtyfold, a bomb a thousandfold."""

_LEAST_LIMIT = 1 << 20
_NO_LIMIT = 1 << 62
_MARKUP = (b"<", b"\xff\xfe", b"\xfe\xff")
"""What a document begins with: its first tag, or the mark of UTF-16, in which text never comes."""


def records_of(path: Path) -> Iterator[Item]:
    """The records of a file. InputError if it is damaged, cut off, or grows beyond all measure.

    An archive of all data holds them twice, as `arin_db.xml` and `arin_db.txt`; the XML is read
    then. What else is in it (the read-me, the schema, the stylesheet) is passed over.
    """
    for member in _members(path):
        yield from _records(member)


def _members(path: Path) -> tuple[Member, ...]:
    members = archive(path).members
    if not any(each.inner for each in members):
        return members
    for suffix in (".xml", ".txt"):
        wanted = tuple(each for each in members if _is_named(each, suffix))
        if wanted:
            return wanted
    raise InputError(
        "the archive holds neither arin_db.xml nor arin_db.txt",
        where=str(path),
        todo="hand in the archive as ARIN gives it, or the files in it",
    )


def _is_named(member: Member, suffix: str) -> bool:
    name = PurePosixPath(member.inner.replace("\\", "/").lower())
    return name.suffix == suffix and name.stem in _NAMES


def _records(member: Member) -> Iterator[Item]:
    limit = max(_LEAST_LIMIT, _MOST_GROWTH * member.path.stat().st_size)
    with closing(open_member(member, most_bytes=_NO_LIMIT)) as content:
        stream: io.BufferedReader = io.BufferedReader(_Watched(content, limit, member.place))
        begin = stream.peek(4096)[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
        read = xml_records if begin.startswith(_MARKUP) else text_records
        yield from read(stream, member.place)


class _Watched(io.RawIOBase):
    """A content as a raw stream, which must not grow beyond `limit` bytes."""

    def __init__(self, content: Readable, limit: int, place: str) -> None:
        super().__init__()
        self._content = content
        self._left = limit
        self._place = place

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override] # io's
        """As much as comes at once."""
        data = self._content.read(len(buffer))
        self._left -= len(data)
        if self._left < 0:
            raise InputError(
                f"the content is more than {_MOST_GROWTH} times as large as the file",
                where=self._place,
                todo="unpack it and look at it; hand in the unpacked file",
            )
        buffer[: len(data)] = data
        return len(data)
