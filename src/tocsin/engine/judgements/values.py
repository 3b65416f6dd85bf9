"""Judgements as frozen values, and the JSON that they are kept as.

What each kind means for an event, in the words of the night:

- distrust of a sensor or a source: its records of `start` up to `end` (their own time) go to
  nobody;
- withdrawal of a rule, an address or one event: what of it was seen before `end` goes to nobody;
- hold on an address, a rule or a campaign (family, infection, tag): nothing of it goes out in
  nights that are planned before `end`; what was held comes afterwards, as delayed.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, cast

from tocsin.model.address import Network, parse_network

FORMAT: Final = 1

JudgementJson = dict[str, object]


class Kind(StrEnum):
    """What a judgement does to the events that it is about."""

    DISTRUST = "distrust"
    WITHDRAWAL = "withdrawal"
    HOLD = "hold"

    @property
    def letter(self) -> str:
        """With what its ids begin."""
        return self.value[0]


class What(StrEnum):
    """What of an event a judgement looks at."""

    SENSOR = "sensor"
    SOURCE = "source"
    RULE = "rule"
    ADDRESS = "address"
    EVENT = "event"
    FAMILY = "family"
    INFECTION = "infection"
    TAG = "tag"


MAY_NAME: Final[Mapping[Kind, tuple[What, ...]]] = {
    Kind.DISTRUST: (What.SENSOR, What.SOURCE),
    Kind.WITHDRAWAL: (What.RULE, What.ADDRESS, What.EVENT),
    Kind.HOLD: (What.ADDRESS, What.RULE, What.FAMILY, What.INFECTION, What.TAG),
}


@dataclass(frozen=True, slots=True)
class Judgement:
    """One decision of a person. `start` is None where everything before `end` is meant.

    value: as `checks` wrote it: a sensor's or source's name, a rule's id, a prefix, an event's id
    as 32 hexadecimal digits, or a word in small letters. ended: when somebody took it back.
    """

    id: str
    kind: Kind
    what: What
    value: str
    owner: str
    reason: str
    made: dt.datetime
    end: dt.datetime
    start: dt.datetime | None = None
    ended: dt.datetime | None = None
    ended_by: str = ""

    @property
    def network(self) -> Network:
        """The addresses that it is about; only where `what` is ADDRESS."""
        return parse_network(self.value)

    def taken_back(self, by: str, now: dt.datetime) -> Judgement:
        """The same, ended."""
        return replace(self, ended=now, ended_by=by)

    def in_force(self, now: dt.datetime) -> bool:
        """Whether a night that is planned now would ask it; spans of events are not looked at."""
        return self.ended is None and (self.kind is not Kind.HOLD or now < self.end)

    def may_mean(self, first: dt.datetime, last: dt.datetime) -> bool:
        """Whether events between these moments, both included, may be what it is about."""
        if self.kind is Kind.HOLD:
            return True
        return first < self.end and (self.start is None or self.start <= last)

    def to_json(self) -> JudgementJson:
        """As it is kept."""
        return {
            "id": self.id,
            "kind": self.kind.value,
            "what": self.what.value,
            "value": self.value,
            "owner": self.owner,
            "reason": self.reason,
            "made": self.made.isoformat(),
            "start": self.start.isoformat() if self.start else None,
            "end": self.end.isoformat(),
            "ended": self.ended.isoformat() if self.ended else None,
            "ended_by": self.ended_by,
        }

    @classmethod
    def from_json(cls, said: Mapping[str, object]) -> Judgement:
        """Read what `to_json` made; KeyError, TypeError or ValueError if it is none of ours."""
        judgement = cls(
            id=_text(said["id"]),
            kind=Kind(_text(said["kind"])),
            what=What(_text(said["what"])),
            value=_text(said["value"]),
            owner=_text(said["owner"]),
            reason=_text(said["reason"]),
            made=_moment(said["made"]),
            start=_moment(said["start"]) if said["start"] else None,
            end=_moment(said["end"]),
            ended=_moment(said["ended"]) if said["ended"] else None,
            ended_by=_text(said["ended_by"]),
        )
        if not re.fullmatch(f"{judgement.kind.letter}[0-9]{{1,9}}", judgement.id):
            raise ValueError("no id of ours")
        if judgement.what not in MAY_NAME[judgement.kind]:
            raise ValueError(f"a {judgement.kind} of a {judgement.what}")
        if judgement.what is What.ADDRESS:
            parse_network(judgement.value)
        if judgement.what is What.EVENT and len(bytes.fromhex(judgement.value)) != 16:
            raise ValueError("no event's id")
        return judgement


_EPOCH: Final = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def micros(moment: dt.datetime) -> int:
    """Microseconds since 1970, as columns of times hold them."""
    return (moment - _EPOCH) // dt.timedelta(microseconds=1)


def _text(said: object) -> str:
    if not isinstance(said, str):
        raise TypeError("no text")
    return said


def _moment(said: object) -> dt.datetime:
    moment = dt.datetime.fromisoformat(_text(said))
    if moment.tzinfo is None:
        raise ValueError("no zone")
    return moment.astimezone(dt.UTC)


def document_of(judgements: Sequence[Judgement]) -> dict[str, object]:
    """All judgements as one JSON object."""
    return {"format": FORMAT, "judgements": [each.to_json() for each in judgements]}


def judgements_of(document: Mapping[str, object]) -> tuple[Judgement, ...]:
    """Read what `document_of` made; errors as of `Judgement.from_json`."""
    if document["format"] != FORMAT:
        raise ValueError("another format")
    listed = cast("list[Mapping[str, object]]", document["judgements"])
    return tuple(Judgement.from_json(each) for each in listed)
