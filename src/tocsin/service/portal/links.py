"""Links that were mailed. To open one changes nothing: mail gateways open every link they see.

What a link is for is done by the button on its page, with a POST.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from tocsin.service import installation
from tocsin.service.delivery.stranger_claims import CLAIM
from tocsin.service.permissions import Permission, needs
from tocsin.service.portal import (
    change_links,
    contact_links,
    link_pages,
    objection_pages,
    openpgp_links,
)
from tocsin.service.subscribers import people
from tocsin.service.subscribers.abuse_contacts import switching
from tocsin.service.subscribers.cases import confirming
from tocsin.service.subscribers.cases.objection_links import OBJECT
from tocsin.service.subscribers.changes import letters, telling
from tocsin.service.subscribers.recipients import keys, membership
from tocsin.service.subscribers.requests import asking
from tocsin.service.verification import claims

LinkPage = Callable[[HttpRequest, str], HttpResponse]

PAGES: Mapping[str, LinkPage] = {
    asking.CONFIRM: link_pages.confirm_request,
    claims.PROOF: link_pages.answer_proof,
    membership.CONFIRM: link_pages.confirm_recipient,
    membership.LEAVE: link_pages.leave,
    keys.KEY: openpgp_links.give_key,
    letters.CONFIRM: change_links.confirm_change,
    letters.CHOOSE: change_links.choose_organisation,
    telling.NOT_US: change_links.not_us,
    people.CONFIRM: change_links.confirm_contact,
    OBJECT: objection_pages.object_to_report,
    confirming.CONFIRM: objection_pages.confirm_case,
    switching.OPT_OUT: contact_links.opt_out,
    CLAIM: contact_links.object_to_report,
}
"""The page of each purpose; it is given what the link stands for."""


@needs(Permission.LINK_HOLDER)
@require_http_methods(["GET", "HEAD", "POST"])
def opened(request: HttpRequest, purpose: str, reference: str, proof: str) -> HttpResponse:
    """A link: not found unless it is exactly one that was made for that purpose."""
    page = PAGES.get(purpose)
    if page is None or not installation.secret().is_link(purpose, reference, proof):
        raise Http404
    return page(request, reference)


# Mail programs send the POST of RFC 8058 themselves: with no cookie, and so with no token against
# forgery. The link alone is what lets anybody leave, so that a token would protect nothing.
@csrf_exempt
@needs(Permission.LINK_HOLDER)
@require_http_methods(["GET", "HEAD", "POST"])
def left(request: HttpRequest, reference: str, proof: str) -> HttpResponse:
    """The link to leave a list: opened by a person, or posted to by a mail program."""
    if not installation.secret().is_link(membership.LEAVE, reference, proof):
        raise Http404
    return link_pages.leave(request, reference)


@csrf_exempt
@needs(Permission.LINK_HOLDER)
@require_http_methods(["GET", "HEAD", "POST"])
def told_nothing(request: HttpRequest, reference: str, proof: str) -> HttpResponse:
    """The link by which a contact that did not ask is told nothing more: likewise."""
    if not installation.secret().is_link(switching.OPT_OUT, reference, proof):
        raise Http404
    return contact_links.opt_out(request, reference)
