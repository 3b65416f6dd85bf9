"""The addresses of the API, each with a name and what it needs."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.urls import URLPattern, path
from django.views.decorators.csrf import csrf_exempt

from tocsin.service.permissions import Permission, needs
from tocsin.service.rest.answers import told
from tocsin.service.rest.api import API
from tocsin.service.rest.refusal import MEDIA_TYPE, Refusal


@needs(Permission.ANYONE)
def description(request: HttpRequest) -> HttpResponseBase:
    """The API described by itself, as OpenAPI 3.1."""
    if request.method not in ("GET", "HEAD"):
        return _not_allowed(["GET", "HEAD"])
    try:
        return told(request, API.get_openapi_schema(path_prefix="/api/v1/"))
    except Refusal as refusal:
        return refusal.answer()


def _declared(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """A view of the API with what it needs. It lets in keys alone: cookies open nothing."""

    @needs(Permission.API_KEY)
    @wraps(view)
    def held(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        is_head = request.method == "HEAD"
        if is_head:
            request.method = "GET"
        answer = _as_problem(view(request, *args, **kwargs))
        return _without_body(answer) if is_head else answer

    return cast("Callable[..., HttpResponseBase]", csrf_exempt(held))


def _without_body(answer: HttpResponseBase) -> HttpResponseBase:
    if isinstance(answer, StreamingHttpResponse):
        answer.streaming_content = ()
    elif isinstance(answer, HttpResponse):
        answer.headers.setdefault("Content-Length", str(len(answer.content)))
        answer.content = b""
    return answer


_WORDS = {
    412: ("it is another by now", "If-Match", "fetch it without that header"),
    416: ("the report has no such bytes", "Range", "ask for bytes that there are"),
}


def _as_problem(answer: HttpResponseBase) -> HttpResponseBase:
    """What libraries refuse in a form of their own, in ours."""
    status = answer.status_code
    if answer.headers.get("Content-Type") == MEDIA_TYPE:
        return answer
    if status == 405:
        return _not_allowed(answer.headers["Allow"].split(", "))
    if status not in _WORDS:
        return answer
    what, where, todo = _WORDS[status]
    kept = {name: said for name, said in answer.items() if name not in _OF_BODY}
    return Refusal(status, what, where=where, todo=todo, headers=kept).answer()


_OF_BODY = ("Content-Type", "Content-Length")


def _not_allowed(methods: list[str]) -> HttpResponse:
    headers = {"Allow": ", ".join(sorted(methods))}
    return Refusal(405, "this is not asked for in that way", headers=headers).answer()


def _patterns() -> list[URLPattern]:
    found = [path("openapi.json", csrf_exempt(description), name="rest_description")]
    for bound in API._get_bound_routers():
        for pattern in bound.urls_paths(bound.prefix):
            view = _declared(pattern.callback)
            found.append(URLPattern(pattern.pattern, view, pattern.default_args, pattern.name))
    return found


urlpatterns = _patterns()
