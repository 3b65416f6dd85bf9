"""The snapshot for the engine: a lists file (docs/operators/lists.md) with a version.

Versions count up from 1. A file is written as a whole under its version and never changed; the
night takes the newest. Where nothing has changed since the newest, none is written.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import transaction
from django.db.models import Q

from tocsin.engine.files import write_atomically
from tocsin.engine.home import Home
from tocsin.engine.indented_json import canonical_text
from tocsin.engine.nightly.newest_snapshot import newest_snapshot, snapshot_path
from tocsin.service.subscribers.abuse_contacts.subscriptions import automatic
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
from tocsin.service.subscribers.values import NetworkKind

FORMAT = "tocsin-lists/1"


@dataclass(frozen=True, slots=True)
class Written:
    """A snapshot: its version, where it lies, and whether it is a new one."""

    version: int
    path: Path
    is_new: bool


def write_snapshot(home: Home, now: dt.datetime) -> Written:
    """Write the snapshot of this moment, unless the newest says the same.

    Raises Busy if another process is writing one.
    """
    with home.lock("snapshot"):
        content = canonical_text(snapshot_of(now)).encode() + b"\n"
        newest = newest_snapshot(home)
        if newest is not None and _digest(newest.path.read_bytes()) == _digest(content):
            return Written(newest.version, newest.path, is_new=False)
        version = newest.version + 1 if newest is not None else 1
        path = snapshot_path(home, version)
        write_atomically(path, content)
        return Written(version, path, is_new=True)


@transaction.atomic
def snapshot_of(now: dt.datetime) -> dict[str, Any]:
    """Who subscribes to what at this moment, in the form of the lists file."""
    organisations = {
        each.pk: each for each in Organisation.objects.filter(state=OrganisationState.ACTIVE)
    }
    proven = _proven_until(now)
    networks: dict[int, list[Network]] = defaultdict(list)
    for network in _reported(now):
        if network.organisation_id in organisations and network.pk in proven:
            networks[network.organisation_id].append(network)
    lists = [
        each
        for each in MailingList.objects.filter(Q(valid_to=None) | Q(valid_to__gt=now)).order_by(
            "pk"
        )
        if each.organisation_id in organisations
    ]
    not_yet = list(KnownType.objects.filter(joins_at__gt=now).values_list("id", flat=True))
    contacts, lists_of_contacts = automatic(now, not_yet)
    return {
        "format": FORMAT,
        "organisations": [
            {
                "id": organisation.slug,
                "name": organisation.name,
                "kind": organisation.kind,
                "networks": [_said(each, proven[each.pk]) for each in networks[key]],
            }
            for key, organisation in sorted(organisations.items())
        ]
        + contacts,
        "lists": _lists(lists, organisations, networks, not_yet) + lists_of_contacts,
        "suppressions": _suppressions({each.pk for each in lists}),
    }


def _reported(now: dt.datetime) -> Iterable[Network]:
    """Networks of which there may be reports: also those that ended within the last days."""
    recent = now - dt.timedelta(days=8)
    ended = Q(state=NetworkState.ENDED, valid_to__gt=recent)
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
    not_yet: list[str],
) -> list[dict[str, Any]]:
    named: dict[int, set[int]] = defaultdict(set)
    for mailing_list, network in ListNetwork.objects.values_list("list_id", "network_id"):
        named[mailing_list].add(network)
    return [_list(each, organisations, networks, named, not_yet) for each in lists]


def _list(
    mailing_list: MailingList,
    organisations: Mapping[int, Organisation],
    networks: Mapping[int, list[Network]],
    named: Mapping[int, set[int]],
    not_yet: list[str],
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
    unwanted = sorted({*mailing_list.except_types, *not_yet})
    if unwanted:
        said["types"] = {"except": unwanted}
    if not mailing_list.all_networks:
        chosen = named.get(mailing_list.pk, set())
        said["networks"] = [
            _named(each) for each in networks[mailing_list.organisation_id] if each.pk in chosen
        ]
    return said


def _named(network: Network) -> dict[str, Any]:
    value = int(network.value) if network.kind == NetworkKind.ASN else network.value
    return {network.kind: value}


def _suppressions(lists: set[int]) -> list[dict[str, Any]]:
    cases = Case.objects.filter(state=CaseState.IN_FORCE).prefetch_related("lists").order_by("pk")
    said = []
    for case in cases:
        theirs = sorted({each.pk for each in case.lists.all()} & lists)
        if theirs:
            said.append(_suppression(case, theirs))
    return said


def _suppression(case: Case, lists: list[int]) -> dict[str, Any]:
    moment = "until" if case.kind == "false_positive" else "before"
    said: dict[str, Any] = {
        "id": f"case-{case.pk}",
        "lists": lists,
        "address": case.address,
        "kind": case.kind,
        moment: _moment(case.moment),
        "reason": case.reason,
    }
    optional = {"report_type": case.report_type, "rule": case.rule, "port": case.port}
    return said | {name: value for name, value in optional.items() if value not in ("", None)}


def _moment(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).isoformat().replace("+00:00", "Z")


def _digest(content: bytes) -> str:
    """Of what it says; who moves in time says the same until something changes."""
    return hashlib.sha256(json.dumps(json.loads(content), sort_keys=True).encode()).hexdigest()
