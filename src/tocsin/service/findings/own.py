"""Which findings are an organisation's: those of rows that were reported to its lists.

The ledger knows no audience. What was reported to a list, and still is its own by its networks of
now, tells which findings it may see; of what was held, dropped or withheld it sees none. What was
reported and is taken back since makes no finding any more: one without any other row of late is
`withdrawn`.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from tocsin.service import installation
from tocsin.service.delivery.content import Gone, all_of, kept_back_rows, theirs_of
from tocsin.service.delivery.models import NightList, RecalledReport, Report
from tocsin.service.delivery.recalled import recalled_rows
from tocsin.service.delivery.shown import KEPT_BACK, kept_back_of, shown
from tocsin.service.delivery.standing import NOTHING, Share, Standing, standings
from tocsin.service.delivery.theirs import standing_of
from tocsin.service.findings.ledger import WITHDRAWN, Finding, ledger_of, read_findings
from tocsin.service.findings.rows import ids_in, sightings_of
from tocsin.service.findings.sightings import Sighting, without
from tocsin.service.subscribers.models import MailingList

DAYS = 31
"""A finding of which nothing was reported for so long is not shown any more."""


def own_findings(lists: Mapping[int, MailingList], now: dt.datetime) -> list[Finding]:
    """The findings of these lists, which have their organisation loaded, the most urgent first."""
    since = now.date() - dt.timedelta(days=DAYS)
    reports = list(shown(lists).filter(day__gte=since))
    stand = standing_of(reports, lists, now)
    theirs = [(each, stand[each.pk]) for each in reports if each.pk in stand]
    ids = {number for each in theirs for number in _ids_of(*each)}
    back = _by_finding(_kept_back(reports, lists, since, now))
    found = _without_these(read_findings(ids), theirs, back)
    withdrawn = _withdrawn(lists, since, ids, now)
    return sorted([*found, *withdrawn], key=lambda each: each.order) if withdrawn else found


def _ids_of(report: Report, standing: Standing) -> frozenset[bytes]:
    try:
        if standing.share is Share.WHOLE:
            root = installation.home().root
            return _of_whole(_Published(root, report.pk, report.sha256, report))
        return frozenset(ids_in(report, theirs_of(report, standing)))
    except Gone:
        return frozenset()


@dataclass(frozen=True, slots=True)
class _Published:
    """A report as it was published. The home and the hash tell those of one number apart."""

    root: Path
    number: int
    sha256: str
    report: Report = field(compare=False)


@lru_cache(maxsize=4096)
def _of_whole(published: _Published) -> frozenset[bytes]:
    """What was published never changes."""
    return frozenset(ids_in(published.report, all_of(published.report)))


def _kept_back(
    reports: Iterable[Report], lists: Mapping[int, MailingList], since: dt.date, now: dt.datetime
) -> Iterator[Sighting]:
    """The rows that the lists would have, if nothing of them were held, dropped or recalled."""
    whole = kept_back_of(Report.objects.filter(list__in=list(lists), day__gte=since))
    found = {each.pk: each for each in (*reports, *whole.select_related("night"))}
    for report, standing in _standing(found.values(), lists, now):
        if report.outcome in KEPT_BACK or standing.cuts:
            try:
                yield from sightings_of(report, kept_back_rows(report, standing))
            except Gone:
                continue


def _standing(
    reports: Collection[Report], lists: Mapping[int, MailingList], now: dt.datetime
) -> Iterator[tuple[Report, Standing]]:
    """How lists stand, whatever cuts their reports; without those that are the list's no more."""
    then = NightList.objects.filter(
        night__in={each.night_id for each in reports}, list__in=list(lists)
    )
    stand = standings(then, lists.values(), now)
    for each in reports:
        standing = stand.get((each.night_id, each.list), NOTHING)
        if standing.share is not Share.NOTHING:
            yield each, standing


def _without_these(
    findings: list[Finding],
    theirs: Collection[tuple[Report, Standing]],
    back: Mapping[bytes, list[Sighting]],
) -> list[Finding]:
    touched = {each.id for each in findings} & {number.hex() for number in back}
    if not touched:
        return findings
    types = {each.report_type for each in findings if each.id in touched}
    kept = _by_finding(_sightings(each for each in theirs if each[0].report_type in types))
    told = [
        without(each, kept[number], back[number])
        if each.id in touched and kept.get(number := bytes.fromhex(each.id))
        else each
        for each in findings
    ]
    return sorted(told, key=lambda each: each.order)


def _sightings(theirs: Iterable[tuple[Report, Standing]]) -> Iterator[Sighting]:
    for report, standing in theirs:
        try:
            yield from sightings_of(report, theirs_of(report, standing))
        except Gone:
            continue


def _withdrawn(
    lists: Mapping[int, MailingList], since: dt.date, ids: Collection[bytes], now: dt.datetime
) -> list[Finding]:
    """Findings of rows that were given out and are taken back, of which no other row is left."""
    rows = RecalledReport.objects.filter(report__list__in=list(lists), report__day__gte=since)
    rows = rows.exclude(report__outcome__in=KEPT_BACK).filter(report__night__partial=False)
    recalled = list(rows.select_related("report__night", "recall"))
    stand = {
        report.pk: standing
        for report, standing in _standing([each.report for each in recalled], lists, now)
    }
    nights: dict[bytes, Report] = {}
    for each in sorted(recalled, key=lambda each: (each.report.day, each.report.night_id)):
        if each.report_id not in stand:
            continue
        try:
            taken_back = recalled_rows(each.report, stand[each.report_id], each.recall)
        except Gone:
            continue
        for number in ids_in(each.report, taken_back):
            nights[number] = each.report
    left = nights.keys() - ids
    found = {each.id: each for each in read_findings(left)}
    # A day that was made again has it no more: then as the night has it that gave it out.
    for number in left:
        if number.hex() not in found:
            path = ledger_of(nights[number].night)
            found |= {each.id: each for each in read_findings([number], path)}
    return [each.in_state(WITHDRAWN) for each in found.values()]


def _by_finding(found: Iterable[Sighting]) -> Mapping[bytes, list[Sighting]]:
    told: dict[bytes, list[Sighting]] = defaultdict(list)
    for each in found:
        told[each.finding].append(each)
    return told
