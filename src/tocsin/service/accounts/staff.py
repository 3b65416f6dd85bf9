"""Who is of the staff."""

from __future__ import annotations

import datetime as dt

from django.db import transaction

from tocsin.service.accounts.models import StaffRole, User, canonical_address
from tocsin.service.audit.models import ActorKind
from tocsin.service.audit.record import Actor, Subject, record

ROLES = {
    "reviewer": StaffRole.REVIEWER,
    "admin": StaffRole.ADMIN,
    "auditor": StaffRole.AUDITOR,
    "none": StaffRole.NONE,
}


@transaction.atomic
def appoint(address: str, role: StaffRole, now: dt.datetime) -> User:
    """Give an account its role of staff; the account is made if there is none."""
    known = canonical_address(address)
    user = User.objects.filter(email=known).first() or User.objects.create_user(known)
    before = user.staff_role
    user.staff_role = role
    user.save(update_fields=["staff_role"])
    record(
        Actor(ActorKind.OPERATOR, "command line"),
        "staff.appointed",
        Subject("user", str(user.pk), user.email),
        now,
        before={"role": before},
        after={"role": role.value},
    )
    return user
