"""The page behind a download link: the report as CSV, for whoever has the link."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.views.decorators.http import require_safe

from tocsin.service import clock
from tocsin.service.delivery import fetches
from tocsin.service.delivery.content import Gone
from tocsin.service.delivery.fetching import Fetched, by_link
from tocsin.service.delivery.file_answer import file_answer
from tocsin.service.permissions import Permission, needs

_NOT_FOUND = (
    "There is no report behind this link. It may have been cut: copy the whole address. "
    "Links also end when somebody leaves a list, when the list has ended, when the key that they "
    "were given to was revoked, or when all that was in the report was taken back.\n"
)
_GONE = "This report was here, and is not kept any more.\n"


@needs(Permission.LINK_HOLDER)
@require_safe
def download(request: HttpRequest, link: str) -> HttpResponseBase:
    """The report of a link: 404 if there is none (for its holder), 410 if it is not kept."""
    try:
        found = by_link(link, clock.now())
    except Gone:
        return gone()
    return answer_to(request, found)


def answer_to(request: HttpRequest, found: Fetched) -> HttpResponseBase:
    """The file, or that there is none. Who gets its bytes is noted."""
    if found.report is None or found.content is None:
        return _said(_NOT_FOUND, 404)
    if request.method == "GET":
        fetches.note([found.report.pk], found.holder, clock.now())
    return file_answer(request, found.report, found.content)


def gone() -> HttpResponse:
    """That it was there."""
    return _said(_GONE, 410)


def _said(words: str, status: int) -> HttpResponse:
    return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")
