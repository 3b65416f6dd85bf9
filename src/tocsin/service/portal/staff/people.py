"""Who is of the staff, and in which role."""

from __future__ import annotations

from allauth.mfa.models import Authenticator
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from tocsin.model.errors import UsageError
from tocsin.service import clock
from tocsin.service.accounts.models import StaffRole, User
from tocsin.service.accounts.staff import appoint, forget_factors
from tocsin.service.permissions import Permission, may, needs
from tocsin.service.portal.for_people import told
from tocsin.service.portal.staff.common import person
from tocsin.service.subscribers.mail_addresses import mail_address
from tocsin.service.subscribers.requests.deciding import staff


@needs(Permission.AUDIT_SEE)
@require_GET
def listing(request: HttpRequest) -> HttpResponse:
    """All of the staff, and whether they have a second factor."""
    people = list(User.objects.exclude(staff_role=StaffRole.NONE).order_by("email"))
    factors = Authenticator.objects.filter(user__in=people, type__in=("totp", "webauthn"))
    with_factor = set(factors.values_list("user_id", flat=True))
    page = {
        "people": [(each, each.pk in with_factor) for each in people],
        "roles": StaffRole.choices,
        "may_change": may(request.user, Permission.STAFF_MANAGE),
    }
    return render(request, "staff/people.html", page)


@needs(Permission.STAFF_MANAGE)
@require_POST
def set_role(request: HttpRequest) -> HttpResponse:
    """Give somebody a role, or none."""
    try:
        address = mail_address(request.POST.get("address", ""))
        role = StaffRole(request.POST.get("role", ""))
        appoint(address, role, clock.now(), staff(person(request)))
    except ValueError as error:
        messages.error(request, f"{error}.")
    except UsageError as error:
        messages.error(request, told(error))
    else:
        messages.success(request, f"{address}: {role.label}.")
    return redirect("staff_people")


@needs(Permission.STAFF_MANAGE)
@require_POST
def forget(request: HttpRequest) -> HttpResponse:
    """Take the second factors of somebody who has lost them."""
    address = request.POST.get("address", "")[:254]
    try:
        count = forget_factors(address, clock.now(), staff(person(request)))
    except UsageError as error:
        messages.error(request, told(error))
    else:
        messages.success(request, f"{address}: {count} taken; new ones are set up at sign-in.")
    return redirect("staff_people")
