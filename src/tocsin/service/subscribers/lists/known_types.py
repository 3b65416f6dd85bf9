"""New report types join after notice: nobody gets a kind of report that they were not told of.

Every day the catalogue of the home is compared with the types that are known. On the first day all
are taken as known. A type that is new later is announced to all admins in one letter, and joins
the lists (of whom it is not left out) seven days after that; until then the snapshot leaves it
out of every list.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from tocsin.catalogue.entries import Catalogue
from tocsin.engine.home_catalogue import home_catalogue
from tocsin.service import installation
from tocsin.service.audit.record import Actor, Subject, record
from tocsin.service.languages import shared_language, words
from tocsin.service.letters.write import write
from tocsin.service.subscribers.models import (
    Contact,
    ContactRole,
    ContactState,
    KnownType,
    MailingList,
    OrganisationState,
)
from tocsin.service.subscribers.snapshots.due import snapshot_is_due
from tocsin.service.work.worker import Payload, Work

COMPARE = "known_types"
DAILY_AT = dt.time(0, 5)
NOTICE = dt.timedelta(days=7)

_ACTOR = Actor.system("report types")


@dataclass(frozen=True, slots=True)
class TypeInView:
    """A report type as the letter tells of it; `aliases`: its older names."""

    id: str
    title: str
    area: str
    severity: str
    meaning: str = ""
    aliases: tuple[str, ...] = ()


def types_in_view(catalogue: Catalogue) -> list[TypeInView]:
    """All report types of a catalogue, by id."""
    return [
        TypeInView(
            each.id,
            each.title or each.id,
            catalogue.areas[each.area].title or each.area,
            each.severity.word,
            each.text.get("meaning", ""),
            each.aliases,
        )
        for _, each in sorted(catalogue.report_types.items())
    ]


def new_types(
    catalogue: Iterable[TypeInView], known: frozenset[str]
) -> tuple[list[TypeInView], list[TypeInView]]:
    """Those that nobody knows, and those that are known under an older name."""
    unknown = [each for each in catalogue if each.id not in known]
    renamed = [each for each in unknown if not known.isdisjoint(each.aliases)]
    return [each for each in unknown if each not in renamed], renamed


def compare(payload: Payload, found: Sequence[TypeInView], now: dt.datetime) -> None:
    """Take new types in, and write the letters. In the caller's transaction."""
    day = str(payload["day"])
    known = frozenset(KnownType.objects.values_list("pk", flat=True))
    if not known:
        _know(found, now, now, announced=False)
        return
    unknown, renamed = new_types(found, known)
    _know(renamed, now, now, announced=False)
    if not unknown:
        return
    joins_at = now + NOTICE
    _know(unknown, now, joins_at, announced=True)
    for each in unknown:
        record(
            _ACTOR,
            "report_type.announced",
            Subject("report_type", each.id, each.title),
            now,
            after={"joins_at": joins_at.isoformat()},
        )
    for address, language in _admins():
        _announce(address, language, unknown, day, joins_at, now)
    snapshot_is_due(now)


def _know(
    types: Iterable[TypeInView], now: dt.datetime, joins_at: dt.datetime, *, announced: bool
) -> None:
    KnownType.objects.bulk_create(
        KnownType(
            id=each.id, seen_at=now, joins_at=joins_at, announced_at=now if announced else None
        )
        for each in types
    )


def _admins() -> list[tuple[str, str]]:
    """Each address once, however many organisations it speaks for, and the language of its lists.

    English if the lists are in several.
    """
    admins = Contact.objects.filter(
        role=ContactRole.ADMIN,
        state=ContactState.ACTIVE,
        organisation__state=OrganisationState.ACTIVE,
    )
    of: dict[int, set[str]] = defaultdict(set)
    lists = MailingList.objects.filter(valid_to=None).order_by()
    for organisation, language in lists.values_list("organisation", "language").distinct():
        of[organisation].add(language)
    found: dict[str, set[str]] = defaultdict(set)
    for address, organisation in admins.values_list("address", "organisation"):
        found[address] |= of[organisation]
    return [(address, shared_language(codes)) for address, codes in sorted(found.items())]


def _announce(
    address: str,
    language: str,
    types: Sequence[TypeInView],
    day: str,
    joins_at: dt.datetime,
    now: dt.datetime,
) -> None:
    severities = words(language).severities
    context: dict[str, Any] = {
        "types": [{**asdict(each), "severity": severities[each.severity]} for each in types],
        "joins": joins_at.strftime("%Y-%m-%d"),
        "count": len(types),
    }
    key = f"new_types {day} {address}"
    write("new_types", address, key, context, now, language=language)


COMPARING = Work(
    lambda _: types_in_view(home_catalogue(installation.home())),
    compare,
)
