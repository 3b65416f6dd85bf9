"""Who may do what. Every page and call names what it needs; one that names nothing is refused."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase

from tocsin.service.accounts.models import StaffRole, User
from tocsin.service.subscribers.models import Contact, ContactRole, ContactState, Organisation

P = ParamSpec("P")
Page = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


class Permission(StrEnum):
    """What a page or call may need. The first four hang on no role."""

    ANYONE = "anyone"
    LINK_HOLDER = "whoever was given the link"
    API_KEY = "a key of the API, which the call is signed with"
    SIGNED_IN = "anybody signed in"
    ORGANISATION_SEE = "see the organisation"
    ORGANISATION_CHANGE = "change the organisation"
    REQUESTS_SEE = "see all requests"
    REQUESTS_DECIDE = "decide requests"
    ORGANISATIONS_SEE = "see all organisations"
    ORGANISATIONS_CHANGE = "change all organisations"
    AUDIT_SEE = "see the audit"
    MAIL_SEE = "see the mail that came in"
    STAFF_MANAGE = "say who is of the staff"
    WORK_MANAGE = "look after the queue"


_P = Permission

STAFF: Mapping[str, frozenset[Permission]] = {
    StaffRole.NONE: frozenset(),
    StaffRole.AUDITOR: frozenset(
        {_P.REQUESTS_SEE, _P.ORGANISATIONS_SEE, _P.AUDIT_SEE, _P.MAIL_SEE}
    ),
    StaffRole.REVIEWER: frozenset(
        {
            _P.REQUESTS_SEE, _P.REQUESTS_DECIDE, _P.ORGANISATIONS_SEE, _P.ORGANISATIONS_CHANGE,
            _P.AUDIT_SEE, _P.MAIL_SEE,
        }
    ),
    StaffRole.ADMIN: frozenset(
        {
            _P.REQUESTS_SEE, _P.REQUESTS_DECIDE, _P.ORGANISATIONS_SEE, _P.ORGANISATIONS_CHANGE,
            _P.AUDIT_SEE, _P.MAIL_SEE, _P.STAFF_MANAGE, _P.WORK_MANAGE,
        }
    ),
}  # fmt: skip
"""What each role of staff may do."""

CONTACTS: Mapping[str, frozenset[Permission]] = {
    ContactRole.MEMBER: frozenset({_P.ORGANISATION_SEE}),
    ContactRole.ADMIN: frozenset({_P.ORGANISATION_SEE, _P.ORGANISATION_CHANGE}),
}
"""What each role of a contact may do for its organisation."""

_IN_ORGANISATION: Mapping[Permission, Permission] = {
    _P.ORGANISATION_SEE: _P.ORGANISATIONS_SEE,
    _P.ORGANISATION_CHANGE: _P.ORGANISATIONS_CHANGE,
}
"""What staff need to do the same for any organisation."""


def may(user: object, permission: Permission) -> bool:
    """Whether an account may do what needs no organisation."""
    if permission in (Permission.ANYONE, Permission.LINK_HOLDER, Permission.API_KEY):
        return True
    if not isinstance(user, User) or not user.is_active:
        return False
    return permission is Permission.SIGNED_IN or permission in STAFF[user.staff_role]


def organisations_for(user: object, permission: Permission) -> QuerySet[Organisation]:
    """The organisations for which an account may do something."""
    if not isinstance(user, User) or not user.is_active:
        return Organisation.objects.none()
    if _IN_ORGANISATION[permission] in STAFF[user.staff_role]:
        return Organisation.objects.all()
    roles = [role for role, allowed in CONTACTS.items() if permission in allowed]
    own = Contact.objects.filter(account=user, state=ContactState.ACTIVE, role__in=roles)
    return Organisation.objects.filter(Q(pk__in=own.values("organisation")))


def needs(permission: Permission) -> Callable[[Page[P]], Page[P]]:
    """Declare what a page needs, and hold everybody to it."""
    if permission in _IN_ORGANISATION:
        raise ImproperlyConfigured(f"{permission} is of an organisation: needs_in_organisation")

    def declare(page: Page[P]) -> Page[P]:
        @wraps(page)
        def held(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            if not may(request.user, permission):
                return _refused(request)
            return page(request, *args, **kwargs)

        held.permission = permission  # type: ignore[attr-defined] # read by the middleware
        return cast(Page[P], held)

    return declare


def needs_in_organisation(
    permission: Permission,
) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """As `needs`, of the organisation that `slug` in the address names.

    The page is given the organisation instead of its slug. One that does not exist and one that
    is not theirs look the same: not found.
    """

    def declare(page: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @wraps(page)
        def held(request: HttpRequest, slug: str, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if not may(request.user, Permission.SIGNED_IN):
                return _refused(request)
            found = organisations_for(request.user, permission).filter(slug=slug).first()
            if found is None:
                raise Http404
            return page(request, found, *args, **kwargs)

        held.permission = permission  # type: ignore[attr-defined] # read by the middleware
        return held

    return declare


def _refused(request: HttpRequest) -> HttpResponse:
    if not request.user.is_authenticated:
        return redirect_to_login(request.get_full_path())
    raise PermissionDenied


class DeclaredMiddleware:
    """Refuses a page of which nobody has said what it needs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Nothing is done to answers."""
        return self._get_response(request)

    def process_view(
        self,
        request: HttpRequest,  # noqa: ARG002 - Django's form
        view: Callable[..., object],
        args: object,  # noqa: ARG002
        kwargs: object,  # noqa: ARG002
    ) -> None:
        """Called by Django before each page."""
        permission_of(view)


def permission_of(view: Callable[..., object]) -> Permission:
    """What a page needs; ImproperlyConfigured if nobody has said it."""
    said = getattr(view, "permission", None)
    if isinstance(said, Permission):
        return said
    module = getattr(view, "view_class", view).__module__
    for package, permission in _PAGES_OF_LIBRARIES.items():
        if module.startswith(package):
            return permission
    raise ImproperlyConfigured(f"{module}.{getattr(view, '__name__', view)} names no permission")


_PAGES_OF_LIBRARIES: Mapping[str, Permission] = {
    "django.contrib.admin": Permission.STAFF_MANAGE,
    "tocsin.service.portal.admin": Permission.STAFF_MANAGE,
}
"""Pages that libraries bring; they hold people to it themselves."""
