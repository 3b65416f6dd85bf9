"""Findings as they are shown: what the ledger says, the owner's label, and what people said."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from tocsin.service.findings.labels import Labels
from tocsin.service.findings.ledger import Finding
from tocsin.service.findings.models import FindingMark
from tocsin.service.findings.own import own_findings
from tocsin.service.subscribers.models import MailingList, Organisation

COLUMNS: Mapping[str, type] = {
    "id": str,
    "type": str,
    "subject": str,
    "port": int,
    "infection": str,
    "severity": str,
    "state": str,
    "first_seen": str,
    "last_seen": str,
    "days_seen": int,
    "events": int,
    "fixed_on": str,
    "relapsed_on": str,
    "relapses": int,
    "label": str,
    "seen": str,
    "ticket": str,
    "fixed": str,
    "risk_accepted_until": str,
    "note": str,
    "marked_by": str,
    "marked_at": str,
}
"""In the order of a table."""


@dataclass(frozen=True, slots=True)
class SeenFinding:
    """A finding of an organisation, with an empty mark where nothing was said."""

    finding: Finding
    label: str
    mark: FindingMark

    @property
    def claimed(self) -> bool:
        """Whether it is said to be fixed, and nothing was seen since."""
        return self.mark.fixed is not None and self.mark.fixed >= self.finding.last_seen

    def risk_accepted(self, today: dt.date) -> bool:
        """Whether its risk is accepted today."""
        return self.mark.risk_until is not None and self.mark.risk_until >= today

    def to_json(self) -> dict[str, object]:
        """As programs get it; by COLUMNS."""
        finding, mark = self.finding, self.mark
        return {
            "id": finding.id,
            "type": finding.report_type,
            "subject": finding.subject,
            "port": finding.port,
            "infection": finding.infection,
            "severity": finding.severity,
            "state": finding.state,
            "first_seen": _moment(finding.first_seen),
            "last_seen": _moment(finding.last_seen),
            "days_seen": finding.days_seen,
            "events": finding.events,
            "fixed_on": _day(finding.fixed_on),
            "relapsed_on": _day(finding.relapsed_on),
            "relapses": finding.relapses,
            "label": self.label,
            "seen": mark.seen,
            "ticket": mark.ticket,
            "fixed": _moment(mark.fixed),
            "risk_accepted_until": _day(mark.risk_until),
            "note": mark.note,
            "marked_by": mark.by,
            "marked_at": _moment(mark.at) if mark.pk else None,
        }


def seen_findings(
    organisation: Organisation, lists: Mapping[int, MailingList], now: dt.datetime
) -> list[SeenFinding]:
    """The findings of these lists of the organisation, the most urgent first."""
    labels = Labels.of(organisation)
    marks = {each.finding: each for each in organisation.finding_marks.all()}
    return [
        SeenFinding(
            each, labels.label(each.first, each.length), marks.get(each.id) or FindingMark()
        )
        for each in own_findings(lists, now)
    ]


def _moment(value: dt.datetime | None) -> str | None:
    if value is None:
        return None
    return value.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def _day(value: dt.date | None) -> str | None:
    return value.isoformat() if value is not None else None
