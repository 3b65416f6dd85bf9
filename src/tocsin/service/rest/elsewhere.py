"""What is answered where there is nothing: to programs in their form, to people as a page."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponseBase
from django.views.defaults import page_not_found

from tocsin.service.rest.refusal import Refusal

_OURS = "/api/v1/"


def not_found(request: HttpRequest, exception: Exception) -> HttpResponseBase:
    """404."""
    if not request.path_info.startswith(_OURS):
        return page_not_found(request, exception)
    return Refusal(
        404,
        "there is no such address",
        where=request.path_info[:200],
        todo="/api/v1/openapi.json describes all there are",
    ).answer()
