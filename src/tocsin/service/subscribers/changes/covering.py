"""Which lists the networks of a change come to, and who is on a list that this makes necessary."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence

from tocsin.engine.nightly.subscribers import FilterKind
from tocsin.service.audit.record import Actor
from tocsin.service.subscribers.changes.value import WantedChange
from tocsin.service.subscribers.models import (
    ListNetwork,
    MailingList,
    Network,
    Organisation,
    Recipient,
    RecipientKind,
)
from tocsin.service.subscribers.recipients.membership import SENT_TO, add_recipient
from tocsin.service.subscribers.values import FILTERS

MakeList = Callable[[Organisation, FilterKind, Actor, dt.datetime], MailingList]


def cover(
    organisation: Organisation,
    networks: Sequence[Network],
    change: WantedChange,
    actor: Actor,
    now: dt.datetime,
    make_list: MakeList,
) -> None:
    """Let each new network be of a list. In the caller's transaction.

    A list of all networks of that kind covers it. Else the lists that the change names, or the only
    one of that kind. Where there is none of that kind, one is made for those who get reports now.
    """
    for kind in dict.fromkeys(FILTERS[each.network.kind] for each in networks):
        theirs = [each for each in networks if FILTERS[each.network.kind] is kind]
        lists = list(organisation.lists.filter(filter=kind.value, valid_to=None).order_by("pk"))
        if not lists:
            _same_recipients(make_list(organisation, kind, actor, now), actor, now)
        elif not any(each.all_networks for each in lists):
            for mailing_list in _meant(lists, change):
                for network in theirs:
                    ListNetwork.objects.get_or_create(list=mailing_list, network=network)


def _meant(lists: list[MailingList], change: WantedChange) -> list[MailingList]:
    said = {each.casefold() for each in change.lists}
    named = [each for each in lists if said & {each.name, str(each)}]
    return named or (lists if len(lists) == 1 else [])


def _same_recipients(mailing_list: MailingList, actor: Actor, now: dt.datetime) -> None:
    """Those whom the organisation's other lists are sent to; they have agreed there."""
    present = Recipient.objects.filter(
        list__organisation=mailing_list.organisation_id, state__in=SENT_TO
    ).exclude(list=mailing_list)
    kinds = {each.address: RecipientKind(each.kind) for each in present.order_by("pk")}
    for address, kind in sorted(kinds.items()):
        add_recipient(mailing_list, address, kind, actor, now, confirmed=True)
