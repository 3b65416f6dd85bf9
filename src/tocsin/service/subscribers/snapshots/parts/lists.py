"""The mailing lists that are not over, with their networks and the types they do not get."""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from django.db.models import CharField, F, Q
from django.db.models.functions import Cast

from tocsin.catalogue.entries import Catalogue
from tocsin.service.subscribers.models import KnownType, ListNetwork, MailingList
from tocsin.service.subscribers.snapshots.parts.json_text import encoded, quoted
from tocsin.service.subscribers.snapshots.parts.moments import Moments, as_text
from tocsin.service.subscribers.snapshots.parts.networks import Reported
from tocsin.service.subscribers.values import FILTERS

_FILTERS = {kind.value: filter_.value for kind, filter_ in FILTERS.items()}


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


def said_lists(
    now: dt.datetime,
    slugs: Mapping[int, str],
    networks: Mapping[int, Sequence[Reported]],
    not_yet: frozenset[str],
    catalogue: Catalogue,
) -> dict[int, str]:
    """Lists of the organisations of `slugs`, by number, each as JSON of the lists file.

    slugs: as JSON. What would begin when it is over already is left out.
    """
    named, types, moments = _named(), _Types(not_yet, catalogue), Moments()
    said: dict[int, str] = {}
    rows = MailingList.objects.filter(Q(valid_to=None) | Q(valid_to__gt=now)).order_by("pk")
    plain = rows.values_list(
        "pk", "name", "organisation_id", "filter", "least_severity", "delta", "all_networks",
        Cast(F("except_types"), CharField()), as_text("valid_from"), as_text("valid_to"),
    )  # fmt: skip
    for number, name, owner, kind, least, delta, every, unwanted, begin, end in plain:
        if owner not in slugs or (end is not None and begin >= end):
            continue
        chosen = "" if every else _chosen(kind, networks.get(owner, ()), named.get(number, ()))
        until = "" if end is None else f',"valid_to":"{moments[end]}"'
        said[number] = (
            f'{{"delta":{"true" if delta else "false"},"filter":"{kind}","id":{number},'
            f'"least_severity":{quoted(least)},"name":{quoted(name)},{chosen}'
            f'"organisation":{slugs[owner]},{types.said(unwanted)}'
            f'"valid_from":"{moments[begin]}"{until}}}'
        )
    return said


def _named() -> dict[int, set[int]]:
    named: dict[int, set[int]] = defaultdict(set)
    rows = ListNetwork.objects.order_by().values_list("list_id", "network_id")
    for mailing_list, network in rows:
        named[mailing_list].add(network)
    return named


def _chosen(kind: str, own: Sequence[Reported], chosen: Collection[int]) -> str:
    # A network that ended and began again stands there twice; its name says both times.
    found = (each.name for each in own if each.key in chosen and _FILTERS[each.kind] == kind)
    names = dict.fromkeys(found)
    return f'"networks":[{",".join(f"{{{each}}}" for each in names)}],'


class _Types:
    """Which types lists do not get; nearly all lists say the same of them."""

    def __init__(self, not_yet: frozenset[str], catalogue: Catalogue) -> None:
        self._not_yet = not_yet
        self._catalogue = catalogue
        self._known: dict[str, str] = {}

    def said(self, unwanted: str) -> str:
        """Of what a list does not want, as JSON: what the catalogue has, and what is not yet."""
        found = self._known.get(unwanted)
        if found is None:
            known = {each for each in json.loads(unwanted) if self._catalogue.report_type(each)}
            never = sorted(known | self._not_yet)
            found = f'"types":{encoded({"except": never})},' if never else ""
            self._known[unwanted] = found
        return found
