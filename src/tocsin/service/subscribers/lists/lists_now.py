"""Lists with the networks that they have at this moment, as the engine knows lists."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tocsin.engine.nightly.subscribers import FilterKind, ReportList, SubscribedNetwork
from tocsin.service.statements import Statement
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


class _Valid(NamedTuple):
    organisation: int
    number: int
    kind: str
    value: str


_VALID = Statement(
    lambda organisations, now: (
        Network.objects.filter(
            organisation__pk__in=organisations,
            state=NetworkState.ACTIVE,
            pk__in=Proof.objects.filter(state=ProofState.VALID, ends_at__gt=now).values("network"),
        )
        .order_by("pk")
        .values_list("organisation_id", "pk", "kind", "value")
    )
)
_CHOSEN = Statement(
    lambda lists: (
        ListNetwork.objects.filter(list__pk__in=lists)
        .order_by()
        .values_list("list_id", "network_id")
    )
)


def _valid_networks(organisations: set[int], now: dt.datetime) -> dict[int, list[_Valid]]:
    found: dict[int, list[_Valid]] = defaultdict(list)
    for each in map(_Valid._make, _VALID.rows(organisations, now)):
        found[each.organisation].append(each)
    return found


def _chosen(lists: Iterable[int]) -> dict[int, set[int]]:
    found: dict[int, set[int]] = {each: set() for each in lists}
    for number, network in _CHOSEN.rows(list(found)):
        found[number].add(network)
    return found


def _list(
    mailing_list: MailingList, valid: Sequence[_Valid], chosen: dict[int, set[int]]
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
            if FILTERS[NetworkKind(each.kind)] is kind and (keys is None or each.number in keys)
        ),
        national_cert=mailing_list.organisation.is_national_cert,
    )
