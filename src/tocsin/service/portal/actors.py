"""Who acts on a page, as the audit names them."""

from __future__ import annotations

from django.http import HttpRequest

from tocsin.service.accounts.models import User
from tocsin.service.audit.models import ActorKind
from tocsin.service.audit.record import Actor


def signed_in_user(request: HttpRequest) -> User:
    """The account; pages call it only where a permission holds that accounts alone have."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - the permission holds for accounts only
    return user


def actor_of(request: HttpRequest) -> Actor:
    """A person of the organisation, or of the staff."""
    user = signed_in_user(request)
    return Actor(ActorKind.STAFF if user.is_of_staff else ActorKind.PERSON, user.email)
