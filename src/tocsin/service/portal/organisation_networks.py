"""The networks of an organisation: what is reported of, how that was proven, adding, ending."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from tocsin.service import clock
from tocsin.service.permissions import Permission, needs_in_organisation
from tocsin.service.portal.followed import follow
from tocsin.service.portal.organisation_forms import LabelForm, NetworksForm
from tocsin.service.portal.organisation_page import actor_of, change, contact_of, show
from tocsin.service.subscribers.changes.acts import end_network
from tocsin.service.subscribers.changes.changing import open_change, why_still
from tocsin.service.subscribers.changes.check import questions_about
from tocsin.service.subscribers.changes.feed import set_label
from tocsin.service.subscribers.changes.on_file import on_file
from tocsin.service.subscribers.changes.value import WantedChange
from tocsin.service.subscribers.models import (
    NetworkState,
    Organisation,
    OrganisationState,
    RequestChannel,
)
from tocsin.service.subscribers.requests.asking import Arrival


@needs_in_organisation(Permission.ORGANISATION_SEE)
@require_GET
def shown(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """All networks, those that ended last."""
    return _show(request, organisation, NetworksForm())


@needs_in_organisation(Permission.ORGANISATION_CHANGE)
@require_POST
def add(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """Ask for networks: each is proven by itself, then staff decide."""
    form = NetworksForm(request.POST)
    contact = contact_of(request, organisation)
    if contact is None:
        messages.error(request, "Networks are asked for by an admin of the organisation.")
        return redirect("organisation_networks", slug=organisation.slug)
    if organisation.state != OrganisationState.ACTIVE:
        form.add_error(None, why_still(organisation))
    wanted = WantedChange(add=form.cleaned_data["networks"]) if form.is_valid() else WantedChange()
    questions = questions_about(wanted, on_file(organisation)) if form.is_valid() else ()
    for question in questions:
        form.add_error("networks", question.text)
    if not form.is_valid():
        return _show(request, organisation, form, status=422)
    arrival = Arrival(RequestChannel.PORTAL, contact.address)
    asked = open_change(contact, wanted, arrival, clock.now())
    follow(request, asked.pk, contact)
    messages.success(request, "The networks have been asked for. All admins have been told.")
    return redirect("organisation_change", slug=organisation.slug, number=asked.pk)


@needs_in_organisation(Permission.ORGANISATION_CHANGE)
@require_POST
def end(request: HttpRequest, organisation: Organisation, number: int) -> HttpResponse:
    """Nothing is reported of a network any more."""
    network = get_object_or_404(organisation.networks, pk=number)
    if request.POST.get("sure") != "yes":
        messages.error(request, "Nothing was changed: please tick that you are sure.")
    else:
        change(request, organisation, lambda actor: [end_network(network, actor, clock.now())])
    return redirect("organisation_networks", slug=organisation.slug)


@needs_in_organisation(Permission.ORGANISATION_CHANGE)
@require_POST
def label(request: HttpRequest, organisation: Organisation, number: int) -> HttpResponse:
    """What the organisation calls a network."""
    network = get_object_or_404(organisation.networks, pk=number)
    form = LabelForm(request.POST)
    if form.is_valid():
        actor = actor_of(request, organisation)
        set_label(network, form.cleaned_data["label"], actor, clock.now())
        messages.success(request, f"The label of {network.network} is kept.")
    else:
        messages.error(request, "A label has at most 100 characters.")
    return redirect("organisation_networks", slug=organisation.slug)


def _show(
    request: HttpRequest, organisation: Organisation, form: NetworksForm, status: int = 200
) -> HttpResponse:
    networks = organisation.networks.prefetch_related("proofs")
    page = {
        "networks": networks.exclude(state=NetworkState.ENDED),
        "ended": networks.filter(state=NetworkState.ENDED).order_by("-valid_to")[:50],
        "form": form,
    }
    return show(request, organisation, "networks", page, status=status)
