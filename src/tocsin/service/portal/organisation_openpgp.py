"""OpenPGP keys of an organisation's recipients: put on file, taken off, asked for."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST

from tocsin.model.errors import UsageError
from tocsin.service import clock
from tocsin.service.permissions import Permission, needs_in_organisation
from tocsin.service.portal.for_people import told
from tocsin.service.portal.openpgp_form import KeyForm
from tocsin.service.portal.organisation_forms import errors_of
from tocsin.service.portal.organisation_page import actor_of, change
from tocsin.service.subscribers.models import Organisation, Recipient, RecipientState
from tocsin.service.subscribers.recipients.keys import ask_for_key, remove_key, set_key


@needs_in_organisation(Permission.ORGANISATION_CHANGE)
@require_POST
def put(request: HttpRequest, organisation: Organisation, number: int) -> HttpResponse:
    """Encrypt what goes to this address with the key that is uploaded."""
    recipient = _recipient(organisation, number)
    form = KeyForm(request.POST, request.FILES)
    if form.is_valid():
        said, other = form.cleaned_data["said"], form.cleaned_data["other_address"]
        now = clock.now()
        change(
            request,
            organisation,
            lambda actor: [set_key(recipient, said, actor, now, other_address=other)],
        )
    else:
        messages.error(request, errors_of(form))
    return redirect("organisation_recipients", slug=organisation.slug)


@needs_in_organisation(Permission.ORGANISATION_CHANGE)
@require_POST
def remove(request: HttpRequest, organisation: Organisation, number: int) -> HttpResponse:
    """Send to this address in clear again."""
    recipient = _recipient(organisation, number)
    change(request, organisation, lambda actor: [remove_key(recipient, actor, clock.now())])
    return redirect("organisation_recipients", slug=organisation.slug)


@needs_in_organisation(Permission.ORGANISATION_CHANGE)
@require_POST
def ask(request: HttpRequest, organisation: Organisation, number: int) -> HttpResponse:
    """Mail the address a link by which it gives its key."""
    recipient = _recipient(organisation, number)
    try:
        ask_for_key(recipient, actor_of(request, organisation), clock.now())
    except UsageError as error:
        messages.error(request, told(error))
    else:
        messages.success(request, f"{recipient.address} has been asked for its key.")
    return redirect("organisation_recipients", slug=organisation.slug)


def _recipient(organisation: Organisation, number: int) -> Recipient:
    found = Recipient.objects.select_related("list__organisation").filter(
        list__organisation=organisation
    )
    gone = (RecipientState.LEFT, RecipientState.REMOVED)
    return get_object_or_404(found.exclude(state__in=gone), pk=number)
