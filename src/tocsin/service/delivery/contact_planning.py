"""Planning for contacts that nobody asked for: one letter for all that was seen.

A contact's reports may be on several lists, by kind of network, severity and country; they go out
together, since a policy says how many letters a day an address gets.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from tocsin.service.delivery.contact_standing import Answering, Key, answering
from tocsin.service.delivery.models import (
    Delivery,
    DeliveryKind,
    Night,
    NightList,
    Outcome,
    Report,
)
from tocsin.service.delivery.revisions import GOES_OR_GONE, contacts_told, hold_contacts_still
from tocsin.service.delivery.share import Share
from tocsin.service.letters.write import message_id_of
from tocsin.service.subscribers.abuse_contacts.find import policies
from tocsin.service.subscribers.abuse_contacts.policies import Policy, policy_for
from tocsin.service.subscribers.abuse_contacts.subscriptions import contact_id, is_automatic
from tocsin.service.subscribers.models import AbuseContact


@dataclass(slots=True)
class _Told:
    """What one address is to be told: its reports, each with the policy that counts for it."""

    contact: AbuseContact
    reports: list[tuple[Report, Policy]] = field(default_factory=list)


def with_their_others(night: Night, lists: Collection[int], now: dt.datetime) -> set[int]:
    """The lists, and all others of the night that are of the same addresses."""
    ours = [each for each in lists if is_automatic(each)]
    if not ours:
        return set(lists)
    then = list(NightList.objects.filter(night=night, list__in=ours))
    addresses = {each.contact.address for each in answering(then, now).values()}
    rows = AbuseContact.objects.filter(address__in=addresses).order_by()
    told = rows.values_list("address", "country").distinct()
    identities = {contact_id(address, country) for address, country in told}
    others = NightList.objects.filter(night=night, organisation__in=identities)
    numbers = others.values_list("list", flat=True)
    return set(lists) | {each for each in numbers if is_automatic(each)}


def plan_contacts(
    night: Night, reports: Mapping[int, Sequence[Report]], now: dt.datetime
) -> list[Delivery]:
    """Say what becomes of reports of contacts' lists; what is to be sent of them.

    In the caller's transaction, which holds the reports.
    """
    then = list(NightList.objects.filter(night=night, list__in=list(reports)))
    found = answering(then, now)
    told, silent = _told(night, reports, found)
    _end(silent, Outcome.INVALID)
    made: list[Delivery] = []
    addresses = [each.contact.address for each in told]
    hold_contacts_still(addresses)
    before = contacts_told(night, addresses)
    for each in told:
        rows = [report for report, _ in each.reports]
        if each.contact.address in before:
            _end(rows, Outcome.LATER)
            continue
        if _is_enough(night, each):
            _end(rows, Outcome.LIMITED)
            continue
        _end(rows, Outcome.PLANNED)
        made += _deliveries(night, each, now)
    return made


def _told(
    night: Night,
    reports: Mapping[int, Sequence[Report]],
    found: Mapping[Key, Answering],
) -> tuple[list[_Told], list[Report]]:
    """By address what it is told, and the reports of which nobody is told."""
    said = policies()
    told: dict[str, _Told] = {}
    silent: list[Report] = []
    for number in sorted(reports):
        who = found.get((night.pk, number))
        for report in reports[number]:
            if who is None or who.standing.share is Share.NOTHING:
                silent.append(report)
                continue
            policy = policy_for(said, who.contact.country, report.report_type)
            if policy.notify:
                one = told.setdefault(who.contact.address, _Told(who.contact))
                one.reports.append((report, policy))
            else:
                silent.append(report)
    return list(told.values()), silent


def _is_enough(night: Night, told: _Told) -> bool:
    """Whether the address was told as often that day as the strictest of its policies allows.

    Corrections take nobody's place: they have their own (see `brake.correcting`).
    """
    before = Delivery.objects.filter(
        list=None,
        recipient=None,
        day=night.day,
        address=told.contact.address,
        state__in=GOES_OR_GONE,
    ).exclude(kind=DeliveryKind.CORRECTION)
    return before.count() >= min(policy.most_per_day for _, policy in told.reports)


def _end(reports: Sequence[Report], outcome: Outcome) -> None:
    Report.objects.filter(pk__in=[each.pk for each in reports]).update(outcome=outcome)


def _deliveries(night: Night, told: _Told, now: dt.datetime) -> Iterator[Delivery]:
    """The letter itself, and copies of what is in it for those whom policies name."""
    to: dict[str, list[Report]] = defaultdict(list)
    for report, policy in told.reports:
        to[told.contact.address].append(report)
        if policy.cc and policy.cc != told.contact.address:
            to[policy.cc].append(report)
    for address, reports in to.items():
        of = told.contact.address
        key = f"{night} contact {reports[0].pk} {contact_id(address, of)}"
        yield Delivery(
            key=key,
            kind=DeliveryKind.DIGEST,
            day=night.day,
            contact=told.contact,
            address=address,
            domain=address.rpartition("@")[2],
            reports=[each.pk for each in reports],
            message_id=message_id_of(f"delivery {key}"),
            due_at=now,
            made_at=now,
        )
