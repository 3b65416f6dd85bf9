"""Planning the corrections of a recall: by the same road as the reports, to those who have them."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.delivery.brake.fetched_by import Given
from tocsin.service.delivery.brake.given_out import given_out
from tocsin.service.delivery.models import (
    Delivery,
    DeliveryKind,
    Recall,
    RecalledReport,
)
from tocsin.service.letters.write import message_id_of
from tocsin.service.subscribers.abuse_contacts.find import policies
from tocsin.service.subscribers.abuse_contacts.policies import policy_for
from tocsin.service.subscribers.abuse_contacts.subscriptions import contact_id
from tocsin.service.subscribers.models import AbuseContact
from tocsin.service.webhooks.announcing import announce_recall
from tocsin.service.work.worker import Payload, inner_only

CORRECT = "plan_corrections"

GRACE = dt.timedelta(minutes=1)
"""Who fetches a report while it is recalled is noted by then."""

_AT_ONCE = 500
_DAY = dt.timedelta(days=1)


def plan_corrections(payload: Payload, now: dt.datetime) -> None:
    """Make a correction for each address that has rows of a recall. In the transaction.

    TransientError while a message is under way that may have been composed before the recall.
    """
    found = Recall.objects.select_for_update().get(pk=payload["recall"])
    if found.planned_at is not None:
        return
    given = given_out(found, now)
    due = _due(found, given.reports, now)
    made = [
        _correction(found, who, reports, due.get(who.of, now))
        for who, reports in given.reports.items()
    ]
    Delivery.objects.bulk_create(made, batch_size=_AT_ONCE, ignore_conflicts=True)
    calls = announce_recall(found, now)
    found.planned_at = now
    found.save(update_fields=["planned_at"])
    record(
        Actor.system("recall"),
        "recall.planned",
        Subject("recall", str(found.pk), str(found)),
        now,
        after={
            "corrections": len(made),
            "calls": calls,
            # A program or person whose name is not on file any more.
            "fetched_by_unknown": given.unknown,
        },
    )


def _correction(found: Recall, who: Given, reports: Collection[int], due: dt.datetime) -> Delivery:
    key = f"recall {found.pk} {_whose(who)}"
    return Delivery(
        key=key,
        kind=DeliveryKind.CORRECTION,
        day=found.last_day,
        list_id=who.list,
        recipient_id=who.recipient,
        person_id=who.person,
        contact_id=who.contact,
        recall=found,
        address=who.address,
        domain=who.address.rpartition("@")[2],
        reports=sorted(reports),
        message_id=message_id_of(f"delivery {key}"),
        due_at=due,
        # What waits for another day is given up as many days later.
        made_at=due,
    )


def _whose(who: Given) -> str:
    """What tells a correction from the others of its recall."""
    if who.list is None:
        return f"contact {contact_id(who.address, who.of)}"
    if who.recipient is not None:
        return f"list {who.list} r{who.recipient}"
    return f"list {who.list} " + (f"p{who.person}" if who.person else f"t{who.address}")


def _due(
    found: Recall, given: Mapping[Given, Collection[int]], now: dt.datetime
) -> dict[str, dt.datetime]:
    """When those who did not ask may be told, by address of the contact.

    A policy says how many letters a day they get. So many corrections they get as well, each day;
    what is more waits for the next days: a correction is never left out for that.
    """
    reports: dict[str, set[int]] = defaultdict(set)
    for who, theirs in given.items():
        if who.contact is not None:
            reports[who.of] |= set(theirs)
    if not reports:
        return {}
    # Locked, so that two recalls do not take the same place of a day.
    rows = AbuseContact.objects.select_for_update().filter(address__in=list(reports))
    countries = {each.address: each.country for each in rows.order_by("pk")}
    recalled = RecalledReport.objects.filter(recall=found)
    types = dict(recalled.values_list("report", "report__report_type"))
    said = policies()
    return {
        address: _free_day(
            address,
            [
                policy.most_per_day
                for key in theirs
                if (policy := policy_for(said, countries.get(address, ""), types[key])).notify
            ],
            now,
        )
        for address, theirs in reports.items()
    }


def _free_day(address: str, most: Iterable[int], now: dt.datetime) -> dt.datetime:
    """Now, or the beginning of the first day (UTC) on which there is room for one more."""
    limit = max(1, min(most, default=1))
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    before = Delivery.objects.filter(
        kind=DeliveryKind.CORRECTION, list=None, address=address, made_at__gte=today
    )
    days = [each.date() for each in before.values_list("made_at", flat=True)]
    day = today
    while days.count(day.date()) >= limit:
        day += _DAY
    return max(day, now)


CORRECTING = inner_only(plan_corrections)
