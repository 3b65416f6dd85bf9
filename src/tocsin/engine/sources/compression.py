"""Opening files, packed or not, as streams of bytes; told apart by content, not by name.

Whatever is wrong with an archive is an InputError for the whole file, and says how far the
content could be read.
"""

from __future__ import annotations

import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Self, cast

import pyarrow as pa

from tocsin.engine.sources.gzip_stream import GzipStream
from tocsin.engine.sources.raw import Member
from tocsin.engine.sources.rewriting import REWRITERS, Rewritten
from tocsin.engine.sources.seal import Readable, Seal
from tocsin.model.errors import InputError

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
ZIP = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
MOST_ENTRIES = 10_000
_ENDINGS = (".gz", ".zst", ".zip")
_BUFFER = 1 << 18
_MOST_AT_ONCE = 1 << 20
_BROKEN = (
    OSError,
    EOFError,
    ValueError,
    NotImplementedError,
    struct.error,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
)


@dataclass(frozen=True, slots=True)
class Archive:
    """What a file holds: the members to read, and the names of entries that are left alone."""

    members: tuple[Member, ...]
    ignored: tuple[str, ...] = ()


def members(path: Path) -> tuple[Member, ...]:
    """The contents that a file holds; InputError if it cannot be opened or has none."""
    return archive(path).members


def archive(path: Path) -> Archive:
    """The contents that a file holds, and what is ignored of it (folders, resource forks)."""
    if not _begins(path).startswith(ZIP):
        return Archive((Member(path, "", _bare(path.name)),))
    try:
        with zipfile.ZipFile(path) as zipped:
            entries = zipped.infolist()
    except _BROKEN as error:
        raise _damaged(str(path), "zip", error) from error
    ignored = tuple(entry.filename for entry in entries if _is_clutter(entry))
    wanted = [entry.filename for entry in entries if not _is_clutter(entry)]
    if not wanted:
        raise InputError("the archive holds no file", where=str(path), todo="pack the files again")
    if len(wanted) > MOST_ENTRIES or len(set(wanted)) < len(wanted):
        raise InputError(
            f"the archive holds more than {MOST_ENTRIES} files, or two of the same name",
            where=str(path),
            todo="unpack it and hand in the files",
        )
    return Archive(tuple(Member(path, name, _bare(_last(name))) for name in wanted), ignored)


def open_member(
    member: Member, *, most_bytes: int, seal: Seal | None = None
) -> Content | Rewritten:
    """The member's decompressed content, from its beginning, rewritten if it is to be.

    Reading raises InputError where the archive is cut or damaged, where the content is packed a
    second time, and beyond `most_bytes` of content. `seal`: hears the packed bytes of a gzip.
    """
    kind, opener = _opener(member, seal)
    try:
        source = opener()
    except _BROKEN as error:
        raise _damaged(member.place, kind, error) from error
    _, again = _opener(member, None)
    content = Content(source, member.place, kind, most_bytes, again)
    if not member.rewritten:
        return content
    return Rewritten(content, REWRITERS[member.rewritten], member.place)


def _opener(member: Member, seal: Seal | None) -> tuple[str, Callable[[], Readable]]:
    if member.inner:
        return "zip", lambda: _open_entry(member)
    begin = _begins(member.path)
    if begin.startswith(GZIP):
        return "gzip", lambda: GzipStream(_open_packed(member.path, seal))
    if begin.startswith(ZSTD):
        return "zstd", lambda: _open_zstd(member.path)
    return "", lambda: member.path.open("rb", buffering=0)


def _open_packed(path: Path, seal: Seal | None) -> Readable:
    packed = path.open("rb", buffering=0)
    return packed if seal is None else seal.over(packed)


def _open_zstd(path: Path) -> Readable:
    return cast("Readable", pa.CompressedInputStream(pa.OSFile(str(path), "rb"), "zstd"))


