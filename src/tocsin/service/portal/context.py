"""What every page knows."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

from tocsin.service import installation
from tocsin.service.permissions import STAFF, Permission, organisations_for

_STAFF_PAGES = (
    ("review_queue", "Requests", Permission.REQUESTS_SEE),
    ("case_queue", "Objections", Permission.REQUESTS_SEE),
    ("staff_organisations", "Organisations", Permission.ORGANISATIONS_SEE),
    ("contacts", "Contacts", Permission.ORGANISATIONS_SEE),
    ("staff_brake", "Brake", Permission.BRAKE_SEE),
    ("staff_mail", "Mail", Permission.MAIL_SEE),
    ("staff_deliveries", "Outbox", Permission.REQUESTS_SEE),
    ("staff_deliverability", "Deliverability", Permission.ORGANISATIONS_SEE),
    ("staff_letters", "Letters", Permission.REQUESTS_SEE),
    ("staff_audit", "Audit", Permission.AUDIT_SEE),
    ("staff_people", "Staff", Permission.AUDIT_SEE),
    ("staff_work", "Work", Permission.WORK_MANAGE),
    ("records:index", "Records", Permission.STAFF_MANAGE),
)
"""The pages of staff: name, label, and what one needs to see the way to it."""


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
        "staff_pages": [each for each in _STAFF_PAGES if each[2] in allowed],
        "demonstration": installation.configuration().service.demonstration,
    }
