"""The page behind a download link: the report as CSV, for whoever has the link."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.http import require_safe

from tocsin.service import clock
from tocsin.service.delivery.content import Content, Gone, content_of
from tocsin.service.delivery.links import held
from tocsin.service.delivery.models import NightList
from tocsin.service.delivery.standing import NOTHING, standings
from tocsin.service.permissions import Permission, needs
from tocsin.service.subscribers.models import MailingList

_NOT_FOUND = "There is no report behind this link. It may have been cut: copy the whole address.\n"
_GONE = "This report was here, and is not kept any more.\n"


@needs(Permission.LINK_HOLDER)
@require_safe
def download(_request: HttpRequest, link: str) -> HttpResponseBase:
    """The report of a link: 404 if there is none (for its holder), 410 if it is not kept."""
    found = held(link)
    if found is None:
        return _said(_NOT_FOUND, 404)
    report = found.report
    lists = MailingList.objects.filter(pk=report.list).select_related("organisation")
    then = NightList.objects.filter(night=report.night_id, list=report.list)
    standing = standings(then, lists, clock.now()).get((report.night_id, report.list), NOTHING)
    try:
        content = content_of(report, standing)
    except Gone:
        return _said(_GONE, 410)
    return _file(content) if content is not None else _said(_NOT_FOUND, 404)


def _said(words: str, status: int) -> HttpResponse:
    return HttpResponse(words, status=status, content_type="text/plain; charset=utf-8")


def _file(content: Content) -> StreamingHttpResponse:
    return StreamingHttpResponse(
        content.pieces(),
        content_type="text/csv; charset=utf-8",
        headers={
            "Content-Length": str(content.size),
            "Content-Disposition": f'attachment; filename="{content.file}"',
            "ETag": f'"{content.sha256}"',
        },
    )
