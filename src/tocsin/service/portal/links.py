"""Links that were mailed. To open one changes nothing: mail gateways open every link they see.

What a link is for is done by the button on its page, with a POST.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_http_methods

from tocsin.service import installation
from tocsin.service.permissions import Permission, needs
from tocsin.service.portal import contact_links, link_pages
from tocsin.service.subscribers import asking, recipients
from tocsin.service.subscribers.abuse_contacts import switching
from tocsin.service.verification import claims

LinkPage = Callable[[HttpRequest, str], HttpResponse]

PAGES: Mapping[str, LinkPage] = {
    asking.CONFIRM: link_pages.confirm_request,
    claims.PROOF: link_pages.answer_proof,
    recipients.CONFIRM: link_pages.confirm_recipient,
    recipients.LEAVE: link_pages.leave,
    switching.OPT_OUT: contact_links.opt_out,
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
