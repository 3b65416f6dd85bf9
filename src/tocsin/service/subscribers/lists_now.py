"""Lists with the networks that they have at this moment, as the engine knows lists."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable

from tocsin.engine.nightly.subscribers import FilterKind, ReportList, SubscribedNetwork
from tocsin.service.subscribers.models import (
    ListNetwork,
    MailingList,
    Network,
    NetworkState,
    Proof,
    ProofState,
)
from tocsin.service.subscribers.values import FILTERS, NetworkKind


def lists_now(lists: Iterable[MailingList], now: dt.datetime) -> dict[int, ReportList]:
    """By number: networks that are active and proven now. Two queries, however many lists.

    Lists come with their organisation loaded. Whether a list or its organisation is over is not
    asked here.
    """
    lists = list(lists)
    valid = _valid_networks({each.organisation_id for each in lists}, now)
    chosen = _chosen(each.pk for each in lists if not each.all_networks)
    return {each.pk: _list(each, valid[each.organisation_id], chosen) for each in lists}


def _valid_networks(organisations: set[int], now: dt.datetime) -> dict[int, list[Network]]:
    proven = Proof.objects.filter(state=ProofState.VALID, ends_at__gt=now)
    active = Network.objects.filter(
        organisation__in=organisations,
        state=NetworkState.ACTIVE,
        pk__in=proven.values("network"),
    )
    found: dict[int, list[Network]] = defaultdict(list)
    for each in active.order_by("pk"):
        found[each.organisation_id].append(each)
    return found


def _chosen(lists: Iterable[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {each: set() for each in lists}
    if not found:
        return found
    rows = ListNetwork.objects.filter(list__in=list(found)).order_by()
    for number, network in rows.values_list("list_id", "network_id"):
        found[number].add(network)
    return found


def _list(
    mailing_list: MailingList, valid: list[Network], chosen: dict[int, set[int]]
) -> ReportList:
    kind = FilterKind(mailing_list.filter)
    keys = chosen.get(mailing_list.pk)
    return ReportList(
        id=mailing_list.pk,
        name=mailing_list.name,
        organisation=mailing_list.organisation.slug,
        filter=kind,
        networks=tuple(
            SubscribedNetwork(kind, each.value)
            for each in valid
            if FILTERS[NetworkKind(each.kind)] is kind and (keys is None or each.pk in keys)
        ),
        national_cert=mailing_list.organisation.is_national_cert,
    )
