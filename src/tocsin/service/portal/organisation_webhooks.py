"""Where an organisation's own programs are told of its reports."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_POST

from tocsin.service import clock
from tocsin.service.audit.record import Actor
from tocsin.service.permissions import Permission, needs_in_organisation
from tocsin.service.portal.organisation_page import actor_of, change, contact_of, show
from tocsin.service.subscribers.changes.steps import Step
from tocsin.service.subscribers.models import Organisation
from tocsin.service.webhooks.hooks import end_hook, make_hook, switch_on, try_out
from tocsin.service.webhooks.models import HookCall, HookState, Webhook
from tocsin.service.webhooks.signing import secret_of

_CALLS_SHOWN = 50


@needs_in_organisation(Permission.ORGANISATION_SEE)
@require_GET
def shown(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """The web-hooks, and what they were told of late."""
    return _show(request, organisation)


@needs_in_organisation(Permission.ORGANISATION_CHANGE)
@require_POST
def add(request: HttpRequest, organisation: Organisation) -> HttpResponse:
    """Add one; its secret is on this answer, and nowhere else."""
    if contact_of(request, organisation) is None:
        # Whoever adds one is shown its secret.
        messages.error(request, "A web-hook is added by an admin of the organisation.")
        return redirect("organisation_webhooks", slug=organisation.slug)
    made: list[Webhook] = []

    def do(actor: Actor) -> list[Step | None]:
        hook, step = make_hook(organisation, request.POST.get("url", ""), actor, clock.now())
        made.append(hook)
        return [step]

    if change(request, organisation, do) is None:
        return redirect("organisation_webhooks", slug=organisation.slug)
    return _show(request, organisation, made[0])


@needs_in_organisation(Permission.ORGANISATION_CHANGE)
@require_POST
def act_on(request: HttpRequest, organisation: Organisation, number: int, act: str) -> HttpResponse:
    """Try one out, put it on again, or end it."""
    current = organisation.webhooks.exclude(state=HookState.ENDED)
    hook = get_object_or_404(current, pk=number)
    match act:
        case "test":
            try_out(hook, clock.now())
            messages.success(request, "It is called. What came of it is shown below in a moment.")
        case "on":
            if switch_on(hook, actor_of(request, organisation), clock.now()):
                messages.success(request, "It is told again, of reports from now on.")
        case "end":
            change(request, organisation, lambda actor: [end_hook(hook, actor, clock.now())])
        case _:
            raise Http404
    return redirect("organisation_webhooks", slug=organisation.slug)


def _show(
    request: HttpRequest, organisation: Organisation, made: Webhook | None = None
) -> HttpResponse:
    calls = HookCall.objects.filter(webhook__organisation=organisation)
    page = {
        "hooks": organisation.webhooks.exclude(state=HookState.ENDED),
        "calls": calls.select_related("webhook", "report")[:_CALLS_SHOWN],
        "made": made,
        "secret": secret_of(made) if made is not None else "",
    }
    return show(request, organisation, "webhooks", page)
