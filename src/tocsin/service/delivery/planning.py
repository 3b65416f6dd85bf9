"""Planning: of each report of a list, to whom it goes now, or why to nobody.

Every report that waits ends here with one outcome, in the transaction that writes its deliveries.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from tocsin.service.delivery.contact_planning import plan_contacts, with_their_others
from tocsin.service.delivery.models import (
    Delivery,
    DeliveryKind,
    Night,
    NightList,
    Outcome,
    Report,
)
from tocsin.service.delivery.revisions import hold_still, lists_told
from tocsin.service.delivery.standing import NOTHING, Share, Standing, standings
from tocsin.service.letters.write import message_id_of
from tocsin.service.subscribers.abuse_contacts.subscriptions import is_automatic
from tocsin.service.subscribers.lists.editing import addressees
from tocsin.service.subscribers.models import Delivery as Preference
from tocsin.service.subscribers.models import ListMode, MailingList, Recipient
from tocsin.service.subscribers.recipients.membership import sent_to
from tocsin.service.webhooks.announcing import TOLD, announce
from tocsin.service.work.worker import Payload, inner_only

PLAN = "plan_deliveries"

_BATCH = 500


class Addressee(NamedTuple):
    """Whom a message goes to; recipient: None for the tester of a redirected list."""

    address: str
    recipient: Recipient | None

    @property
    def key(self) -> str:
        """What tells it from the others of the list."""
        return f"r{self.recipient.pk}" if self.recipient is not None else f"t{self.address}"


def plan(payload: Payload, now: dt.datetime) -> None:
    """Plan all that waits of some lists of a night. In the caller's transaction."""
    night = Night.objects.get(pk=payload["night"])
    wanted = with_their_others(night, payload["lists"], now)
    hold_still(night, wanted)
    reports = _waiting(night, wanted)
    _put_by(reports, lists_told(night, wanted))
    strangers = {number: reports.pop(number) for number in list(reports) if is_automatic(number)}
    made = plan_contacts(night, strangers, now) if strangers else []
    lists = _lists(night, reports, now)
    let_go: list[tuple[MailingList, list[Report]]] = []
    for number, theirs in reports.items():
        mailing_list, standing = lists.get(number, (None, NOTHING))
        outcome, to = _decided(mailing_list, standing, now)
        Report.objects.filter(pk__in=[each.pk for each in theirs]).update(outcome=outcome)
        if mailing_list is not None:
            if outcome in TOLD:
                let_go.append((mailing_list, theirs))
            made += [
                each for who in to for each in _deliveries(night, mailing_list, theirs, who, now)
            ]
    Delivery.objects.bulk_create(made, batch_size=_BATCH, ignore_conflicts=True)
    announce(let_go, now)


def _put_by(reports: dict[int, list[Report]], told: Collection[int]) -> None:
    """Take out those of lists that are told of the day by another revision."""
    over = [each.pk for number in told for each in reports.pop(number, ())]
    Report.objects.filter(pk__in=over).update(outcome=Outcome.LATER)


def _waiting(night: Night, lists: Collection[int]) -> dict[int, list[Report]]:
    rows = Report.objects.select_for_update().filter(
        night=night, list__in=lists, outcome=Outcome.WAITING
    )
    found: dict[int, list[Report]] = defaultdict(list)
    for each in rows.order_by("report_type", "delayed", "pk"):
        found[each.list].append(each)
    return found


def _lists(
    night: Night, numbers: Iterable[int], now: dt.datetime
) -> dict[int, tuple[MailingList, Standing]]:
    """The lists of the database, and how they stand to what the night made."""
    then = list(NightList.objects.filter(night=night, list__in=numbers))
    rows = MailingList.objects.filter(pk__in=[each.list for each in then])
    lists = {each.pk: each for each in rows.select_related("organisation")}
    found = standings(then, lists.values(), now)
    return {number: (each, found[night.pk, number]) for number, each in lists.items()}


def _decided(
    mailing_list: MailingList | None, standing: Standing, now: dt.datetime
) -> tuple[Outcome, list[Addressee]]:
    if mailing_list is None or standing.share is Share.NOTHING:
        return Outcome.INVALID, []
    if mailing_list.mode == ListMode.SHADOW:
        return Outcome.SHADOW, []
    to = addressees_of(mailing_list, now)
    return (Outcome.PLANNED, to) if to else (Outcome.NOBODY, [])


def addressees_of(mailing_list: MailingList, now: dt.datetime) -> list[Addressee]:
    """Whom a message to the list goes to now; nobody while it is in shadow."""
    if mailing_list.mode == ListMode.SHADOW:
        return []
    if mailing_list.mode == ListMode.REDIRECT:
        return [Addressee(each, None) for each in addressees(mailing_list, now)]
    return [Addressee(each.address, each) for each in sent_to(mailing_list, now)]


def _deliveries(
    night: Night,
    mailing_list: MailingList,
    reports: Sequence[Report],
    who: Addressee,
    now: dt.datetime,
) -> Iterable[Delivery]:
    if mailing_list.delivery == Preference.DIGEST:
        # Of what was held and let go later there is a second digest: its first report is another.
        key = f"{night} digest {reports[0].pk} {who.key}"
        yield _delivery(key, DeliveryKind.DIGEST, night.day, mailing_list, reports, who, now)
        return
    for each in reports:
        key = f"{night} report {each.pk} {who.key}"
        yield _delivery(key, DeliveryKind.REPORT, night.day, mailing_list, [each], who, now)


def _delivery(
    key: str,
    kind: DeliveryKind,
    day: dt.date,
    mailing_list: MailingList,
    reports: Sequence[Report],
    who: Addressee,
    now: dt.datetime,
) -> Delivery:
    return Delivery(
        key=key,
        kind=kind,
        day=day,
        list=mailing_list,
        recipient=who.recipient,
        address=who.address,
        domain=who.address.rpartition("@")[2],
        reports=[each.pk for each in reports],
        message_id=message_id_of(f"delivery {key}"),
        due_at=now,
        made_at=now,
    )


PLANNING = inner_only(plan)
