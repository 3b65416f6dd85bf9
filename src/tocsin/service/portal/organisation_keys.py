"""Keys of the API: which there are, making one, revoking one. The secret is shown once."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from tocsin.model.errors import UsageError
from tocsin.service import clock, installation
from tocsin.service.api import keys
from tocsin.service.api.models import ApiKey
from tocsin.service.permissions import Permission, needs_in_organisation
from tocsin.service.portal.for_people import told
from tocsin.service.portal.key_form import KeyForm
from tocsin.service.portal.organisation_page import actor_of, change, contact_of, show
from tocsin.service.subscribers.changes.feed import make_change
from tocsin.service.subscribers.changes.steps import Step
from tocsin.service.subscribers.lists.editing import current_lists
from tocsin.service.subscribers.models import Organisation


@needs_in_organisation(Permission.ORGANISATION_SEE)
@require_GET
def shown(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """The keys, those that hold no more below. Never a secret."""
    return _show(request, organisation, _form(organisation))


@needs_in_organisation(Permission.ORGANISATION_CHANGE)
@require_POST
def make(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """Make a key and show its secret, this once. Not for staff: whoever makes it can use it."""
    if contact_of(request, organisation) is None:
        raise Http404
    form = _form(organisation, request)
    if not form.is_valid():
        return _show(request, organisation, form, status=422)
    actor = actor_of(request, organisation)
    now = clock.now()
    made: list[ApiKey] = []

    def do() -> list[Step]:
        key, step = keys.make_key(organisation, form.wanted(), actor, now)
        made.append(key)
        return [step]

    try:
        make_change(organisation, actor, do, now)
    except UsageError as error:
        # Sent once more by the browser it ends here as well: the name is taken by then.
        messages.error(request, told(error))
        return _show(request, organisation, form, status=422)
    (key,) = made
    secret = keys.secret_of(key)
    return _show(request, organisation, _form(organisation), made=(key, secret))


@needs_in_organisation(Permission.ORGANISATION_CHANGE)
@require_POST
def revoke(request: HttpRequest, organisation: Organisation, number: int) -> HttpResponse:
    """Revoke a key; staff do so while the organisation is frozen as well."""
    key = get_object_or_404(organisation.api_keys.select_related("organisation"), pk=number)
    if contact_of(request, organisation) is None:
        keys.revoke_by_staff(key, actor_of(request, organisation), clock.now())
        return redirect("organisation_keys", slug=organisation.slug)
    change(request, organisation, lambda actor: [keys.revoke_key(key, actor, clock.now())])
    return redirect("organisation_keys", slug=organisation.slug)


def _form(organisation: Organisation, request: HttpRequest | None = None) -> KeyForm:
    said = request.POST if request is not None else None
    return KeyForm(current_lists(organisation, clock.now()), said)


def _show(
    request: HttpRequest,
    organisation: Organisation,
    form: KeyForm,
    *,
    status: int = 200,
    made: tuple[ApiKey, str] | None = None,
) -> HttpResponse:
    now = clock.now()
    every = organisation.api_keys.select_related("organisation").prefetch_related("lists")
    rows = [(each, keys.scope_of(each)) for each in every.order_by("-pk")]
    over = [each for each in rows if _is_over(each[0])]
    page = {
        "keys": [each for each in rows if each not in over],
        "over": over,
        "made": made,
        "form": form if contact_of(request, organisation) is not None else None,
        "address": f"{installation.configuration().service.address}/api2/",
        "today": now.date(),
    }
    return show(request, organisation, "keys", page, status=status)


def _is_over(key: ApiKey) -> bool:
    expired = key.expires_at is not None and key.expires_at <= clock.now()
    return key.revoked_at is not None or expired
