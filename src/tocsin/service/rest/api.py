"""The API as a whole: its parts, who is let in, and how mistakes are told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from django.core.exceptions import RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

from tocsin.model.errors import Problem, TocsinError, TransientError, UsageError
from tocsin.service.rest import basics, findings, records, reports
from tocsin.service.rest.bearer import Bearer
from tocsin.service.rest.refusal import MEDIA_TYPE, Refusal

_log = structlog.get_logger("tocsin.rest")


class Api(NinjaAPI):
    """Problems are described as what they are."""

    def get_openapi_schema(self, **kwargs: Any) -> Any:
        """The description."""
        said = super().get_openapi_schema(**kwargs)
        for methods in said["paths"].values():
            for operation in methods.values():
                _described(operation["responses"])
        return said


def _described(responses: dict[int, dict[str, Any]]) -> None:
    for status, answer in responses.items():
        content = answer.get("content", {})
        if status >= 400 and "application/json" in content:
            content[MEDIA_TYPE] = content.pop("application/json")
        if status in _LATER:
            answer["headers"] = {"Retry-After": _SECONDS}
    responses[304] = {"description": "The client has it (If-None-Match)."}
    responses[412] = {**responses[406], "description": "It is not what If-Match says."}


_LATER = (429, 503)
_SECONDS = {"description": "Seconds to wait.", "schema": {"type": "integer"}}


API = Api(
    title="Tocsin",
    version="1",
    description="Reports, records and findings of an organisation, with a key of its own.",
    openapi_url=None,
    docs_url=None,
    auth=Bearer(),
)
for _part in (basics, reports, records, findings):
    API.add_router("", _part.ROUTER)


def _handles(kind: type[Exception]) -> Callable[[Any], Any]:
    return API.exception_handler(kind)


@_handles(Refusal)
def _refused(_: HttpRequest, error: Refusal) -> HttpResponse:
    return error.answer()


@_handles(AuthenticationError)
def _unknown(_: HttpRequest, __: AuthenticationError) -> HttpResponse:
    return Refusal(
        401,
        "no key, or not one that opens anything",
        where="Authorization",
        todo="send Authorization: Bearer <id>.<secret> of a key that holds",
        headers={"WWW-Authenticate": 'Bearer realm="tocsin"'},
    ).answer()


@_handles(ValidationError)
def _invalid(_: HttpRequest, error: ValidationError) -> HttpResponse:
    """All mistakes at once."""
    problems = [
        Problem(".".join(map(str, each.get("loc", ())[1:])), 0, 0, str(each.get("msg", "")))
        for each in error.errors
    ]
    return Refusal(400, "the request has mistakes", where="request", problems=problems).answer()


@_handles(HttpError)
def _http(_: HttpRequest, error: HttpError) -> HttpResponse:
    return Refusal(error.status_code, str(error)).answer()


@_handles(Http404)
def _not_found(_: HttpRequest, __: Http404) -> HttpResponse:
    return Refusal(404, "there is no such thing").answer()


@_handles(RequestDataTooBig)
def _too_large(_: HttpRequest, __: RequestDataTooBig) -> HttpResponse:
    return Refusal(413, "the request is too large", todo="send less at a time").answer()


@_handles(TocsinError)
def _told(_: HttpRequest, error: TocsinError) -> HttpResponse:
    if isinstance(error, UsageError):
        said = Refusal(400, error.what, where=error.where, todo=error.todo, problems=error.problems)
        return said.answer()
    if isinstance(error, TransientError):
        return Refusal(
            503, "this cannot be answered now", todo="ask again", headers={"Retry-After": "60"}
        ).answer()
    return _wrong_here(error)


@_handles(Exception)
def _failed(_: HttpRequest, error: Exception) -> HttpResponse:
    return _wrong_here(error)


def _wrong_here(error: Exception) -> HttpResponse:
    # What it was is for the log alone.
    _log.error("not answered", error=repr(error), exc_info=error)
    return Refusal(500, "this went wrong here, not with you", todo="tell our staff").answer()
