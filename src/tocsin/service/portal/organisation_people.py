"""The people of an organisation: who may see and who may change; adding, roles, removing."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from tocsin.service import clock
from tocsin.service.permissions import Permission, needs_in_organisation
from tocsin.service.portal.organisation_forms import PersonForm, RoleForm
from tocsin.service.portal.organisation_page import change, contact_of, show
from tocsin.service.subscribers import people
from tocsin.service.subscribers.models import ContactRole, ContactState, Organisation


@needs_in_organisation(Permission.ORGANISATION_SEE)
@require_GET
def shown(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """All of them."""
    return _show(request, organisation, PersonForm())


@needs_in_organisation(Permission.ORGANISATION_CHANGE)
@require_POST
def add(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """A new contact, who is asked to confirm."""
    form = PersonForm(request.POST)
    if not form.is_valid():
        return _show(request, organisation, form, status=422)
    said = form.cleaned_data
    role = ContactRole(said["role"])
    change(
        request,
        organisation,
        lambda actor: [
            people.add(organisation, said["address"], said["full_name"], role, actor, clock.now())
        ],
    )
    return redirect("organisation_people", slug=organisation.slug)


@needs_in_organisation(Permission.ORGANISATION_CHANGE)
@require_POST
def role(request: HttpRequest, organisation: Organisation, number: int) -> HttpResponse:
    """Another role."""
    contact = get_object_or_404(organisation.contacts, pk=number)
    form = RoleForm(request.POST)
    if form.is_valid():
        wanted = ContactRole(form.cleaned_data["role"])
        change(
            request,
            organisation,
            lambda actor: [people.set_role(contact, wanted, actor, clock.now())],
        )
    else:
        messages.error(request, "There is no such role.")
    return _back(request, organisation)


@needs_in_organisation(Permission.ORGANISATION_CHANGE)
@require_POST
def remove(request: HttpRequest, organisation: Organisation, number: int) -> HttpResponse:
    """They speak for the organisation no more."""
    contact = get_object_or_404(organisation.contacts, pk=number)
    if request.POST.get("sure") != "yes":
        messages.error(request, "Nothing was changed: please tick that you are sure.")
    else:
        change(request, organisation, lambda actor: [people.remove(contact, actor, clock.now())])
    return _back(request, organisation)


def _back(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """To the page; to the first page of all for who has just given up the right to see it."""
    user = request.user
    if contact_of(request, organisation) is None and not getattr(user, "is_of_staff", False):
        return redirect("home")
    return redirect("organisation_people", slug=organisation.slug)


def _show(
    request: HttpRequest, organisation: Organisation, form: PersonForm, status: int = 200
) -> HttpResponse:
    page = {
        "contacts": organisation.contacts.exclude(state=ContactState.REMOVED),
        "roles": ContactRole.choices,
        "form": form,
    }
    return show(request, organisation, "people", page, status=status)
