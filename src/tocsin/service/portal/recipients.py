"""Who gets what: the recipients of an organisation's lists."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from tocsin.model.errors import UsageError
from tocsin.service import clock
from tocsin.service.permissions import Permission, needs_in_organisation
from tocsin.service.portal.actors import actor_of
from tocsin.service.portal.for_people import told
from tocsin.service.portal.recipient_form import RecipientForm
from tocsin.service.subscribers import recipients
from tocsin.service.subscribers.lists import current_lists, put_on_list
from tocsin.service.subscribers.models import Organisation, Recipient, RecipientState


@needs_in_organisation(Permission.ORGANISATION_CHANGE)
@require_http_methods(["GET", "POST"])
def who_gets_what(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """Every address with each list that it gets, and how it came to that; and adding one."""
    now = clock.now()
    form = RecipientForm(current_lists(organisation, now), request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            put_on_list(organisation, form.recipient(), actor_of(request), now)
        except UsageError as error:
            messages.error(request, told(error))
        else:
            messages.success(request, f"{form.cleaned_data['address']} was added.")
        return redirect("recipients", slug=organisation.slug)
    found = (
        Recipient.objects.filter(list__in=current_lists(organisation, now))
        .exclude(state__in=(RecipientState.LEFT, RecipientState.REMOVED))
        .select_related("list")
        .order_by("address", "list__name", "list__filter")
    )
    gone = Recipient.objects.filter(list__organisation=organisation, state=RecipientState.LEFT)
    page = {
        "organisation": organisation,
        "recipients": found,
        "left": gone.select_related("list"),
        "now": now,
        "most_asks": recipients.MOST_ASKS,
        "form": form,
    }
    status = 422 if form.errors else 200
    return render(request, "lists/recipients.html", page, status=status)


@needs_in_organisation(Permission.ORGANISATION_CHANGE)
@require_POST
def act(request: HttpRequest, organisation: Organisation, number: int) -> HttpResponse:
    """Ask a recipient once more, or take one off, one that waits as well."""
    found = get_object_or_404(Recipient, pk=number, list__organisation=organisation)
    try:
        match request.POST.get("act"):
            case "ask":
                recipients.ask_again(found, actor_of(request), clock.now())
                messages.success(request, f"We have written to {found.address} once more.")
            case "remove":
                recipients.remove(found, actor_of(request), clock.now())
                messages.success(request, f"{found.address} is off the list {found.list}.")
            case _:
                messages.error(request, "Nothing was done.")
    except UsageError as error:
        messages.error(request, told(error))
    return redirect("recipients", slug=organisation.slug)
