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

from django.db import connection, transaction
from django.db.models import Q

from tocsin.catalogue.entries import Catalogue
from tocsin.engine.files import write_atomically
from tocsin.engine.home import Home
from tocsin.engine.home_catalogue import home_catalogue
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
from tocsin.service.subscribers.values import FILTERS, NetworkKind

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
        said = snapshot_of(now, home_catalogue(home))
        content = canonical_text(said).encode() + b"\n"
        newest = newest_snapshot(home)
        if newest is not None and _digest(newest.path.read_bytes()) == _digest(content):
            return Written(newest.version, newest.path, is_new=False)
        version = newest.version + 1 if newest is not None else 1
        path = snapshot_path(home, version)
        write_atomically(path, content)
        return Written(version, path, is_new=True)


def snapshot_of(now: dt.datetime, catalogue: Catalogue) -> dict[str, Any]:
    """Who subscribes to what at this moment, in the form of the lists file.

    Names of report types that the catalogue does not have (any more) are left out: one of them
    would make the whole file unreadable.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost and connection.vendor == "postgresql":
            # All tables as of one moment, so that nothing refers to what is not there yet.
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        return _snapshot_of(now, catalogue)


def _snapshot_of(now: dt.datetime, catalogue: Catalogue) -> dict[str, Any]:
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
    """Networks of which there may be reports: also those that ended within the last days.

    Not one that was frozen when it was ended: who ended it may be the one who it was kept from.
    """
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


def _digest(content: bytes) -> str:
    """Of what it says; who moves in time says the same until something changes."""
    return hashlib.sha256(json.dumps(json.loads(content), sort_keys=True).encode()).hexdigest()
