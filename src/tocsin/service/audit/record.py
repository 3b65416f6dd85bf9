"""Writing an audit line: part of the same transaction as what it tells of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tocsin.service.audit.models import ActorKind, AuditLine
from tocsin.service.texts import harmless

Facts = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something: a kind, and a mail address or the name of a process."""

    kind: ActorKind
    name: str

    @classmethod
    def system(cls, name: str) -> Actor:
        """A process of the service itself."""
        return cls(ActorKind.SYSTEM, name)

    @classmethod
    def person(cls, address: str) -> Actor:
        """Somebody outside, by the address that was confirmed."""
        return cls(ActorKind.PERSON, address)


@dataclass(frozen=True, slots=True)
class Subject:
    """What something is done to: a kind, its number, and its name for people."""

    kind: str
    id: str
    name: str = ""


def line(
    actor: Actor,
    verb: str,
    subject: Subject,
    now: dt.datetime,
    *,
    organisation: int | None = None,
    request: int | None = None,
    before: Facts | None = None,
    after: Facts | None = None,
    note: str = "",
) -> AuditLine:
    """A line that is not written yet; see `record`, and write it with `record_many`."""
    return AuditLine(
        at=now,
        actor_kind=actor.kind,
        actor=harmless(actor.name, 254),
        verb=verb,
        subject_kind=subject.kind,
        subject_id=subject.id,
        subject_name=harmless(subject.name, 300),
        organisation=organisation,
        request=request,
        before=dict(before) if before is not None else None,
        after=dict(after) if after is not None else None,
        note=harmless(note, 10_000, lines=True),
    )


def record(
    actor: Actor,
    verb: str,
    subject: Subject,
    now: dt.datetime,
    *,
    organisation: int | None = None,
    request: int | None = None,
    before: Facts | None = None,
    after: Facts | None = None,
    note: str = "",
) -> AuditLine:
    """Add a line. Call it within the transaction that makes the change.

    `verb` is `thing.done`, such as `network.frozen`. `before` and `after` hold what changed, as
    JSON; never a secret.
    """
    made = line(
        actor, verb, subject, now,
        organisation=organisation, request=request, before=before, after=after, note=note,
    )  # fmt: skip
    made.save()
    return made


def record_many(lines: Sequence[AuditLine]) -> None:
    """Add lines, in their order."""
    AuditLine.objects.bulk_create(lines)
