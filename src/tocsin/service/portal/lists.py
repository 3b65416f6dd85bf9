"""The pages of an organisation's mailing lists."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tocsin.engine.nightly.subscribers import FilterKind
from tocsin.model.errors import UsageError
from tocsin.service import clock
from tocsin.service.permissions import Permission, needs_in_organisation
from tocsin.service.portal.for_people import told
from tocsin.service.portal.list_form import ListForm, initial_of
from tocsin.service.portal.organisation_page import actor_of, may_change, show
from tocsin.service.subscribers.lists import editing
from tocsin.service.subscribers.lists.reports import newest_reports
from tocsin.service.subscribers.lists.rules import WantedList
from tocsin.service.subscribers.models import ListMode, MailingList, Organisation, RecipientState


@needs_in_organisation(Permission.ORGANISATION_SEE)
@require_GET
def all_lists(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """Its lists, those that have ended below."""
    every = list(organisation.lists.prefetch_related("recipients"))
    current = editing.current_lists(organisation, clock.now())
    keys = {each.pk for each in current}
    page = {
        "lists": [each for each in every if each.pk in keys],
        "ended": [each for each in every if each.pk not in keys],
        "filters": FILTER_WORDS.items(),
    }
    return show(request, organisation, "lists", page)


@needs_in_organisation(Permission.ORGANISATION_CHANGE)
@require_http_methods(["GET", "POST"])
def new_list(request: HttpRequest, organisation: Organisation, kind: str) -> HttpResponse:
    """Make a list; it is a shadow unless somebody says otherwise."""
    filter_ = _filter(kind)
    known = editing.on_file(organisation, filter_)
    first = initial_of(WantedList(name=_free_name(organisation, known.taken)))
    form = ListForm(known, editing.catalogue_of_home(), request.POST or None, initial=first)
    if request.method == "POST" and form.is_valid():
        try:
            made = editing.make_list(
                organisation, filter_, form.wanted(), actor_of(request, organisation), clock.now()
            )
        except UsageError as error:
            messages.error(request, told(error))
        else:
            messages.success(request, f"The list {made} was made. Now name its recipients.")
            return redirect("list", slug=organisation.slug, number=made.pk)
    page = {
        "form": form,
        "filter": FILTER_WORDS[filter_],
    }
    return show(request, organisation, "list", page, status=422 if form.errors else 200)


@needs_in_organisation(Permission.ORGANISATION_SEE)
@require_http_methods(["GET", "POST"])
def one_list(request: HttpRequest, organisation: Organisation, number: int) -> HttpResponse:
    """A list: whoever may change the organisation can change it here, others see it."""
    found = get_object_or_404(MailingList, pk=number, organisation=organisation)
    if request.method == "POST" and not may_change(request, organisation):
        raise Http404
    known = editing.on_file(organisation, FilterKind(found.filter), found.pk)
    form = ListForm(
        known,
        editing.catalogue_of_home(),
        request.POST or None,
        initial=initial_of(editing.wanted_of(found)),
    )
    if request.method == "POST" and form.is_valid():
        try:
            if editing.change_list(
                found, form.wanted(), actor_of(request, organisation), clock.now()
            ):
                messages.success(request, "The list was changed.")
            else:
                messages.info(request, "Nothing was changed.")
        except UsageError as error:
            messages.error(request, told(error))
        return redirect("list", slug=organisation.slug, number=number)
    page = {
        "list": found,
        "form": form,
        "filter": FILTER_WORDS[FilterKind(found.filter)],
        "recipients": found.recipients.exclude(
            state__in=(RecipientState.LEFT, RecipientState.REMOVED)
        ),
        "has_ended": found.valid_to is not None and found.valid_to <= clock.now(),
    }
    return show(request, organisation, "list", page, status=422 if form.errors else 200)


@needs_in_organisation(Permission.ORGANISATION_CHANGE)
@require_POST
def end_list(request: HttpRequest, organisation: Organisation, number: int) -> HttpResponse:
    """End a list."""
    found = get_object_or_404(MailingList, pk=number, organisation=organisation)
    try:
        editing.end_list(found, actor_of(request, organisation), clock.now())
    except UsageError as error:
        messages.error(request, told(error))
    else:
        messages.success(request, f"The list {found} has ended; it gets no more reports.")
    return redirect("lists", slug=organisation.slug)


@needs_in_organisation(Permission.ORGANISATION_SEE)
@require_GET
def reports(request: HttpRequest, organisation: Organisation, number: int) -> HttpResponse:
    """The reports of the newest day: for a shadow what would have been sent."""
    found = get_object_or_404(MailingList, pk=number, organisation=organisation)
    day, newest = newest_reports(found)
    page = {
        "list": found,
        "day": day,
        "reports": newest,
        "is_sent": found.mode == ListMode.LIVE,
        "recipients": editing.addressees(found, clock.now()),
    }
    return show(request, organisation, "list_reports", page)


FILTER_WORDS = {
    FilterKind.ASN: "AS numbers",
    FilterKind.CIDR: "prefixes",
    FilterKind.GEO: "countries",
    FilterKind.DOMAIN: "domains",
}
"""How the kinds of lists are called on pages."""


def _filter(kind: str) -> FilterKind:
    try:
        return FilterKind(kind)
    except ValueError:
        raise Http404 from None


def _free_name(organisation: Organisation, taken: frozenset[str]) -> str:
    base = organisation.slug[:58]
    numbered = (f"{base}-{number}" for number in range(2, len(taken) + 3))
    return base if base not in taken else next(each for each in numbered if each not in taken)
