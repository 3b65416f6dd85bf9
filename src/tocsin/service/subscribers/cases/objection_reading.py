"""What an objection comes to by the rules: the reports are read here, and nothing is written.

Reading takes as long as the store of the reports takes. It is done before a transaction begins, and
whoever then writes asks whether it was read for what holds now.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tocsin.configuration.lake_store import lake_store
from tocsin.engine.nightly.subscribers import FilterKind, ReportList
from tocsin.model.address import Network as Prefix
from tocsin.service import installation
from tocsin.service.delivery.brake.in_view import in_view
from tocsin.service.subscribers.cases.objection_rules import (
    PlannedCase,
    Said,
    Situation,
    plan,
    subject_of,
)
from tocsin.service.subscribers.cases.objection_value import Objection
from tocsin.service.subscribers.cases.reported_rows import (
    DAYS,
    ReportedRow,
    Sought,
    reported_rows,
    subject_text,
)
from tocsin.service.subscribers.lists.editing import catalogue_of_home
from tocsin.service.subscribers.lists.lists_now import lists_now
from tocsin.service.subscribers.models import CaseState, MailingList, Organisation
from tocsin.service.texts import harmless

MOST_SUBJECTS = 200
"""About how many subjects one objection may be."""


@dataclass(frozen=True, slots=True)
class Claimant:
    """Who objects, for which lists of which organisation.

    is_known: whether they have shown to be who they say: signed in, or not.
    """

    organisation: Organisation
    address: str
    lists: Sequence[MailingList]
    is_known: bool
    message_id: str = ""
    evidence: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ReadFor:
    """For whom the reports were read: what they may see of them hangs on all of this.

    lists: by number, with the networks that they had then.
    """

    organisation: int
    address: str
    is_national_cert: bool
    is_known: bool
    lists: Mapping[int, ReportList]


@dataclass(frozen=True, slots=True)
class ReadObjection:
    """An objection, and what it comes to by what was reported; no case if something is missing."""

    objection: Objection
    read_for: ReadFor
    cases: tuple[PlannedCase, ...] = ()


def read_for(claimant: Claimant, now: dt.datetime) -> ReadFor:
    """What reading for somebody hangs on; asks the database alone."""
    return ReadFor(
        organisation=claimant.organisation.pk,
        address=claimant.address,
        is_national_cert=claimant.organisation.is_national_cert,
        is_known=claimant.is_known,
        lists=lists_now(claimant.lists, now),
    )


def is_clear(objection: Objection) -> bool:
    """Whether it says enough to make a case of."""
    return bool(objection.subjects) and objection.kind is not None


def read_objection(claimant: Claimant, objection: Objection, now: dt.datetime) -> ReadObjection:
    """Read the reports for an objection; TransientError if they cannot be read now."""
    whose = read_for(claimant, now)
    if not is_clear(objection):
        return ReadObjection(objection, whose)
    cases = _planned(claimant, objection, whose.lists, now)
    return ReadObjection(objection, whose, tuple(cases))


def _planned(
    claimant: Claimant, objection: Objection, lists: Mapping[int, ReportList], now: dt.datetime
) -> list[PlannedCase]:
    subjects = list(dict.fromkeys(harmless(each, 43) for each in objection.subjects))
    taken, rest = subjects[:MOST_SUBJECTS], len(subjects) - MOST_SUBJECTS
    report_type, unknown = _report_type(objection)
    rows: list[ReportedRow] = []
    if not claimant.organisation.is_national_cert and not unknown:
        rows = _rows(taken, lists, objection, report_type, now)
    own = [
        each.prefix
        for listed in lists.values()
        for each in listed.networks
        if each.kind is FilterKind.CIDR
    ]
    found: list[PlannedCase] = []
    for text in taken:
        if unknown:
            found.append(_refused(objection, text, now, f"There is no report type {unknown}."))
        else:
            found += _plan_one(claimant, objection, text, report_type, own, rows, now)
    if rest > 0:
        why = f"More than {MOST_SUBJECTS} addresses at once; please send these once more."
        found.append(_refused(objection, f"{rest} more", now, why))
    return found


def _plan_one(
    claimant: Claimant,
    objection: Objection,
    text: str,
    report_type: str,
    own: Sequence[Prefix],
    rows: Sequence[ReportedRow],
    now: dt.datetime,
) -> list[PlannedCase]:
    subject = subject_of(text)
    about = subject_text(subject) if subject is not None else ""
    said = Said(
        kind=objection.kind,
        subject=text,
        port=objection.port,
        report_type=report_type,
        at=objection.at,
        is_known=claimant.is_known,
    )
    situation = Situation(
        now=now,
        national_cert=claimant.organisation.is_national_cert,
        own=own,
        rows=[each for each in rows if each.subject == about],
    )
    return plan(said, situation)


def _refused(objection: Objection, text: str, now: dt.datetime, why: str) -> PlannedCase:
    assert objection.kind is not None  # noqa: S101 - asked back before
    return PlannedCase(CaseState.REFUSED, objection.kind, text, now, why=why)


def _report_type(objection: Objection) -> tuple[str, str]:
    """The id of the type that is meant, "" for any; and what was said if there is no such type."""
    said = objection.report_type or objection.report[11:].partition("-")[0]
    if not said:
        return "", ""
    found = catalogue_of_home().report_type(said)
    return (found.id, "") if found is not None else ("", harmless(said, 80))


def _rows(
    subjects: Iterable[str],
    lists: Mapping[int, ReportList],
    objection: Objection,
    report_type: str,
    now: dt.datetime,
) -> list[ReportedRow]:
    home = installation.home()
    sought = Sought(
        subjects={each for each in map(subject_of, subjects) if each is not None},
        lists=lists,
        since=now.date() - dt.timedelta(days=DAYS),
        day=_day(objection.report),
        report_type=report_type,
    )
    store = lake_store(home, installation.configuration())
    return reported_rows(home.root, store, catalogue_of_home(), sought, in_view)


def _day(report: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(report[:10])
    except ValueError:
        return None
