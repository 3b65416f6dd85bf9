"""One pass over a content: its checksum, what of it is known, and where to cut it.

Keeps 16 bytes per record, for finding records that occur in more than one slice.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left
from collections.abc import Mapping, Sequence

from tocsin.catalogue.reading import Reading
from tocsin.engine.sources.blocks import Block
from tocsin.engine.sources.compression import open_member
from tocsin.engine.sources.csv_dialect import declared_header, header_line
from tocsin.engine.sources.csv_header import Header, OtherHeader, parse_header
from tocsin.engine.sources.detect import NDJSON, detect_sample, first_line, read_sample
from tocsin.engine.sources.formats import FORMATS, Format
from tocsin.engine.sources.raw import Member, Survey
from tocsin.engine.sources.records import read_blocks
from tocsin.engine.sources.seal import Seal
from tocsin.engine.sources.session_survey import SessionSurvey
from tocsin.engine.sources.slicer import Slicer
from tocsin.engine.sources.tape import Tape
from tocsin.model.errors import InputError

_READ_BYTES = 1 << 20
_WORTH_COMPILED = 1 << 19


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
    reading: Reading | None = None,
) -> Survey:
    """Look through a content. `reading`: how its source says that rows are read, if it does.

    `known`: size -> SHA-256 of contents taken in earlier from the same source with the same
    head; the largest that is a beginning of this one, and ends where a record of this one ends,
    is skipped.
    Raises InputError if the content as a whole cannot be read, or has not that format.
    """
    if slice_records < 1:
        raise ValueError(f"a slice has at least one record, not {slice_records}")
    shape = FORMATS[format]
    sample = read_sample(member, most_bytes=most_bytes)
    line, header = _header(member, shape, sample, reading)
    other = OtherHeader(line, header) if header and shape.has_header else None
    cells = header.cells if header else 0
    breaks = _known_beginnings(member, known, most_bytes)
    seal = Seal()
    with open_member(member, most_bytes=most_bytes, seal=seal) as content:
        tape = Tape(content)
        slicer = Slicer(tape, slice_records, cells=cells, has_header=shape.has_header)
        sessions = SessionSurvey(shape.sessions) if shape.sessions else None
        compiled = member.path.stat().st_size >= _WORTH_COMPILED
        for block in read_blocks(tape, cells=cells, offset=0, first_line=1, compiled=compiled):
            _refuse_other_header(member, other, block)
            _add(slicer, sessions, block, breaks)
        slices = slicer.slices(complete=tape.given in breaks)
        found = None
        if sessions is not None:
            slices, found = sessions.found(slices)
        return Survey(
            size=tape.given,
            sha256=tape.whole.hexdigest(),
            head=_head(sample),
            records=slicer.records - slicer.skipped.record,
            skipped_records=slicer.skipped.record,
            skipped_bytes=slicer.skipped.offset,
            slices=slices,
            header=line,
            sealed=seal.found,
            sessions=found,
        )


def _add(
    slicer: Slicer, sessions: SessionSurvey | None, block: Block, breaks: Sequence[int]
) -> None:
    """Add a block; what ends at a break was taken in earlier, if a record ends there as well.

    Where none does, a quoted cell was open at the end of the file as it was. What was read of
    that row is not what it says now, so that the break counts for nothing.
    """
    low = bisect_left(breaks, block.offset)
    after = block.offset_of_line(len(block.lines)) if low < len(breaks) else 0
    for end in breaks[low : bisect_left(breaks, after)]:
        line = block.line_at(end)
        if line >= 0:
            before, block = block.divided(line)
            _follow(slicer, sessions, before)
            slicer.forget(end)
            if sessions is not None:
                sessions.forget()
    _follow(slicer, sessions, block)


def _follow(slicer: Slicer, sessions: SessionSurvey | None, block: Block) -> None:
    slicer.add(block)
    if sessions is not None:
        sessions.add(block.records, slicer.starts)


def _header(
    member: Member, shape: Format, sample: bytes, reading: Reading | None
) -> tuple[bytes, Header | None]:
    """The header line and what it says; InputError if the content is not that format."""
    found = detect_sample(sample)
    if reading is not None and shape.name == "csv":
        return _declared_header(member, shape, sample, reading)
    if not shape.has_header:
        told = shape.written_as or shape.name
        if sample.strip() and not member.rewritten and found.format != told:
            raise _other_format(member, shape, found.looks_like)
        return b"", None
    line = first_line(sample)
    header = parse_header(line)
    if found.format != shape.name or isinstance(header, str):
        raise _other_format(member, shape, found.looks_like)
    return line, header


def _declared_header(
    member: Member, shape: Format, sample: bytes, reading: Reading
) -> tuple[bytes, Header | None]:
    found = detect_sample(sample)
    if found.format == NDJSON or found.is_no_text:
        raise _other_format(member, shape, found.looks_like)
    line = header_line(reading, sample)
    header = declared_header(reading, line)
    if isinstance(header, str):
        raise _other_format(member, shape, header)
    return line, header


def _other_format(member: Member, shape: Format, looks_like: str) -> InputError:
    return InputError(
        f"this is not {shape.name}: {looks_like}",
        where=member.place,
        todo=f"name the source that gives such files; {shape.name} is {shape.description}",
    )


def _refuse_other_header(member: Member, other: OtherHeader | None, block: Block) -> None:
    found = other.among(block.records) if other else -1
    # The beginning of our own header, where the file is still being written, is no other one.
    if found >= 0 and found != block.cut_record:
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
        digest = hashlib.sha256()
        given = 0
        last = b""
        for size in sorted(known):
            while data := content.read(min(_READ_BYTES, size - given)):
                digest.update(data)
                given += len(data)
                last = data[-1:]
            if given < size:
                break
            if last == b"\n" and digest.hexdigest() == known[size]:
                found.append(size)
    return found
