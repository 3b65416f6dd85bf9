"""One pass over a content: its checksum, what of it is known, and where to cut it.

Keeps 16 bytes per record, for finding records that occur in more than one slice.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from tocsin.engine.sources.blocks import Block, Bytes
from tocsin.engine.sources.compression import open_member
from tocsin.engine.sources.csv_header import Header, OtherHeader, parse_header
from tocsin.engine.sources.detect import detect_sample, first_line, read_sample
from tocsin.engine.sources.formats import FORMATS, Format
from tocsin.engine.sources.raw import Member, Slice, Survey
from tocsin.engine.sources.records import read_blocks
from tocsin.engine.sources.repeats import Cut, Repeats
from tocsin.model.errors import InputError

_READ_BYTES = 1 << 20
SLICE_BYTES = 1 << 27
"""A slice is cut at so many bytes even if it has few records; a worker holds one in memory."""

SLICE_CELLS = 1 << 25
"""Nor has it more cells than this, however many columns the header has."""


def head_of(member: Member, *, most_bytes: int) -> str:
    """SHA-256, hexadecimal, over the first two lines: the same for a file and its grown self."""
    return _head(read_sample(member, most_bytes=most_bytes))


def survey(
    member: Member,
    format: str,  # noqa: A002 - the word of the model; Python's own is not needed here
    *,
    known: Mapping[int, str],
    slice_records: int = 250_000,
    most_bytes: int,
) -> Survey:
    """Look through a content.

    `known`: size -> SHA-256 of contents taken in earlier from the same source with the same
    head; the largest that is a beginning of this one, and ends with a line, is skipped.
    Raises InputError if the content as a whole cannot be read, or has not that format.
    """
    if slice_records < 1:
        raise ValueError(f"a slice has at least one record, not {slice_records}")
    shape = FORMATS[format]
    sample = read_sample(member, most_bytes=most_bytes)
    line, header = _header(member, shape, sample)
    other = OtherHeader(line, header) if header else None
    cells = header.cells if header else 0
    breaks = _known_beginnings(member, known, most_bytes)
    with open_member(member, most_bytes=most_bytes) as content:
        watched = _Watched(content)
        cutter = _Slicer(
            min(slice_records, SLICE_CELLS // max(cells, 1)), has_header=shape.has_header
        )
        for end in [*breaks, None]:
            part = _Part(watched, end)
            for block in read_blocks(
                part,
                cells=cells,
                offset=watched.given,
                first_line=cutter.next_line,
            ):
                _refuse_other_header(member, other, block)
                cutter.add(block)
            if end is not None:
                cutter.forget(end)
        size = watched.given
        return Survey(
            size=size,
            sha256=watched.digest.hexdigest(),
            head=_head(sample),
            records=cutter.records - cutter.skipped,
            skipped_records=cutter.skipped,
            skipped_bytes=breaks[-1] if breaks else 0,
            slices=cutter.slices(size),
            header=line,
        )


def _header(member: Member, shape: Format, sample: bytes) -> tuple[bytes, Header | None]:
    """The header line and what it says; InputError if the content is not that format."""
    found = detect_sample(sample)
    if not shape.has_header:
        if sample.strip() and found.format != shape.name:
            raise _other_format(member, shape, found.looks_like)
        return b"", None
    line = first_line(sample)
    header = parse_header(line)
    if found.format != shape.name or isinstance(header, str):
        raise _other_format(member, shape, found.looks_like)
    return line, header


def _other_format(member: Member, shape: Format, looks_like: str) -> InputError:
    return InputError(
        f"this is not {shape.name}: {looks_like}",
        where=member.place,
        todo=f"name the source that gives such files; {shape.name} is {shape.description}",
    )


def _refuse_other_header(member: Member, other: OtherHeader | None, block: Block) -> None:
    found = other.among(block.records) if other else -1
    if found >= 0:
        raise InputError(
            "another header, with other columns, stands in the middle of the file",
            where=member.place,
            line=block.first_line + block.starts[found],
            todo="cut the file there, and hand in both",
        )


def _head(sample: bytes) -> str:
    lines = sample.split(b"\n", 2)[:2]
    return hashlib.sha256(b"\n".join(line.removesuffix(b"\r") for line in lines)).hexdigest()


def _known_beginnings(member: Member, known: Mapping[int, str], most_bytes: int) -> list[int]:
    """Sizes of the known contents with which this one begins, ascending."""
    found: list[int] = []
    if not known:
        return found
    with open_member(member, most_bytes=most_bytes) as content:
        watched = _Watched(content)
        for size in sorted(known):
            part = _Part(watched, size)
            while part.read(_READ_BYTES):
                pass
            if watched.given < size:
                break
            if watched.last == b"\n" and watched.digest.hexdigest() == known[size]:
                found.append(size)
    return found


class _Watched:
    """A stream that hashes and counts what it gives."""

    def __init__(self, content: Bytes) -> None:
        self._content = content
        self.digest = hashlib.sha256()
        self.given = 0
        self.last = b""

    def read(self, size: int = -1, /) -> bytes:
        data = self._content.read(size)
        self.digest.update(data)
        self.given += len(data)
        self.last = data[-1:] or self.last
        return data


class _Part:
    """A stream up to a place in it, or to its end."""

    def __init__(self, watched: _Watched, end: int | None) -> None:
        self._watched = watched
        self._end = end

    def read(self, size: int = -1, /) -> bytes:
        if self._end is None:
            return self._watched.read(size)
        return self._watched.read(min(size, self._end - self._watched.given))


class _Slicer:
    """Counts records and decides where slices begin."""

    def __init__(self, slice_records: int, *, has_header: bool) -> None:
        self.records = 0
        self.next_line = 1
        self._header_due = has_header
        self._most = slice_records
        self._repeats = Repeats()
        self._cuts = [Cut(0, 0, 1)]

    @property
    def skipped(self) -> int:
        """How many records had been taken in earlier."""
        return self._cuts[0].record

    def add(self, block: Block) -> None:
        """Take in the next records of the content."""
        self.next_line = block.first_line + len(block.lines)
        first = int(self._header_due and bool(block.records))
        if first:
            self._header_due = False
        self._cut_within(block, first)
        self.records += len(block.records) - first
        self._repeats.add(block.records[first:])

    def _cut_within(self, block: Block, first: int) -> None:
        """Begin slices at the records of the block at which the one before is full."""
        last = self._cuts[-1]
        number = first + last.record + self._most - self.records
        if block.offset - last.offset >= SLICE_BYTES and self.records > last.record:
            number = first
        while number < len(block.records):
            line = block.first_line + block.starts[number]
            record = self.records + number - first
            self._cuts.append(Cut(record, block.offset_of(number), line))
            number += self._most

    def forget(self, offset: int) -> None:
        """What came so far had been taken in earlier: its rows count, its slices do not."""
        self._cuts = [Cut(self.records, offset, self.next_line)]

    def slices(self, size: int) -> tuple[Slice, ...]:
        """The slices; they cover every byte that was not taken in earlier."""
        if size and self._cuts[0].offset == size:
            return ()
        return self._repeats.slices(self._cuts, Cut(self.records, size, self.next_line))
