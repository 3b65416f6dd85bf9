"""What every page knows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from tocsin.service import installation
from tocsin.service.permissions import STAFF, Permission, organisations_for


def page(request: HttpRequest) -> dict[str, Any]:
    """The name of the service, and where the person at the screen may go."""
    user = getattr(request, "user", None)
    signed_in = user is not None and user.is_authenticated
    allowed = STAFF[user.staff_role] if user is not None and signed_in else frozenset()
    return {
        "service": installation.configuration().service.name,
        "own_organisations": (
            organisations_for(user, Permission.ORGANISATION_SEE)[:20]
            if signed_in and not allowed
            else ()
        ),
        "demonstration": installation.configuration().service.demonstration,
        "is_reviewer": Permission.REQUESTS_SEE in allowed,
        "sees_audit": Permission.AUDIT_SEE in allowed,
    }
