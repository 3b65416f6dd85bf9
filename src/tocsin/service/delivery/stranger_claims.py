"""What a contact that did not ask says of rows of a report: wrong, or fixed. Staff look at it.

It hides nothing by itself: an objection counts for the claimant's own lists only, and a contact
has none. What it says is in the audit, and in a letter to staff.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

from django.db import transaction

from tocsin.configuration.lake_store import lake_store
from tocsin.engine.nightly.subscribers import ReportList
from tocsin.model.errors import UsageError
from tocsin.service import installation
from tocsin.service.audit.models import AuditLine
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.delivery.brake.in_view import in_view
from tocsin.service.delivery.contact_standing import answering
from tocsin.service.delivery.models import NightList, Report
from tocsin.service.letters.compose import link_to
from tocsin.service.letters.staff import write_to_staff
from tocsin.service.subscribers.cases.objection_rules import subject_of
from tocsin.service.subscribers.cases.objection_value import Objection
from tocsin.service.subscribers.cases.reported_rows import Sought, reported_rows
from tocsin.service.subscribers.lists.editing import catalogue_of_home
from tocsin.service.subscribers.models import AbuseContact
from tocsin.service.texts import harmless

CLAIM = "contact-object"
"""The purpose of the link in a letter to a contact that did not ask."""

MOST_A_DAY = 100
"""How much one address may say in 24 hours."""

_VERB = "contact.objected"


@dataclass(frozen=True, slots=True)
class Told:
    """Who was told of which report, and the list of it as it is theirs now."""

    report: Report
    address: str
    list: ReportList


def claim_link(report: Report, contact: AbuseContact) -> str:
    """The whole address of the page on which the contact says something of that report's rows."""
    return link_to(CLAIM, f"{report.pk}.{contact.address}", installation.secret())


def told_of(reference: str, now: dt.datetime) -> Told | None:
    """What a link stands for; None if the report is gone, or not that contact's any more."""
    number, _, address = reference.partition(".")
    report = Report.objects.filter(pk=int(number)).first()
    if report is None:
        return None
    then = NightList.objects.filter(night=report.night_id, list=report.list)
    who = answering(list(then), now).get((report.night_id, report.list))
    if who is None or who.contact.address != address or who.standing.list is None:
        return None
    return Told(report, address, who.standing.list)


def claim(told: Told, objection: Objection, now: dt.datetime) -> bool:
    """Write down what is said of one address, and tell staff; False if it was said before.

    UsageError if the report has no such row that is theirs, or too much is said in a day.
    TransientError if the reports cannot be read now.
    """
    (subject,) = objection.subjects
    rows = _rows(told, subject, objection.port)
    if not rows:
        port = "" if objection.port is None else f", port {objection.port}"
        raise UsageError(
            f"the report has no row about {subject}{port}",
            where=told.report.file,
            todo="write the address, and the port if any, as the report has them",
        )
    return _write(told, objection, rows, now)


def _rows(told: Told, subject: str, port: int | None) -> int:
    """How many rows the report has about it that are theirs."""
    home, report = installation.home(), told.report
    meant = subject_of(subject)
    sought = Sought(
        subjects=() if meant is None else (meant,),
        lists={report.list: told.list},
        since=report.day,
        day=report.day,
        report_type=report.report_type,
    )
    store = lake_store(home, installation.configuration())
    rows = reported_rows(home.root, store, catalogue_of_home(), sought, in_view)
    return sum(port in (None, each.port) for each in rows)


@transaction.atomic
def _write(told: Told, objection: Objection, rows: int, now: dt.datetime) -> bool:
    report = Report.objects.select_for_update().get(pk=told.report.pk)
    actor = Actor.person(told.address)
    said = {
        "kind": objection.kind.value if objection.kind is not None else "",
        "address": objection.subjects[0],
        "port": objection.port,
        "rows": rows,
        "fixed_at": objection.at.isoformat() if objection.at is not None else None,
    }
    words = (report.pk, told.address, said["kind"], said["address"], said["port"])
    key = hashlib.sha256(repr(words).encode()).hexdigest()[:32]
    before = AuditLine.objects.filter(verb=_VERB)
    if before.filter(subject_kind="report", subject_id=key).exists():
        return False
    recent = before.filter(actor=actor.name, at__gt=now - dt.timedelta(days=1))
    if recent.count() >= MOST_A_DAY:
        raise UsageError(
            f"more than {MOST_A_DAY} objections of one address in a day",
            where=report.file,
            todo="go on tomorrow, or answer the mail",
        )
    reason = harmless(objection.note, 2000, lines=True)
    record(actor, _VERB, Subject("report", key, report.file), now, after=said, note=reason)
    context = {**said, "who": told.address, "report": report.file, "reason": reason}
    write_to_staff("staff_contact_claim", f"staff_contact_claim {key}", context, now)
    return True
