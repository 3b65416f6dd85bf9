"""A part of a night that can be held, dropped or recalled by itself: pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tocsin.model.address import MASK_64, Flags, Network, address_text, parse_network


class PartKind(StrEnum):
    """By what the part is told from the rest. Types and lists are whole reports; others rows."""

    TYPE = "type"
    LIST = "list"
    RULE = "rule"
    SOURCE = "source"
    ADDRESS = "address"
    SENSOR = "sensor"
    EVENT = "event"

    @property
    def is_of_reports(self) -> bool:
        """Whether whole reports are meant."""
        return self in (PartKind.TYPE, PartKind.LIST)


COLUMNS = (
    "_id", "_rule", "_source", "_sensor", "_subject_hi", "_subject_lo", "_subject_len",
)  # fmt: skip
"""What of published rows tells their parts."""


@dataclass(frozen=True, slots=True, order=True)
class Part:
    """name: a type's id, a list's number, a rule's id without its version, a source, a sensor, an
    address or prefix as `subject_name` writes it, or an event's id as 32 hexadecimal digits."""

    kind: PartKind
    name: str

    def mask(self, rows: pa.Table) -> Flags:
        """Which published rows are of the part, `(n,)`; of types and lists none.

        `rows` have COLUMNS. An event is found by the id of the first event that a row stands for.
        """
        match self.kind:
            case PartKind.RULE:
                said = pc.or_kleene(
                    pc.equal(rows["_rule"], self.name),
                    pc.starts_with(rows["_rule"], f"{self.name}@"),
                )
            case PartKind.SOURCE | PartKind.SENSOR:
                said = pc.equal(rows[f"_{self.kind.value}"], self.name)
            case PartKind.EVENT:
                wanted = pa.scalar(bytes.fromhex(self.name), pa.binary(16))
                said = pc.equal(rows["_id"], wanted)
            case PartKind.ADDRESS:
                said = self._about(rows)
            case _:
                return np.zeros(rows.num_rows, np.bool_)
        return np.asarray(pc.fill_null(said, False), np.bool_)

    def _about(self, rows: pa.Table) -> pa.ChunkedArray:
        subject = parse_network(self.name)
        length = pc.fill_null(rows["_subject_len"], 128)
        high = pc.equal(rows["_subject_hi"], pa.scalar(subject.first >> 64, pa.uint64()))
        low = pc.equal(rows["_subject_lo"], pa.scalar(subject.first & MASK_64, pa.uint64()))
        same = pc.equal(length, pa.scalar(subject.length, pa.uint8()))
        return pc.and_(pc.and_(high, low), same)


def subject_name(hi: int, lo: int, length: int | None) -> str:
    """A subject: an address without its length, a prefix with it."""
    subject = Network(hi << 64 | lo, 128 if length is None else length)
    return address_text(subject.first) if subject.length == 128 else str(subject)