def _open_entry(member: Member) -> Readable:
    with zipfile.ZipFile(member.path) as zipped:
        try:
            entry = zipped.getinfo(member.inner)
        except KeyError:
            raise _changed(member) from None
        if entry.flag_bits & 0x1:
            raise InputError(
                "the archive is encrypted",
                where=member.place,
                todo="unpack it and hand in the files",
            )
        return cast("Readable", zipped.open(entry))


def _begins(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise InputError("this is no regular file", where=str(path), todo="name a file")
        with path.open("rb") as stream:
            return stream.read(4)
    except OSError as error:
        raise InputError(
            f"the file cannot be opened: {error.strerror}",
            where=str(path),
            todo="check the name and the permissions",
        ) from error


class Content:
    """The bytes of a content, watched: how many they are, and whether they are packed again."""

    def __init__(
        self,
        source: Readable,
        place: str,
        kind: str,
        most_bytes: int,
        again: Callable[[], Readable],
    ) -> None:
        self._source = source
        self._place = place
        self._kind = kind
        self._most = most_bytes
        self._given = 0
        self._again = again

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def read(self, size: int = -1, /) -> bytes:
        """So many bytes, all that there are if negative; fewer only at the end."""
        parts: list[bytes] = []
        while size and (data := self.read1(size)):
            parts.append(data)
            size -= len(data) if size > 0 else 0
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def read1(self, size: int = -1, /) -> bytes:
        """Up to so many bytes, as they come; b"" only at the end."""
        try:
            data = self._source.read(size if 0 <= size < _MOST_AT_ONCE else _MOST_AT_ONCE)
        except _BROKEN as error:
            raise self._broken(error) from error
        if not self._given:
            self._check_first(data)
        self._given += len(data)
        if self._given > self._most:
            raise InputError(
                f"the content is larger than {self._most} bytes",
                where=self._place,
                todo="cut it into several files, or raise most_bytes in the configuration",
            )
        return data

    def _check_first(self, data: bytes) -> None:
        if self._kind and data.startswith((GZIP, ZSTD, *ZIP)):
            raise InputError(
                "the content is packed a second time",
                where=self._place,
                todo="unpack the outer archive and hand in what it holds",
            )

    def _broken(self, error: Exception) -> InputError:
        return InputError(
            f"the {self._kind or 'file'} is cut or damaged after {self._given} bytes of content "
            f"({error}); nothing of it was taken",
            where=self._place,
            line=self._lines() + 1,
            todo="fetch it again",
        )

    def _lines(self) -> int:
        """How many lines came before it broke: read once more, rather than counted each time."""
        lines = 0
        source = self._again()
        try:
            left = self._given
            while left and (data := source.read(min(left, _BUFFER))):
                lines += data.count(b"\n")
                left -= len(data)
        except _BROKEN:
            pass
        finally:
            source.close()
        return lines

    def close(self) -> None:
        """Close the file."""
        self._source.close()


def _is_clutter(entry: zipfile.ZipInfo) -> bool:
    parts = PurePosixPath(entry.filename.replace("\\", "/")).parts
    last = parts[-1] if parts else ""
    return (
        entry.is_dir()
        or "__MACOSX" in parts
        or last.startswith("._")
        or last in (".DS_Store", "Thumbs.db", "desktop.ini")
    )


def _last(name: str) -> str:
    return name.replace("\\", "/").rpartition("/")[2]


def _bare(name: str) -> str:
    while name.lower().endswith(_ENDINGS):
        name = name.rpartition(".")[0]
    return name


def _damaged(place: str, kind: str, error: Exception) -> InputError:
    if isinstance(error, OSError) and error.strerror:
        return InputError(f"the file cannot be opened: {error.strerror}", where=place)
    return InputError(
        f"the {kind} archive is cut or damaged ({error}); nothing of it was taken",
        where=place,
        todo="fetch it again",
    )


def _changed(member: Member) -> InputError:
    return InputError(
        "the archive has changed while it was read", where=member.place, todo="try again"
    )
