"""What all pages of an organisation share: how they are shown, and who acts on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from tocsin.model.errors import UsageError
from tocsin.service import clock
from tocsin.service.accounts.models import User
from tocsin.service.audit.models import ActorKind
from tocsin.service.audit.record import Actor
from tocsin.service.permissions import Permission, organisations_for
from tocsin.service.portal.for_people import told
from tocsin.service.subscribers.changes.feed import make_change
from tocsin.service.subscribers.changes.steps import Step
from tocsin.service.subscribers.models import (
    Change,
    Contact,
    ContactState,
    Organisation,
    RequestState,
)


def show(
    request: HttpRequest,
    organisation: Organisation,
    section: str,
    more: dict[str, Any],
    *,
    status: int = 200,
) -> HttpResponse:
    """The page `organisation/<section>.html`, with what its frame needs."""
    drafts = organisation.requests.filter(kind="change", state=RequestState.UNCONFIRMED)
    page = {
        "organisation": organisation,
        "section": section,
        "may_change": may_change(request, organisation),
        "drafts": drafts.count(),
        **more,
    }
    return render(request, f"organisation/{section}.html", page, status=status)


def may_change(request: HttpRequest, organisation: Organisation) -> bool:
    """Whether whoever looks at the page may change the organisation."""
    allowed = organisations_for(request.user, Permission.ORGANISATION_CHANGE)
    return allowed.filter(pk=organisation.pk).exists()


def contact_of(request: HttpRequest, organisation: Organisation) -> Contact | None:
    """The contact that is signed in; None for staff."""
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - the permission holds for accounts only
    return organisation.contacts.filter(account=user, state=ContactState.ACTIVE).first()


def actor_of(request: HttpRequest, organisation: Organisation) -> Actor:
    """Who acts: the contact, or staff."""
    contact = contact_of(request, organisation)
    if contact is not None:
        return Actor.person(contact.address)
    user = request.user
    assert isinstance(user, User)  # noqa: S101 - as above
    return Actor(ActorKind.STAFF, user.email)


def change(
    request: HttpRequest,
    organisation: Organisation,
    do: Callable[[Actor], Iterable[Step | None]],
) -> Change | None:
    """Make a change, and say on the next page what came of it."""
    actor = actor_of(request, organisation)
    try:
        made = make_change(organisation, actor, lambda: do(actor), clock.now())
    except UsageError as error:
        messages.error(request, told(error))
        return None
    if made is None:
        messages.warning(request, "Nothing was changed: it is so already.")
        return None
    done = "\n".join(f"{line[:1].upper()}{line[1:]}." for line in made.lines)
    messages.success(request, f"{done}\nAll admins have been told.")
    return made
