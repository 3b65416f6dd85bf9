"""The addresses that programs call: one function for all methods, and what needs no key."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from functools import lru_cache

from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from tocsin.catalogue.publishing import published_schema
from tocsin.engine.home_catalogue import home_catalogue
from tocsin.engine.interop.parser_schema import home_parser_schema
from tocsin.model.errors import TransientError
from tocsin.service import clock, installation
from tocsin.service.api import asn
from tocsin.service.api.answers import Answer, Streamed
from tocsin.service.api.arguments import MOST_BYTES, Asked, read_body
from tocsin.service.api.caller import Caller
from tocsin.service.api.checking import Signed, allow, allow_public, checked
from tocsin.service.api.counts import count_answer
from tocsin.service.api.errors import Refused
from tocsin.service.api.methods import METHODS, PUBLIC, name_of
from tocsin.service.api.senders import sender_of
from tocsin.service.permissions import Permission, needs

_LOG = logging.getLogger(__name__)


# A program has no cookie, and so no token against forgery: the signature is what lets it in.
@csrf_exempt
@needs(Permission.API_KEY)
def call(request: HttpRequest, name: str) -> HttpResponseBase:
    """A method: POST with one JSON object, signed. What an atlas knows may be asked by GET."""
    method = name_of(name)
    if request.method in ("GET", "HEAD") and method in PUBLIC:
        return _told(method, lambda: _public(request))
    return _told(method, lambda: _answered(request, method))


@needs(Permission.ANYONE)
@require_safe
def net_asn(request: HttpRequest) -> HttpResponseBase:
    """What the atlas knows, by GET and without a key; limited by address."""
    return _told("net/asn", lambda: _public(request))


@needs(Permission.ANYONE)
@require_safe
def catalogue_schema(request: HttpRequest) -> HttpResponse:
    """All report types with their columns, as the original publishes its own."""
    version = home_catalogue(installation.home()).version
    return _published(request, version, lambda: _schema_of_version(version))


@needs(Permission.ANYONE)
@require_safe
def parser_schema(request: HttpRequest) -> HttpResponse:
    """How IntelMQ is to read all report types: its parser fetches this by itself."""
    version, content = home_parser_schema(installation.home())
    return _published(request, version, lambda: content)


def _published(request: HttpRequest, version: str, content: Callable[[], bytes]) -> HttpResponse:
    """JSON that is anybody's; nothing but its tag for who has this version already."""
    tag = f'"{version}"'
    headers = {"ETag": tag, "Cache-Control": "public, max-age=3600"}
    if tag in request.headers.get("If-None-Match", ""):
        return HttpResponse(status=304, headers=headers)
    return HttpResponse(content(), content_type="application/json", headers=headers)


def _told(method: str, answer: Callable[[], Answer]) -> HttpResponseBase:
    """The answer, or what is told instead. What went wrong within is told to the log alone."""
    try:
        response = _response(answer())
    except Refused as refused:
        response = _refused(refused)
    except TransientError:
        _LOG.exception("API method %s could not be answered now", method)
        response = _refused(Refused(503, "this cannot be answered now; try again later"))
    except Exception:  # noqa: BLE001 - nothing of what happened may reach the caller
        _LOG.exception("API method %s failed", method)
        response = _refused(Refused(500, "something went wrong here; it has been written down"))
    count_answer(method, response.status_code)
    return response


def _answered(request: HttpRequest, name: str) -> Answer:
    method = METHODS.get(name)
    if method is None:
        raise Refused(404, "there is no such method")
    if request.method != "POST":
        raise Refused(405, "methods are called with POST", {"Allow": "POST"})
    body = _body(request)
    fields = read_body(body)
    now = clock.now()
    key_id = fields.get("apikey")
    signed = Signed(
        key_id=key_id if isinstance(key_id, str) and key_id.isascii() else "",
        signature=request.headers.get("HMAC2", ""),
        body=body,
        moment=request.headers.get("X-Tocsin-Timestamp"),
        sender=_sender(request),
    )
    key = checked(signed, now)
    allow(key, method, now)
    return method.answer(Caller(key, now), Asked(fields, now.date()))


def _body(request: HttpRequest) -> bytes:
    told = request.headers.get("Content-Length", "")
    if told.isdigit() and int(told) > MOST_BYTES:
        raise Refused(413, f"the body is larger than {MOST_BYTES >> 10} KiB")
    return request.body


def _public(request: HttpRequest) -> Answer:
    now = clock.now()
    allow_public(_sender(request), now)
    fields = {name: request.GET.getlist(name) for name in request.GET}
    flags = {"v6": True} if "v6" in fields and fields["v6"] in ([""], ["1"]) else {}
    return asn.looked_up(Asked({**fields, **flags}, now.date()), now)


def _sender(request: HttpRequest) -> str:
    return sender_of(
        request.META.get("REMOTE_ADDR", ""),
        request.headers.get("X-Forwarded-For", ""),
        installation.configuration().service.proxies,
    )


def _response(answer: Answer) -> HttpResponseBase:
    if isinstance(answer, Streamed):
        return StreamingHttpResponse(answer.pieces, content_type="application/json")
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":")) + "\n"
    content = text.encode("utf-8", "surrogatepass")
    return HttpResponse(content, content_type="application/json")


def _refused(refused: Refused) -> HttpResponse:
    return HttpResponse(
        json.dumps({"error": refused.what}) + "\n",
        status=refused.status,
        content_type="application/json",
        headers=refused.headers,
    )


@lru_cache(maxsize=2)
def _schema_of_version(version: str) -> bytes:  # noqa: ARG001 - tells catalogues apart
    return published_schema(home_catalogue(installation.home()))
