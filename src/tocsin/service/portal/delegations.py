"""Staff say what a national CERT may see, and keep the documents that prove that it is one."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tocsin.model.errors import UsageError
from tocsin.service import clock, installation
from tocsin.service.permissions import Permission, may, needs
from tocsin.service.portal.for_people import told
from tocsin.service.portal.staff.common import actor
from tocsin.service.subscribers import delegating
from tocsin.service.subscribers.models import Claim, DelegationLevel, Organisation
from tocsin.service.verification import cert_directory, cert_documents


@needs(Permission.ORGANISATIONS_SEE)
@require_GET
def cert(request: HttpRequest, slug: str) -> HttpResponse:
    """Its countries, what it may see of each, and what the directory says of it."""
    organisation = get_object_or_404(Organisation, slug=slug, kind="national_cert")
    countries = sorted(delegating.countries_of(organisation))
    granted = {each.country: each for each in delegating.delegations_of(organisation)}
    page = {
        "organisation": organisation,
        "countries": [(each, granted.get(each)) for each in countries],
        "levels": DelegationLevel,
        "matches": cert_directory.matches(
            cert_directory.kept(installation.home()), organisation.mail_domains, countries
        ),
        "may_change": may(request.user, Permission.ORGANISATIONS_CHANGE),
    }
    return render(request, "certs/cert.html", page)


@needs(Permission.ORGANISATIONS_CHANGE)
@require_POST
def change(request: HttpRequest, slug: str) -> HttpResponse:
    """Grant or withdraw."""
    organisation = get_object_or_404(Organisation, slug=slug, kind="national_cert")
    country, note = request.POST.get("country", ""), request.POST.get("note", "")
    level, by = request.POST.get("level", ""), actor(request)
    try:
        if level in DelegationLevel.values:
            granted = DelegationLevel(level)
            delegating.delegate(organisation, country, granted, note, by, clock.now())
        else:
            delegating.withdraw(organisation, country, note, by, clock.now())
    except UsageError as error:
        messages.error(request, told(error))
    return redirect("cert", slug=slug)


@needs(Permission.REQUESTS_DECIDE)
@require_http_methods(["GET", "HEAD", "POST"])
def documents(request: HttpRequest, number: int) -> HttpResponse:
    """The documents of a claimed country: addresses and texts that staff have looked at."""
    claim = get_object_or_404(Claim.objects.select_related("request"), pk=number, kind="country")
    if request.method == "POST":
        link, text = request.POST.get("link", ""), request.POST.get("text", "")
        try:
            cert_documents.keep(claim, link, text, actor(request), clock.now())
        except UsageError as error:
            messages.error(request, told(error))
        return redirect("claim_documents", number=number)
    directory = cert_directory.kept(installation.home())
    domain = claim.request.requester.rpartition("@")[2]
    page = {
        "claim": claim,
        "documents": claim.evidence.get("documents", []),
        "matches": cert_directory.matches(directory, [domain], [claim.value]),
    }
    return render(request, "certs/documents.html", page)
