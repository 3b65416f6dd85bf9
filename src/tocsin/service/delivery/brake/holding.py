"""Holding parts of a night, and what staff decide of them. Every step in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping

from django.db import transaction

from tocsin.engine.lake.layout import Unit
from tocsin.model.errors import UsageError
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.delivery.brake.judge import Found, Why
from tocsin.service.delivery.brake.looking import Looked
from tocsin.service.delivery.brake.part import PartKind
from tocsin.service.delivery.models import Hold, HoldState, Night, Outcome, Report
from tocsin.service.texts import harmless

_AT_ONCE = 500
_ACTOR = Actor.system("brake")
_DECIDED = (HoldState.RELEASED, HoldState.DROPPED, HoldState.SHADOW)


def hold_parts(night: Night, looked: Looked, now: dt.datetime) -> list[Hold]:
    """Hold what was found, and the reports that have it; those that wait for staff.

    In the caller's transaction, which holds the night.
    """
    reports = _reports(night) if looked.found else {}
    waiting = []
    for found in looked.found:
        hold = _hold(night, found, looked, now)
        numbers = sorted(_meant(found, looked, reports))
        _link(hold, numbers)
        if hold.state == HoldState.HELD:
            waiting.append(hold)
            _set(numbers, Outcome.WAITING, Outcome.HELD)
        elif found.part.kind.is_of_reports:
            _set(numbers, Outcome.WAITING, Outcome.DROPPED)
            _set(numbers, Outcome.HELD, Outcome.DROPPED)
        _told(hold, len(numbers), now)
    return waiting


@transaction.atomic
def decide(
    number: int, state: HoldState, note: str, actor: Actor, now: dt.datetime
) -> Night | None:
    """Release, drop or put in shadow what is held; the night if that was new, else None.

    Reports that nothing holds any more wait again to be planned; the caller asks for it. UsageError
    without a note, or for what is no decision.
    """
    words = harmless(note, 2000, lines=True).strip()
    if state not in _DECIDED or not words:
        raise UsageError(
            "a decision needs a reason", where="note", todo="say in a sentence what was looked at"
        )
    # The night first: the reports of all its holds change in turn.
    night = Night.objects.select_for_update().filter(holds__pk=number).first()
    hold = Hold.objects.select_for_update().filter(pk=number, state=HoldState.HELD).first()
    if night is None or hold is None:
        return None
    hold.state, hold.note, hold.decided_by, hold.decided_at = state, words, actor.name, now
    hold.save(update_fields=["state", "note", "decided_by", "decided_at"])
    free = _let_go(hold)
    record(
        actor,
        f"hold.{state.value}",
        Subject("hold", str(hold.pk), str(hold)),
        now,
        before={"state": HoldState.HELD.value},
        after={"state": state.value, **free},
        note=words,
    )
    return night


@transaction.atomic
def end_shadow(number: int, actor: Actor, now: dt.datetime) -> bool:
    """Let the nights to come be looked over as any; what was in shadow stays so. False if over."""
    hold = Hold.objects.filter(pk=number, state=HoldState.SHADOW).first()
    if hold is None:
        return False
    ended = Hold.objects.filter(
        kind=hold.kind, name=hold.name, state=HoldState.SHADOW, over_at=None
    ).update(over_at=now)
    if ended:
        record(actor, "shadow.ended", Subject("hold", str(hold.pk), str(hold)), now)
    return bool(ended)


def _let_go(hold: Hold) -> dict[str, int]:
    """What becomes of its reports now: those that another hold holds stay."""
    theirs = hold.reports.filter(outcome=Outcome.HELD)
    still = theirs.filter(holds__state=HoldState.HELD).values_list("pk", flat=True)
    free = sorted(set(theirs.values_list("pk", flat=True)) - set(still))
    dropped = set(_in_batches_dropped(free))
    _set(sorted(dropped), Outcome.HELD, Outcome.DROPPED)
    # An unfinished day is not mailed; whether a day made anew is, is seen when it is planned.
    rest = Outcome.LATER if hold.night.partial else Outcome.WAITING
    _set([each for each in free if each not in dropped], Outcome.HELD, rest)
    return {"reports_free": len(free) - len(dropped), "reports_dropped": len(dropped)}


def _in_batches_dropped(reports: list[int]) -> Iterator[int]:
    """Reports that a decision drops whole."""
    whole = [PartKind.TYPE.value, PartKind.LIST.value]
    for some in _batches(reports):
        yield from Report.objects.filter(
            pk__in=some,
            holds__kind__in=whole,
            holds__state__in=[HoldState.DROPPED, HoldState.SHADOW],
        ).values_list("pk", flat=True)


def _hold(night: Night, found: Found, looked: Looked, now: dt.datetime) -> Hold:
    shadow = found.why is Why.SHADOW
    return Hold.objects.create(
        night=night,
        kind=found.part.kind.value,
        name=found.part.name,
        why=found.why.value,
        rows=found.count.rows,
        in_reports=found.count.reports,
        median_rows=found.median_rows,
        median_reports=found.median_reports,
        samples=looked.contained[found.part].samples,
        state=HoldState.SHADOW if shadow else HoldState.HELD,
        decided_at=now if shadow else None,
        made_at=now,
    )


def _reports(night: Night) -> Mapping[tuple[Unit, int], int]:
    rows = Report.objects.filter(night=night).values_list("report_type", "delayed", "list", "pk")
    return {(Unit(name, delayed), a_list): key for name, delayed, a_list, key in rows}


def _meant(found: Found, looked: Looked, reports: Mapping[tuple[Unit, int], int]) -> Iterator[int]:
    kind, name = found.part.kind, found.part.name
    inside = looked.contained[found.part].lists
    for (unit, a_list), key in reports.items():
        if kind is PartKind.TYPE:
            is_meant = unit.report_type == name
        elif kind is PartKind.LIST:
            is_meant = str(a_list) == name
        else:
            is_meant = (unit, a_list) in inside
        if is_meant:
            yield key


def _link(hold: Hold, reports: Iterable[int]) -> None:
    between = Hold.reports.through
    rows = [between(hold_id=hold.pk, report_id=each) for each in reports]
    between.objects.bulk_create(rows, batch_size=_AT_ONCE)


def _set(reports: list[int], before: Outcome, after: Outcome) -> None:
    for some in _batches(reports):
        Report.objects.filter(pk__in=some, outcome=before).update(outcome=after)


def _batches(numbers: list[int]) -> Iterator[list[int]]:
    for begin in range(0, len(numbers), _AT_ONCE):
        yield numbers[begin : begin + _AT_ONCE]


def _told(hold: Hold, reports: int, now: dt.datetime) -> None:
    record(
        _ACTOR,
        "hold.made",
        Subject("hold", str(hold.pk), str(hold)),
        now,
        after={"why": hold.why, "state": hold.state, "rows": hold.rows, "reports": reports},
    )
