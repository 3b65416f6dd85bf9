"""Our own format: one JSON object a line, which names its report type (docs/operators)."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import compress
from typing import cast

import numpy as np
import pyarrow as pa

from tocsin.catalogue.entries import Source
from tocsin.engine.sources.blocks import BOM, Block, Bytes
from tocsin.engine.sources.joining import OVERLONG
from tocsin.engine.sources.json_group import GatheredRows
from tocsin.engine.sources.json_kinds import BY_RULES, MOST_KINDS, MOST_TARGETS, Kind, is_word
from tocsin.engine.sources.json_rows import JsonFault, JsonObject, has_lone_surrogate, read_object
from tocsin.engine.sources.json_template import Templates
from tocsin.engine.sources.raw import (
    MOST_RECORD_BYTES,
    MOST_REJECT_BYTES,
    RawGroup,
    ReadSlice,
    Slice,
    Survey,
)
from tocsin.engine.sources.slice_reading import SliceAccount, line_numbers

_SETTLED_AT = 1 << 12
_WORTH_SETTLING = 1 << 8
_MOST_WAITING = 1 << 15
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")

WORTH_COMPILED = 4_096
"""Slices of so many records are read by compiled loops; with fewer, loading them costs more."""

_MOST_AT_ONCE = 1 << 28
_MOST_BLANK = 100_000
"""Nor are those that have more bytes, or more blank lines: room is made for every line."""


def read_slice(
    content: Bytes,
    part: Slice,
    survey: Survey,
    *,
    source: Source,
    report_type: str,  # noqa: ARG001 - the rows tell their own
    foreign: bool = False,
) -> ReadSlice:
    """Read one slice of a content: groups by report types, or by kind of observation.

    `foreign`: the rows are of others, and what we call report_type, observation and
    hostname_confirmed means nothing in them; all of them are for rules, and none is confirmed.
    `content` stands at the slice's first byte. Raises InputError if the content is not what was
    surveyed.
    """
    reading = _Reading(part, survey, source, foreign=foreign)
    large = part.records >= WORTH_COMPILED and part.length <= _MOST_AT_ONCE
    if large and not source.filters.repeats:
        reading.add_all(reading.account.whole(content), part)
    else:
        for block in reading.account.blocks(content, cells=0):
            reading.add(block)
    groups = reading.groups()
    if foreign:
        groups = [replace(each, confirmed=np.zeros(len(each), np.bool_)) for each in groups]
    return reading.account.done(groups)


class _Reading:
    """The rows of a slice as they gather, by kind."""

    def __init__(self, part: Slice, survey: Survey, source: Source, *, foreign: bool) -> None:
        self.account = SliceAccount(part, survey, source)
        self._missing = pa.array(source.missing, pa.string())
        self._gathered: dict[Kind, GatheredRows] = {}
        self._drops_repeats = source.filters.repeats
        self._ruled = source.ruled or foreign
        self._foreign = foreign
        self._templates = Templates()
        self._kinds: dict[int, Kind] = {}
        self._waiting = 0

    def add(self, block: Block) -> None:
        """Read the records of a block."""
        records = block.records
        texts = _decode_all(records)
        lines = line_numbers(block).tolist()
        occurrences = self.account.occurrences(records)
        if block.faults or self._drops_repeats or None in texts:
            others: Sequence[int] = range(len(records))
        else:
            others = self._add_alike(cast("list[str]", texts), records, lines, occurrences)
        for number in others:
            text = texts[number]
            place = records[number], lines[number], occurrences[number]
            if number in block.faults:
                self._reject(JsonFault(*block.faults[number]), *place)
            else:
                self._add_text(text, *place)
        self._settle_many()

    def add_all(self, content: bytes, part: Slice) -> None:
        """Read all records of the slice at once."""
        # Not loaded for small slices, see WORTH_COMPILED.
        from tocsin.engine.kernels.lines import count_lines  # noqa: PLC0415 - see above
        from tocsin.engine.sources.json_bulk import Bulk  # noqa: PLC0415 - see above
        from tocsin.engine.sources.json_large import LargeSlice  # noqa: PLC0415 - see above
        from tocsin.engine.sources.row_ids import row_ids  # noqa: PLC0415 - see above

        lines = count_lines(content)
        if lines > part.records + _MOST_BLANK:
            for block in self.account.blocks(io.BytesIO(content), cells=0):
                self.add(block)
            return
        begin = len(BOM) if not part.offset and content.startswith(BOM) else 0
        large = LargeSlice(content, begin, lines)
        records, begins, ends = large.records()
        ids, occurrences = row_ids(content, begins, ends, self.account.identities)
        ids_of = np.cumsum(records) - 1
        bulk = Bulk(large, ids, ids_of, part.first_line, self._missing, self._ruled, self._foreign)
        for shaped in large.shaped():
            kinds, numbers = bulk.kinds(shaped)
            kinds = [kind if kind and self._is_welcome(kind) else None for kind in kinds]
            left = np.array([kind is None for kind in kinds])[numbers]
            large.leave(shaped.rows[left])
            unclear = shaped.confirmed("hostname_confirmed")[1]
            self._note_unclear(int((unclear & ~left).sum()))
            for kind, group in bulk.groups(shaped, kinds, numbers):
                self._gathered[kind].keep(group)
        self.account.notes["blank_lines"] += large.rows - len(ids)
        for row in large.unmatched[records[large.unmatched]].tolist():
            place = large.line(row), row + part.first_line, int(occurrences[ids_of[row]])
            self._add_line(*place)
            self._settle_many()

    def _add_line(self, record: bytes, line: int, occurrence: int) -> None:
        if len(record) > MOST_RECORD_BYTES:
            self._reject(JsonFault(*OVERLONG), record[:MOST_REJECT_BYTES], line, occurrence)
        else:
            self._add_text(_decoded(record), record, line, occurrence)

    def _add_text(self, text: str | None, record: bytes, line: int, occurrence: int) -> None:
        if text is None:
            fault = JsonFault("bad_encoding", "the line is not UTF-8")
            self._reject(fault, record, line, occurrence)
        else:
            self._add_row(text, record, line, occurrence)

    def _settle_many(self) -> None:
        if self._waiting >= _SETTLED_AT:
            self._settle(_WORTH_SETTLING)
        if self._waiting >= _MOST_WAITING:
            self._settle(1)

    def _add_alike(
        self, texts: list[str], records: Sequence[bytes], lines: list[int], occurrences: list[int]
    ) -> Sequence[int]:
        """Add the rows that have the shape that matched last; the numbers of the others."""
        if not self._templates.known:
            return range(len(texts))
        template = self._templates.known[0]
        found = list(map(template.pattern.fullmatch, texts))
        cells = [match.groups() for match in found if match is not None]
        if cells:
            kind = self._kinds[id(template)]
            self._gathered[kind].extend_shaped(
                template,
                cells,
                list(compress(records, found)),
                list(compress(lines, found)),
                list(compress(occurrences, found)),
            )
            self._note(template.example, len(cells))
        return [number for number, match in enumerate(found) if match is None]

    def _reject(self, fault: JsonFault, record: bytes, line: int, _: int) -> None:
        self.account.reject(line, fault.reason, fault.detail, record)

    def _add_row(self, text: str, record: bytes, line: int, occurrence: int) -> None:
        found = self._templates.match(text)
        if found is None:
            self._parse_row(text, record, line, occurrence)
            return
        template, cells = found
        if self._is_wanted(template.example, occurrence):
            kind = self._kinds[id(template)]
            self._gathered[kind].extend_shaped(template, [cells], [record], [line], [occurrence])

    def _parse_row(self, text: str, record: bytes, line: int, occurrence: int) -> None:
        read = self._read(text, record)
        if isinstance(read, JsonFault):
            self._reject(read, record, line, occurrence)
            return
        kind, value = read
        template = self._templates.learn(text, value)
        if template is not None:
            self._kinds[id(template)] = kind
        if self._is_wanted(value, occurrence):
            self._gathered[kind].add(value, record, line, occurrence)

    def _is_wanted(self, value: JsonObject, occurrence: int) -> bool:
        if self.account.is_repeat(occurrence):
            return False
        self._note(value, 1)
        return True

    def _note(self, value: JsonObject, rows: int) -> None:
        self._waiting += rows
        if value.get("hostname_confirmed") not in (None, True, False):
            self._note_unclear(rows)

    def _note_unclear(self, rows: int) -> None:
        if self._foreign:
            return
        self.account.notes["hostname_confirmed_unclear"] += rows

    def _read(self, text: str, record: bytes) -> tuple[Kind, JsonObject] | JsonFault:
        value = read_object(text)
        if isinstance(value, JsonFault):
            return value
        if b"\\u" in record and _SURROGATE.search(record) and has_lone_surrogate([value]):
            return JsonFault("bad_encoding", "half of a surrogate pair is no character")
        kind = BY_RULES if self._foreign else _kind(value, ruled=self._ruled)
        if isinstance(kind, JsonFault):
            return kind
        if not self._is_welcome(kind):
            return JsonFault("too_many_kinds", f"more than {MOST_KINDS} kinds of rows")
        return kind, value

    def _is_welcome(self, kind: Kind) -> bool:
        """Whether rows of that kind are gathered: all kinds are, until there are too many."""
        if kind not in self._gathered:
            if len(self._gathered) == MOST_KINDS:
                return False
            self._gathered[kind] = GatheredRows(*kind, self._missing, self.account.identities)
        return True

    def _settle(self, least: int) -> None:
        """Make columns of the rows of each kind of which at least so many wait."""
        for gathered in self._gathered.values():
            waiting = gathered.waiting
            if waiting >= least:
                gathered.settle()
                self._waiting -= waiting

    def groups(self) -> list[RawGroup]:
        """All accepted rows, by kind in the order of their first rows."""
        self._settle(1)
        return [group for gathered in self._gathered.values() for group in gathered.groups()]


def _decode_all(records: Sequence[bytes]) -> list[str | None]:
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


def _kind(value: JsonObject, *, ruled: bool) -> Kind | JsonFault:
    """Where a row goes: report types, one kind of observation, or to the rules if there are any."""
    said, observation = value.get("report_type"), value.get("observation")
    if observation is not None:
        if said is not None:
            return JsonFault("two_kinds", "both report_type and observation are given")
        if not isinstance(observation, str) or not is_word(observation):
            return JsonFault("no_report_type", "observation is not a word of a-z, 0-9 and _")
        return (), observation
    if said is None and ruled:
        return BY_RULES
    names = tuple(said) if isinstance(said, list) else (said,)
    if not 0 < len(names) <= MOST_TARGETS or not all(map(is_word, names)):
        return JsonFault(
            "no_report_type",
            "report_type is missing"
            if said is None
            else f"report_type is not a word of a-z, 0-9 and _, or a list of 1 to {MOST_TARGETS}",
        )
    return tuple(str(name) for name in dict.fromkeys(names)), ""
