"""Finding audit lines."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from tocsin.service.audit.models import AuditLine


@dataclass(frozen=True, slots=True)
class Looked:
    """What is looked for; empty or None: anything.

    who: a mail address, or part of one. verb: its beginning. about: part of the name of what was
    changed. since, until: days, both included, UTC.
    """

    who: str = ""
    verb: str = ""
    about: str = ""
    organisation: int | None = None
    request: int | None = None
    since: dt.date | None = None
    until: dt.date | None = None


def find_lines(looked: Looked) -> QuerySet[AuditLine]:
    """The lines, newest first."""
    wanted = Q()
    if looked.who:
        wanted &= Q(actor__icontains=looked.who)
    if looked.verb:
        wanted &= Q(verb__startswith=looked.verb)
    if looked.about:
        wanted &= Q(subject_name__icontains=looked.about)
    if looked.organisation is not None:
        wanted &= Q(organisation=looked.organisation)
    if looked.request is not None:
        wanted &= Q(request=looked.request)
    if looked.since is not None:
        wanted &= Q(at__gte=_midnight(looked.since))
    if looked.until is not None and looked.until < dt.date.max:
        wanted &= Q(at__lt=_midnight(looked.until) + dt.timedelta(days=1))
    return AuditLine.objects.filter(wanted).order_by("-id")


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime.combine(day, dt.time(), dt.UTC)
