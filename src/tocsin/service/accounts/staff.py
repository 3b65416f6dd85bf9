"""Who is of the staff."""

from __future__ import annotations

import datetime as dt

from allauth.mfa.models import Authenticator
from django.db import transaction

from tocsin.model.errors import UsageError
from tocsin.service.accounts.models import StaffRole, User, canonical_address
from tocsin.service.audit.models import ActorKind
from tocsin.service.audit.record import Actor, Subject, record

ROLES = {
    "reviewer": StaffRole.REVIEWER,
    "admin": StaffRole.ADMIN,
    "auditor": StaffRole.AUDITOR,
    "none": StaffRole.NONE,
}


OPERATOR = Actor(ActorKind.OPERATOR, "command line")


@transaction.atomic
def appoint(address: str, role: StaffRole, now: dt.datetime, actor: Actor = OPERATOR) -> User:
    """Give an account its role of staff; the account is made if there is none.

    UsageError if nobody could say any more who is of the staff; the operator always can.
    """
    known = canonical_address(address)
    admins = User.objects.select_for_update().filter(staff_role=StaffRole.ADMIN)
    left = [each for each in admins if each.email != known]
    user = User.objects.filter(email=known).first() or User.objects.create_user(known)
    before = user.staff_role
    if before == StaffRole.ADMIN and role != StaffRole.ADMIN and not left and actor != OPERATOR:
        raise UsageError(
            "this is the last staff admin", where=known, todo="make somebody else one first"
        )
    if before == role:
        return user
    user.staff_role = role
    user.save(update_fields=["staff_role"])
    record(
        actor,
        "staff.appointed",
        Subject("user", str(user.pk), user.email),
        now,
        before={"role": before},
        after={"role": role.value},
    )
    return user


@transaction.atomic
def forget_factors(address: str, now: dt.datetime, actor: Actor = OPERATOR) -> int:
    """Take the second factors of somebody of the staff who has lost them; how many there were.

    They set them up anew when they sign in next; sessions that are open get nowhere until then.
    UsageError if there is nobody of the staff with that address, or somebody does it for
    themselves: who still has a factor changes it with that.
    """
    known = canonical_address(address)
    user = User.objects.filter(email=known).exclude(staff_role=StaffRole.NONE).first()
    if user is None or actor.name == known:
        raise UsageError(
            "second factors are taken from another person of the staff",
            where=known,
            todo="name somebody of the staff; your own are changed under your address",
        )
    kept = Authenticator.objects.filter(user=user)
    types = sorted(kept.values_list("type", flat=True))
    kept.delete()
    if types:
        record(
            actor,
            "second_factor.forgotten",
            Subject("user", str(user.pk), user.email),
            now,
            before={"types": types},
        )
    return len(types)
