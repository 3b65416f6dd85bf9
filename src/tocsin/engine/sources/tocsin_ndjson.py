"""Our own format: one JSON object a line, which names its report type (docs/operators)."""

from __future__ import annotations

import re
from typing import BinaryIO

import pyarrow as pa

from tocsin.catalogue.entries import Source
from tocsin.engine.sources.json_group import GatheredRows
from tocsin.engine.sources.json_rows import JsonFault, JsonObject, has_lone_surrogate, read_object
from tocsin.engine.sources.raw import RawGroup, ReadSlice, Slice, Survey
from tocsin.engine.sources.records import Block
from tocsin.engine.sources.slice_reading import SliceAccount, line_numbers

MOST_TARGETS = 8
MOST_KINDS = 4_096
"""So many kinds of rows one slice may hold; more of them are data in the wrong place."""

_MOST_WAITING = 1 << 14
_WORD = re.compile(r"[a-z][a-z0-9_]{0,63}")
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")

Kind = tuple[tuple[str, ...], str]


def read_slice(
    content: BinaryIO,
    part: Slice,
    survey: Survey,  # noqa: ARG001 - every reader has the same signature
    *,
    source: Source,
    report_type: str,  # noqa: ARG001 - the rows tell their own
) -> ReadSlice:
    """Read one slice of a content: groups by report types, or by kind of observation.

    `content` stands at the slice's first byte. Raises InputError if the content is not what was
    surveyed.
    """
    reading = _Reading(part, source)
    for block in reading.account.blocks(content, cells=0):
        reading.add(block)
    return reading.account.done(reading.groups())


class _Reading:
    """The rows of a slice as they gather, by kind."""

    def __init__(self, part: Slice, source: Source) -> None:
        self.account = SliceAccount(part, source)
        self._missing = pa.array(source.missing, pa.string())
        self._gathered: dict[Kind, GatheredRows] = {}
        self._waiting = 0

    def add(self, block: Block) -> None:
        """Read the records of a block."""
        records = block.records
        texts = _decode_all(records)
        lines = line_numbers(block).tolist()
        occurrences = self.account.occurrences(records)
        for number, text in enumerate(texts):
            fault = block.faults.get(number)
            read = JsonFault(*fault) if fault else self._read(text, records[number])
            if isinstance(read, JsonFault):
                self.account.reject(lines[number], read.reason, read.detail, records[number])
            elif not self.account.is_repeat(occurrences[number]):
                kind, value = read
                self._gathered[kind].add(value, records[number], lines[number], occurrences[number])
                self._waiting += 1
        if self._waiting >= _MOST_WAITING:
            self._settle()

    def _read(self, text: str | None, record: bytes) -> tuple[Kind, JsonObject] | JsonFault:
        if text is None:
            return JsonFault("bad_encoding", "the line is not UTF-8")
        value = read_object(text)
        if isinstance(value, JsonFault):
            return value
        if b"\\u" in record and _SURROGATE.search(record) and has_lone_surrogate([value]):
            return JsonFault("bad_encoding", "half of a surrogate pair is no character")
        kind = _kind(value)
        if isinstance(kind, JsonFault):
            return kind
        if kind not in self._gathered:
            if len(self._gathered) == MOST_KINDS:
                return JsonFault("too_many_kinds", f"more than {MOST_KINDS} kinds of rows")
            self._gathered[kind] = GatheredRows(*kind)
        if value.get("hostname_confirmed") not in (None, True, False):
            self.account.notes["hostname_confirmed_unclear"] += 1
        return kind, value

    def _settle(self) -> None:
        for gathered in self._gathered.values():
            gathered.settle(self._missing, self.account.identities)
        self._waiting = 0

    def groups(self) -> list[RawGroup]:
        """All accepted rows, by kind in the order of their first rows."""
        self._settle()
        return [group for gathered in self._gathered.values() for group in gathered.groups()]


def _decode_all(records: list[bytes]) -> list[str | None]:
    """The records' texts, None for one that is not UTF-8."""
    try:
        return [*b"\n".join(records).decode().split("\n")] if records else []
    except UnicodeDecodeError:
        return [_decoded(record) for record in records]


def _decoded(record: bytes) -> str | None:
    try:
        return record.decode()
    except UnicodeDecodeError:
        return None


def _kind(value: JsonObject) -> Kind | JsonFault:
    """Where a row goes: report types, or one kind of observation."""
    said, observation = value.get("report_type"), value.get("observation")
    if observation is not None:
        if said is not None:
            return JsonFault("two_kinds", "both report_type and observation are given")
        if not isinstance(observation, str) or not _WORD.fullmatch(observation):
            return JsonFault("no_report_type", "observation is not a word of a-z, 0-9 and _")
        return (), observation
    names = tuple(said) if isinstance(said, list) else (said,)
    if not 0 < len(names) <= MOST_TARGETS or not all(map(_is_word, names)):
        return JsonFault(
            "no_report_type",
            "report_type is missing"
            if said is None
            else f"report_type is not a word of a-z, 0-9 and _, or a list of 1 to {MOST_TARGETS}",
        )
    return tuple(str(name) for name in dict.fromkeys(names)), ""


def _is_word(name: object) -> bool:
    return isinstance(name, str) and _WORD.fullmatch(name) is not None
