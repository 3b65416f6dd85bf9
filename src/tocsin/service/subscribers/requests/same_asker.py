"""Which requests come from the same side: of one organisation, one address, or under one name."""

from __future__ import annotations

from django.db.models import Q

from tocsin.service.subscribers.models import Request


def same_asker(request: Request) -> Q:
    """The requests of the same side, that one included."""
    same = Q(pk=request.pk) | Q(requester=request.requester)
    if request.organisation_id:
        same |= Q(organisation=request.organisation_id)
    if request.organisation_name:
        same |= Q(organisation_name=request.organisation_name)
    return same
