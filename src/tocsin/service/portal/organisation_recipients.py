"""Who gets what: adding to a list, taking off, cancelling what waits, asking once more."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from tocsin.model.errors import UsageError
from tocsin.service import clock
from tocsin.service.audit.record import Actor
from tocsin.service.permissions import Permission, needs_in_organisation
from tocsin.service.portal.openpgp_shown import KeysOfAddresses, keys_on_page
from tocsin.service.portal.organisation_forms import RecipientForm
from tocsin.service.portal.organisation_page import actor_of, change, show
from tocsin.service.subscribers.changes import acts
from tocsin.service.subscribers.lists import links_only
from tocsin.service.subscribers.models import (
    AddressHealth,
    Health,
    MailingList,
    Organisation,
    Recipient,
    RecipientKind,
    RecipientState,
)
from tocsin.service.subscribers.recipients import address_health
from tocsin.service.subscribers.recipients.membership import MOST_ASKS, ask_again, is_last

_GONE = (RecipientState.LEFT, RecipientState.REMOVED)


@needs_in_organisation(Permission.ORGANISATION_SEE)
@require_GET
def shown(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """All lists with their recipients."""
    return _show(request, organisation)


@needs_in_organisation(Permission.ORGANISATION_CHANGE)
@require_POST
def add(request: HttpRequest, organisation: Organisation, number: int) -> HttpResponse:
    """A new recipient of the list of that number."""
    mailing_list = get_object_or_404(organisation.lists, pk=number, valid_to=None)
    form = RecipientForm(request.POST, prefix=str(mailing_list.pk))
    if not form.is_valid():
        return _show(request, organisation, (mailing_list.pk, form), status=422)
    address, kind = form.cleaned_data["address"], RecipientKind(form.cleaned_data["kind"])
    change(
        request,
        organisation,
        lambda actor: [acts.add_recipient(mailing_list, address, kind, actor, clock.now())],
    )
    return redirect("organisation_recipients", slug=organisation.slug)


@needs_in_organisation(Permission.ORGANISATION_CHANGE)
@require_POST
def remove(request: HttpRequest, organisation: Organisation, number: int) -> HttpResponse:
    """A recipient goes; the last one of a list only if the admin says that this is meant."""
    recipient = _recipient(organisation, number)
    sure = request.POST.get("sure") == "yes"
    change(
        request,
        organisation,
        lambda actor: [acts.remove_recipient(recipient, actor, clock.now(), sure=sure)],
    )
    return redirect("organisation_recipients", slug=organisation.slug)


@needs_in_organisation(Permission.ORGANISATION_CHANGE)
@require_POST
def again(request: HttpRequest, organisation: Organisation, number: int) -> HttpResponse:
    """Ask an address once more to confirm."""
    recipient = _recipient(organisation, number)
    done = f"{recipient.address} has been asked once more."
    return _done(request, organisation, recipient, ask_again, done)


@needs_in_organisation(Permission.ORGANISATION_CHANGE)
@require_POST
def try_again(request: HttpRequest, organisation: Organisation, number: int) -> HttpResponse:
    """Send to an address again that could not be reached."""
    recipient = _recipient(organisation, number)
    done = f"Reports are sent to {recipient.address} again."
    return _done(request, organisation, recipient, address_health.try_again, done)


@needs_in_organisation(Permission.ORGANISATION_CHANGE)
@require_POST
def attach(request: HttpRequest, organisation: Organisation, number: int) -> HttpResponse:
    """Send files again to whom a gateway let none through."""
    recipient = _recipient(organisation, number)
    done = f"Files are sent to {recipient.address} again, as the list prefers."
    return _done(request, organisation, recipient, links_only.attach_again, done)


def _done(
    request: HttpRequest,
    organisation: Organisation,
    recipient: Recipient,
    act: Callable[[Recipient, Actor, dt.datetime], None],
    words: str,
) -> HttpResponse:
    try:
        act(recipient, actor_of(request, organisation), clock.now())
    except UsageError as error:
        messages.error(request, error.message())
    else:
        messages.success(request, words)
    return redirect("organisation_recipients", slug=organisation.slug)


def _recipient(organisation: Organisation, number: int) -> Recipient:
    found = Recipient.objects.select_related("list__organisation")
    found = found.filter(list__organisation=organisation)
    return get_object_or_404(found, pk=number)


def _show(
    request: HttpRequest,
    organisation: Organisation,
    wrong: tuple[int, RecipientForm] | None = None,
    status: int = 200,
) -> HttpResponse:
    lists = organisation.lists.filter(valid_to=None).prefetch_related("recipients").order_by("pk")
    left = Recipient.objects.filter(list__in=lists, state=RecipientState.LEFT)
    keys = keys_on_page(organisation, clock.now())
    page = {
        "lists": [_list(each, wrong, keys) for each in lists],
        "left": left.select_related("list"),
        "most_asks": MOST_ASKS,
    }
    return show(request, organisation, "recipients", page, status=status)


def _healths(recipients: Iterable[Recipient]) -> dict[str, AddressHealth]:
    """What is to be said of addresses that mail does not reach, or not always."""
    known = AddressHealth.objects.filter(address__in=[each.address for each in recipients])
    return {each.address: each for each in known.exclude(state=Health.HEALTHY)}


def _list(
    mailing_list: MailingList, wrong: tuple[int, RecipientForm] | None, keys: KeysOfAddresses
) -> dict[str, object]:
    form = RecipientForm(prefix=str(mailing_list.pk))
    if wrong is not None and wrong[0] == mailing_list.pk:
        form = wrong[1]
    recipients = [each for each in mailing_list.recipients.all() if each.state not in _GONE]
    health = _healths(recipients)
    return {
        "list": mailing_list,
        "recipients": [
            (each, is_last(each), health.get(each.address), keys.get(each.address, ()))
            for each in recipients
        ],
        "form": form,
    }
