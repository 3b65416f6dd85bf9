"""The oracle of the snapshot: what it says, made the plain way, an object for each row."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import Q
from tests.service.slow_contacts import automatic

from tocsin.catalogue.entries import Catalogue
from tocsin.service.subscribers.models import (
    Case,
    CaseState,
    KnownType,
    ListNetwork,
    MailingList,
    Network,
    NetworkState,
    Organisation,
    OrganisationState,
    Proof,
    ProofState,
)
from tocsin.service.subscribers.values import FILTERS, NetworkKind

FORMAT = "tocsin-lists/1"


def snapshot_of(now: dt.datetime, catalogue: Catalogue) -> dict[str, Any]:
    """Who subscribes to what at this moment, in the form of the lists file.

    Names of report types that the catalogue does not have (any more) are left out: one of them
    would make the whole file unreadable.
    """
    organisations = {
        each.pk: each for each in Organisation.objects.filter(state=OrganisationState.ACTIVE)
    }
    proven = _proven_until(now)
    networks: dict[int, list[Network]] = defaultdict(list)
    for network in _reported(now):
        if network.organisation_id in organisations and network.pk in proven:
            ends = [each for each in (network.valid_to, proven[network.pk]) if each is not None]
            if network.valid_from < min(ends):
                networks[network.organisation_id].append(network)
    lists = [
        each
        for each in MailingList.objects.filter(Q(valid_to=None) | Q(valid_to__gt=now)).order_by(
            "pk"
        )
        if each.organisation_id in organisations
        and (each.valid_to is None or each.valid_from < each.valid_to)
    ]
    not_yet = types_not_yet(now, catalogue)
    contacts, lists_of_contacts = automatic(now, not_yet)
    return {
        "format": FORMAT,
        "organisations": [
            {
                "id": organisation.slug,
                "name": _printable(organisation.name) or organisation.slug,
                "kind": organisation.kind,
                "networks": [_said(each, proven[each.pk]) for each in networks[key]],
            }
            for key, organisation in sorted(organisations.items())
        ]
        + contacts,
        "lists": _lists(lists, organisations, networks, not_yet, catalogue) + lists_of_contacts,
        "suppressions": _suppressions({each.pk for each in lists}, catalogue),
    }


def types_not_yet(now: dt.datetime, catalogue: Catalogue) -> frozenset[str]:
    """Types of the catalogue that have not joined: their notice is not over, or not yet given.

    None where no type is known yet: then nobody has ever been told of any.
    """
    joined = {each.pk: each.joins_at <= now for each in KnownType.objects.all()}
    if not joined:
        return frozenset()
    return frozenset(
        each.id
        for each in catalogue.report_types.values()
        if not joined.get(each.id, any(joined.get(alias) for alias in each.aliases))
    )


def _reported(now: dt.datetime) -> Iterable[Network]:
    """Networks of which there may be reports: also those that ended within the last days."""
    recent = now - dt.timedelta(days=8)
    ended = Q(state=NetworkState.ENDED, valid_to__gt=recent, frozen_reason="")
    return Network.objects.filter(Q(state=NetworkState.ACTIVE) | ended).order_by("pk")


def _proven_until(now: dt.datetime) -> dict[int, dt.datetime]:
    """The networks with a proof that holds, and until when the longest does."""
    until: dict[int, dt.datetime] = {}
    proofs = Proof.objects.filter(state=ProofState.VALID, ends_at__gt=now)
    for network, end in proofs.values_list("network_id", "ends_at"):
        until[network] = max(end, until.get(network, end))
    return until


def _said(network: Network, proven_until: dt.datetime) -> dict[str, Any]:
    ends = [each for each in (network.valid_to, proven_until) if each is not None]
    return {
        network.kind: int(network.value) if network.kind == NetworkKind.ASN else network.value,
        "valid_from": _moment(network.valid_from),
        "valid_to": _moment(min(ends)),
    }


def _lists(
    lists: Iterable[MailingList],
    organisations: Mapping[int, Organisation],
    networks: Mapping[int, list[Network]],
    not_yet: frozenset[str],
    catalogue: Catalogue,
) -> list[dict[str, Any]]:
    named: dict[int, set[int]] = defaultdict(set)
    for mailing_list, network in ListNetwork.objects.values_list("list_id", "network_id"):
        named[mailing_list].add(network)
    return [_list(each, organisations, networks, named, not_yet, catalogue) for each in lists]


def _list(
    mailing_list: MailingList,
    organisations: Mapping[int, Organisation],
    networks: Mapping[int, list[Network]],
    named: Mapping[int, set[int]],
    not_yet: frozenset[str],
    catalogue: Catalogue,
) -> dict[str, Any]:
    said: dict[str, Any] = {
        "id": mailing_list.pk,
        "name": mailing_list.name,
        "organisation": organisations[mailing_list.organisation_id].slug,
        "filter": mailing_list.filter,
        "least_severity": mailing_list.least_severity,
        "delta": mailing_list.delta,
        "valid_from": _moment(mailing_list.valid_from),
    }
    if mailing_list.valid_to:
        said["valid_to"] = _moment(mailing_list.valid_to)
    known = (each for each in mailing_list.except_types if catalogue.report_type(each))
    unwanted = sorted({*known, *not_yet})
    if unwanted:
        said["types"] = {"except": unwanted}
    if not mailing_list.all_networks:
        chosen = named.get(mailing_list.pk, set())
        own = networks.get(mailing_list.organisation_id, ())
        of_filter = [each for each in own if FILTERS[NetworkKind(each.kind)] == said["filter"]]
        # A network that ended and began again stands there twice; its value says both times.
        by_value = {each.value: _named(each) for each in of_filter if each.pk in chosen}
        said["networks"] = list(by_value.values())
    return said


def _named(network: Network) -> dict[str, Any]:
    value = int(network.value) if network.kind == NetworkKind.ASN else network.value
    return {network.kind: value}


def _suppressions(lists: set[int], catalogue: Catalogue) -> list[dict[str, Any]]:
    cases = Case.objects.filter(state=CaseState.IN_FORCE).prefetch_related("lists").order_by("pk")
    said = []
    for case in cases:
        theirs = sorted({each.pk for each in case.lists.all()} & lists)
        gone = case.report_type and catalogue.report_type(case.report_type) is None
        if theirs and not gone:
            said.append(_suppression(case, theirs))
    return said


def _suppression(case: Case, lists: list[int]) -> dict[str, Any]:
    moment = "until" if case.kind == "false_positive" else "before"
    said: dict[str, Any] = {
        "id": suppression_id(case.pk),
        "lists": lists,
        "address": case.address,
        "kind": case.kind,
        moment: _moment(case.moment),
        "reason": _printable(case.reason),
    }
    optional = {"report_type": case.report_type, "rule": case.rule, "port": case.port}
    return said | {name: value for name, value in optional.items() if value not in ("", None)}


def suppression_id(case: int) -> str:
    """Under which id a run counts what a case has hidden."""
    return f"case-{case}"


def _printable(text: str) -> str:
    """One line of characters that the lists file takes."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def _moment(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")
