"""The snapshot for the engine: a lists file (docs/operators/lists.md) with a version.

Versions count up from 1. A file is written as a whole under its version and never changed; the
night takes the newest. Where nothing has changed since the newest, none is written.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from tocsin.catalogue.entries import Catalogue
from tocsin.engine.allocation import without_collecting
from tocsin.engine.files import write_atomically
from tocsin.engine.home import Home
from tocsin.engine.home_catalogue import home_catalogue
from tocsin.engine.nightly.newest_snapshot import newest_snapshot, snapshot_path
from tocsin.service.subscribers.abuse_contacts.subscriptions import automatic
from tocsin.service.subscribers.models import Organisation, OrganisationState
from tocsin.service.subscribers.snapshots.parts.json_text import encoded, quoted
from tocsin.service.subscribers.snapshots.parts.lists import said_lists, types_not_yet
from tocsin.service.subscribers.snapshots.parts.moments import say_moments_plainly
from tocsin.service.subscribers.snapshots.parts.networks import Reported, reported_networks
from tocsin.service.subscribers.snapshots.parts.suppressions import printable, said_suppressions

FORMAT = "tocsin-lists/1"

_BETWEEN = ",\n"


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
    with home.lock("snapshot"), without_collecting():
        content = f"{snapshot_text(now, home_catalogue(home))}\n".encode()
        newest = newest_snapshot(home)
        # The same is said in the same bytes; what an older version of us wrote is written anew.
        if newest is not None and newest.path.read_bytes() == content:
            return Written(newest.version, newest.path, is_new=False)
        version = newest.version + 1 if newest is not None else 1
        path = snapshot_path(home, version)
        write_atomically(path, content)
        return Written(version, path, is_new=True)


def snapshot_of(now: dt.datetime, catalogue: Catalogue) -> dict[str, Any]:
    """Who subscribes to what at this moment, in the form of the lists file."""
    said: dict[str, Any] = json.loads(snapshot_text(now, catalogue))
    return said


def snapshot_text(now: dt.datetime, catalogue: Catalogue) -> str:
    """The lists file of this moment: keys in order, an organisation or a list a line.

    Names of report types that the catalogue does not have (any more) are left out: one of them
    would make the whole file unreadable. So is what is valid at no moment.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost and connection.vendor == "postgresql":
            # All tables as of one moment, so that nothing refers to what is not there yet.
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        say_moments_plainly()
        return _snapshot_text(now, catalogue)


def _snapshot_text(now: dt.datetime, catalogue: Catalogue) -> str:
    active = Organisation.objects.filter(state=OrganisationState.ACTIVE).order_by("pk")
    organisations = list(active.values_list("pk", "slug", "name", "kind"))
    networks = reported_networks(now)
    not_yet = types_not_yet(now, catalogue)
    slugs = {key: quoted(slug) for key, slug, _, _ in organisations}
    lists = said_lists(now, slugs, networks, not_yet, catalogue)
    contacts, lists_of_contacts = automatic(now, not_yet)
    said_organisations = [
        f'{{"id":{slugs[key]},"kind":"{kind}","name":{quoted(printable(name) or slug)},'
        f'"networks":[{",".join(_network(each) for each in networks.get(key, ()))}]}}'
        for key, slug, name, kind in organisations
    ]
    suppressions = encoded(said_suppressions(lists.keys(), catalogue))
    return (
        f'{{"format":"{FORMAT}",'
        f'"lists":[\n{_BETWEEN.join((*lists.values(), *lists_of_contacts))}],\n'
        f'"organisations":[\n{_BETWEEN.join((*said_organisations, *contacts))}],\n'
        f'"suppressions":{suppressions}}}'
    )


def _network(network: Reported) -> str:
    return f"{{{network.name},{network.valid}}}"
